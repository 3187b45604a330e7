/**
 * Tests an environment against its contract.
 *
 * Laws, tested: each breach is reported in a sentence of its own and never as an exception, whatever the environment
 * returns or throws; a valid environment has no breaches.
 *
 * @module
 */

import { EnvironmentFailed, wrongObservation, wrongPromise, wrongState, wrongStep } from "./boundary.ts";
import type { Component, Environment, EnvironmentSpec, Step, StepBatch } from "./environment.ts";
import { symmetryBreaches } from "./symmetry.ts";
import { child, isKey, type Key } from "../src/random/key.ts";
import { described, shown, thrownText } from "../src/given.ts";
import { uniform } from "../src/random/draw.ts";

const FUNCTIONS = ["initial", "observe", "step", "stepMany"] as const;

/** The errors in a list of components, one sentence each. */
function componentBreaches(which: "observation" | "action", list: unknown): readonly string[] {
  if (!Array.isArray(list)) return [`spec.${which} must be a list of components: got ${described(list)}`];
  if (list.length === 0) return [`spec.${which} must have at least one component: got none`];
  const names: readonly unknown[] = Array.from(list, (each) => (each as Partial<Component> | null)?.name);
  return Array.from(list).flatMap((each: Partial<Component> | null | undefined, k) => {
    // holes included
    if (typeof each?.name !== "string" || typeof each.unit !== "string") {
      return [`spec.${which} must have components with a name and a unit: component ${k} lacks one`];
    }
    const first = names.indexOf(each.name);
    return first === k ? [] : [
      `spec.${which} must have components with distinct names: ${first} and ${k} are ${shown(each.name)}`,
    ];
  });
}

/** The errors in a specification, one sentence each; empty if it is valid. */
export function specBreaches(spec: EnvironmentSpec): readonly string[] {
  if (typeof spec !== "object" || spec === null) {
    return [`spec must be an object: got ${described(spec)}`];
  }
  const { name, stateSize, horizon, symmetry } = spec;
  return [
    ...typeof name === "string" && name !== "" ? [] : [`spec.name must be a string: got ${described(name)}`],
    ...Number.isSafeInteger(stateSize) && stateSize > 0
      ? []
      : [`spec.stateSize must be a positive integer: got ${described(stateSize)}`],
    ...componentBreaches("observation", spec.observation),
    ...componentBreaches("action", spec.action),
    ...(Number.isSafeInteger(horizon) && horizon > 0) || horizon === Infinity
      ? []
      : [`spec.horizon must be a positive integer or Infinity: got ${described(horizon)}`],
    ...symmetry === undefined || !Array.isArray(spec.observation) || !Array.isArray(spec.action)
      ? []
      : symmetryBreaches(symmetry, spec.observation.length, spec.action.length).map((sentence) =>
        `spec.${sentence}`
      ),
  ];
}

/** The errors in an environment's specification, and its missing functions, one sentence each. */
export function partBreaches(env: Environment): readonly string[] {
  if (typeof env !== "object" || env === null) {
    return [`an environment must be an object: got ${described(env)}`];
  }
  const missing = FUNCTIONS.filter((name) => typeof env[name] !== "function")
    .map((name) => `${name} must be a function: got ${described(env[name])}`);
  return [...specBreaches(env.spec), ...missing];
}

/** The failure of an unusable environment, with all breaches at once; null if there are none. */
export function environmentFailure(env: Environment): EnvironmentFailed | null {
  const breaches = partBreaches(env);
  if (breaches.length === 0) return null;
  const name: unknown = (env as Partial<Environment> | null | undefined)?.spec?.name;
  return new EnvironmentFailed(typeof name === "string" ? name : "", "spec", breaches.join("; "));
}

/** Throws {@link EnvironmentFailed} for an unusable environment. */
export function requireEnvironment(env: Environment): void {
  const failure = environmentFailure(env);
  if (failure !== null) throw failure;
}

const sameNumbers = (a: ArrayLike<number>, b: ArrayLike<number>): boolean =>
  a.length === b.length && Array.prototype.every.call(a, (value, i) => Object.is(value, b[i]));

const sameStep = (a: Step, b: Step): boolean =>
  sameNumbers(a.state, b.state) && Object.is(a.reward, b.reward) && a.terminated === b.terminated;

/** Writes two consecutive copies of an array to `room`. */
const twice = <A extends Float64Array | Float32Array>(values: A, room: A): A => {
  room.set(values);
  room.set(values, values.length);
  return room;
};

/** Exercises the functions of an environment with a valid specification and collects the breaches. */
class Trial {
  readonly breaches = new Set<string>();
  private readonly env: Environment;

  constructor(env: Environment) {
    this.env = env;
  }

  expect(held: boolean, breach: string): boolean {
    if (!held) this.breaches.add(breach);
    return held;
  }

  /** A function's result, or null if it throws or returns an invalid result. */
  call<A>(part: string, body: () => A, wrong: (result: A) => string | null): A | null {
    let result: A;
    try {
      result = body();
    } catch (thrown) {
      this.breaches.add(`${part} must not throw: it threw ${JSON.stringify(thrownText(thrown))}`);
      return null;
    }
    const why = wrong(result);
    if (why !== null) this.breaches.add(`${part} ${why}`);
    return why === null ? result : null;
  }

  /** An initial state, or zeros if the environment's is unusable. */
  initial(key: Key): Float64Array {
    const { env } = this, { stateSize } = env.spec;
    const draw = () => this.call("initial", () => env.initial(key), (state) => wrongState(state, stateSize));
    const first = draw()?.slice(), second = draw();
    if (first === undefined || second === null) return new Float64Array(stateSize);
    this.expect(sameNumbers(first, second), "initial must return equal states for equal keys");
    return first;
  }

  /** Checks the observation of a state and returns it, or null if it is unusable. */
  observe(state: Float64Array): Float32Array | null {
    const { env } = this, { observation } = env.spec, before = state.slice();
    const wrong = (seen: unknown) => wrongObservation(seen, observation.length);
    const first = this.call("observe", () => env.observe(state), wrong)?.slice();
    this.expect(sameNumbers(state, before), "observe must not write to the state");
    const second = this.call("observe", () => env.observe(before.slice()), wrong);
    if (first === undefined || second === null) return null;
    this.expect(sameNumbers(first, second), "observe must return equal observations for equal states");
    first.forEach((value, k) =>
      this.expect(
        Number.isFinite(value),
        `observe must return finite numbers: "${observation[k]!.name}" is ${value}`,
      )
    );
    return first;
  }

  /** Checks a step and returns it, or null if it is unusable. */
  step(state: Float64Array, action: Float32Array, key: Key): Step | null {
    const { env } = this, { stateSize } = env.spec;
    const given = state.slice(), asked = action.slice();
    const wrong = (step: unknown) => wrongStep(step, stateSize);
    const first = this.call("step", () => env.step(given, asked, key), wrong);
    // A copy, because the environment may reuse its array.
    const made: Step | null = first === null ? null : { ...first, state: first.state.slice() };
    this.expect(sameNumbers(given, state), "step must not write to the state");
    this.expect(sameNumbers(asked, action), "step must not write to the action");
    const second = this.call("step", () => env.step(state.slice(), action.slice(), key), wrong);
    if (made === null || second === null) return null;
    this.expect(sameStep(made, second), "step must return equal results for equal arguments");
    this.expect(
      Number.isFinite(Math.fround(made.reward)),
      `step must return a finite reward${
        Number.isFinite(made.reward) ? " of 32 bits" : ""
      }: got ${made.reward}`,
    );
    return made;
  }

  /** Compares a batch of two environments in the same state, each with its own key, with the results of `step`. */
  stepMany(state: Float64Array, action: Float32Array, keys: readonly [Key, Key], inPlace: boolean): void {
    const { env } = this, { stateSize, observation } = env.spec;
    const states = twice(state, new Float64Array(2 * stateSize));
    const actions = twice(action, new Float32Array(2 * action.length));
    const out: StepBatch = {
      states: inPlace ? states : new Float64Array(2 * stateSize).fill(NaN),
      observations: new Float32Array(2 * observation.length).fill(NaN),
      rewards: new Float64Array(2).fill(NaN),
      terminated: new Uint8Array(2).fill(255),
    };
    const asked = actions.slice();
    const done = this.call(
      "stepMany",
      () => env.stepMany(states, actions, out, (e) => keys[e]!),
      wrongPromise,
    );
    const kept = this.expect(sameNumbers(actions, asked), "stepMany must not write to the actions");
    const pure = inPlace || this.expect(
      sameNumbers(states, twice(state, new Float64Array(2 * stateSize))),
      "stepMany must not write to the states stepped from, unless they are its output array",
    );
    if (done === null || !kept || !pure) return;
    keys.forEach((key, e) => {
      let single: Step, seen: Float32Array;
      try {
        single = env.step(state.slice(), action.slice(), key);
        if (wrongStep(single, stateSize) !== null) return;
        seen = env.observe(single.state);
        if (wrongObservation(seen, observation.length) !== null) return;
      } catch {
        return; // already reported
      }
      this.expect(
        sameNumbers(out.states.subarray(e * stateSize, (e + 1) * stateSize), single.state) &&
          sameNumbers(out.observations.subarray(e * seen.length, (e + 1) * seen.length), seen) &&
          Object.is(out.rewards[e], single.reward) && out.terminated[e] === Number(single.terminated),
        "stepMany must return the same bits as step",
      );
    });
  }
}

/**
 * Plays random episodes and reports each breach of the contract in a sentence; the list is empty if none was found.
 * It never throws, whatever the environment returns or throws.
 *
 * @param steps number of random steps
 *
 * @example
 * ```ts
 * import { checkEnvironment } from "./check_environment.ts";
 * import { environment } from "./environment.ts";
 * import { keyOf } from "../src/random/key.ts";
 * import { pointMass } from "./point_mass.ts";
 * import assert from "node:assert/strict";
 * assert.deepEqual(checkEnvironment(pointMass(), keyOf(0)), []);
 * const restless = environment({ ...pointMass(), observe: () => Float32Array.of(NaN, 0) });
 * assert.deepEqual(checkEnvironment(restless, keyOf(0)), ['observe must return finite numbers: "x" is NaN']);
 * ```
 */
export function checkEnvironment(env: Environment, key: Key, steps = 200): readonly string[] {
  try {
    const unsound = partBreaches(env);
    if (unsound.length > 0) return unsound; // without sizes and functions nothing can be tested
    if (!isKey(key)) return [`key must be a key, such as keyOf gives: got ${described(key)}`];
    if (!Number.isSafeInteger(steps) || steps < 1) {
      return [`steps must be a positive integer: got ${described(steps)}`];
    }
    const trial = new Trial(env), size = env.spec.action.length;
    let state = trial.initial(child(key, 0));
    for (let t = 0; t < steps; t++) {
      const drawn = child(key, steps + t);
      const action = Float32Array.from(uniform(drawn, size), (unit) => 2 * unit - 1);
      const stepKeys = [child(drawn, 0), child(drawn, 1)] as const;
      trial.observe(state);
      const first = trial.step(state, action, stepKeys[0]);
      for (const inPlace of [false, true]) trial.stepMany(state, action, stepKeys, inPlace);
      if (first?.terminated) trial.observe(first.state); // the final state of an episode is observed too
      state = first === null || first.terminated ? trial.initial(child(key, t + 1)) : first.state;
    }
    return [...trial.breaches];
  } catch (thrown) {
    return [
      `the environment cannot be examined: ${thrownText(thrown)}`,
    ];
  }
}
