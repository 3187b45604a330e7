/** What tests in a page have in the place of `tests/deps.ts`: assertions without Node, and few runs of a property. */

import { fc as everywhere } from "../deps.ts";

const show = everywhere.stringify;

function demand(holds: boolean, message: string | undefined, otherwise: () => string): void {
  if (!holds) throw new Error(message ?? otherwise());
}

/** As much of `node:assert/strict` as the tests of WebGPU use; of values it compares what `fc.stringify` shows. */
export const assert = Object.assign(
  (value: unknown, message?: string): void =>
    demand(Boolean(value), message, () => `${show(value)} is not true`),
  {
    equal: (found: unknown, expected: unknown, message?: string): void =>
      demand(Object.is(found, expected), message, () => `${show(found)} is not ${show(expected)}`),
    deepEqual: (found: unknown, expected: unknown, message?: string): void =>
      demand(show(found) === show(expected), message, () => `${show(found)} is not ${show(expected)}`),
    match: (found: string, pattern: RegExp, message?: string): void =>
      demand(pattern.test(found), message, () => `${show(found)} does not match ${pattern}`),
    fail: (message: string): never => {
      throw new Error(message);
    },
    throws: (f: () => unknown, kind: new (...given: never[]) => Error): void => {
      try {
        f();
      } catch (error) {
        return demand(error instanceof kind, undefined, () => `${error} is no ${kind.name}`);
      }
      throw new Error(`Nothing was thrown, but ${kind.name} is expected`);
    },
  },
);

/** Most runs of a property: enough that the tests together compile every entry point of every shader. */
const RUNS = 5;

/** fast-check, with at most {@link RUNS} runs of a property and the same ones every time. */
export const fc: typeof everywhere = {
  ...everywhere,
  // Its two signatures differ in what they return, a promise or nothing, which is passed on as it is.
  assert: ((property: never, parameters: { readonly numRuns?: number } = {}) =>
    everywhere.assert(property, {
      ...parameters,
      numRuns: Math.min(RUNS, parameters.numRuns ?? RUNS),
      seed: 3,
    })) as typeof everywhere.assert,
};
