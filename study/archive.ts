/**
 * The states of the study's runs, and the files of a finished run that are archived in `results/`: its configuration,
 * summary, evaluations and provenance; its parameters and figures only if the plan says so. Figures over several runs
 * are drawn from these files.
 *
 * @module
 */

import { E, pipe, TE } from "../src/deps.ts";
import { type ConfigInvalid, configInvalid } from "../src/run/configuration.ts";
import { historyOf } from "../src/run/evaluation.ts";
import { attempt, type FileFailed, namesIn, readFile, writeShared } from "../src/run/files.ts";
import { type JsonObject, jsonText, jsonTextByRows } from "../src/run/json.ts";
import { tableOf } from "../src/run/archived.ts";
import { NUMBER, readMeasures } from "../src/run/measures.ts";
import { metricsLinesIn } from "../src/run/written.ts";
import { objectIn } from "./json_file.ts";
import { commandOf, PARAMETERS, type PlannedRun, type StudyFolders } from "./planned_run.ts";

/** The state of a run: not started, started, or ended (successfully or not). */
export type RunStatus = "missing" | "started" | "finished";

/** Files copied from every run that has them, in addition to those that are rewritten. */
const ALWAYS: readonly string[] = ["config.json", "traces.json"];

/** Whether a run's manifest says that it failed. */
const hasFailed = (manifest: JsonObject | null): boolean => String(manifest?.["exit"]).startsWith("failed");

/** Whether a run is in the archive, complete. */
export const isArchived = async (
  { results }: Pick<StudyFolders, "results">,
  { name }: Pick<PlannedRun, "name">,
): Promise<boolean> => await objectIn(`${results}/${name}/run.json`) !== null;

/** The state of a planned run. */
export async function statusOf(folders: StudyFolders, { name }: PlannedRun): Promise<RunStatus> {
  const { runs } = folders;
  if (await isArchived(folders, { name })) return "finished";
  if (await objectIn(`${runs}/${name}/summary.json`) !== null) return "finished";
  if (hasFailed(await objectIn(`${runs}/${name}/manifest.json`))) return "finished";
  return await objectIn(`${runs}/${name}/config.json`) === null ? "missing" : "started";
}

/** The summary of a run that failed before writing one: its seeds, and why they have no results. */
const failureOf = (
  { seed, replicas }: { readonly seed: number; readonly replicas: number },
  manifest: JsonObject,
): JsonObject => ({
  environmentSteps: 0,
  updates: 0,
  evaluation: Array.from({ length: replicas }, (_, r) => ({ seed: seed + r, failed: manifest["exit"]! })),
  timing: {
    wallSeconds: (Date.parse(String(manifest["ended"])) - Date.parse(String(manifest["started"]))) / 1000,
  },
});

/** Archives a finished run in its folder in `results/`; does nothing if it is already there. */
export const archive = (
  { runs, results }: StudyFolders,
  planned: PlannedRun,
): TE.TaskEither<FileFailed | ConfigInvalid, void> =>
async () => {
  const from = `${runs}/${planned.name}`, to = `${results}/${planned.name}`;
  if (await isArchived({ results }, planned)) return E.right(undefined);
  const manifest = await objectIn(`${from}/manifest.json`);
  const seeds = readMeasures({ seed: NUMBER, replicas: NUMBER }, await objectIn(`${from}/config.json`));
  const written = await objectIn(`${from}/summary.json`);
  if (manifest === null || E.isLeft(seeds) || (written === null && !hasFailed(manifest))) {
    return E.left(configInvalid("study", `The run in "${from}" is not finished`));
  }
  return await copied(
    from,
    to,
    planned,
    manifest,
    written ?? failureOf(seeds.right, manifest),
    seeds.right.replicas,
  )();
};

/** Writes the files of an archived run; `run.json` last, as its presence marks the others as complete. */
const copied = (
  from: string,
  to: string,
  planned: PlannedRun,
  manifest: JsonObject,
  summary: JsonObject,
  replicas: number,
): TE.TaskEither<ConfigInvalid | FileFailed, void> => {
  // Another process may archive the same run.
  const write = (name: string, content: string | Uint8Array) => writeShared(`${to}/${name}`, content);
  const wanted = [...ALWAYS, ...planned.keeps ?? []];
  const copy = (name: string): TE.TaskEither<FileFailed, void> =>
    pipe(readFile(`${from}/${name}`), TE.chain((bytes) => write(name, bytes)));
  return pipe(
    attempt("make the folder", to, () => Deno.mkdir(to, { recursive: true })),
    TE.chain(() => TE.fromTask(() => namesIn(from))),
    TE.bindTo("names"),
    TE.chainFirst(({ names }) => TE.traverseSeqArray(copy)(names.filter((name) => wanted.includes(name)))),
    // A run may fail before it logs anything.
    TE.bindW("lines", () => metricsLinesIn(`${from}/metrics.jsonl`, replicas)),
    TE.chainFirstW(({ lines }) => {
      const tables = historyOf(lines, replicas).map(tableOf);
      return write("evaluations.json", `${JSON.stringify(tables)}\n`);
    }),
    TE.chainFirstW(() => write("summary.json", jsonTextByRows(summary))),
    TE.chainW(({ names }) => {
      const leftOut = names.includes(PARAMETERS) && !wanted.includes(PARAMETERS)
        ? { parameters: "not kept: run the command again" }
        : {};
      const files = Array.isArray(manifest["files"]) ? manifest["files"] as readonly JsonObject[] : [];
      const kept = files.filter(({ file }) => wanted.includes(String(file)));
      const { files: _, ...facts } = manifest;
      const described = kept.length === 0 ? facts : { ...facts, files: kept };
      return write(
        "run.json",
        jsonText({ command: commandOf(planned), manifest: described, ...leftOut }),
      );
    }),
  );
};
