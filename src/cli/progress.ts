/**
 * The progress of a run: one line redrawn on a terminal, plain lines at long intervals elsewhere.
 *
 * Laws, tested: {@link renderProgress} depends on its arguments alone and never exceeds the width; without a terminal no
 * control character is written; nothing is coloured, so that `NO_COLOR` has nothing to forbid; the last report is
 * always shown. The clock, the output and the kind of output are arguments.
 *
 * @module
 */

import type { Progress, ProgressReport } from "../run/progress.ts";

/** What there is to show. Unknown quantities are left out. */
export interface ProgressState {
  /** Environment steps done. */
  readonly step: number;
  /** Environment steps to do in all. */
  readonly steps: number;
  /** Updates of one replica in a second. */
  readonly updatesPerSecond?: number;
  /** The loss last seen, for example the critic's. */
  readonly loss?: number;
  /** Seconds left at the present speed. */
  readonly secondsLeft?: number;
}

const BAR_MOST = 30, BAR_LEAST = 10, BAR_STEP = 5; // in steps, so that the bar does not jump when a number gets longer
const FULL = "\u2588", EMPTY = "\u2591";

/** A number with about `digits` significant digits, without the exponents of ordinary magnitudes. */
function short(value: number, digits: number): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e6)) return value.toExponential(digits - 1);
  return size >= 10 ** (digits - 1) ? value.toFixed(0) : value.toPrecision(digits);
}

/** A duration as `1 h 02 min`, `3 min 05 s` or `9 s`, rounded up, so that nothing is ever "0 s left" too early. */
function duration(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds));
  const padded = (value: number): string => String(value).padStart(2, "0");
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${padded(whole % 60)} s`;
  return `${Math.floor(whole / 3600)} h ${padded(Math.floor(whole % 3600 / 60))} min`;
}

/** A count with thin groups of three digits, as in `12 000`. */
function grouped(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, " ");
}

function share(state: ProgressState): number {
  return state.steps > 0 ? Math.min(Math.max(state.step / state.steps, 0), 1) : 0;
}

/** The pieces of a line by falling importance. */
function pieces(state: ProgressState): readonly string[] {
  const { step, steps, updatesPerSecond, loss, secondsLeft } = state;
  return [
    `${Math.floor(100 * share(state))} %`,
    ...(secondsLeft !== undefined && Number.isFinite(secondsLeft) ? [`${duration(secondsLeft)} left`] : []),
    `${grouped(step)}/${grouped(steps)} steps`,
    ...(loss !== undefined ? [`loss ${short(loss, 3)}`] : []),
    ...(updatesPerSecond !== undefined ? [`${short(updatesPerSecond, 3)} updates/s a replica`] : []),
  ];
}

/**
 * The line of a terminal, in at most `width` characters. Where the width is scarce, the bar goes first, then the rate, the loss,
 * the steps and the time left.
 *
 * @example
 * ```ts
 * import { renderProgress } from "./progress.ts";
 * import assert from "node:assert/strict";
 * assert.equal(
 *   renderProgress({ step: 2500, steps: 10000, updatesPerSecond: 312, loss: 0.0421, secondsLeft: 24 }, 85),
 *   "██░░░░░░░░  25 %  24 s left  2 500/10 000 steps  loss 0.0421  312 updates/s a replica",
 * );
 * ```
 */
export function renderProgress(state: ProgressState, width: number): string {
  const kept: string[] = [];
  let used = -2;
  for (const piece of pieces(state)) {
    if (used + 2 + piece.length > width) break;
    kept.push(piece);
    used += 2 + piece.length;
  }
  const room = width - Math.max(used, 0) - 2;
  const bar = Math.min(BAR_MOST, room - room % BAR_STEP);
  if (bar < BAR_LEAST || kept.length === 0) return kept.join("  ");
  const full = Math.floor(bar * share(state));
  return [FULL.repeat(full) + EMPTY.repeat(bar - full), ...kept].join("  ");
}

/** The line of a log file or a pipe. */
export function renderPlainProgress(state: ProgressState): string {
  return pieces(state).join(", ");
}

/** Where and how to show progress. */
export interface ProgressOptions {
  /** Environment steps of the whole run. */
  readonly steps: number;
  /** Writes text to the output, usually standard error. */
  readonly write: (text: string) => void;
  /** Whether the output is a terminal, on which a line can be redrawn. */
  readonly isTerminal: boolean;
  /** Seconds of any clock that only goes forward. */
  readonly now: () => number;
  /** Characters of a line, asked anew each time because windows change; 80 unless given. */
  readonly width?: () => number;
  /** Seconds between two showings; 0.1 on a terminal and 10 elsewhere unless given. */
  readonly interval?: number;
}

/** How far back the rate looks, in seconds: long enough to be calm, short enough to follow a change. */
const WINDOW = 10;
const SPACING = WINDOW / 20;

/** A report with the time it came. */
type Sample = ProgressReport & { readonly time: number };

const CLEAR = "\r\u001b[K";

/** What is known at `latest`, with the rates since `first`. */
function stateSince(first: Sample, latest: Sample, steps: number): ProgressState {
  const seconds = latest.time - first.time;
  const done = latest.step - first.step;
  return {
    step: latest.step,
    steps,
    ...(latest.loss !== undefined ? { loss: latest.loss } : {}),
    ...(seconds > 0 && done > 0
      ? {
        updatesPerSecond: (latest.updates - first.updates) / seconds,
        secondsLeft: Math.max(0, steps - latest.step) * seconds / done,
      }
      : {}),
  };
}

/**
 * Shows the progress of a run. Rates are those of the last ten seconds, so that a resumed run does not count what an
 * earlier process did; the time left assumes that rate.
 */
export function progress(options: ProgressOptions): Progress {
  const { steps, write, isTerminal, now, width = () => 80 } = options;
  const { interval = isTerminal ? 0.1 : 10 } = options;
  const past: Sample[] = []; // at least SPACING apart, the oldest about WINDOW old
  let shownAt = -Infinity;
  let waiting: Sample | undefined;
  let drawn = false;

  const show = (latest: Sample): void => {
    const state = stateSince(past[0]!, latest, steps);
    shownAt = latest.time;
    waiting = undefined;
    drawn = isTerminal;
    // One column less than the window, because a full line makes some terminals wrap.
    write(
      isTerminal
        ? CLEAR + renderProgress(state, Math.max(1, width() - 1))
        : renderPlainProgress(state) + "\n",
    );
  };

  return {
    report: (report) => {
      const time = now();
      const latest = { ...report, time };
      if (past.length === 0 || time - past[past.length - 1]!.time >= SPACING) past.push(latest);
      while (past.length > 2 && past[1]!.time <= time - WINDOW) past.shift();
      waiting = latest;
      if (time - shownAt >= interval) show(latest);
    },
    interrupt: (line) => {
      write(drawn ? `${CLEAR}${line}\n` : `${line}\n`);
      drawn = false;
      if (isTerminal) shownAt = -Infinity;
    },
    finish: () => {
      if (waiting !== undefined) show(waiting);
      if (drawn) write("\n");
      drawn = false;
    },
  };
}
