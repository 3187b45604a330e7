/**
 * Colours and dashes of algorithms, and of runs that are shown side by side.
 *
 * Laws, tested: nobody has a goal's colour; an algorithm has the same colour in every figure, and the first run of it in a
 * report, too; runs side by side differ in colour or in dash.
 *
 * @module
 */

import { ALGORITHM_NAMES, algorithmNamed } from "../learn/algorithms.ts";
import type { Ink } from "./svg.ts";

/** How a line is drawn. */
export interface LineStyle {
  readonly ink: Ink;
  /** The dashes of an SVG stroke; a whole line unless given. */
  readonly dash?: string;
}

/** The colours of lines. */
const INKS: readonly Ink[] = ["policy", "second", "third", "fourth"];

/** The styles of lines that are told apart by nothing else, in order. */
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

/** The styles of runs side by side, by what learned in each. */
export function stylesOf(algorithms: readonly (string | undefined)[]): readonly LineStyle[] {
  const isFirst = (k: number): boolean =>
    algorithms[k] !== undefined && algorithms.indexOf(algorithms[k]) === k;
  const own = (algorithm: string): LineStyle => ({ ink: algorithmStyle(algorithm).ink });
  const taken = new Set(algorithms.flatMap((each, k) => isFirst(k) ? [own(each!).ink] : []));
  // More runs than styles begin with the styles again.
  const free = STYLES.filter(({ ink, dash }) => dash !== undefined || !taken.has(ink));
  let used = 0;
  return algorithms.map((each, k) => isFirst(k) ? own(each!) : free[used++ % free.length]!);
}
