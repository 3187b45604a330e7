/**
 * DDPG from options: what a run, a script and a test have in common.
 *
 * @module
 */

import { TE } from "../deps.ts";
import type { Environment } from "../../envs/environment.ts";
import type { Ddpg } from "../learn/ddpg/update.ts";
import { type DdpgHyper, ddpgLearner } from "../learn/ddpg/learner.ts";
import type { Training } from "./loop.ts";
import { optionsError } from "./option_rules.ts";
import { LEARNING_DEFAULTS, type LearningOptions, learningSettingsAt, trainingWith } from "./options.ts";
import { type TrainContext, type Trained, type TrainingError, trainPolicy } from "./trained.ts";

/** Options with which DDPG learns a small task in minutes: those of soft Q-learning, and noise to explore with. */
export const DDPG_DEFAULTS: LearningOptions = {
  ...LEARNING_DEFAULTS,
  explorationNoise: "ornstein-uhlenbeck",
};

/** The choices that shape the learner's program. */
export const ddpgOf = (o: LearningOptions, environment: Environment): Ddpg => ({
  observation: environment.spec.observation.length,
  action: environment.spec.action.length,
  hidden: o.hidden,
  batch: o.batch,
});

/** The training that options describe. */
export const ddpgTraining = (
  environment: Environment,
  o: LearningOptions,
  journal = false,
): Training<DdpgHyper> =>
  trainingWith(
    environment,
    ddpgLearner(ddpgOf(o, environment)),
    o,
    (steps) => learningSettingsAt(o, steps),
    journal,
  );

/** What a DDPG policy's file says beside its tensors. */
export const DDPG_METADATA = { format: "softq 1", algorithm: "ddpg" } as const;

/**
 * Trains a deterministic policy on an environment by DDPG.
 *
 * @param environment see `environment`
 * @param options what differs from {@link DDPG_DEFAULTS}
 * @returns the policy, or `NonFinite` if a replica diverged, or what was wrong with the device
 *
 * @example
 * ```ts
 * import { E, pointMass, trainDdpg } from "../../mod.ts";
 * import assert from "node:assert/strict";
 * // Fifty steps teach nothing; they show the call.
 * const options = { steps: 50, chunk: 25, minimumReplay: 10, hidden: [8], batch: 4, rewardScale: 0.1 };
 * const trained = await trainDdpg(pointMass(), options)();
 * assert.ok(E.isRight(trained));
 * const { act } = trained.right.agent;
 * assert.deepEqual(act([0, 0], [1, 2]), act([0, 0], [3, 4])); // no key matters to a deterministic policy
 * ```
 */
export const trainDdpg = (
  environment: Environment,
  options: Partial<LearningOptions> = {},
  context: TrainContext = {},
): TE.TaskEither<TrainingError, Trained> => {
  const o = { ...DDPG_DEFAULTS, ...options };
  const error = optionsError(o);
  return error === null ? trainPolicy(ddpgTraining(environment, o), DDPG_METADATA, context) : TE.left(error);
};
