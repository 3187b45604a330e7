/**
 * Continuing a run from its checkpoints.
 *
 * @module
 */

import { E, pipe, TE } from "../deps.ts";
import {
  type Checkpoint,
  type CheckpointInvalid,
  checkpointsIn,
  latestCheckpoint,
  readCheckpoint,
} from "../train/checkpoint.ts";
import { folderAt } from "../train/files.ts";
import { configInvalid, type Configuration } from "./configuration.ts";
import type { RunResult } from "./conclude.ts";
import { type Experiment, trainingOf } from "./experiment.ts";
import { configurationIn } from "./start.ts";
import { continueRun, fits, type RunError, runId, type Surroundings } from "./train.ts";

/** The experiment that a configuration names. */
export const experimentOf = (
  experiments: readonly Experiment[],
  { experiment: name }: Configuration,
): E.Either<RunError, Experiment> =>
  pipe(
    experiments.find((experiment) => experiment.name === name),
    E.fromNullable(
      configInvalid(
        "experiment",
        `There is no experiment "${name}": known are ${experiments.map((e) => e.name).join(", ")}`,
      ),
    ),
  );

/** Which checkpoint to continue from. */
export interface ResumeOptions {
  /** Number of updates of the checkpoint; by default the newest. */
  readonly from: number | null;
  /** Continue with parameters and moments alone and an empty replay: not bit-exact. */
  readonly emptyReplay: boolean;
}

/** Continues a run in its folder. */
export const resume = (
  experiments: readonly Experiment[],
  path: string,
  options: ResumeOptions,
  around: Surroundings,
): TE.TaskEither<RunError, RunResult> =>
  pipe(
    configurationIn(path),
    TE.mapLeft((error): RunError => error),
    TE.bindTo("configuration"),
    TE.bind("experiment", ({ configuration }) => TE.fromEither(experimentOf(experiments, configuration))),
    TE.chainFirst(({ configuration, experiment }) => TE.fromEither(fits(experiment, configuration))),
    TE.bind("checkpoint", ({ configuration, experiment }) =>
      goodCheckpoint(path, experiment, configuration, options)),
    TE.chain(({ configuration, experiment, checkpoint }) =>
      continueRun(experiment, configuration, folderAt(path), checkpoint, around)
    ),
  );

/** The checkpoint asked for; where it is damaged, the error says what else there is. */
const goodCheckpoint = (
  path: string,
  experiment: Experiment,
  configuration: Configuration,
  { from, emptyReplay }: ResumeOptions,
): TE.TaskEither<RunError, Checkpoint> =>
async () => {
  const { environment: { spec } } = trainingOf(experiment, configuration);
  const widths = { observation: spec.observation.length, action: spec.action.length };
  const read = (updates: number, withoutReplay: boolean) =>
    readCheckpoint(path, runId(configuration), updates, widths, withoutReplay)();
  const wanted: E.Either<CheckpointInvalid, number> = from === null
    ? await latestCheckpoint(path)()
    : E.right(from);
  const checkpoint = E.isLeft(wanted) ? wanted : await read(wanted.right, emptyReplay);
  if (E.isRight(checkpoint)) return checkpoint;
  const others = await checkpointsIn(path)();
  const offers: string[] = [];
  for (const updates of E.isRight(others) ? others.right : []) {
    if (E.isRight(await read(updates, false))) {
      offers.push(`continue from an older checkpoint with --from ${updates}`);
      break;
    }
  }
  if (offers.length === 0) {
    for (const updates of E.isRight(others) ? others.right : []) {
      if (E.isRight(await read(updates, true))) {
        offers.push(
          `continue with its parameters and an empty replay with --from ${updates} --empty-replay (not bit-exact)`,
        );
        break;
      }
    }
  }
  const { left } = checkpoint;
  const offer = offers.length === 0 ? "no checkpoint of this run can be used" : offers[0];
  return E.left({ ...left, message: `${left.message}: ${offer}` });
};
