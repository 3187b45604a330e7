/**
 * What a run writes about itself: lines of metrics on the way; summary, parameters and figures at its end.
 *
 * @module
 */

import { pipe, TE } from "../deps.ts";
import type { Device, DeviceError } from "../device/device.ts";
import { child, stream } from "../random/key.ts";
import type { Values } from "../tensor/loops.ts";
import type { SoftQHyper } from "../learn/soft_q_learner.ts";
import { type Episode, playEpisodes } from "../train/evaluate.ts";
import type { FileFailed, RunFolder } from "../train/files.ts";
import type { Running, TrainingState } from "../train/loop.ts";
import { encode } from "../train/safetensors.ts";
import { matricesOf, policyMetadata } from "../train/soft_q_training.ts";
import type { Configuration } from "./configuration.ts";
import type { Experiment, Json } from "./experiment.ts";

/** What a finished run tells. */
export interface RunResult {
  readonly folder: string;
  readonly summary: { readonly [key: string]: Json };
  /** Names of the files that a person wants to look at. */
  readonly files: readonly string[];
  /** Replicas that stopped being finite. */
  readonly failed: readonly string[];
}

/** Plays episodes with the newest policies, replica by replica; the key follows from the number of steps. */
export const evaluate = (
  { training, collector }: Running<SoftQHyper>,
  configuration: Configuration,
  state: TrainingState,
  episodes: number,
): readonly (readonly Episode[])[] => {
  const { environment, learner: { policy }, horizon } = training;
  return collector.keys.map((key, r) =>
    playEpisodes(
      { environment, policy, horizon, discount: configuration.discount },
      state.newest,
      r * policy.size,
      child(stream(key, "evaluation"), state.steps),
      episodes,
    )
  );
};

/** JSON has no non-finite numbers; a diverged replica's are written as text. */
const numberOrText = (x: number): Json => Number.isFinite(x) ? x : String(x);

/** The lines of `metrics.jsonl` for one moment, one a replica. */
export const metricsLines = (
  experiment: Experiment,
  configuration: Configuration,
  state: TrainingState,
  episodes: readonly (readonly Episode[])[] | null,
  seconds: number,
): string =>
  Array.from(state.frozen, (frozen, r) => {
    const metrics = Object.entries(state.metrics).map((
      [name, values],
    ): [string, Json] => [name, numberOrText(values[r])]);
    const line: Json = {
      step: state.steps,
      updates: state.updates,
      replica: r,
      ...Object.fromEntries(metrics),
      ...frozen === 0 ? {} : { frozenAt: frozen },
      ...episodes === null ? {} : { evaluation: experiment.summarise(episodes[r], configuration.variant) },
      timing: { seconds, updatesPerSecond: state.updates / seconds },
    };
    return `${JSON.stringify(line)}\n`;
  }).join("");

/** Evaluates, and writes the results of a run. */
export const conclude = (
  experiment: Experiment,
  configuration: Configuration,
  folder: RunFolder,
  device: Device,
  running: Running<SoftQHyper>,
  state: TrainingState,
  run: string,
  wallSeconds: number,
): TE.TaskEither<DeviceError | FileFailed, RunResult> => {
  const { training, executable, collector } = running;
  const { learner, environment } = training;
  const episodes = evaluate(running, configuration, state, configuration.evaluationEpisodes);
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
      : [`Replica ${r} (seed ${configuration.seed + r}) was not finite at update ${at} and was frozen`]
  );
  const entries = [...new Set(learner.blocks.map(({ entry }) => entry))];
  return pipe(
    executable.read(entries),
    TE.chainW((values: Readonly<Record<string, Values>>) => {
      const parameters = encode(matricesOf(training, values), { ...policyMetadata(configuration), run });
      const figures = experiment.figures({
        configuration,
        environment,
        learner,
        state: values,
        episodes,
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
