import { assert, fc } from "../deps.ts";
import { checkEnvironment } from "../../envs/check_environment.ts";
import { InvalidEnvironmentInput } from "../../envs/environment.ts";
import {
  ARENA_HALF_WIDTH,
  goalReached,
  GOALS,
  POINT_MASS_VARIANTS,
  pointMass,
  rewardAt,
} from "../../envs/point_mass.ts";
import { child, keyOf } from "../../src/random/key.ts";
import { rawStep } from "../../src/exact/multi_goal.ts";

const at = (...values: number[]): Float64Array => Float64Array.from(values);
const act = (...values: number[]): Float32Array => Float32Array.from(values);

Deno.test("the final code's rules judge the place after the step", () => {
  const { step } = pointMass();
  // 30 (0.5² + 0.25²) = 9.375; from (0.5, 0.25) the goal (5, 0) is √(4.5² + 0.25²) away. All numbers are dyadic: exact.
  assert.deepEqual(step(at(0, 0), act(0.5, 0.25)), {
    state: at(0.5, 0.25),
    reward: -9.375 - (4.5 ** 2 + 0.25 ** 2),
    terminated: false,
  });
  assert.deepEqual(step(at(0, -3.5), act(0, -1)), {
    state: at(0, -4.5),
    reward: -30 - 0.25 + 10,
    terminated: true,
  });
});

Deno.test("the first code's rules judge the place before the step", () => {
  const { step } = pointMass({ variant: "first-code" });
  assert.deepEqual(step(at(3.5, 0), act(1, 0)), { state: at(4.5, 0), reward: -30 - 2.25, terminated: false });
  assert.deepEqual(step(at(4.5, 0), act(-1, 0)), {
    state: at(3.5, 0),
    reward: -30 - 0.25 + 10,
    terminated: true,
  });
});

Deno.test("the mixture of Gaussians pays bumps after the step, less their height and the effort", () => {
  const { step } = pointMass({ variant: "mixture-of-gaussians" });
  const { reward, terminated } = step(at(-4, -1), act(-1, 1));
  const bumps = 1 + 2 * Math.exp(-50 / 8) + Math.exp(-100 / 8);
  // Sums and squares of numbers of order 25 in double precision: a few units of 2⁻⁴⁸.
  assert.ok(Math.abs(reward - (25 * (bumps - 1) - 20 + 10)) < 1e-13);
  assert.equal(terminated, true);
});

Deno.test("a goal's disc has radius 1 without its edge", () => {
  assert.equal(goalReached([4, 0]), -1);
  assert.equal(goalReached([4.001, 0]), 0);
  assert.equal(goalReached([0, 0]), -1);
  GOALS.forEach((goal, index) => assert.equal(goalReached(goal), index));
  const { step } = pointMass();
  assert.equal(step(at(3, 0), act(1, 0)).terminated, false);
  assert.equal(step(at(3, 0.5), act(1, -0.25)).terminated, false);
  assert.equal(step(at(3.25, 0), act(1, 0)).terminated, true);
});

Deno.test("walls clip each component of the position, and an action counts as clipped", () => {
  const { step } = pointMass();
  assert.deepEqual(step(at(6.5, -6.5), act(1, -1)).state, at(7, -7));
  assert.deepEqual(step(at(1, 2), act(3, -8)), step(at(1, 2), act(1, -1)));
});

Deno.test("starts have deviation 0.1 around the origin, and are the origin by the first code's rules", () => {
  const { initial } = pointMass();
  const count = 2000;
  const starts = Array.from({ length: count }, (_, e) => initial(child(keyOf(0), e)));
  for (const axis of [0, 1]) {
    const mean = starts.reduce((sum, start) => sum + start[axis]!, 0) / count;
    const deviation = Math.sqrt(starts.reduce((sum, start) => sum + start[axis]! ** 2, 0) / count);
    // Four standard errors: 0.1/√2000 of the mean, 0.1/√4000 of the deviation.
    assert.ok(Math.abs(mean) < 4 * 0.1 / Math.sqrt(count));
    assert.ok(Math.abs(deviation - 0.1) < 4 * 0.1 / Math.sqrt(2 * count));
  }
  assert.deepEqual(pointMass({ variant: "first-code" }).initial(keyOf(0)), at(0, 0));
});

Deno.test("the reward of a position is that of a step with action zero there, less the bonus", () => {
  const place = fc.double({ min: -ARENA_HALF_WIDTH, max: ARENA_HALF_WIDTH, noNaN: true });
  fc.assert(fc.property(place, place, fc.constantFrom(...POINT_MASS_VARIANTS), (x, y, variant) => {
    const { reward, terminated } = pointMass({ variant }).step(at(x, y), act(0, 0));
    assert.equal(reward, rewardAt(x, y, variant) + (terminated ? 10 : 0));
  }));
});

Deno.test("the rules agree with those from which the exact solution is computed", () => {
  const place = fc.double({ min: -ARENA_HALF_WIDTH, max: ARENA_HALF_WIDTH, noNaN: true });
  const push = fc.float({ min: -1, max: 1, noNaN: true });
  fc.assert(
    fc.property(
      place,
      place,
      push,
      push,
      fc.constantFrom(...POINT_MASS_VARIANTS),
      fc.oneof(fc.constant(GOALS), fc.array(fc.tuple(place, place), { minLength: 1, maxLength: 6 })),
      (x, y, ax, ay, variant, goals) => {
        const ours = pointMass({ variant, goals }).step(at(x, y), act(ax, ay));
        const theirs = rawStep(variant, x, y, ax, ay, goals);
        const judged = variant === "first-code" ? [x, y] : ours.state;
        assert.equal(goalReached(judged, goals) >= 0, ours.terminated);
        // Equal to zero as +0 or -0 either way; sums in another order: a few roundings of numbers below 1024.
        assert.ok(ours.state[0] === theirs.x && ours.state[1] === theirs.y);
        assert.ok(Math.abs(ours.reward - theirs.reward) < 1e-12);
        assert.equal(ours.terminated, theirs.ended);
      },
    ),
  );
});

Deno.test("an action or a state of the wrong length or not finite is refused, and nothing is written", () => {
  const { step, stepMany } = pointMass();
  assert.throws(() => step(at(0, 0), act(1)), InvalidEnvironmentInput);
  assert.throws(() => step(at(0, 0), act(1, 1, 1)), InvalidEnvironmentInput);
  assert.throws(() => step(at(0, 0), act(NaN, 0)), InvalidEnvironmentInput);
  assert.throws(() => step(at(0, 0), act(0, Infinity)), /must be finite: component 1 is Infinity/);
  assert.throws(() => step(at(0, 0, 0), act(0, 0)), InvalidEnvironmentInput);
  assert.throws(() => step(at(0, NaN), act(0, 0)), InvalidEnvironmentInput);
  const states = at(1, 2, 3, 4);
  const out = {
    states,
    observations: new Float32Array(4),
    rewards: new Float64Array(2),
    terminated: new Uint8Array(2),
  };
  assert.throws(() => stepMany(states, act(1, 1, 1, NaN), out), InvalidEnvironmentInput);
  assert.throws(() => stepMany(states, act(1, 1), out), InvalidEnvironmentInput);
  assert.throws(() => stepMany(at(1, 2, 3), act(1, 1), out), InvalidEnvironmentInput);
  assert.deepEqual(states, at(1, 2, 3, 4));
});

Deno.test("goals outside the arena or not finite are refused by their number, and so is an empty list", () => {
  assert.throws(() => pointMass({ goals: [] }), /at least one goal: got none/);
  assert.throws(
    () => pointMass({ goals: [[0, 0], [7.5, 0]] }),
    /Goal 1 .* must lie in \[-7, 7\]²: got 7.5,0/,
  );
  assert.throws(() => pointMass({ goals: [[NaN, 0]] }), /Goal 0 .* must be finite/);
});

Deno.test("an unknown variant is refused by name", () => {
  const variant = "second-code" as "first-code";
  assert.throws(
    () => pointMass({ variant }),
    /final-code, first-code, mixture-of-gaussians: got "second-code"/,
  );
});

Deno.test("stepMany gives the bits of step, also in place", () => {
  const numbers = fc.array(
    fc.record({
      x: fc.double({ min: -7, max: 7, noNaN: true }),
      y: fc.double({ min: -7, max: 7, noNaN: true }),
      ax: fc.float({ min: -2, max: 2, noNaN: true }),
      ay: fc.float({ min: -2, max: 2, noNaN: true }),
    }),
    { maxLength: 9 },
  );
  fc.assert(fc.property(numbers, fc.constantFrom(...POINT_MASS_VARIANTS), (rows, variant) => {
    const task = pointMass({ variant });
    const singles = rows.map(({ x, y, ax, ay }) => task.step(at(x, y), act(ax, ay)));
    const states = Float64Array.from(rows.flatMap(({ x, y }) => [x, y]));
    const out = {
      states,
      observations: new Float32Array(2 * rows.length),
      rewards: new Float64Array(rows.length),
      terminated: new Uint8Array(rows.length),
    };
    task.stepMany(states, Float32Array.from(rows.flatMap(({ ax, ay }) => [ax, ay])), out);
    singles.forEach((single, e) => {
      assert.deepEqual(states.slice(2 * e, 2 * e + 2), single.state);
      assert.deepEqual(out.observations.slice(2 * e, 2 * e + 2), task.observe(single.state));
      assert.ok(Object.is(out.rewards[e], single.reward));
      assert.equal(out.terminated[e], single.terminated ? 1 : 0);
    });
  }));
});

Deno.test("checkEnvironment finds nothing to report on any variant", () => {
  for (const variant of POINT_MASS_VARIANTS) {
    assert.deepEqual(checkEnvironment(pointMass({ variant }), keyOf(1), 400), []);
  }
});
