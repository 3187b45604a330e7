/** Evaluation: episodes of a fixed policy, summed, discounted and ended as they should be. */
import { assert } from "../deps.ts";
import { withActuatorNoise } from "../../envs/actuator_noise.ts";
import { environment } from "../../envs/environment.ts";
import { pointMass } from "../../envs/point_mass.ts";
import type { Policy } from "../../src/learn/policy.ts";
import { normal } from "../../src/random/draw.ts";
import { child, keyOf } from "../../src/random/key.ts";
import { type Episode, type Evaluation, playEpisode, playEpisodes } from "../../src/train/evaluate.ts";

/** Counts to `end` and pays 1, 2, 3, …; the action is added to the second number of the state. */
const counting = (end: number) =>
  environment({
    spec: {
      name: "counting",
      stateSize: 2,
      horizon: 10,
      observation: [{ name: "count", unit: "" }],
      action: [{ name: "added", unit: "" }],
    },
    initial: (key) => Float64Array.of(0, key[0]),
    observe: (state) => Float32Array.of(state[0]!),
    step: (state, action) => {
      const count = state[0]! + 1;
      return {
        state: Float64Array.of(count, state[1]! + action[0]!),
        reward: count,
        terminated: count === end,
      };
    },
  });

const noisy: Policy = {
  size: 2,
  noise: 1,
  act: (parameters, offset, observation, noise, out) => {
    out[0] = parameters[offset]! + parameters[offset + 1]! * noise[0]! + 0 * observation[0]!;
  },
};

const evaluation = (end: number, horizon: number): Evaluation => ({
  environment: counting(end),
  policy: noisy,
  horizon,
  discount: 0.5,
});

Deno.test("An episode's returns are the sums of its rewards, and it ends with the task or at the horizon", () => {
  const parameters = Float32Array.of(9, 9, 0.25, 0);
  const ended = playEpisode(evaluation(4, 10), parameters, 2, keyOf(1));
  assert.deepEqual([ended.length, ended.terminated, ended.return], [4, true, 1 + 2 + 3 + 4]);
  assert.equal(ended.discountedReturn, 1 + 2 / 2 + 3 / 4 + 4 / 8);
  const start = child(keyOf(1), 0)[0];
  assert.deepEqual([...ended.states], [0, 1, 2, 3, 4].flatMap((k) => [k, start + k / 4]));
  const cut = playEpisode(evaluation(4, 3), parameters, 2, keyOf(1));
  assert.deepEqual([cut.length, cut.terminated, cut.return], [3, false, 6]);
});

Deno.test("An episode's noise is that of its key, step by step, and equal keys give equal episodes", () => {
  const parameters = Float32Array.of(0, 1);
  const play = (seed: number) => playEpisode(evaluation(50, 20), parameters, 0, keyOf(seed));
  assert.deepEqual(play(2), play(2));
  assert.notDeepEqual(play(2).states, play(3).states);
  const key = child(keyOf(2), 1), { states } = play(2);
  let place = states[1]!;
  for (let t = 0; t < 20; t++) {
    place += Math.fround(normal(key, 1, t)[0]!);
    assert.equal(states[2 * t + 3], place);
  }
});

Deno.test("An episode of a stochastic environment draws its steps' chance from its key", () => {
  const shaky = { ...evaluation(50, 20), environment: withActuatorNoise(counting(50), 0.1) };
  const play = (seed: number) => playEpisode(shaky, Float32Array.of(0.25, 0), 0, keyOf(seed));
  assert.deepEqual(play(5), play(5));
  const { states } = play(5), dynamics = child(keyOf(5), 2);
  let state = counting(50).initial(child(keyOf(5), 0));
  for (let t = 0; t < 20; t++) {
    state = shaky.environment.step(state, Float32Array.of(0.25), child(dynamics, t)).state;
    assert.deepEqual(states.slice(2 * t + 2, 2 * t + 4), state);
  }
});

Deno.test("Many episodes have keys of their own, and more of them do not change the first", () => {
  const parameters = Float32Array.of(0, 1);
  const [three, five] = [3, 5].map((n) => playEpisodes(evaluation(50, 8), parameters, 0, keyOf(4), n)) as [
    readonly Episode[],
    readonly Episode[],
  ];
  assert.deepEqual(three, five.slice(0, 3));
  assert.equal(new Set(five.map(({ states }) => states[1])).size, 5);
  assert.deepEqual(three[2], playEpisode(evaluation(50, 8), parameters, 0, child(keyOf(4), 2)));
});

Deno.test("A policy that heads for a goal of the point mass reaches it in four or five steps", () => {
  const east: Policy = { size: 0, noise: 0, act: (_, __, ___, ____, out) => out.set([1, 0]) };
  const episode = playEpisode(
    { environment: pointMass(), policy: east, horizon: 30, discount: 1 },
    new Float32Array(0),
    0,
    keyOf(1),
  );
  // Four steps lead to (4 + x, y), which is in the goal around (5, 0) or one step short of it.
  const [x, y] = episode.states;
  assert.deepEqual([episode.terminated, episode.length], [true, (x - 1) ** 2 + y ** 2 < 1 ? 4 : 5]);
  assert.equal(episode.return, episode.discountedReturn);
});
