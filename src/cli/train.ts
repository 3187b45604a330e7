/**
 * Runs a training from a configuration to its folder.
 *
 * @module
 */

import { E, pipe, TE } from "../deps.ts";
import type { Device, DeviceError } from "../device/device.ts";
import { child, stream } from "../random/key.ts";
import type { Values } from "../tensor/loops.ts";
import { type Episode, playEpisodes } from "../train/evaluate.ts";
import { createRun, type FileFailed, type RunFolder } from "../train/files.ts";
import { begin, isDone, replicaKeys, type Running, type TrainingState, turn } from "../train/loop.ts";
import { encode } from "../train/safetensors.ts";
import { matricesOf, policyMetadata } from "../train/soft_q_training.ts";
import { replayBytes } from "../train/replay.ts";
import type { SoftQHyper } from "../learn/soft_q_learner.ts";
import { type ConfigInvalid, configInvalid, type Configuration } from "./configuration.ts";
import { openDevice } from "./devices.ts";
import { type Experiment, type Json, trainingOf } from "./experiment.ts";
import type { Progress } from "./progress.ts";
import { manifestOf, runIdentity } from "./manifest.ts";

/** A replica computed a number that is none. */
export interface NonFinite {
  readonly _tag: "NonFinite";
  readonly message: string;
}

/** Why a run could not be made or finished. */
export type RunError = ConfigInvalid | FileFailed | DeviceError | NonFinite;

/** What running needs from outside. */
export interface Surroundings {
  /** Shows a line. */
  readonly say: (line: string) => void;
  readonly progress: (steps: number) => Progress;
  /** Seconds of a clock that only goes forward. */
  readonly now: () => number;
  /** The date, for the manifest. */
  readonly date: () => string;
}

/** What a finished run tells. */
export interface RunResult {
  readonly folder: string;
  readonly summary: { readonly [key: string]: Json };
  /** Names of the files that a person wants to look at. */
  readonly files: readonly string[];
  /** Replicas that stopped being finite. */
  readonly failed: readonly string[];
}

const json = (value: Json): string => `${JSON.stringify(value, null, 2)}\n`;

/** Carries a configuration out in a new folder. */
export const train = (
  experiment: Experiment,
  configuration: Configuration,
  out: string,
  around: Surroundings,
): TE.TaskEither<RunError, RunResult> =>
  pipe(
    checked(experiment, configuration),
    TE.fromEither,
    TE.chainW(() => openDevice(configuration.device)),
    TE.mapLeft((error): RunError =>
      error._tag === "DeviceUnavailable"
        ? configInvalid("device", `--device ${configuration.device}: ${error.message}`)
        : error
    ),
    TE.chain((device) =>
      pipe(
        createRun(out),
        TE.mapLeft((error): RunError => configInvalid("out", error.message)),
        TE.chain((folder) => trainIn(experiment, configuration, folder, device, around)),
        closing(device),
      )
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

function checked(experiment: Experiment, c: Configuration): E.Either<RunError, null> {
  if (!experiment.variants.includes(c.variant)) {
    const message = `--variant must be one of ${experiment.variants.join(", ")}: got "${c.variant}"`;
    return E.left(configInvalid("variant", message));
  }
  const { capacity, replicas, environment: { spec } } = trainingOf(experiment, c);
  const bytes = replayBytes({
    replicas,
    capacity,
    observation: spec.observation.length,
    action: spec.action.length,
  });
  const limit = 64 * 2 ** 30;
  if (bytes > limit) {
    const message =
      `--capacity ${capacity} with --replicas ${replicas} needs ${bytes} bytes of replay: at most ${limit}`;
    return E.left(configInvalid("capacity", message));
  }
  return E.right(null);
}

const trainIn = (
  experiment: Experiment,
  configuration: Configuration,
  folder: RunFolder,
  device: Device,
  around: Surroundings,
): TE.TaskEither<RunError, RunResult> =>
async () => {
  const identity = await runIdentity(configuration, device);
  const started = around.date();
  const finish = async (exit: string): Promise<E.Either<FileFailed, void>> =>
    await folder.write("manifest.json", json(manifestOf(identity, started, around.date(), exit)))();
  const opening = await pipe(
    folder.write("config.json", json(configuration as unknown as Json)),
    TE.chain(() => folder.write("manifest.json", json(manifestOf(identity, started, null, "running")))),
  )();
  if (E.isLeft(opening)) return opening;
  around.say(
    `${experiment.name}: ${configuration.algorithm} on ${device.kind} (${device.description}), run folder ${folder.path}`,
  );
  const result = await learn(experiment, configuration, folder, device, around)();
  const exit = E.isLeft(result)
    ? `failed: ${result.left.message}`
    : result.right.failed.length > 0
    ? `failed: ${result.right.failed.join("; ")}`
    : "done";
  const closed = await finish(exit);
  return E.isLeft(result) ? result : E.isLeft(closed) ? closed : result;
};

const learn = (
  experiment: Experiment,
  configuration: Configuration,
  folder: RunFolder,
  device: Device,
  around: Surroundings,
): TE.TaskEither<RunError, RunResult> =>
async () => {
  const training = trainingOf(experiment, configuration);
  const started = await begin(device, training)();
  if (E.isLeft(started)) return started;
  const { running } = started.right;
  const progress = around.progress(configuration.steps);
  const begun = around.now();
  let state = started.right.state;
  const keys = replicaKeys(training);
  const evaluate = (episodes: number, purpose: number): readonly (readonly Episode[])[] =>
    keys.map((key, r) =>
      playEpisodes(
        {
          environment: training.environment,
          policy: training.learner.policy,
          horizon: training.horizon,
          discount: configuration.discount,
        },
        state.newest,
        r * training.learner.policy.size,
        child(stream(key, "evaluation"), purpose),
        episodes,
      )
    );
  progress.report({ step: 0, updates: 0 });
  while (!isDone(running, state)) {
    const next = await turn(running, state)();
    if (E.isLeft(next)) {
      progress.finish();
      return next;
    }
    state = next.right;
    progress.report({
      step: state.steps,
      updates: state.updates,
      ...state.metrics.loss === undefined ? {} : { loss: state.metrics.loss[0] },
    });
    const { logInterval, evaluationInterval } = configuration;
    const evaluates = evaluationInterval > 0 && state.steps % evaluationInterval === 0 &&
      state.steps < configuration.steps;
    if (state.steps % logInterval === 0 || evaluates) {
      const evaluations = evaluates ? evaluate(50, state.steps) : null;
      const lines = keys.map((_, r) =>
        metricsLine(
          state,
          r,
          around.now() - begun,
          evaluations === null ? null : experiment.summarise(evaluations[r], configuration.variant),
        )
      );
      const written = await folder.append("metrics.jsonl", lines.join(""))();
      if (E.isLeft(written)) {
        progress.finish();
        return written;
      }
    }
  }
  progress.finish();
  return await conclude(
    experiment,
    configuration,
    folder,
    device,
    running,
    state,
    evaluate,
    around.now() - begun,
  )();
};

/** One line of `metrics.jsonl`. */
function metricsLine(state: TrainingState, r: number, seconds: number, evaluation: Json): string {
  const metrics = Object.entries(state.metrics).map((
    [name, values],
  ): [string, Json] => [name, numberOrText(values[r])]);
  const line: Json = {
    step: state.steps,
    updates: state.updates,
    replica: r,
    ...Object.fromEntries(metrics),
    ...state.frozen[r] === 0 ? {} : { frozenAt: state.frozen[r] },
    ...evaluation === null ? {} : { evaluation },
    timing: { seconds, updatesPerSecond: state.updates / seconds },
  };
  return `${JSON.stringify(line)}\n`;
}

/** JSON has no non-finite numbers; a diverged replica's are written as text. */
const numberOrText = (x: number): Json => Number.isFinite(x) ? x : String(x);

/** Evaluates, and writes the results of a run. */
const conclude = (
  experiment: Experiment,
  configuration: Configuration,
  folder: RunFolder,
  device: Device,
  running: Running<SoftQHyper>,
  state: TrainingState,
  evaluate: (episodes: number, purpose: number) => readonly (readonly Episode[])[],
  wallSeconds: number,
): TE.TaskEither<RunError, RunResult> => {
  const { training, executable } = running;
  const { learner, environment } = training;
  const entries = [...new Set(learner.blocks.map(({ entry }) => entry))];
  const episodes = evaluate(configuration.evaluationEpisodes, configuration.steps);
  const summary = {
    algorithm: configuration.algorithm,
    experiment: configuration.experiment,
    device: device.kind,
    adapter: device.description,
    replicas: configuration.replicas,
    environmentSteps: state.steps,
    updates: state.updates,
    evaluation: episodes.map((each, r) => ({
      seed: configuration.seed + r,
      episodes: each.length,
      ...experiment.summarise(each, configuration.variant),
      ...state.frozen[r] === 0 ? {} : { frozenAt: state.frozen[r] },
    })),
    timing: { updatesPerSecond: state.updates / wallSeconds, wallSeconds },
  };
  const failed = [...state.frozen].flatMap((at, r) =>
    at === 0
      ? []
      : [`replica ${r} (seed ${configuration.seed + r}) was not finite at update ${at} and was frozen`]
  );
  return pipe(
    executable.read(entries),
    TE.mapLeft((error): RunError => error),
    TE.chain((values: Readonly<Record<string, Values>>) => {
      const figures = experiment.figures({
        configuration,
        environment,
        learner,
        state: values,
        episodes,
        keys: running.collector.keys,
      });
      return pipe(
        folder.write(
          "parameters.safetensors",
          encode(matricesOf(training, values), {
            ...policyMetadata(configuration),
            run: folder.path.split("/").pop() ?? "",
          }),
        ),
        TE.chain(() => folder.write("summary.json", json(summary))),
        TE.chain(() =>
          Object.entries(figures).reduce(
            (before: TE.TaskEither<FileFailed, void>, [name, content]) =>
              TE.chain(() => folder.write(name, content))(before),
            TE.right(undefined),
          )
        ),
        TE.mapLeft((error): RunError => error),
        TE.map(() => ({
          folder: folder.path,
          summary,
          files: ["summary.json", "metrics.jsonl", "parameters.safetensors", ...Object.keys(figures)],
          failed,
        })),
      );
    }),
  );
};
