/**
 * Continuing a run from its checkpoints.
 *
 * @module
 */

import { E, pipe, TE } from "../deps.ts";
import type { Checkpoint, CheckpointInvalid } from "./checkpoint/checkpoint.ts";
import { checkpointsIn, latestCheckpoint, readCheckpoint, type Without } from "./checkpoint/reader.ts";
import { takeFolder } from "./files.ts";
import type { Configuration } from "./configuration.ts";
import type { RunResult } from "./conclude.ts";
import { type Experiment, experimentNamed, trainingOf } from "./experiment.ts";
import { configurationIn } from "./warm_start.ts";
import { bracket, type RunContext, type RunError } from "./context.ts";
import { runId } from "./manifest.ts";
import { checkFeasible, continueRun } from "./run.ts";

/** Which checkpoint to continue from. */
export interface ResumeOptions {
  /** Environment steps of the checkpoint; by default the newest. */
  readonly from: number | null;
  /** Continue with parameters and moments alone and an empty replay: not bit-exact. */
  readonly emptyReplay: boolean;
  /** Continue although files of metrics are damaged: they are kept under another name and begun anew. */
  readonly newMetrics: boolean;
}

/** Continues a run in its folder. */
export const resume = (
  experiments: readonly Experiment[],
  path: string,
  options: ResumeOptions,
  context: RunContext,
): TE.TaskEither<RunError, RunResult> =>
  pipe(
    // What continues a run must be what began it, field by field.
    configurationIn(path, "present"),
    TE.mapLeft((error): RunError => error),
    TE.bindTo("configuration"),
    TE.bind("experiment", ({ configuration }) =>
      TE.fromEither(experimentNamed(experiments, configuration.experiment))),
    TE.chainFirst(({ configuration, experiment }) =>
      TE.fromEither(checkFeasible(experiment, configuration))
    ),
    TE.chain(({ configuration, experiment }) =>
      // What another process may still be writing is not looked at.
      bracket(
        pipe(takeFolder(path), TE.mapLeft((error): RunError => error)),
        (folder) => folder.release(),
      )((folder) =>
        pipe(
          goodCheckpoint(path, experiment, configuration, options),
          TE.chain((checkpoint) => continueRun(experiment, configuration, folder, checkpoint, context)),
        )
      )
    ),
  );

/** The checkpoint asked for; where it is damaged, the error says what else there is. */
const goodCheckpoint = (
  path: string,
  experiment: Experiment,
  configuration: Configuration,
  { from, emptyReplay, newMetrics }: ResumeOptions,
): TE.TaskEither<RunError, Checkpoint> =>
async () => {
  const { environment: { spec } } = trainingOf(experiment, configuration);
  const widths = { observation: spec.observation.length, action: spec.action.length };
  const run = runId(configuration);
  const read = (steps: number, without: Without) => readCheckpoint(path, run, steps, widths, without)();
  const wanted: E.Either<CheckpointInvalid, number> = from === null
    ? await latestCheckpoint(path, run)()
    : E.right(from);
  const checkpoint = E.isLeft(wanted)
    ? wanted
    : await read(wanted.right, { replay: emptyReplay, metrics: newMetrics });
  if (E.isRight(checkpoint)) return checkpoint;
  const found = await checkpointsIn(path)();
  const others = E.isRight(found) ? found.right : [];
  for (const { without, offer } of OFFERS) {
    for (const steps of others) {
      if (E.isRight(await read(steps, without))) {
        return E.left({ ...checkpoint.left, message: `${checkpoint.left.message}; ${offer(steps)}` });
      }
    }
  }
  if (others.length === 0 && from === null) {
    return E.left({ ...checkpoint.left, message: `"${path}" has no checkpoint to continue from` });
  }
  return E.left({
    ...checkpoint.left,
    message: `${checkpoint.left.message}; no checkpoint of this run can be used`,
  });
};

/** What may be offered where a checkpoint is damaged, the best first. */
const OFFERS: readonly { readonly without: Without; readonly offer: (steps: number) => string }[] = [
  {
    without: { replay: false, metrics: false },
    offer: (steps) => `continue from a good checkpoint, bit for bit, with --from ${steps}`,
  },
  {
    without: { replay: false, metrics: true },
    offer: (steps) =>
      `continue with --from ${steps} --new-metrics (what is learned stays bit-exact; damaged files of metrics are kept ` +
      "under another name and begin anew)",
  },
  {
    without: { replay: true, metrics: false },
    offer: (steps) =>
      `continue with its parameters and moments and an empty replay with --from ${steps} --empty-replay (not bit-exact)`,
  },
  {
    without: { replay: true, metrics: true },
    offer: (steps) =>
      `continue with its parameters and moments, an empty replay and new files of metrics with --from ${steps} ` +
      "--empty-replay --new-metrics (not bit-exact)",
  },
];
