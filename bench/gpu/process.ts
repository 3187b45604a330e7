/**
 * A section's process: start, preparation, time limit, and termination if it does not end by itself.
 *
 * @module
 */

import { linesOf } from "../peers/process.ts";
import { denoWords } from "./deno.ts";
import type { Findings, Status } from "./report.ts";
import type { Line } from "./child.ts";

/** How a section ended, whether by itself or not. */
export interface SectionEnd {
  readonly status: Exclude<Status, "waiting" | "running">;
  readonly reason: string;
}

/** A section that was started. */
export interface Started {
  /** Waits until it is prepared, but at most the given number of seconds. */
  readonly ready: (seconds: number) => Promise<void>;
  /** Gives it a number of seconds and waits for its end; after `most` seconds it is terminated. */
  readonly run: (
    seconds: number,
    most: number,
    tell: (findings: Findings) => Promise<void>,
  ) => Promise<SectionEnd>;
  /** Ends it. */
  readonly stop: (reason: string) => void;
}

/** Seconds between the request to end and the termination of a process. */
export const KILL_DELAY = 2;

const sleep = (seconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, 1000 * seconds));

/** Starts a section; a test may give another program instead. */
export function startSection(
  name: string,
  folder: string,
  program: string = "bench/gpu/child.ts",
): Started {
  const process = new Deno.Command(Deno.execPath(), {
    args: denoWords(program, name, folder),
    // Without this variable the loader of drivers complains about a missing folder for sockets, which it does not need.
    env: { XDG_RUNTIME_DIR: Deno.env.get("XDG_RUNTIME_DIR") ?? "/nonexistent" },
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const writer = process.stdin.getWriter(), line = linesOf(process.stdout);
  let stopped = "", ready = false, killing: ReturnType<typeof setTimeout> | undefined;
  const kill = (signal: Deno.Signal): void => {
    try {
      process.kill(signal);
    } catch {
      // It has ended.
    }
  };
  const stop = (reason: string): void => {
    stopped = reason;
    kill("SIGTERM");
    killing ??= setTimeout(() => kill("SIGKILL"), 1000 * KILL_DELAY);
  };
  const next = async (): Promise<Line | null> => {
    const text = await line();
    return text === null ? null : JSON.parse(text) as Line;
  };
  const first = next().then((answer) => {
    ready = answer !== null;
  });
  return {
    ready: (seconds) => Promise.race([first, sleep(seconds)]),
    stop,
    run: async (seconds, most, tell) => {
      const timer = setTimeout(() => stop(`it had not ended after ${most.toFixed(0)} s`), 1000 * most);
      const from = performance.now();
      await first;
      let ended: SectionEnd | null = null;
      if (ready) {
        const rest = Math.max(1, seconds - (performance.now() - from) / 1000);
        await writer.write(new TextEncoder().encode(`${rest}\n`)).catch(() => {});
        for (let answer = await next(); answer !== null; answer = await next()) {
          if ("findings" in answer) await tell(answer.findings);
          if ("ending" in answer) ended = answer.ending;
        }
      }
      clearTimeout(timer);
      await writer.close().catch(() => {});
      const { code, signal } = await process.status;
      clearTimeout(killing);
      return ended ??
        (stopped === ""
          ? { status: "failed", reason: `its process ended with ${signal ?? `code ${code}`}` }
          : { status: "cut off", reason: stopped });
    },
  };
}
