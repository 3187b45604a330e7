/**
 * `softq watch RUN`: episodes of a run's policy as a page to look at.
 *
 * @module
 */

import type { Environment } from "../../envs/environment.ts";
import { pipe, TE } from "../deps.ts";
import { watchPage } from "../report/watch.ts";
import type { Episode } from "../train/evaluate.ts";
import { writeWhole } from "../run/files.ts";
import { evaluateReplicas } from "../run/evaluation.ts";
import { configInvalid, type Configuration } from "../run/configuration.ts";
import type { Console } from "./console.ts";
import { buildCommand, type Command, type CommandContext } from "./deps.ts";
import type { Experiment } from "../run/experiment.ts";
import { countFlag, runArgument, textFlag } from "./flags.ts";
import { printResult } from "./exit_code.ts";
import { rolloutOf, viewOf } from "./scenes.ts";
import { type TrainedRun, trainedRun } from "../run/trained_run.ts";
import type { RunError } from "../run/context.ts";

/** What to show. */
export interface WatchOptions {
  readonly episodes: number | undefined;
  readonly replica: number | undefined;
  readonly out: string | undefined;
}

const EPISODES = 8;

/** The page of a replica's episodes; null where its environment cannot be drawn. */
export function rolloutsPage(
  experiment: Experiment,
  configuration: Configuration,
  environment: Environment,
  episodes: readonly Episode[],
  replica: number,
  policy: string,
): string | null {
  const view = viewOf(environment, experiment.finish?.(configuration.variant) ?? null);
  if (view === null) return null;
  const seed = configuration.seed + replica;
  return watchPage(
    {
      ...view.scene,
      title: `${experiment.name}, ${configuration.algorithm}, seed ${seed}`,
      caption: `${episodes.length} episodes of the policy ${policy}`,
    },
    episodes.map((episode, k) =>
      rolloutOf(
        view,
        environment,
        episode,
        `${k + 1}: return ${episode.return.toFixed(1).replace("-", "−")}, ${episode.length} steps`,
      )
    ),
  );
}

/** The page of a run's policy. */
function pageOf(
  { configuration, experiment, running, state, file }: TrainedRun,
  episodes: number,
  replica: number,
): string | null {
  const played = evaluateReplicas(running, configuration, state, episodes)[replica];
  const policy = `after ${state.steps} steps (${file})`;
  return rolloutsPage(experiment, configuration, running.training.environment, played, replica, policy);
}

/** Writes the page and gives its path. */
export const watch = (
  experiments: readonly Experiment[],
  path: string,
  { episodes = EPISODES, replica = 0, out = `${path.replace(/(?<=.)\/+$/, "")}/watch.html` }: WatchOptions,
): TE.TaskEither<RunError, string> =>
  pipe(
    trainedRun(experiments, path),
    TE.chain((run): TE.TaskEither<RunError, void> => {
      if (replica >= run.configuration.replicas) {
        const message =
          `--replica must be below ${run.configuration.replicas}, the run's replicas: got ${replica}`;
        return TE.left(configInvalid("replica", message));
      }
      const page = pageOf(run, episodes, replica);
      return page === null
        ? TE.left(configInvalid("run", `The environment of "${path}" cannot be drawn`))
        : writeWhole(out, page);
    }),
    TE.map(() => out),
  );

/** The command. */
export const watchCommand = (
  experiments: readonly Experiment[],
  console_: Console,
  exit: (code: number) => void,
): Command<CommandContext> =>
  buildCommand<WatchOptions, [string], CommandContext>({
    parameters: {
      positional: { kind: "tuple", parameters: [runArgument] },
      flags: {
        episodes: countFlag(`episodes to show, overlaid [${EPISODES}]`, "count", 1, 200),
        replica: countFlag("replica to show [0]", "replica", 0),
        out: textFlag("file to write [watch.html in the run's folder]", "file"),
      },
    },
    docs: {
      brief: "Write a page that plays episodes of a run's policy",
      fullDescription:
        "Plays episodes with the final policy of a run, or that of its newest checkpoint, and writes a page\n" +
        "to watch them on. Least permissions: --allow-read of the run's folder, --allow-write of the page.",
    },
    func: async function (options, path): Promise<void> {
      exit(printResult(await watch(experiments, path, options)(), console_, (file) => `${file}\n`));
    },
  });
