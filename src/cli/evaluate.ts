/**
 * `softq evaluate RUN`: episodes of a run's policies.
 *
 * @module
 */

import { evaluationTable, type SeedEvaluation } from "../report/evaluation_table.ts";
import { evaluated, type EvaluatedOptions } from "../run/evaluated.ts";
import type { Experiment } from "../run/experiment.ts";
import { type JsonObject, jsonText } from "../run/json.ts";
import { type Console, listenToInterrupts } from "./console.ts";
import { buildCommand, type Command, type CommandContext } from "./deps.ts";
import { printResult } from "./exit_code.ts";
import { countFlag, optionalSwitch, runArgument, switchFlag } from "./flags.ts";

/** The command. */
export const evaluateCommand = (
  experiments: readonly Experiment[],
  console_: Console,
  exit: (code: number) => void,
): Command<CommandContext> =>
  buildCommand<EvaluatedOptions & { readonly json: boolean }, [string], CommandContext>({
    parameters: {
      positional: { kind: "tuple", parameters: [runArgument] },
      flags: {
        episodes: countFlag("episodes of each replica [as many as the run's own]", "count", 1, 1e6),
        best: optionalSwitch("play the best checkpoint's policies, not the final ones"),
        json: switchFlag("print one JSON document"),
      },
    },
    docs: {
      brief: "Play episodes with a run's policies and print what they come to",
      fullDescription:
        "Plays episodes with the final policies of a run, or those of its newest or best checkpoint,\n" +
        "and prints what they come to. Least permission: --allow-read of the run's folder.",
    },
    func: async function ({ json, ...options }, path): Promise<void> {
      const tell = (found: JsonObject): string =>
        json ? jsonText(found) : `After ${found["environmentSteps"]} environment steps (${found["file"]})\n` +
          evaluationTable(found["evaluation"] as readonly SeedEvaluation[], console_.width());
      const result = await evaluated(experiments, path, options, listenToInterrupts(console_))();
      exit(printResult(result, console_, tell));
    },
  });
