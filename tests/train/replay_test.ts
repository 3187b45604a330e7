/**
 * The replay against a plain list: what is alive, what a minibatch is drawn from, rings, segments and early retirement.
 */
import { assert, fc } from "../deps.ts";
import { cpuDevice } from "../../src/device/cpu.ts";
import type { Executable } from "../../src/device/device.ts";
import { input } from "../../src/tensor/expression.ts";
import { programOf } from "../../src/tensor/program.ts";
import { u32 } from "../../src/tensor/shape.ts";
import { drawMinibatch } from "../../src/train/minibatch.ts";
import {
  appendRow,
  appendTransition,
  emptyReplay,
  fieldsOf,
  flush,
  liveTransitions,
  type Replay,
  replayBytes,
  replayInputs,
  type ReplaySpec,
  rowsFor,
} from "../../src/train/replay.ts";
import { compiled, valuesOf } from "../device/evaluate.ts";

/** One transition of the model; its numbers are written into the observations, actions and rewards. */
interface Transition {
  readonly from: number;
  readonly to: number;
  readonly terminated: boolean;
}

/** What the replay should be: everything that ever happened to one replica. */
interface Model {
  rows: number;
  readonly transitions: Transition[];
  /** Row of each environment's current observation. */
  readonly current: number[];
}

const observationOf = (r: number, row: number): number[] => [row, 1000 * r + row % 7];
const actionOf = (r: number, number: number): number[] => [number, r, -number];
const rewardOf = (r: number, number: number): number => number / 2 + r;

/** Numbers of the model's transitions that should be alive: the newest whose rows have not been overwritten. */
function alive({ rows, transitions }: Model, capacity: number): number[] {
  const first = rows - rowsFor(capacity);
  return transitions.map((_, k) => k).filter((k) =>
    k >= transitions.length - capacity && transitions[k]!.from >= first
  );
}

/** Steps every environment of every replica once; an environment whose turn it is to end begins an episode. */
function stepAll(
  replay: Replay,
  models: readonly Model[],
  ends: (e: number) => "no" | "terminated" | "truncated",
): void {
  models.forEach((model, r) =>
    model.current.forEach((from, e) => {
      const end = ends(r + e), number = model.transitions.length;
      const to = appendRow(replay, r, observationOf(r, model.rows));
      assert.equal(to, model.rows++);
      appendTransition(replay, r, from, to, actionOf(r, number), rewardOf(r, number), end === "terminated");
      model.transitions.push({ from, to, terminated: end === "terminated" });
      model.current[e] = to;
      if (end !== "no") model.current[e] = appendRow(replay, r, observationOf(r, model.rows++));
    })
  );
}

const BATCH = 24;

/** The minibatch as a program of its own on the CPU device. */
async function reader(replay: Replay): Promise<Executable> {
  const { spec, fields } = replay, types = replayInputs(spec, fields);
  const inputs = Object.fromEntries(Object.entries(types).map(([name, type]) => [name, input(type)]));
  const key = input(u32(spec.replicas, 2)), counter = input(u32(spec.replicas));
  const minibatch = drawMinibatch(spec, fields, inputs, key, counter, BATCH);
  return await compiled(cpuDevice(), programOf({ ...inputs, key, counter }, { ...minibatch }));
}

const FIELDS = ["observation", "action", "reward", "terminated", "nextObservation"];

/** Draws and fails unless every row is a live transition of the model; gives the numbers drawn of each replica. */
async function drawAndCheck(
  executable: Executable,
  models: readonly Model[],
  capacity: number,
  counter: number,
): Promise<Set<number>[]> {
  executable.write("key", models.flatMap((_, r) => [17, r]));
  executable.write("counter", models.map(() => counter));
  executable.run();
  const found = await valuesOf(executable, FIELDS);
  return models.map((model, r) => {
    const live = new Set(alive(model, capacity)), seen = new Set<number>();
    for (let b = r * BATCH; b < (r + 1) * BATCH; b++) {
      const action = [...found["action"]!.subarray(3 * b, 3 * b + 3)], number = action[0]!;
      assert(live.has(number), `transition ${number} of replica ${r} is not alive`);
      const { from, to, terminated } = model.transitions[number]!;
      assert.deepEqual(action, actionOf(r, number));
      assert.deepEqual([...found["observation"]!.subarray(2 * b, 2 * b + 2)], observationOf(r, from));
      assert.deepEqual([...found["nextObservation"]!.subarray(2 * b, 2 * b + 2)], observationOf(r, to));
      assert.equal(found["reward"]![b], rewardOf(r, number));
      assert.equal(found["terminated"]![b], terminated ? 1 : 0);
      seen.add(number);
    }
    return seen;
  });
}

const script = fc.record({
  replicas: fc.constantFrom(1, 2, 3),
  environments: fc.constantFrom(1, 2, 5),
  capacity: fc.constantFrom(1, 7, 40, 150),
  /** Bytes of a segment: of a few rows, or of all. */
  segment: fc.constantFrom(100, 700, 1 << 20),
  /** Steps before each look, and how often an episode ends meanwhile: 1 is at every step. */
  phases: fc.array(fc.tuple(fc.integer({ min: 1, max: 90 }), fc.constantFrom(1, 2, 3, 10, 1000)), {
    minLength: 1,
    maxLength: 5,
  }),
});

Deno.test("Minibatches are drawn from exactly the transitions whose rows are still in the replay buffer", () =>
  fc.assert(
    fc.asyncProperty(script, async ({ replicas, environments, capacity, segment, phases }) => {
      const spec: ReplaySpec = { replicas, capacity, observation: 2, action: 3 };
      const replay: Replay = { ...emptyReplay(spec), fields: fieldsOf(spec, segment) };
      const models: Model[] = Array.from({ length: replicas }, (_, r) => ({
        rows: environments,
        transitions: [],
        current: Array.from({ length: environments }, (_, e) => appendRow(replay, r, observationOf(r, e))),
      }));
      const executable = await reader(replay);
      let time = 0;
      for (const [steps, every] of phases) {
        for (let t = 0; t < steps; t++) {
          time++;
          stepAll(
            replay,
            models,
            (e) => (time + e) % every !== 0 ? "no" : time % 2 === 0 ? "terminated" : "truncated",
          );
        }
        flush(replay, executable);
        models.forEach((model, r) => {
          assert.equal(liveTransitions(replay, r), alive(model, capacity).length, `live of replica ${r}`);
        });
        for (let k = 0; k < 3; k++) {
          await drawAndCheck(executable, models, capacity, time + k);
        }
      }
      executable.close();
    }),
    { numRuns: 60, seed: 1 },
  ));

Deno.test("Every live transition is drawn sooner or later", async () => {
  const spec: ReplaySpec = { replicas: 2, capacity: 30, observation: 2, action: 3 };
  const replay: Replay = { ...emptyReplay(spec), fields: fieldsOf(spec, 300) };
  const models: Model[] = [0, 1].map((r) => ({
    rows: 1,
    transitions: [],
    current: [appendRow(replay, r, observationOf(r, 0))],
  }));
  const executable = await reader(replay);
  for (let t = 0; t < 100; t++) stepAll(replay, models, () => t % 9 === 0 ? "truncated" : "no");
  flush(replay, executable);
  const seen = [new Set<number>(), new Set<number>()];
  for (let k = 0; k < 30; k++) {
    (await drawAndCheck(executable, models, 30, k)).forEach((numbers, r) =>
      numbers.forEach((n) => seen[r]!.add(n))
    );
  }
  // 720 draws of 30: one is missed with probability 30 (29/30)^720 = 8e-10.
  seen.forEach((numbers) => assert.equal(numbers.size, 30));
});

Deno.test("Segments stay below their limit of bytes, cover the field, and all but the last are of one length", () =>
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 2000 }),
      fc.integer({ min: 1, max: 60 }),
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 2000, max: 100_000 }),
      (replicas, capacity, observation, action, bytes) => {
        const spec = { replicas, capacity, observation, action }, fields = fieldsOf(spec, bytes);
        const types = replayInputs(spec, fields);
        for (const { name, rows, width } of fields) {
          const segments = Object.entries(types).filter(([key]) => key.startsWith(`replay.${name}.`));
          const lengths = segments.map(([, { shape }]) => shape[1]!);
          assert.equal(lengths.reduce((a, b) => a + b), rows);
          assert(lengths.slice(1, -1).every((length) => length === lengths[0]));
          for (const [, { shape }] of segments) {
            assert.deepEqual([shape[0], shape[2]], [replicas, width]);
            assert(4 * shape[0]! * shape[1]! * shape[2]! <= bytes);
          }
        }
        const total = fields.reduce((sum, { rows, width }) => sum + 4 * replicas * rows * width, 0);
        assert.equal(replayBytes(spec), total);
      },
    ),
    { seed: 2 },
  ));

Deno.test("A large replay's segments are at most 128 MiB each", () => {
  const spec: ReplaySpec = { replicas: 4, capacity: 1_000_000, observation: 40, action: 8 };
  for (const { shape } of Object.values(replayInputs(spec, fieldsOf(spec)))) {
    assert(4 * shape[0]! * shape[1]! * (shape[2] ?? 1) <= 128 * 2 ** 20);
  }
});
