/**
 * `softq evaluate RUN`: episodes of a run's policies.
 *
 * @module
 */

import { evaluationTable, type SeedEvaluation } from "../report/evaluation_table.ts";
import { evaluated } from "../run/evaluated.ts";
import { type JsonObject, jsonText } from "../run/json.ts";
import { listenToInterrupts } from "../terminal/console.ts";
import { command, type Invocation, one, RUN } from "./command.ts";
import { countFlag, optionalSwitch, switchFlag } from "./flags.ts";
import { printResult } from "../terminal/result.ts";

/** The command. */
export const evaluateCommand = (invocation: Invocation) =>
  command(invocation, {
    brief: "Play episodes with a run's policies and print what they come to",
    help: "Plays episodes with the final policies of a run, or those of its newest or best checkpoint,\n" +
      "and prints what they come to. Least permission: --allow-read of the run's folder.",
    flags: {
      episodes: countFlag("episodes of each replica [as many as the run's own]", "count", 1, 1e6),
      best: optionalSwitch("play the best checkpoint's policies, not the final ones"),
      json: switchFlag("print one JSON document"),
    },
    takes: one(RUN),
    run: async ({ json, ...options }, path) => {
      const { experiments, console } = invocation;
      const tell = (found: JsonObject): string =>
        json ? jsonText(found) : `After ${found["environmentSteps"]} environment steps (${found["file"]})\n` +
          evaluationTable(found["evaluation"] as readonly SeedEvaluation[], console.width());
      const result = await evaluated(experiments, path, options, listenToInterrupts(console))();
      return printResult(result, console, tell);
    },
  });
