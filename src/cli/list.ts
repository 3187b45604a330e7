/**
 * `softq list [FOLDER]`: the runs in a folder, with their progress and results.
 *
 * @module
 */

import { E } from "../deps.ts";
import { jsonText } from "../run/json.ts";
import { listRuns, listTable } from "../run/listed.ts";
import { command, type Invocation, oneOrNone } from "./command.ts";
import { switchFlag } from "./flags.ts";
import { printResult } from "../terminal/result.ts";

/** The command. */
export const listCommand = (invocation: Invocation) =>
  command(invocation, {
    brief: "List the runs in a folder: state, steps and result",
    help: "Lists the runs in a folder, [runs] unless given: how they stand, steps done and to do,\n" +
      "and the interquartile mean over seeds of the last evaluation, with its interval. Least permission: --allow-read of it.",
    flags: { json: switchFlag("print the list as one JSON document") },
    takes: oneOrNone({ placeholder: "folder", brief: "folder with runs [runs]" }),
    run: async ({ json }, named) => {
      const folder = named ?? "runs", { console } = invocation;
      const none = `There is no run in "${folder}"${named === undefined ? " yet" : ""}\n`;
      const listed = await listRuns(folder.replace(/(?<=.)\/$/, ""), named === undefined)();
      const code = printResult(
        listed,
        console,
        ({ runs }) => json ? jsonText(runs) : runs.length === 0 ? none : listTable(runs),
      );
      for (const line of E.isRight(listed) ? listed.right.unreadable : []) console.error(`${line}\n`);
      return code;
    },
  });
