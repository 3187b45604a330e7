/**
 * The boundary with the caller's code: an exception that it throws becomes a failure, never a rejected promise.
 *
 * @module
 */

import { E, type TE } from "../deps.ts";
import { thrownText } from "../given.ts";

/** The caller's code, such as `onProgress` or a custom device, threw. */
export interface CallerFailed {
  /** The discriminant. */
  readonly _tag: "CallerFailed";
  /** What failed, in a sentence. */
  readonly message: string;
  /** What was thrown. */
  readonly cause: unknown;
}

/**
 * Turns exceptions of the caller's code into failures.
 *
 * @param what what has failed, as the beginning of a sentence
 */
export const callerFailures =
  (what: string) => <L, A>(task: TE.TaskEither<L, A>): TE.TaskEither<L | CallerFailed, A> => async () => {
    try {
      return await task();
    } catch (cause) {
      return E.left({ _tag: "CallerFailed", message: `${what} failed: ${thrownText(cause)}`, cause });
    }
  };
