/**
 * Actuator noise: a wrapper that makes any environment stochastic.
 *
 * Laws, tested: with deviation 0 it gives the bits of the wrapped environment; equal keys give equal steps; the noise
 * has the requested standard deviation.
 *
 * @module
 */

import { requireEnvironment } from "./check_environment.ts";
import { type Environment, environment, InvalidEnvironmentInput } from "./environment.ts";
import { normal } from "../src/random/draw.ts";
import { child, type Key } from "../src/random/key.ts";
import { notNegative, requireFit } from "../src/given.ts";

/**
 * The environment with N(0, deviation²) noise added to each component of every action; the sum is clipped to [-1, 1].
 * The point mass of the authors' public code has the same noise, `dynamics_sigma` (0 in their experiments).
 *
 * @param deviation standard deviation in units of the action, at least 0
 * @throws InvalidEnvironmentInput for a deviation that is negative or non-finite
 *
 * @example
 * ```ts
 * import { withActuatorNoise } from "./actuator_noise.ts";
 * import { pointMass } from "./point_mass.ts";
 * import { keyOf } from "../src/random/key.ts";
 * import assert from "node:assert/strict";
 * const shaky = withActuatorNoise(pointMass(), 0.1);
 * const from = Float64Array.of(0, 0), right = Float32Array.of(0.5, 0);
 * const { state } = shaky.step(from, right, keyOf(1));
 * assert.notEqual(state[0], 0.5);
 * assert.deepEqual(shaky.step(from, right, keyOf(1)).state, state);
 * ```
 */
export function withActuatorNoise(inner: Environment, deviation: number): Environment {
  requireEnvironment(inner);
  requireFit("The deviation of actuator noise", deviation, notNegative, InvalidEnvironmentInput);
  const { spec } = inner;
  const disturbed = (action: Float32Array, key: Key): Float32Array => {
    const noise = normal(child(key, 0), action.length);
    return action.map((asked, k) => Math.min(1, Math.max(-1, asked + deviation * noise[k]!)));
  };
  return environment({
    spec: { ...spec, name: `${spec.name}-noise-${deviation}` },
    ...inner.view === undefined ? {} : { view: inner.view },
    initial: (key) => inner.initial(key),
    observe: (state) => inner.observe(state),
    // The wrapped environment may be stochastic too: it gets its own key.
    step: (state, action, key) => inner.step(state, disturbed(action, key), child(key, 1)),
  });
}
