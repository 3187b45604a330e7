/**
 * A study: a list of runs, made one after the other in slices of time, and what of each is kept.
 *
 * A run that is not finished when its slice ends makes a checkpoint and is continued by the next call. Of a finished run,
 * whether it succeeded or failed, a folder below `results/` keeps configuration, summary, evaluations and how it was made;
 * parameters and figures of its own only where the plan says so. Figures over several runs are drawn from these.
 *
 * @module
 */

import { E, pipe, TE } from "../src/deps.ts";
import { attempt, createRun, type FileFailed, folderAt, readFile, removeWhole } from "../src/run/files.ts";
import { historyOf } from "../src/run/evaluation.ts";
import { type EvaluationTable, tableOf, wholeHistory } from "../src/run/kept.ts";
import { type ConfigInvalid, configInvalid, flagOf } from "../src/run/configuration.ts";
import type { Console } from "../src/cli/console.ts";
import { runContextOf } from "../src/cli/console.ts";
import type { Evaluated, Experiment } from "../src/run/experiment.ts";
import { configure } from "../src/cli/main.ts";
import { resume } from "../src/run/resume.ts";
import type { RunError } from "../src/run/context.ts";
import { type Json, type JsonObject, jsonText } from "../src/run/json.ts";
import { train } from "../src/run/run.ts";

/** A run of a study. */
export interface Planned {
  /** Name of its folder below `runs/` and below `results/`. */
  readonly name: string;
  /** Which experiment. */
  readonly experiment: string;
  /** Its flags, by field. */
  readonly flags: Readonly<Record<string, string>>;
  /** What it costs on one core, min; measured, or, where it has never been run, estimated from shorter runs. */
  readonly minutes: number;
  /** Names of files that are kept of it beside what every outcome keeps, for other runs to start from or to be shown. */
  readonly keeps?: readonly string[];
}

/** Where a run stands. */
export type Standing = "missing" | "begun" | "finished";

/** What is kept of a run, in memory. */
export interface Outcome {
  readonly name: string;
  /** The command that it was made by. */
  readonly command: string;
  /** The command that repeats it with the presets as they are now. */
  readonly repeats: string;
  /** Names of its figures. */
  readonly figures: readonly string[];
  /** Its `config.json`. */
  readonly configuration: JsonObject;
  /** Version, revision, device and how it ended. */
  readonly manifest: JsonObject;
  /** Its `summary.json`. */
  readonly summary: JsonObject;
  /** Its evaluations, the final one last, replica by replica. */
  readonly history: readonly (readonly Evaluated[])[];
  /** The paths of its final evaluation, where it keeps any. */
  readonly traces: Json;
}

/** Where a study reads and writes. */
export interface StudyFolders {
  /** Runs in work; not kept. */
  readonly runs: string;
  /** Outcomes; kept. */
  readonly results: string;
}

/** What is kept of every run, as it is. */
const ALWAYS: readonly string[] = ["config.json", "traces.json"];

/** The file of parameters, which others can start from. */
export const PARAMETERS = "parameters.safetensors";

/** The command that makes a planned run. */
export const commandOf = ({ experiment, flags }: Planned): string =>
  `deno run --allow-read --allow-write cli.ts train ${experiment} ` +
  Object.entries(flags).map(([field, value]) => `${flagOf(field)} ${value}`).join(" ");

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** A JSON file, or null where it is not there or not whole. */
const readJson = (path: string) => async (): Promise<JsonObject | null> => {
  const file = await readFile(path)();
  if (E.isLeft(file)) return null;
  try {
    return JSON.parse(text(file.right)) as JsonObject;
  } catch {
    return null;
  }
};

/** Whether a run's manifest says that it failed. */
const hasFailed = (manifest: JsonObject | null): boolean => String(manifest?.exit).startsWith("failed");

/** The summary of a run that failed before it could write one: its seeds, and why they have no numbers. */
const failureOf = (configuration: JsonObject, manifest: JsonObject): JsonObject => ({
  environmentSteps: 0,
  updates: 0,
  evaluation: Array.from({ length: Number(configuration.replicas) }, (_, r) => ({
    seed: Number(configuration.seed) + r,
    failed: manifest.exit,
  })),
  timing: { wallSeconds: (Date.parse(String(manifest.ended)) - Date.parse(String(manifest.started))) / 1000 },
});

/** Where a planned run stands. */
export const standingOf = async ({ runs, results }: StudyFolders, { name }: Planned): Promise<Standing> => {
  if (await readJson(`${results}/${name}/run.json`)() !== null) return "finished";
  if (await readJson(`${runs}/${name}/summary.json`)() !== null) return "finished";
  if (hasFailed(await readJson(`${runs}/${name}/manifest.json`)())) return "finished";
  return await readJson(`${runs}/${name}/checkpoint/latest.json`)() === null ? "missing" : "begun";
};

/** Makes or continues a run until it is finished or `seconds` have passed. */
export const advance = (
  experiments: readonly Experiment[],
  folders: StudyFolders,
  planned: Planned,
  seconds: number,
  console_: Console,
): TE.TaskEither<RunError, Standing> =>
async () => {
  const experiment = experiments.find(({ name }) => name === planned.experiment);
  if (experiment === undefined) {
    return E.left(configInvalid("study", `There is no experiment "${planned.experiment}"`));
  }
  const begun = console_.now(), path = `${folders.runs}/${planned.name}`;
  const context = {
    ...runContextOf(console_),
    interrupted: () => console_.interrupted() || console_.now() - begun > seconds,
  };
  const standing = await standingOf(folders, planned);
  if (standing === "finished") return E.right(standing);
  if (standing === "missing") await removeWhole(path); // what a killed run left before its first checkpoint
  const result =
    await (standing === "begun"
      ? resume(experiments, path, { from: null, emptyReplay: false, newMetrics: false }, context)
      : pipe(
        TE.fromEither(configure(experiment, planned.flags)),
        TE.chain((configuration) => train(experiment, configuration, createRun(path), context)),
      ))();
  if (E.isRight(result)) return E.right("finished");
  if (result.left._tag === "Interrupted") return E.right("begun");
  // A run that failed is an outcome like another; a run that could not be started is not.
  return await standingOf(folders, planned) === "finished" ? E.right("finished") : result;
};

/** Names of the files in a folder. */
const namesIn = (path: string): TE.TaskEither<FileFailed, readonly string[]> =>
  attempt("read the folder", path, async () => {
    const names: string[] = [];
    for await (const { name, isFile } of Deno.readDir(path)) if (isFile) names.push(name);
    return names.sort();
  });

/**
 * Keeps the outcome of a finished run in its folder below `results/`; does nothing if it is there. `run.json` says what was
 * left out, and how it is made again.
 */
export const keep = (
  { runs, results }: StudyFolders,
  planned: Planned,
): TE.TaskEither<FileFailed | ConfigInvalid, void> =>
async () => {
  const from = `${runs}/${planned.name}`, to = `${results}/${planned.name}`;
  if (await readJson(`${to}/run.json`)() !== null) return E.right(undefined);
  const [manifest, configuration, written] = [
    await readJson(`${from}/manifest.json`)(),
    await readJson(`${from}/config.json`)(),
    await readJson(`${from}/summary.json`)(),
  ];
  const [names, metrics] = [await namesIn(from)(), await readFile(`${from}/metrics.jsonl`)()];
  if (E.isLeft(names)) return names;
  if (manifest === null || configuration === null || (written === null && !hasFailed(manifest))) {
    return E.left(configInvalid("study", `The run in "${from}" is not finished`));
  }
  const summary = written ?? failureOf(configuration, manifest);
  const made = await attempt("make the folder", to, () => Deno.mkdir(to, { recursive: true }))();
  if (E.isLeft(made)) return made;
  const folder = folderAt(to);
  const wanted = [...ALWAYS, ...planned.keeps ?? []];
  for (const name of names.right.filter((name) => wanted.includes(name))) {
    const bytes = await readFile(`${from}/${name}`)();
    if (E.isLeft(bytes)) return bytes;
    const copied = await folder.write(name, bytes.right)();
    if (E.isLeft(copied)) return copied;
  }
  const lines = E.isLeft(metrics) ? "" : text(metrics.right); // a run may fail before it logs anything
  const tables = historyOf(lines, (summary.evaluation as readonly Json[]).length).map(tableOf);
  const leftOut = names.right.includes(PARAMETERS) && !wanted.includes(PARAMETERS)
    ? { parameters: "not kept: run the command again" }
    : {};
  return await pipe(
    folder.write("evaluations.json", `${JSON.stringify(tables)}\n`),
    TE.chain(() => folder.write("summary.json", jsonText(summary))),
    TE.chain(() => folder.write("run.json", jsonText({ command: commandOf(planned), manifest, ...leftOut }))),
  )();
};

/** Reads the outcomes that are kept, in the order of the plan. */
export const outcomesIn = async (
  { results }: StudyFolders,
  plan: readonly Planned[],
): Promise<readonly Outcome[]> => {
  const outcomes: Outcome[] = [];
  for (const planned of plan) {
    const path = `${results}/${planned.name}`;
    const run = await readJson(`${path}/run.json`)();
    const [configuration, summary] = [
      await readJson(`${path}/config.json`)(),
      await readJson(`${path}/summary.json`)(),
    ];
    const history = await readJson(`${path}/evaluations.json`)() as unknown;
    if (run === null || configuration === null || summary === null || history === null) continue;
    const names = await namesIn(path)();
    outcomes.push({
      name: planned.name,
      command: String(run.command),
      repeats: commandOf(planned),
      figures: E.isLeft(names) ? [] : names.right.filter((name) => name.endsWith(".svg")),
      configuration,
      manifest: run.manifest as JsonObject,
      summary,
      history: wholeHistory(history as readonly (EvaluationTable | readonly Evaluated[])[], summary),
      traces: await readJson(`${path}/traces.json`)(),
    });
  }
  return outcomes;
};
