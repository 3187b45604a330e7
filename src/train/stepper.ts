/**
 * Stepping a range of environments with their policies, without the replay. A range is all environments, or those of
 * one worker.
 *
 * Law, tested: the trajectory of environment e of replica r does not depend on the range.
 *
 * @module
 */

import { checkedEnvironment } from "../../envs/boundary.ts";
import type { StepBatch } from "../../envs/environment.ts";
import { bindParameters, noiseOfSet, type NoiseSource, unrestrictedNoise } from "../learn/policy.ts";
import { normal } from "../random/draw.ts";
import { child, type Key, stream } from "../random/key.ts";
import type { Collector, CollectorState, OrnsteinUhlenbeck } from "./collect.ts";
import { firstNonFinite } from "./non_finite.ts";

/** Environments `from … to - 1` of R·E, counted replica by replica. */
export interface Range {
  /** The first environment. */
  readonly from: number;
  /** One past the last environment. */
  readonly to: number;
}

/** The parts of a collector's state that a range of environments owns. */
export type RangeState = Pick<CollectorState, "states" | "steps" | "episodes" | "noise">;

/** Results of a step of C environments, with observations of length S and actions of length A. */
export interface StepResults {
  /** `[C,A]` */
  readonly actions: Float32Array;
  /** `[C,S]` the next observations, including the last of an episode. */
  readonly observations: Float32Array;
  /** `[C]` */
  readonly rewards: Float64Array;
  /** `[C]` 1 if the episode terminated, else 0. */
  readonly terminated: Uint8Array;
  /** `[C]` 1 if the episode terminated or was truncated, else 0. */
  readonly ended: Uint8Array;
  /** `[C,S]` the first observation of the next episode, if one ended. */
  readonly first: Float32Array;
}

/** A range of environments that can be stepped. */
export interface Stepper {
  /** Results of the last step of the range; overwritten by the next. */
  readonly stepped: StepResults;
  /** Groups of its environments, in order, each of which takes a few milliseconds at most. */
  readonly groups: readonly {
    /** Its environments. */
    readonly range: Range;
    /** Steps them. */
    readonly step: () => void;
  }[];
}

/** The most environments in a group, and the most policy parameters that a step of a group may read. */
const MAX_GROUP_ENVIRONMENTS = 64, MAX_GROUP_PARAMETERS = 2 ** 20;

/** Divides a range into groups. */
function groupsOf({ policy: { size } }: Collector, { from, to }: Range): readonly Range[] {
  const most = Math.max(
    1,
    Math.min(MAX_GROUP_ENVIRONMENTS, Math.floor(MAX_GROUP_PARAMETERS / Math.max(1, size))),
  );
  return Array.from({ length: Math.ceil((to - from) / most) }, (_, k) => ({
    from: from + k * most,
    to: Math.min(from + (k + 1) * most, to),
  }));
}

/** Views of a range's part of a state. */
export function rangeState({ environment }: Collector, state: RangeState, { from, to }: Range): RangeState {
  const { stateSize, action } = environment.spec;
  return {
    states: state.states.subarray(from * stateSize, to * stateSize),
    steps: state.steps.subarray(from, to),
    episodes: state.episodes.subarray(from, to),
    noise: state.noise.subarray(from * action.length, to * action.length),
  };
}

/** Allocates the results of `steps` steps of C environments. */
export function stepResultsOf({ environment: { spec } }: Collector, count: number, steps = 1): StepResults {
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

/** Starts the current episode of environment i in its part of the state; returns the first observation. */
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
 * @param parameters policy parameters of the range's replicas
 * @param time steps that each environment has made
 * @param shrunk steps of each environment that determine the size of a shrinking set of noises
 * @throws EnvironmentFailed if the environment throws or violates its specification
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
  const stepped = stepResultsOf(collector, count), { actions, observations, rewards, terminated } = stepped;
  const seen = new Float32Array(count * S);
  for (let i = 0; i < count; i++) {
    seen.set(environment.observe(state.states.slice(i * stateSize, (i + 1) * stateSize)), i * S);
  }
  const act = bindParameters(policy, parameters);
  const stepGroup = (first: number, end: number, batch: StepBatch, own: Float32Array, now: number): void => {
    for (let i = first; i < end; i++) {
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
    const stepKeys = (k: number): Key =>
      child(child(stream(keys[replica(first + k)]!, "dynamics"), (from + first + k) % environments), now);
    environment.stepMany(batch.states, own, batch, stepKeys);
    for (let i = first; i < end; i++) {
      const observation = observations.subarray(i * S, (i + 1) * S);
      // Non-finite values enter the replay, where they freeze the replica, but its episode must not continue from them.
      const lost = !Number.isFinite(Math.fround(rewards[i]!)) || firstNonFinite(observation) >= 0;
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
  };
  const groups = groupsOf(collector, { from, to }).map((range) => {
    const first = range.from - from, end = range.to - from;
    const batch: StepBatch = {
      states: state.states.subarray(first * stateSize, end * stateSize),
      observations: observations.subarray(first * S, end * S),
      rewards: rewards.subarray(first, end),
      terminated: terminated.subarray(first, end),
    };
    const own = actions.subarray(first * A, end * A);
    let now = time;
    return { range, step: () => stepGroup(first, end, batch, own, now++) };
  });
  return { stepped, groups };
}

/** The source of each replica's policy noise after `steps` environment steps. */
export const noiseSources = (
  { policy, noiseSet = null, keys }: Pick<Collector, "policy" | "noiseSet" | "keys">,
  steps: number,
): readonly NoiseSource[] =>
  keys.map((_, r) =>
    noiseSet === null
      ? unrestrictedNoise(policy)
      : noiseOfSet(policy, noiseSet.key(r), noiseSet.size, noiseSet.count(steps))
  );

/** Replaces non-finite actions, the output of a policy with non-finite parameters, by 0. */
export function replaceNonFinite(action: Float32Array): void {
  for (let k = 0; k < action.length; k++) if (!Number.isFinite(action[k])) action[k] = 0;
}

/** Advances one environment's exploration noise by a step and adds it to the action, which is clipped to its bounds. */
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
