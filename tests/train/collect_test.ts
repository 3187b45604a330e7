/** Collecting: who acts when, with what noise, and how episodes end. */
import { assert } from "../deps.ts";
import { type Environment, environment } from "../../envs/environment.ts";
import type { Policy } from "../../src/learn/policy.ts";
import { normal, uniform } from "../../src/random/draw.ts";
import { child, type Key, keyOf, stream } from "../../src/random/key.ts";
import {
  collect,
  collectInPieces,
  type Collector,
  type CollectorState,
  emptyCollector,
  resetAll,
} from "../../src/train/collect.ts";
import { emptyReplay, type Replay, takeJournal } from "../../src/train/replay.ts";

/** A walk that begins at a random place in [0, 1) and ends beyond 3; its reward is the place reached. */
const WALK: Environment = environment({
  spec: {
    name: "walk",
    stateSize: 1,
    horizon: 5,
    observation: [{ name: "place", unit: "" }],
    action: [{ name: "step", unit: "" }],
  },
  initial: (key: Key) => Float64Array.of(key[0] / 2 ** 32),
  observe: (state) => Float32Array.from(state),
  step: (state, action) => {
    const place = state[0]! + action[0]!;
    return { state: Float64Array.of(place), reward: place, terminated: place > 3 };
  },
});

/** Acts with its only parameter plus a tenth of its noise. */
const POLICY: Policy = {
  size: 1,
  noise: 1,
  act: (parameters, offset, _, noise, out) => {
    out[0] = parameters[offset]! + 0.1 * noise[0]!;
  },
};

const collectorOf = (part: Partial<Collector> = {}): Collector => ({
  environment: WALK,
  policy: POLICY,
  horizon: 5,
  environments: 1,
  explorationNoise: null,
  keys: [keyOf(1)],
  ...part,
});

/** One transition as the journal has it. */
interface Seen {
  readonly from: number;
  readonly to: number;
  readonly action: number;
  readonly reward: number;
  readonly terminated: boolean;
}

/** Replica r's transitions, with observations in place of row numbers. */
function journalOf(replay: Replay, r: number): Seen[] {
  const { rows, links, actions, outcomes } = takeJournal(replay, r);
  return actions.map((action, k) => ({
    from: rows[links[2 * k]!]!,
    to: rows[links[2 * k + 1]!]!,
    action,
    reward: outcomes[2 * k]!,
    terminated: outcomes[2 * k + 1]! === 1,
  }));
}

interface Started {
  readonly state: CollectorState;
  readonly replay: Replay;
}

function started(collector: Collector): Started {
  const replay = emptyReplay(
    { replicas: collector.keys.length, capacity: 1000, observation: 1, action: 1 },
    true,
  );
  const state = emptyCollector(collector);
  resetAll(collector, state, replay);
  return { state, replay };
}

function run(collector: Collector, parameters: readonly number[], ...steps: number[]): Started {
  const { state, replay } = started(collector);
  for (const count of steps) collect(collector, state, replay, Float32Array.from(parameters), count);
  return { state, replay };
}

Deno.test("A transition is what the environment did with the policy's action and the noise of its time", () => {
  const { replay } = run(collectorOf(), [0.5], 20);
  const journal = journalOf(replay, 0), key = child(stream(keyOf(1), "acting"), 0);
  assert.equal(journal.length, 20);
  journal.forEach(({ from, to, action, reward, terminated }, t) => {
    assert.equal(action, Math.fround(Math.fround(0.5) + 0.1 * normal(key, 1, t)[0]!));
    // The state is float64 and the observation its float32.
    assert(Math.abs(to - from - action) < 1e-6 && Math.abs(reward - to) < 1e-6);
    assert.equal(terminated, reward > 3);
  });
});

Deno.test("An episode ends where the task does, or at the horizon without being terminated, and the next begins anew", () => {
  const { replay, state } = run(collectorOf(), [0.9], 6);
  const fast = journalOf(replay, 0);
  const ends = fast.map(({ terminated }) => terminated);
  assert(ends.includes(true) && ends.indexOf(true) < 4, "0.9 a step reaches 3 within 4 steps");
  // After an end the walk goes on from a fresh place, which is below 1.
  assert(fast[ends.indexOf(true) + 1]!.from < 1);
  assert.equal(state.episodes[0], ends.filter(Boolean).length);

  const slow = run(collectorOf(), [0.1], 11);
  const journal = journalOf(slow.replay, 0);
  assert(journal.every(({ terminated }) => !terminated));
  assert.equal(slow.state.episodes[0], 2);
  // Steps 4 and 9 are the last of their episodes: they lead to the state that they reached, not to the next start.
  for (const last of [4, 9]) {
    assert(Math.abs(journal[last]!.to - journal[last]!.reward) < 1e-6);
    assert.notEqual(journal[last + 1]!.from, journal[last]!.to);
  }
  for (const t of [1, 2, 3, 6, 7]) assert.equal(journal[t]!.from, journal[t - 1]!.to);
});

Deno.test("Starts come from the replica's key, the environment's number and the episode's", () => {
  const { replay } = run(collectorOf({ environments: 2, keys: [keyOf(3), keyOf(4)] }), [0, 0], 11);
  const first = [0, 1].flatMap((r) => {
    const journal = journalOf(replay, r);
    // Environments take turns: the starts of environment e are transitions e, e + 10, e + 20.
    return [0, 1].flatMap((e) => [0, 1, 2].map((k) => journal[e + 10 * k]!.from));
  });
  const wanted = [3, 4].flatMap((seed) =>
    [0, 1].flatMap((e) =>
      [0, 1, 2].map((k) => Math.fround(child(child(stream(keyOf(seed), "environment"), e), k)[0] / 2 ** 32))
    )
  );
  assert.deepEqual(first, wanted);
  assert.equal(new Set(first).size, 12);
});

/** A walk in gusts: what the wind does in a step follows from the step's key. */
const GUSTY: Environment = environment({
  ...WALK,
  step: (state, action, key) => {
    const place = state[0]! + action[0]! - 0.1 * uniform(key, 1)[0]!;
    return { state: Float64Array.of(place), reward: place, terminated: place > 3 };
  },
});

Deno.test("A stochastic step's key is that of its replica's stream, environment and time", () => {
  const { replay } = run(collectorOf({ environment: GUSTY, environments: 2, keys: [keyOf(3), keyOf(4)] }), [
    0.5,
    0.5,
  ], 12);
  for (const r of [0, 1]) {
    journalOf(replay, r).forEach(({ from, to, action }, k) => {
      const key = child(child(stream(keyOf(3 + r), "dynamics"), k % 2), Math.floor(k / 2));
      // Both observations are float32.
      assert(
        Math.abs(from + action - 0.1 * uniform(key, 1)[0]! - to) < 1e-6,
        `replica ${r}, transition ${k}`,
      );
    });
  }
});

Deno.test("A stochastic environment gives the same whatever replicas there are, and in however many parts", () => {
  const gusty = (part: Partial<Collector>) => collectorOf({ environment: GUSTY, ...part });
  const alone = journalOf(run(gusty({ keys: [keyOf(8)] }), [0.4], 30).replay, 0);
  const keys = [keyOf(7), keyOf(8), keyOf(9)];
  const many = run(gusty({ keys }), [0.1, 0.4, 0.8], 1, 7, 22);
  assert.deepEqual(journalOf(many.replay, 1), alone);
  assert.notDeepEqual(alone, journalOf(run(collectorOf({ keys: [keyOf(8)] }), [0.4], 30).replay, 0));
});

Deno.test("Environment e of a replica does the same whatever other environments and replicas there are", () => {
  const alone = journalOf(run(collectorOf({ keys: [keyOf(8)] }), [0.4], 30).replay, 0);
  const many = run(
    collectorOf({ keys: [keyOf(7), keyOf(8), keyOf(9)], environments: 3 }),
    [0.1, 0.4, 0.8],
    30,
  );
  const journal = journalOf(many.replay, 1);
  assert.deepEqual(journal.filter((_, k) => k % 3 === 0), alone);
  assert.notDeepEqual(journal.filter((_, k) => k % 3 === 1), alone);
});

Deno.test("Collecting in parts gives the same as collecting the whole", () => {
  const noise = { theta: 0.15, sigma: 0.3 };
  const collector = collectorOf({ environments: 2, explorationNoise: noise, keys: [keyOf(5), keyOf(6)] });
  const once = run(collector, [0.2, 0.7], 23), parts = run(collector, [0.2, 0.7], 1, 7, 15);
  for (const r of [0, 1]) assert.deepEqual(journalOf(once.replay, r), journalOf(parts.replay, r));
  assert.deepEqual(once.state, parts.state);
});

Deno.test("Exploration noise is x ← x - θx + σN(0,1), begins at 0 with each episode, and keeps actions in [-1, 1]", () => {
  const theta = 0.15, sigma = 0.3, horizon = 40;
  const silent: Policy = { ...POLICY, noise: 1, act: (_, __, ___, ____, out) => out.fill(0) };
  const still = environment({ ...WALK, step: (state) => ({ state, reward: 0, terminated: false }) });
  const collector = collectorOf({
    environment: still,
    policy: silent,
    horizon,
    explorationNoise: { theta, sigma },
  });
  const { replay } = run(collector, [0], 100);
  const key = child(stream(keyOf(1), "exploration"), 0);
  let x = 0;
  journalOf(replay, 0).forEach(({ action }, t) => {
    if (t % horizon === 0) x = 0;
    x = x - theta * x + sigma * normal(key, 1, t)[0]!;
    // One rounding of x, in another order of the sum.
    assert(Math.abs(action - Math.max(-1, Math.min(1, x))) < 1e-7, `step ${t}: ${action} instead of ${x}`);
  });
});

Deno.test("The noise's stationary deviation is σ / √(1 - (1 - θ)²), 0.57 with the usual constants", () => {
  const silent: Policy = { ...POLICY, act: (_, __, ___, ____, out) => out.fill(0) };
  const still = environment({ ...WALK, step: (state) => ({ state, reward: 0, terminated: false }) });
  const collector = collectorOf({
    environment: still,
    policy: silent,
    horizon: 1e9,
    environments: 200,
    explorationNoise: { theta: 0.15, sigma: 0.3 },
  });
  const { state } = run(collector, [0], 60);
  const variance = state.noise.reduce((sum, x) => sum + x * x, 0) / state.noise.length;
  const wanted = 0.3 ** 2 / (1 - 0.85 ** 2);
  // 200 independent squares of normal numbers: five standard errors of √(2/200). 0.85¹²⁰ of the start is left.
  assert(Math.abs(variance - wanted) < 5 * 0.1 * wanted, `${variance} instead of ${wanted}`);
});

Deno.test("Many environments are stepped a few at a time, the fewer the larger the policy, with the same bits", () => {
  const steps = 3, all = { environments: 75, keys: [keyOf(1), keyOf(2)] };
  const outcome = (size: number) => {
    const collector = collectorOf({ ...all, policy: { ...POLICY, size } }),
      { state, replay } = started(collector);
    const pieces = [...collectInPieces(collector, state, replay, Float32Array.of(0.3, 0.7), steps)];
    return { pieces, state, journals: all.keys.map((_, r) => takeJournal(replay, r)) };
  };
  const few = outcome(1), two = outcome(2 ** 19), single = outcome(2 ** 21);
  for (const [{ pieces }, groups] of [[few, 3], [two, 75], [single, 150]] as const) {
    assert.equal(pieces.length, steps * groups);
    // Only where every environment has made a step may collecting be left.
    pieces.forEach((piece, k) => assert.equal(piece, (k + 1) % groups === 0 ? undefined : "inside"));
  }
  for (const { state, journals } of [two, single]) {
    assert.deepEqual(state, few.state);
    assert.deepEqual(journals, few.journals);
  }
});
