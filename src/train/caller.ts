/**
 * The boundary with code of the caller's: what it throws is a failure, never a rejected promise.
 *
 * @module
 */

import { E, type TE } from "../deps.ts";

/** Code of the caller, such as `onProgress` or a device of their own, that threw. */
export interface CallerFailed {
  /** The discriminant. */
  readonly _tag: "CallerFailed";
  /** What failed, in a sentence. */
  readonly message: string;
  /** What was thrown. */
  readonly cause: unknown;
}

/** What was thrown, in words, whatever it is. */
function thrownText(cause: unknown): string {
  try {
    return cause instanceof Error ? cause.message : String(cause);
  } catch {
    return "what was thrown cannot be shown";
  }
}

/**
 * What the caller's own code throws becomes a failure.
 *
 * @param what what has failed then, as the beginning of a sentence
 */
export const callerFailures =
  (what: string) => <L, A>(task: TE.TaskEither<L, A>): TE.TaskEither<L | CallerFailed, A> => async () => {
    try {
      return await task();
    } catch (cause) {
      return E.left({ _tag: "CallerFailed", message: `${what} failed: ${thrownText(cause)}`, cause });
    }
  };
