/**
 * Asynchronous successive halving (Li et al., "A System for Massively Parallel Hyperparameter Tuning", MLSys 2020, algorithm
 * 2): which trial to train next, and how far, from what is known so far.
 *
 * Laws, tested: no trial is promoted that is not among the best 1/η of those that reached its rung; no worker waits while a trial
 * has not begun; with one worker the decisions follow from the trials' results alone.
 *
 * @module
 */

import type { Halving } from "./space.ts";

/** The state of a trial. */
export interface TrialProgress {
  /** The metric at each rung that it reached, from the first on; null where it was non-finite. */
  readonly scores: readonly (number | null)[];
  /** Whether a worker has it. */
  readonly active: boolean;
  /** Whether it failed or was cancelled: it is never continued. */
  readonly ended: boolean;
  /** Whether it starts from a trial that is not done. */
  readonly waits?: boolean;
}

/** A trial to be trained until a rung. */
export interface Assignment {
  /** Number of the trial. */
  readonly trial: number;
  /** Number of the rung. */
  readonly rung: number;
}

/** Whether one score is better than another; a non-finite one is the worst. */
const better = ({ goal }: Halving, a: number | null, b: number | null): number => {
  if (a === null || b === null) return (a === null ? 1 : 0) - (b === null ? 1 : 0);
  return goal === "greatest" ? b - a : a - b;
};

/** The trials that are good enough to leave a rung, the best first; of equals the earlier. */
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

/** What a free worker does next: the highest promotion, else a new trial; null where there is neither now. */
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
