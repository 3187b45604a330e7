/**
 * Noisy actuators: a stochastic environment made from any other.
 *
 * Laws, tested: with deviation 0 it gives the bits of the environment within; equal keys give equal steps; the noise has
 * the deviation asked for.
 *
 * @module
 */

import { type Environment, environment, InvalidEnvironmentInput } from "./environment.ts";
import { normal } from "../src/random/draw.ts";
import { child, type Key } from "../src/random/key.ts";

/**
 * The environment with N(0, deviation²) added to each component of every action, and the sum clipped to [-1, 1]. As in
 * the authors' public code, whose point mass has a `dynamics_sigma` (which they leave at 0).
 *
 * @param deviation in units of the action, at least 0
 * @throws InvalidEnvironmentInput for a deviation that is negative or not finite
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
  if (!(deviation >= 0 && Number.isFinite(deviation))) {
    throw new InvalidEnvironmentInput(
      `The deviation of actuator noise must be finite and not negative: got ${deviation}`,
    );
  }
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
    // The environment within may draw, too: it has a key of its own.
    step: (state, action, key) => inner.step(state, disturbed(action, key), child(key, 1)),
  });
}
