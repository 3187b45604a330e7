/**
 * The effects of a process in a terminal: standard streams, clocks and signals.
 *
 * @module
 */

import type { RunContext } from "../run/context.ts";
import { openDevice } from "../run/devices.ts";
import { EXIT } from "../run/exit.ts";
import type { Tuning } from "../run/tuning.ts";
import { textWriter } from "./output.ts";
import { progress } from "./progress.ts";
import { oneLine } from "../given.ts";

/** The console, clocks, and interruption. */
export interface Console {
  /** Writes to standard output. */
  readonly out: (text: string) => void;
  /** Writes to standard error. */
  readonly error: (text: string) => void;
  /** Whether standard error is a terminal. */
  readonly isTerminal: boolean;
  /** Columns of the terminal. */
  readonly width: () => number;
  /** Seconds of a monotonic clock. */
  readonly now: () => number;
  /** The date. */
  readonly date: () => string;
  /** Whether the user has interrupted. */
  readonly interrupted: () => boolean;
  /** Starts listening to interrupts; before, an interrupt ends the process at once. */
  readonly listen?: () => void;
  /** Stops listening to interrupts: the next one ends the process at once. */
  readonly stopListening?: () => void;
  /**
   * Registers a synchronous task for when a second interrupt ends the process; returns the function that removes it.
   */
  readonly onExit?: RunContext["onExit"];
  /** Whether writing to an open standard output has failed. */
  readonly outFailed?: () => boolean;
  /** Whether to print the stack traces of exceptions. */
  readonly debug?: boolean;
  /** Opens a device by name; `openDevice` unless given. */
  readonly openDevice?: RunContext["openDevice"];
  /** Observes a run after each iteration. */
  readonly observe?: RunContext["observe"];
}

/** The default number of columns, if the terminal's is unknown. */
const COLUMNS = 80;

function columns(): number {
  try {
    return Deno.consoleSize().columns;
  } catch {
    return COLUMNS; // the terminal is gone
  }
}

/** Number of lines of the terminal available for a table; Infinity without a terminal. */
export function linesOf(): number {
  try {
    return Math.max(8, Deno.consoleSize().rows - 1);
  } catch {
    return Infinity;
  }
}

/** The signals that ask a process to stop. */
const SIGNALS: readonly Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM"];

/**
 * Whether the process belongs to a terminal, whose end asks it to stop. Otherwise, as under `nohup`, it goes on: Deno,
 * once it listens to any signal, does not keep SIGHUP ignored, so that a run would end there with no checkpoint.
 */
const hasTerminal = (): boolean => Deno.stdout.isTerminal() || Deno.stderr.isTerminal();

/** Lets writing a file beyond the shell's limit of sizes fail with a reason, instead of ending this process. */
function failBeyondLimit(): void {
  if (Deno.build.os === "windows") return;
  Deno.addSignalListener("SIGXFSZ", () => {});
  if (!hasTerminal()) Deno.addSignalListener("SIGHUP", () => {}); // kept ignored, as said above
}

/**
 * The console of this process. The first interrupt (Ctrl-C) or request to terminate asks a listening command to stop; a
 * run does so after a checkpoint. The second one ends the process at once, as does the first if no command listens or
 * if it no longer checks: a run that is still reading its checkpoint has nothing to save, nor has a page that is being
 * written.
 */
export function processConsole(): Console {
  let asked = false, looked = false, outFailed = false;
  const error = textWriter(Deno.stderr, () => {}); // nothing remains to report it
  const last = new Set<() => void>();
  let listening = false;
  failBeyondLimit();
  const ask = (): void => {
    if (asked || !looked) {
      for (const task of last) task();
      Deno.exit(EXIT.interrupted);
    }
    asked = true;
  };
  return {
    out: textWriter(Deno.stdout, (reason) => {
      outFailed = true;
      error(`Standard output cannot be written to: ${reason}\n`);
    }),
    error,
    isTerminal: Deno.stderr.isTerminal(),
    width: columns,
    now: () => performance.now() / 1000,
    date: () => new Date().toISOString(),
    listen: () => {
      if (listening) return;
      listening = true;
      for (const signal of SIGNALS) Deno.addSignalListener(signal, ask);
      if (Deno.build.os === "windows") return;
      // The shell and the system both tell of a terminal that has gone: the second time is not a second wish.
      const belongs = hasTerminal();
      Deno.addSignalListener("SIGHUP", () => belongs && !asked ? ask() : undefined);
    },
    interrupted: () => {
      looked = true;
      return asked;
    },
    stopListening: () => {
      looked = false;
    },
    onExit: (task) => {
      last.add(task);
      return () => void last.delete(task);
    },
    outFailed: () => outFailed,
  };
}

/** A function that returns whether standard input has ended. */
export function inputEnds(): () => boolean {
  let ended = false;
  const drain = async (): Promise<void> => {
    for await (const _ of Deno.stdin.readable) { /* only its end counts */ }
  };
  drain().catch(() => {}).finally(() => ended = true);
  return () => ended;
}

/** How a run is executed; none of it changes a result. */
export interface ExecutionOptions {
  /** Environment steps after which it stops with a checkpoint. */
  readonly until?: number | undefined;
  /** Threads of the CPU device. */
  readonly threads?: number | undefined;
  /** When a GPU's tiles are measured. */
  readonly tuning?: Tuning | undefined;
  /** Workers that step environments. */
  readonly collectors?: number | undefined;
  /** Whether it also stops, with a checkpoint, when standard input ends. */
  readonly stopWith?: "input" | undefined;
  /** Whether to hide the progress. */
  readonly quiet?: boolean | undefined;
}

/** The context of a run on a console, which starts listening to interrupts. */
export function runContextOf(console_: Console, options: ExecutionOptions = {}): RunContext {
  const { error, isTerminal, width, now, date, observe, onExit } = console_;
  const { until, threads, tuning, collectors, stopWith, quiet } = options;
  const asked = listenToInterrupts(console_), inputEnded = stopWith === undefined ? () => false : inputEnds();
  const open = console_.openDevice ??
    (threads === undefined ? undefined : (name, _, tuning) => openDevice(name, threads, tuning));
  return {
    say: (line) => quiet ? undefined : error(`${oneLine(line, Infinity)}\n`),
    progress: (steps) => progress({ steps, write: quiet ? () => {} : error, isTerminal, now, width }),
    now,
    date,
    interrupted: () => asked() || inputEnded(),
    ...open === undefined ? {} : { openDevice: open },
    ...observe === undefined ? {} : { observe },
    ...onExit === undefined ? {} : { onExit },
    ...until === undefined ? {} : { until },
    ...tuning === undefined ? {} : { tuning },
    ...collectors === undefined ? {} : { collectors },
  };
}

/** Starts listening to interrupts; returns whether one has come. */
export function listenToInterrupts({ listen, interrupted }: Console): () => boolean {
  listen?.();
  return interrupted;
}
