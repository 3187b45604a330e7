/**
 * Every third-party module that the library itself needs, each named once with its exact version.
 *
 * What only the command line, the figures or the tests need is in `src/cli/deps.ts`, `src/run/deps.ts`, `src/report/deps.ts`
 * and `tests/deps.ts`, so that importing `mod.ts` fetches none of it.
 *
 * @module
 */

import * as either from "npm:fp-ts@2.16.11/lib/Either.js";
import * as taskEither from "npm:fp-ts@2.16.11/lib/TaskEither.js";
import * as functions from "npm:fp-ts@2.16.11/lib/function.js";
export { closest, distance } from "npm:fastest-levenshtein@1.0.16";

// fp-ts's types are restated here, shape for shape: `deno doc --lint` would ask fp-ts itself for comments.

/** A failure. */
export interface Left<L> {
  /** Tells a failure from a success. */
  readonly _tag: "Left";
  /** What went wrong. */
  readonly left: L;
}

/** A success. */
export interface Right<A> {
  /** Tells a success from a failure. */
  readonly _tag: "Right";
  /** The result. */
  readonly right: A;
}

/** A failure of type `L` or a success of type `A`. */
export type Either<L, A> = Left<L> | Right<A>;
/** A function that starts an asynchronous computation; its promise never rejects. */
export type Task<A> = () => Promise<A>;
/** A task that ends in a failure of type `L` or a success of type `A`. */
export type TaskEither<L, A> = Task<Either<L, A>>;

/** fp-ts's module `Either`: functions on failures and successes. */
export const E: typeof either = either;
/** The type of fp-ts's module `Either`. */
export declare namespace E {
  /** A failure of type `L` or a success of type `A`. */
  type Either<L, A> = Left<L> | Right<A>;
}

/**
 * fp-ts's module `TaskEither`: functions on tasks that may fail. Three of them have types of a higher kind, which a compiler
 * sees only in a project with a folder of modules; restated, they are the same in every project.
 */
export const TE: Omit<typeof taskEither, "bindTo" | "bind" | "let"> & {
  /** A task's result as the only field of a record. */
  readonly bindTo: <N extends string>(
    name: N,
  ) => <L, A>(task: TaskEither<L, A>) => TaskEither<L, { readonly [K in N]: A }>;
  /** A record with one more field, which is the result of a task. */
  readonly bind: <N extends string, A, L, B>(
    name: Exclude<N, keyof A>,
    of: (record: A) => TaskEither<L, B>,
  ) => (
    task: TaskEither<L, A>,
  ) => TaskEither<L, { readonly [K in N | keyof A]: K extends keyof A ? A[K] : B }>;
  /** A record with one more field, which is computed from it. */
  readonly let: <N extends string, A, B>(
    name: Exclude<N, keyof A>,
    of: (record: A) => B,
  ) => <L>(
    task: TaskEither<L, A>,
  ) => TaskEither<L, { readonly [K in N | keyof A]: K extends keyof A ? A[K] : B }>;
} = taskEither;
/** The type of fp-ts's module `TaskEither`. */
export declare namespace TE {
  /** A task that ends in a failure of type `L` or a success of type `A`. */
  type TaskEither<L, A> = Task<E.Either<L, A>>;
}

/** `pipe(x, f, g)` is `g(f(x))`. */
export const pipe: (typeof functions)["pipe"] = functions.pipe;
