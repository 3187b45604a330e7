/** The quadruped's environment: whole episodes of rllab, rewards, termination, errors. */

import { InvalidBody } from "../../envs/dynamics/invalid_body.ts";
import { STATE_SIZE } from "../../envs/dynamics/quadruped_model.ts";
import { GYMNASIUM_QUADRUPED, RLLAB_QUADRUPED } from "../../envs/dynamics/quadruped_parameters.ts";
import { checkEnvironment } from "../../envs/check_environment.ts";
import { InvalidEnvironmentInput } from "../../envs/environment.ts";
import {
  GOAL_HEIGHT,
  GOAL_WIDTH,
  quadruped,
  QUADRUPED_STATE,
  quadrupedCentre,
  type QuadrupedOptions,
  quadrupedRotation,
  quadrupedTask,
  quadrupedUp,
} from "../../envs/quadruped.ts";
import { MAZE, PLANE } from "../../envs/worlds.ts";
import { uniform } from "../../src/random/draw.ts";
import { child, keyOf } from "../../src/random/key.ts";
import { assert, fc } from "../deps.ts";
import { maxDifference, numbers, readRecording, row } from "./recorded.ts";
import { loadReferee, quadrupedModel } from "./referee.ts";
import { freshSeed } from "../seed.ts";

interface Episode {
  readonly steps: number;
  readonly position: string;
  readonly velocity: string;
  readonly action: string;
  readonly observation: string;
  readonly reward: string;
  readonly terminated: string;
}

Deno.test("a recorded rllab episode of the quadruped is reproduced to 1e-8 in observations, rewards and terminations", () => {
  const recorded = readRecording<Episode>("quadruped_episode"), task = quadrupedTask();
  const state = new Float64Array(QUADRUPED_STATE);
  state.set(numbers(recorded.position));
  state.set(numbers(recorded.velocity), 15);
  const actions = numbers(recorded.action), observations = numbers(recorded.observation);
  const rewards = numbers(recorded.reward), ends = numbers(recorded.terminated);
  const seen = new Float64Array(125), outcome = new Float64Array(2);
  task.observe(state, seen, 0);
  assert.ok(maxDifference(seen, row(observations, 0, 125)) < 1e-8);
  for (let t = 0; t < recorded.steps; t++) {
    task.advance(state, row(actions, t, 8), outcome);
    task.observe(state, seen, 0);
    assert.ok(maxDifference(seen, row(observations, t + 1, 125)) < 1e-8, `step ${t}`);
    assert.ok(Math.abs(outcome[0]! - rewards[t]!) < 1e-8, `step ${t}`);
    assert.equal(outcome[1], ends[t]);
  }
});

const clip = (x: number): number => Math.min(1, Math.max(-1, x));

Deno.test("fresh episodes of the referee have the same observations, rewards and ends until they end", () => {
  let ended = 0;
  for (let run = 0; run < 6; run++) {
    const seed = freshSeed(), key = keyOf(seed), task = quadrupedTask();
    const referee = loadReferee(quadrupedModel(RLLAB_QUADRUPED));
    const state = task.initial(key), theirs = new Float64Array(STATE_SIZE), outcome = new Float64Array(2);
    const seen = new Float64Array(125), forces = new Float64Array(84), centre = new Float64Array(6);
    referee.setState(state);
    for (let t = 0, over = false; t < 200 && !over; t++) {
      const action = uniform(child(key, 1), 8, t).map((unit) => 2 * unit - 1);
      task.advance(state, action, outcome);
      task.observe(state, seen, 0);
      referee.step(action.map((a) => 150 * a));
      referee.getState(theirs);
      referee.forward();
      referee.contactForces(forces);
      referee.centre(centre);
      const clipped = forces.map(clip);
      const observation = [...theirs, ...clipped, ...quadrupedRotation(theirs), ...centre.subarray(0, 3)];
      const reward = centre[3]! - 0.005 * action.reduce((sum, a) => sum + a * a, 0) -
        0.0005 * clipped.reduce((sum, f) => sum + f * f, 0) + 0.05;
      assert.ok(maxDifference(seen, observation) < 1e-8, `seed ${seed}, step ${t}`);
      assert.ok(Math.abs(outcome[0]! - reward) < 1e-8, `seed ${seed}, step ${t}`);
      over = !(theirs[2]! >= 0.2 && theirs[2]! <= 1);
      assert.equal(outcome[1], over ? 1 : 0, `seed ${seed}, step ${t}`);
    }
    ended += outcome[1]!;
    referee.close();
  }
  console.log(`${ended} of 6 fresh episodes ended by the torso's height`);
});

Deno.test("Gymnasium's observation is that of the referee at the new state, without the rows rllab adds", () => {
  const task = quadrupedTask({ variant: "gymnasium" }),
    referee = loadReferee(quadrupedModel(GYMNASIUM_QUADRUPED));
  const key = keyOf(freshSeed()), state = task.initial(key), outcome = new Float64Array(2);
  const theirs = new Float64Array(STATE_SIZE), forces = new Float64Array(84), seen = new Float64Array(105);
  referee.setState(state);
  for (let t = 0, over = false; t < 12 && !over; t++) {
    const before = state[0]!, action = uniform(child(key, 1), 8, t).map((unit) => unit - 0.5);
    task.advance(state, action, outcome);
    task.observe(state, seen, 0);
    for (let i = 0; i < 5; i++) referee.step(action);
    referee.getState(theirs);
    referee.forward();
    referee.contactForces(forces);
    over = !(theirs[2]! >= 0.2 && theirs[2]! <= 1);
    assert.equal(outcome[1], over ? 1 : 0);
    const clipped = forces.map(clip);
    assert.ok(maxDifference(seen, [...theirs.subarray(2), ...clipped.subarray(6)]) < 1e-7);
    const expected = (theirs[0]! - before) / 0.05 - 0.5 * action.reduce((sum, a) => sum + a * a, 0) -
      0.0005 * clipped.reduce((sum, f) => sum + f * f, 0) + (over ? 0 : 1);
    assert.ok(Math.abs(outcome[0]! - expected) < 1e-7);
  }
  referee.close();
});

Deno.test("every variant, task and observation of the quadruped keeps the contract of environments", () => {
  const sizes = { rllab: [125, 27, 29], gymnasium: [105, 27, 29] } as const;
  const observations = ["full", "compact", "compact-position"] as const;
  for (const variant of ["rllab", "gymnasium"] as const) {
    for (const kind of ["forward", "speed", "goal"] as const) {
      observations.forEach((observation, i) => {
        const env = quadruped({ variant, task: { kind }, observation, world: MAZE });
        assert.deepEqual(checkEnvironment(env, keyOf(1), 20), [], env.spec.name);
        assert.equal(env.spec.observation.length, sizes[variant][i]);
      });
    }
  }
});

/** One step from a standing start with a given velocity, without costs. */
function rewardOf(options: QuadrupedOptions, change: (state: Float64Array) => void): number {
  const env = quadruped({ costs: { control: 0, contact: 0, survival: 0 }, ...options });
  const state = new Float64Array(QUADRUPED_STATE);
  state.set([0, 0, 0.75, 1, 0, 0, 0, 0, 1, 0, -1, 0, -1, 0, 1]);
  change(state);
  return env.step(state, new Float32Array(8)).reward;
}

Deno.test("the pretraining reward is the horizontal speed of the centre of mass, the same in every direction", () => {
  fc.assert(
    fc.property(
      fc.double({ min: -Math.PI, max: Math.PI, noNaN: true }),
      fc.double({ min: 0, max: 3, noNaN: true }),
      (direction, speed) => {
        const reward = rewardOf({ task: { kind: "speed" } }, (state) => {
          state[15] = speed * Math.cos(direction);
          state[16] = speed * Math.sin(direction);
        });
        // In free fall the centre of mass keeps its horizontal velocity, but for RK4's error.
        assert.ok(Math.abs(reward - speed) < 1e-9, `${reward} at ${speed}`);
      },
    ),
    { numRuns: 30 },
  );
});

Deno.test("the goal's reward is a Gaussian of the centre of mass's distance", () => {
  for (const [x, y] of [[0, 0], [3, 0], [0, -5], [9.2, 3.5]] as const) {
    const place = (state: Float64Array): void => state.set([x, y]);
    const distance = Math.hypot(x - 9.2, y - 3.5);
    const standard = rewardOf({ task: { kind: "goal" }, world: { ...MAZE, walls: [] } }, place);
    assert.ok(Math.abs(standard - GOAL_HEIGHT * Math.exp(-(distance ** 2) / (2 * GOAL_WIDTH ** 2))) < 1e-6);
    const own = rewardOf({ task: { kind: "goal", position: [0, 0], width: 1, height: 5 } }, place);
    assert.ok(Math.abs(own - 5 * Math.exp(-(x * x + y * y) / 2)) < 1e-5);
  }
});

Deno.test("an episode ends upside down even at an allowed height of the torso, but only if that is requested", () => {
  const flipped = new Float64Array(QUADRUPED_STATE);
  flipped.set([0, 0, 0.5, 0, 1, 0, 0, 0, 1, 0, -1, 0, -1, 0, 1]);
  assert.ok(Math.abs(quadrupedUp(flipped) + 1) < 1e-15);
  const ends = (options: QuadrupedOptions): boolean =>
    quadruped(options).step(flipped, new Float32Array(8)).terminated;
  assert.equal(ends({ task: { kind: "speed" } }), true);
  assert.equal(ends({ task: { kind: "goal" }, world: MAZE }), true);
  assert.equal(ends({}), false);
  assert.equal(ends({ end: { uprightness: 0 } }), true);
  assert.equal(ends({ task: { kind: "speed" }, end: { uprightness: null } }), false);
  const high = flipped.slice();
  high.set([0, 0, 1.5, 1, 0]);
  assert.equal(quadruped().step(high, new Float32Array(8)).terminated, true);
});

Deno.test("a world's start and heading, walls and centre of mass are those of the state", () => {
  const start = quadruped({ world: { ...MAZE, heading: Math.PI / 2 } }).initial(keyOf(4));
  assert.ok(Math.hypot(start[0]! - 1.2, start[1]! - 3.5) < 0.1);
  const rotation = quadrupedRotation(start);
  assert.ok(rotation[3]! > 0.9, "the torso's x-axis looks along the world's y");
  assert.ok(Math.hypot(quadrupedCentre(start)[0]! - 1.2, quadrupedCentre(start)[1]! - 3.5) < 0.15);
});

Deno.test("wrong actions, states and options of the quadruped are refused with the value", () => {
  const env = quadruped({ observation: "compact" }), state = env.initial(keyOf(1));
  const refused = (act: () => void, message: RegExp): void =>
    assert.throws(
      act,
      (error: unknown) => error instanceof InvalidEnvironmentInput && message.test(error.message),
    );
  refused(() => env.step(state, new Float32Array(7)), /An action must have 8 numbers: got 7/);
  refused(() => env.step(state, new Float32Array(8).fill(Infinity)), /component 0 is Infinity/);
  refused(() => env.step(state.slice(0, 29), new Float32Array(8)), /A state must have 37 numbers: got 29/);
  refused(() => env.step(new Float64Array(37), new Float32Array(8)), /quaternion must not be zero/);
  const out = {
    states: new Float64Array(74),
    observations: new Float32Array(54),
    rewards: new Float64Array(2),
    terminated: new Uint8Array(2),
  };
  refused(
    () => env.stepMany(new Float64Array(75), new Float32Array(16), out),
    /multiple of 37 numbers: got 75/,
  );
  refused(
    () => env.stepMany(new Float64Array(74), new Float32Array(15), out),
    /actions must have 16 numbers: got 15/,
  );
  assert.throws(() => quadruped({ task: { kind: "goal" }, world: PLANE }), /World plane has no goal/);
  assert.throws(
    () => quadruped({ task: { kind: "goal", width: 0 }, world: MAZE }),
    /width must be positive and finite: got 0/,
  );
  assert.throws(() => quadruped({ costs: { control: -1 } }), InvalidBody);
  assert.throws(() => quadruped({ end: { height: [1, 0.2] } }), /heights must not be empty: got 1,0.2/);
});
