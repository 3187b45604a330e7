/**
 * Asynchronous successive halving (Li et al., "A System for Massively Parallel Hyperparameter Tuning", MLSys 2020,
 * algorithm 2): the next trial to train, and its rung, from the results so far.
 *
 * Laws, tested: only trials among the best 1/η of those that reached a rung are promoted from it; no worker idles while
 * a trial has not started; with one worker the decisions are a function of the trials' results alone.
 *
 * @module
 */

import type { Halving } from "./space.ts";

/** The progress of a trial. */
export interface TrialProgress {
  /** The metric at each rung reached, from the first on; null if non-finite. */
  readonly scores: readonly (number | null)[];
  /** Whether a worker is training it. */
  readonly active: boolean;
  /** Whether it failed or was cancelled, so that it is never continued. */
  readonly ended: boolean;
  /** Whether it starts from a trial that is not yet done. */
  readonly waits?: boolean;
}

/** A trial to be trained up to a rung. */
export interface Assignment {
  /** Number of the trial. */
  readonly trial: number;
  /** Number of the rung. */
  readonly rung: number;
}

/** Whether one score is better than another; a non-finite score is the worst. */
const better = ({ goal }: Halving, a: number | null, b: number | null): number => {
  if (a === null || b === null) return (a === null ? 1 : 0) - (b === null ? 1 : 0);
  return goal === "greatest" ? b - a : a - b;
};

/** The trials good enough to be promoted from a rung, best first; ties go to the earlier trial. */
export function promotable(
  halving: Halving,
  trials: readonly TrialProgress[],
  rung: number,
): readonly number[] {
  const reached = trials.flatMap(({ scores }, trial) =>
    scores.length > rung ? [{ trial, score: scores[rung]! }] : []
  );
  const best = reached.toSorted((a, b) => better(halving, a.score, b.score) || a.trial - b.trial);
  return best.slice(0, Math.floor(reached.length / halving.reduction))
    .filter(({ score }) => score !== null).map(({ trial }) => trial);
}

/** The next assignment of a free worker: the highest promotion, else a new trial; null if there is neither. */
export function nextAssignment(halving: Halving, trials: readonly TrialProgress[]): Assignment | null {
  for (let rung = halving.rungs.length - 2; rung >= 0; rung--) {
    const trial = promotable(halving, trials, rung).find((each) =>
      trials[each]!.scores.length === rung + 1 && !trials[each]!.active && !trials[each]!.ended
    );
    if (trial !== undefined) return { trial, rung: rung + 1 };
  }
  const fresh = trials.findIndex(({ scores, active, ended, waits }) =>
    scores.length === 0 && !active && !ended && waits !== true
  );
  return fresh < 0 ? null : { trial: fresh, rung: 0 };
}
