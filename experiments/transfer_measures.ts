/**
 * Measures of the quadruped's fine-tuning: returns, displacements and the way around the U's bend in an evaluation, and
 * the area under a learning curve.
 *
 * @module
 */

import { U_MAZE, type World } from "../envs/worlds.ts";
import type { Point } from "../src/report/panel.ts";
import { meanOf } from "../src/report/statistics.ts";
import type { Evaluated } from "../src/run/experiment.ts";
import { LATER_NUMBER_OR_NULL, NUMBER, type ValuesOf } from "../src/run/measures.ts";
import type { Episode } from "../src/train/evaluate.ts";
import { displacementOf, pathOf } from "./paths.ts";
import { thousandths } from "./rounding.ts";

/** The U's divider: its end is a corner of every way around it. */
const { x: [, END], y: [NEAR, FAR] } = U_MAZE.walls[U_MAZE.walls.length - 1]!;

/** Whether the straight way between two points passes the divider's end at a height. */
const passes = ([x, y]: Point, [toX, toY]: Point, height: number): boolean =>
  y >= height || x + (toX - x) * (height - y) / (toY - y) >= END;

/** The length of the shortest way from a place in the U to its goal, around the divider, m. */
export function wayLeft([x, y]: Point, [goalX, goalY]: Point): number {
  if (passes([x, y], [goalX, goalY], FAR)) return Math.hypot(x - goalX, y - goalY);
  const toCorner = passes([x, y], [END, FAR], NEAR)
    ? Math.hypot(x - END, y - FAR)
    : Math.hypot(x - END, y - NEAR) + FAR - NEAR;
  return toCorner + Math.hypot(goalX - END, goalY - FAR);
}

/** Measures of an evaluation. */
export const MEASURES = {
  meanDiscountedReturn: NUMBER,
  meanReturn: NUMBER,
  /** Mean distance between start and end of the episodes, m. */
  meanDisplacement: NUMBER,
  meanEpisodeLength: NUMBER,
  /** The least way left to the goal in any episode, m; null without a goal, and in runs from before it was measured. */
  leastDistance: LATER_NUMBER_OR_NULL,
  /** Fraction of the episodes that came around the bend; null like the least distance. */
  aroundShare: LATER_NUMBER_OR_NULL,
};

/** Measures of all evaluations of a seed. */
export const OVERALL = {
  meanOfCurve: NUMBER,
  /** The greatest fraction of the episodes of an evaluation that came around the bend; null like that fraction. */
  aroundShare: LATER_NUMBER_OR_NULL,
};

/** The measures of a world with a goal. */
function measuredAround(episodes: readonly Episode[], { goal }: World) {
  if (goal === null) return { leastDistance: null, aroundShare: null };
  const paths = episodes.map((episode) => pathOf(episode));
  const distances = paths.flatMap((path) => path.map((place) => wayLeft(place, goal)));
  return {
    leastDistance: thousandths(distances.reduce((a, b) => Math.min(a, b))),
    aroundShare: paths.filter((path) => path.some(([, y]) => y > FAR)).length / paths.length,
  };
}

/** Measures the episodes of an evaluation in a world. */
export const measured = (episodes: readonly Episode[], world: World): ValuesOf<typeof MEASURES> => ({
  meanDiscountedReturn: meanOf(episodes.map((episode) => episode.discountedReturn)),
  meanReturn: meanOf(episodes.map((episode) => episode.return)),
  meanDisplacement: thousandths(meanOf(episodes.map((episode) => Math.hypot(...displacementOf(episode))))),
  meanEpisodeLength: meanOf(episodes.map(({ length }) => length)),
  ...measuredAround(episodes, world),
});

/** A run's discounted return over its steps. */
export const curveOf = (history: readonly Evaluated<ValuesOf<typeof MEASURES>>[]): readonly Point[] =>
  history.map(({ step, evaluation }): Point => [step, evaluation.meanDiscountedReturn]);

/** The mean height of a curve: the area under it divided by its length. */
export function meanHeight(curve: readonly Point[]): number {
  if (curve.length < 2) return curve[0]?.[1] ?? NaN;
  const area = curve.slice(1).reduce(
    (sum, [x, y], k) => sum + (x - curve[k]![0]) * (y + curve[k]![1]) / 2,
    0,
  );
  return area / (curve[curve.length - 1]![0] - curve[0]![0]);
}

/** Measures all evaluations of a seed. */
export const measuredOverall = (
  history: readonly Evaluated<ValuesOf<typeof MEASURES>>[],
): ValuesOf<typeof OVERALL> => {
  const around = history.flatMap(({ evaluation: { aroundShare } }) => aroundShare ?? []);
  return {
    meanOfCurve: meanHeight(curveOf(history)),
    aroundShare: around.length === 0 ? null : Math.max(...around),
  };
};
