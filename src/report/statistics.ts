/**
 * Statistics of reports: confidence intervals, quantiles and directions.
 *
 * Laws, tested: Wilson's interval is the set of proportions that a score test does not reject; the interquartile
 * mean is equivariant under shifts and scalings, and robust to outliers; equal keys give equal bootstrap intervals.
 *
 * @module
 */

import { bits, indexOf } from "../random/draw.ts";
import { child, type Key } from "../random/key.ts";

/** The arithmetic mean; NaN for an empty list. */
export const meanOf = (values: readonly number[]): number =>
  values.reduce((total, x) => total + x, 0) / values.length;

/** The standard deviation with divisor n; NaN for an empty list. */
export function deviationOf(values: readonly number[]): number {
  const mean = meanOf(values);
  return Math.sqrt(meanOf(values.map((x) => (x - mean) ** 2)));
}

/** The quantile at `p` in [0, 1], by linear interpolation between order statistics; NaN for an empty list. */
export function quantileOf(values: readonly number[], p: number): number {
  const sorted = values.toSorted((a, b) => a - b), at = p * (sorted.length - 1), below = Math.floor(at);
  if (sorted.length === 0) return NaN;
  return sorted[below]! + (at - below) * (sorted[Math.min(below + 1, sorted.length - 1)]! - sorted[below]!);
}

/** The median; NaN for an empty list. */
export const medianOf = (values: readonly number[]): number => quantileOf(values, 0.5);

/** An interval: its lower and upper bound. */
export type Interval = readonly [low: number, high: number];

/**
 * Wilson's score interval of a proportion, from `successes` of `n` trials (Wilson, JASA 1927).
 *
 * @param z quantile of the standard normal distribution; 1.96 for a confidence of about 95 %
 *
 * @example
 * ```ts
 * import { wilson } from "./statistics.ts";
 * import assert from "node:assert/strict";
 * const [low, high] = wilson(9, 10);
 * assert.deepEqual([low.toFixed(3), high.toFixed(3)], ["0.596", "0.982"]);
 * ```
 */
export function wilson(successes: number, n: number, z = 1.959964): Interval {
  if (n === 0) return [0, 1];
  const p = successes / n, zz = z * z;
  const centre = (p + zz / (2 * n)) / (1 + zz / n);
  const half = z / (1 + zz / n) * Math.sqrt(p * (1 - p) / n + zz / (4 * n * n));
  return [successes === 0 ? 0 : Math.max(0, centre - half), successes === n ? 1 : Math.min(1, centre + half)];
}

/**
 * The interquartile mean: the mean of the middle half, in which the two numbers at the quartiles have fractional weight
 * (Agarwal et al., "Deep reinforcement learning at the edge of the statistical precipice", NeurIPS 2021).
 */
export function interquartileMean(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b), n = sorted.length, first = n / 4, last = 3 * n / 4;
  let total = 0;
  sorted.forEach((x, k) => {
    const overlap = Math.min(k + 1, last) - Math.max(k, first);
    if (overlap > 0) total += x * overlap;
  });
  return total / (last - first);
}

/** A statistic of runs stratified by task, setting or arm. */
export type Statistic = (strata: readonly (readonly number[])[]) => number;

/**
 * The percentile bootstrap interval of a statistic, resampling runs within each stratum. A stratum of a single run
 * does not vary: with few runs the interval is too narrow, so a report must state n.
 *
 * @param strata the runs' values, by stratum
 */
export function bootstrap(
  strata: readonly (readonly number[])[],
  statistic: Statistic,
  key: Key,
  level = 0.95,
  draws = 2000,
): Interval {
  const size = strata.reduce((total, stratum) => total + stratum.length, 0);
  const resampled = Array.from({ length: draws }, (_, b) => {
    const words = bits(child(key, b), size);
    let at = 0;
    return statistic(
      strata.map((stratum) => stratum.map(() => stratum[indexOf(words[at++]!, stratum.length)]!)),
    );
  });
  return [quantileOf(resampled, (1 - level) / 2), quantileOf(resampled, (1 + level) / 2)];
}

/** The bootstrap interval of the interquartile mean of all strata together. */
export const stratifiedBootstrap = (
  strata: readonly (readonly number[])[],
  key: Key,
  level?: number,
  draws?: number,
): Interval => bootstrap(strata, (all) => interquartileMean(all.flat()), key, level, draws);

/** The interquartile mean of the first stratum minus that of the second. */
export const lead: Statistic = (strata) => interquartileMean(strata[0]!) - interquartileMean(strata[1]!);

/** Mean resultant length of angles (rad): 1 if all are equal, near 0 if they are spread evenly. */
export const resultantLength = (angles: readonly number[]): number =>
  Math.hypot(meanOf(angles.map(Math.cos)), meanOf(angles.map(Math.sin)));

/** Number of the eight sectors of 45° that contain at least one of the angles (rad). */
export const octantsOf = (angles: readonly number[]): number =>
  new Set(angles.map((angle) => Math.floor((angle / (Math.PI / 4) % 8 + 8) % 8))).size;
