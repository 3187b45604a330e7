/**
 * Measures of the point mass's episodes: the goals reached.
 *
 * @module
 */

import { goalReached, GOALS, type PointMassVariant } from "../envs/point_mass.ts";
import { meanOf } from "../src/report/statistics.ts";
import { NUMBER, NUMBERS, type ValuesOf } from "../src/run/measures.ts";
import type { Episode } from "../src/train/evaluate.ts";

/** Measures of an evaluation. */
export const MEASURES = {
  successRate: NUMBER,
  /** Fractions of the successful episodes that reach each goal, in the order of GOALS. */
  goalShares: NUMBERS,
  meanReturn: NUMBER,
  meanEpisodeLength: NUMBER,
};

/** The goal at which an episode ended, or -1. The first public code judges the state before the last step. */
const goalOf = ({ states, terminated, length }: Episode, variant: PointMassVariant): number => {
  const last = variant === "first-code" ? length - 1 : length;
  return terminated ? goalReached(states.subarray(2 * last, 2 * last + 2)) : -1;
};

/** Measures the episodes of an evaluation. */
export function measured(episodes: readonly Episode[], variant: PointMassVariant): ValuesOf<typeof MEASURES> {
  const counts = GOALS.map((_, g) => episodes.filter((episode) => goalOf(episode, variant) === g).length);
  const successes = counts.reduce((total, count) => total + count, 0);
  return {
    successRate: successes / episodes.length,
    goalShares: counts.map((count) => successes === 0 ? 0 : count / successes),
    meanReturn: meanOf(episodes.map((episode) => episode.return)),
    meanEpisodeLength: meanOf(episodes.map((episode) => episode.length)),
  };
}
