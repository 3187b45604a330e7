/**
 * Colours and dashes of algorithms, and of runs that are shown side by side.
 *
 * Laws, tested: no line has a goal's colour; an algorithm has the same colour in every figure, and so has its first run
 * in a report; runs side by side differ in colour or in dash.
 *
 * @module
 */

import { ALGORITHM_NAMES, algorithmNamed } from "../learn/algorithms.ts";
import type { Ink } from "./svg.ts";

/** The style of a line. */
export interface LineStyle {
  readonly ink: Ink;
  /** The dashes of an SVG stroke; solid unless given. */
  readonly dash?: string;
}

/** The colours of lines. */
const INKS: readonly Ink[] = ["policy", "second", "third", "fourth"];

/** The styles of otherwise indistinguishable lines, in order. */
const STYLES: readonly LineStyle[] = [
  ...INKS.map((ink) => ({ ink })),
  ...INKS.map((ink) => ({ ink, dash: "7 3" })),
];

/** The style of the k-th line. */
export const styleOf = (k: number): LineStyle => STYLES[k % STYLES.length]!;

/** Dashes of the algorithms, for prints without colour. */
const DASHES: readonly (string | undefined)[] = [undefined, "7 3", "2 3"];

/** Colour, dash and title of an algorithm. */
export function algorithmStyle(algorithm: string): LineStyle & { readonly name: string } {
  const place = Math.max(0, ALGORITHM_NAMES.indexOf(algorithm)), dash = DASHES[place % DASHES.length];
  return {
    ink: INKS[place % INKS.length]!,
    ...dash === undefined ? {} : { dash },
    name: algorithmNamed(algorithm)?.title ?? algorithm,
  };
}

/** The styles of runs side by side, given their algorithms. */
export function stylesOf(algorithms: readonly (string | undefined)[]): readonly LineStyle[] {
  const isFirst = (k: number): boolean =>
    algorithms[k] !== undefined && algorithms.indexOf(algorithms[k]) === k;
  const own = (algorithm: string): LineStyle => ({ ink: algorithmStyle(algorithm).ink });
  const taken = new Set(algorithms.flatMap((each, k) => isFirst(k) ? [own(each!).ink] : []));
  // With more runs than styles, the styles repeat.
  const free = STYLES.filter(({ ink, dash }) => dash !== undefined || !taken.has(ink));
  let used = 0;
  return algorithms.map((each, k) => isFirst(k) ? own(each!) : free[used++ % free.length]!);
}
