/**
 * Writing the results of a finished run: summary, parameters and figures.
 *
 * @module
 */

import { pipe, TE } from "../deps.ts";
import type { Values } from "../tensor/loops.ts";
import type { Episode } from "../train/evaluate.ts";
import type { TrainingState } from "../train/loop.ts";
import { encode } from "../train/safetensors.ts";
import { matricesOf } from "../train/trained.ts";
import type { RunError } from "./context.ts";
import { historyOf } from "./evaluation.ts";
import { type Evaluated, metadataOf } from "./experiment.ts";
import { failedReplicas, nonFiniteIn } from "./faults.ts";
import { digest } from "./checkpoint/checkpoint.ts";
import { type FileRecord, readFile } from "./files.ts";
import { type JsonObject, jsonTextByRows } from "./json.ts";
import type { Session } from "./session.ts";
import { metricsLines } from "./written.ts";

/** The result of a finished run. */
export interface RunResult {
  /** Path of the run's folder. */
  readonly folder: string;
  /** The content of `summary.json`. */
  readonly summary: JsonObject;
  /** Names of the files of interest to a user. */
  readonly files: readonly string[];
  /** A sentence for each replica that became non-finite. */
  readonly failed: readonly string[];
  /** Lengths and digests of its results for the manifest, so that later changes are noticed. */
  readonly records: readonly FileRecord[];
}

/** The final evaluation: episodes and the experiment's summary of them, for each replica. */
interface FinalEvaluation {
  readonly episodes: readonly (readonly Episode[])[];
  readonly summaries: readonly JsonObject[];
}

/** Writes the results of a run; `episodes` are those of the final evaluation, for each replica. */
export const conclude = (
  session: Session,
  state: TrainingState,
  episodes: readonly (readonly Episode[])[],
): TE.TaskEither<RunError, RunResult> => {
  const { experiment, configuration, folder, running } = session;
  const { learner: { blocks } } = running.training;
  const summaries = episodes.map((each) => experiment.summarise(each, configuration.variant));
  const seconds = session.seconds();
  return pipe(
    running.executable.read([...new Set(blocks.map(({ entry }) => entry))]),
    TE.bindTo("values"),
    TE.bindW("lines", () => {
      const path = `${folder.path}/metrics.jsonl`;
      return pipe(
        readFile(path),
        TE.chainEitherKW((bytes) =>
          metricsLines(path, new TextDecoder().decode(bytes), configuration.replicas)
        ),
      );
    }),
    TE.chainW(({ values, lines }) => {
      const history = historyOf(lines, configuration.replicas)
        .map((each, r) => [...each, { step: state.steps, evaluation: summaries[r]! }]);
      const final = { episodes, summaries };
      return writeResults(
        session,
        summaryOf(session, state, final, history, seconds),
        parametersOf(session, values),
        figuresOf(session, values, final, history),
        failures(session, state, final),
      );
    }),
  );
};

/** The sentences for the replicas that became non-finite, in training or in the final evaluation. */
const failures = (
  { configuration: { seed }, running: { training } }: Session,
  state: TrainingState,
  { episodes }: FinalEvaluation,
): readonly string[] => [
  ...failedReplicas(training, state, seed),
  ...nonFiniteIn(episodes, seed),
];

/** The content of `summary.json`. */
const summaryOf = (
  { experiment, configuration, device }: Session,
  { steps, updates, frozen }: TrainingState,
  { episodes, summaries }: FinalEvaluation,
  history: readonly (readonly Evaluated[])[],
  wallSeconds: number,
): JsonObject => ({
  algorithm: configuration.algorithm,
  experiment: configuration.experiment,
  scale: configuration.scale,
  device: device.kind,
  adapter: device.description,
  replicas: configuration.replicas,
  environmentSteps: steps,
  updates,
  evaluation: summaries.map((summary, r) => ({
    seed: configuration.seed + r,
    episodes: episodes[r]!.length,
    ...summary,
    ...experiment.overall === undefined ? {} : { overall: experiment.overall(history[r]!) },
    ...frozen[r] === 0 ? {} : { frozenAt: frozen[r] },
  })),
  timing: { updatesPerSecond: updates / wallSeconds, wallSeconds },
});

/** The content of `parameters.safetensors`. */
const parametersOf = (
  { experiment, configuration, run, running: { training } }: Session,
  values: Readonly<Record<string, Values>>,
): Uint8Array =>
  encode(matricesOf(training, values), {
    ...metadataOf(experiment, configuration),
    run,
  });

/** The experiment's own files. */
const figuresOf = (
  { experiment, configuration, running: { training: { environment, learner }, collector } }: Session,
  state: Readonly<Record<string, Values>>,
  { episodes }: FinalEvaluation,
  history: readonly (readonly Evaluated[])[],
): Readonly<Record<string, string>> =>
  experiment.figures({ configuration, environment, learner, state, episodes, history, keys: collector.keys });

/** Writes the results; the summary last, because it marks the run as finished. */
const writeResults = (
  { folder, metrics }: Session,
  summary: JsonObject,
  parameters: Uint8Array,
  figures: Readonly<Record<string, string>>,
  failed: readonly string[],
): TE.TaskEither<RunError, RunResult> => {
  const files: readonly (readonly [string, string | Uint8Array])[] = [
    ["parameters.safetensors", parameters],
    ...Object.entries(figures),
    ["summary.json", jsonTextByRows(summary)],
  ];
  const recordOf = ([file, content]: readonly [string, string | Uint8Array]): FileRecord => {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    return { file, bytes: bytes.length, sha256: digest(bytes) };
  };
  return pipe(
    TE.sequenceSeqArray(files.map(([name, content]) => folder.write(name, content))),
    TE.map((): RunResult => ({
      folder: folder.path,
      summary,
      files: ["summary.json", "metrics.jsonl", "parameters.safetensors", ...Object.keys(figures)],
      failed,
      records: [
        ...files.map(recordOf),
        ...metrics.records().filter(({ file }) => file === "metrics.jsonl"),
      ],
    })),
  );
};
