/**
 * Training a policy in one call: `trainSoftQ`, `trainDdpg`, `trainSac`, or `trainWith` for any algorithm.
 *
 * A call checks everything that it was given, makes a `Training` of it (`training.ts`), and carries that out
 * (`trained.ts`), iteration by iteration (`loop.ts`, `iteration.ts`).
 *
 * @module
 */

import { E, type TE } from "../deps.ts";
import { environmentFailure } from "../../envs/check_environment.ts";
import type { Environment } from "../../envs/environment.ts";
import type { Algorithm } from "../learn/algorithm.ts";
import { configured } from "../learn/algorithms.ts";
import { DDPG } from "../learn/ddpg/algorithm.ts";
import type { DdpgOptions } from "../learn/ddpg/options.ts";
import { type Breach, isPlain, isRecord, optionsInvalid, unknownPart, wrongValue } from "../learn/option.ts";
import type { LearningOptions } from "../learn/options.ts";
import { SAC } from "../learn/sac/algorithm.ts";
import type { SacOptions } from "../learn/sac/options.ts";
import { SOFT_Q } from "../learn/soft_q/algorithm.ts";
import type { SoftQOptions } from "../learn/soft_q/options.ts";
import { interfaceMetadata } from "./initial_parameters.ts";
import { memoryBreaches } from "./memory.ts";
import { called, callerFailures, isEither } from "./caller.ts";
import { type TrainContext, type Trained, type TrainingError, trainPolicy } from "./trained.ts";
import { environmentBreaches, trainingOf } from "./training.ts";
import { namesIn } from "../given.ts";

/**
 * Trains a policy by soft Q-learning (Haarnoja et al. 2017, Algorithm 1).
 *
 * @param environment see `environment`
 * @param options those that differ from the defaults (`docs/options.md`)
 * @param context device, progress, evaluations, signal and collectors
 * @returns the policy; or `OptionsInvalid` with all wrong options, `NonFinite` if a replica diverged, `CallerFailed` if
 * the caller's code threw, or the failure of the device or of the environment
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
 * Trains a deterministic policy by DDPG (Lillicrap et al. 2016).
 *
 * @param environment see `environment`
 * @param options those that differ from the defaults (`docs/options.md`)
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

/**
 * Trains a policy by soft actor-critic (Haarnoja et al. 2018, version 2).
 *
 * @param environment see `environment`
 * @param options those that differ from the defaults (`docs/options.md`)
 * @returns as {@link trainSoftQ}
 *
 * @example
 * ```ts
 * import { E, loadAgent, pointMass, trainSac } from "../../mod.ts";
 * import assert from "node:assert/strict";
 * // Fifty steps teach nothing; they show the call.
 * const options = { steps: 50, chunk: 25, minimumReplay: 10, hidden: [8], batch: 4, rewardScale: 0.1 };
 * const trained = await trainSac(pointMass(), options)();
 * assert.ok(E.isRight(trained));
 * const loaded = loadAgent(trained.right.save());
 * assert.ok(E.isRight(loaded));
 * assert.deepEqual(loaded.right.act([0, 0], [1, 2]), trained.right.agent.act([0, 0], [1, 2]));
 * ```
 */
export const trainSac = (
  environment: Environment,
  options: Partial<SacOptions> = {},
  context: TrainContext = {},
): TE.TaskEither<TrainingError, Trained> => trainWith(SAC, environment, options, context);

/**
 * Trains a policy by any algorithm.
 *
 * @param algorithm one of `ALGORITHMS`
 * @param environment see `environment`
 * @param options those that differ from `algorithm.defaults`
 * @param context device, progress, evaluations, signal and collectors
 * @returns as {@link trainSoftQ}
 */
export const trainWith = <O extends LearningOptions>(
  algorithm: Algorithm<O>,
  environment: Environment,
  options: Partial<O> = {},
  context: TrainContext = {},
): TE.TaskEither<TrainingError, Trained> =>
  callerFailures("Training")(async (): Promise<E.Either<TrainingError, Trained>> => {
    const failure = environmentFailure(environment);
    if (failure !== null) return E.left(failure);
    const named: unknown = algorithm;
    if (!isRecord(named) || typeof named["configured"] !== "function") {
      return E.left(
        optionsInvalid([wrongValue("algorithm", "an algorithm, such as one of ALGORITHMS", named)]),
      );
    }
    const ready = configured(algorithm, options);
    if (E.isLeft(ready)) return ready;
    const given: unknown = context;
    if (!isPlain(given)) return E.left(optionsInvalid([wrongValue("context", "a plain object", given)]));
    const training = trainingOf(environment, ready.right);
    const breaches = [
      ...environmentBreaches(environment, ready.right.options),
      ...memoryBreaches(training, ready.right),
      ...contextBreaches(context, training.chunk),
    ];
    if (breaches.length > 0) return E.left(optionsInvalid(breaches));
    const opened = called("collectors", () => context.collectors?.(environment, ready.right) ?? null);
    if (opened !== null && !isEither(opened, (right) => typeof right["close"] === "function")) {
      return E.left(
        optionsInvalid([wrongValue("collectors", `a function that opens ${CONTEXT.collectors}`, opened)]),
      );
    }
    if (opened !== null && E.isLeft(opened)) return E.left(optionsInvalid(opened.left));
    const collectors = opened?.right;
    try {
      const metadata = { ...ready.right.metadata, ...interfaceMetadata(environment.spec) };
      return await trainPolicy(training, metadata, context, collectors)();
    } finally {
      collectors?.close();
    }
  });

/** The fields of a context, and what each must be, in words. */
const CONTEXT: { readonly [K in keyof Required<TrainContext>]: string } = {
  device: "a device, such as cpuDevice()",
  onProgress: "a function",
  evaluation: "an object of interval and episodes",
  signal: "an AbortSignal",
  collectors: "what collectors(…) gives",
};

/** Whether a field of a context has the right type. */
const fits: { readonly [K in keyof Required<TrainContext>]: (given: unknown) => boolean } = {
  device: (given) => isRecord(given) && typeof given["compile"] === "function",
  onProgress: (given) => typeof given === "function",
  evaluation: isRecord,
  signal: (given) => isRecord(given) && typeof given["aborted"] === "boolean",
  collectors: (given) => typeof given === "function",
};

/** Everything that is wrong with a context. */
function contextBreaches(context: TrainContext, chunk: number): readonly Breach[] {
  const given: Readonly<Record<string, unknown>> = { ...context }, names = Object.keys(CONTEXT);
  const { interval, episodes, ...others } = isRecord(context.evaluation) ? context.evaluation : {};
  const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) > 0;
  return [
    ...namesIn(given).filter((name) => !names.includes(name)).map((name) => unknownPart(name, names)),
    ...(Object.keys(CONTEXT) as (keyof TrainContext)[]).flatMap((name) =>
      given[name] === undefined || fits[name](given[name])
        ? []
        : [wrongValue(name, CONTEXT[name], given[name])]
    ),
    ...namesIn(others).map((name) => unknownPart(name, ["interval", "episodes"])),
    ...!isRecord(context.evaluation) || (isCount(interval) && interval % chunk === 0)
      ? []
      : [wrongValue("evaluation.interval", `a positive multiple of chunk (${chunk})`, interval)],
    ...!isRecord(context.evaluation) || isCount(episodes)
      ? []
      : [wrongValue("evaluation.episodes", "an integer from 1", episodes)],
  ];
}
