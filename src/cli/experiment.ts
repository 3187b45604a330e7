/**
 * What an experiment is to the command line: an environment, default settings, and what is made of a finished run.
 *
 * @module
 */

import type { Environment } from "../../envs/environment.ts";
import type { Learner } from "../learn/learner.ts";
import type { SoftQHyper } from "../learn/soft_q_learner.ts";
import type { Key } from "../random/key.ts";
import type { Values } from "../tensor/loops.ts";
import type { Episode } from "../train/evaluate.ts";
import type { Training } from "../train/loop.ts";
import { softQTraining } from "../train/soft_q_training.ts";
import type { Configuration } from "./configuration.ts";

/** What can be written as JSON. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** What the figures of a finished run can be made from. */
export interface Finished {
  readonly configuration: Configuration;
  readonly environment: Environment;
  readonly learner: Learner<SoftQHyper>;
  /** The learner's state by entry, `[R, …]` each. */
  readonly state: Readonly<Record<string, Values>>;
  /** The final evaluation, replica by replica. */
  readonly episodes: readonly (readonly Episode[])[];
  /** `[R]` keys of the replicas. */
  readonly keys: readonly Key[];
}

/** An experiment. */
export interface Experiment {
  readonly name: string;
  /** One sentence for `--help`. */
  readonly brief: string;
  readonly variants: readonly string[];
  readonly defaults: Configuration;
  readonly environment: (variant: string) => Environment;
  /** What an evaluation's episodes of one replica come to. */
  readonly summarise: (episodes: readonly Episode[], variant: string) => { readonly [key: string]: Json };
  /** Files of a finished run, by name. */
  readonly figures: (finished: Finished) => Readonly<Record<string, string>>;
}

/** The training that a configuration describes. */
export const trainingOf = (experiment: Experiment, c: Configuration): Training<SoftQHyper> =>
  softQTraining(experiment.environment(c.variant), c, true);
