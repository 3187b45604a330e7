/**
 * Writing to the standard streams, which may be closed, slow or full.
 *
 * Law, tested: a stream without a reader neither ends a command nor prints an error; any other failure is reported
 * once.
 *
 * @module
 */

import { thrownText } from "../given.ts";

/** The part of a standard stream used here. */
export type Stream = Pick<typeof Deno.stdout, "writeSync">;

/** Milliseconds between two attempts to write to a stream that would block. */
const RETRY_MILLISECONDS = 5;

/** Whether an error means that the stream has no reader: a closed pipe or descriptor, or a closed terminal. */
const isClosed = (error: unknown): boolean =>
  error instanceof Deno.errors.BrokenPipe || error instanceof Deno.errors.BadResource ||
  /\(os error (5|9|32)\)/.test(String(error));

/**
 * A function that writes text to a stream. It waits for a slow reader, and writes nothing after the stream has been
 * closed or has failed.
 *
 * @param failed receives the reason of a failure other than a closed stream
 */
export function textWriter(stream: Stream, failed: (reason: string) => void): (text: string) => void {
  const encoder = new TextEncoder();
  let open = true;
  return (text) => {
    const bytes = encoder.encode(text);
    for (let done = 0; open && done < bytes.length;) {
      try {
        done += stream.writeSync(bytes.subarray(done));
      } catch (error) {
        if (error instanceof Deno.errors.WouldBlock) {
          Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MILLISECONDS);
          continue;
        }
        open = false;
        if (!isClosed(error)) failed(thrownText(error));
      }
    }
  };
}
