/**
 * `softq evaluate RUN`: episodes of a run's policies.
 *
 * Law, tested: with as many episodes as the run's own final evaluation it gives that evaluation again.
 *
 * @module
 */

import { pipe, TE } from "../deps.ts";
import { buildCommand, type Command, type CommandContext } from "./deps.ts";
import type { Console } from "./console.ts";
import type { RunError } from "../run/context.ts";
import { evaluateReplicas } from "../run/evaluation.ts";
import type { Experiment } from "../run/experiment.ts";
import { type JsonObject, jsonText } from "../run/json.ts";
import { countFlag, runArgument } from "./flags.ts";
import { printResult } from "./exit_code.ts";
import { trainedRun } from "../run/trained_run.ts";

/** What the policies of a run come to, replica by replica. */
export const evaluation = (
  experiments: readonly Experiment[],
  path: string,
  episodes: number | undefined,
): TE.TaskEither<RunError, JsonObject> =>
  pipe(
    trainedRun(experiments, path),
    TE.map(({ configuration, experiment, running, state, file }): JsonObject => ({
      run: path,
      file,
      environmentSteps: state.steps,
      evaluation: evaluateReplicas(
        running,
        configuration,
        state,
        episodes ?? configuration.evaluationEpisodes,
      ).map(
        (each, r) => ({
          seed: configuration.seed + r,
          episodes: each.length,
          ...experiment.summarise(each, configuration.variant),
        }),
      ),
    })),
  );

/** The command. */
export const evaluateCommand = (
  experiments: readonly Experiment[],
  console_: Console,
  exit: (code: number) => void,
): Command<CommandContext> =>
  buildCommand<{ readonly episodes: number | undefined }, [string], CommandContext>({
    parameters: {
      positional: { kind: "tuple", parameters: [runArgument] },
      flags: { episodes: countFlag("episodes of each replica [as many as the run's own]", "count", 1, 1e6) },
    },
    docs: {
      brief: "Play episodes with a run's policies and print what they come to",
      fullDescription:
        "Plays episodes with the final policies of a run, or those of its newest checkpoint,\n" +
        "and prints what they come to as JSON. Least permission: --allow-read of the run's folder.",
    },
    func: async function ({ episodes }, path): Promise<void> {
      exit(printResult(await evaluation(experiments, path, episodes)(), console_, jsonText));
    },
  });
