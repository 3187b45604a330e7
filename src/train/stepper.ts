/**
 * Stepping a range of environments with their policies: what a step of collecting computes, without the replay. A range
 * may be all of them or a part that a worker has; what an environment does is the same in either.
 *
 * Law, tested: environment e of replica r does the same whatever the range that it is stepped in.
 *
 * @module
 */

import { checkedEnvironment } from "../../envs/boundary.ts";
import type { StepBatch } from "../../envs/environment.ts";
import { freeNoise, holding, noiseOfSet, type NoiseSource } from "../learn/policy.ts";
import { normal } from "../random/draw.ts";
import { child, type Key, stream } from "../random/key.ts";
import type { Collector, CollectorState, OrnsteinUhlenbeck } from "./collect.ts";
import { firstNonFinite } from "./non_finite.ts";

/** Environments `from … to - 1` of R·E, counted replica by replica. */
export interface Range {
  /** The first. */
  readonly from: number;
  /** The one after the last. */
  readonly to: number;
}

/** What of a collector's state belongs to a range of environments alone. */
export type RangeState = Pick<CollectorState, "states" | "steps" | "episodes" | "noise">;

/** What each environment of a range gave in a step: C of them, with observations of length S and actions of length A. */
export interface Stepped {
  /** `[C,A]` */
  readonly actions: Float32Array;
  /** `[C,S]` what followed, the last of an episode included. */
  readonly observations: Float32Array;
  /** `[C]` */
  readonly rewards: Float64Array;
  /** `[C]` 1 where the task ended. */
  readonly terminated: Uint8Array;
  /** `[C]` 1 where the episode ended, for whatever reason. */
  readonly ended: Uint8Array;
  /** `[C,S]` the next episode's first observation where one ended. */
  readonly first: Float32Array;
}

/** Steps a range of environments. */
export interface Stepper {
  /** What the last step gave; overwritten by the next. */
  readonly stepped: Stepped;
  /** Makes a step of every environment of the range. */
  readonly step: () => void;
}

/** A range's part of a state, in place. */
export function rangeState({ environment }: Collector, state: RangeState, { from, to }: Range): RangeState {
  const { stateSize, action } = environment.spec;
  return {
    states: state.states.subarray(from * stateSize, to * stateSize),
    steps: state.steps.subarray(from, to),
    episodes: state.episodes.subarray(from, to),
    noise: state.noise.subarray(from * action.length, to * action.length),
  };
}

/** Room for what C environments give in `steps` steps, one after the other. */
export function steppedOf({ environment: { spec } }: Collector, count: number, steps = 1): Stepped {
  const all = steps * count, S = spec.observation.length, A = spec.action.length;
  return {
    actions: new Float32Array(all * A),
    observations: new Float32Array(all * S),
    rewards: new Float64Array(all),
    terminated: new Uint8Array(all),
    ended: new Uint8Array(all),
    first: new Float32Array(all * S),
  };
}

/** Starts the episode of environment i that is due, in its part of the state, and gives its first observation. */
export function startEpisode(
  { environment, environments, keys }: Collector,
  state: RangeState,
  i: number,
  from = 0,
): Float32Array {
  const { stateSize, action } = environment.spec, at = i - from;
  const r = Math.floor(i / environments), e = i % environments;
  const initial = environment.initial(child(child(stream(keys[r]!, "environment"), e), state.episodes[at]!));
  state.states.set(initial, at * stateSize);
  state.steps[at] = 0;
  state.noise.fill(0, at * action.length, (at + 1) * action.length);
  return environment.observe(initial);
}

/**
 * Prepares the stepping of a range.
 *
 * @param state the range's part, written in place
 * @param parameters of the policies of the range's replicas, the first one's first
 * @param time steps that each environment has made
 * @param shrunk steps of each environment that a shrinking set of noises counts
 * @throws EnvironmentFailed where the environment throws or gives what its specification does not allow
 */
export function stepperOf(
  given: Collector,
  state: RangeState,
  { from, to }: Range,
  parameters: Float32Array,
  time: number,
  shrunk: number = time,
): Stepper {
  const collector = { ...given, environment: checkedEnvironment(given.environment) };
  const { environment, environments, keys, horizon, policy, explorationNoise } = collector;
  const { stateSize, action: { length: A }, observation: { length: S } } = environment.spec;
  const count = to - from, replica = (i: number): number => Math.floor((from + i) / environments);
  const firstReplica = replica(0), size = parameters.length / (replica(count - 1) - firstReplica + 1);
  const sources = noiseSources(collector, shrunk * environments);
  const stepped = steppedOf(collector, count), { actions, observations, rewards, terminated } = stepped;
  const batch: StepBatch = { states: state.states, observations, rewards, terminated };
  const seen = new Float32Array(count * S);
  for (let i = 0; i < count; i++) {
    seen.set(environment.observe(state.states.slice(i * stateSize, (i + 1) * stateSize)), i * S);
  }
  const act = holding(policy, parameters);
  let now = time;
  const step = (): void => {
    for (let i = 0; i < count; i++) {
      const r = replica(i), e = (from + i) % environments;
      const action = actions.subarray(i * A, (i + 1) * A);
      const draws = sources[r]!(child(stream(keys[r]!, "acting"), e), now);
      act((r - firstReplica) * size, seen.subarray(i * S, (i + 1) * S), draws, action);
      replaceNonFinite(action);
      if (explorationNoise !== null) {
        const shocks = normal(child(stream(keys[r]!, "exploration"), e), A, now);
        explore(explorationNoise, state.noise, i * A, shocks, action);
      }
    }
    const stepKeys = (i: number): Key =>
      child(child(stream(keys[replica(i)]!, "dynamics"), (from + i) % environments), now);
    environment.stepMany(state.states, actions, batch, stepKeys);
    for (let i = 0; i < count; i++) {
      const observation = observations.subarray(i * S, (i + 1) * S);
      // Non-finite numbers go to the replay, where they freeze the replica; its episode must not continue from there.
      const lost = !Number.isFinite(rewards[i]) || firstNonFinite(observation) >= 0;
      const ends = terminated[i] === 1 || lost || ++state.steps[i]! >= horizon;
      stepped.ended[i] = ends ? 1 : 0;
      if (ends) {
        state.episodes[i]!++;
        const first = startEpisode(collector, state, from + i, from);
        stepped.first.set(first, i * S);
        seen.set(first, i * S);
      } else {
        seen.set(observation, i * S);
      }
    }
    now++;
  };
  return { stepped, step };
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

/** Replaces non-finite numbers, which a policy with damaged parameters gives, by 0. */
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
    noise[at + k]! += -theta * noise[at + k]! + sigma * shocks[k]!;
    action[k] = Math.min(1, Math.max(-1, action[k]! + noise[at + k]!));
  }
}
