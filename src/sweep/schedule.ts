/**
 * Carries a sweep out with any number of workers, wherever they are: who is free gets the next trial until all have ended.
 *
 * Laws, tested: at most as many trials are in work as there are workers; a trial ends once, and none begins before the one that
 * it starts from is done; what was lost with its process is started again, at most {@link MOST_ATTEMPTS} times, and continues
 * from its last checkpoint; what this machine cannot do, as when its disk is full, is no trial's fault: nothing more begins.
 *
 * @module
 */

import { type Assignment, nextAssignment, type TrialProgress } from "./halving.ts";
import type { TrialState } from "./trial_folder.ts";
import type { Sweep, Trial } from "./trials.ts";

/** How often a trial is started whose process dies. */
export const MOST_ATTEMPTS = 3;

/** How a worker leaves a trial. */
export type Left =
  /** The process ended as it should: at the rung or at the end, or by a failure of the trial's own; the folder tells. */
  | { readonly _tag: "Reached" }
  /** The process died, or could not be started. */
  | { readonly _tag: "Lost"; readonly reason: string }
  /** This machine cannot do it: its disk is full, or it has not the device. Elsewhere, or later, it may go on. */
  | { readonly _tag: "Unable"; readonly reason: string }
  /** The sweep was asked to stop or to pause, or the trial was cancelled. */
  | { readonly _tag: "Interrupted" };

/** Where trials run. */
export interface Executor {
  /** How many trials it runs at once. */
  readonly workers: number;
  /**
   * Trains a trial, from where it stands, until it has reached a number of environment steps or its end.
   *
   * @returns never rejects
   */
  readonly run: (trial: Trial, steps: number) => Promise<Left>;
  /** The state of a trial. */
  readonly read: (trial: Trial) => Promise<TrialState>;
}

/** The events of a sweep in progress. */
export interface SweepEvents {
  /** Called with every change. */
  readonly onChange: (states: readonly TrialState[], active: readonly Assignment[]) => void;
  /** Whether it has been asked to stop. */
  readonly interrupted: () => boolean;
  /** Whether a trial was cancelled: it is not started any more. */
  readonly cancelled?: (trial: Trial) => boolean;
}

/** How a sweep ended. */
export interface SweepEnd {
  /** The trials' present states. */
  readonly states: readonly TrialState[];
  /** Trials that were given up because their processes died, by number, with the last reason. */
  readonly lost: ReadonlyMap<number, string>;
  /** Why nothing more was begun, where this machine could not go on. */
  readonly trouble: string | null;
  readonly interrupted: boolean;
}

/** Whether a trial has ended. */
const hasEnded = ({ standing }: TrialState): boolean => standing === "done" || standing === "failed";

/** Carries a sweep out, or on. */
export async function carryOut(sweep: Sweep, executor: Executor, events: SweepEvents): Promise<SweepEnd> {
  const { trials, halving } = sweep;
  const states = await Promise.all(trials.map((trial) => executor.read(trial)));
  const attempts = new Map<number, number>(), lost = new Map<number, string>();
  const active = new Map<number, Assignment>();
  let trouble: string | null = null;
  const progressOf = (state: TrialState, n: number): TrialProgress => ({
    scores: state.scores,
    active: active.has(n),
    ended: hasEnded(state) || lost.has(n) || events.cancelled?.(trials[n]) === true,
    waits: trials[n].after !== null && states[trials[n].after].standing !== "done",
  });
  // Kept up entry by entry: a sweep of many short trials asks for the next one as often as there are trials.
  const progress = states.map(progressOf);
  const followers = Map.groupBy(trials.keys(), (n) => trials[n].after);
  const runs = new Map<number, Promise<void>>();
  const run = async ({ trial, rung }: Assignment): Promise<void> => {
    const left = await executor.run(trials[trial], halving.rungs[rung]);
    states[trial] = await executor.read(trials[trial]);
    active.delete(trial);
    runs.delete(trial);
    const short = states[trial].scores.length <= rung && !hasEnded(states[trial]);
    if (left._tag === "Unable" && short) trouble ??= `${trials[trial].name}: ${left.reason}`;
    if (left._tag === "Lost" || (left._tag === "Reached" && short)) {
      attempts.set(trial, (attempts.get(trial) ?? 0) + 1);
      const reason = left._tag === "Lost" ? left.reason : "it ended before its rung";
      if (attempts.get(trial) === MOST_ATTEMPTS) lost.set(trial, reason);
    }
    progress[trial] = progressOf(states[trial], trial);
    for (const n of followers.get(trial) ?? []) progress[n] = progressOf(states[n], n);
    events.onChange(states, [...active.values()]);
  };
  while (true) {
    while (active.size < executor.workers && trouble === null && !events.interrupted()) {
      const next = nextAssignment(halving, progress);
      if (next === null) break;
      if (events.cancelled?.(trials[next.trial]) === true) {
        progress[next.trial] = progressOf(states[next.trial], next.trial);
        continue;
      }
      active.set(next.trial, next);
      progress[next.trial] = progressOf(states[next.trial], next.trial);
      runs.set(next.trial, run(next));
      events.onChange(states, [...active.values()]);
    }
    if (runs.size === 0) break;
    await Promise.race(runs.values());
  }
  return { states, lost, trouble, interrupted: events.interrupted() };
}
