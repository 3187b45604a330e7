/**
 * Where the command line reads and writes.
 *
 * @module
 */

import { progress } from "./progress.ts";
import type { RunContext } from "../run/context.ts";

/** The console, the clock and the wish to stop. */
export interface Console {
  /** Writes to standard output. */
  readonly out: (text: string) => void;
  /** Writes to standard error. */
  readonly error: (text: string) => void;
  /** Whether standard error is a terminal. */
  readonly isTerminal: boolean;
  /** Columns of the terminal. */
  readonly width: () => number;
  /** Seconds of a clock that only goes forward. */
  readonly now: () => number;
  /** The date. */
  readonly date: () => string;
  /** Whether an interrupt has come. */
  readonly interrupted: () => boolean;
  /** Whether to show where an exception came from. */
  readonly debug?: boolean;
  /** Opens the device of a name; the real ones unless given. */
  readonly openDevice?: RunContext["openDevice"];
  /** Sees a run after each turn. */
  readonly observe?: RunContext["observe"];
}

/**
 * The console of this process. An interrupt (Ctrl-C) or a request to end asks the run to stop after a checkpoint; a
 * second one ends the process at once.
 */
export function processConsole(): Console {
  const encoder = new TextEncoder();
  let asked = false;
  const ask = (): void => {
    if (asked) Deno.exit(130);
    asked = true;
  };
  for (const signal of Deno.build.os === "windows" ? ["SIGINT"] as const : ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, ask);
  }
  return {
    out: (text) => void Deno.stdout.writeSync(encoder.encode(text)),
    error: (text) => void Deno.stderr.writeSync(encoder.encode(text)),
    isTerminal: Deno.stderr.isTerminal(),
    width: () => Deno.consoleSize().columns,
    now: () => performance.now() / 1000,
    date: () => new Date().toISOString(),
    interrupted: () => asked,
  };
}

/** What a run needs of a console. */
export const runContextOf = (
  { error, isTerminal, width, now, date, interrupted, openDevice, observe }: Console,
): RunContext => ({
  say: (line) => error(`${line}\n`),
  progress: (steps) => progress({ steps, write: error, isTerminal, now, width }),
  now,
  date,
  interrupted,
  ...openDevice === undefined ? {} : { openDevice },
  ...observe === undefined ? {} : { observe },
});
