/**
 * Measures of the swimmer's episodes: where they end, and how far forward they came.
 *
 * @module
 */

import { createChain } from "../envs/dynamics/chain.ts";
import { RLLAB_SWIMMER } from "../envs/dynamics/chain_parameters.ts";
import { chainCentreOfMass } from "../envs/dynamics/chain_view.ts";
import { meanOf } from "../src/report/statistics.ts";
import type { Evaluated } from "../src/run/experiment.ts";
import { FLAG, NUMBER, NUMBER_OR_NULL, NUMBERS, type ValuesOf } from "../src/run/measures.ts";
import type { Episode } from "../src/train/evaluate.ts";
import { thousandths } from "./rounding.ts";

/** An episode that ends beyond this distance has explored a direction, m. */
const EXPLORED = 0.5;

/** Measures of an evaluation. */
export const MEASURES = {
  /** The centre of mass's x at the end of each episode, m. */
  distances: NUMBERS,
  meanDistance: NUMBER,
  /** The greatest x in any episode, m. */
  farthest: NUMBER,
  forwardShare: NUMBER,
  backwardShare: NUMBER,
  crossedShare: NUMBER,
  meanReturn: NUMBER,
  meanDiscountedReturn: NUMBER,
};

/** Measures of all evaluations of a seed. */
export const OVERALL = {
  bestDistance: NUMBER,
  /** Steps at the first evaluation in which an episode crossed the line; null if none did. */
  firstCrossing: NUMBER_OR_NULL,
  /** Whether one policy's episodes ended on both sides before that. */
  bothWaysBeforeCrossing: FLAG,
  endsForward: FLAG,
  endsBackward: FLAG,
};

/** The centre of mass's x after each step of an episode, m; NaN where its last state is not finite. */
function forwardPath({ states, length }: Episode): readonly number[] {
  const size = states.length / (length + 1), chain = createChain(RLLAB_SWIMMER), centre = new Float64Array(4);
  return Array.from({ length: length + 1 }, (_, t) => {
    chainCentreOfMass(chain, states.subarray(t * size, (t + 1) * size), centre);
    return centre[0]!;
  });
}

const share = (values: readonly number[], holds: (x: number) => boolean): number =>
  values.filter(holds).length / values.length;

/** Measures the episodes of an evaluation before a finish line at `finish`, m. */
export function measured(episodes: readonly Episode[], finish: number): ValuesOf<typeof MEASURES> {
  const paths = episodes.map(forwardPath);
  const distances = paths.map((path) => thousandths(path[path.length - 1]!));
  const farthest = paths.map((path) => path.reduce((a, b) => Math.max(a, b)));
  return {
    distances,
    meanDistance: thousandths(meanOf(distances)),
    farthest: thousandths(Math.max(...farthest)),
    forwardShare: share(distances, (x) => x > EXPLORED),
    backwardShare: share(distances, (x) => x < -EXPLORED),
    crossedShare: share(farthest, (x) => x > finish),
    meanReturn: meanOf(episodes.map((episode) => episode.return)),
    meanDiscountedReturn: meanOf(episodes.map((episode) => episode.discountedReturn)),
  };
}

/** Measures all evaluations of a seed. */
export function measuredOverall(
  history: readonly Evaluated<ValuesOf<typeof MEASURES>>[],
): ValuesOf<typeof OVERALL> {
  const crossing = history.findIndex(({ evaluation }) => evaluation.crossedShare > 0);
  const before = crossing < 0 ? history : history.slice(0, crossing);
  const { meanDistance } = history[history.length - 1]!.evaluation;
  return {
    bestDistance: Math.max(...history.map(({ evaluation }) => evaluation.farthest)),
    firstCrossing: crossing < 0 ? null : history[crossing]!.step,
    bothWaysBeforeCrossing: before.some(({ evaluation: { forwardShare, backwardShare } }) =>
      forwardShare > 0 && backwardShare > 0
    ),
    endsForward: meanDistance > EXPLORED,
    endsBackward: meanDistance < -EXPLORED,
  };
}
