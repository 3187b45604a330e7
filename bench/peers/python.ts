/**
 * PyTorch and JAX in separate processes: `soft_q_torch.py` and `soft_q_jax.py`, checked against a fixture first.
 *
 * @module
 */

import type { Work } from "../measure.ts";
import { linesOf } from "./process.ts";

/** The request to a Python process. */
export interface PythonRequest {
  readonly library: "torch" | "jax";
  /** The file that `fixture.ts` makes. */
  readonly fixture: string;
  /** As the programs take it. */
  readonly mode: string;
  readonly device: "cpu" | "cuda";
  readonly threads: number;
}

/** A process that is ready, or why there is none. */
export type PythonPeer =
  | {
    readonly status: "ready";
    readonly mode: string;
    /** Its version, mode, precision and device. */
    readonly description: string;
    /** The largest error of its results relative to softq's, each divided by the result's largest number. */
    readonly error: number;
    readonly work: Work;
    readonly close: () => Promise<void>;
  }
  | { readonly status: "absent"; readonly mode: string; readonly reason: string };

/** Maximum error, relative to a result's largest number, at which a peer's update counts as the same. */
export const TOLERANCE = 1e-5;

/** Seconds beyond its round after which a process that has not answered is terminated. */
const PATIENCE = 60;

/** The folder of compiled updates. */
const CACHE = `${Deno.env.get("TMPDIR") ?? "/tmp"}/softq-peers`;

/** The last line of Python's output, without its stack. */
const lastLine = (text: string): string => text.trim().split("\n").at(-1)?.slice(0, 200) ?? "";

/** The complete text of a stream. */
async function textOf(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<string> {
  let text = "";
  for await (const part of stream.pipeThrough(new TextDecoderStream())) text = (text + part).slice(-4000);
  return text;
}

/**
 * Starts a process and waits until it has compiled, and compared, an update; `signal` ends the wait and the process.
 */
export async function startPython(
  { library, fixture, mode, device, threads }: PythonRequest,
  signal: AbortSignal,
): Promise<PythonPeer> {
  const script = new URL(`./soft_q_${library}.py`, import.meta.url).pathname;
  let process: Deno.ChildProcess;
  try {
    process = new Deno.Command("python3", {
      args: [script, fixture, mode, device, String(threads)],
      env: {
        PYTHONDONTWRITEBYTECODE: "1",
        OMP_NUM_THREADS: String(threads),
        TORCHINDUCTOR_COMPILE_THREADS: "1", // as many processes compile
        // Compiled updates are reused by the next session.
        TORCHINDUCTOR_CACHE_DIR: `${CACHE}/torch`,
        JAX_COMPILATION_CACHE_DIR: `${CACHE}/jax`,
        JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS: "0",
      },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  } catch (error) {
    return { status: "absent", mode, reason: error instanceof Error ? error.message : String(error) };
  }
  const writer = process.stdin.getWriter(),
    line = linesOf(process.stdout),
    complaints = textOf(process.stderr);
  const kill = (): void => {
    try {
      process.kill("SIGKILL");
    } catch {
      // It has ended.
    }
  };
  if (signal.aborted) kill();
  signal.addEventListener("abort", kill);
  const first = await line();
  signal.removeEventListener("abort", kill);
  const close = async (): Promise<void> => {
    await writer.close().catch(() => {});
    await process.status;
    await complaints;
  };
  if (first === null) {
    await close();
    const reason = signal.aborted ? "it was not ready in its time" : lastLine(await complaints);
    return { status: "absent", mode, reason: reason || "it ended without a word" };
  }
  const { description, errors } = JSON.parse(first) as {
    readonly description: string;
    readonly errors: Readonly<Record<string, number>>;
  };
  let lost = false;
  const rate = async (seconds: number): Promise<number> => {
    if (lost) return NaN;
    await writer.write(new TextEncoder().encode(`${seconds}\n`)).catch(() => {});
    const timer = setTimeout(kill, 1000 * (seconds + PATIENCE));
    const answer = await line();
    clearTimeout(timer);
    lost = answer === null;
    return answer === null ? NaN : Number(answer);
  };
  const error = Math.max(...Object.values(errors));
  return { status: "ready", mode, description, error, work: { name: description, rate }, close };
}
