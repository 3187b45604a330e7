/**
 * Where the command line reads and writes.
 *
 * @module
 */

import { EXIT } from "./exit_code.ts";
import { textWriter } from "./output.ts";
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
  /** Begins to listen to interrupts; before it, an interrupt ends the process at once. */
  readonly listen?: () => void;
  /** Nobody looks any more whether an interrupt has come: the next one ends the process at once. */
  readonly listenNoMore?: () => void;
  /** Has something done, at once, when a second interrupt ends the process; gives what forgets it. */
  readonly onExit?: RunContext["onExit"];
  /** Whether standard output could not be written to although it is open. */
  readonly outFailed?: () => boolean;
  /** Whether to show where an exception came from. */
  readonly debug?: boolean;
  /** Opens the device of a name; the real ones unless given. */
  readonly openDevice?: RunContext["openDevice"];
  /** Sees a run after each turn. */
  readonly observe?: RunContext["observe"];
}

/** Columns that are assumed where the terminal does not say. */
const COLUMNS = 80;

function columns(): number {
  try {
    return Deno.consoleSize().columns;
  } catch {
    return COLUMNS; // the terminal is gone
  }
}

/** What ends a process that is asked to. */
const SIGNALS: readonly Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM"];

/**
 * The console of this process. An interrupt (Ctrl-C) or a request to end asks a command that listens to stop: a run does so
 * after a checkpoint. A second one ends the process at once, as the first does where there is no listener, or nobody has begun
 * to look whether to stop, or looks any more: a run that still reads what it continues from has nothing to keep, and neither
 * has a page that is being written.
 */
export function processConsole(): Console {
  let asked = false, looked = false, outFailed = false;
  const error = textWriter(Deno.stderr, () => {}); // there is nowhere left to tell it
  const last = new Set<() => void>();
  let listening = false;
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
    },
    interrupted: () => {
      looked = true;
      return asked;
    },
    listenNoMore: () => {
      looked = false;
    },
    onExit: (task) => {
      last.add(task);
      return () => void last.delete(task);
    },
    outFailed: () => outFailed,
  };
}

/**
 * What a run needs of a console, which listens to interrupts from now on.
 *
 * @param quiet whether no progress is shown
 */
export function runContextOf(console_: Console, quiet = false): RunContext {
  const { error, isTerminal, width, now, date, openDevice, observe, onExit } = console_;
  return {
    say: (line) => quiet ? undefined : error(`${line}\n`),
    progress: (steps) => progress({ steps, write: quiet ? () => {} : error, isTerminal, now, width }),
    now,
    date,
    interrupted: listenToInterrupts(console_),
    ...openDevice === undefined ? {} : { openDevice },
    ...observe === undefined ? {} : { observe },
    ...onExit === undefined ? {} : { onExit },
  };
}

/** Whether an interrupt has come, of a console that listens to them from now on. */
export function listenToInterrupts({ listen, interrupted }: Console): () => boolean {
  listen?.();
  return interrupted;
}
