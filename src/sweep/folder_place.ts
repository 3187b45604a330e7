/**
 * A sweep in a local folder.
 *
 * @module
 */

import { pipe, TE } from "../deps.ts";
import { configInvalid } from "../run/configuration.ts";
import type { Experiment } from "../run/experiment.ts";
import { isTaken, removeWhole } from "../run/files.ts";
import { type Overview, overviewOf, type TrialView } from "./overview.ts";
import type { SweepError, SweepPlace } from "./place.ts";
import { trialFolder } from "./processes.ts";
import { type Control, controlIn, sweepIn, writeControl } from "./sweep_folder.ts";
import { readTrial } from "./trial_folder.ts";
import { type Sweep, sweepOf } from "./trials.ts";

/** Reads the status of a sweep's trials. */
export async function overviewIn(
  folder: string,
  sweep: Sweep,
  runFolder: (trial: Sweep["trials"][number]) => string = (trial) => trialFolder(folder, trial),
): Promise<Overview> {
  const { trials, halving, stopsEarly } = sweep, control = await controlIn(folder);
  const views = await Promise.all(trials.map(async (trial): Promise<TrialView> => {
    const own = runFolder(trial);
    const { standing, ...state } = await readTrial(own, trial.configuration.replicas, halving);
    const ended = standing === "done" || standing === "failed";
    const taken = !ended && await isTaken(own);
    const stopped = stopsEarly && standing === "begun" && state.scores.length > 0;
    return {
      ...state,
      state: ended
        ? standing
        : control.cancelled.includes(trial.name)
        ? "cancelled"
        : taken
        ? "running"
        : stopped
        ? "stopped"
        : standing,
    };
  }));
  return overviewOf(sweep, views);
}

/** The sweep that a folder holds. */
export const sweepAt = (
  experiments: readonly Experiment[],
  folder: string,
): TE.TaskEither<SweepError, Sweep> =>
  pipe(sweepIn(folder), TE.chainEitherKW((file) => sweepOf(experiments, file)));

/** The sweep in a folder. */
export function folderPlace(experiments: readonly Experiment[], folder: string): SweepPlace {
  const change = (
    how: (control: Control, names: readonly string[]) => Control,
    trials: readonly number[] = [],
    prepare: (names: readonly string[]) => Promise<void> = () => Promise.resolve(),
  ): TE.TaskEither<SweepError, unknown> =>
    pipe(
      sweepAt(experiments, folder),
      TE.map((sweep) => trials.map((n) => sweep.trials[n]!.name)),
      TE.chainFirstTaskK((names) => () => prepare(names)),
      TE.chainTaskK((names) => async () => how(await controlIn(folder), names)),
      TE.chainW((control) => writeControl(folder, control)),
    );
  return {
    standing: pipe(
      sweepAt(experiments, folder),
      TE.bindTo("sweep"),
      TE.bind("overview", ({ sweep }) => TE.fromTask(() => overviewIn(folder, sweep))),
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
        async (names) => {
          for (const name of names) await removeWhole(trialFolder(folder, { name }));
        },
      ),
    fetch: () => TE.left(configInvalid("nats", `"${folder}" is on this machine: there is nothing to fetch`)),
  };
}
