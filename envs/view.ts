/**
 * How an environment's states are drawn: bodies of points and lines seen from above, among walls and goals.
 *
 * A view is geometry alone; `src/report/watch.ts` makes a page of it. Lengths are in one unit; x points right, y up the page
 * (away), z up.
 *
 * @module
 */

/** An interval of a coordinate. */
export type Extent = readonly [least: number, greatest: number];

/** A function of the place, shown by its level curves over a rectangle. */
export interface Ground {
  /** Where it is shown, x. */
  readonly x: Extent;
  /** Where it is shown, y. */
  readonly y: Extent;
  /** The function. */
  readonly value: (x: number, y: number) => number;
}

/** What an episode came to. */
export interface Outcome {
  /** The same words for all episodes that came to the same: `reached the goal`. */
  readonly what: string;
  /** The step at which it happened, where it happened at one. */
  readonly at?: number;
  /** What is this episode's own, such as a distance. */
  readonly more?: string;
}

/** What episodes look like. Whatever is left out is not there. */
export interface View {
  /** Unit of length. */
  readonly unit: string;
  /** Seconds that a step is shown for: its duration, where it has one. */
  readonly interval: number;
  /** How time is counted below the picture: in seconds, or in steps where a step has no duration. */
  readonly clock: "seconds" | "steps";
  /** Lines between two points, with their radius; from a point to itself it is a disc. */
  readonly limbs: readonly (readonly [from: number, to: number, radius: number])[];
  /** The points of a state: x, y and z of each. */
  readonly points: (state: Float64Array) => ArrayLike<number>;
  /** The place that a state's trail is drawn through. */
  readonly centre: (state: Float64Array) => readonly [x: number, y: number];
  /** A state's numbers in a line, without the time. */
  readonly caption: (state: Float64Array) => string;
  /** What an episode came to, by the states that it went through; without it, whether it ended by itself. */
  readonly outcome?: (visited: readonly Float64Array[], terminated: boolean) => Outcome;
  /** Vertical walls. */
  readonly walls?: readonly { readonly x: Extent; readonly y: Extent }[];
  /** Places to reach, and how near. */
  readonly goals?: readonly { readonly at: readonly [x: number, y: number]; readonly radius: number }[];
  /** A line to cross, x. */
  readonly finish?: number;
  /** What the ground looks like. */
  readonly ground?: Ground;
  /** Whether there is something to see from the side. */
  readonly side?: boolean;
}

/** A number of a caption: two decimals and a true minus sign. */
export const twoDecimals = (value: number): string => value.toFixed(2).replace("-", "−");
