/**
 * `softq list [FOLDER]`: the runs in a folder, with how far they are and what they came to.
 *
 * @module
 */

import { E, pipe, TE } from "../deps.ts";
import type { Console } from "./console.ts";
import type { Configuration } from "../run/configuration.ts";
import { buildCommand, type Command, type CommandContext } from "./deps.ts";
import { configInvalid } from "../run/configuration.ts";
import { foldersIn, isTaken, readFile } from "../run/files.ts";
import { printResult } from "./exit_code.ts";
import { configurationIn } from "../run/warm_start.ts";
import type { RunError } from "../run/context.ts";

/** A run as a row of the list. */
export interface ListedRun {
  readonly run: string;
  readonly experiment: string;
  readonly algorithm: string;
  readonly seeds: string;
  readonly state: string;
  readonly steps: string;
  readonly result: string;
}

/** The heading. */
const TITLES: ListedRun = {
  run: "run",
  experiment: "experiment",
  algorithm: "algorithm",
  seeds: "seeds",
  state: "state",
  steps: "steps",
  result: "result",
};

/** An evaluation's mean return and, where it has one, its success rate; over several replicas their mean. */
export function resultText(evaluations: readonly Readonly<Record<string, unknown>>[]): string {
  const mean = (name: string): number | null => {
    const values = evaluations.map((each) => each[name]).filter((x) => typeof x === "number");
    return values.length === 0 ? null : values.reduce((a, b) => a + b, 0) / values.length;
  };
  const meanReturn = mean("meanReturn"), successRate = mean("successRate");
  return [
    ...meanReturn === null ? [] : [`return ${meanReturn.toPrecision(4)}`],
    ...successRate === null ? [] : [`success ${(100 * successRate).toFixed(0)} %`],
  ].join(", ");
}

const parsed = async (path: string): Promise<Readonly<Record<string, unknown>> | null> => {
  const read = await readFile(path)();
  try {
    return E.isRight(read) ? JSON.parse(new TextDecoder().decode(read.right)) : null;
  } catch {
    return null;
  }
};

/** The last line of a run's metrics that is whole, and the last evaluations. */
async function lastMetrics(path: string) {
  const read = await readFile(`${path}/metrics.jsonl`)();
  const lines = E.isRight(read) ? new TextDecoder().decode(read.right).split("\n").slice(0, -1) : [];
  const records = lines.flatMap((line): readonly Readonly<Record<string, unknown>>[] => {
    try {
      return [JSON.parse(line)];
    } catch {
      return [];
    }
  });
  const evaluated = records.filter(({ evaluation }) => evaluation !== undefined);
  const step = evaluated.at(-1)?.step;
  return {
    step: (records.at(-1)?.step ?? 0) as number,
    evaluations: evaluated.filter((each) => each.step === step).map(({ evaluation }) =>
      evaluation as Readonly<Record<string, unknown>>
    ),
  };
}

/** A run's row. */
async function rowOf(path: string, c: Configuration): Promise<ListedRun> {
  const manifest = await parsed(`${path}/manifest.json`), summary = await parsed(`${path}/summary.json`);
  const { step, evaluations } = await lastMetrics(path);
  const done = typeof summary?.environmentSteps === "number" ? summary.environmentSteps : step;
  const exit = String(manifest?.exit ?? "not begun");
  return {
    run: path,
    experiment: c.experiment,
    algorithm: c.algorithm,
    seeds: c.replicas === 1 ? String(c.seed) : `${c.seed}..${c.seed + c.replicas - 1}`,
    state: exit.startsWith("failed")
      ? "failed"
      : exit === "running" && !await isTaken(path)
      ? "killed"
      : exit,
    steps: `${done}/${c.steps}`,
    result: resultText(Array.isArray(summary?.evaluation) ? summary.evaluation : evaluations),
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
        if (E.isRight(configuration)) rows.push(await rowOf(path, configuration.right));
      }
      return E.right(rows);
    }),
  );

/** Rows as aligned lines. */
export function table(rows: readonly ListedRun[]): string {
  const all = [TITLES, ...rows], names = Object.keys(TITLES) as (keyof ListedRun)[];
  const widths = names.map((name) => Math.max(...all.map((row) => row[name].length)));
  return all.map((row) =>
    `${
      names.map((name, k) => name === "steps" ? row[name].padStart(widths[k]) : row[name].padEnd(widths[k]))
        .join("  ").trimEnd()
    }\n`
  ).join("");
}

/** The command. */
export const listCommand = (console_: Console, exit: (code: number) => void): Command<CommandContext> =>
  buildCommand<Record<never, never>, [string?], CommandContext>({
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
      flags: {},
    },
    docs: {
      brief: "List the runs in a folder: state, steps and result",
      fullDescription:
        "Lists the runs in a folder, [runs] unless given: how they stand, steps done and to do,\n" +
        "and the mean over replicas of the last evaluation. Least permission: --allow-read of it.",
    },
    func: async function (_, folder = "runs"): Promise<void> {
      const tell = (rows: readonly ListedRun[]) =>
        rows.length === 0 ? `There is no run in "${folder}"\n` : table(rows);
      exit(printResult(await listRuns(folder.replace(/(?<=.)\/$/, ""))(), console_, tell));
    },
  });
