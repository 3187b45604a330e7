/** Waiting in tests, never for ever: what does not come fails the test with what it waited for. */
import { assert } from "./deps.ts";

/** Waits so many milliseconds. */
export const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

/** How long to wait, and how often to look. */
export interface Patience {
  /** Seconds until it has failed. */
  readonly seconds?: number;
  /** Milliseconds between two looks. */
  readonly interval?: number;
}

/**
 * Waits until something holds.
 *
 * @param what what is waited for, in the words of a failure: "a checkpoint", "the end of all trials"
 */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  { seconds = 120, interval = 20 }: Patience = {},
): Promise<void> {
  for (const begun = performance.now(); !await holds(); await pause(interval)) {
    assert(performance.now() - begun < 1000 * seconds, `waited ${seconds} s in vain for ${what}`);
  }
}
