/**
 * The runs in a folder, with their progress and results.
 *
 * @module
 */

import { E, pipe, TE } from "../deps.ts";
import { columns } from "../report/columns.ts";
import { quantityOf, valueText } from "../report/quantities.ts";
import { type MeanOverSeeds, meanOverSeeds } from "../report/mean_over_seeds.ts";
import { configInvalid, type Configuration } from "./configuration.ts";
import type { RunError } from "./context.ts";
import { foldersIn, isMissing, isTaken, namesIn } from "./files.ts";
import { archivedRunIn } from "./archived.ts";
import { configurationIn } from "./stored_run.ts";
import { intact, metricsLinesIn, type Written, writtenIn } from "./written.ts";

/** A run of the list. */
export interface ListedRun {
  /** Its folder. */
  readonly run: string;
  readonly experiment: string;
  readonly algorithm: string;
  readonly variant: string;
  /** Seed of replica 0, and number of replicas. */
  readonly seed: number;
  readonly replicas: number;
  /** Its state: done, running, interrupted, killed, failed, or not begun. */
  readonly state: string;
  /** Environment steps of a replica, so far and in total. */
  readonly stepsDone: number;
  readonly steps: number;
  /** Means over its seeds in the last evaluation, by measure. */
  readonly result: Readonly<Record<string, MeanOverSeeds>>;
  /** The date of its start, or null if unknown. */
  readonly started: string | null;
}

/** Measures that the list shows, if a run has them. */
const SHOWN = ["meanReturn", "successRate", "crossedShare", "reachedShare", "medianDisplacement"];

/** Means over seeds of evaluations, for each measure that the list shows. */
export const resultOf = (
  evaluations: readonly Readonly<Record<string, unknown>>[],
): Readonly<Record<string, MeanOverSeeds>> =>
  Object.fromEntries(SHOWN.flatMap((name) => {
    const typical = meanOverSeeds(evaluations.map((each) => each[name]).filter((x) => typeof x === "number"));
    return typical === null ? [] : [[name, typical]];
  }));

/** The last step of a run's metrics, and its last evaluations. */
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

/** The list's row of a run; an archived one has `run.json` instead of a manifest. */
async function listed(path: string, c: Configuration): Promise<ListedRun> {
  const [written, archived, concluded, records] = [
    await writtenIn("manifest", `${path}/manifest.json`)(),
    await archivedRunIn(path)(),
    await writtenIn("summary", `${path}/summary.json`)(),
    await metricsLinesIn(`${path}/metrics.jsonl`, c.replicas)(),
  ];
  const manifest = (E.isRight(written) ? written.right : null) ??
    (E.isRight(archived) ? archived.right?.manifest ?? null : null);
  const whole = await intact(path, manifest, ["summary.json", "metrics.jsonl"])();
  const damaged = [whole, written, archived, concluded, records].some(E.isLeft);
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

/** The runs of a folder. */
export interface ListedFolder {
  /** The readable runs. */
  readonly runs: readonly ListedRun[];
  /** A sentence for each run whose configuration cannot be read. */
  readonly unreadable: readonly string[];
}

/**
 * Lists the runs in a folder, including the folder itself if it is one.
 *
 * @param mayBeAbsent whether a missing folder counts as empty instead of being an error
 */
export const listRuns = (folder: string, mayBeAbsent = false): TE.TaskEither<RunError, ListedFolder> =>
  pipe(
    foldersIn(folder),
    TE.orElse((error): TE.TaskEither<RunError, readonly string[]> =>
      mayBeAbsent && isMissing(error) ? TE.right([]) : TE.left(configInvalid("folder", error.message))
    ),
    TE.chain((names) => async (): Promise<E.Either<RunError, ListedFolder>> => {
      const runs: ListedRun[] = [], unreadable: string[] = [];
      for (const path of [folder, ...names.map((name) => `${folder}/${name}`)]) {
        const configuration = await configurationIn(path)();
        if (E.isRight(configuration)) runs.push(await listed(path, configuration.right));
        else if ((await namesIn(path).catch((): string[] => [])).includes("config.json")) {
          unreadable.push(configuration.left.message);
        }
      }
      return E.right({ runs, unreadable });
    }),
  );

/** A result as text, as in `mean return −192.8 [−196 to −189], reaches a goal 99.8 %`. */
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

/** The titles of the list's columns. */
const TITLES = ["run", "experiment", "algorithm", "seeds", "state", "steps", "result"];

/** The list as a table for the terminal. */
export const listTable = (runs: readonly ListedRun[]): string =>
  columns([
    TITLES,
    ...runs.map(({ run, experiment, algorithm, seed, replicas, state, stepsDone, steps, result }) => [
      run,
      experiment,
      algorithm,
      replicas === 1 ? String(seed) : `${seed}..${seed + replicas - 1}`,
      state,
      `${stepsDone}/${steps}`,
      resultText(result),
    ]),
  ], (column) => TITLES[column] === "steps");
