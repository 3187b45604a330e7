/**
 * Runs a training from a configuration to its folder, or from where a checkpoint left it.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import { createHash } from "node:crypto";
import { E, pipe, TE } from "../deps.ts";
import type { Device, DeviceError } from "../device/device.ts";
import type { Checkpoint, CheckpointInvalid } from "./checkpoint/checkpoint.ts";
import { checkpointWriter } from "./checkpoint/writer.ts";
import { createRun, type FileFailed, type RunFolder, takeFolder } from "./files.ts";
import { takeOver } from "./checkpoint/kept_replay.ts";
import { begin, isDone, type Prepared, type Running, type TrainingState, turn } from "../train/loop.ts";
import type { MetricsRecord } from "./metrics/metrics.ts";
import { openMetrics } from "./metrics/files.ts";
import type { WrittenSettings } from "../train/options.ts";
import { restore, type SnapshotInvalid, snapshotOf } from "../train/snapshot.ts";
import { type ConfigInvalid, configInvalid, type Configuration } from "./configuration.ts";
import { columnsOf, conclude, evaluate, metricsRecords, type RunResult } from "./conclude.ts";
import { openDevice } from "./devices.ts";
import { type Experiment, type Json, trainingOf } from "./experiment.ts";
import { freezeBroken, guarded, type NonFinite, type RunFailed, someLearn } from "./faults.ts";
import { manifestOf, runIdentity } from "./manifest.ts";
import { fitsMemory } from "./memory.ts";
import { type Start, startOf } from "./warm_start.ts";
import type { Progress } from "./progress.ts";

/** Why a run could not be made or finished. */
export type RunError =
  | ConfigInvalid
  | FileFailed
  | DeviceError
  | CheckpointInvalid
  | SnapshotInvalid
  | NonFinite
  | RunFailed
  | { readonly _tag: "Interrupted"; readonly message: string };

/** What running needs from outside. */
export interface Surroundings {
  /** Shows a line. */
  readonly say: (line: string) => void;
  /** Begins to show the progress towards a number of environment steps. */
  readonly progress: (steps: number) => Progress;
  /** Seconds of a clock that only goes forward. */
  readonly now: () => number;
  /** The date, for the manifest. */
  readonly date: () => string;
  /** Whether the run has been asked to stop. */
  readonly interrupted: () => boolean;
  /** Opens the device of a name; the real ones unless given. */
  readonly openDevice?: typeof openDevice;
  /** Sees the run after each turn, with what was logged then. */
  readonly observe?: (
    running: Running<WrittenSettings>,
    state: TrainingState,
    logged: readonly MetricsRecord[],
  ) => Promise<void>;
}

/** A value as the text of a JSON file. */
export const json = (value: Json): string => `${JSON.stringify(value, null, 2)}\n`;

/** The text of `config.json`. */
export const configText = (c: Configuration): string => json(c as unknown as Json);

/** The id of a run: it follows from the configuration, so that equal runs have equal files. */
export const runId = (c: Configuration): string =>
  createHash("sha256").update(configText(c)).digest("hex").slice(0, 16);

/** Carries a configuration out in a new folder. */
export const train = (
  experiment: Experiment,
  configuration: Configuration,
  out: string,
  around: Surroundings,
): TE.TaskEither<RunError, RunResult> =>
  pipe(
    TE.fromEither(fits(experiment, configuration)),
    TE.chain((): TE.TaskEither<RunError, Start> => startOf(experiment, configuration)),
    TE.chain((start) =>
      pipe(
        open(configuration, around),
        TE.chain((device) =>
          pipe(
            createRun(out),
            TE.mapLeft((error): RunError => configInvalid("out", error.message)),
            TE.chain((folder) =>
              pipe(
                folder.write("config.json", configText(start.configuration)),
                TE.mapLeft((error): RunError => error),
                TE.chain(() => alone(folder, proceed(experiment, start, folder, device, null, around))),
              )
            ),
            closing(device),
          )
        ),
      )
    ),
  );

/** Continues a run from a checkpoint; the files of metrics are cut to what they held then. */
export const continueRun = (
  experiment: Experiment,
  configuration: Configuration,
  folder: RunFolder,
  checkpoint: Checkpoint,
  around: Surroundings,
): TE.TaskEither<RunError, RunResult> =>
  pipe(
    open(configuration, around),
    TE.chain((device) =>
      closing(device)(
        alone(
          folder,
          proceed(
            experiment,
            { configuration, training: trainingOf(experiment, configuration), transitions: [] },
            folder,
            device,
            checkpoint,
            around,
          ),
        ),
      )
    ),
  );

const open = ({ device }: Configuration, around: Surroundings): TE.TaskEither<RunError, Device> =>
  pipe(
    (around.openDevice ?? openDevice)(device),
    TE.mapLeft((error): RunError =>
      error._tag === "DeviceUnavailable"
        ? configInvalid("device", `--device ${device}: ${error.message}`)
        : error
    ),
  );

const closing =
  (device: Device) => <A>(task: TE.TaskEither<RunError, A>): TE.TaskEither<RunError, A> => async () => {
    try {
      return await task();
    } finally {
      device.close();
    }
  };

/** Checks what a configuration asks of its experiment and of memory. */
export function fits(experiment: Experiment, c: Configuration): E.Either<RunError, null> {
  if (!experiment.variants.includes(c.variant)) {
    const message = `--variant must be one of ${experiment.variants.join(", ")}: got "${c.variant}"`;
    return E.left(configInvalid("variant", message));
  }
  return fitsMemory(trainingOf(experiment, c), c);
}

/** Keeps other processes from writing a run as long as `task` goes on. */
const alone =
  <A>({ path }: RunFolder, task: TE.TaskEither<RunError, A>): TE.TaskEither<RunError, A> => async () => {
    const taken = await takeFolder(path)();
    if (E.isLeft(taken)) return taken;
    const letGo = taken.right;
    if (letGo === null) {
      return E.left(configInvalid("run", `Another process is writing the run in "${path}"`));
    }
    try {
      return await task();
    } finally {
      await letGo();
    }
  };

/** Runs to the end in a folder, with a manifest that says how it stands. */
const proceed = (
  experiment: Experiment,
  start: Start,
  folder: RunFolder,
  device: Device,
  from: Checkpoint | null,
  around: Surroundings,
): TE.TaskEither<RunError, RunResult> =>
async () => {
  const { configuration } = start;
  const identity = await runIdentity(configuration, runId(configuration), device);
  const started = around.date();
  // Workers start when they are first needed: a device may go on with less than it began with.
  const tell = (ended: string | null, exit: string) =>
    folder.write(
      "manifest.json",
      json(manifestOf({ ...identity, adapter: device.description }, started, ended, exit)),
    );
  let described = device.description;
  const observe: Surroundings["observe"] = async (...turned) => {
    if (device.description !== described) {
      described = device.description;
      around.say(`Goes on with ${described}`);
    }
    await around.observe?.(...turned);
  };
  const opening = await tell(null, "running")();
  if (E.isLeft(opening)) return opening;
  const emptied = from?.source === null ? " with an empty replay: what follows is not bit-exact" : "";
  const where = from === null ? "" : `, from step ${from.snapshot.steps}${emptied}`;
  around.say(
    `${experiment.name}: ${configuration.algorithm} on ${device.kind} (${device.description}), ${folder.path}${where}`,
  );
  const result = await guarded(
    "The run",
    learn(experiment, start, folder, device, from, { ...around, observe }),
  )();
  const exit = E.isLeft(result)
    ? result.left._tag === "Interrupted" ? "interrupted" : `failed: ${result.left.message}`
    : result.right.failed.length > 0
    ? `failed: ${result.right.failed.join("; ")}`
    : "done";
  const closed = await tell(around.date(), exit)();
  return E.isLeft(result) ? result : E.isLeft(closed) ? closed : result;
};

/**
 * Lets signals come through: a turn on the CPU device waits for nothing, and they are told between tasks alone. A timer
 * would wait for a millisecond or two, which is a hundredth of a run.
 */
const signals = (): Promise<void> => new Promise((resolve) => setImmediate(() => resolve()));

/** The loop: turns, metrics, evaluations and checkpoints, and the results at the end. */
const learn = (
  experiment: Experiment,
  { configuration, training, transitions }: Start,
  folder: RunFolder,
  device: Device,
  from: Checkpoint | null,
  around: Surroundings,
): TE.TaskEither<RunError, RunResult> =>
async () => {
  const started: E.Either<RunError, Prepared<WrittenSettings>> =
    await (from === null ? begin(device, training) : restore(device, training, from.snapshot, from.source))();
  if (E.isLeft(started)) return started;
  const { running } = started.right;
  let { state } = started.right;
  for (let r = 0; from === null && transitions.length > 0 && r < configuration.replicas; r++) {
    takeOver(state.replay, r, transitions[r % transitions.length]);
  }
  const writer = await checkpointWriter(folder.path, runId(configuration), from)();
  if (E.isLeft(writer)) return writer;
  const metrics = await openMetrics(
    folder.path,
    {
      kind: configuration.metrics,
      replicas: configuration.replicas,
      columns: columnsOf(experiment, configuration, running),
      wallSeconds: () => Date.parse(around.date()) / 1000,
    },
    from?.manifest.metrics ?? null,
  )();
  if (E.isLeft(metrics)) return metrics;
  let best = from?.manifest.best ?? null;
  const before = from?.manifest.seconds ?? 0;
  const begun = around.now();
  const seconds = (): number => before + around.now() - begun;
  const progress = around.progress(configuration.steps);
  const shown = () => ({
    step: state.steps,
    updates: state.updates,
    ...state.metrics.loss === undefined ? {} : { loss: state.metrics.loss[0] },
  });
  const checkpoint = (): TE.TaskEither<RunError, void> =>
    pipe(
      snapshotOf(running, state),
      TE.chainW((snapshot) => {
        const mended = freezeBroken(running, state, snapshot, configuration.seed);
        if (E.isLeft(mended)) return TE.left<RunError, typeof snapshot>(mended.left);
        if (mended.right === state) return TE.right(snapshot);
        state = mended.right;
        return snapshotOf(running, state);
      }),
      TE.chainW((snapshot) =>
        writer.right.write(snapshot, state.replay, {
          metrics: metrics.right.records(),
          best,
          seconds: seconds(),
        })
      ),
    );
  const every = (interval: number): boolean => interval > 0 && state.steps % interval === 0;
  try {
    progress.report(shown());
    while (!isDone(running, state)) {
      const next = await guarded("Environment or learner", turn(running, state))();
      if (E.isLeft(next)) return next;
      state = next.right;
      progress.report(shown());
      const last = isDone(running, state);
      const some = someLearn(state.frozen, configuration.seed, folder.path);
      const evaluates = every(configuration.evaluationInterval) && !last && E.isRight(some);
      let logged: readonly MetricsRecord[] = [];
      if (every(configuration.logInterval) || evaluates || E.isLeft(some)) {
        const episodes = evaluates
          ? evaluate(running, configuration, state, configuration.intermediateEpisodes)
          : null;
        logged = metricsRecords(experiment, configuration, running, state, episodes, seconds());
        const written = await metrics.right.append(logged)();
        if (E.isLeft(written)) return written;
        if (episodes !== null) {
          const returns = episodes.flat().map((episode) => episode.return);
          const meanReturn = returns.reduce((total, each) => total + each, 0) / returns.length;
          if (Number.isFinite(meanReturn) && meanReturn > (best?.meanReturn ?? -Infinity)) {
            best = { steps: state.steps, meanReturn };
          }
        }
      }
      await around.observe?.(running, state, logged);
      await signals();
      if (E.isLeft(some)) return some;
      const spilled = await writer.right.spill(state.replay)();
      if (E.isLeft(spilled)) return spilled;
      const stops = around.interrupted() && !last;
      const isBest = best?.steps === state.steps && evaluates;
      if (
        (every(configuration.checkpointInterval) || stops ||
          (isBest && configuration.checkpointInterval > 0)) && !last
      ) {
        const written = await checkpoint()();
        if (E.isLeft(written)) return written;
      }
      if (stops) {
        const message =
          `Interrupted after ${state.steps} steps; continue with: deno task softq resume ${folder.path}`;
        return E.left({ _tag: "Interrupted", message });
      }
    }
    return await conclude(
      experiment,
      configuration,
      folder,
      device,
      running,
      state,
      runId(configuration),
      seconds(),
    )();
  } finally {
    progress.finish();
    running.executable.close();
  }
};
