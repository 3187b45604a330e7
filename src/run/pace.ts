/**
 * The pace of a run: rates and remaining time from its reports of progress, and their text.
 *
 * Law, tested: rates are those of the last seconds.
 *
 * @module
 */

import type { ProgressReport } from "./progress.ts";

/** The progress to display; unknown quantities are absent. */
export interface ProgressState {
  /** Environment steps done. */
  readonly step: number;
  /** Environment steps in total. */
  readonly steps: number;
  /** Updates of one replica per second. */
  readonly updatesPerSecond?: number;
  /** The newest loss, for example the critic's. */
  readonly loss?: number;
  /** Remaining seconds at the current rate. */
  readonly secondsLeft?: number;
}

/** A number with about `digits` significant digits, without the exponents of ordinary magnitudes. */
function short(value: number, digits: number): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e6)) return value.toExponential(digits - 1);
  return size >= 10 ** (digits - 1) ? value.toFixed(0) : value.toPrecision(digits);
}

/** A duration as `1 h 02 min`, `3 min 05 s` or `9 s`, rounded up, so that nothing is ever "0 s left" too early. */
export function durationText(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds));
  const padded = (value: number): string => String(value).padStart(2, "0");
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${padded(whole % 60)} s`;
  return `${Math.floor(whole / 3600)} h ${padded(Math.floor(whole % 3600 / 60))} min`;
}

/** A count with groups of three digits, as in `12 000`. */
export function grouped(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, " ");
}

/** The completed fraction. */
export function share(state: ProgressState): number {
  return state.steps > 0 ? Math.min(Math.max(state.step / state.steps, 0), 1) : 0;
}

/** The parts of a progress line, the most important first. */
export function pieces(state: ProgressState): readonly string[] {
  const { step, steps, updatesPerSecond, loss, secondsLeft } = state;
  return [
    `${Math.floor(100 * share(state))} %`,
    ...(secondsLeft !== undefined && Number.isFinite(secondsLeft)
      ? [`${durationText(secondsLeft)} left`]
      : []),
    `${grouped(step)}/${grouped(steps)} steps`,
    ...(loss !== undefined ? [`loss ${short(loss, 3)}`] : []),
    ...(updatesPerSecond !== undefined ? [`${short(updatesPerSecond, 3)} updates/s a replica`] : []),
  ];
}

/** The progress in one line, for logs, pipes and pages. */
export function progressText(state: ProgressState): string {
  return pieces(state).join(", ");
}

/** Seconds over which rates are averaged: long enough to be steady, and short enough to follow a change. */
const WINDOW = 10;
const SPACING = WINDOW / 20;

/** A report with its time. */
type Sample = ProgressReport & { readonly time: number };

/** The progress at `latest`, with the rates since `first`. */
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
 * A function from each report of a run of `steps` steps to its progress. Rates are averaged over the last ten seconds,
 * so that a resumed run does not count an earlier process; the remaining time assumes that rate. Times are in seconds
 * of a monotonic clock.
 */
export function paceOf(steps: number): (report: ProgressReport, time: number) => ProgressState {
  const past: Sample[] = []; // at least SPACING apart, the oldest about WINDOW old
  return (report, time) => {
    const latest = { ...report, time };
    if (past.length === 0 || time - past[past.length - 1]!.time >= SPACING) past.push(latest);
    while (past.length > 2 && past[1]!.time <= time - WINDOW) past.shift();
    return stateSince(past[0]!, latest, steps);
  };
}
