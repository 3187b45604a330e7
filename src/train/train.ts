/**
 * Training a policy in one call, algorithm by algorithm.
 *
 * @module
 */

import { pipe, TE } from "../deps.ts";
import type { Environment } from "../../envs/environment.ts";
import type { Algorithm } from "../learn/algorithm.ts";
import { configured } from "../learn/algorithms.ts";
import { DDPG } from "../learn/ddpg/algorithm.ts";
import type { DdpgOptions } from "../learn/ddpg/options.ts";
import { optionsInvalid } from "../learn/option.ts";
import type { LearningOptions } from "../learn/options.ts";
import { SOFT_Q } from "../learn/soft_q/algorithm.ts";
import type { SoftQOptions } from "../learn/soft_q/options.ts";
import { memoryBreaches } from "./memory.ts";
import { type TrainContext, type Trained, type TrainingError, trainPolicy } from "./trained.ts";
import { trainingOf } from "./training.ts";

/**
 * Trains a policy by any algorithm.
 *
 * @param options what differs from `algorithm.defaults`
 * @returns the policy; `OptionsInvalid` with every option that is wrong; `NonFinite` if a replica diverged; or what was
 * wrong with the device
 */
export const trainWith = <O extends LearningOptions>(
  algorithm: Algorithm<O>,
  environment: Environment,
  options: Partial<O> = {},
  context: TrainContext = {},
): TE.TaskEither<TrainingError, Trained> =>
  pipe(
    TE.fromEither(configured(algorithm, options)),
    TE.chainW((ready): TE.TaskEither<TrainingError, Trained> => {
      const training = trainingOf(environment, ready), breaches = memoryBreaches(training, ready);
      return breaches.length > 0
        ? TE.left(optionsInvalid(breaches))
        : trainPolicy(training, ready.metadata, context);
    }),
  );

/**
 * Trains a policy by soft Q-learning.
 *
 * @param environment see `environment`
 * @param options what differs from the defaults, which `docs/options.md` lists
 * @returns the policy; `OptionsInvalid` with every option that is wrong; `NonFinite` if a replica diverged; or what was
 * wrong with the device
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
): TE.TaskEither<TrainingError, Trained> => trainWith(SOFT_Q, environment, options, context);

/**
 * Trains a deterministic policy by DDPG.
 *
 * @param environment see `environment`
 * @param options what differs from the defaults, which `docs/options.md` lists
 * @returns as {@link trainSoftQ}
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
  options: Partial<DdpgOptions> = {},
  context: TrainContext = {},
): TE.TaskEither<TrainingError, Trained> => trainWith(DDPG, environment, options, context);
