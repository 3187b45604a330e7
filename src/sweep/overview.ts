/**
 * A sweep at a glance: its trials with their values and results, the best first, and the time that is left.
 *
 * Laws, tested: who reached a later rung stands before who did not; the time that is left is what the steps that are left take
 * at the rate of those that were made.
 *
 * @module
 */

import type { Json, JsonObject } from "../run/json.ts";
import { costText, durationText, type TrialCost } from "./cost.ts";
import type { Sweep, Trial } from "./trials.ts";

/** How a trial stands, wherever it is. */
export interface TrialView {
  /**
   * `missing`, `waiting` for a worker, `running`, `begun` (a checkpoint, and nobody at work), `stopped` at a rung, `done`,
   * `failed` by itself, `lost` with its processes, `cancelled`, `blocked` by one that it starts from and that is not to be done.
   */
  readonly state: string;
  /** Environment steps of a replica. */
  readonly steps: number;
  /** The metric at each rung that was reached; null where it is non-finite. */
  readonly scores: readonly (number | null)[];
  /** Seconds that it took so far. */
  readonly seconds: number;
  readonly error: string | null;
  readonly digest: string | null;
  /** Who made it, or is at it. */
  readonly worker?: string;
}

/** A trial's row: its name and values with {@link TrialView}. */
export type OverviewRow = JsonObject & {
  readonly trial: string;
  readonly state: string;
  readonly steps: number;
  /** The metric at the last rung that was reached, or of the final evaluation. */
  readonly score: number | null;
  /** The metric at each rung that was reached. */
  readonly scores: readonly (number | null)[];
};

/** All rows, and the time that is left at the present rate. */
export interface Overview extends JsonObject {
  readonly name: string;
  readonly metric: string;
  readonly trials: readonly OverviewRow[];
  /** Trials that a worker has now. */
  readonly active: number;
  /** Trials that are not at their end and are to go on. */
  readonly waiting: number;
  /** Seconds that all trials took so far, added up. */
  readonly seconds: number;
  /** Core seconds that are left, by what the steps so far took; null where there are none. */
  readonly secondsLeft: number | null;
  /** Trials that workers came to different bits of, with both. */
  readonly faults: readonly string[];
}

/** States of a trial after which none that starts from it can begin. */
export const BLOCKS: readonly string[] = ["failed", "lost", "cancelled", "blocked"];

/** States in which a trial is to go on. */
const GOES_ON: readonly string[] = ["missing", "waiting", "running", "begun"];

/** Environment steps of all replicas that a sweep has still to make. */
function stepsLeft({ trials, halving, stopsEarly }: Sweep, views: readonly TrialView[]): number {
  if (!stopsEarly) {
    return views.reduce((sum, { state, steps }, n) => {
      const { configuration: { steps: all, replicas } } = trials[n]!;
      return GOES_ON.includes(state) ? sum + replicas * Math.max(0, all - steps) : sum;
    }, 0);
  }
  // As many as halving in lock-step would let on; asynchronously it may be some more.
  const { rungs, reduction } = halving, { replicas } = trials[0]!.configuration;
  return rungs.reduce((sum, rung, k) => {
    const wanted = Math.floor(trials.length / reduction ** k);
    const reached = views.filter(({ scores, state }) => scores.length > k || state === "done").length;
    return sum + replicas * Math.max(0, wanted - reached) * (rung - (rungs[k - 1] ?? 0));
  }, 0);
}

/** The overview of a sweep whose trials stand so. */
export function overviewOf(
  sweep: Sweep,
  views: readonly TrialView[],
  faults: readonly string[] = [],
): Overview {
  const { trials, halving: { goal, metric }, name } = sweep;
  const seconds = views.reduce((sum, view) => sum + view.seconds, 0);
  const steps = views.reduce((sum, view, n) => sum + view.steps * trials[n]!.configuration.replicas, 0);
  const left = stepsLeft(sweep, views);
  const sign = goal === "least" ? 1 : -1;
  const rows = views.map((view, n) => ({ rung: view.scores.length, row: rowOf(trials[n]!, view) }));
  const order = rows.toSorted((a, b) =>
    b.rung - a.rung || sign * ((a.row.score ?? sign * Infinity) - (b.row.score ?? sign * Infinity))
  );
  return {
    name,
    metric,
    trials: order.map(({ row }) => row),
    active: views.filter(({ state }) => state === "running").length,
    waiting: views.filter(({ state }) => GOES_ON.includes(state)).length,
    seconds,
    secondsLeft: left === 0 ? 0 : steps === 0 || seconds === 0 ? null : left * seconds / steps,
    faults,
  };
}

const rowOf = (trial: Trial, { state, steps, scores, error, digest, worker }: TrialView): OverviewRow => ({
  trial: trial.name,
  ...trial.values,
  state,
  steps,
  score: scores.at(-1) ?? null,
  scores: [...scores],
  ...error === null ? {} : { error },
  ...digest === null ? {} : { digest },
  ...worker === undefined ? {} : { worker },
});

const cellOf = (value: Json | undefined): string =>
  value === undefined || value === null
    ? ""
    : typeof value === "number"
    ? String(Number(value.toPrecision(4)))
    : String(value);

/** Rows of cells in columns of equal width, at most so many of them. */
function columns(rows: readonly (readonly string[])[], most = Infinity): string {
  const widths = rows[0]!.map((_, k) => Math.max(...rows.map((row) => row[k]!.length)));
  const shown = rows.length > most ? rows.slice(0, most - 1) : rows;
  return shown.map((row) => row.map((cell, k) => cell.padEnd(widths[k]!)).join("  ").trimEnd() + "\n").join(
    "",
  ) +
    (shown.length < rows.length ? `and ${rows.length - shown.length} more\n` : "");
}

/** What is left, in a line; or nothing. */
function leftLine({ active, waiting, secondsLeft }: Overview): string {
  if (waiting === 0) return "";
  if (secondsLeft === null || secondsLeft === 0) return `${active} in work\n`;
  const core = `about ${durationText(secondsLeft)} of one core are left`;
  return active > 1
    ? `${active} in work: ${core}, about ${durationText(secondsLeft / active)} at this rate\n`
    : `${active} in work: ${core}\n`;
}

/**
 * Where the trials stand, for a person.
 *
 * @param most rows that there is room for
 */
export function overviewTable({ trials }: Sweep, overview: Overview, most = Infinity): string {
  const { trials: rows, metric, faults } = overview, axes = Object.keys(trials[0]!.values);
  const failed = rows.filter(({ error }) => error !== undefined);
  const counts = Map.groupBy(rows, ({ state }) => state);
  return columns([
    ["trial", ...axes, "state", "steps", metric],
    ...rows.map((row) => [
      row.trial,
      ...axes.map((axis) => cellOf(row[axis])),
      row.state,
      cellOf(row.steps),
      cellOf(row.score),
    ]),
  ], most - failed.length - faults.length - 2) +
    `${rows.length} trials: ${[...counts].map(([state, of]) => `${of.length} ${state}`).join(", ")}\n` +
    leftLine(overview) +
    failed.map(({ trial, error }) => `${trial}: ${error}\n`).join("") +
    faults.map((fault) => `A fault of determinism: ${fault}\n`).join("");
}

/** Updates of all replicas of a trial. */
export const updatesOf = ({ configuration: c }: Trial): number =>
  Math.floor(Math.max(0, c.steps - c.minimumReplay) / c.stepsPerUpdate) * c.replicas;

/** The trials before they are made, for a person: values, steps, updates, and what that costs, as far as it can be told. */
export function planTable({ name, trials, halving, stopsEarly }: Sweep, cost: TrialCost): string {
  const axes = Object.keys(trials[0]!.values);
  const rows = trials.map((trial) => {
    const seconds = cost.seconds(trial);
    return [
      trial.name,
      ...axes.map((axis) => cellOf(trial.values[axis])),
      String(trial.configuration.steps * trial.configuration.replicas),
      String(updatesOf(trial)),
      seconds === null ? "?" : durationText(seconds),
    ];
  });
  const total = (of: (trial: Trial) => number): number => trials.reduce((sum, each) => sum + of(each), 0);
  const most = stopsEarly
    ? ` at most: one in ${halving.reduction} goes on after ${halving.rungs.slice(0, -1).join(", ")} steps`
    : "";
  return columns([["trial", ...axes, "steps", "updates", "time"], ...rows]) +
    `${name}: ${trials.length} trials, ${
      total(({ configuration: c }) => c.steps * c.replicas)
    } environment steps, ` +
    `${total(updatesOf)} updates${most}\n${costText(trials, cost)}`;
}
