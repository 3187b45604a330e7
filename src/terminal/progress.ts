/**
 * The progress of a run: one line redrawn on a terminal, plain lines at long intervals elsewhere.
 *
 * Laws, tested: {@link renderProgress} depends on its arguments alone and never exceeds the width; without a terminal
 * no control character is written; nothing is coloured, whether or not `NO_COLOR` is set; the last report is always
 * shown.
 *
 * @module
 */

import { paceOf, pieces, type ProgressState, progressText, share } from "../run/pace.ts";
import type { Progress } from "../run/progress.ts";

const BAR_MOST = 30, BAR_LEAST = 10, BAR_STEP = 5; // in steps, so that the bar does not jump when a number grows a digit
const FULL = "\u2588", EMPTY = "\u2591";

/**
 * The line of a terminal, in at most `width` characters. A narrow line omits first the bar, then the rate, the loss,
 * the steps and the remaining time.
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

/** The output of progress. */
export interface ProgressOptions {
  /** Environment steps of the whole run. */
  readonly steps: number;
  /** Writes text to the output, usually standard error. */
  readonly write: (text: string) => void;
  /** Whether the output is a terminal, on which a line can be redrawn. */
  readonly isTerminal: boolean;
  /** Seconds of a monotonic clock. */
  readonly now: () => number;
  /** Current width of a line, in characters; 80 unless given. */
  readonly width?: () => number;
  /** Seconds between two displays; 0.1 on a terminal and 10 elsewhere unless given. */
  readonly interval?: number;
}

const CLEAR = "\r\u001b[K";

/** Shows the progress of a run, with the rates of {@link paceOf}. */
export function progress(options: ProgressOptions): Progress {
  const { steps, write, isTerminal, now, width = () => 80 } = options;
  const { interval = isTerminal ? 0.1 : 10 } = options;
  const pace = paceOf(steps);
  let shownAt = -Infinity;
  let waiting: ProgressState | undefined;
  let drawn = false;

  const show = (state: ProgressState, time: number): void => {
    shownAt = time;
    waiting = undefined;
    drawn = isTerminal;
    // One column less than the window, because a full line makes some terminals wrap.
    write(
      isTerminal ? CLEAR + renderProgress(state, Math.max(1, width() - 1)) : progressText(state) + "\n",
    );
  };

  return {
    report: (report) => {
      const time = now();
      waiting = pace(report, time);
      if (time - shownAt >= interval) show(waiting, time);
    },
    interrupt: (line) => {
      write(drawn ? `${CLEAR}${line}\n` : `${line}\n`);
      drawn = false;
      if (isTerminal) shownAt = -Infinity;
    },
    finish: () => {
      if (waiting !== undefined) show(waiting, now());
      if (drawn) write("\n");
      drawn = false;
    },
  };
}
