/**
 * Overview of a sweep: its trials with their values and results, best first, and the remaining time.
 *
 * Laws, tested: trials that reached a later rung come first; the remaining time is the number of remaining steps times
 * the average time per step so far.
 *
 * @module
 */

import { columns } from "../report/columns.ts";
import { quantityOf, valueText, withUnit } from "../report/quantities.ts";
import type { Json, JsonObject } from "../run/json.ts";
import { costText, durationText, type TrialCost } from "./cost.ts";
import type { Sweep, Trial } from "./trials.ts";

/** The status of a trial, local or on a server. */
export interface TrialView {
  /**
   * `missing`, `waiting` for a worker, `running`, `begun` (has a checkpoint but no worker), `stopped` at a rung,
   * `done`, `failed` (its own failure), `lost` (its processes died), `cancelled`, or `blocked` (the trial that it
   * starts from will not be done).
   */
  readonly state: string;
  /** Environment steps per replica. */
  readonly steps: number;
  /** The metric at each rung reached; null if non-finite. */
  readonly scores: readonly (number | null)[];
  /** Training time so far, s. */
  readonly seconds: number;
  readonly error: string | null;
  readonly digest: string | null;
  /** The worker that trained it or is training it. */
  readonly worker?: string;
}

/** A trial's row: its name, its values and its {@link TrialView}. */
export type OverviewRow = JsonObject & {
  readonly trial: string;
  readonly state: string;
  readonly steps: number;
  /** The metric at the last rung reached, or of the final evaluation. */
  readonly score: number | null;
  /** The metric at each rung reached. */
  readonly scores: readonly (number | null)[];
};

/** All rows, and the remaining time at the current rate. */
export interface Overview extends JsonObject {
  readonly name: string;
  readonly metric: string;
  /** Whether it was asked to pause. */
  readonly paused: boolean;
  readonly trials: readonly OverviewRow[];
  /** Number of trials that a worker is training. */
  readonly active: number;
  /** Number of trials that have not ended and will continue. */
  readonly waiting: number;
  /** Total training time of all trials so far, s. */
  readonly seconds: number;
  /** Remaining core seconds, extrapolated from the steps so far; null if there are none. */
  readonly secondsLeft: number | null;
  /** Trials for which workers produced different bits, with both results. */
  readonly faults: readonly string[];
}

/** States of a trial that block the trials that start from it. */
export const BLOCKS: readonly string[] = ["failed", "lost", "cancelled", "blocked"];

/** States of a trial that will continue. */
const UNFINISHED: readonly string[] = ["missing", "waiting", "running", "begun"];

/** Remaining environment steps of a sweep, over all replicas. */
function stepsLeft({ trials, halving, stopsEarly }: Sweep, views: readonly TrialView[]): number {
  if (!stopsEarly) {
    return views.reduce((sum, { state, steps }, n) => {
      const { configuration: { steps: all, replicas } } = trials[n]!;
      return UNFINISHED.includes(state) ? sum + replicas * Math.max(0, all - steps) : sum;
    }, 0);
  }
  // The number that synchronous halving would promote; asynchronous halving may promote a few more.
  const { rungs, reduction } = halving, { replicas } = trials[0]!.configuration;
  return rungs.reduce((sum, rung, k) => {
    const wanted = Math.floor(trials.length / reduction ** k);
    const reached = views.filter(({ scores, state }) => scores.length > k || state === "done").length;
    return sum + replicas * Math.max(0, wanted - reached) * (rung - (rungs[k - 1] ?? 0));
  }, 0);
}

/** The overview of a sweep from the status of its trials. */
export function overviewOf(
  sweep: Sweep,
  views: readonly TrialView[],
  paused: boolean,
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
    paused,
    trials: order.map(({ row }) => row),
    active: views.filter(({ state }) => state === "running").length,
    waiting: views.filter(({ state }) => UNFINISHED.includes(state)).length,
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

/** Rows in aligned columns, at most `most` of them. */
function table(rows: readonly (readonly string[])[], most = Infinity): string {
  if (rows.length <= most) return columns(rows);
  const shown = columns(rows).split("\n").slice(0, Math.max(1, most - 1)); // the titles at least
  return [...shown, `and ${rows.length - shown.length} more`, ""].join("\n");
}

/** The remaining work in one line; empty if there is none. */
function remainingLine({ active, waiting, secondsLeft, paused }: Overview): string {
  if (waiting === 0) return "";
  if (paused) return `Paused, ${active} in work: softq sweep continue lets it go on\n`;
  if (secondsLeft === null || secondsLeft === 0) return `${active} in work\n`;
  const core = `about ${durationText(secondsLeft)} of one core are left`;
  return active > 1
    ? `${active} in work: ${core}, about ${durationText(secondsLeft / active)} at this rate\n`
    : `${active} in work: ${core}\n`;
}

/**
 * The status of the trials as a table for the terminal.
 *
 * @param most maximum number of rows
 */
export function overviewTable({ trials }: Sweep, overview: Overview, most = Infinity): string {
  const quantity = quantityOf(`evaluation.${overview.metric}`);
  const { trials: rows, faults } = overview, axes = Object.keys(trials[0]!.values);
  const failed = rows.filter(({ error }) => error !== undefined);
  const counts = Map.groupBy(rows, ({ state }) => state);
  return table([
    ["trial", ...axes, "state", "steps", withUnit(quantity)],
    ...rows.map((row) => [
      row.trial,
      ...axes.map((axis) => cellOf(row[axis])),
      row.state,
      cellOf(row.steps),
      row.score === null ? "" : valueText(row.score, quantity),
    ]),
  ], most - failed.length - faults.length - 2) +
    `${rows.length} trials: ${[...counts].map(([state, of]) => `${of.length} ${state}`).join(", ")}\n` +
    remainingLine(overview) +
    failed.map(({ trial, error }) => `${trial}: ${error}\n`).join("") +
    faults.map((fault) => `A fault of determinism: ${fault}\n`).join("");
}

/** Updates of all replicas of a trial. */
export const updatesOf = ({ configuration: c }: Trial): number =>
  Math.floor(Math.max(0, c.steps - c.minimumReplay) / c.stepsPerUpdate) * c.replicas;

/** The planned trials as a table for the terminal: values, steps, updates and, if known, cost. */
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
  return table([["trial", ...axes, "steps", "updates", "time"], ...rows]) +
    `${name}: ${trials.length} trials, ${
      total(({ configuration: c }) => c.steps * c.replicas)
    } environment steps, ` +
    `${total(updatesOf)} updates${most}\n${costText(trials, cost)}`;
}
