/**
 * `softq report RUN…`: the report of runs as one page.
 *
 * @module
 */

import { writeReport } from "../run/reported.ts";
import { atLeast, command, type Invocation, RUN } from "./command.ts";
import { textFlag } from "./flags.ts";
import { printFile } from "../terminal/result.ts";

/** The command. */
export const reportCommand = (invocation: Invocation) =>
  command(invocation, {
    brief: "Write a run's report, or a comparison of several, as one HTML page",
    help:
      "Writes one page with learning curves, figures, diagnostics, configuration and the command to repeat;\n" +
      "several runs are overlaid. Least permissions: --allow-read of the runs, --allow-write of the page.",
    flags: { out: textFlag("file to write [report.html in the first run's folder]", "file") },
    takes: atLeast(1, RUN),
    run: async ({ out }, ...paths) =>
      printFile(await writeReport(invocation.experiments, paths, out)(), invocation.console),
  });
