/**
 * Evaluating the policies of an interrupted or finished run.
 *
 * Law, tested: with as many episodes as the run's final evaluation, the result is that evaluation.
 *
 * @module
 */

import { E, pipe, TE } from "../deps.ts";
import type { Episode } from "../train/evaluate.ts";
import type { RunError } from "./context.ts";
import { evaluateReplicas } from "./evaluation.ts";
import type { Experiment } from "./experiment.ts";
import { catchExceptions, nonFiniteIn } from "./faults.ts";
import type { JsonObject } from "./json.ts";
import { type TrainedRun, trainedRun } from "./trained_run.ts";

/** Options of an evaluation of a run. */
export interface EvaluatedOptions {
  /** Number of episodes; that of the run's final evaluation unless given. */
  readonly episodes?: number | undefined;
  /** Whether to use the policies of the best checkpoint instead of the final ones. */
  readonly best?: boolean | undefined;
}

/** Evaluates a run's policies, for each replica. */
export const evaluated = (
  experiments: readonly Experiment[],
  path: string,
  { episodes, best }: EvaluatedOptions,
  interrupted: () => boolean,
): TE.TaskEither<RunError, JsonObject> =>
  catchExceptions(
    "The evaluation",
    pipe(
      trainedRun(experiments, path, best ? "best" : "final"),
      TE.bindTo("trained"),
      TE.bind("played", ({ trained }) => evaluateRun(trained, episodes, interrupted)),
      TE.chainFirstEitherKW(({ trained: { configuration: { seed } }, played }) => {
        const found = nonFiniteIn(played, seed);
        return found.length === 0
          ? E.right(null)
          : E.left<RunError>({ _tag: "NonFinite", message: found.join("; ") });
      }),
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
    ),
  );

/** Plays episodes of a run's policies, for each replica; as many as its final evaluation unless given. */
export const evaluateRun = (
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
