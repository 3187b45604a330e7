/**
 * Collecting: policies act in environments, and the transitions enter the replay.
 *
 * Laws, tested: the transitions of replica r depend on its own key, parameters and environments alone; stopping between
 * two chunks and continuing from the collector's state gives the same transitions; the values that an environment
 * returns are checked in every call, and the first non-finite one is recorded with its environment step.
 *
 * @module
 */

import { checkedEnvironment } from "../../envs/boundary.ts";
import type { Environment } from "../../envs/environment.ts";
import type { NoiseSet, Policy } from "../learn/policy.ts";
import type { Key } from "../random/key.ts";
import { emptyNonFinite, firstNonFinite, recordNonFinite } from "./non_finite.ts";
import { type Pieces, runSynchronously } from "../device/pieces.ts";
import { appendRow, appendTransition, type Replay } from "./replay.ts";
import { type Range, startEpisode, stepperOf, type StepResults } from "./stepper.ts";

/** Ornstein–Uhlenbeck noise in rllab's discrete form, `x ← x - θ x + σ N(0,1)` per step, reset with each episode. */
export interface OrnsteinUhlenbeck {
  /** θ, the rate of reversion to 0 per step. */
  readonly theta: number;
  /** σ, the standard deviation of the noise added per step, in units of the action. */
  readonly sigma: number;
}

export { noiseSources } from "./stepper.ts";

/** The constants of collecting. */
export interface Collector {
  /** The environment. */
  readonly environment: Environment;
  /** The policy; its parameters are arguments of {@link collect}. */
  readonly policy: Policy;
  /** Steps after which an episode is truncated. */
  readonly horizon: number;
  /** Environments of each replica, E. */
  readonly environments: number;
  /** Noise added to actions, or none. */
  readonly explorationNoise: OrnsteinUhlenbeck | null;
  /** The finite set of noises from which the policy's input is drawn; unrestricted unless given. */
  readonly noiseSet?: NoiseSet | null;
  /**
   * `[R]` the replicas' root keys, of which the streams `environment`, `dynamics`, `acting` and `exploration` are used.
   */
  readonly keys: readonly Key[];
}

/** The state of R·E episodes; the arrays are written in place. */
export interface CollectorState {
  /** `[R·E, state size]` */
  readonly states: Float64Array;
  /** `[R·E]` steps made in the current episode. */
  readonly steps: Float64Array;
  /** `[R·E]` index of the current episode. */
  readonly episodes: Float64Array;
  /** `[R·E]` index of the current observation's row in the replay. */
  readonly rows: Float64Array;
  /** `[R·E, A]` exploration noise. */
  readonly noise: Float64Array;
  /** `[1]` steps that each environment has made. */
  readonly time: Float64Array;
  /** The first non-finite number that each replica received; see `nonFiniteOf`. */
  readonly nonFinite: Float64Array;
}

/** Allocates the state of R·E environments. */
export function emptyCollector({ environment, environments, keys }: Collector): CollectorState {
  const count = keys.length * environments, { stateSize, action } = environment.spec;
  return {
    states: new Float64Array(count * stateSize),
    steps: new Float64Array(count),
    episodes: new Float64Array(count),
    rows: new Float64Array(count),
    noise: new Float64Array(count * action.length),
    time: new Float64Array(1),
    nonFinite: emptyNonFinite(keys.length),
  };
}

/**
 * Starts the first episode of every environment, one per piece, and appends the first observations to the replay.
 *
 * @throws EnvironmentFailed if the environment throws or violates its specification
 */
export function* resetInPieces(collector: Collector, state: CollectorState, replay: Replay): Pieces<void> {
  const checked = { ...collector, environment: checkedEnvironment(collector.environment) };
  for (let i = 0; i < state.steps.length; i++) {
    appendFirst(collector, state, replay, i, 0, startEpisode(checked, state, i));
    yield;
  }
}

/** {@link resetInPieces} in one go. */
export const resetAll = (collector: Collector, state: CollectorState, replay: Replay): void =>
  runSynchronously(resetInPieces(collector, state, replay));

/** Appends the first observation of an episode of environment i, after `made` steps of its replica, to the replay. */
function appendFirst(
  { environments }: Collector,
  state: CollectorState,
  replay: Replay,
  i: number,
  made: number,
  first: Float32Array,
): void {
  const r = Math.floor(i / environments), broken = firstNonFinite(first);
  if (broken >= 0) recordNonFinite(state.nonFinite, r, "first observation", made, broken, first[broken]!);
  state.rows[i] = appendRow(replay, r, first);
}

/**
 * Appends the transitions of a step to the replay.
 *
 * @param stepped the results of the environments of the range, from index `at` of the arrays on
 * @param time steps that each environment had made before
 */
export function appendStep(
  collector: Collector,
  state: CollectorState,
  replay: Replay,
  stepped: StepResults,
  { from, to }: Range,
  time: number,
  at = 0,
): void {
  const { environment: { spec }, environments } = collector;
  const S = spec.observation.length, A = spec.action.length;
  for (let i = from; i < to; i++) {
    const k = at + i - from,
      r = Math.floor(i / environments),
      step = time * environments + i % environments + 1;
    const observation = stepped.observations.subarray(k * S, (k + 1) * S), reward = stepped.rewards[k]!;
    const broken = firstNonFinite(observation);
    if (!Number.isFinite(Math.fround(reward))) recordNonFinite(state.nonFinite, r, "reward", step, 0, reward);
    if (broken >= 0) recordNonFinite(state.nonFinite, r, "observation", step, broken, observation[broken]!);
    const next = appendRow(replay, r, observation);
    const action = stepped.actions.subarray(k * A, (k + 1) * A);
    appendTransition(replay, r, state.rows[i]!, next, action, reward, stepped.terminated[k] === 1);
    state.rows[i] = next;
    if (stepped.ended[k] === 1) {
      appendFirst(collector, state, replay, i, step, stepped.first.subarray(k * S, (k + 1) * S));
    }
  }
}

/**
 * Makes `steps` steps in each environment.
 *
 * @param parameters `[R, parameters of the policy]`
 * @throws EnvironmentFailed if the environment throws or violates its specification
 */
export const collect = (
  collector: Collector,
  state: CollectorState,
  replay: Replay,
  parameters: Float32Array,
  steps: number,
): void => runSynchronously(collectInPieces(collector, state, replay, parameters, steps));

/**
 * {@link collect} in pieces, each of which steps one group of environments; it may be abandoned only where all
 * environments have made the same number of steps.
 *
 * @param made steps of each environment that were made before an interruption
 */
export function* collectInPieces(
  collector: Collector,
  state: CollectorState,
  replay: Replay,
  parameters: Float32Array,
  steps: number,
  made = 0,
): Pieces<void> {
  const all = { from: 0, to: state.steps.length }, time = state.time[0]!;
  const { stepped, groups } = stepperOf(collector, state, all, parameters, time, time - made);
  for (let t = made; t < steps; t++) {
    const before = state.time[0]!++;
    for (const { range, step } of groups) {
      step();
      appendStep(collector, state, replay, stepped, range, before, range.from);
      yield range.to === all.to ? undefined : "inside";
    }
  }
}
