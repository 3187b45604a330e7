/**
 * `softq list [FOLDER]`: the runs in a folder, with their progress and results.
 *
 * @module
 */

import { E, pipe, TE } from "../deps.ts";
import type { Console } from "./console.ts";
import type { Configuration } from "../run/configuration.ts";
import { buildCommand, type Command, type CommandContext } from "./deps.ts";
import { configInvalid } from "../run/configuration.ts";
import { foldersIn, isTaken } from "../run/files.ts";
import { printResult } from "./exit_code.ts";
import { switchFlag } from "./flags.ts";
import { quantityOf, valueText } from "../report/quantities.ts";
import { type Typical, typicalOf } from "../report/typical.ts";
import { jsonText } from "../run/json.ts";
import { keptRunIn } from "../run/kept.ts";
import { configurationIn } from "../run/warm_start.ts";
import type { RunError } from "../run/context.ts";
import { metricsLinesIn, type Written, writtenIn } from "../run/written.ts";

/** A run of the list. */
export interface ListedRun {
  /** Its folder. */
  readonly run: string;
  readonly experiment: string;
  readonly algorithm: string;
  readonly variant: string;
  /** Seed of replica 0, and how many there are. */
  readonly seed: number;
  readonly replicas: number;
  /** Its state: done, running, interrupted, killed, failed, or not begun. */
  readonly state: string;
  /** Environment steps of a replica, done and to do. */
  readonly stepsDone: number;
  readonly steps: number;
  /** What is typical of its seeds in the last evaluation, by name of the quantity. */
  readonly result: Readonly<Record<string, Typical>>;
  /** The date when it began, or null where that is not known. */
  readonly started: string | null;
}

/** Quantities that the list shows, where a run has them. */
const SHOWN = ["meanReturn", "successRate", "crossedShare", "reachedShare", "medianDisplacement"];

/** What is typical of evaluations, for each quantity that the list shows. */
export const resultOf = (
  evaluations: readonly Readonly<Record<string, unknown>>[],
): Readonly<Record<string, Typical>> =>
  Object.fromEntries(SHOWN.flatMap((name) => {
    const typical = typicalOf(evaluations.map((each) => each[name]).filter((x) => typeof x === "number"));
    return typical === null ? [] : [[name, typical]];
  }));

/** The same in words, as in `mean return −192.8 [−196 to −189], reaches a goal 99.8 %`. */
export const resultText = (result: ListedRun["result"]): string =>
  Object.entries(result).map(([name, { mean, interval }]) => {
    const quantity = quantityOf(`evaluation.${name}`), text = (x: number): string => valueText(x, quantity);
    const title = quantity.title[0]!.toLowerCase() + quantity.title.slice(1);
    const around = interval === null || text(interval[0]) === text(interval[1])
      ? ""
      : ` [${interval.map(text).join(" to ")}]`;
    const unit = quantity.unit === "m" ? " m" : "";
    return `${title} ${text(mean)}${unit}${around}`;
  }).join(", ");

/** The heading, and a run as cells. */
const TITLES = ["run", "experiment", "algorithm", "seeds", "state", "steps", "result"];
const cellsOf = (
  { run, experiment, algorithm, seed, replicas, state, stepsDone, steps, result }: ListedRun,
): readonly string[] => [
  run,
  experiment,
  algorithm,
  replicas === 1 ? String(seed) : `${seed}..${seed + replicas - 1}`,
  state,
  `${stepsDone}/${steps}`,
  resultText(result),
];

/** The last step that a run's metrics have, and the evaluations of the last step that has any. */
function lastOf(records: readonly Written[]) {
  const evaluated = records.filter(({ evaluation }) => evaluation !== undefined);
  const step = evaluated.at(-1)?.["step"];
  return {
    step: (records.at(-1)?.["step"] ?? 0) as number,
    evaluations: evaluated.filter((each) => each["step"] === step).map(({ evaluation }) =>
      evaluation as Written
    ),
  };
}

/** What is known of a run; a kept one has `run.json` instead of a manifest. */
async function listed(path: string, c: Configuration): Promise<ListedRun> {
  const [written, concluded, records] = [
    await writtenIn("manifest", `${path}/manifest.json`)(),
    await writtenIn("summary", `${path}/summary.json`)(),
    await metricsLinesIn(`${path}/metrics.jsonl`)(),
  ];
  const damaged = [written, concluded, records].some(E.isLeft);
  const manifest = (E.isRight(written) ? written.right : null) ?? (await keptRunIn(path))?.manifest;
  const summary = E.isRight(concluded) ? concluded.right : null;
  const { step, evaluations } = lastOf(E.isRight(records) ? records.right : []);
  const exit = damaged ? "damaged" : String(manifest?.["exit"] ?? "not begun");
  return {
    run: path,
    experiment: c.experiment,
    algorithm: c.algorithm,
    variant: c.variant,
    seed: c.seed,
    replicas: c.replicas,
    state: exit.startsWith("failed")
      ? "failed"
      : exit === "running" && !await isTaken(path)
      ? "killed"
      : exit,
    stepsDone: typeof summary?.["environmentSteps"] === "number" ? summary["environmentSteps"] : step,
    steps: c.steps,
    result: resultOf(summary === null ? evaluations : summary["evaluation"] as readonly Written[]),
    started: typeof manifest?.["started"] === "string" ? manifest["started"] : null,
  };
}

/** The runs in a folder, and the folder itself if it is one. */
export const listRuns = (folder: string): TE.TaskEither<RunError, readonly ListedRun[]> =>
  pipe(
    foldersIn(folder),
    TE.mapLeft((error): RunError => configInvalid("folder", error.message)),
    TE.chain((names) => async (): Promise<E.Either<RunError, readonly ListedRun[]>> => {
      const rows: ListedRun[] = [];
      for (const path of [folder, ...names.map((name) => `${folder}/${name}`)]) {
        const configuration = await configurationIn(path)();
        if (E.isRight(configuration)) rows.push(await listed(path, configuration.right));
      }
      return E.right(rows);
    }),
  );

/** Runs as aligned lines. */
export function table(runs: readonly ListedRun[]): string {
  const rows = [TITLES, ...runs.map(cellsOf)], steps = TITLES.indexOf("steps");
  const widths = TITLES.map((_, k) => Math.max(...rows.map((row) => row[k]!.length)));
  return rows.map((row) =>
    `${
      row.map((cell, k) => k === steps ? cell.padStart(widths[k]!) : cell.padEnd(widths[k]!)).join("  ")
        .trimEnd()
    }\n`
  ).join("");
}

/** The command. */
export const listCommand = (console_: Console, exit: (code: number) => void): Command<CommandContext> =>
  buildCommand<{ readonly json: boolean }, [string?], CommandContext>({
    parameters: {
      positional: {
        kind: "tuple",
        parameters: [{
          parse: (text: string): string => text,
          brief: "folder with runs [runs]",
          placeholder: "folder",
          optional: true,
        }],
      },
      flags: { json: switchFlag("print the list as one JSON document") },
    },
    docs: {
      brief: "List the runs in a folder: state, steps and result",
      fullDescription:
        "Lists the runs in a folder, [runs] unless given: how they stand, steps done and to do,\n" +
        "and the interquartile mean over seeds of the last evaluation, with its interval. Least permission: --allow-read of it.",
    },
    func: async function ({ json }, folder = "runs"): Promise<void> {
      const tell = (rows: readonly ListedRun[]) =>
        json ? jsonText(rows) : rows.length === 0 ? `There is no run in "${folder}"\n` : table(rows);
      exit(printResult(await listRuns(folder.replace(/(?<=.)\/$/, ""))(), console_, tell));
    },
  });
