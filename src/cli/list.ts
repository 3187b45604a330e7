/**
 * `softq list [FOLDER]`: the runs in a folder, with their progress and results.
 *
 * @module
 */

import { E } from "../deps.ts";
import { quantityOf, valueText } from "../report/quantities.ts";
import { jsonText } from "../run/json.ts";
import { type ListedFolder, type ListedRun, listRuns } from "../run/listed.ts";
import type { Console } from "./console.ts";
import { buildCommand, type Command, type CommandContext } from "./deps.ts";
import { printResult } from "./exit_code.ts";
import { switchFlag } from "./flags.ts";

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

/** The header, and the cells of a run. */
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

/** Formats runs in aligned columns. */
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
    func: async function ({ json }, named): Promise<void> {
      const folder = named ?? "runs",
        none = `There is no run in "${folder}"${named === undefined ? " yet" : ""}\n`;
      const tell = ({ runs }: ListedFolder) => json ? jsonText(runs) : runs.length === 0 ? none : table(runs);
      const listed = await listRuns(folder.replace(/(?<=.)\/$/, ""), named === undefined)();
      exit(printResult(listed, console_, tell));
      if (E.isRight(listed)) {
        for (const sentence of listed.right.unreadable) console_.error(`${sentence}\n`);
      }
    },
  });
