/**
 * Writing to the standard streams, which may be closed, slow or full.
 *
 * Law, tested: a stream without a reader never ends a command and makes no noise; what did not arrive for another
 * reason is reported once.
 *
 * @module
 */

/** The part of a standard stream that is used. */
export type Stream = Pick<typeof Deno.stdout, "writeSync">;

/** Milliseconds between two tries to write to a stream that takes nothing now. */
const PATIENCE = 5;

/** Whether an error says that the stream has no reader any more: a closed pipe, a closed descriptor or a terminal that is gone. */
const isClosed = (error: unknown): boolean =>
  error instanceof Deno.errors.BrokenPipe || error instanceof Deno.errors.BadResource ||
  /\(os error (5|9|32)\)/.test(String(error));

/**
 * A function that writes text to a stream. It waits for a reader that is slow, and writes nothing more once the stream
 * is closed or has failed.
 *
 * @param failed receives the reason why a stream that is not closed could not be written to
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
          Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PATIENCE);
          continue;
        }
        open = false;
        if (!isClosed(error)) failed(error instanceof Error ? error.message : String(error));
      }
    }
  };
}
