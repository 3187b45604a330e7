/**
 * Policies on the host: from parameters, an observation and noise to an action.
 *
 * @module
 */

import { hostNetwork, type Layout } from "./network.ts";

/** A stochastic policy `a = f(ξ; s)`. */
export interface Policy {
  /** Length of its flat parameter vector. */
  readonly size: number;
  /** How many standard normal numbers ξ it needs for an action. */
  readonly noise: number;
  /**
   * Writes the action, in [-1, 1], for one observation.
   *
   * @param parameters read from `offset` on
   */
  readonly act: (
    parameters: Float32Array,
    offset: number,
    observation: ArrayLike<number>,
    noise: ArrayLike<number>,
    out: Float32Array,
  ) => void;
}

/**
 * The policy of a sampler network.
 *
 * @param bound how its output is brought into [-1, 1]: by tanh, or by clipping
 */
export function samplerPolicy(layout: Layout, bound: "tanh" | "clip"): Policy {
  const network = hostNetwork(layout);
  return {
    size: layout.size,
    noise: layout.network.sample,
    act: (parameters, offset, observation, noise, out) => {
      network.apply(parameters, offset, noise, observation, out);
      for (let k = 0; k < out.length; k++) {
        out[k] = bound === "tanh" ? Math.tanh(out[k]) : Math.min(1, Math.max(-1, out[k]));
      }
    },
  };
}
