/**
 * PyTorch as a peer: a process that answers a number of seconds with a rate, and sleeps in between.
 *
 * @module
 */

import type { Work } from "../measure.ts";
import type { Configuration } from "../setting.ts";

/** Debian's `python3-torch` belongs to the system's Python, which may not be the first on the path. */
const PYTHONS = ["/usr/bin/python3", "python3"];

/** A running process. */
export interface TorchPeer {
  /** PyTorch's version, as it says it. */
  readonly version: string;
  readonly work: Work;
  readonly close: () => Promise<void>;
}

/** Lines of a stream, one at a call. */
function linesOf(stream: ReadableStream<Uint8Array>): () => Promise<string | null> {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  return async () => {
    for (;;) {
      const end = text.indexOf("\n");
      if (end >= 0) {
        const line = text.slice(0, end);
        text = text.slice(end + 1);
        return line;
      }
      const { value, done } = await reader.read();
      if (done) return null;
      text += value;
    }
  };
}

/** Starts PyTorch's update on so many threads, or gives null where PyTorch is not installed. */
export async function torchPeer(c: Configuration, threads: number): Promise<TorchPeer | null> {
  const script = new URL("./soft_q_update.py", import.meta.url).pathname;
  const { observation, action } = c.environment.spec;
  const sizes = [observation.length, action.length, c.hidden, c.batch, c.fixed, c.moved, c.values, threads];
  for (const python of PYTHONS) {
    let process: Deno.ChildProcess;
    try {
      process = new Deno.Command(python, {
        args: [script, ...sizes.map(String)],
        env: { OMP_NUM_THREADS: `${threads}`, OPENBLAS_NUM_THREADS: `${threads}` },
        stdin: "piped",
        stdout: "piped",
        stderr: "null",
      }).spawn();
    } catch {
      continue;
    }
    const line = linesOf(process.stdout), writer = process.stdin.getWriter();
    const version = await line();
    if (version === null) {
      await writer.close().catch(() => {});
      await process.status;
      continue;
    }
    return {
      version,
      work: {
        name: `PyTorch, ${threads} thread${threads === 1 ? "" : "s"}`,
        rate: async (seconds) => {
          await writer.write(new TextEncoder().encode(`${seconds}\n`));
          const answer = await line();
          if (answer === null) throw new Error("PyTorch's process ended");
          return Number(answer);
        },
      },
      close: async () => {
        await writer.close();
        await process.status;
      },
    };
  }
  return null;
}
