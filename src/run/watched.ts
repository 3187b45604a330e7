/**
 * Pages that play episodes of a run's policy or, without a run, of a script or a policy file in an experiment.
 *
 * @module
 */

import type { Environment } from "../../envs/environment.ts";
import type { View } from "../../envs/view.ts";
import { E, pipe, TE } from "../deps.ts";
import { keyOf } from "../random/key.ts";
import { motionOf, type Rollout, rolloutOf } from "../report/watch.ts";
import { type Heading, watchPage } from "../report/watch_page.ts";
import type { Episode } from "../train/evaluate.ts";
import { type ConfigInvalid, configInvalid, type Configuration } from "./configuration.ts";
import type { RunError } from "./context.ts";
import { evaluateRun } from "./evaluated.ts";
import { catchExceptions } from "./faults.ts";
import { type Experiment, experimentNamed } from "./experiment.ts";
import { makeFoldersFor } from "./files.ts";
import { writePage } from "./page_file.ts";
import { isPolicyFile, playPolicyFile } from "./policy_file.ts";
import { type Gait, playScript, type Script, SCRIPTS } from "./scripted.ts";
import { trainedRun } from "./trained_run.ts";

/** Options of watching a run, or an experiment without one. */
export interface WatchOptions {
  readonly episodes?: number | undefined;
  readonly out?: string | undefined;
  /** Whether to play the policy of the best checkpoint instead of the final one. */
  readonly best?: boolean | undefined;
  /** Replica of the run. */
  readonly replica?: number | undefined;
  /** Name of an experiment to watch without a run. */
  readonly experiment?: string | undefined;
  /** Its variant; the first unless given. */
  readonly variant?: string | undefined;
  /** Its policy; `random` unless given. */
  readonly policy?: string | undefined;
  /** Seed of its episodes. */
  readonly seed?: number | undefined;
  /** Steps after which its episodes are truncated. */
  readonly steps?: number | undefined;
}

/** The default number of episodes. */
export const SHOWN_EPISODES = 8;

/** The flags for a run, and those for an experiment without one. */
const OF_RUN = ["best", "replica"] as const, OF_EXPERIMENT = ["variant", "policy", "seed", "steps"] as const;

/** The rollouts of episodes, with their titles. */
const rolloutsOf = (view: View, episodes: readonly Episode[]): readonly Rollout[] =>
  episodes.map((episode, k) =>
    rolloutOf(
      view,
      episode,
      `${k + 1}: return ${episode.return.toFixed(1).replace("-", "−")}, ${episode.length} steps`,
    )
  );

/** The page of an environment's episodes; null if the environment has no view. */
const episodesPage = (heading: Heading, { view }: Environment, episodes: readonly Episode[]): string | null =>
  view === undefined ? null : watchPage(heading, view, rolloutsOf(view, episodes));

/** The player's data of episodes; null if the environment has no view. */
export const episodesMotion = ({ view }: Environment, episodes: readonly Episode[]) =>
  view === undefined ? null : motionOf(view, rolloutsOf(view, episodes));

/** The heading of a policy's episodes. */
export const policyHeading = (
  experiment: Experiment,
  { algorithm, seed }: Configuration,
  replica: number,
  episodes: number,
  policy: string,
): Heading => ({
  title: `${experiment.name}, ${algorithm}, seed ${seed + replica}`,
  caption: `${episodes} episodes of the policy ${policy}`,
});

/** The page of a run's policy. */
const runPage = (
  experiments: readonly Experiment[],
  path: string,
  { episodes = SHOWN_EPISODES, replica = 0, best = false }: WatchOptions,
  interrupted: () => boolean,
): TE.TaskEither<RunError, string | null> =>
  pipe(
    trainedRun(experiments, path, best ? "best" : "final"),
    TE.filterOrElseW(
      ({ configuration }) => replica < configuration.replicas,
      ({ configuration: { replicas } }) =>
        configInvalid("replica", `--replica must be below ${replicas}, the run's replicas: got ${replica}`),
    ),
    TE.bindTo("trained"),
    TE.bindW("all", ({ trained }) => evaluateRun(trained, episodes, interrupted)),
    TE.map(({ trained: { configuration, experiment, running, state, file }, all }) => {
      const played = all[replica]!;
      const policy = `after ${state.steps} steps (${best ? "the best checkpoint, " : ""}${file})`;
      const heading = policyHeading(experiment, configuration, replica, played.length, policy);
      return episodesPage(heading, running.training.environment, played);
    }),
  );

/** The page of an experiment's environment under a policy file. */
const filePage = (
  experiments: readonly Experiment[],
  name: string,
  path: string,
  { variant, seed = 0, steps, episodes = SHOWN_EPISODES }: WatchOptions,
): TE.TaskEither<RunError, string | null> =>
  pipe(
    TE.fromEither(experimentNamed(experiments, name)),
    TE.bindTo("experiment"),
    TE.bindW("options", ({ experiment }) => TE.fromEither(scriptOptions(experiment, { variant }))),
    TE.chainW(({ experiment, options }) => {
      const environment = experiment.environment(options.variant);
      return pipe(
        playPolicyFile(path, environment, steps ?? environment.spec.horizon, episodes, keyOf(seed)),
        TE.map((played) => {
          const title = `${name}, ${options.variant}, seed ${seed}`;
          return episodesPage({ title, caption: `${episodes} episodes of ${path}` }, environment, played);
        }),
      );
    }),
  );

/** The page of an experiment's environment under a script. */
const scriptPage = (
  experiments: readonly Experiment[],
  name: string,
  options: WatchOptions,
): E.Either<RunError, string | null> =>
  pipe(
    experimentNamed(experiments, name),
    E.chainW((experiment) =>
      pipe(
        scriptOptions(experiment, options),
        E.map(({ variant, script, gait }) => {
          const environment = experiment.environment(variant);
          const { seed = 0, steps = environment.spec.horizon, episodes = 1 } = options;
          const played = playScript(script, environment, gait, steps, episodes, keyOf(seed));
          const title = `${name}, ${variant}, ${script} policy, seed ${seed}`;
          return episodesPage(
            { title, caption: `Nothing was learned: a scripted policy` },
            environment,
            played,
          );
        }),
      )
    ),
  );

/** Validates the variant and the script. */
function scriptOptions(
  { name, variants, gait }: Experiment,
  { variant = variants[0]!, policy = "random" }: WatchOptions,
): E.Either<ConfigInvalid, { variant: string; script: Script; gait: Gait }> {
  const script = SCRIPTS.find((each) => each === policy);
  const oneOf = (flag: string, allowed: readonly string[], found: string) =>
    E.left(configInvalid(flag, `--${flag} must be one of ${allowed.join(", ")}: got "${found}"`));
  if (!variants.includes(variant)) return oneOf("variant", variants, variant);
  if (script === undefined) return oneOf("policy", SCRIPTS, policy);
  if (script === "gait" && gait === undefined) {
    return E.left(
      configInvalid("policy", `The experiment "${name}" has no gait: give --policy random or zero`),
    );
  }
  return E.right({ variant, script, gait: gait ?? (() => {}) });
}

/** Whether to watch a run's folder or an experiment; exactly one must be given. */
function target(
  path: string | undefined,
  options: WatchOptions,
): E.Either<ConfigInvalid, "run" | "experiment"> {
  const { experiment } = options;
  if ((path === undefined) === (experiment === undefined)) {
    const got = path === undefined ? 'neither ("softq list" shows the runs that there are)' : "both";
    return E.left(configInvalid("run", `Give either a run's folder or --experiment: got ${got}`));
  }
  const foreign = (path === undefined ? OF_RUN : OF_EXPERIMENT).find((flag) => options[flag] !== undefined);
  return foreign === undefined ? E.right(path === undefined ? "experiment" : "run") : E.left(configInvalid(
    foreign,
    `--${foreign} belongs to ${path === undefined ? "a run" : "--experiment"}, which was not given`,
  ));
}

/**
 * Writes the page; returns its path.
 *
 * @param listen starts listening to interrupts; returns whether one has come
 */
export const writeEpisodes = (
  experiments: readonly Experiment[],
  path: string | undefined,
  options: WatchOptions,
  listen: () => () => boolean,
): TE.TaskEither<RunError, string> => {
  const { experiment = "", out } = options;
  const file = out ??
    (path === undefined ? `runs/watch-${experiment}.html` : `${path.replace(/(?<=.)\/+$/, "")}/watch.html`);
  return pipe(
    TE.fromEither(target(path, options)),
    TE.chainW((of) =>
      catchExceptions<RunError, string | null>("The environment", () => {
        if (of === "run") return runPage(experiments, path ?? "", options, listen())();
        return options.policy !== undefined && isPolicyFile(options.policy)
          ? filePage(experiments, experiment, options.policy, options)()
          : Promise.resolve(scriptPage(experiments, experiment, options));
      })
    ),
    TE.chainW((page): TE.TaskEither<RunError, void> =>
      page === null
        ? TE.left(
          configInvalid(
            "run",
            `The environment of "${path ?? experiment}" has no view, so it cannot be drawn`,
          ),
        )
        : pipe(makeFoldersFor(file), TE.chainW(() => writePage(file, page)))
    ),
    TE.map(() => file),
  );
};
