/**
 * Executing a run in its folder, from the beginning or from a checkpoint.
 *
 * `train` checks the configuration, initialises the training, opens the device and creates the folder; `continueRun`
 * and `restartRun`, for `resume.ts`, have a folder already. Each then carries out the run: it writes the manifest,
 * trains to the end (`session.ts`), writes the results (`conclude.ts`) and completes the manifest.
 *
 * @module
 */

import { E, pipe, TE } from "../deps.ts";
import type { Device } from "../device/device.ts";
import type { Checkpoint } from "./checkpoint/checkpoint.ts";
import { hasCheckpoint } from "./checkpoint/reader.ts";
import type { RunResult } from "./conclude.ts";
import { checkedExperiment, wrongExperiment } from "./checked_experiment.ts";
import { breachesInvalid, configInvalid, type Configuration, resumeCommand } from "./configuration.ts";
import { bracket, type RunContext, type RunError } from "./context.ts";
import { openDevice } from "./devices.ts";
import { type Experiment, trainingOf } from "./experiment.ts";
import { catchExceptions, caught, guarded } from "./faults.ts";
import {
  type FileFailed,
  type FileRecord,
  type FolderTaken,
  removeProgress,
  type RunFolder,
  type TakenFolder,
  writeBeforeExit,
} from "./files.ts";
import { jsonText } from "./json.ts";
import { configText, manifestOf, runId, type RunIdentity, runIdentity } from "./manifest.ts";
import { environmentBreaches } from "../train/training.ts";
import { fitsMemory } from "./memory.ts";
import { trainToEnd } from "./session.ts";
import { tilesOf, type Tuning } from "./tuning.ts";
import { type Start, startOf } from "./warm_start.ts";
import { writtenIn } from "./written.ts";
import { isRecord, shown } from "../given.ts";

/** The inputs of a run. */
export interface RunPlan {
  readonly experiment: Experiment;
  /** Configuration, training and initial transitions. */
  readonly start: Start;
  /** The run's id; a resumed run keeps its own, even if this version stores more options. */
  readonly run: string;
  readonly folder: RunFolder;
  readonly device: Device;
  /** The checkpoint to resume from; null for a new run. */
  readonly from: Checkpoint | null;
  readonly context: RunContext;
}

/**
 * Trains a configuration in a new folder.
 *
 * @param create creates the folder, after all other checks
 */
export const train = (
  given: Experiment,
  configuration: Configuration,
  create: TE.TaskEither<FileFailed | FolderTaken, TakenFolder>,
  context: RunContext,
): TE.TaskEither<RunError, RunResult> =>
  guarded("The run", () =>
    pipe(
      TE.fromEither(checkFeasible(given, configuration)),
      TE.map(() => checkedExperiment(given)),
      TE.bindTo("experiment"),
      TE.chainFirstEitherK(() => checkUntil(configuration, context)),
      TE.bindW("start", ({ experiment }) => startOf(experiment, configuration)),
      TE.chainW(({ experiment, start }) =>
        withDevice(configuration, context)((device) =>
          bracket(
            pipe(create, TE.mapLeft((error): RunError => configInvalid("out", error.message))),
            (folder) => folder.release(),
          )((folder) =>
            pipe(
              folder.write("config.json", configText(start.configuration)),
              TE.chainW(() => startRun({ experiment, start, folder, device, context })),
            )
          )
        )
      ),
    ));

/** Resumes a run from a checkpoint; its metrics files are truncated to their lengths at the checkpoint. */
export const continueRun = (
  experiment: Experiment,
  configuration: Configuration,
  folder: RunFolder,
  from: Checkpoint,
  context: RunContext,
): TE.TaskEither<RunError, RunResult> => {
  const start = { configuration, training: trainingOf(experiment, configuration), transitions: [] };
  return pipe(
    TE.fromEither(checkUntil(configuration, context, { path: folder.path, steps: from.snapshot.steps })),
    TE.chainTaskK(() => writtenIn("manifest", `${folder.path}/manifest.json`)),
    // A manifest that cannot be read is written again; the kernels' own tiles give the same bits.
    TE.map((manifest): Tuning => E.isRight(manifest) && tilesOf(manifest.right?.["tiles"]) || "default"),
    TE.chain((tuning) =>
      withDevice(configuration, { ...context, tuning: context.tuning ?? tuning })((device) =>
        carryOut({ experiment, start, run: from.manifest.run, folder, device, from, context })
      )
    ),
  );
};

/** Restarts a run in its folder, of which only the configuration is kept. */
export const restartRun = (
  experiment: Experiment,
  configuration: Configuration,
  folder: TakenFolder,
  context: RunContext,
): TE.TaskEither<RunError, RunResult> =>
  pipe(
    TE.fromEither(checkUntil(configuration, context)),
    TE.chainW(() => startOf(experiment, configuration)),
    TE.chainW((start) =>
      withDevice(configuration, context)((device) =>
        pipe(
          removeProgress(folder.path),
          TE.chainW(() => startRun({ experiment, start, folder, device, context })),
        )
      )
    ),
  );

/**
 * Fails if a run would not stop where it is asked to, because it ends there or is already beyond.
 *
 * @param from the folder and the steps of a run that is continued
 */
function checkUntil(
  { steps, chunk }: Configuration,
  { until, say }: RunContext,
  from: { readonly path: string; readonly steps: number } | null = null,
): E.Either<RunError, null> {
  if (until === undefined) return E.right(null);
  const refuse = (wanted: string) =>
    E.left(configInvalid("until", `--until must be ${wanted}: got ${shown(until)}`));
  if (!Number.isSafeInteger(until) || until < 1) return refuse("an integer from 1");
  if (until >= steps) return refuse(`below --steps (${steps}), where the run ends`);
  if (from !== null && until <= from.steps) {
    return E.left({
      _tag: "Interrupted",
      message: `The run has made ${from.steps} steps already, of --until ${until}; continue with: ${
        resumeCommand(from.path)
      }`,
    });
  }
  if (Math.ceil(until / chunk) * chunk >= steps) {
    say(
      `--until ${until} is within the last ${chunk} steps, which are made together: the run goes on to its end`,
    );
  }
  return E.right(null);
}

/** Checks a configuration against its experiment and the limit of memory. */
export function checkFeasible(
  experiment: Experiment,
  configuration: Configuration,
): E.Either<RunError, null> {
  const wrong = wrongExperiment(experiment);
  if (wrong !== null) return E.left(configInvalid("experiment", wrong));
  if (!isRecord(configuration)) {
    return E.left(
      configInvalid("configuration", `The configuration must be an object: got ${shown(configuration)}`),
    );
  }
  const { variants } = experiment, { variant } = configuration;
  if (!variants.includes(variant)) {
    const message = `--variant must be one of ${variants.join(", ")}: got ${shown(variant)}`;
    return E.left(configInvalid("variant", message));
  }
  return caught("The experiment", () => {
    const checked = checkedExperiment(experiment);
    const breaches = environmentBreaches(checked.environment(variant), configuration);
    return breaches.length > 0
      ? E.left(breachesInvalid(breaches))
      : fitsMemory(trainingOf(checked, configuration), configuration);
  });
}

/** Uses the configuration's device and closes it. */
const withDevice = ({ device }: Configuration, context: RunContext) =>
  bracket(
    pipe(
      (context.openDevice ?? openDevice)(device, undefined, context.tuning),
      TE.mapLeft((error): RunError =>
        error._tag === "DeviceUnavailable"
          ? configInvalid("device", `--device ${device}: ${error.message}`)
          : error
      ),
    ),
    (opened) => opened.close(),
  );

/** Executes a new run. */
const startRun = (plan: Omit<RunPlan, "run" | "from">): TE.TaskEither<RunError, RunResult> =>
  carryOut({ ...plan, run: runId(plan.start.configuration), from: null });

/** Executes a run, and writes its manifest at the beginning and at the end. */
const carryOut = (plan: RunPlan): TE.TaskEither<RunError, RunResult> => {
  const { start: { configuration }, run, folder, device, context } = plan, started = context.date();
  return pipe(
    TE.fromTask(() => runIdentity(configuration, run, device)),
    TE.chain((identity: RunIdentity) => {
      // The description may change: threads start on first use, and fewer may start than were requested.
      const writeManifest = (
        ended: string | null,
        exit: string,
        fault: string | null = null,
        files: readonly FileRecord[] = [],
      ): TE.TaskEither<RunError, void> => {
        const now = { ...identity, adapter: device.description };
        return folder.write("manifest.json", jsonText(manifestOf(now, started, ended, exit, fault, files)));
      };
      const forget = context.onExit?.(() => {
        const manifest = manifestOf(
          { ...identity, adapter: device.description },
          started,
          context.date(),
          "interrupted",
        );
        writeBeforeExit(`${folder.path}/manifest.json`, jsonText(manifest));
        context.say(`Ended at once; continue with: ${resumeCommand(folder.path)}`);
      });
      return pipe(
        writeManifest(null, "running"),
        TE.chainFirstIOK(() => () => context.say(openingLine(plan))),
        TE.chain(() => trainGuarded(plan)),
        TE.chainFirstIOK(() => () => forget?.()),
        TE.chainFirstTaskK((result) => () => sayHowToContinue(result, folder, context)),
        TE.chainFirst((result) => {
          const records = E.isRight(result) ? result.right.records : [];
          return writeManifest(context.date(), exitReason(result), faultOf(result), records);
        }),
        TE.chainEitherK((result) => result),
      );
    }),
  );
};

/** After a failure, says how to continue the run; the message of an interruption says so itself. */
async function sayHowToContinue(
  result: E.Either<RunError, RunResult>,
  { path }: RunFolder,
  { say }: RunContext,
): Promise<void> {
  if (E.isRight(result) || result.left._tag === "Interrupted") return;
  const how = await hasCheckpoint(path) ? "goes on from its last checkpoint" : "begins it again";
  say(`The run in "${path}" has failed; once that is mended, this ${how}: ${resumeCommand(path)}`);
}

/** Trains to the end; exceptions of the experiment's code become failures, and failures become values. */
const trainGuarded = (plan: RunPlan): TE.TaskEither<RunError, E.Either<RunError, RunResult>> =>
  TE.fromTask(
    catchExceptions(
      "The run",
      trainToEnd({ ...plan, context: reportingDeviceChanges(plan.device, plan.context) }),
    ),
  );

/** The line printed at the start: experiment, device, folder and first step. */
function openingLine({ experiment, start: { configuration }, folder, device, from }: RunPlan): string {
  const emptied = from?.source === null ? " with an empty replay: what follows is not bit-exact" : "";
  const where = from === null ? "" : `, from step ${from.snapshot.steps}${emptied}`;
  return `${experiment.name}: ${configuration.algorithm} on ${device.kind} (${device.description}), ` +
    `${folder.path}${where}`;
}

/** The outcome of a run, for its manifest. */
function exitReason(result: E.Either<RunError, RunResult>): string {
  if (E.isLeft(result)) {
    return result.left._tag === "Interrupted" ? "interrupted" : `failed: ${result.left.message}`;
  }
  return result.right.failed.length > 0 ? `failed: ${result.right.failed.join("; ")}` : "done";
}

/** The kind of a failure, for the manifest, which tells a full disk from a fault of the run itself. */
function faultOf(result: E.Either<RunError, RunResult>): string | null {
  if (E.isRight(result)) return result.right.failed.length > 0 ? "NonFinite" : null;
  return result.left._tag === "Interrupted" ? null : result.left._tag;
}

/** A context that reports a change of the device's description during a run. */
function reportingDeviceChanges(device: Device, context: RunContext): RunContext {
  let described = device.description;
  return {
    ...context,
    observe: async (...observed) => {
      if (device.description !== described) {
        described = device.description;
        context.say(`Goes on with ${described}`);
      }
      await context.observe?.(...observed);
    },
  };
}
