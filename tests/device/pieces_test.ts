/** Long computations leave the event loop its turns, and what they compute does not depend on them. */
import { assert } from "../deps.ts";
import { pointMass } from "../../envs/point_mass.ts";
import { E } from "../../src/deps.ts";
import { cpuDevice } from "../../src/device/cpu.ts";
import type { Device, Executable } from "../../src/device/device.ts";
import { inPieces, type Pieces, slowPace, updatesInPieces, wholeInPieces } from "../../src/device/pieces.ts";
import { referenceDevice } from "../../src/device/reference.ts";
import { webgpuDevice } from "../../src/device/webgpu.ts";
import { begin, type Running, type TrainingState, turn } from "../../src/train/loop.ts";
import { softQTraining } from "../learn/training.ts";
import { right, runsGpuTests } from "./adapter.ts";

/** Keeps the processor for so long. */
const busy = (milliseconds: number): void => {
  for (const until = performance.now() + milliseconds; performance.now() < until;);
};

function* work(pieces: number, milliseconds: number): Pieces<number> {
  for (let k = 0; k < pieces; k++) {
    busy(milliseconds);
    yield;
  }
  return pieces;
}

/** How many turns the event loop has while something goes on. */
async function turnsDuring<A>(task: () => Promise<A>): Promise<readonly [turns: number, result: A]> {
  let turns = 0, on = true;
  const count = (): void => {
    turns++;
    if (on) setImmediate(count);
  };
  setImmediate(count);
  const result = await task();
  on = false;
  return [turns, result];
}

Deno.test("The event loop has a turn after every piece that takes longer than its period, and may stop the rest", async () => {
  for (const whole of [inPieces, wholeInPieces]) {
    const [turns, result] = await turnsDuring(() => whole(work(6, 35)));
    assert(turns >= 5, `${turns} turns`);
    assert.equal(result, 6);
  }
  let asked = 0;
  assert.equal(await inPieces(work(6, 35), () => ++asked === 2), null);
});

Deno.test("What must be finished is finished before a computation is left, whenever it is to stop", async () => {
  const left: number[] = [];
  for (let at = 1; at <= 6; at++) {
    let came = 0, asked = 0;
    const pairs = function* (): Pieces<void> {
      for (const value of ["inside", undefined, "inside", undefined, "inside", undefined] as const) {
        came++;
        busy(35);
        yield value;
      }
    };
    assert.equal(await inPieces(pairs(), () => ++asked === at), null);
    left.push(came);
  }
  assert.deepEqual(left, [2, 2, 4, 4, 6, 6]);
});

Deno.test("Updates that take long are made operation by operation, and quick ones many at once", () => {
  const made: number[] = [], calls: (number | "pieces")[] = [];
  const executable = (milliseconds: number): Pick<Executable, "run" | "runInPieces"> => ({
    run: (times = 1) => {
      calls.push(times);
      busy(times * milliseconds);
    },
    *runInPieces() {
      calls.push("pieces");
      yield* work(3, milliseconds / 3);
    },
  });
  const pace = slowPace();
  const yields = [...updatesInPieces(executable(30), 4, pace, (updates) => made.push(updates))].length;
  assert.deepEqual([calls, made, yields, pace.updates], [
    ["pieces", "pieces", "pieces", "pieces"],
    [1, 1, 1, 1],
    16,
    1,
  ]);
  calls.length = 0;
  for (const _ of updatesInPieces(executable(0), 1000, pace, () => {})) { /* only its end counts */ }
  assert(calls.some((times) => typeof times === "number" && times > 1), `${calls}`);
});

const DEVICES: readonly (readonly [string, () => Promise<Device>])[] = [
  ["cpu", () => Promise.resolve(cpuDevice({ workers: 2 }))],
  ["cpu without WebAssembly", () => Promise.resolve(cpuDevice({ variant: "none" }))],
  ["reference", () => Promise.resolve(referenceDevice())],
  ...runsGpuTests ? [["webgpu", async () => right(await webgpuDevice()())] as const] : [],
];

/** A device whose programs are run in one way only; undefined where it has none. */
const running = (device: Device, inParts: boolean): Device => ({
  ...device,
  compile: (program) => async () =>
    E.map((executable: Executable): Executable => {
      const { run, runInPieces, ...rest } = executable;
      if (!inParts || runInPieces === undefined) return { ...rest, run };
      const pieces = (times = 1): void => {
        for (let t = 0; t < times; t++) for (const _ of runInPieces()) { /* only its end counts */ }
      };
      return { ...rest, run: pieces, runInPieces };
    })(await device.compile(program)()),
});

for (const [name, open] of DEVICES) {
  Deno.test(`Updates in pieces have the bits of whole ones on the device ${name}`, async () => {
    const training = softQTraining(pointMass(), {
      ...{ steps: 75, minimumReplay: 25, hidden: [8], batch: 8, replicas: 2, valueParticles: 4 },
      ...{ fixedParticles: 3, movedParticles: 3, critics: 2, valueProposal: "mixture", mixtureCentres: 2 },
    });
    const results = [];
    for (const inParts of [false, true]) {
      const device = await open();
      const begun = right(await begin(running(device, inParts), training)());
      let [going, state]: [Running<unknown>, TrainingState] = [
        begun.running as Running<unknown>,
        begun.state,
      ];
      for (let k = 0; k < 3; k++) state = right(await turn(going, state)());
      results.push([...state.newest], Object.entries(state.metrics).map(([key, values]) => [key, ...values]));
      going.executable.close();
      device.close();
    }
    assert.deepEqual(results.slice(2), results.slice(0, 2));
  });
}

/** A device whose `at`-th piece, of all its updates' pieces, takes longer than a turn of the event loop may wait. */
const delayed = (device: Device, at: number, count: () => number): Device => ({
  ...device,
  compile: (program) => async () =>
    E.map((executable: Executable): Executable => ({
      ...executable,
      *runInPieces() {
        for (const value of executable.runInPieces!()) {
          if (count() === at) busy(35);
          yield value;
        }
      },
    }))(await device.compile(program)()),
});

for (const [name, open] of DEVICES) {
  Deno.test(`A turn that is left within an update has whole ones only, and goes on to the same bits, on the device ${name}`, async () => {
    const training = softQTraining(pointMass(), {
      ...{ steps: 8, minimumReplay: 4, hidden: [8], batch: 8, replicas: 2, valueParticles: 4 },
      ...{ fixedParticles: 3, movedParticles: 3, chunk: 4, environments: 1 },
    });
    const device = await open();
    let left = 0;
    /** The training's state in the end, and how many pieces its updates had, when it is left at the `at`-th. */
    const outcome = async (at: number): Promise<readonly [string, number]> => {
      let pieces = 0;
      const begun = right(await begin(delayed(device, at, () => ++pieces), training)());
      const going: Running<unknown> = {
        ...begun.running as Running<unknown>,
        // A pace that stays at one update a piece: all of them are made operation by operation.
        pace: Object.defineProperty(slowPace(), "updates", { get: () => 1, set() {} }),
      };
      let state: TrainingState = begun.state;
      while (state.steps < training.steps) {
        let asked = 0;
        state = right(await turn(going, state, () => ++asked === 1)());
        if (state.within !== null) left++;
      }
      const names = Object.keys(training.learner.stateTypes(training.replicas));
      const values = right(await going.executable.read(names)());
      going.executable.close();
      return [JSON.stringify(Object.entries(values).map(([key, of]) => [key, ...of])), pieces];
    };
    const [whole, pieces] = await outcome(0), update = pieces / 8;
    // Half way, and where the new state takes the place of the old.
    for (const at of [1, update / 2, ...[6, 5, 4, 3, 2, 1].map((k) => update - k), 2 * update - 2]) {
      assert((await outcome(Math.round(at)))[0] === whole, `left at piece ${at} of ${update}`);
    }
    device.close();
    assert(left > 0, "no turn was left");
  });
}
