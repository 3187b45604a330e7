/**
 * The report of runs as one page, from the files of their folders.
 *
 * @module
 */

import { E, pipe, TE } from "../deps.ts";
import { type FlatRecord, type ReportedRun, reportPage } from "../report/run_report.ts";
import {
  type ConfigInvalid,
  configInvalid,
  type Configuration,
  type FieldName,
  FIELDS,
  flagOf,
  shellWord,
} from "./configuration.ts";
import type { RunError } from "./context.ts";
import { catchExceptions } from "./faults.ts";
import { type Experiment, experimentNamed, withHorizon } from "./experiment.ts";
import { filesNamed, realPathOf } from "./files.ts";
import { writePage } from "./page_file.ts";
import { archivedRunIn, evaluationsOf } from "./archived.ts";
import { durationText } from "./pace.ts";
import { flatMetrics, type MetricValue } from "./metrics/metrics.ts";
import { configurationIn } from "./stored_run.ts";
import { archivedEvaluations, intact, metricsLinesIn, writtenIn } from "./written.ts";

/** The results that a report reads. */
const RESULTS = ["summary.json", "metrics.jsonl"];

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

const plainText = (value: unknown): string =>
  typeof value === "object" ? JSON.stringify(value) : String(value);

/** The command that repeats a run: the flags that differ from its preset. */
export function repeatCommand(experiment: Experiment, c: Configuration): string {
  const preset: Readonly<Record<string, unknown>> = withHorizon(
    experiment,
    experiment.preset(c.algorithm, c.scale, c.variant),
  );
  const first = {
    algorithm: FIELDS.algorithm.default,
    scale: FIELDS.scale.default,
    variant: experiment.variants[0],
  };
  const given = (Object.keys(FIELDS) as FieldName[]).filter((field) =>
    (Object.hasOwn(first, field) && c[field] !== first[field as keyof typeof first]) ||
    JSON.stringify(c[field]) !== JSON.stringify(preset[field])
  );
  return [
    `deno run --allow-read --allow-write cli.ts train ${experiment.name}`,
    ...given.map((field) => `${flagOf(field)}=${shellWord(c[field])}`),
  ].join(" ");
}

const flat = (value: MetricValue): FlatRecord => new Map(flatMetrics(value, "."));

/** The records of a run's metrics. */
const recordsIn = (path: string, replicas: number): TE.TaskEither<ConfigInvalid, readonly FlatRecord[]> =>
  pipe(
    metricsLinesIn(path, replicas),
    TE.map((lines) => lines.map((line) => flat(line as { readonly [name: string]: MetricValue }))),
  );

/** The records of an archived run, which has evaluations instead of metrics. */
const archivedRecordsIn = (
  path: string,
  summary: Readonly<Record<string, unknown>> | null,
): TE.TaskEither<ConfigInvalid, readonly FlatRecord[]> =>
  pipe(
    archivedEvaluations(path),
    TE.map((archived) =>
      (archived ?? []).flatMap((each, replica) =>
        evaluationsOf(each).filter(({ step }) => step !== summary?.["environmentSteps"]).map(
          ({ step, evaluation }) => flat({ step, replica, evaluation: evaluation as MetricValue }),
        )
      )
    ),
  );

/** The final evaluation as the last point of the curves. */
const finalRecords = (
  summary: Readonly<Record<string, unknown>> | null,
  evaluation: readonly { readonly seed: number }[],
): readonly FlatRecord[] =>
  evaluation.map((each, replica) => {
    const { seed: _, episodes: __, ...values } = each as {
      readonly seed: number;
      readonly episodes?: number;
    };
    const record = {
      step: Number(summary?.["environmentSteps"]),
      replica,
      evaluation: values as MetricValue,
    };
    return new Map<string, unknown>([...flat(record), ["final", true]]);
  });

/** Reads everything that a report shows of a run. */
export const reportedRun = (
  experiments: readonly Experiment[],
  path: string,
  name: string,
): TE.TaskEither<RunError, ReportedRun> =>
  pipe(
    TE.Do,
    TE.bind("c", () => configurationIn(path)),
    TE.bindW("experiment", ({ c }) => TE.fromEither(experimentNamed(experiments, c.experiment))),
    TE.bindW("summary", () => writtenIn("summary", `${path}/summary.json`)),
    TE.bindW("archived", () => archivedRunIn(path)),
    TE.bindW("manifest", ({ archived }) =>
      archived === null ? writtenIn("manifest", `${path}/manifest.json`) : TE.right(archived.manifest)),
    TE.chainFirstW(({ manifest }) =>
      intact(path, manifest, RESULTS)
    ),
    TE.bindW("records", ({ c, archived, summary }) =>
      archived === null ? recordsIn(`${path}/metrics.jsonl`, c.replicas) : archivedRecordsIn(path, summary)),
    TE.bindW("figures", () =>
      pipe(
        filesNamed(path, ".svg"),
        TE.mapLeft((error) =>
          configInvalid("run", error.message)
        ),
      )),
    TE.map(({ c, experiment, manifest, summary, records, figures }): ReportedRun => {
      const evaluation = (Array.isArray(summary?.["evaluation"]) ? summary["evaluation"] : []) as readonly {
        readonly seed: number;
      }[];
      const timing = summary?.["timing"] as { readonly wallSeconds?: number } | undefined;
      const last = records.at(-1);
      return {
        name,
        algorithm: c.algorithm,
        seed: c.seed,
        facts: [
          ["experiment", c.experiment],
          ["algorithm", c.algorithm],
          ["seeds", c.replicas === 1 ? String(c.seed) : `${c.seed} to ${c.seed + c.replicas - 1}`],
          ["state", String(manifest?.["exit"] ?? "not begun")],
          [
            "environment steps of a seed",
            `${summary?.["environmentSteps"] ?? last?.get("step") ?? 0} of ${c.steps}`,
          ],
          ["updates of a seed", String(summary?.["updates"] ?? last?.get("updates") ?? 0)],
          ["device", `${manifest?.["device"] ?? "–"} (${manifest?.["adapter"] ?? "–"})`],
          [
            "made by",
            `softq ${manifest?.["version"] ?? "–"}, revision ${
              String(manifest?.["revision"] ?? "not known").slice(0, 12)
            }, Deno ${manifest?.["deno"] ?? "–"}`,
          ],
          ["started", String(manifest?.["started"] ?? "–").replace(/^(.{10})T(.{5}).*Z$/, "$1 $2 UTC")],
          ["time", timing?.wallSeconds === undefined ? "–" : durationText(timing.wallSeconds)],
          ["folder", path],
        ],
        configuration: Object.entries(c).map(([field, value]): [string, string] => [field, plainText(value)]),
        records: [...records, ...finalRecords(summary, evaluation)],
        evaluation: evaluation.map((
          each,
        ): [number, FlatRecord] => [each.seed, flat({ ...each })]),
        figures: figures.map(([file, bytes]): [string, string] => [file, text(bytes)]),
        command: repeatCommand(experiment, c),
      };
    }),
  );

/** Names for folders: their last parts, or the whole paths if those are not distinct. */
export function namesFor(paths: readonly string[]): readonly string[] {
  const last = paths.map((path) => path.replace(/\/+$/, "").split("/").at(-1)!);
  return new Set(last).size === last.length ? last : paths;
}

/** Fails if two paths, however they are written, lead to the same folder. */
const distinct = (paths: readonly string[]): TE.TaskEither<RunError, null> => async () => {
  const real = await Promise.all(paths.map(realPathOf));
  const again = real.findIndex((path, k) => real.indexOf(path) !== k);
  if (again < 0) return E.right(null);
  const first = paths[real.indexOf(real[again]!)]!, second = paths[again]!;
  const how = first === second ? "is given twice" : `is "${second}", too`;
  return E.left(configInvalid("run", `A report shows a run once: "${first}" ${how}`));
};

/** Writes the report of runs; returns its path. */
export const writeReport = (
  experiments: readonly Experiment[],
  paths: readonly string[],
  out: string | undefined,
): TE.TaskEither<RunError, string> => {
  const names = namesFor(paths), file = out ?? `${paths[0]!.replace(/(?<=.)\/+$/, "")}/report.html`;
  return catchExceptions(
    "The report",
    pipe(
      distinct(paths),
      TE.chainW(() =>
        TE.traverseSeqArray(([path, name]: readonly [string, string]) =>
          reportedRun(experiments, path, name)
        )(
          paths.map((path, k) => [path, names[k]!] as const),
        )
      ),
      TE.chainW((runs): TE.TaskEither<RunError, readonly ReportedRun[]> => {
        const other = runs.find(({ facts }) => facts[0]![1] !== runs[0]!.facts[0]![1]);
        return other === undefined ? TE.right(runs) : TE.left(configInvalid(
          "run",
          `A report compares runs of one experiment: "${runs[0]!.name}" is ${runs[0]!.facts[0]![1]}, ` +
            `"${other.name}" is ${other.facts[0]![1]}`,
        ));
      }),
      TE.chainW((runs) => {
        const title = runs.length === 1
          ? `${runs[0]!.name}: ${runs[0]!.facts[0]![1]}, ${runs[0]!.facts[1]![1]}`
          : `Comparison of ${runs.length} runs`;
        return writePage(file, reportPage(title, runs));
      }),
      TE.map(() => file),
    ),
  );
};
