/**
 * What an experiment is to the command line: an environment, default settings, and what is made of a finished run.
 *
 * @module
 */

import type { Environment } from "../../envs/environment.ts";
import type { Learner } from "../learn/learner.ts";
import { type SoftQHyper, softQLearner } from "../learn/soft_q_learner.ts";
import type { SoftQ } from "../learn/soft_q.ts";
import type { Key } from "../random/key.ts";
import type { Values } from "../tensor/loops.ts";
import type { Episode } from "../train/evaluate.ts";
import type { Training } from "../train/loop.ts";
import { capacityOf, type Configuration } from "./configuration.ts";

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

/** The choices of a configuration that shape the learner's program. */
export const softQOf = (c: Configuration, environment: Environment): SoftQ => ({
  observation: environment.spec.observation.length,
  action: environment.spec.action.length,
  hidden: c.hidden,
  batch: c.batch,
  valueParticles: c.valueParticles,
  fixedParticles: c.fixedParticles,
  movedParticles: c.movedParticles,
  squash: c.squash,
  bandwidth: c.bandwidth,
  valueSamples: c.valueSamples,
  valueProposal: c.valueProposal,
  critics: c.critics,
});

/** `from` at share 0 and `to` at share 1, a straight line in the logarithm. */
const logLinear = (from: number, to: number, share: number): number => from * (to / from) ** share;

/** The settings of a configuration after `steps` environment steps. */
export function settingsAt(c: Configuration, steps: number): SoftQHyper {
  const done = Math.min(1, steps / c.steps);
  const annealed = Math.min(1, steps / (c.temperatureSteps === 0 ? c.steps : c.temperatureSteps));
  const decay = logLinear(1, c.rateEnd, done);
  return {
    temperature: c.temperatureEnd === 0
      ? c.temperature
      : logLinear(c.temperature, c.temperatureEnd, annealed),
    rewardScale: c.rewardScale,
    discount: c.discount,
    criticRate: c.criticRate * decay,
    samplerRate: c.samplerRate * decay,
    targetInterval: c.target === "copy" ? c.targetInterval : 1,
    targetRate: c.target === "copy" ? 1 : c.targetRate,
  };
}

/** The training that a configuration describes. */
export function trainingOf(experiment: Experiment, c: Configuration): Training<SoftQHyper> {
  const environment = experiment.environment(c.variant);
  return {
    environment,
    learner: softQLearner(softQOf(c, environment)),
    seed: c.seed,
    replicas: c.replicas,
    environments: c.environments,
    steps: c.steps,
    chunk: c.chunk,
    stepsPerUpdate: c.stepsPerUpdate,
    minimumReplay: c.minimumReplay,
    capacity: capacityOf(c),
    horizon: c.horizon,
    explorationNoise: c.explorationNoise === "none" ? null : { theta: 0.15, sigma: 0.3 },
    settings: (steps) => new Array<SoftQHyper>(c.replicas).fill(settingsAt(c, steps)),
  };
}
