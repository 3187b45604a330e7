/**
 * Units: ranges of a computation that take a few milliseconds each, between which the event loop can run.
 *
 * Law, tested: no unit has more elementary operations than {@link MAX_OPERATIONS}, unless a single item has.
 *
 * @module
 */

import type { Range } from "./loops.ts";

/** The work of a computation. */
export interface Work {
  /** Number of items. */
  readonly items: number;
  /** About how many elementary operations an item takes. */
  readonly cost: number;
}

/**
 * Elementary operations of a unit: one takes about a nanosecond, and up to 60 where memory is used for the first time.
 */
export const MAX_OPERATIONS = 2 ** 18;

/** All items in one range. */
export const wholeOf = ({ items }: Work): Range => ({ from: 0, to: items });

/** The units of a work, in order. */
export function unitsOf({ items, cost }: Work): readonly Range[] {
  const step = Math.max(1, Math.floor(MAX_OPERATIONS / Math.max(1, cost)));
  return Array.from({ length: Math.ceil(items / step) }, (_, k) => ({
    from: k * step,
    to: Math.min((k + 1) * step, items),
  }));
}
