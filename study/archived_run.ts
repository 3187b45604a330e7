/**
 * Reads and validates the study's archived runs in `results/`.
 *
 * Law, tested: an invalid file is reported by name and reason; only numbers are accepted as numbers.
 *
 * @module
 */

import { E, pipe, TE } from "../src/deps.ts";
import { type ConfigInvalid, configInvalid, type Configuration } from "../src/run/configuration.ts";
import type { Evaluated } from "../src/run/experiment.ts";
import { namesIn } from "../src/run/files.ts";
import type { JsonObject } from "../src/run/json.ts";
import { allEvaluations, type EvaluationTable } from "../src/run/archived.ts";
import { type Measure, NUMBER, readMeasures, type ValuesOf } from "../src/run/measures.ts";
import { configurationIn } from "../src/run/stored_run.ts";
import type { Point } from "../src/report/panel.ts";
import { isObject, readJson } from "./json_file.ts";
import { commandOf, type PlannedRun, type StudyFolders } from "./planned_run.ts";

/** The final evaluation of one seed. */
export interface SeedRecord {
  readonly seed: number;
  /** Its entry in `summary.json`. */
  readonly evaluation: JsonObject;
  /** Why it has no valid results: the run's failure, or the update at which it became non-finite; null if it has. */
  readonly failed: string | null;
}

/** Paths of a seed's final evaluation. */
export interface SeedTraces {
  readonly heading: string;
  readonly traces: readonly (readonly Point[])[];
}

/** An archived run. */
export interface ArchivedRun {
  readonly name: string;
  /** The command that ran it. */
  readonly command: string;
  /** The command that repeats it with the current presets. */
  readonly repeats: string;
  /** Names of its figures. */
  readonly figures: readonly string[];
  readonly configuration: Configuration;
  /** Version, revision, device and exit reason. */
  readonly manifest: ValuesOf<typeof MANIFEST>;
  /** Updates of each seed. */
  readonly updates: number;
  readonly wallSeconds: number;
  readonly seeds: readonly SeedRecord[];
  /** The evaluations of each seed, the final one last. */
  readonly history: readonly (readonly Evaluated[])[];
  /** The paths of its final evaluation; empty if they are not archived. */
  readonly traces: readonly SeedTraces[];
}

const TEXT: Measure<string> = {
  expected: "a string",
  read: (json) => typeof json === "string" ? json : json === null ? "unknown" : undefined,
};

const MANIFEST = {
  version: TEXT,
  revision: TEXT,
  deno: TEXT,
  device: TEXT,
  adapter: TEXT,
  processor: TEXT,
  exit: TEXT,
};

/** The steps are read again by `allEvaluations`, as the last evaluation's. */
const SUMMARY = { updates: NUMBER, environmentSteps: NUMBER };

const isPoint = (json: unknown): json is Point =>
  Array.isArray(json) && json.length === 2 && json.every((x) => typeof x === "number");

const isTraces = (json: unknown): json is SeedTraces =>
  isObject(json) && typeof json["heading"] === "string" && Array.isArray(json["traces"]) &&
  json["traces"].every((trace) => Array.isArray(trace) && trace.every(isPoint));

/** The records of the seeds in a summary, or an error message. */
function seedsIn({ evaluation }: JsonObject): E.Either<string, readonly SeedRecord[]> {
  if (!Array.isArray(evaluation) || !evaluation.every(isObject)) {
    return E.left(`"evaluation" should be a list of objects`);
  }
  return E.traverseArray((each: JsonObject) =>
    E.map(({ seed }: { readonly seed: number }): SeedRecord => ({
      seed,
      evaluation: each,
      failed: each["failed"] !== undefined
        ? String(each["failed"])
        : each["frozenAt"] !== undefined
        ? `not finite from update ${each["frozenAt"]} on`
        : null,
    }))(readMeasures({ seed: NUMBER }, each))
  )(evaluation);
}

/** Reads the archived files of a planned run; null if there are none. */
export const archivedRun = (
  { results }: StudyFolders,
  planned: PlannedRun,
): TE.TaskEither<ConfigInvalid, ArchivedRun | null> => {
  const path = `${results}/${planned.name}`;
  const wrong = (file: string) => (why: string): ConfigInvalid =>
    configInvalid("study", `"${path}/${file}" cannot be used: ${why}`);
  const object = (file: string): TE.TaskEither<ConfigInvalid, JsonObject> =>
    pipe(
      readJson(`${path}/${file}`),
      TE.filterOrElse(isObject, () => wrong(file)("it should hold an object")),
    );
  const contents = (made: JsonObject): TE.TaskEither<ConfigInvalid, ArchivedRun> =>
    pipe(
      TE.Do,
      TE.bind("manifest", () =>
        TE.fromEither(E.mapLeft(wrong("run.json"))(readMeasures(MANIFEST, made["manifest"])))),
      TE.bind("configuration", () =>
        configurationIn(path)),
      TE.bind("summary", () => object("summary.json")),
      TE.bind("numbers", ({ summary }) =>
        TE.fromEither(E.mapLeft(wrong("summary.json"))(readMeasures(SUMMARY, summary)))),
      TE.bind("timing", ({ summary }) =>
        TE.fromEither(
          E.mapLeft(wrong("summary.json"))(readMeasures({ wallSeconds: NUMBER }, summary["timing"])),
        )),
      TE.bind("seeds", ({ summary }) =>
        TE.fromEither(E.mapLeft(wrong("summary.json"))(seedsIn(summary)))),
      TE.bind("evaluations", ({ seeds }) =>
        pipe(
          readJson(`${path}/evaluations.json`),
          TE.filterOrElse(
            (json): json is readonly (EvaluationTable | readonly Evaluated[])[] =>
              Array.isArray(json) && json.length === seeds.length,
            () =>
              wrong("evaluations.json")("it should be a list with a table for each seed"),
          ),
        )),
      TE.bind("traces", () =>
        pipe(
          readJson(`${path}/traces.json`),
          TE.map((json) => json ?? []),
          TE.filterOrElse(
            (json): json is readonly SeedTraces[] => Array.isArray(json) && json.every(isTraces),
            () => wrong("traces.json")("it should be a list of headings with traces"),
          ),
        )),
      TE.bind("names", () => TE.fromTask(() => namesIn(path))),
      TE.map((
        { manifest, configuration, summary, numbers, timing, seeds, evaluations, traces, names },
      ): ArchivedRun => ({
        name: planned.name,
        command: String(made["command"]),
        repeats: commandOf(planned),
        figures: names.filter((name) => name.endsWith(".svg")).toSorted(),
        configuration,
        manifest,
        updates: numbers.updates,
        wallSeconds: timing.wallSeconds,
        seeds,
        history: allEvaluations(evaluations, summary),
        traces,
      })),
    );
  return pipe(
    readJson(`${path}/run.json`),
    TE.chain((made): TE.TaskEither<ConfigInvalid, ArchivedRun | null> =>
      made === null
        ? TE.right(null)
        : isObject(made)
        ? contents(made)
        : TE.left(wrong("run.json")("it should hold an object"))
    ),
  );
};

/** Reads all archived runs, in the order of the plan. */
export const archivedRuns = (
  folders: StudyFolders,
  plan: readonly PlannedRun[],
): TE.TaskEither<ConfigInvalid, readonly ArchivedRun[]> =>
  pipe(
    plan,
    TE.traverseSeqArray((planned) => archivedRun(folders, planned)),
    TE.map((found) => found.filter((each) => each !== null)),
  );
