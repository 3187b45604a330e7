/**
 * Resuming a run from its checkpoints, or from its beginning if it was interrupted before the first.
 *
 * Law, tested: whenever a run was interrupted, its final files are those of an uninterrupted one.
 *
 * @module
 */

import { E, pipe, TE } from "../deps.ts";
import type { Checkpoint, CheckpointInvalid } from "./checkpoint/checkpoint.ts";
import { hasCheckpoint, latestCheckpoint, readCheckpoint } from "./checkpoint/reader.ts";
import { withAlternative } from "./alternatives.ts";
import { guarded } from "./faults.ts";
import { type FileRecord, namesIn, takeFolder } from "./files.ts";
import { configInvalid, type Configuration, pathWord } from "./configuration.ts";
import type { RunResult } from "./conclude.ts";
import { type Experiment, experimentNamed, trainingOf } from "./experiment.ts";
import { isFinished, readableManifest, unchangedSince } from "./other_options.ts";
import { storedRun } from "./stored_run.ts";
import { bracket, type RunContext, type RunError } from "./context.ts";
import { runId } from "./manifest.ts";
import { checkFeasible, continueRun, restartRun } from "./run.ts";
import { intact } from "./written.ts";

/** Options of resuming. */
export interface ResumeOptions {
  /** Environment steps of the checkpoint; null: the newest. */
  readonly from: number | null;
  /** Whether to continue with parameters and moments alone and an empty replay, which is not bit-exact. */
  readonly emptyReplay: boolean;
  /** Whether to continue with damaged metrics files, which are renamed and replaced by new ones. */
  readonly newMetrics: boolean;
}

/** Resumes a run in its folder. */
export const resume = (
  experiments: readonly Experiment[],
  path: string,
  options: ResumeOptions,
  context: RunContext,
): TE.TaskEither<RunError, RunResult> =>
  guarded("The run", () => resumed(experiments, path, options, context));

const resumed = (
  experiments: readonly Experiment[],
  path: string,
  options: ResumeOptions,
  context: RunContext,
): TE.TaskEither<RunError, RunResult> =>
  pipe(
    storedRun(path),
    TE.mapLeft((error): RunError => error),
    TE.bind("experiment", ({ configuration }) =>
      TE.fromEither(experimentNamed(experiments, configuration.experiment))),
    TE.chainFirst(({ configuration, experiment }) =>
      TE.fromEither(checkFeasible(experiment, configuration))
    ),
    TE.chain(({ stored, configuration, experiment }) =>
      // Locked first, because another process may still be writing the files.
      bracket(
        pipe(takeFolder(path), TE.mapLeft((error): RunError => error)),
        (folder) => folder.release(),
      )((folder) =>
        pipe(
          TE.rightTask<RunError, boolean>(() => hasCheckpoint(path)),
          TE.chain((exists) =>
            exists || options.from !== null
              ? pipe(
                unchangedSince(path, experiment, configuration),
                // An explicitly requested checkpoint is used even if the run has finished since.
                TE.chain(() =>
                  options.from === null
                    ? somethingToDo(path, experiment, exists, context)
                    : TE.right<RunError, null>(null)
                ),
                // The id is a digest of the stored configuration, which may be of an older version with fewer options.
                TE.chainW(() =>
                  usableCheckpoint(path, experiment, configuration, runId(stored as Configuration), options)
                ),
                TE.chainW((checkpoint) =>
                  continueRun(experiment, configuration, folder, checkpoint, context)
                ),
              )
              : pipe(
                somethingToDo(path, experiment, exists, context),
                TE.chainFirstIOK(() => () => context.say(
                  `"${path}" has no checkpoint yet: the run begins again, as its config.json says`,
                )),
                TE.chain(() => restartRun(experiment, configuration, folder, context)),
              )
          ),
        )
      )
    ),
  );

/** The results of every finished run. */
const RESULTS = ["summary.json", "parameters.safetensors", "metrics.jsonl"];

/**
 * Fails if a run is finished and complete. Missing results are made again from its newest checkpoint, with the same
 * bits, but not from the beginning, because that could take hours that nobody asked for.
 */
const somethingToDo = (
  path: string,
  { name }: Experiment,
  hasCheckpoint: boolean,
  context: RunContext,
): TE.TaskEither<RunError, null> =>
async () => {
  const names = await namesIn(path), manifest = await readableManifest(path);
  if (!isFinished(names, manifest)) return E.right(null);
  const recorded = ((manifest?.["files"] ?? []) as readonly FileRecord[]).map(({ file }) => file);
  const gone = [...new Set([...RESULTS, ...recorded])].filter((file) => !names.includes(file));
  const finished = `The run in "${path}" is finished`;
  if (gone.length === 0 || names.includes("run.json")) {
    const whole = await intact(path, manifest, RESULTS)();
    return E.left(
      E.isLeft(whole)
        ? configInvalid(
          "run",
          `${finished}, but ${whole.left.message}; ${repeatText(name, path, hasCheckpoint)}`,
        )
        : configInvalid("run", `${finished}: there is nothing to continue`),
    );
  }
  const missing = `${finished}, but ${gone.join(", ")} ${gone.length === 1 ? "is" : "are"} missing`;
  if (!hasCheckpoint) {
    return E.left(configInvalid("run", `${missing}; ${repeatText(name, path, false)}`));
  }
  context.say(`${missing}: it continues from its newest checkpoint, to write them again`);
  return E.right(null);
};

/** How to make a finished run's results again. */
const repeatText = (experiment: string, path: string, hasCheckpoint: boolean): string =>
  hasCheckpoint
    ? `--from STEPS makes its results again from a checkpoint (they are in ${path}/checkpoint)`
    : `repeat it with: deno task softq train ${experiment} --config ${
      pathWord(`${path}/config.json`)
    } --out FOLDER`;

/** Reads the requested checkpoint; if it is damaged, the error offers alternatives. */
const usableCheckpoint = (
  path: string,
  experiment: Experiment,
  configuration: Configuration,
  run: string,
  { from, emptyReplay, newMetrics }: ResumeOptions,
): TE.TaskEither<RunError, Checkpoint> =>
async () => {
  const { environment: { spec } } = trainingOf(experiment, configuration);
  const widths = { observation: spec.observation.length, action: spec.action.length };
  const wanted: E.Either<CheckpointInvalid, number> = from === null
    ? await latestCheckpoint(path, run)()
    : E.right(from);
  const checkpoint = E.isLeft(wanted)
    ? wanted
    : await readCheckpoint(path, run, wanted.right, widths, { replay: emptyReplay, metrics: newMetrics })();
  return E.isRight(checkpoint)
    ? checkpoint
    : E.left(await withAlternative(path, run, widths, checkpoint.left, from === null));
};
