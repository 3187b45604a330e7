/**
 * Evaluating an agent in any environment whose observations and actions fit it.
 *
 * Laws, tested: equal keys give equal episodes; failures are values; the event loop is not blocked.
 *
 * @module
 */

import { E, type TE } from "../deps.ts";
import type { EnvironmentFailed } from "../../envs/boundary.ts";
import { environmentFailure } from "../../envs/check_environment.ts";
import type { Environment } from "../../envs/environment.ts";
import { inPieces } from "../device/pieces.ts";
import type { Agent } from "../learn/agent.ts";
import {
  type Breach,
  isPlain,
  isRecord,
  type OptionsInvalid,
  optionsInvalid,
  unknownPart,
  wrongValue,
} from "../learn/option.ts";
import { child, isKey, type Key, keyOf } from "../random/key.ts";
import { misfitOf } from "./agent_fit.ts";
import { called, type CallerFailed, callerFailures } from "./caller.ts";
import { type Episode, episodesInPieces, type Evaluation } from "./evaluate.ts";
import { environmentFailures } from "./loop.ts";
import { described, namesIn } from "../given.ts";

/** Options of an evaluation. */
export interface EvaluateOptions {
  /** Number of episodes; 10 unless given. */
  readonly episodes?: number;
  /** Random key; `keyOf(0)` unless given. */
  readonly key?: Key;
  /** Steps after which an episode is truncated; the environment's own unless given. */
  readonly horizon?: number;
  /** The replica whose policy acts; 0 unless given. */
  readonly replica?: number;
  /** γ of the discounted return; 0.99 unless given. */
  readonly discount?: number;
}

/** The result of an evaluation. */
export interface AgentEvaluation {
  /** The episodes. */
  readonly episodes: readonly Episode[];
  /** Mean of the undiscounted returns. */
  readonly meanReturn: number;
  /** Mean number of steps. */
  readonly meanLength: number;
}

/** Why an evaluation failed. */
export type EvaluationError = EnvironmentFailed | OptionsInvalid | CallerFailed;

/** The action, if it is `length` numbers from -1 to 1; an agent may be the caller's own code. */
function checkedAction(action: unknown, length: number): ArrayLike<number> {
  if (
    !(Array.isArray(action) || ArrayBuffer.isView(action)) || (action as ArrayLike<unknown>).length !== length
  ) {
    throw new RangeError(`act must return an array of ${length} numbers: got ${described(action)}`);
  }
  const numbers = action as ArrayLike<number>;
  for (let k = 0; k < length; k++) {
    if (!(Math.abs(numbers[k]!) <= 1) || typeof numbers[k] !== "number") {
      throw new RangeError(`act must return numbers from -1 to 1: number ${k} is ${described(numbers[k])}`);
    }
  }
  return numbers;
}

/** The evaluation of an agent, whose policy takes its random key instead of noise. */
const evaluationOf = (
  agent: Agent,
  environment: Environment,
  { horizon, replica, discount }: Required<EvaluateOptions>,
): Evaluation => ({
  environment,
  horizon,
  discount,
  finite: true,
  policy: {
    size: 0,
    noise: 2,
    act: (_parameters, _offset, observation, noise, out) => {
      const action = called("act", () => agent.act(observation, [noise[0]!, noise[1]!], replica));
      out.set(checkedAction(action, out.length));
    },
  },
  noise: (key, time) => Float64Array.from(child(key, time)),
});

/** Names of the options. */
const NAMES: readonly (keyof EvaluateOptions)[] = ["episodes", "key", "horizon", "replica", "discount"];

/** Whether a value is an agent. */
const isAgent = (given: unknown): boolean =>
  isRecord(given) && typeof given["act"] === "function" && Number.isSafeInteger(given["replicas"]);

/**
 * Everything that is wrong with the arguments of an evaluation.
 *
 * @param asked whether the caller gave the horizon, rather than the environment
 */
function breaches(
  agent: Agent,
  { spec }: Environment,
  { episodes, key, horizon, replica, discount, ...others }: Required<EvaluateOptions>,
  asked: boolean,
): readonly Breach[] {
  if (!isAgent(agent)) return [wrongValue("agent", "an agent, such as loadAgent gives", agent)];
  const wrong = wrongValue;
  const isFrom = (value: number, least: number, below: number): boolean =>
    Number.isSafeInteger(value) && value >= least && value < below;
  const fits = (what: "observation" | "action"): readonly Breach[] => {
    const misfit = misfitOf(agent, spec, what);
    return misfit === null ? [] : [wrong("environment", misfit.wanted, misfit.got)];
  };
  return [
    ...isFrom(episodes, 1, 2 ** 32) ? [] : [wrong("episodes", "an integer from 1", episodes)],
    ...isFrom(horizon, 1, 2 ** 53) ? [] : [
      wrong("horizon", `an integer from 1${asked ? "" : ", because the environment has none"}`, horizon),
    ],
    ...isFrom(replica, 0, agent.replicas)
      ? []
      : [wrong("replica", `an integer from 0 to ${agent.replicas - 1}`, replica)],
    ...typeof discount === "number" && discount >= 0 && discount <= 1
      ? []
      : [wrong("discount", "a number from 0 to 1", discount)],
    ...isKey(key) ? [] : [wrong("key", "a key, such as keyOf gives", key)],
    ...namesIn(others).map((name) => unknownPart(name, NAMES)),
    ...fits("observation"),
    ...fits("action"),
  ];
}

const mean = (values: readonly number[]): number =>
  values.reduce((total, value) => total + value, 0) / values.length;

/**
 * Evaluates an agent.
 *
 * @returns the episodes and their means; `OptionsInvalid` with everything that is wrong with the arguments;
 * `EnvironmentFailed`, with episode and step, if the environment throws, violates its specification or gives a
 * non-finite number; `CallerFailed` if a custom agent throws
 *
 * @example
 * ```ts
 * import { E, evaluate, keyOf, pointMass, trainSoftQ } from "../../mod.ts";
 * import assert from "node:assert/strict";
 * const trained = await trainSoftQ(pointMass(), { steps: 50, minimumReplay: 25, hidden: [8], batch: 4 })();
 * assert.ok(E.isRight(trained));
 * const played = await evaluate(trained.right.agent, pointMass(), { episodes: 3, key: keyOf(1), horizon: 20 })();
 * assert.ok(E.isRight(played) && played.right.meanLength <= 20);
 * ```
 */
export const evaluate = (
  agent: Agent,
  environment: Environment,
  options: EvaluateOptions = {},
): TE.TaskEither<EvaluationError, AgentEvaluation> =>
  callerFailures("Evaluation")(environmentFailures<EvaluationError, AgentEvaluation>(async () => {
    const failure = environmentFailure(environment);
    if (failure !== null) return E.left(failure);
    if (!isPlain(options)) return E.left(optionsInvalid([wrongValue("options", "a plain object", options)]));
    const whole: Required<EvaluateOptions> = {
      episodes: 10,
      key: keyOf(0),
      horizon: environment.spec.horizon,
      replica: 0,
      discount: 0.99,
      ...options,
    };
    const wrong = breaches(agent, environment, whole, Object.hasOwn(options, "horizon"));
    if (wrong.length > 0) return E.left(optionsInvalid(wrong));
    const evaluation = evaluationOf(agent, environment, whole);
    const episodes =
      await inPieces(episodesInPieces(evaluation, new Float32Array(0), 0, whole.key, whole.episodes)) ?? [];
    return E.right({
      episodes,
      meanReturn: mean(episodes.map((episode) => episode.return)),
      meanLength: mean(episodes.map(({ length }) => length)),
    });
  }));
