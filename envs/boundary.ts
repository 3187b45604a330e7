/**
 * The boundary to an environment's code: every call's result is validated before it is used.
 *
 * Laws, tested: an array of the wrong length or type, a reward that is not a number, a `terminated` that is not a
 * boolean and an exception become {@link EnvironmentFailed}, which names the environment, the function, what was
 * expected and what was found; the results of a valid environment pass unchanged.
 *
 * @module
 */

import type { Environment, Step } from "./environment.ts";
import { described, isRecord, oneLine, thrownText } from "../src/given.ts";
import type { Key } from "../src/random/key.ts";

/** A part of an environment, by its name. */
export type EnvironmentPart = "spec" | "initial" | "observe" | "step" | "stepMany";

/**
 * An environment threw, or broke its specification. It is thrown internally; public functions return it as a `Left`.
 */
export class EnvironmentFailed extends Error {
  /** The name of this class of errors. */
  override readonly name = "EnvironmentFailed";
  /** The discriminant. */
  readonly _tag = "EnvironmentFailed";
  /** Name of the environment. */
  readonly environment: string;
  /** The part that failed. */
  readonly part: EnvironmentPart;

  /**
   * The message is a sentence that begins with the environment's name.
   *
   * @param environment name of the environment
   * @param part the part that failed
   * @param sentence what was expected of it and what was found
   * @param cause the exception, if the environment threw one
   */
  constructor(
    environment: string,
    part: EnvironmentPart,
    sentence: string,
    cause?: unknown,
  ) {
    super(
      oneLine(`Environment "${environment}": ${sentence}`, Infinity),
      cause === undefined ? undefined : { cause },
    );
    this.environment = environment;
    this.part = part;
  }
}

type FloatArray = "Float64Array" | "Float32Array";

/** Whether a value is a float array of the given type and length, from any realm (such as a page's worker). */
export function isFloatArray(value: unknown, type: FloatArray, length: number): boolean {
  if (!ArrayBuffer.isView(value)) return false; // a proxy of an array is none, and its length throws
  const same = type === "Float64Array" ? value instanceof Float64Array : value instanceof Float32Array;
  return (same || Object.prototype.toString.call(value) === `[object ${type}]`) &&
    (value as Float64Array).length === length;
}

/**
 * The error in a result that is a promise, as that of every `async` function; null if it is not one. The promise's
 * value is discarded, and so is a rejection, which would otherwise end the program.
 */
export function wrongPromise(result: unknown): string | null {
  if (!isRecord(result) || typeof result["then"] !== "function") return null;
  Promise.resolve(result).catch(() => {});
  return "must return its result at once: got a promise, so it must not be async";
}

/** The error in a result of `initial`; null if it is valid. */
export const wrongState = (state: unknown, stateSize: number): string | null =>
  isFloatArray(state, "Float64Array", stateSize)
    ? null
    : wrongPromise(state) ?? `must return a Float64Array of length ${stateSize}: got ${described(state)}`;

/** The error in a result of `observe`; null if it is valid. */
export const wrongObservation = (observation: unknown, size: number): string | null =>
  isFloatArray(observation, "Float32Array", size) ? null : wrongPromise(observation) ??
    `must return a Float32Array of length ${size}: got ${described(observation)}`;

/** The error in a result of `step`; null if it is valid. */
export function wrongStep(step: unknown, stateSize: number): string | null {
  if (typeof step !== "object" || step === null) {
    return `must return an object of state, reward and terminated: got ${described(step)}`;
  }
  const { state, reward, terminated } = step as { readonly [K in keyof Step]: unknown };
  if (!isFloatArray(state, "Float64Array", stateSize)) {
    return wrongPromise(step) ??
      `must return a state that is a Float64Array of length ${stateSize}: got ${described(state)}`;
  }
  if (typeof reward !== "number") return `must return a reward that is a number: got ${described(reward)}`;
  if (typeof terminated !== "boolean") {
    return `must return terminated as true or false: got ${described(terminated)}`;
  }
  return null;
}

/** Wraps a function of an environment: its exceptions and invalid results become {@link EnvironmentFailed}. */
const checked = <A extends readonly unknown[], B>(
  { spec: { name } }: Pick<Environment, "spec">,
  part: EnvironmentPart,
  body: (...given: A) => B,
  wrong: (result: B) => string | null,
) =>
(...given: A): B => {
  let result: B, why: string | null;
  try {
    result = body(...given);
    why = wrong(result); // a getter of the result may throw
  } catch (cause) {
    if (cause instanceof EnvironmentFailed) throw cause;
    throw new EnvironmentFailed(
      name,
      part,
      `${part} threw: ${thrownText(cause)}`,
      cause,
    );
  }
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

/** Sentinel for an element of `terminated` that `stepMany` has not written. */
const UNWRITTEN = 255;

/** An environment's `stepMany`, checked: it must write `terminated` for every environment. */
export function checkedStepMany(env: Pick<Environment, "spec" | "stepMany">): Environment["stepMany"] {
  const run = checked(
    env,
    "stepMany",
    (...given: Parameters<Environment["stepMany"]>) => env.stepMany(...given),
    wrongPromise,
  );
  return (states, actions, out, keys) => {
    const { terminated } = out;
    terminated.fill(UNWRITTEN);
    // An element that it fails to write must not keep the value of the previous step.
    out.rewards.fill(NaN);
    out.observations.fill(NaN);
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
  spec: env.spec, // no spread: a class has its methods on its prototype
  initial: checkedInitial(env),
  observe: checkedObserve(env),
  step: checkedStep(env),
  stepMany: checkedStepMany(env),
  ...env.view === undefined ? {} : { view: env.view },
});
