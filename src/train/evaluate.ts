/**
 * Evaluation: episodes of a fixed policy on a key of their own.
 *
 * @module
 */

import type { Environment } from "../../envs/environment.ts";
import type { Policy } from "../learn/policy.ts";
import { normal } from "../random/draw.ts";
import { child, type Key } from "../random/key.ts";

/** One episode. */
export interface Episode {
  /** Undiscounted sum of the environment's own rewards. */
  readonly return: number;
  /** The same sum with discount γ. */
  readonly discountedReturn: number;
  readonly length: number;
  readonly terminated: boolean;
  /** The states visited, the first and the last included, `[length + 1, state size]`. */
  readonly states: Float64Array;
}

/** What to evaluate. */
export interface Evaluation {
  readonly environment: Environment;
  readonly policy: Policy;
  readonly horizon: number;
  readonly discount: number;
}

/** Plays one episode; equal keys give equal episodes. */
export function playEpisode(
  { environment, policy, horizon, discount }: Evaluation,
  parameters: Float32Array,
  offset: number,
  key: Key,
): Episode {
  const action = new Float32Array(environment.spec.action.length);
  let state = environment.initial(child(key, 0));
  const visited: Float64Array[] = [state];
  let total = 0, discounted = 0, weight = 1, ended = false;
  for (let t = 0; t < horizon && !ended; t++) {
    policy.act(
      parameters,
      offset,
      environment.observe(state),
      normal(child(key, 1), policy.noise, t),
      action,
    );
    const step = environment.step(state, action);
    state = step.state;
    visited.push(state);
    total += step.reward;
    discounted += weight * step.reward;
    weight *= discount;
    ended = step.terminated;
  }
  const states = new Float64Array(visited.length * environment.spec.stateSize);
  visited.forEach((each, k) => states.set(each, k * environment.spec.stateSize));
  return {
    return: total,
    discountedReturn: discounted,
    length: visited.length - 1,
    terminated: ended,
    states,
  };
}

/** Plays `count` episodes. */
export const playEpisodes = (
  evaluation: Evaluation,
  parameters: Float32Array,
  offset: number,
  key: Key,
  count: number,
): readonly Episode[] =>
  Array.from({ length: count }, (_, k) => playEpisode(evaluation, parameters, offset, child(key, k)));
