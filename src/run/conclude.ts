/**
 * What a run writes about itself: lines of metrics on the way; summary, parameters and figures at its end.
 *
 * @module
 */

import { pipe, TE } from "../deps.ts";
import type { Device, DeviceError } from "../device/device.ts";
import { child, stream } from "../random/key.ts";
import { noiseSources } from "../train/collect.ts";
import { type Episode, playEpisodes } from "../train/evaluate.ts";
import { type FileFailed, readFile, type RunFolder } from "./files.ts";
import type { Running, TrainingState } from "../train/loop.ts";
import { encode } from "../train/safetensors.ts";
import { flatMetrics, type MetricsRecord } from "./metrics/metrics.ts";
import type { WrittenSettings } from "../train/options.ts";
import { matricesOf } from "../train/trained.ts";
import type { Configuration } from "./configuration.ts";
import { type Evaluated, type Experiment, type Json, type JsonObject, metadataOf } from "./experiment.ts";
import { frozenText } from "./faults.ts";

/** What a finished run tells. */
export interface RunResult {
  /** Path of the run's folder. */
  readonly folder: string;
  /** The content of `summary.json`. */
  readonly summary: JsonObject;
  /** Names of the files that a person wants to look at. */
  readonly files: readonly string[];
  /** Replicas that stopped being finite. */
  readonly failed: readonly string[];
}

/** Plays episodes with the newest policies, replica by replica; the key follows from the number of steps. */
export const evaluate = (
  { training, collector }: Pick<Running<WrittenSettings>, "training" | "collector">,
  configuration: Configuration,
  state: Pick<TrainingState, "newest" | "steps">,
  episodes: number,
): readonly (readonly Episode[])[] => {
  const { environment, learner: { policy }, horizon } = training;
  const sources = noiseSources(collector, state.steps);
  return collector.keys.map((key, r) =>
    playEpisodes(
      { environment, policy, horizon, discount: configuration.discount, noise: sources[r] },
      state.newest,
      r * policy.size,
      child(stream(key, "evaluation"), state.steps),
      episodes,
    )
  );
};

/** JSON has no non-finite numbers; a diverged replica's are written as text. */
const numberOrText = (x: number): Json => Number.isFinite(x) ? x : String(x);

/** What is to be logged at one moment, one record a replica. */
export const metricsRecords = (
  experiment: Experiment,
  configuration: Configuration,
  { executable }: Running<WrittenSettings>,
  state: TrainingState,
  episodes: readonly (readonly Episode[])[] | null,
  seconds: number,
): readonly MetricsRecord[] =>
  Array.from(state.frozen, (frozen, r) => ({
    step: state.steps,
    updates: state.updates,
    replica: r,
    ...Object.fromEntries(
      Object.entries(state.metrics).map(([name, values]) => [name, numberOrText(values[r])]),
    ),
    ...frozen === 0 ? {} : { frozenAt: frozen },
    ...episodes === null ? {} : { evaluation: experiment.summarise(episodes[r], configuration.variant) },
    timing: {
      seconds,
      stepsPerSecond: state.steps / seconds,
      updatesPerSecond: state.updates / seconds,
      deviceBytes: executable.bytes,
    },
  }));

/** Names of all that a record may hold, in the order of the CSV file's columns. */
export function columnsOf(
  experiment: Experiment,
  { variant }: Configuration,
  { metricNames, training: { environment } }: Running<WrittenSettings>,
): readonly string[] {
  const { stateSize } = environment.spec;
  const episode = { return: 0, discountedReturn: 0, length: 1, terminated: false };
  const example = experiment.summarise([{ ...episode, states: new Float64Array(2 * stateSize) }], variant);
  const evaluation = flatMetrics(example, ".").map(([name]) => `evaluation.${name}`);
  const timing = ["seconds", "stepsPerSecond", "updatesPerSecond", "deviceBytes"].map((name) =>
    `timing.${name}`
  );
  return ["step", "updates", "replica", ...metricNames, "frozenAt", ...evaluation, ...timing];
}

/** The evaluations that `metrics.jsonl` holds, replica by replica. */
export function historyOf(metrics: string, replicas: number): readonly (readonly Evaluated[])[] {
  const history = Array.from({ length: replicas }, (): Evaluated[] => []);
  for (const line of metrics.split("\n")) {
    if (line === "") continue;
    const { step, replica, evaluation } = JSON.parse(line) as {
      step: number;
      replica: number;
      evaluation?: JsonObject;
    };
    if (evaluation !== undefined) history[replica].push({ step, evaluation });
  }
  return history;
}

/** Evaluates, and writes the results of a run. */
export const conclude = (
  experiment: Experiment,
  configuration: Configuration,
  folder: RunFolder,
  device: Device,
  running: Running<WrittenSettings>,
  state: TrainingState,
  run: string,
  wallSeconds: number,
): TE.TaskEither<DeviceError | FileFailed, RunResult> => {
  const { training, executable, collector } = running;
  const { learner, environment } = training;
  const episodes = evaluate(running, configuration, state, configuration.evaluationEpisodes);
  const final = episodes.map((each) => experiment.summarise(each, configuration.variant));
  const failed = [...state.frozen].flatMap((at, r) =>
    at === 0 ? [] : [frozenText(r, configuration.seed, at)]
  );
  const summaryOf = (history: readonly (readonly Evaluated[])[]): JsonObject => ({
    algorithm: configuration.algorithm,
    experiment: configuration.experiment,
    scale: configuration.scale,
    device: device.kind,
    adapter: device.description,
    replicas: configuration.replicas,
    environmentSteps: state.steps,
    updates: state.updates,
    evaluation: final.map((each, r) => ({
      seed: configuration.seed + r,
      episodes: episodes[r].length,
      ...each,
      ...experiment.overall === undefined ? {} : { overall: experiment.overall(history[r]) },
      ...state.frozen[r] === 0 ? {} : { frozenAt: state.frozen[r] },
    })),
    timing: { updatesPerSecond: state.updates / wallSeconds, wallSeconds },
  });
  const entries = [...new Set(learner.blocks.map(({ entry }) => entry))];
  return pipe(
    executable.read(entries),
    TE.bindTo("values"),
    TE.bindW("metrics", () => readFile(`${folder.path}/metrics.jsonl`)),
    TE.chainW(({ values, metrics }) => {
      const history = historyOf(new TextDecoder().decode(metrics), configuration.replicas).map((each, r) => [
        ...each,
        { step: state.steps, evaluation: final[r] },
      ]);
      const summary = summaryOf(history);
      const parameters = encode(matricesOf(training, values), {
        ...metadataOf(experiment, configuration),
        run,
      });
      const figures = experiment.figures({
        configuration,
        environment,
        learner,
        state: values,
        episodes,
        history,
        keys: collector.keys,
      });
      const files: readonly (readonly [string, string | Uint8Array])[] = [
        ["parameters.safetensors", parameters],
        ...Object.entries(figures),
        ["summary.json", `${JSON.stringify(summary, null, 2)}\n`],
      ];
      return pipe(
        TE.sequenceSeqArray(files.map(([name, content]) => folder.write(name, content))),
        TE.map((): RunResult => ({
          folder: folder.path,
          summary,
          files: ["summary.json", "metrics.jsonl", "parameters.safetensors", ...Object.keys(figures)],
          failed,
        })),
      );
    }),
  );
};
