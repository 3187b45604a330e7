/**
 * Measures of the quadruped's fine-tuning: returns and displacements of an evaluation, and the area under a learning
 * curve.
 *
 * @module
 */

import type { Point } from "../src/report/panel.ts";
import { meanOf } from "../src/report/statistics.ts";
import type { Evaluated } from "../src/run/experiment.ts";
import { NUMBER, type ValuesOf } from "../src/run/measures.ts";
import type { Episode } from "../src/train/evaluate.ts";
import { centreAt, millimetres } from "./paths.ts";

/** Measures of an evaluation. */
export const MEASURES = {
  meanDiscountedReturn: NUMBER,
  meanReturn: NUMBER,
  /** Mean distance between start and end of the episodes, m. */
  meanDisplacement: NUMBER,
  meanEpisodeLength: NUMBER,
};

/** Measures of all evaluations of a seed. */
export const OVERALL = { meanOfCurve: NUMBER };

/** Measures the episodes of an evaluation. */
export const measured = (episodes: readonly Episode[]): ValuesOf<typeof MEASURES> => ({
  meanDiscountedReturn: meanOf(episodes.map((episode) => episode.discountedReturn)),
  meanReturn: meanOf(episodes.map((episode) => episode.return)),
  meanDisplacement: millimetres(meanOf(episodes.map((episode) => {
    const [x0, y0] = centreAt(episode, 0), [x, y] = centreAt(episode, episode.length);
    return Math.hypot(x - x0, y - y0);
  }))),
  meanEpisodeLength: meanOf(episodes.map(({ length }) => length)),
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
): ValuesOf<typeof OVERALL> => ({ meanOfCurve: meanHeight(curveOf(history)) });
