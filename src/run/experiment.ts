/**
 * What an experiment is to the command line: an environment, presets, and what is made of a finished run.
 *
 * @module
 */

import type { Environment } from "../../envs/environment.ts";
import { E, pipe } from "../deps.ts";
import type { Learner } from "../learn/learner.ts";
import type { Key } from "../random/key.ts";
import type { Values } from "../tensor/loops.ts";
import { DDPG_DEFAULTS, DDPG_METADATA, ddpgTraining } from "../train/ddpg_training.ts";
import type { Episode } from "../train/evaluate.ts";
import type { Training } from "../train/loop.ts";
import { sealed, type WrittenSettings } from "../train/options.ts";
import { interfaceMetadata } from "../train/initial_parameters.ts";
import { policyMetadata, SOFT_Q_DEFAULTS, softQTraining } from "../train/soft_q_training.ts";
import { configInvalid, type Configuration } from "./configuration.ts";
import type { RunError } from "./context.ts";
import type { JsonObject } from "./json.ts";
import type { Gait } from "./scripted.ts";

/** What learns. */
export type Algorithm = Configuration["algorithm"];

/** How much is learned. */
export type Scale = Configuration["scale"];

/** What one evaluation of a replica on the way came to. */
export interface Evaluated {
  /** Environment steps that the replica had made. */
  readonly step: number;
  /** What `summarise` made of the episodes. */
  readonly evaluation: JsonObject;
}

/** What the figures of a finished run can be made from. */
export interface Finished {
  /** What was run. */
  readonly configuration: Configuration;
  /** What was acted in. */
  readonly environment: Environment;
  /** What learned; its policy plays the figures' episodes. */
  readonly learner: Learner<WrittenSettings>;
  /** The learner's state by entry, `[R, …]` each. */
  readonly state: Readonly<Record<string, Values>>;
  /** The final evaluation, replica by replica. */
  readonly episodes: readonly (readonly Episode[])[];
  /** All evaluations, the final one last, replica by replica. */
  readonly history: readonly (readonly Evaluated[])[];
  /** `[R]` keys of the replicas. */
  readonly keys: readonly Key[];
}

/** An experiment. */
export interface Experiment {
  /** Name on the command line and in `config.json`. */
  readonly name: string;
  /** One sentence for `--help`. */
  readonly brief: string;
  /** Versions of the environment that `--variant` takes. */
  readonly variants: readonly string[];
  /** The configuration of an algorithm at a scale. */
  readonly preset: (algorithm: Algorithm, scale: Scale) => Configuration;
  /** The environment in a version. */
  readonly environment: (variant: string) => Environment;
  /** A hand-made gait of its body, to be watched without a run; none unless given. */
  readonly gait?: Gait;
  /** What an evaluation's episodes of one replica come to. */
  readonly summarise: (episodes: readonly Episode[], variant: string) => JsonObject;
  /** What all evaluations of one replica come to, for `summary.json`; nothing unless given. */
  readonly overall?: (history: readonly Evaluated[]) => JsonObject;
  /** Files of a finished run, by name. */
  readonly figures: (finished: Finished) => Readonly<Record<string, string>>;
}

/** The experiment of a name. */
export const experimentNamed = (
  experiments: readonly Experiment[],
  name: string,
): E.Either<RunError, Experiment> =>
  pipe(
    experiments.find((experiment) => experiment.name === name),
    E.fromNullable(
      configInvalid(
        "experiment",
        `There is no experiment "${name}": known are ${experiments.map((each) => each.name).join(", ")}`,
      ),
    ),
  );

/** A configuration from the defaults of its algorithm and what an experiment changes. */
export const presetOf = (
  experiment: string,
  algorithm: Algorithm,
  scale: Scale,
  changes: Partial<Configuration> & Pick<Configuration, "variant">,
): Configuration => ({
  ...SOFT_Q_DEFAULTS,
  ...(algorithm === "ddpg" ? DDPG_DEFAULTS : {}),
  experiment,
  algorithm,
  scale,
  device: "auto",
  init: "",
  initDigest: "",
  initReplay: "fresh",
  initTemperature: "fresh",
  initNoise: "fresh",
  evaluationEpisodes: 100,
  evaluationInterval: 0,
  intermediateEpisodes: 10,
  checkpointInterval: 0,
  logInterval: 1000,
  metrics: "jsonl",
  ...changes,
});

/** The training that a configuration describes. */
export const trainingOf = (experiment: Experiment, c: Configuration): Training<WrittenSettings> => {
  const environment = experiment.environment(c.variant);
  return c.algorithm === "ddpg"
    ? sealed(ddpgTraining(environment, c, true))
    : sealed(softQTraining(environment, c, true));
};

/** What the file of a configuration's policy says beside its tensors. */
export const metadataOf = (experiment: Experiment, c: Configuration): Readonly<Record<string, string>> => ({
  ...(c.algorithm === "ddpg" ? DDPG_METADATA : policyMetadata(c)),
  ...interfaceMetadata(experiment.environment(c.variant).spec),
});
