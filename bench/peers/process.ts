/**
 * Peers in separate processes, so that the garbage and the threads of one do not affect the times of another: each
 * answers a number of seconds with a rate, and sleeps in between.
 *
 * @module
 */

import type { Work } from "../measure.ts";
import type { Layout } from "../products.ts";

/** A running peer. */
export interface Peer {
  /** Its description of itself: its version, or its device. */
  readonly description: string;
  readonly work: Work;
  readonly close: () => Promise<void>;
}

/** Seconds beyond its round after which a peer that has not answered is abandoned. */
const PATIENCE = 90;

/** Lines of a stream, one at a call; null at its end. */
export function linesOf(stream: ReadableStream<Uint8Array<ArrayBuffer>>): () => Promise<string | null> {
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

/**
 * Starts a process. Its first line describes it, and thereafter it answers each line of its input with one of its own.
 *
 * @returns null if it cannot be started or ends before its first line
 */
async function startPeer(
  name: string,
  command: string,
  args: readonly string[],
): Promise<Peer | null> {
  let process: Deno.ChildProcess;
  try {
    process = new Deno.Command(command, {
      args: [...args],
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
  } catch {
    return null;
  }
  const line = linesOf(process.stdout), writer = process.stdin.getWriter();
  const description = await line();
  const close = async (): Promise<void> => {
    await writer.close().catch(() => {});
    await process.status;
  };
  if (description === null) {
    await close();
    return null;
  }
  let lost = false;
  const rate = async (seconds: number): Promise<number> => {
    if (lost) return NaN;
    await writer.write(new TextEncoder().encode(`${seconds}\n`));
    const timer = setTimeout(() => process.kill("SIGKILL"), 1000 * (seconds + PATIENCE));
    const answer = await line();
    clearTimeout(timer);
    lost = answer === null;
    return answer === null ? NaN : Number(answer);
  };
  return { description, work: { name, rate }, close };
}

/** One of the products of a layer with given numbers of inputs (depth), outputs (columns) and rows. */
export type ProductRequest = readonly [layout: Layout, rows: number, depth: number, columns: number];

/** The request to a Deno process. */
export interface Request {
  readonly library: "softq" | "tfjs" | "jax-js";
  readonly kind: "wasm" | "webgpu";
  /** softq's threads on the processor; the device's own choice unless given. */
  readonly threads?: number;
  readonly work:
    | { readonly product: ProductRequest }
    | { readonly perceptron: readonly [rows: number, inputs: number, hidden: number] }
    | { readonly update: string; readonly choice: "peer" | "default" };
}

/** A library in a Deno process. */
export const startLibrary = (name: string, request: Request): Promise<Peer | null> =>
  startPeer(name, Deno.execPath(), [
    ...["run", "-A", "--quiet", "--no-check", "--unstable-webgpu"],
    `--lock=${new URL("../../tests/deno.lock", import.meta.url).pathname}`,
    new URL("./serve.ts", import.meta.url).href,
    JSON.stringify(request),
  ]);
