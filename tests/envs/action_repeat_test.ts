/** Actions that are held: the same states, rewards summed or averaged, ends on time, episodes as long as before. */
import { assert, fc } from "../deps.ts";
import { actionRepeat } from "../../envs/action_repeat.ts";
import { withActuatorNoise } from "../../envs/actuator_noise.ts";
import { checkEnvironment } from "../../envs/check_environment.ts";
import { environment, InvalidEnvironmentInput, type Step } from "../../envs/environment.ts";
import { pointMass } from "../../envs/point_mass.ts";
import { quadruped } from "../../envs/quadruped.ts";
import { child, type Key, keyOf } from "../../src/random/key.ts";

/** Counts steps to `end`, pays the count, and moves by the action. */
const counter = (end: number) =>
  environment({
    spec: {
      name: "counter",
      stateSize: 2,
      horizon: 500,
      observation: [{ name: "count", unit: "1" }],
      action: [{ name: "move", unit: "1" }],
    },
    initial: () => new Float64Array(2),
    observe: (state) => Float32Array.of(state[0]!),
    step: ([count, place], [move]) => ({
      state: Float64Array.of(count + 1, place + move),
      reward: count + 1,
      terminated: count + 1 >= end,
    }),
  });

/** The steps that an action held for `count` steps makes, one by one. */
function held(
  env: ReturnType<typeof counter>,
  count: number,
  state: Float64Array,
  action: Float32Array,
  key: Key,
): Step[] {
  const steps: Step[] = [];
  for (let k = 0; k < count && !(steps.at(-1)?.terminated ?? false); k++) {
    steps.push(env.step(steps.at(-1)?.state ?? state, action, child(key, k)));
  }
  return steps;
}

Deno.test("A held action makes the steps of the wrapped environment, with the sum or mean of their rewards, also if it ends early", () => {
  fc.assert(fc.property(
    fc.integer({ min: 1, max: 9 }),
    fc.integer({ min: 1, max: 12 }),
    fc.constantFrom("sum" as const, "mean" as const),
    fc.integer({ min: -64, max: 64 }).map((k) => Float32Array.of(k / 64)),
    (count, end, reward, action) => {
      const inner = counter(end), repeated = actionRepeat(inner, count, { reward }), key = keyOf(1);
      const steps = held(inner, count, new Float64Array(2), action, key), last = steps[steps.length - 1]!;
      const total = steps.reduce((sum, step) => sum + step.reward, 0);
      assert.equal(steps.length, Math.min(count, end));
      assert.deepEqual(repeated.step(new Float64Array(2), action, key), {
        state: last.state,
        reward: reward === "sum" ? total : total / steps.length,
        terminated: end <= count,
      });
    },
  ));
});

Deno.test("An episode lasts as long as before: the horizon is divided", () => {
  const horizonOf = (count: number) => actionRepeat(counter(9), count, { reward: "sum" }).spec.horizon;
  assert.deepEqual([1, 2, 3, 4, 500, 2000].map(horizonOf), [500, 250, 167, 125, 1, 1]);
  const endless = environment({ ...counter(9), spec: { ...counter(9).spec, horizon: Infinity } });
  assert.equal(actionRepeat(endless, 3, { reward: "sum" }).spec.horizon, Infinity);
});

Deno.test("The steps of an interval have different keys", () => {
  const shaky = withActuatorNoise(counter(99), 0.1), repeated = actionRepeat(shaky, 3, { reward: "sum" });
  const action = Float32Array.of(0.25), key = keyOf(7);
  const steps = held(shaky, 3, new Float64Array(2), action, key);
  assert.deepEqual(repeated.step(new Float64Array(2), action, key).state, steps[2]!.state);
  const moves = steps.map(({ state }, k) => state[1]! - (k === 0 ? 0 : steps[k - 1]!.state[1]!));
  assert.equal(new Set(moves).size, 3);
});

Deno.test("Repeating twice is repeating as often as both together", () => {
  const inner = counter(7),
    nested = actionRepeat(actionRepeat(inner, 2, { reward: "sum" }), 3, { reward: "sum" });
  const flat = actionRepeat(inner, 6, { reward: "sum" }), action = Float32Array.of(0.5);
  for (const start of [0, 1, 2, 3]) {
    const from = Float64Array.of(start, 0);
    assert.deepEqual(nested.step(from, action, keyOf(1)), flat.step(from, action, keyOf(1)));
  }
  assert.equal(nested.spec.horizon, flat.spec.horizon);
});

Deno.test("checkEnvironment finds nothing to report on repeated environments", () => {
  for (const reward of ["sum", "mean"] as const) {
    for (const count of [1, 3]) {
      assert.deepEqual(checkEnvironment(actionRepeat(pointMass(), count, { reward }), keyOf(1)), []);
      assert.deepEqual(
        checkEnvironment(actionRepeat(withActuatorNoise(pointMass(), 0.2), count, { reward }), keyOf(2)),
        [],
      );
      assert.deepEqual(
        checkEnvironment(
          actionRepeat(quadruped({ observation: "compact" }), count, { reward }),
          keyOf(3),
          20,
        ),
        [],
      );
    }
  }
});

Deno.test("An impossible interval is refused", () => {
  for (const count of [0, -1, 1.5, NaN, Infinity]) {
    assert.throws(() => actionRepeat(pointMass(), count, { reward: "sum" }), InvalidEnvironmentInput);
  }
  assert.throws(() => actionRepeat(pointMass(), 2, { reward: "last" as "sum" }), InvalidEnvironmentInput);
});
