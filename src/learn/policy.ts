/**
 * Policies on the host: from parameters, an observation and noise to an action.
 *
 * @module
 */

import { bits, indexOf, normal } from "../random/draw.ts";
import { type Key, STREAMS } from "../random/key.ts";
import { hostNetwork } from "./host_network.ts";
import type { Layout } from "./network.ts";

/** A policy `a = f(ξ; s)`, or `a = μ(s)` if it needs no noise. */
export interface Policy {
  /** Length of its flat parameter vector. */
  readonly size: number;
  /** Number of standard normal numbers ξ that it needs per action. */
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
  /**
   * The same with parameters that do not change while it is used, `[R, size]`; optional; faster for many
   * actions, with the same bits.
   */
  readonly withParameters?: (parameters: Float32Array) => BoundPolicy;
}

/** Writes the action, in [-1, 1], for one observation, by the parameters from `offset` on. */
export type BoundPolicy = (
  offset: number,
  observation: ArrayLike<number>,
  noise: ArrayLike<number>,
  out: Float32Array,
) => void;

/** A policy with fixed parameters. */
export const bindParameters = (
  { act, withParameters }: Pick<Policy, "act" | "withParameters">,
  parameters: Float32Array,
): BoundPolicy =>
  withParameters?.(parameters) ??
    ((offset, observation, noise, out) => act(parameters, offset, observation, noise, out));

/** A fixed set of noises as the policy's input, and the number of them in use at each time. */
export interface NoiseSet {
  /** Size of the set. */
  readonly size: number;
  /** Number of them in use after `steps` environment steps of a replica. */
  readonly count: (steps: number) => number;
  /** The key from which a replica's set is drawn. */
  readonly key: (replica: number) => Key;
}

/** The noise of one action: ξ ~ N(0, I) as a function of a key and a time. */
export type NoiseSource = (key: Key, time: number) => Float64Array;

/** Noise without restriction. */
export const unrestrictedNoise = ({ noise }: Pick<Policy, "noise">): NoiseSource => (key, time) =>
  normal(key, noise, time);

/**
 * Noise from the first `count` elements of a replica's fixed set, the set that its updates use.
 *
 * @param root the key from which the set is drawn
 */
export function noiseOfSet(
  { noise }: Pick<Policy, "noise">,
  root: Key,
  size: number,
  count: number,
): NoiseSource {
  const set = normal(root, size * noise, 0, STREAMS.noiseSet);
  return (key, time) => {
    const index = indexOf(bits(key, 1, time)[0]!, count);
    return set.subarray(index * noise, (index + 1) * noise);
  };
}

/**
 * The policy of a sampler network, or of a deterministic network.
 *
 * @param bound how its output is mapped to [-1, 1]: by tanh, or by clipping
 */
export function samplerPolicy(layout: Layout, bound: "tanh" | "clip"): Policy {
  const network = hostNetwork(layout);
  const bounded = (out: Float32Array): void => {
    for (let k = 0; k < out.length; k++) {
      out[k] = bound === "tanh" ? Math.tanh(out[k]!) : Math.min(1, Math.max(-1, out[k]!));
    }
  };
  return {
    size: layout.size,
    noise: layout.network.sample,
    act: (parameters, offset, observation, noise, out) => {
      network.apply(parameters, offset, noise, observation, out);
      bounded(out);
    },
    withParameters: (parameters) => {
      const apply = network.withParameters(parameters);
      return (offset, observation, noise, out) => {
        apply(offset, noise, observation, out);
        bounded(out);
      };
    },
  };
}
