/**
 * Acting: policies step environments and fill the replay.
 *
 * Laws, tested: what replica r collects depends on its own key, parameters and environments alone; stopping between two
 * chunks and continuing from the collector's state gives the same transitions; what an environment gives is checked in
 * every call, and its first non-finite number is recorded with the environment step.
 *
 * @module
 */

import { checkedEnvironment } from "../../envs/boundary.ts";
import type { Environment, StepBatch } from "../../envs/environment.ts";
import { freeNoise, noiseOfSet, type NoiseSet, type NoiseSource, type Policy } from "../learn/policy.ts";
import { normal } from "../random/draw.ts";
import { child, type Key, stream } from "../random/key.ts";
import { firstNonFinite, noNonFinite, recordNonFinite } from "./non_finite.ts";
import { atOnce, type Pieces } from "../device/pieces.ts";
import { appendRow, appendTransition, type Replay } from "./replay.ts";

/** Ornstein–Uhlenbeck noise in rllab's discrete form, `x ← x - θ x + σ N(0,1)` a step, reset with each episode. */
export interface OrnsteinUhlenbeck {
  /** θ, the share of itself that the noise loses in a step. */
  readonly theta: number;
  /** σ, the standard deviation of a step's shock, in units of the action. */
  readonly sigma: number;
}

/** The noise that each replica's policy is asked for after `steps` environment steps. */
export const noiseSources = (
  { policy, noiseSet = null, keys }: Pick<Collector, "policy" | "noiseSet" | "keys">,
  steps: number,
): readonly NoiseSource[] =>
  keys.map((_, r) =>
    noiseSet === null
      ? freeNoise(policy)
      : noiseOfSet(policy, noiseSet.key(r), noiseSet.size, noiseSet.count(steps))
  );

/** What stays the same while collecting. */
export interface Collector {
  /** What is acted in. */
  readonly environment: Environment;
  /** Who acts; its parameters are given to {@link collect}. */
  readonly policy: Policy;
  /** Steps after which an episode is truncated. */
  readonly horizon: number;
  /** Environments of each replica, E. */
  readonly environments: number;
  /** Noise added to actions, or none. */
  readonly explorationNoise: OrnsteinUhlenbeck | null;
  /** The noises that the policy is asked for; all unless given. */
  readonly noiseSet?: NoiseSet | null;
  /** `[R]` the replicas' root keys, of which the streams `environment`, `dynamics`, `acting` and `exploration` are read. */
  readonly keys: readonly Key[];
}

/** Where R·E episodes stand; the arrays are written in place. */
export interface CollectorState {
  /** `[R·E, state size]` */
  readonly states: Float64Array;
  /** `[R·E]` steps made in the current episode. */
  readonly steps: Float64Array;
  /** `[R·E]` number of the current episode, counted from 0. */
  readonly episodes: Float64Array;
  /** `[R·E]` number of the row that the current observation has in the replay. */
  readonly rows: Float64Array;
  /** `[R·E, A]` exploration noise. */
  readonly noise: Float64Array;
  /** `[1]` steps that each environment has made. */
  readonly time: Float64Array;
  /** The first non-finite number that came to each replica; see `nonFiniteOf`. */
  readonly nonFinite: Float64Array;
}

/** Room for the state of R·E environments. */
export function emptyCollector({ environment, environments, keys }: Collector): CollectorState {
  const count = keys.length * environments, { stateSize, action } = environment.spec;
  return {
    states: new Float64Array(count * stateSize),
    steps: new Float64Array(count),
    episodes: new Float64Array(count),
    rows: new Float64Array(count),
    noise: new Float64Array(count * action.length),
    time: new Float64Array(1),
    nonFinite: noNonFinite(keys.length),
  };
}

/**
 * Starts the first episode of every environment; their first observations go to the replay.
 *
 * @throws EnvironmentFailed where the environment throws or gives what its specification does not allow
 */
export function resetAll(collector: Collector, state: CollectorState, replay: Replay): void {
  const checked = { ...collector, environment: checkedEnvironment(collector.environment) };
  for (let i = 0; i < state.steps.length; i++) reset(checked, state, replay, i, 0);
}

/** Starts the next episode of environment i after so many steps of its replica, and gives its first observation. */
function reset(
  collector: Collector,
  state: CollectorState,
  replay: Replay,
  i: number,
  made: number,
): Float32Array {
  const { environment, environments, keys } = collector;
  const { stateSize, action } = environment.spec;
  const r = Math.floor(i / environments), e = i % environments;
  const key = child(child(stream(keys[r], "environment"), e), state.episodes[i]);
  const initial = environment.initial(key);
  state.states.set(initial, i * stateSize);
  state.steps[i] = 0;
  state.noise.fill(0, i * action.length, (i + 1) * action.length);
  const seen = environment.observe(initial), broken = firstNonFinite(seen);
  if (broken >= 0) recordNonFinite(state.nonFinite, r, "first observation", made, broken, seen[broken]);
  state.rows[i] = appendRow(replay, r, seen);
  return seen;
}

/**
 * Makes `steps` steps in each environment.
 *
 * @param parameters `[R, parameters of the policy]`
 * @throws EnvironmentFailed where the environment throws or gives what its specification does not allow
 */
export const collect = (
  collector: Collector,
  state: CollectorState,
  replay: Replay,
  parameters: Float32Array,
  steps: number,
): void => atOnce(collectInPieces(collector, state, replay, parameters, steps));

/**
 * {@link collect}, a step of every environment a piece.
 *
 * @param made steps of each environment that have been made already, before it was left
 */
export function* collectInPieces(
  given: Collector,
  state: CollectorState,
  replay: Replay,
  parameters: Float32Array,
  steps: number,
  made = 0,
): Pieces<void> {
  const collector = { ...given, environment: checkedEnvironment(given.environment) };
  const { environment, environments, keys, horizon, policy, explorationNoise } = collector;
  const { stateSize, action: { length: A }, observation: { length: S } } = environment.spec;
  const count = keys.length * environments, size = parameters.length / keys.length;
  const sources = noiseSources(collector, (state.time[0] - made) * environments);
  const actions = new Float32Array(count * A);
  const out: StepBatch = {
    states: state.states,
    observations: new Float32Array(count * S),
    rewards: new Float64Array(count),
    terminated: new Uint8Array(count),
  };
  const seen = new Float32Array(count * S);
  for (let i = 0; i < count; i++) {
    seen.set(environment.observe(state.states.slice(i * stateSize, (i + 1) * stateSize)), i * S);
  }
  for (let t = made; t < steps; t++) {
    const time = state.time[0]++;
    for (let i = 0; i < count; i++) {
      const r = Math.floor(i / environments), e = i % environments;
      const action = actions.subarray(i * A, (i + 1) * A);
      const draws = sources[r](child(stream(keys[r], "acting"), e), time);
      policy.act(parameters, r * size, seen.subarray(i * S, (i + 1) * S), draws, action);
      replaceNonFinite(action);
      if (explorationNoise !== null) {
        const shocks = normal(child(stream(keys[r], "exploration"), e), A, time);
        explore(explorationNoise, state.noise, i * A, shocks, action);
      }
    }
    const stepKeys = (i: number): Key =>
      child(child(stream(keys[Math.floor(i / environments)], "dynamics"), i % environments), time);
    environment.stepMany(state.states, actions, out, stepKeys);
    for (let i = 0; i < count; i++) {
      const r = Math.floor(i / environments), e = i % environments;
      const step = time * environments + e + 1, observation = out.observations.subarray(i * S, (i + 1) * S);
      const terminated = out.terminated[i] === 1,
        reward = out.rewards[i],
        broken = firstNonFinite(observation);
      // Non-finite numbers go to the replay, where they freeze the replica; its episode must not go on from there.
      const lost = !Number.isFinite(reward) || broken >= 0;
      if (!Number.isFinite(reward)) recordNonFinite(state.nonFinite, r, "reward", step, 0, reward);
      if (broken >= 0) recordNonFinite(state.nonFinite, r, "observation", step, broken, observation[broken]);
      const next = appendRow(replay, r, observation);
      appendTransition(
        replay,
        r,
        state.rows[i],
        next,
        actions.subarray(i * A, (i + 1) * A),
        reward,
        terminated,
      );
      state.rows[i] = next;
      state.steps[i]++;
      if (terminated || lost || state.steps[i] >= horizon) {
        state.episodes[i]++;
        seen.set(reset(collector, state, replay, i, step), i * S);
      } else {
        seen.set(observation, i * S);
      }
    }
    yield;
  }
}

/** Puts 0 in the place of non-finite numbers, as a policy with damaged parameters gives them. */
export function replaceNonFinite(action: Float32Array): void {
  for (let k = 0; k < action.length; k++) if (!Number.isFinite(action[k])) action[k] = 0;
}

/** Moves the noise of one environment by a step and adds it to the action, which stays in its bounds. */
function explore(
  { theta, sigma }: OrnsteinUhlenbeck,
  noise: Float64Array,
  at: number,
  shocks: Float64Array,
  action: Float32Array,
): void {
  for (let k = 0; k < action.length; k++) {
    noise[at + k] += -theta * noise[at + k] + sigma * shocks[k];
    action[k] = Math.min(1, Math.max(-1, action[k] + noise[at + k]));
  }
}
