/**
 * Acting with an exactly known energy: samples of π(a|s) ∝ exp(Q(s, a)) on the action square, and rollouts.
 *
 * Actions are drawn from the histogram of exp(Q) at the centres of 40 × 40 cells, uniformly within a cell, so that the
 * density of each action is known exactly. A rollout is therefore an unbiased estimate of the histogram policy's soft
 * return, Σ γᵗ (r_t - log π(a_t|s_t)), which no policy can raise above V*(s_0): a lower bound that checks V*.
 *
 * The cells cost a little optimality: the divergence between exp(Q) and its histogram is about ‖∇Q‖² w² / 24 per step
 * with cell width w = 0.05; with ‖∇Q‖ ≈ 3 and 10 steps, 0.01.
 *
 * @module
 */

import { child, type Key } from "../random/key.ts";
import { normal, uniform } from "../random/draw.ts";
import { type Place, rawStep, type Rules } from "./multi_goal.ts";
import { type ActionQuadrature, midpointRule, valuesAt } from "./quadrature.ts";

const CELLS = 40;
const CENTRES: ActionQuadrature = midpointRule(CELLS);
const WIDTH = 2 / CELLS;

/** `[count, 2]` actions drawn from exp(q), and the logarithm of the density of each. */
export interface DrawnActions {
  readonly actions: Float64Array;
  readonly logDensities: Float64Array;
}

/** Draws `count` actions from the energy-based policy of `q` at temperature 1. */
export function drawActions(q: (ax: number, ay: number) => number, key: Key, count: number): DrawnActions {
  const values = valuesAt(CENTRES, q);
  const maximum = values.reduce((most, value) => Math.max(most, value), -Infinity);
  const cumulative = new Float64Array(values.length);
  let total = 0;
  for (let k = 0; k < values.length; k++) {
    total += Math.exp(values[k]! - maximum);
    cumulative[k] = total;
  }
  const units = uniform(key, 3 * count);
  const actions = new Float64Array(2 * count), logDensities = new Float64Array(count);
  for (let n = 0; n < count; n++) {
    const mark = units[3 * n]! * total;
    let low = 0, high = values.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (cumulative[middle]! < mark) low = middle + 1;
      else high = middle;
    }
    actions[2 * n] = CENTRES.actions[2 * low]! + (units[3 * n + 1]! - 0.5) * WIDTH;
    actions[2 * n + 1] = CENTRES.actions[2 * low + 1]! + (units[3 * n + 2]! - 0.5) * WIDTH;
    logDensities[n] = values[low]! - maximum - Math.log(total * WIDTH * WIDTH);
  }
  return { actions, logDensities };
}

/** One episode of the exact policy. */
export interface Episode {
  /** The positions visited, from the start. */
  readonly path: readonly (readonly [number, number])[];
  /** Undiscounted sum of raw rewards. */
  readonly rawReturn: number;
  /** Σ γᵗ (scaled r_t - log π(a_t|s_t)). */
  readonly softReturn: number;
  /** Whether the episode terminated within the horizon. */
  readonly ended: boolean;
}

/** Options of a rollout. */
export interface RolloutOptions {
  readonly rules?: Rules;
  /** Goal positions; by default the task's own four. */
  readonly goals?: readonly Place[];
  readonly horizon?: number;
  readonly discount?: number;
  readonly rewardScale?: number;
  /** Initial position; by default drawn from a normal distribution around the origin, standard deviation 0.1. */
  readonly start?: readonly [number, number];
}

/** Plays one episode with actions drawn from exp(q(x, y, ·)). */
export function rollout(
  q: (x: number, y: number, ax: number, ay: number) => number,
  key: Key,
  options: RolloutOptions = {},
): Episode {
  const { rules = "final-code", goals, horizon = 30, discount = 0.99, rewardScale = 0.1, start } = options;
  const drawn = normal(child(key, 0), 2);
  let [x, y] = start ?? [0.1 * drawn[0]!, 0.1 * drawn[1]!];
  const path: (readonly [number, number])[] = [[x, y]];
  let rawReturn = 0, softReturn = 0, factor = 1, ended = false;
  for (let t = 0; t < horizon && !ended; t++) {
    const { actions, logDensities } = drawActions((ax, ay) => q(x, y, ax, ay), child(key, t + 1), 1);
    const next = rawStep(rules, x, y, actions[0]!, actions[1]!, goals);
    rawReturn += next.reward;
    softReturn += factor * (rewardScale * next.reward - logDensities[0]!);
    factor *= discount;
    ({ x, y, ended } = next);
    path.push([x, y]);
  }
  return { path, rawReturn, softReturn, ended };
}
