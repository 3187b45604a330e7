/**
 * The scheduler of a sweep: every free worker gets the next trial until all trials have ended.
 *
 * Laws, tested: no more trials run concurrently than there are workers; a trial ends once, and starts only after the
 * one that it starts from is done; a trial whose process died is restarted, at most {@link MAX_ATTEMPTS} times, from
 * its last checkpoint; a failure of the machine, such as a full disk, is not attributed to a trial: no further trial
 * starts.
 *
 * @module
 */

import { type Assignment, nextAssignment, type TrialProgress } from "./halving.ts";
import type { TrialState } from "./trial_folder.ts";
import type { Sweep, Trial } from "./trials.ts";

/** Maximum number of attempts at a trial whose process dies. */
export const MAX_ATTEMPTS = 3;

/** How a worker's assignment ended. */
export type AssignmentEnd =
  /**
   * The process exited normally: at the rung, at the end, or with the trial's own failure; its folder records which.
   */
  | { readonly _tag: "Reached" }
  /** The process died, or could not be started. */
  | { readonly _tag: "Lost"; readonly reason: string }
  /**
   * This machine is unable to run it: its disk is full, or the device is missing. It may continue elsewhere or later.
   */
  | { readonly _tag: "Unable"; readonly reason: string }
  /** The sweep was stopped or paused, or the trial was cancelled. */
  | { readonly _tag: "Interrupted" };

/** Runs trials. */
export interface Executor {
  /** Number of concurrent trials. */
  readonly workers: number;
  /**
   * Trains a trial from its current state until it reaches a number of environment steps or its end.
   *
   * @returns never rejects
   */
  readonly run: (trial: Trial, steps: number) => Promise<AssignmentEnd>;
  /** The state of a trial. */
  readonly read: (trial: Trial) => Promise<TrialState>;
}

/** The events of a sweep in progress. */
export interface SweepEvents {
  /** Called on every change. */
  readonly onChange: (states: readonly TrialState[], active: readonly Assignment[]) => void;
  /** Whether it has been asked to stop. */
  readonly interrupted: () => boolean;
  /** Whether a trial was cancelled and must not be started. */
  readonly cancelled?: (trial: Trial) => boolean;
}

/** How a sweep ended. */
export interface SweepEnd {
  /** The trials' current states. */
  readonly states: readonly TrialState[];
  /** Trials given up because their processes died, by number, with the last reason. */
  readonly lost: ReadonlyMap<number, string>;
  /** Why no further trial was started, if this machine was unable to continue; else null. */
  readonly machineFailure: string | null;
  readonly interrupted: boolean;
}

/** Whether a trial has ended. */
const hasEnded = ({ status }: TrialState): boolean => status === "done" || status === "failed";

/** Executes or continues a sweep. */
export async function carryOut(sweep: Sweep, executor: Executor, events: SweepEvents): Promise<SweepEnd> {
  const { trials, halving } = sweep;
  const states = await Promise.all(trials.map((trial) => executor.read(trial)));
  const attempts = new Map<number, number>(), lost = new Map<number, string>();
  const active = new Map<number, Assignment>();
  let machineFailure: string | null = null;
  const progressOf = (state: TrialState, n: number): TrialProgress => ({
    scores: state.scores,
    active: active.has(n),
    ended: hasEnded(state) || lost.has(n) || events.cancelled?.(trials[n]!) === true,
    waits: trials[n]!.after !== null && states[trials[n]!.after!]!.status !== "done",
  });
  // Updated incrementally: a sweep of many short trials asks for the next assignment once per trial.
  const progress = states.map(progressOf);
  const followers = Map.groupBy(trials.keys(), (n) => trials[n]!.after);
  const runs = new Map<number, Promise<void>>();
  const run = async ({ trial, rung }: Assignment): Promise<void> => {
    const left = await executor.run(trials[trial]!, halving.rungs[rung]!);
    states[trial] = await executor.read(trials[trial]!);
    active.delete(trial);
    runs.delete(trial);
    const short = states[trial].scores.length <= rung && !hasEnded(states[trial]);
    if (left._tag === "Unable" && short) machineFailure ??= `${trials[trial]!.name}: ${left.reason}`;
    if (left._tag === "Lost" || (left._tag === "Reached" && short)) {
      attempts.set(trial, (attempts.get(trial) ?? 0) + 1);
      const reason = left._tag === "Lost" ? left.reason : "it ended before its rung";
      if (attempts.get(trial) === MAX_ATTEMPTS) lost.set(trial, reason);
    }
    progress[trial] = progressOf(states[trial], trial);
    for (const n of followers.get(trial) ?? []) progress[n] = progressOf(states[n]!, n);
    events.onChange(states, [...active.values()]);
  };
  while (true) {
    while (active.size < executor.workers && machineFailure === null && !events.interrupted()) {
      const next = nextAssignment(halving, progress);
      if (next === null) break;
      if (events.cancelled?.(trials[next.trial]!) === true) {
        progress[next.trial] = progressOf(states[next.trial]!, next.trial);
        continue;
      }
      active.set(next.trial, next);
      progress[next.trial] = progressOf(states[next.trial]!, next.trial);
      runs.set(next.trial, run(next));
      events.onChange(states, [...active.values()]);
    }
    if (runs.size === 0) break;
    await Promise.race(runs.values());
  }
  return { states, lost, machineFailure, interrupted: events.interrupted() };
}
