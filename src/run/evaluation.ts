/**
 * Evaluation of a run's policies during training, and the records of its metrics.
 *
 * @module
 */

import { child, stream } from "../random/key.ts";
import { noiseSources } from "../train/collect.ts";
import { type Episode, episodesInPieces } from "../train/evaluate.ts";
import type { Running, TrainingState } from "../train/loop.ts";
import type { WrittenSettings } from "../learn/learner.ts";
import { inPieces, type Pieces, type Stopped } from "../device/pieces.ts";
import type { Configuration } from "./configuration.ts";
import type { Evaluated, Experiment } from "./experiment.ts";
import type { Json, JsonObject } from "./json.ts";
import { flatMetrics, type MetricsRecord } from "./metrics/metrics.ts";
import type { Written } from "./written.ts";

/**
 * Plays episodes with the newest policies, for each replica; the key is derived from the number of steps. It does not
 * block the event loop; null if it was interrupted.
 */
export const evaluateReplicas = (
  { training, collector }: Pick<Running<WrittenSettings>, "training" | "collector">,
  configuration: Configuration,
  state: Pick<TrainingState, "newest" | "steps">,
  episodes: number,
  stopped?: Stopped,
): Promise<readonly (readonly Episode[])[] | null> => {
  const { environment, learner: { policy }, horizon } = training;
  const sources = noiseSources(collector, state.steps);
  function* played(): Pieces<readonly (readonly Episode[])[]> {
    const all: (readonly Episode[])[] = [];
    for (const [r, key] of collector.keys.entries()) {
      all.push(
        yield* episodesInPieces(
          { environment, policy, horizon, discount: configuration.discount, noise: sources[r]! },
          state.newest,
          r * policy.size,
          child(stream(key, "evaluation"), state.steps),
          episodes,
        ),
      );
    }
    return all;
  }
  return inPieces(played(), stopped);
};

/** JSON has no non-finite numbers; those of a diverged replica are written as strings. */
const numberOrText = (x: number): Json => Number.isFinite(x) ? x : String(x);

/** The records to log after an iteration, one for each replica. */
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
      Object.entries(state.metrics).map(([name, values]) => [name, numberOrText(values[r]!)]),
    ),
    ...frozen === 0 ? {} : { frozenAt: frozen },
    ...episodes === null ? {} : { evaluation: experiment.summarise(episodes[r]!, configuration.variant) },
    timing: {
      seconds,
      stepsPerSecond: state.steps / seconds,
      updatesPerSecond: state.updates / seconds,
      deviceBytes: executable.bytes,
    },
  }));

/** Names of all fields of a record, in the order of the CSV file's columns. */
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

/** The evaluations in the validated lines of `metrics.jsonl`, for each replica. */
export function historyOf(lines: readonly Written[], replicas: number): readonly (readonly Evaluated[])[] {
  const history = Array.from({ length: replicas }, (): Evaluated[] => []);
  for (const { step, replica, evaluation } of lines) {
    if (evaluation === undefined) continue;
    history[Number(replica)]!.push({ step: Number(step), evaluation: evaluation as JsonObject });
  }
  return history;
}
