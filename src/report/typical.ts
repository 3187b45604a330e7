/**
 * One statistic everywhere: results over seeds are summarised by the interquartile mean with its 95 % bootstrap
 * interval.
 *
 * @module
 */

import { child, keyOf } from "../random/key.ts";
import { interquartileMean, type Interval, stratifiedBootstrap } from "./statistics.ts";

/** A statistic over seeds. */
export interface Typical {
  /** The interquartile mean. */
  readonly mean: number;
  /** Its 95 % bootstrap interval over seeds; of one seed there is none. */
  readonly interval: Interval | null;
  /** How many seeds. */
  readonly n: number;
}

/** Draws of the bootstrap. */
const DRAWS = 1000;

/** The interquartile mean of finite numbers and its interval; null of none. */
export function typicalOf(values: readonly number[]): Typical | null {
  const finite = values.filter(Number.isFinite), n = finite.length;
  if (n === 0) return null;
  const interval = n < 2 ? null : stratifiedBootstrap([finite], child(keyOf(0), n), 0.95, DRAWS);
  return { mean: interquartileMean(finite), interval, n };
}
