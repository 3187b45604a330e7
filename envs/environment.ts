/**
 * What an environment is: a record of pure functions over flat states, without knowledge of learning.
 *
 * Laws, reported by `checkEnvironment`: equal keys give equal initial states; `step` does not write to its arguments and
 * gives equal results for equal arguments; observations have the length of the specification and are finite; `stepMany`
 * gives the same bits as `step`, environment by environment.
 *
 * Chance is an argument: `step` takes a key, and a stochastic environment draws from that key alone; a deterministic one
 * ignores it.
 *
 * The horizon belongs to the rollout: `terminated` means that the task itself has ended, never that time is up.
 *
 * @module
 */

import type { SymmetryGroup } from "./symmetry.ts";
import type { View } from "./view.ts";
import type { Key } from "../src/random/key.ts";
import { checkedObserve, checkedStep } from "./boundary.ts";

/** One number of an observation or of an action. */
export interface Component {
  /** What the number is, for example `joint 1 velocity`. */
  readonly name: string;
  /** Its unit, for example `rad/s`; `1` for a number without one. */
  readonly unit: string;
}

/** The fixed facts of an environment. */
export interface EnvironmentSpec {
  /** Short name, as in a run's configuration. */
  readonly name: string;
  /** Length of the flat state. */
  readonly stateSize: number;
  /** The numbers of an observation, in order. */
  readonly observation: readonly Component[];
  /** The numbers of an action, in order. Every action component lies in [-1, 1]; the environment scales it. */
  readonly action: readonly Component[];
  /** Steps after which a rollout is truncated, unless it is given another number; `Infinity` for never. */
  readonly horizon: number;
  /** Its exact symmetries; absent where none are known. */
  readonly symmetry?: SymmetryGroup;
}

/** What one step gives. */
export interface Step {
  /** The next state, `[stateSize]`. */
  readonly state: Float64Array;
  /** The raw reward of this step, before any scaling by the learner. */
  readonly reward: number;
  /** The task ended in `state`; nothing follows it. */
  readonly terminated: boolean;
}

/** Where {@link Environment.stepMany} writes, for E environments: flat, one environment after the other. */
export interface StepBatch {
  /** `[E, stateSize]` the next states (may be the array of the states stepped from). */
  readonly states: Float64Array;
  /** `[E, observation size]` observations of the next states. */
  readonly observations: Float32Array;
  /** `[E]` */
  readonly rewards: Float64Array;
  /** `[E]` 1 where the task ended, else 0. */
  readonly terminated: Uint8Array;
}

/** The key of the step that environment e of a batch makes; asked for by environments that draw. */
export type StepKeys = (e: number) => Key;

/** A task to act in. */
export interface Environment {
  /** The fixed facts. */
  readonly spec: EnvironmentSpec;
  /** Draws an initial state, a flat array of `spec.stateSize` numbers. */
  readonly initial: (key: Key) => Float64Array;
  /** What the policy sees of a state. */
  readonly observe: (state: Float64Array) => Float32Array;
  /** One step with an action of `spec.action.length` numbers in [-1, 1]; what it leaves to chance comes from the key. */
  readonly step: (state: Float64Array, action: Float32Array, key: Key) => Step;
  /** Steps `[E, stateSize]` states with `[E, action size]` actions, each with the key of its own that `keys` gives. */
  readonly stepMany: (states: Float64Array, actions: Float32Array, out: StepBatch, keys: StepKeys) => void;
  /** How its states are drawn; without one, episodes cannot be watched. */
  readonly view?: View;
}

/** An environment that leaves nothing to chance after the initial state: its steps need no key. */
export interface DeterministicEnvironment extends Environment {
  /** See {@link Environment.step}. */
  readonly step: (state: Float64Array, action: Float32Array, key?: Key) => Step;
  /** See {@link Environment.stepMany}. */
  readonly stepMany: (states: Float64Array, actions: Float32Array, out: StepBatch, keys?: StepKeys) => void;
}

/** An action or a state that does not fit the environment, with the value that is wrong. */
export class InvalidEnvironmentInput extends RangeError {
  /** The name of this class of errors. */
  override readonly name = "InvalidEnvironmentInput";
}

/** Throws {@link InvalidEnvironmentInput} unless `values` has `length` finite numbers. */
export function requireFinite(what: string, values: ArrayLike<number>, length: number): void {
  if (values.length !== length) {
    throw new InvalidEnvironmentInput(`${what} must have ${length} numbers: got ${values.length}`);
  }
  for (let i = 0; i < length; i++) {
    if (!Number.isFinite(values[i])) {
      throw new InvalidEnvironmentInput(`${what} must be finite: component ${i} is ${values[i]}`);
    }
  }
}

/**
 * An environment from its single-step functions; the batched form loops over them and checks what they give.
 *
 * @throws EnvironmentFailed (from `stepMany`) where a function throws or gives what the specification does not allow
 *
 * @example
 * ```ts
 * import { environment } from "./environment.ts";
 * import { normal } from "../src/random/draw.ts";
 * import { keyOf } from "../src/random/key.ts";
 * import assert from "node:assert/strict";
 * // A walk against a gusty wind: what the wind does follows from the step's key.
 * const walk = environment({
 *   spec: {
 *     name: "walk", stateSize: 1, horizon: 10,
 *     observation: [{ name: "position", unit: "m" }], action: [{ name: "velocity", unit: "m/step" }],
 *   },
 *   initial: () => Float64Array.of(0),
 *   observe: (state) => Float32Array.from(state),
 *   step: (state, action, key) => {
 *     const position = state[0] + action[0] - 0.1 * Math.abs(normal(key, 1)[0]);
 *     return { state: Float64Array.of(position), reward: -Math.abs(position - 3), terminated: position >= 3 };
 *   },
 * });
 * const step = (seed: number) => walk.step(Float64Array.of(2), Float32Array.of(1), keyOf(seed));
 * assert.deepEqual(step(1), step(1));
 * assert.notDeepEqual(step(1), step(2));
 * ```
 */
export function environment(parts: Omit<Environment, "stepMany">): Environment {
  const { stateSize, action, observation } = parts.spec;
  const observe = checkedObserve(parts), step = checkedStep(parts);
  return {
    ...parts,
    stepMany: (states, actions, out, keys) => {
      const count = states.length / stateSize;
      for (let e = 0; e < count; e++) {
        const { state, reward, terminated } = step(
          states.slice(e * stateSize, (e + 1) * stateSize),
          actions.slice(e * action.length, (e + 1) * action.length),
          keys(e),
        );
        out.states.set(state, e * stateSize);
        out.observations.set(observe(state), e * observation.length);
        out.rewards[e] = reward;
        out.terminated[e] = terminated ? 1 : 0;
      }
    },
  };
}
