/**
 * Every third-party module that the library itself needs, each named once with its exact version.
 *
 * What only the command line, the figures or the tests need stands in `src/cli/deps.ts`, `src/report/deps.ts`
 * and `tests/deps.ts`, so that importing `mod.ts` fetches none of it.
 *
 * @module
 */

export * as E from "npm:fp-ts@2.16.11/lib/Either.js";
export * as TE from "npm:fp-ts@2.16.11/lib/TaskEither.js";
export type { Either, Left, Right } from "npm:fp-ts@2.16.11/lib/Either.js";
export type { Task } from "npm:fp-ts@2.16.11/lib/Task.js";
export type { TaskEither } from "npm:fp-ts@2.16.11/lib/TaskEither.js";
export { pipe } from "npm:fp-ts@2.16.11/lib/function.js";
// @ts-types="npm:@types/ndarray@1.1.0"
export { default as ndarray } from "npm:ndarray@1.1.1";
