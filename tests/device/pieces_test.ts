/** Long computations leave the event loop its turns, and what they compute does not depend on them. */
import { assert } from "../deps.ts";
import { pointMass } from "../../envs/point_mass.ts";
import { E } from "../../src/deps.ts";
import { cpuDevice } from "../../src/device/cpu.ts";
import type { Device, Executable } from "../../src/device/device.ts";
import {
  eventLoopTurn,
  initialPace,
  inPieces,
  type Pieces,
  unlessStopped,
  updatesInPieces,
  wholeInPieces,
} from "../../src/device/pieces.ts";
import { referenceDevice } from "../../src/device/reference.ts";
import { webgpuDevice } from "../../src/device/webgpu.ts";
import { begin, type Running, type TrainingState } from "../../src/train/loop.ts";
import { iterate } from "../../src/train/iteration.ts";
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

Deno.test("The event loop runs after every piece that takes longer than its period, and can stop the rest", async () => {
  for (const whole of [inPieces, wholeInPieces]) {
    const [turns, result] = await turnsDuring(() => whole(work(6, 35)));
    assert(turns >= 5, `${turns} turns`);
    assert.equal(result, 6);
  }
  let asked = 0;
  assert.equal(await inPieces(work(6, 35), () => ++asked === 2), null);
});

Deno.test("Work that must be completed is completed before a computation is left, whenever it is stopped", async () => {
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
  const pace = initialPace();
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
      for (let k = 0; k < 3; k++) state = right(await iterate(going, state)());
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
  Deno.test(`An iteration that is left within an update contains whole updates only, and continues to the same bits, on the device ${name}`, async () => {
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
        pace: Object.defineProperty(initialPace(), "updates", { get: () => 1, set() {} }),
      };
      let state: TrainingState = begun.state;
      while (state.steps < training.steps) {
        let asked = 0;
        state = right(await iterate(going, state, () => ++asked === 1)());
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

/** A device that computes by itself: updates take so long, one after the other, from when they are queued. */
function queue(milliseconds: number) {
  let end = 0, queued = 0, most = 0;
  const pieces: Promise<void>[] = [];
  return {
    run: (times = 1): void => {
      end = Math.max(end, performance.now()) + milliseconds * times;
    },
    settled: (): Promise<void> => {
      most = Math.max(most, ++queued);
      const wait = end - performance.now();
      const done = new Promise<void>((resolve) => setTimeout(resolve, wait)).then(() => void queued--);
      pieces.push(done);
      return done;
    },
    /** Waits until nothing is left, and gives how many pieces were in the queue at most. */
    most: async (): Promise<number> => {
      await Promise.all(pieces);
      return most;
    },
  };
}

Deno.test("A device that computes by itself has two pieces in its queue, whose length follows its speed", async () => {
  for (const [milliseconds, count, least, greatest] of [[0.2, 4000, 8, 4096], [30, 30, 1, 4]] as const) {
    const device = queue(milliseconds), pace = initialPace(), made: number[] = [];
    await inPieces(updatesInPieces(device, count, pace, (updates) => made.push(updates)));
    assert.equal(made.reduce((total, updates) => total + updates), count);
    assert(await device.most() <= 2);
    assert(pace.updates >= least && pace.updates <= greatest, `${pace.updates}`);
  }
});

Deno.test("Stopping waits for at most two pieces, however many updates are left", async () => {
  const device = queue(1), pace = initialPace();
  let made = 0, asked = 0;
  const end = await inPieces(
    updatesInPieces(device, 1_000_000, pace, (updates) => made += updates),
    () => ++asked === 10,
  );
  assert.equal(end, null);
  assert(made < 100_000, `${made}`);
  assert(await device.most() <= 2);
});

Deno.test("A promise may be abandoned before it settles, and may then fail without harm", async () => {
  assert.equal(await unlessStopped(Promise.resolve(3), () => false), 3);
  await assert.rejects(unlessStopped(Promise.reject(new Error("no"))), /no/);
  let fail = (_: Error): void => {}, asked = 0;
  const late = new Promise<number>((_, reject) => fail = reject);
  assert.equal(await unlessStopped(late, () => ++asked === 3), null);
  fail(new Error("nobody hears this"));
  await eventLoopTurn();
});

Deno.test("While a device works through its queue the next chunk is collected, and the bits are those of one that is waited for", async () => {
  const training = softQTraining(pointMass(), {
    ...{ steps: 120, minimumReplay: 20, hidden: [8], batch: 8, replicas: 2, valueParticles: 4 },
    ...{ fixedParticles: 3, movedParticles: 3, chunk: 20, environments: 4 },
  });
  const outcome = async (
    queued: boolean,
    left: (question: number) => boolean,
  ): Promise<readonly [string, number]> => {
    const device = cpuDevice({ workers: 1 });
    const begun = right(await begin(device, training)());
    let during = 0, waits = 0, question = 0;
    const { time } = begun.state.collector;
    const executable: Executable = {
      ...begun.running.executable,
      settled: async () => {
        const before = time[0]!;
        waits++;
        await new Promise((resolve) => setTimeout(resolve, 30));
        during += time[0]! - before;
      },
    };
    const going = queued ? { ...begun.running, executable, pace: initialPace() } : begun.running;
    let { state } = begun;
    while (state.steps < training.steps) {
      // A pace that stays slow has something to wait for in every turn.
      going.pace.updates = 4;
      state = right(await iterate(going, state, () => left(question++))());
    }
    const values = right(await going.executable.read(Object.keys(training.learner.stateTypes(2)))());
    const text = JSON.stringify([
      Object.entries(values).map(([key, of]) => [key, ...of]),
      [...state.collector.states],
      state.metrics,
    ]);
    begun.running.executable.close();
    device.close();
    assert.equal(waits > 0, queued);
    return [text, during];
  };
  const [plain] = await outcome(false, () => false);
  const [same, during] = await outcome(true, () => false);
  assert(same === plain);
  assert(during > 0, "nothing was collected meanwhile");
  for (const every of [2, 3]) {
    assert((await outcome(true, (question) => question % every === 0))[0] === plain);
  }
});
