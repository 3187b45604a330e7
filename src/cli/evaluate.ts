/**
 * `softq evaluate RUN`: episodes of a run's policies.
 *
 * Law, tested: with as many episodes as the run's own final evaluation it gives that evaluation again.
 *
 * @module
 */

import { pipe, TE } from "../deps.ts";
import type { Episode } from "../train/evaluate.ts";
import { buildCommand, type Command, type CommandContext } from "./deps.ts";
import { type Console, listenToInterrupts } from "./console.ts";
import type { RunError } from "../run/context.ts";
import { catchExceptions } from "../run/faults.ts";
import { evaluateReplicas } from "../run/evaluation.ts";
import type { Experiment } from "../run/experiment.ts";
import { type JsonObject, jsonText } from "../run/json.ts";
import { countFlag, runArgument, switchFlag } from "./flags.ts";
import { outcomeTable, type SeedEvaluation } from "./outcome.ts";
import { printResult } from "./exit_code.ts";
import { type TrainedRun, trainedRun } from "../run/trained_run.ts";

/** The evaluation of a run's policies, replica by replica. */
export const evaluation = (
  experiments: readonly Experiment[],
  path: string,
  episodes: number | undefined,
  interrupted: () => boolean,
): TE.TaskEither<RunError, JsonObject> =>
  pipe(
    trainedRun(experiments, path),
    TE.bindTo("trained"),
    TE.bind("played", ({ trained }) => playOut(trained, episodes, interrupted)),
    TE.map(({ trained: { configuration, experiment, state, file }, played }): JsonObject => ({
      run: path,
      file,
      environmentSteps: state.steps,
      evaluation: played.map((each, r) => ({
        seed: configuration.seed + r,
        episodes: each.length,
        ...experiment.summarise(each, configuration.variant),
      })),
    })),
  );

/** Plays episodes of a run's policies, replica by replica; as many as its own final evaluation has, unless given. */
export const playOut = (
  { running, configuration, state }: TrainedRun,
  episodes: number | undefined,
  interrupted: () => boolean,
): TE.TaskEither<RunError, readonly (readonly Episode[])[]> =>
  pipe(
    catchExceptions(
      "The environment",
      TE.fromTask<readonly (readonly Episode[])[] | null, RunError>(() =>
        evaluateReplicas(
          running,
          configuration,
          state,
          episodes ?? configuration.evaluationEpisodes,
          interrupted,
        )
      ),
    ),
    TE.filterOrElseW(
      (played): played is readonly (readonly Episode[])[] => played !== null,
      (): RunError => ({
        _tag: "Interrupted",
        message: "Interrupted before all episodes were played: nothing was written",
      }),
    ),
  );

/** The command. */
export const evaluateCommand = (
  experiments: readonly Experiment[],
  console_: Console,
  exit: (code: number) => void,
): Command<CommandContext> =>
  buildCommand<{ readonly episodes: number | undefined; readonly json: boolean }, [string], CommandContext>({
    parameters: {
      positional: { kind: "tuple", parameters: [runArgument] },
      flags: {
        episodes: countFlag("episodes of each replica [as many as the run's own]", "count", 1, 1e6),
        json: switchFlag("print one JSON document"),
      },
    },
    docs: {
      brief: "Play episodes with a run's policies and print what they come to",
      fullDescription:
        "Plays episodes with the final policies of a run, or those of its newest checkpoint,\n" +
        "and prints what they come to. Least permission: --allow-read of the run's folder.",
    },
    func: async function ({ episodes, json }, path): Promise<void> {
      const tell = (found: JsonObject): string =>
        json ? jsonText(found) : `After ${found["environmentSteps"]} environment steps (${found["file"]})\n` +
          outcomeTable(found["evaluation"] as readonly SeedEvaluation[], console_.width());
      const result = await evaluation(experiments, path, episodes, listenToInterrupts(console_))();
      exit(printResult(result, console_, tell));
    },
  });
