/**
 * Measures of the quadruped's episodes in the maze: the distance to the goal, and the passages entered.
 *
 * @module
 */

import { MAZE } from "../envs/worlds.ts";
import type { Point } from "../src/report/panel.ts";
import { meanOf } from "../src/report/statistics.ts";
import type { Evaluated } from "../src/run/experiment.ts";
import { NUMBER, NUMBER_OR_NULL, NUMBERS, type ValuesOf } from "../src/run/measures.ts";
import type { Episode } from "../src/train/evaluate.ts";
import { pathOf } from "./paths.ts";
import { thousandths } from "./rounding.ts";

const GOAL = MAZE.goal!; // the maze defines both

/** The least distance to the goal that the blocked passage allows, m. */
export const THRESHOLD = MAZE.threshold!;

/** The divider: a position above or below it, between its ends, is in a passage. */
const DIVIDER = { x: [3, 8], y: [3, 4] } as const;

/** Measures of an evaluation. */
export const MEASURES = {
  /** Each episode's least distance to the goal, m. */
  leastDistances: NUMBERS,
  leastDistance: NUMBER,
  /** Fractions of the episodes that entered the upper (blocked) and the lower (open) passage. */
  upperShare: NUMBER,
  lowerShare: NUMBER,
  reachedShare: NUMBER,
  meanReturn: NUMBER,
  meanDiscountedReturn: NUMBER,
  meanEpisodeLength: NUMBER,
};

/** Measures of all evaluations of a seed. */
export const OVERALL = {
  leastDistance: NUMBER,
  /** Steps at the first evaluation that came closer than the blocked passage allows; null if none did. */
  firstSuccess: NUMBER_OR_NULL,
  /** Mean fractions of the episodes in each passage before that evaluation; null if it is the first. */
  upperShareBefore: NUMBER_OR_NULL,
  lowerShareBefore: NUMBER_OR_NULL,
};

const inPassage = ([x, y]: Point, upper: boolean): boolean =>
  x > DIVIDER.x[0] && x < DIVIDER.x[1] && (upper ? y > DIVIDER.y[1] : y < DIVIDER.y[0]);

const leastOf = (values: readonly number[]): number => values.reduce((a, b) => Math.min(a, b));

/** Measures the episodes of an evaluation. */
export function measured(episodes: readonly Episode[]): ValuesOf<typeof MEASURES> {
  const paths = episodes.map((episode) => pathOf(episode));
  const leastDistances = paths.map((path) =>
    thousandths(leastOf(path.map(([x, y]) => Math.hypot(x - GOAL[0], y - GOAL[1]))))
  );
  const shareOf = (upper: boolean): number =>
    paths.filter((path) => path.some((place) => inPassage(place, upper))).length / paths.length;
  return {
    leastDistances,
    leastDistance: Math.min(...leastDistances),
    upperShare: shareOf(true),
    lowerShare: shareOf(false),
    reachedShare: leastDistances.filter((distance) => distance < THRESHOLD).length / leastDistances.length,
    meanReturn: meanOf(episodes.map((episode) => episode.return)),
    meanDiscountedReturn: meanOf(episodes.map((episode) => episode.discountedReturn)),
    meanEpisodeLength: meanOf(episodes.map((episode) => episode.length)),
  };
}

/** Measures all evaluations of a seed. */
export function measuredOverall(
  history: readonly Evaluated<ValuesOf<typeof MEASURES>>[],
): ValuesOf<typeof OVERALL> {
  const success = history.findIndex(({ evaluation }) => evaluation.reachedShare > 0);
  const before = success < 0 ? history : history.slice(0, success);
  const meanBefore = (name: "upperShare" | "lowerShare"): number | null =>
    before.length === 0 ? null : meanOf(before.map(({ evaluation }) => evaluation[name]));
  return {
    leastDistance: Math.min(...history.map(({ evaluation }) => evaluation.leastDistance)),
    firstSuccess: success < 0 ? null : history[success]!.step,
    upperShareBefore: meanBefore("upperShare"),
    lowerShareBefore: meanBefore("lowerShare"),
  };
}
