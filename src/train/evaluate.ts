/**
 * Evaluation: episodes of a fixed policy with their own key.
 *
 * Laws, tested: equal keys give equal episodes; the values that the environment returns are checked in every call.
 *
 * @module
 */

import { requireEnvironment } from "../../envs/check_environment.ts";
import { checkedEnvironment, EnvironmentFailed } from "../../envs/boundary.ts";
import type { Environment } from "../../envs/environment.ts";
import { bindParameters, type NoiseSource, type Policy, unrestrictedNoise } from "../learn/policy.ts";
import { child, type Key } from "../random/key.ts";
import { replaceNonFinite } from "./stepper.ts";
import { type Pieces, runSynchronously } from "../device/pieces.ts";
import { type CheckedQuantity, firstNonFinite, nonFiniteText, valueText } from "./non_finite.ts";

/** One episode. */
export interface Episode {
  /** Undiscounted sum of the environment's own rewards. */
  readonly return: number;
  /** The sum of the rewards discounted by γ. */
  readonly discountedReturn: number;
  /** Steps made. */
  readonly length: number;
  /** Whether the environment ended the episode; false if it was truncated at the horizon. */
  readonly terminated: boolean;
  /** `[length + 1, state size]` the visited states, including the first and the last. */
  readonly states: Float64Array;
  /** The first non-finite reward or observation and its step, in words; absent if all were finite. */
  readonly nonFinite?: string;
}

/** What to evaluate. */
export interface Evaluation {
  /** The environment. */
  readonly environment: Environment;
  /** The policy. */
  readonly policy: Policy;
  /** Steps after which an episode is truncated. */
  readonly horizon: number;
  /** γ of {@link Episode.discountedReturn}. */
  readonly discount: number;
  /** The source of the policy's noise; unrestricted unless given. */
  readonly noise?: NoiseSource;
  /**
   * Whether a non-finite reward or observation fails the evaluation with {@link EnvironmentFailed}; otherwise the
   * episode records it.
   */
  readonly finite?: boolean;
}

/**
 * Plays one episode; equal keys give equal episodes.
 *
 * @throws EnvironmentFailed if the environment throws or violates its specification
 */
export const playEpisode = (
  evaluation: Evaluation,
  parameters: Float32Array,
  offset: number,
  key: Key,
): Episode => runSynchronously(episodeInPieces(evaluation, parameters, offset, key, 0));

/** {@link playEpisode} in pieces, one per step. */
function* episodeInPieces(
  { environment, policy, horizon, discount, noise = unrestrictedNoise(policy), finite = false }: Evaluation,
  parameters: Float32Array,
  offset: number,
  key: Key,
  episode: number,
): Pieces<Episode> {
  requireEnvironment(environment);
  const { spec, initial, observe, step: advance } = checkedEnvironment(environment);
  const action = new Float32Array(spec.action.length);
  const initialKey = child(key, 0), noiseKey = child(key, 1), dynamicsKey = child(key, 2);
  const act = bindParameters(policy, parameters);
  let state = initial(initialKey).slice();
  const visited: Float64Array[] = [state];
  let total = 0, discounted = 0, weight = 1, ended = false, nonFinite: string | null = null;
  const found = (
    ...value: readonly [quantity: CheckedQuantity, step: number, component: number, value: number]
  ): void => {
    nonFinite ??= nonFiniteText(spec, ...value);
    if (!finite) return;
    const part = value[0] === "reward" ? "step" : "observe";
    throw new EnvironmentFailed(
      spec.name,
      part,
      `${part} gave ${valueText(spec, ...value)} of episode ${episode}`,
    );
  };
  for (let t = 0; t < horizon && !ended; t++) {
    const seen = observe(state), broken = firstNonFinite(seen);
    if (broken >= 0) found(t === 0 ? "first observation" : "observation", t, broken, seen[broken]!);
    act(offset, seen, noise(noiseKey, t), action);
    replaceNonFinite(action);
    const step = advance(state, action, child(dynamicsKey, t));
    // A copy, because the environment may reuse its array.
    state = step.state.slice();
    visited.push(state);
    if (!Number.isFinite(Math.fround(step.reward))) found("reward", t + 1, 0, step.reward);
    total += step.reward;
    discounted += weight * step.reward;
    weight *= discount;
    ended = step.terminated;
    yield;
  }
  const states = new Float64Array(visited.length * spec.stateSize);
  visited.forEach((each, k) => states.set(each, k * spec.stateSize));
  return {
    return: total,
    discountedReturn: discounted,
    length: visited.length - 1,
    terminated: ended,
    states,
    ...nonFinite === null ? {} : { nonFinite },
  };
}

/**
 * Plays `count` episodes.
 *
 * @throws EnvironmentFailed if the environment throws or violates its specification
 *
 * @example
 * ```ts
 * import { keyOf, pointMass } from "../../mod.ts";
 * import { type Policy } from "../../src/learn/mod.ts";
 * import { playEpisodes } from "../../src/train/mod.ts";
 * import assert from "node:assert/strict";
 * // A policy without parameters that always goes right.
 * const right: Policy = { size: 0, noise: 0, act: (_, __, ___, ____, out) => out.set([1, 0]) };
 * const evaluation = { environment: pointMass(), policy: right, horizon: 30, discount: 0.99 };
 * const episodes = playEpisodes(evaluation, new Float32Array(0), 0, keyOf(0), 10);
 * assert.ok(episodes.every((episode) => episode.terminated && episode.length <= 6));
 * ```
 */
export const playEpisodes = (
  evaluation: Evaluation,
  parameters: Float32Array,
  offset: number,
  key: Key,
  count: number,
): readonly Episode[] => runSynchronously(episodesInPieces(evaluation, parameters, offset, key, count));

/** {@link playEpisodes} in pieces, one per step. */
export function* episodesInPieces(
  evaluation: Evaluation,
  parameters: Float32Array,
  offset: number,
  key: Key,
  count: number,
): Pieces<readonly Episode[]> {
  const episodes: Episode[] = [];
  for (let k = 0; k < count; k++) {
    episodes.push(yield* episodeInPieces(evaluation, parameters, offset, child(key, k), k));
  }
  return episodes;
}
