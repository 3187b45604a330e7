/**
 * The drawing of an environment's states: bodies of points and lines seen from above, among walls and goals.
 *
 * A view is geometry alone; `src/report/watch.ts` renders it as a page. All lengths have the same unit; x points right,
 * y up the page (away), z up.
 *
 * @module
 */

/** An interval of a coordinate. */
export type Extent = readonly [least: number, greatest: number];

/** A function of position, shown by its level curves over a rectangle. */
export interface Ground {
  /** Range of x. */
  readonly x: Extent;
  /** Range of y. */
  readonly y: Extent;
  /** The function. */
  readonly value: (x: number, y: number) => number;
}

/** The outcome of an episode. */
export interface Outcome {
  /** Its kind, the same text for all episodes with this outcome: `reached the goal`. */
  readonly what: string;
  /** The step at which it happened, if it belongs to one. */
  readonly at?: number;
  /** Details of this episode, such as a distance. */
  readonly more?: string;
}

/** How to draw an environment's episodes. Optional parts that are absent are not drawn. */
export interface View {
  /** Unit of length. */
  readonly unit: string;
  /** Display time of a step, s: its duration, if it has one. */
  readonly interval: number;
  /** Unit of time below the picture: seconds, or steps if a step has no duration. */
  readonly clock: "seconds" | "steps";
  /** Lines between two points, with their radius; a line from a point to itself is a disc. */
  readonly limbs: readonly (readonly [from: number, to: number, radius: number])[];
  /** The points of a state: x, y and z of each. */
  readonly points: (state: Float64Array) => ArrayLike<number>;
  /** The position of a state on the episode's trail. */
  readonly centre: (state: Float64Array) => readonly [x: number, y: number];
  /** A one-line summary of a state, without the time. */
  readonly caption: (state: Float64Array) => string;
  /** The outcome of an episode from its visited states; by default, whether it terminated. */
  readonly outcome?: (visited: readonly Float64Array[], terminated: boolean) => Outcome;
  /** Vertical walls. */
  readonly walls?: readonly { readonly x: Extent; readonly y: Extent }[];
  /** Goal positions and their radii. */
  readonly goals?: readonly { readonly at: readonly [x: number, y: number]; readonly radius: number }[];
  /** The finish line, x. */
  readonly finish?: number;
  /** Level curves on the ground. */
  readonly ground?: Ground;
  /** Whether to draw a side view too. */
  readonly side?: boolean;
}

/** Formats a number for a caption: two decimals and a true minus sign. */
export const twoDecimals = (value: number): string => value.toFixed(2).replace("-", "−");
