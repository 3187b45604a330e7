/** A stochastic environment: its key is its only source of randomness. */
import { assert, fc } from "../deps.ts";
import { withActuatorNoise } from "../../envs/actuator_noise.ts";
import { checkEnvironment } from "../../envs/check_environment.ts";
import { InvalidEnvironmentInput } from "../../envs/environment.ts";
import { pointMass } from "../../envs/point_mass.ts";
import { swimmer } from "../../envs/swimmer.ts";
import { child, keyOf } from "../../src/random/key.ts";

Deno.test("checkEnvironment finds nothing to report on shaky actuators, once or twice", () => {
  assert.deepEqual(checkEnvironment(withActuatorNoise(pointMass(), 0.3), keyOf(1)), []);
  assert.deepEqual(checkEnvironment(withActuatorNoise(swimmer(), 0.3), keyOf(1), 20), []);
  assert.deepEqual(
    checkEnvironment(withActuatorNoise(withActuatorNoise(pointMass(), 0.3), 0.1), keyOf(1)),
    [],
  );
});

Deno.test("With deviation 0 a step is that of the wrapped environment, and a deterministic environment ignores its key", () => {
  const inner = pointMass(), still = withActuatorNoise(inner, 0);
  fc.assert(fc.property(
    fc.float64Array({ minLength: 2, maxLength: 2, min: -7, max: 7, noNaN: true }),
    fc.float32Array({ minLength: 2, maxLength: 2, min: -1, max: 1, noNaN: true }),
    fc.nat(),
    (state, action, seed) => {
      const plain = inner.step(state, action);
      assert.deepEqual(still.step(state, action, keyOf(seed)), plain);
      assert.deepEqual(inner.step(state, action, keyOf(seed)), plain);
    },
  ));
});

Deno.test("The noise has the requested deviation, and is independent for each component of an action", () => {
  const deviation = 0.2, shaky = withActuatorNoise(pointMass(), deviation), count = 4000;
  const moves = Array.from(
    { length: count },
    (_, k) => shaky.step(new Float64Array(2), new Float32Array(2), child(keyOf(1), k)).state,
  );
  const product = (i: number, j: number) => moves.reduce((sum, move) => sum + move[i]! * move[j]!, 0) / count;
  // Standard errors: of a variance √(2/n) σ², of a covariance √(1/n) σ². Five of them.
  for (const k of [0, 1]) assert(Math.abs(product(k, k) / deviation ** 2 - 1) < 5 * Math.sqrt(2 / count));
  assert(Math.abs(product(0, 1)) / deviation ** 2 < 5 * Math.sqrt(1 / count));
});

Deno.test("An impossible deviation is refused", () => {
  for (const deviation of [-0.1, NaN, Infinity]) {
    assert.throws(() => withActuatorNoise(pointMass(), deviation), InvalidEnvironmentInput);
  }
});
