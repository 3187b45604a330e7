/**
 * `softq report RUN…`: the report of runs as one page.
 *
 * @module
 */

import type { Experiment } from "../run/experiment.ts";
import { writeReport } from "../run/reported.ts";
import type { Console } from "./console.ts";
import { buildCommand, type Command, type CommandContext } from "./deps.ts";
import { printResult } from "./exit_code.ts";
import { runArgument, textFlag } from "./flags.ts";

/** The command. */
export const reportCommand = (
  experiments: readonly Experiment[],
  console_: Console,
  exit: (code: number) => void,
): Command<CommandContext> =>
  buildCommand<{ readonly out: string | undefined }, string[], CommandContext>({
    parameters: {
      positional: { kind: "array", parameter: runArgument, minimum: 1 },
      flags: { out: textFlag("file to write [report.html in the first run's folder]", "file") },
    },
    docs: {
      brief: "Write a run's report, or a comparison of several, as one HTML page",
      fullDescription:
        "Writes one page with learning curves, figures, diagnostics, configuration and the command to repeat;\n" +
        "several runs are overlaid. Least permissions: --allow-read of the runs, --allow-write of the page.",
    },
    func: async function ({ out }, ...paths): Promise<void> {
      exit(printResult(await writeReport(experiments, paths, out)(), console_, (file) => `${file}\n`));
    },
  });
