/**
 * The summary of results over seeds, the same in all reports: the interquartile mean with its 95 % bootstrap interval.
 *
 * @module
 */

import { child, keyOf } from "../random/key.ts";
import { interquartileMean, type Interval, stratifiedBootstrap } from "./statistics.ts";

/** A summary over seeds. */
export interface MeanOverSeeds {
  /** The interquartile mean. */
  readonly mean: number;
  /** Its 95 % bootstrap interval over seeds; null for a single seed. */
  readonly interval: Interval | null;
  /** Number of seeds. */
  readonly n: number;
}

/** Number of bootstrap resamples. */
const DRAWS = 1000;

/** The interquartile mean of finite numbers and its interval; null for an empty list. */
export function meanOverSeeds(values: readonly number[]): MeanOverSeeds | null {
  const finite = values.filter(Number.isFinite), n = finite.length;
  if (n === 0) return null;
  const interval = n < 2 ? null : stratifiedBootstrap([finite], child(keyOf(0), n), 0.95, DRAWS);
  return { mean: interquartileMean(finite), interval, n };
}
