/**
 * Resuming a run from its checkpoints, or from its beginning if it was interrupted before the first.
 *
 * Law, tested: whenever a run was interrupted, its final files are those of an uninterrupted one.
 *
 * @module
 */

import { E, pipe, TE } from "../deps.ts";
import type { Checkpoint, CheckpointInvalid } from "./checkpoint/checkpoint.ts";
import {
  checkpointsIn,
  configurationAtStart,
  hasCheckpoint,
  latestCheckpoint,
  type OmittedParts,
  readCheckpoint,
} from "./checkpoint/reader.ts";
import { namesIn, takeFolder } from "./files.ts";
import {
  completedRecord,
  configInvalid,
  type Configuration,
  FIELD_NAMES,
  type FieldName,
  flagOf,
} from "./configuration.ts";
import type { RunResult } from "./conclude.ts";
import { type Experiment, experimentNamed, trainingOf } from "./experiment.ts";
import { configurationIn, configurationOf, storedIn } from "./warm_start.ts";
import { bracket, type RunContext, type RunError } from "./context.ts";
import { runId } from "./manifest.ts";
import { beginAgain, checkFeasible, continueRun } from "./run.ts";
import { oneLine } from "../given.ts";

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
  pipe(
    storedIn(path),
    TE.bindTo("stored"),
    TE.bind("configuration", ({ stored }) => TE.fromEither(configurationOf(path, stored))),
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
                TE.chain(() => options.from === null ? unfinished(path) : TE.right<RunError, null>(null)),
                // The id is a digest of the stored configuration, which may be of an older version with fewer options.
                TE.chainW(() =>
                  usableCheckpoint(path, experiment, configuration, runId(stored as Configuration), options)
                ),
                TE.chainW((checkpoint) =>
                  continueRun(experiment, configuration, folder, checkpoint, context)
                ),
              )
              : pipe(
                unfinished(path),
                TE.chainFirstIOK(() => () => context.say(
                  `"${path}" has no checkpoint yet: the run begins again, as its config.json says`,
                )),
                TE.chain(() => beginAgain(experiment, configuration, folder, context)),
              )
          ),
        )
      )
    ),
  );

/** Fails if a run is finished. */
const unfinished = (path: string): TE.TaskEither<RunError, null> => async () =>
  (await namesIn(path)).includes("summary.json")
    ? E.left(configInvalid("run", `The run in "${path}" is finished: there is nothing to continue`))
    : E.right(null);

/** Fails if `config.json` was changed since the run began, naming the changed options. */
const unchangedSince = (
  path: string,
  { name }: Experiment,
  configuration: Configuration,
): TE.TaskEither<RunError, null> =>
async () => {
  const begun = await configurationAtStart(path);
  if (begun === null) return E.right(null);
  const before = completedRecord(begun);
  const now: Readonly<Record<string, unknown>> = { ...configuration };
  const changed = [...new Set([...Object.keys(before), ...Object.keys(now)])].filter((field) =>
    JSON.stringify(before[field]) !== JSON.stringify(now[field])
  );
  if (changed.length === 0) return E.right(null);
  const shown = (value: unknown): string => JSON.stringify(value) ?? "not there";
  const what = changed.map((field) => `"${field}" was ${shown(before[field])} and is ${shown(now[field])}`);
  return E.left(configInvalid(
    changed[0]!,
    `"${path}/config.json" has been changed since the run began: ${what.join(", ")}; ${
      fixedOptionsText(name, path)
    }`,
  ));
};

/** Advice on continuing a run with other options. */
const fixedOptionsText = (experiment: string, path: string): string =>
  `a run keeps the options that it began with, and with others a new one starts from its networks once it has ended: ` +
  `train ${experiment} --init ${path}`;

/** Refuses options of `train` for a run that is to be resumed, with advice. */
export const refuseOptions = (
  path: string,
  given: Readonly<Partial<Record<FieldName, string | undefined>>>,
): TE.TaskEither<RunError, null> =>
async () => {
  const field = FIELD_NAMES.find((each) => given[each] !== undefined);
  if (field === undefined) return E.right(null);
  const stored = await configurationIn(path)();
  const advice = fixedOptionsText(E.isRight(stored) ? stored.right.experiment : "EXPERIMENT", path);
  const flag = flagOf(field);
  return E.left(
    configInvalid(field, `${flag} cannot be changed by resume: ${advice} ${flag} ${given[field]}`),
  );
};

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
  const read = (steps: number, without: OmittedParts) => readCheckpoint(path, run, steps, widths, without)();
  const wanted: E.Either<CheckpointInvalid, number> = from === null
    ? await latestCheckpoint(path, run)()
    : E.right(from);
  const checkpoint = E.isLeft(wanted)
    ? wanted
    : await read(wanted.right, { replay: emptyReplay, metrics: newMetrics });
  if (E.isRight(checkpoint)) return checkpoint;
  const found = await checkpointsIn(path)();
  const others = E.isRight(found) ? found.right : [];
  for (const { without, offer } of ALTERNATIVES) {
    for (const steps of others) {
      if (E.isRight(await read(steps, without))) {
        return E.left({ ...checkpoint.left, message: `${checkpoint.left.message}; ${offer(steps)}` });
      }
    }
  }
  if (others.length === 0 && from === null) {
    return E.left({ ...checkpoint.left, message: oneLine(`"${path}" has no checkpoint to continue from`) });
  }
  return E.left({
    ...checkpoint.left,
    message: `${checkpoint.left.message}; no checkpoint of this run can be used`,
  });
};

/** Alternatives to a damaged checkpoint, the best first. */
const ALTERNATIVES: readonly { readonly without: OmittedParts; readonly offer: (steps: number) => string }[] =
  [
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
