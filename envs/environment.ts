/**
 * The interface of an environment: a record of pure functions over flat states, independent of learning.
 *
 * Laws, checked by `checkEnvironment`: equal keys give equal initial states; `step` does not write to its arguments and
 * gives equal results for equal arguments; observations have the specified length and are finite; `stepMany` gives the
 * same bits as `step`, environment by environment.
 *
 * Randomness is explicit: `step` takes a key, and a stochastic environment draws from that key alone; a deterministic
 * one ignores it.
 *
 * The time limit belongs to the rollout: `terminated` means that the task itself has ended, never that the horizon has
 * been reached.
 *
 * @module
 */

import type { SymmetryGroup } from "./symmetry.ts";
import type { View } from "./view.ts";
import type { Key } from "../src/random/key.ts";
import { checkedObserve, checkedStep } from "./boundary.ts";
import { anObject, requireFit, shown } from "../src/given.ts";

/** One component of an observation or of an action. */
export interface Component {
  /** Its name, for example `joint 1 velocity`. */
  readonly name: string;
  /** Its unit, for example `rad/s`; `1` for a number without one. */
  readonly unit: string;
}

/** The specification of an environment: names, sizes and horizon. */
export interface EnvironmentSpec {
  /** Short name, as in a run's configuration. */
  readonly name: string;
  /** Length of the flat state. */
  readonly stateSize: number;
  /** The components of an observation, in order. */
  readonly observation: readonly Component[];
  /** The components of an action, in order. Each lies in [-1, 1]; the environment scales it. */
  readonly action: readonly Component[];
  /** Default time limit: the number of steps after which a rollout is truncated; `Infinity` for none. */
  readonly horizon: number;
  /** Its exact symmetries; absent if none are known. */
  readonly symmetry?: SymmetryGroup;
}

/** The result of one step. */
export interface Step {
  /** The next state, `[stateSize]`. */
  readonly state: Float64Array;
  /** The raw reward of this step, before any scaling by the learner. */
  readonly reward: number;
  /** Whether `state` is terminal: no step follows it. */
  readonly terminated: boolean;
}

/** Output arrays of {@link Environment.stepMany} for E environments: flat, row-major. */
export interface StepBatch {
  /** `[E, stateSize]` next states (may be the array of the states stepped from). */
  readonly states: Float64Array;
  /** `[E, observation size]` observations of the next states. */
  readonly observations: Float32Array;
  /** `[E]` raw rewards. */
  readonly rewards: Float64Array;
  /** `[E]` 1 where the next state is terminal, else 0. */
  readonly terminated: Uint8Array;
}

/** The key for the step of environment e of a batch; called only by stochastic environments. */
export type StepKeys = (e: number) => Key;

/** A task to act in. */
export interface Environment {
  /** Names, sizes and horizon. */
  readonly spec: EnvironmentSpec;
  /** Draws an initial state, a flat array of `spec.stateSize` numbers. */
  readonly initial: (key: Key) => Float64Array;
  /** The observation of a state. */
  readonly observe: (state: Float64Array) => Float32Array;
  /** One step with an action of `spec.action.length` numbers in [-1, 1]; the key is its only source of randomness. */
  readonly step: (state: Float64Array, action: Float32Array, key: Key) => Step;
  /** Steps `[E, stateSize]` states with `[E, action size]` actions; environment e uses the key `keys(e)`. */
  readonly stepMany: (states: Float64Array, actions: Float32Array, out: StepBatch, keys: StepKeys) => void;
  /** How to draw its states; without it, episodes cannot be watched. */
  readonly view?: View;
}

/** An environment that is deterministic after the initial state: its steps need no key. */
export interface DeterministicEnvironment extends Environment {
  /** See {@link Environment.step}. */
  readonly step: (state: Float64Array, action: Float32Array, key?: Key) => Step;
  /** See {@link Environment.stepMany}. */
  readonly stepMany: (states: Float64Array, actions: Float32Array, out: StepBatch, keys?: StepKeys) => void;
}

/** An action or a state that is invalid for the environment; the message gives the wrong value. */
export class InvalidEnvironmentInput extends RangeError {
  /** The name of this class of errors. */
  override readonly name = "InvalidEnvironmentInput";
}

/** Throws {@link InvalidEnvironmentInput} unless `values` has `length` items. */
export function requireLength(what: string, values: ArrayLike<number>, length: number): void {
  if (typeof values === "object" && values?.length === length) return;
  const found = typeof values === "object" && typeof values?.length === "number"
    ? values.length
    : shown(values);
  throw new InvalidEnvironmentInput(`${what} must have ${length} numbers: got ${found}`);
}

/** Throws {@link InvalidEnvironmentInput} unless `values` has `length` finite numbers. */
export function requireFinite(what: string, values: ArrayLike<number>, length: number): void {
  requireLength(what, values, length);
  for (let i = 0; i < length; i++) {
    if (!Number.isFinite(values[i])) {
      throw new InvalidEnvironmentInput(`${what} must be finite: component ${i} is ${shown(values[i])}`);
    }
  }
}

/**
 * Builds an environment from its single-step functions; `stepMany` loops over them and checks their results.
 *
 * @throws TypeError unless `parts` is an object with a specification; other errors are reported by `checkEnvironment`
 * and by every training
 * @throws EnvironmentFailed (from `stepMany`) if a function throws or returns a result that breaks the specification
 *
 * @example
 * ```ts
 * import { environment } from "./environment.ts";
 * import { normal } from "../src/random/draw.ts";
 * import { keyOf } from "../src/random/key.ts";
 * import assert from "node:assert/strict";
 * // A walk against a gusty wind, which is drawn from the step's key.
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
  requireFit("An environment", parts, anObject);
  requireFit("An environment's spec", parts.spec, anObject);
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
