/**
 * The report of a sweep from the folders of its trials.
 *
 * @module
 */

import { pipe, TE } from "../deps.ts";
import { type ReportedTrial, sweepPage } from "../report/sweep_report.ts";
import { writePage } from "../run/page_file.ts";
import { durationText } from "./cost.ts";
import type { SweepError, SweepStatus } from "./place.ts";
import { trialFolder } from "./processes.ts";
import { curvesIn } from "./trial_folder.ts";
import type { Trial } from "./trials.ts";

/** A trial with the contents of its folder. */
async function reportedTrial(
  { sweep: { halving }, overview }: SweepStatus,
  folder: string,
  trial: Trial,
): Promise<ReportedTrial> {
  const row = overview.trials.find((each) => each.trial === trial.name)!; // every trial has one
  const { configuration: { replicas, seed } } = trial;
  return {
    name: trial.name,
    values: Object.fromEntries(
      Object.entries(trial.values).map(([axis, value]) => [
        axis,
        typeof value === "number" ? value : String(value),
      ]),
    ),
    state: row.state,
    steps: row.steps,
    scores: row.scores as readonly (number | null)[],
    curves: (await curvesIn(trialFolder(folder, trial), replicas, halving.metric)).map((curve, r) => ({
      seed: seed + r,
      ...curve,
    })),
    error: typeof row["error"] === "string" ? row["error"] : null,
  };
}

/** Writes the report of a sweep whose trials are in a folder; returns its path. */
export const writeSweepReport = (
  status: SweepStatus,
  folder: string,
  file: string,
): TE.TaskEither<SweepError, string> => {
  const { sweep: { name, trials, halving, stopsEarly }, overview } = status;
  const counts = Map.groupBy(overview.trials, ({ state }) => state);
  return pipe(
    TE.fromTask<readonly ReportedTrial[], SweepError>(() =>
      Promise.all(trials.map((trial) => reportedTrial(status, folder, trial)))
    ),
    TE.chainW((reported) =>
      writePage(
        file,
        sweepPage({
          name,
          facts: [
            ["experiment", [...new Set(trials.map(({ experiment }) => experiment))].join(", ")],
            [
              "trials",
              `${trials.length}: ${[...counts].map(([state, of]) => `${of.length} ${state}`).join(", ")}`,
            ],
            [
              "stopped early",
              stopsEarly
                ? `one in ${halving.reduction} goes on after ${halving.rungs.slice(0, -1).join(", ")} steps`
                : "none",
            ],
            [
              "environment steps",
              String(
                overview.trials.reduce(
                  (sum, row) =>
                    sum +
                    row.steps * trials.find((trial) => trial.name === row.trial)!.configuration.replicas,
                  0,
                ),
              ),
            ],
            ["time of one core", durationText(overview.seconds)],
            ...overview.waiting === 0 || overview.secondsLeft === null
              ? []
              : [["left", `about ${durationText(overview.secondsLeft)} of one core`] as const],
            ["folder", folder],
          ],
          metric: halving.metric,
          goal: halving.goal,
          rungs: stopsEarly
            ? halving.rungs
            : [Math.max(...trials.map(({ configuration }) => configuration.steps))],
          axes: Object.keys(trials[0]!.values),
          trials: reported,
        }),
      )
    ),
    TE.map(() => file),
  );
};
