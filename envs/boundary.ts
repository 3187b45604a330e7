/**
 * The boundary with the code of an environment: what it gives is looked at in every call, before anything is made of it.
 *
 * Laws, tested: an array of the wrong length or type, a reward that is not a number, an end that is not a boolean and an
 * exception become {@link EnvironmentFailed}, which names environment, function, what was expected and what was found;
 * what a sound environment gives passes unchanged.
 *
 * @module
 */

import type { Environment, Step } from "./environment.ts";
import type { Key } from "../src/random/key.ts";

/** A part of an environment, by its name. */
export type EnvironmentPart = "spec" | "initial" | "observe" | "step" | "stepMany";

/** An environment that threw, or gave what its specification does not allow. Thrown within, a `Left` at public functions. */
export class EnvironmentFailed extends Error {
  /** The name of this class of errors. */
  override readonly name = "EnvironmentFailed";
  /** The discriminant. */
  readonly _tag = "EnvironmentFailed";

  /**
   * A failure in a sentence that begins with the environment's name.
   *
   * @param environment name of the environment
   * @param part which part of it failed
   * @param sentence what was expected of it and what was found
   * @param cause what the environment threw, if it threw
   */
  constructor(
    readonly environment: string,
    readonly part: EnvironmentPart,
    sentence: string,
    cause?: unknown,
  ) {
    super(`Environment "${environment}": ${sentence}`, cause === undefined ? undefined : { cause });
  }
}

/** What a value is, in words. */
export function described(value: unknown): string {
  if (value === null || typeof value === "number" || typeof value === "boolean") return String(value);
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value !== "object") return typeof value === "undefined" ? "undefined" : `a ${typeof value}`;
  if (value instanceof Promise) return "a promise";
  const kind = Object.prototype.toString.call(value).slice(8, -1);
  const { length } = value as { length?: unknown };
  const article = /^[AEIO]/.test(kind) ? "an" : "a";
  return typeof length === "number" ? `${article} ${kind} of length ${length}` : `${article} ${kind}`;
}

type FloatArray = "Float64Array" | "Float32Array";

/** Whether a value is a float array of a length; arrays of another realm, such as a worker's page, count too. */
export function isFloatArray(value: unknown, type: FloatArray, length: number): boolean {
  const same = type === "Float64Array" ? value instanceof Float64Array : value instanceof Float32Array;
  return (same || Object.prototype.toString.call(value) === `[object ${type}]`) &&
    (value as Float64Array).length === length;
}

/** What is wrong with what `initial` gave; null where nothing is. */
export const wrongState = (state: unknown, stateSize: number): string | null =>
  isFloatArray(state, "Float64Array", stateSize)
    ? null
    : `must give a Float64Array of length ${stateSize}: got ${described(state)}`;

/** What is wrong with what `observe` gave. */
export const wrongObservation = (observation: unknown, size: number): string | null =>
  isFloatArray(observation, "Float32Array", size)
    ? null
    : `must give a Float32Array of length ${size}: got ${described(observation)}`;

/** What is wrong with what `step` gave. */
export function wrongStep(step: unknown, stateSize: number): string | null {
  if (typeof step !== "object" || step === null) {
    return `must give an object of state, reward and terminated: got ${described(step)}`;
  }
  const { state, reward, terminated } = step as { readonly [K in keyof Step]: unknown };
  if (!isFloatArray(state, "Float64Array", stateSize)) {
    return `must give a state that is a Float64Array of length ${stateSize}: got ${described(state)}`;
  }
  if (typeof reward !== "number") return `must give a reward that is a number: got ${described(reward)}`;
  if (typeof terminated !== "boolean") {
    return `must give terminated as true or false: got ${described(terminated)}`;
  }
  return null;
}

/** A function of an environment whose exceptions and wrong results are {@link EnvironmentFailed}. */
const checked = <A extends readonly unknown[], B>(
  { spec: { name } }: Pick<Environment, "spec">,
  part: EnvironmentPart,
  body: (...given: A) => B,
  wrong: (result: B) => string | null,
) =>
(...given: A): B => {
  let result: B;
  try {
    result = body(...given);
  } catch (cause) {
    if (cause instanceof EnvironmentFailed) throw cause;
    throw new EnvironmentFailed(
      name,
      part,
      `${part} threw: ${cause instanceof Error ? cause.message : described(cause)}`,
      cause,
    );
  }
  const why = wrong(result);
  if (why !== null) throw new EnvironmentFailed(name, part, `${part} ${why}`);
  return result;
};

/** An environment's `initial`, checked. */
export const checkedInitial = (env: Pick<Environment, "spec" | "initial">): Environment["initial"] =>
  checked(env, "initial", (key: Key) => env.initial(key), (state) => wrongState(state, env.spec.stateSize));

/** An environment's `observe`, checked. */
export const checkedObserve = (env: Pick<Environment, "spec" | "observe">): Environment["observe"] =>
  checked(
    env,
    "observe",
    (state: Float64Array) => env.observe(state),
    (seen) => wrongObservation(seen, env.spec.observation.length),
  );

/** An environment's `step`, checked. */
export const checkedStep = (env: Pick<Environment, "spec" | "step">): Environment["step"] =>
  checked(
    env,
    "step",
    (state: Float64Array, action: Float32Array, key: Key) => env.step(state, action, key),
    (step) => wrongStep(step, env.spec.stateSize),
  );

/** What `stepMany` leaves where it should have written whether the task ended. */
const UNWRITTEN = 255;

/** An environment's `stepMany`, checked: it must say of each environment whether its task ended. */
export function checkedStepMany(env: Pick<Environment, "spec" | "stepMany">): Environment["stepMany"] {
  const run = checked(
    env,
    "stepMany",
    (...given: Parameters<Environment["stepMany"]>) => env.stepMany(...given),
    () => null,
  );
  return (states, actions, out, keys) => {
    const { terminated } = out;
    terminated.fill(UNWRITTEN);
    run(states, actions, out, keys);
    for (let e = 0; e < terminated.length; e++) {
      if (terminated[e]! <= 1) continue;
      const found = terminated[e] === UNWRITTEN ? "nothing" : String(terminated[e]);
      throw new EnvironmentFailed(
        env.spec.name,
        "stepMany",
        `stepMany must write 1 where the task ended, else 0: wrote ${found} for environment ${e}`,
      );
    }
  };
}

/** The environment with every function checked in every call. */
export const checkedEnvironment = (env: Environment): Environment => ({
  spec: env.spec, // by name: a class has its parts on its prototype
  initial: checkedInitial(env),
  observe: checkedObserve(env),
  step: checkedStep(env),
  stepMany: checkedStepMany(env),
  ...env.view === undefined ? {} : { view: env.view },
});
