/**
 * What an environment is: a record of pure functions over flat states, without knowledge of learning.
 *
 * Laws, reported by {@link checkEnvironment}: equal keys give equal initial states; `step` does not write to its
 * arguments and gives equal results for equal arguments; observations have the length of the specification and are
 * finite; `stepMany` gives the same bits as `step`, environment by environment.
 *
 * The horizon belongs to whoever rolls out: `terminated` means that the task itself has ended, never that time is up.
 *
 * @module
 */

import { child, type Key } from "../src/random/key.ts";
import { uniform } from "../src/random/draw.ts";

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
  /** The usual number of steps after which a rollout is truncated. */
  readonly horizon: number;
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

/** A task to act in. */
export interface Environment {
  /** The fixed facts. */
  readonly spec: EnvironmentSpec;
  /** Draws an initial state, a flat array of `spec.stateSize` numbers. */
  readonly initial: (key: Key) => Float64Array;
  /** What the policy sees of a state. */
  readonly observe: (state: Float64Array) => Float32Array;
  /** One step with an action of `spec.action.length` numbers in [-1, 1]. */
  readonly step: (state: Float64Array, action: Float32Array) => Step;
  /** Steps `[E, stateSize]` states with `[E, action size]` actions. */
  readonly stepMany: (states: Float64Array, actions: Float32Array, out: StepBatch) => void;
}

/** An action or a state that does not fit the environment, with the value that is wrong. */
export class InvalidEnvironmentInput extends RangeError {
  /** Tells this error from other range errors. */
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
 * An environment from its single-step functions; the batched form loops over them.
 *
 * @example
 * ```ts
 * import { environment } from "./environment.ts";
 * import assert from "node:assert/strict";
 * const drift = environment({
 *   spec: {
 *     name: "drift", stateSize: 1, horizon: 10,
 *     observation: [{ name: "position", unit: "m" }], action: [{ name: "velocity", unit: "m/step" }],
 *   },
 *   initial: () => Float64Array.of(0),
 *   observe: (state) => Float32Array.from(state),
 *   step: (state, action) => {
 *     const position = state[0] + action[0];
 *     return { state: Float64Array.of(position), reward: -Math.abs(position - 3), terminated: position >= 3 };
 *   },
 * });
 * assert.equal(drift.step(Float64Array.of(2), Float32Array.of(1)).terminated, true);
 * ```
 */
export function environment(parts: Omit<Environment, "stepMany">): Environment {
  const { stateSize, action } = parts.spec;
  return {
    ...parts,
    stepMany: (states, actions, out) => {
      const count = states.length / stateSize;
      for (let e = 0; e < count; e++) {
        const { state, reward, terminated } = parts.step(
          states.slice(e * stateSize, (e + 1) * stateSize),
          actions.slice(e * action.length, (e + 1) * action.length),
        );
        out.states.set(state, e * stateSize);
        out.observations.set(parts.observe(state), e * parts.spec.observation.length);
        out.rewards[e] = reward;
        out.terminated[e] = terminated ? 1 : 0;
      }
    },
  };
}

const sameNumbers = (a: ArrayLike<number>, b: ArrayLike<number>): boolean =>
  a.length === b.length && Array.prototype.every.call(a, (value, i) => Object.is(value, b[i]));

/**
 * Plays random episodes and reports each breach of the contract in a sentence; an empty list means that none was seen.
 *
 * @param steps how many random steps to play
 *
 * @example
 * ```ts
 * import { checkEnvironment, environment } from "./environment.ts";
 * import { keyOf } from "../src/random/key.ts";
 * import { pointMass } from "./point_mass.ts";
 * import assert from "node:assert/strict";
 * assert.deepEqual(checkEnvironment(pointMass(), keyOf(0)), []);
 * const restless = environment({ ...pointMass(), observe: () => Float32Array.of(NaN, 0) });
 * assert.deepEqual(checkEnvironment(restless, keyOf(0)), ["observe must give finite numbers"]);
 * ```
 */
export function checkEnvironment(env: Environment, key: Key, steps = 200): readonly string[] {
  const breaches = new Set<string>();
  const { stateSize, observation, action } = env.spec;
  const expect = (held: boolean, breach: string): void => {
    if (!held) breaches.add(breach);
  };
  const draw = (index: number): Float64Array => {
    const state = env.initial(child(key, index));
    expect(
      sameNumbers(state, env.initial(child(key, index))),
      "initial must give equal states for equal keys",
    );
    expect(state.length === stateSize, `initial must give ${stateSize} numbers: got ${state.length}`);
    return state;
  };
  let state = draw(0);
  for (let t = 0; t < steps; t++) {
    const seen = env.observe(state);
    expect(
      seen.length === observation.length,
      `observe must give ${observation.length} numbers: got ${seen.length}`,
    );
    expect(seen.every(Number.isFinite), "observe must give finite numbers");
    const chosen = Float32Array.from(
      uniform(child(key, steps + t), action.length),
      (unit) => 2 * unit - 1,
    );
    const before = state.slice(), asked = chosen.slice();
    const first = env.step(state, chosen);
    expect(sameNumbers(state, before), "step must not write to the state");
    expect(sameNumbers(chosen, asked), "step must not write to the action");
    const second = env.step(before, asked);
    expect(
      sameNumbers(first.state, second.state) && Object.is(first.reward, second.reward) &&
        first.terminated === second.terminated,
      "step must give equal results for equal arguments",
    );
    expect(
      first.state.length === stateSize,
      `step must give a state of ${stateSize} numbers: got ${first.state.length}`,
    );
    expect(Number.isFinite(first.reward), "step must give a finite reward");
    const out: StepBatch = {
      states: new Float64Array(2 * stateSize),
      observations: new Float32Array(2 * observation.length),
      rewards: new Float64Array(2),
      terminated: new Uint8Array(2),
    };
    const twice = <A extends Float64Array | Float32Array>(values: A): A => {
      const copy = values.slice(0, 0).constructor as new (length: number) => A;
      const both = new copy(2 * values.length);
      both.set(values);
      both.set(values, values.length);
      return both;
    };
    env.stepMany(twice(before), twice(asked), out);
    expect(
      sameNumbers(out.states, twice(first.state)) &&
        sameNumbers(out.observations, twice(env.observe(first.state))) &&
        out.rewards.every((reward) => Object.is(reward, first.reward)) &&
        out.terminated.every((ended) => (ended === 1) === first.terminated),
      "stepMany must give the same bits as step",
    );
    state = first.terminated ? draw(t + 1) : first.state;
  }
  return [...breaches];
}
