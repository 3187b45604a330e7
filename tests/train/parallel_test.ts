/** Collecting beside the loop: the same bits however the environments are divided, and chunks that can be dropped. */
import { runSynchronously } from "../../src/device/pieces.ts";
import { assert } from "../deps.ts";
import { E } from "../../src/deps.ts";
import { environment } from "../../envs/environment.ts";
import { cpuDevice } from "../../src/device/cpu.ts";
import { pointMass } from "../../envs/point_mass.ts";
import type { Policy } from "../../src/learn/policy.ts";
import { softQLearner } from "../../src/learn/soft_q/learner.ts";
import { uniform } from "../../src/random/draw.ts";
import { keyOf } from "../../src/random/key.ts";
import {
  collectInParallel,
  type ParallelStepper,
  rangesOf,
  rangeStepper,
  tasksOf,
} from "../../src/train/parallel.ts";
import {
  collect,
  type Collector,
  type CollectorState,
  emptyCollector,
  resetAll,
} from "../../src/train/collect.ts";
import { begin, collectorOf, isDone, type Running } from "../../src/train/loop.ts";
import { iterate } from "../../src/train/iteration.ts";
import { emptyReplay, type Replay, takeJournal } from "../../src/train/replay.ts";
import { bitsOf } from "../device/evaluate.ts";

/** A walk with chance in its steps, whose episodes end at different times, and which now and then gives no number. */
const WALK = environment({
  spec: {
    name: "walk",
    stateSize: 2,
    horizon: 6,
    observation: [{ name: "place", unit: "" }, { name: "wind", unit: "" }],
    action: [{ name: "step", unit: "" }],
  },
  initial: (key) => Float64Array.of(...uniform(key, 2)),
  observe: (state) => Float32Array.from(state),
  step: ([place], action, key) => {
    const [wind] = uniform(key, 1), next = place + action[0]! + 0.3 * wind;
    return { state: Float64Array.of(next, wind), reward: wind > 0.97 ? NaN : next, terminated: next > 2 };
  },
});

/** Acts with its first parameter, a little of what it sees, and noise. */
const POLICY: Policy = {
  size: 2,
  noise: 1,
  act: (parameters, offset, seen, noise, out) => {
    out[0] = parameters[offset]! + 0.1 * parameters[offset + 1]! * seen[0]! + 0.2 * noise[0]!;
  },
};

const collectorWith = (replicas: number, environments: number): Collector => ({
  environment: WALK,
  policy: POLICY,
  horizon: 6,
  environments,
  explorationNoise: { theta: 0.15, sigma: 0.3 },
  keys: Array.from({ length: replicas }, (_, r) => keyOf(10 + r)),
});

/** Steps ranges where it is called, but answers later, the last range first. */
function parallelOf(collector: Collector, workers: number): ParallelStepper {
  const steppers = Array.from({ length: workers }, () => rangeStepper(collector));
  return {
    workers,
    run: async (tasks) => {
      const chunks = tasks.map((task, k) => ({ task, step: steppers[k]! })).toReversed()
        .map(({ task, step }) => step(task)).toReversed();
      await new Promise((resolve) => setTimeout(resolve, 1));
      return chunks;
    },
  };
}

/** Everything that collecting has written. */
const written = (state: CollectorState, replay: Replay): unknown => [
  Object.values(state).map((values) => [...new Uint8Array(values.buffer)]),
  replay.recent.map((_, r) => takeJournal(replay, r)),
];

/** A collector's state and replay after the first episodes have begun. */
function begun(collector: Collector): { readonly state: CollectorState; readonly replay: Replay } {
  const state = emptyCollector(collector);
  const replay = emptyReplay(
    { replicas: collector.keys.length, capacity: 50, observation: 2, action: 1 },
    true,
  );
  resetAll(collector, state, replay);
  return { state, replay };
}

Deno.test("Ranges cover the environments once, in order, and differ in length by one at most", () => {
  for (const [count, parts] of [[1, 4], [7, 3], [12, 5], [5, 5], [5, 1]]) {
    const ranges = rangesOf(count, parts), lengths = ranges.map(({ from, to }) => to - from);
    assert.equal(ranges[0]!.from, 0);
    assert.equal(ranges[ranges.length - 1]!.to, count);
    ranges.slice(1).forEach(({ from }, k) => assert.equal(from, ranges[k]!.to));
    assert(Math.max(...lengths) - Math.min(...lengths) <= 1 && Math.min(...lengths) >= 1);
  }
});

Deno.test("Collecting in parallel writes the bits that collecting does, however many ranges there are", async () => {
  for (const [replicas, environments] of [[1, 1], [1, 5], [3, 2], [4, 3]]) {
    const collector = collectorWith(replicas, environments);
    const parameters = Float32Array.from({ length: 2 * replicas }, (_, k) => 0.1 * (k + 1));
    const plain = begun(collector);
    for (const steps of [9, 4]) collect(collector, plain.state, plain.replay, parameters, steps);
    const expected = written(plain.state, plain.replay);
    for (const workers of [1, 2, 3, 5, 100]) {
      const { state, replay } = begun(collector);
      for (const steps of [9, 4]) {
        const put = await collectInParallel(
          parallelOf(collector, workers),
          collector,
          state,
          parameters,
          steps,
        );
        runSynchronously(put(replay));
      }
      assert.deepEqual(written(state, replay), expected, `${replicas} × ${environments}, ${workers} ranges`);
    }
  }
});

Deno.test("A chunk that is begun before the one before it is merged has the bits of one that is begun after", async () => {
  const collector = collectorWith(3, 2), lengths = [4, 9, 2];
  const parameters = lengths.map((_, n) => Float32Array.from({ length: 6 }, (_, k) => 0.1 * (k + n)));
  const plain = begun(collector);
  lengths.forEach((steps, n) => collect(collector, plain.state, plain.replay, parameters[n]!, steps));
  const expected = written(plain.state, plain.replay);
  for (const workers of [1, 2, 4]) {
    const { state, replay } = begun(collector), parallel = parallelOf(collector, workers);
    const begin = (n: number, after: number) =>
      collectInParallel(parallel, collector, state, parameters[n]!, lengths[n]!, after);
    let chunk = begin(0, 0);
    for (let n = 0; n < lengths.length; n++) {
      const next = n + 1 < lengths.length ? begin(n + 1, lengths[n]!) : chunk;
      runSynchronously((await chunk)(replay));
      chunk = next;
    }
    assert.deepEqual(written(state, replay), expected, `${workers} ranges`);
  }
});

Deno.test("A task continues only from an end: not from nothing, and not from a step that threw", () => {
  let throws = false;
  const policy: Policy = {
    ...POLICY,
    act: (...given) => {
      if (throws) throw new Error("no action");
      POLICY.act(...given);
    },
  };
  const collector = { ...collectorWith(1, 2), policy }, { state } = begun(collector);
  const task = (after: number) => tasksOf(collector, state, new Float32Array(2), 3, 1, after)[0]!;
  const step = rangeStepper(collector);
  assert.throws(() => step(task(3)), /no completed task to continue from/);
  step(task(0));
  throws = true;
  assert.throws(() => step(task(3)), /no action/);
  throws = false;
  assert.throws(() => step(task(3)), /no completed task to continue from/);
});

Deno.test("Until a chunk is put into the replay nothing has changed", async () => {
  const collector = collectorWith(2, 3), { state, replay } = begun(collector), other = begun(collector);
  await collectInParallel(parallelOf(collector, 2), collector, state, new Float32Array(4), 8);
  assert.deepEqual(written(state, replay), written(other.state, other.replay));
});

/** Trains two replicas for some iterations; `stopsAt` says whether to stop at the n-th question. */
async function trained(
  parallels: (running: Running<never>) => ParallelStepper | undefined,
  stopsAt: (question: number) => boolean = () => false,
): Promise<unknown> {
  const device = cpuDevice({ workers: 1 });
  const learner = softQLearner({
    observation: 2,
    action: 2,
    hidden: [8],
    batch: 4,
    valueParticles: 4,
    fixedParticles: 4,
    movedParticles: 4,
    squash: "pre-tanh",
    bandwidth: "median",
    valueSamples: "per-state",
    valueProposal: "uniform",
    critics: 1,
  });
  const hyper = {
    temperature: 1,
    rewardScale: 0.1,
    discount: 0.99,
    criticRate: 1e-3,
    samplerRate: 1e-3,
    targetInterval: 10,
    targetRate: 1,
  };
  const training = {
    environment: pointMass(),
    learner,
    seed: 3,
    replicas: 2,
    environments: 3,
    steps: 90,
    chunk: 15,
    stepsPerUpdate: 1,
    minimumReplay: 30,
    capacity: 60,
    horizon: 7,
    explorationNoise: null,
    journal: false,
    settings: () => [hyper, hyper],
  };
  const opened = await begin(device, training)();
  assert(E.isRight(opened));
  const parallel = parallels(opened.right.running as unknown as Running<never>);
  const running = { ...opened.right.running, ...parallel === undefined ? {} : { parallel } };
  let { state } = opened.right, question = 0;
  while (!isDone(running, state)) {
    const next = await iterate(running, state, () => stopsAt(question++))();
    assert(E.isRight(next));
    state = next.right;
  }
  const result = [bitsOf(state.newest), state.collector, [...state.replay.cursor.rows], state.metrics];
  device.close();
  return result;
}

Deno.test("A training that collects in parallel, and one that is stopped again and again, learn the same bits", async () => {
  const expected = await trained(() => undefined);
  const parallel = ({ training }: Running<never>): ParallelStepper => parallelOf(collectorOf(training), 2);
  assert.deepEqual(await trained(parallel), expected);
  assert.deepEqual(await trained(parallel, (question) => question % 2 === 0), expected);
});

Deno.test("What an environment throws in parallel collection is the iteration's error, as without it", async () => {
  const device = cpuDevice({ workers: 1 });
  const failing: ParallelStepper = { workers: 1, run: () => Promise.reject(new Error("the worker's words")) };
  await assert.rejects(trained(() => failing), /the worker's words/);
  device.close();
});
