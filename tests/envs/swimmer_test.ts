/** The swimmer's environment: whole episodes of rllab, rewards, errors. */

import { InvalidBody } from "../../envs/dynamics/invalid_body.ts";
import { RLLAB_SWIMMER } from "../../envs/dynamics/chain_parameters.ts";
import { checkEnvironment } from "../../envs/check_environment.ts";
import { InvalidEnvironmentInput } from "../../envs/environment.ts";
import { swimmerGait } from "../../envs/gaits.ts";
import {
  FINISH_BONUS,
  FINISH_POSITION,
  swimmer,
  swimmerCentre,
  type SwimmerOptions,
  swimmerTask,
} from "../../envs/swimmer.ts";
import { uniform } from "../../src/random/draw.ts";
import { child, keyOf } from "../../src/random/key.ts";
import { assert, fc } from "../deps.ts";
import { maxDifference, numbers, readRecording, row } from "./recorded.ts";
import { loadReferee, swimmerModel } from "./referee.ts";
import { freshSeed } from "../seed.ts";

interface Episode {
  readonly steps: number;
  readonly position: string;
  readonly velocity: string;
  readonly action: string;
  readonly observation: string;
  readonly reward: string;
}

Deno.test("a recorded rllab episode of the swimmer is reproduced to 1e-8 in observations and rewards", () => {
  const recorded = readRecording<Episode>("swimmer_episode"), task = swimmerTask();
  const state = Float64Array.from([...numbers(recorded.position), ...numbers(recorded.velocity)]);
  const actions = numbers(recorded.action), observations = numbers(recorded.observation);
  const rewards = numbers(recorded.reward), seen = new Float64Array(13), outcome = new Float64Array(2);
  task.observe(state, seen, 0);
  assert.ok(maxDifference(seen, row(observations, 0, 13)) < 1e-8);
  for (let t = 0; t < recorded.steps; t++) {
    task.advance(state, row(actions, t, 2), outcome);
    task.observe(state, seen, 0);
    assert.ok(maxDifference(seen, row(observations, t + 1, 13)) < 1e-8, `step ${t}`);
    assert.ok(Math.abs(outcome[0]! - rewards[t]!) < 1e-9 && outcome[1] === 0, `step ${t}`);
  }
});

Deno.test("a fresh episode of the referee's swimmer earns the same rewards", () => {
  const seed = freshSeed(),
    key = keyOf(seed),
    task = swimmerTask(),
    referee = loadReferee(swimmerModel(RLLAB_SWIMMER));
  const state = task.initial(key), outcome = new Float64Array(2), centre = new Float64Array(6);
  referee.setState(state);
  for (let t = 0; t < 100; t++) {
    const action = uniform(child(key, 1), 2, t).map((unit) => 2 * unit - 1);
    task.advance(state, action, outcome);
    for (let i = 0; i < 50; i++) referee.step(action.map((a) => 50 * a));
    referee.forward();
    referee.centre(centre);
    const expected = centre[3]! - 0.005 * (action[0]! ** 2 + action[1]! ** 2);
    assert.ok(Math.abs(outcome[0]! - expected) < 1e-9, `seed ${seed}, step ${t}`);
  }
  referee.close();
});

Deno.test("every variant of the swimmer keeps the contract of environments", () => {
  for (const variant of ["rllab", "gymnasium"] as const) {
    for (const kind of ["forward", "undirected", "finish-line"] as const) {
      for (const observation of ["full", "compact", "centred"] as const) {
        const env = swimmer({ variant, task: { kind }, observation });
        assert.deepEqual(checkEnvironment(env, keyOf(1), 30), [], env.spec.name);
        assert.equal(env.spec.observation.length, { full: 13, compact: 8, centred: 10 }[observation]);
      }
    }
  }
  assert.equal(swimmer({ variant: "rllab" }).spec.observation.length, 13);
  assert.equal(swimmer({ variant: "gymnasium" }).spec.observation.length, 8);
  assert.deepEqual(checkEnvironment(swimmer({ body: { ...RLLAB_SWIMMER, links: 5 } }), keyOf(2), 30), []);
});

/** Return and final x of an episode of 500 steps with the scripted gait, forwards or (phase reversed) backwards. */
function gaitEpisode(options: SwimmerOptions, backwards: boolean): readonly [number, number] {
  const env = swimmer(options), action = new Float32Array(2);
  let state: Float64Array = new Float64Array(10), sum = 0;
  for (let t = 0; t < 500; t++) {
    swimmerGait(0.05 * t, action);
    const next = env.step(state, backwards ? action.toReversed() : action);
    sum += next.reward;
    state = next.state;
  }
  return [sum, swimmerCentre(state)[0]!];
}

Deno.test("an episode that crosses the finish line earns at least twice the return of one that does not", () => {
  const [crossing, reached] = gaitEpisode({ task: { kind: "finish-line" } }, false);
  assert.ok(reached > FINISH_POSITION, `the gait swims ${reached} m`);
  // The same stroke where there is no line, and the stroke that swims the other way.
  const [plain] = gaitEpisode({ task: { kind: "undirected" } }, false);
  const [away, end] = gaitEpisode({ task: { kind: "finish-line" } }, true);
  assert.ok(end < FINISH_POSITION, `backwards the gait swims ${end} m`);
  assert.ok(crossing >= 2 * plain && crossing >= 2 * away, `${crossing} against ${plain} and ${away}`);
  // A body that comes as far as the best published controllers (0.19 m/s) earns 96 without a line, and 500 - 40/0.19
  // steps' bonus more with it.
  assert.ok((500 - FINISH_POSITION / (0.05 * 0.19)) * FINISH_BONUS >= 96);
});

Deno.test("the finish line's bonus is paid on every step beyond its position, and nowhere else", () => {
  const at = (x: number, task: SwimmerOptions): number => {
    const env = swimmer(task), state = new Float64Array(10);
    state[0] = x;
    return env.step(state, Float32Array.of(0, 0)).reward;
  };
  const undirected = { task: { kind: "undirected" } } as const;
  assert.equal(at(3, { task: { kind: "finish-line" } }) - at(3, undirected), FINISH_BONUS);
  assert.equal(at(1.9, { task: { kind: "finish-line" } }), at(1.9, undirected));
  assert.equal(at(1.9, { task: { kind: "finish-line", position: 1.5, bonus: 7 } }) - at(1.9, undirected), 7);
});

Deno.test("a swimmer mirrored across x earns the same, and undirected speed is the size of directed speed", () => {
  const forward = swimmer({ controlCost: 0 }),
    either = swimmer({ task: { kind: "undirected" }, controlCost: 0 });
  fc.assert(
    fc.property(fc.nat(1e6), (seed) => {
      const state = forward.initial(keyOf(seed));
      const action = Float32Array.from(uniform(keyOf(seed), 2, 9), (unit) => 2 * unit - 1);
      const reward = forward.step(state, action).reward;
      const mirrored = state.map((x, i) => i % 5 === 0 ? x : -x);
      assert.equal(forward.step(mirrored, action.map((a) => -a)).reward, reward);
      assert.equal(either.step(state, action).reward, Math.abs(reward));
    }),
    { numRuns: 20 },
  );
});

Deno.test("wrong actions, states and options of the swimmer are refused with the value", () => {
  const env = swimmer(), state = env.initial(keyOf(1));
  const refused = (act: () => void, message: RegExp): void =>
    assert.throws(
      act,
      (error: unknown) => error instanceof InvalidEnvironmentInput && message.test(error.message),
    );
  refused(() => env.step(state, Float32Array.of(1)), /An action must have 2 numbers: got 1/);
  refused(() => env.step(state, Float32Array.of(NaN, 0)), /An action must be finite: component 0 is NaN/);
  refused(() => env.step(state.slice(1), Float32Array.of(0, 0)), /A state must have 10 numbers: got 9/);
  refused(() => env.observe(state.map(() => Infinity)), /A state must be finite: component 0 is Infinity/);
  assert.throws(() => swimmer({ body: { ...RLLAB_SWIMMER, links: 1 } }), /at least 2 links: got 1/);
  assert.throws(() => swimmer({ controlCost: -1 }), InvalidBody);
  assert.throws(
    () => swimmer({ task: { kind: "finish-line", bonus: -1 } }),
    /bonus must be finite and not negative: got -1/,
  );
});

Deno.test("actions beyond the actuators' range are clamped to it", () => {
  const env = swimmer(), state = env.initial(keyOf(3));
  assert.deepEqual(env.step(state, Float32Array.of(3, -9)), env.step(state, Float32Array.of(1, -1)));
});
