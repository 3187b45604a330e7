/**
 * A sweep in a local folder.
 *
 * @module
 */

import { pipe, TE } from "../deps.ts";
import { configInvalid } from "../run/configuration.ts";
import type { Experiment } from "../run/experiment.ts";
import { attempt, isTaken, removeWhole } from "../run/files.ts";
import { type Overview, overviewOf, type TrialView } from "./overview.ts";
import type { SweepError, SweepPlace } from "./place.ts";
import { trialFolder } from "./processes.ts";
import { changeControl, type Control, controlIn, sweepIn } from "./sweep_folder.ts";
import { readTrial } from "./trial_folder.ts";
import { type Sweep, sweepOf } from "./trials.ts";

/** Reads the status of a sweep's trials. */
export const overviewIn = (folder: string, sweep: Sweep): TE.TaskEither<SweepError, Overview> =>
  pipe(controlIn(folder), TE.chainTaskK((control) => () => overviewWith(control, folder, sweep)));

async function overviewWith(control: Control, folder: string, sweep: Sweep): Promise<Overview> {
  const { trials, halving, stopsEarly } = sweep;
  const views = await Promise.all(trials.map(async (trial): Promise<TrialView> => {
    const own = trialFolder(folder, trial);
    const { status, ...state } = await readTrial(own, trial.configuration.replicas, halving);
    const ended = status === "done" || status === "failed";
    const taken = !ended && await isTaken(own);
    const stopped = stopsEarly && status === "begun" && state.scores.length > 0;
    return {
      ...state,
      state: ended
        ? status
        : control.cancelled.includes(trial.name)
        ? "cancelled"
        : taken
        ? "running"
        : stopped
        ? "stopped"
        : status,
    };
  }));
  return overviewOf(sweep, views, control.paused);
}

/** Reads the sweep in a folder. */
export const sweepAt = (
  experiments: readonly Experiment[],
  folder: string,
): TE.TaskEither<SweepError, Sweep> =>
  pipe(sweepIn(folder), TE.chainEitherKW((file) => sweepOf(experiments, file)));

/** Removes a trial's folder; fails if a process is running the trial. */
const removeTrial = (name: string, own: string): TE.TaskEither<SweepError, unknown> =>
  pipe(
    TE.fromTask<boolean, SweepError>(() => isTaken(own)),
    TE.filterOrElse(
      (taken) => !taken,
      (): SweepError =>
        configInvalid("trial", `The trial "${name}" is in work: cancel it, and then make it again`),
    ),
    TE.chainW(() => attempt("remove", own, () => removeWhole(own))),
  );

/** The operations on the sweep in a folder. */
export function folderPlace(experiments: readonly Experiment[], folder: string): SweepPlace {
  const change = (
    how: (control: Control, names: readonly string[]) => Control,
    trials: readonly number[] = [],
    prepare: (names: readonly string[]) => TE.TaskEither<SweepError, unknown> = () => TE.right(null),
  ): TE.TaskEither<SweepError, unknown> =>
    pipe(
      sweepAt(experiments, folder),
      TE.map((sweep) => trials.map((n) => sweep.trials[n]!.name)),
      TE.chainFirst(prepare),
      TE.chainW((names) => changeControl(folder, (control) => how(control, names))),
    );
  return {
    status: pipe(
      sweepAt(experiments, folder),
      TE.bindTo("sweep"),
      TE.bind("overview", ({ sweep }) => overviewIn(folder, sweep)),
    ),
    pause: (paused) => change((control) => ({ ...control, paused })),
    cancel: (trials) =>
      change(
        (control, names) => ({ ...control, cancelled: [...new Set([...control.cancelled, ...names])] }),
        trials,
      ),
    retry: (trials) =>
      change(
        (control, names) => ({
          ...control,
          cancelled: control.cancelled.filter((name) => !names.includes(name)),
        }),
        trials,
        (names) =>
          TE.traverseSeqArray((name: string) => removeTrial(name, trialFolder(folder, { name })))(names),
      ),
    fetch: () => TE.left(configInvalid("nats", `"${folder}" is on this machine: there is nothing to fetch`)),
  };
}
