/**
 * Soft Q-learning from options: what a run, a script and a test have in common.
 *
 * @module
 */

import { TE } from "../deps.ts";
import type { Environment } from "../../envs/environment.ts";
import type { SoftQ } from "../learn/soft_q/update.ts";
import { type SoftQHyper, softQLearner } from "../learn/soft_q/learner.ts";
import { keyOf } from "../random/key.ts";
import { replicaKeys, type Training } from "./loop.ts";
import { optionsError } from "./option_rules.ts";
import {
  LEARNING_DEFAULTS,
  type LearningOptions,
  learningSettingsAt,
  logLinear,
  trainingWith,
} from "./options.ts";
import { type TrainContext, type Trained, type TrainingError, trainPolicy } from "./trained.ts";

/** Options of soft Q-learning. `README.md` says where each comes from. */
export interface SoftQOptions extends LearningOptions, Omit<SoftQ, "observation" | "action"> {
  /** α at the start, in units of the scaled reward. */
  readonly temperature: number;
  /** α at the end of a log-linear schedule; 0: constant. */
  readonly temperatureEnd: number;
  /** Environment steps that the schedule takes; 0: all. */
  readonly temperatureSteps: number;
  /** How many fixed noises the sampler is asked for; 0: ξ ~ N(0, I). */
  readonly noiseSet: number;
  /** Environment steps in which the noise set shrinks to one, in proportion; 0: it keeps its size. */
  readonly noiseSetSteps: number;
  /** Seed of replica 0's set, replica r's is r more; -1: the replicas' own seeds. */
  readonly noiseSeed: number;
}

/** The options that soft Q-learning alone has. */
export const SOFT_Q_CHOICES: Omit<SoftQOptions, keyof LearningOptions> = {
  valueParticles: 50,
  fixedParticles: 16,
  movedParticles: 16,
  squash: "pre-tanh",
  bandwidth: "median",
  valueSamples: "per-state",
  valueProposal: "uniform",
  critics: 1,
  temperature: 1,
  temperatureEnd: 0,
  temperatureSteps: 0,
  noiseSet: 0,
  noiseSetSteps: 0,
  noiseSeed: -1,
};

/** Options with which a small task is learned in minutes on a laptop. */
export const SOFT_Q_DEFAULTS: SoftQOptions = { ...LEARNING_DEFAULTS, ...SOFT_Q_CHOICES };

/** The choices that shape the learner's program. */
export const softQOf = (o: SoftQOptions, environment: Environment): SoftQ => ({
  observation: environment.spec.observation.length,
  action: environment.spec.action.length,
  hidden: o.hidden,
  batch: o.batch,
  valueParticles: o.valueParticles,
  fixedParticles: o.fixedParticles,
  movedParticles: o.movedParticles,
  squash: o.squash,
  bandwidth: o.bandwidth,
  valueSamples: o.valueSamples,
  valueProposal: o.valueProposal,
  critics: o.critics,
  noiseSet: o.noiseSet,
});

/** How many noises of the fixed set are in use after `steps` environment steps: from all of them to one. */
export const noiseCountAt = (o: Pick<SoftQOptions, "noiseSet" | "noiseSetSteps">, steps: number): number =>
  o.noiseSetSteps === 0
    ? o.noiseSet
    : Math.round(o.noiseSet + (1 - o.noiseSet) * Math.min(1, steps / o.noiseSetSteps));

/** Seed of the set of noises of replica 0. */
export const noiseSeedOf = ({ noiseSeed, seed }: Pick<SoftQOptions, "noiseSeed" | "seed">): number =>
  noiseSeed < 0 ? seed : noiseSeed;

/** The numerical settings of a replica after `steps` environment steps. */
export function settingsAt(o: SoftQOptions, steps: number, replica = 0): SoftQHyper {
  const annealed = Math.min(1, steps / (o.temperatureSteps === 0 ? o.steps : o.temperatureSteps));
  return {
    ...learningSettingsAt(o, steps),
    temperature: o.temperatureEnd === 0
      ? o.temperature
      : logLinear(o.temperature, o.temperatureEnd, annealed),
    noiseCount: noiseCountAt(o, steps),
    noiseKey: keyOf(noiseSeedOf(o) + replica),
  };
}

/**
 * The training that options describe.
 *
 * @param journal whether the run is recorded: the replay then keeps a journal for checkpoints, and updates compute the
 * diagnostics too
 */
export const softQTraining = (
  environment: Environment,
  o: SoftQOptions,
  journal = false,
): Training<SoftQHyper> =>
  trainingWith(
    environment,
    softQLearner(softQOf(o, environment), journal),
    o,
    (steps, replica) => settingsAt(o, steps, replica),
    journal,
    o.noiseSet === 0 ? null : {
      size: o.noiseSet,
      count: (steps) => noiseCountAt(o, steps),
      keys: replicaKeys({ seed: noiseSeedOf(o), replicas: o.replicas }),
    },
  );

/** What a policy file says beside its tensors. */
export const policyMetadata = (o: Pick<SoftQOptions, "squash">): Record<string, string> => ({
  format: "softq 1",
  squash: o.squash,
});

/**
 * Trains a policy on an environment.
 *
 * @param environment see `environment`
 * @param options what differs from {@link SOFT_Q_DEFAULTS}
 * @returns the policy, or `NonFinite` if a replica diverged, or what was wrong with the device
 *
 * @example
 * ```ts
 * import { E, pointMass, trainSoftQ } from "../../mod.ts";
 * import assert from "node:assert/strict";
 * // Fifty steps teach nothing; they show the call.
 * const options = { steps: 50, chunk: 25, minimumReplay: 10, hidden: [8], batch: 4, rewardScale: 0.1 };
 * const trained = await trainSoftQ(pointMass(), options)();
 * assert.ok(E.isRight(trained));
 * assert.ok(trained.right.agent.act([0, 0], [1, 2]).every((a) => Math.abs(a) <= 1));
 * ```
 */
export const trainSoftQ = (
  environment: Environment,
  options: Partial<SoftQOptions> = {},
  context: TrainContext = {},
): TE.TaskEither<TrainingError, Trained> => {
  const o = { ...SOFT_Q_DEFAULTS, ...options };
  const error = optionsError(o);
  return error === null
    ? trainPolicy(softQTraining(environment, o), policyMetadata(o), context)
    : TE.left(error);
};
