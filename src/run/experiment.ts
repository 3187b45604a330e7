/**
 * The interface of experiments: an environment, presets, summaries and figures.
 *
 * @module
 */

import type { Environment } from "../../envs/environment.ts";
import { E, pipe } from "../deps.ts";
import type { Configured } from "../learn/algorithm.ts";
import { algorithmNamed, ALGORITHMS } from "../learn/algorithms.ts";
import type { Learner, WrittenSettings } from "../learn/learner.ts";
import { defaultsOf, noSuchName, optionsInvalid, rowOf } from "../learn/option.ts";
import type { Key } from "../random/key.ts";
import type { Values } from "../tensor/loops.ts";
import type { Episode } from "../train/evaluate.ts";
import type { Training } from "../train/loop.ts";
import { interfaceMetadata } from "../train/initial_parameters.ts";
import { horizonOf, trainingOf as trainingWith } from "../train/training.ts";
import { configInvalid, type Configuration, RUN_OPTIONS, type RunOptions } from "./configuration.ts";
import type { RunError } from "./context.ts";
import type { JsonObject } from "./json.ts";
import type { MeasureTable } from "./measures.ts";
import type { Gait } from "./scripted.ts";
import { anObject, requireFit } from "../given.ts";
import { checkedExperiment } from "./checked_experiment.ts";

/** Name of an algorithm. */
export type Algorithm = Configuration["algorithm"];

/** Name of a scale, a preset of a run's options. */
export type Scale = Configuration["scale"];

/** One evaluation of a replica. */
export interface Evaluated<S = JsonObject> {
  /** Environment steps that the replica had made. */
  readonly step: number;
  /** The summary of its episodes. */
  readonly evaluation: S;
}

/** A finished run, as the input of its figures. */
export interface Finished {
  /** The run's configuration. */
  readonly configuration: Configuration;
  /** The environment. */
  readonly environment: Environment;
  /** The learner, with the policy's functions. */
  readonly learner: Learner<WrittenSettings>;
  /** The learner's state by entry, `[R, …]` each. */
  readonly state: Readonly<Record<string, Values>>;
  /** Episodes of the final evaluation, for each replica. */
  readonly episodes: readonly (readonly Episode[])[];
  /** All evaluations, the final one last, for each replica. */
  readonly history: readonly (readonly Evaluated[])[];
  /** `[R]` keys of the replicas. */
  readonly keys: readonly Key[];
}

/** An experiment. */
export interface Experiment {
  /** Name on the command line and in `config.json`. */
  readonly name: string;
  /** URL of the module that exports it (`import.meta.url`), for workers that collect; none are used unless given. */
  readonly module?: string;
  /** One sentence for `--help`. */
  readonly brief: string;
  /** Names of the environment's variants, for `--variant`. */
  readonly variants: readonly string[];
  /** The configuration of an algorithm at a scale, in a variant; in the first one unless given. */
  readonly preset: (algorithm: Algorithm, scale: Scale, variant?: string) => Configuration;
  /** The environment of a variant. */
  readonly environment: (variant: string) => Environment;
  /** A scripted gait of its body, for `watch` without a run; none unless given. */
  readonly gait?: Gait;
  /** The measures that `summarise` returns, so that others may ask for them by name; not checked unless given. */
  readonly measures?: MeasureTable;
  /** Summarises the episodes of one replica's evaluation. */
  readonly summarise: (episodes: readonly Episode[], variant: string) => JsonObject;
  /** Summarises all evaluations of one replica, for `summary.json`; nothing unless given. */
  readonly overall?: (history: readonly Evaluated[]) => JsonObject;
  /** Files of a finished run, by name. */
  readonly figures: (finished: Finished) => Readonly<Record<string, string>>;
}

/** The experiment of a name, checked. */
export const experimentNamed = (
  experiments: readonly Experiment[],
  name: string,
): E.Either<RunError, Experiment> =>
  pipe(
    experiments.find((experiment) => experiment.name === name),
    E.fromNullable(
      configInvalid(
        "experiment",
        noSuchName("experiment", name, experiments.map((each) => each.name)),
      ),
    ),
    E.map(checkedExperiment),
  );

/** A configuration from its algorithm's defaults and an experiment's changes, without other algorithms' options. */
export function presetOf(
  experiment: string,
  algorithm: Algorithm,
  scale: Scale,
  changes: Partial<Configuration> & Pick<Configuration, "variant">,
): Configuration {
  requireFit("A preset's changes", changes, anObject);
  const { options, defaults } = algorithmNamed(algorithm) ?? ALGORITHMS[0];
  const own = Object.entries(changes).filter(([name]) =>
    rowOf(RUN_OPTIONS, name) !== undefined || rowOf(options, name) !== undefined
  );
  return {
    experiment,
    initDigest: "",
    ...defaultsOf<RunOptions>(RUN_OPTIONS),
    ...defaults,
    ...Object.fromEntries(own),
    algorithm,
    scale,
  };
}

/** The configured algorithm of a configuration. */
export function algorithmOf(c: Configuration): Configured {
  const { options, configured } = algorithmNamed(c.algorithm) ?? ALGORITHMS[0];
  const own = Object.entries(c).filter(([name]) => rowOf(options, name) !== undefined);
  const made = configured(Object.fromEntries(own));
  if (E.isLeft(made)) throw new Error(optionsInvalid(made.left).message); // it has been validated
  return made.right;
}

/** The configuration with its environment's horizon, if it has none and that is finite. */
export function withHorizon(experiment: Experiment, c: Configuration): Configuration {
  if (!experiment.variants.includes(c.variant)) return c; // validation refuses it by name
  const horizon = horizonOf(experiment.environment(c.variant), c);
  return Number.isFinite(horizon) ? { ...c, horizon } : c;
}

/** The training that a configuration describes. */
export const trainingOf = (experiment: Experiment, c: Configuration): Training<WrittenSettings> =>
  trainingWith(experiment.environment(c.variant), algorithmOf(c), true);

/** The metadata of a configuration's parameter file. */
export const metadataOf = (experiment: Experiment, c: Configuration): Readonly<Record<string, string>> => ({
  ...algorithmOf(c).metadata,
  ...interfaceMetadata(experiment.environment(c.variant).spec),
});
