/**
 * The boundary with the caller's code: an exception that it throws becomes a failure, never a rejected promise.
 *
 * @module
 */

import { E, type TE } from "../deps.ts";

/** The caller's code, such as `onProgress` or a custom device, threw. */
export interface CallerFailed {
  /** The discriminant. */
  readonly _tag: "CallerFailed";
  /** What failed, in a sentence. */
  readonly message: string;
  /** What was thrown. */
  readonly cause: unknown;
}

/** The message of a thrown value, which may be anything. */
function thrownText(cause: unknown): string {
  try {
    return cause instanceof Error ? cause.message : String(cause);
  } catch {
    return "what was thrown cannot be shown";
  }
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
