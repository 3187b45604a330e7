/**
 * A sweep at a glance: its trials with their values and results, the best first.
 *
 * @module
 */

import type { Json, JsonObject } from "../run/json.ts";
import { readFile } from "../run/files.ts";
import { E } from "../deps.ts";
import { trialFolder } from "./processes.ts";
import { controlIn } from "./sweep_folder.ts";
import { readTrial } from "./trial_folder.ts";
import type { Sweep } from "./trials.ts";

/** A trial's row. */
export type OverviewRow = JsonObject & {
  readonly trial: string;
  readonly state: string;
  readonly steps: number;
  /** The metric at the last rung that was reached, or the mean return of the final evaluation. */
  readonly score: number | null;
};

/** All rows, and the seconds that are left at the present speed. */
export interface Overview extends JsonObject {
  readonly name: string;
  readonly metric: string;
  readonly trials: readonly OverviewRow[];
  /** Seconds that finished trials took, added up. */
  readonly seconds: number;
  /** Core seconds that are left, from what the finished ones took; null where none is finished. */
  readonly secondsLeft: number | null;
}

/** Reads where a sweep's trials stand. */
export async function overview(folder: string, sweep: Sweep): Promise<Overview> {
  const { trials, halving, stopsEarly, name } = sweep;
  const control = await controlIn(folder);
  const read = await Promise.all(trials.map(async (trial) => {
    const own = trialFolder(folder, trial);
    const state = await readTrial(own, trial.configuration.replicas, halving);
    const summary = state.standing === "done" ? await readFile(`${own}/summary.json`)() : E.left(null);
    const seconds = E.isRight(summary) ? secondsOf(new TextDecoder().decode(summary.right)) : 0;
    const cancelled = control.cancelled.includes(trial.name) && state.standing !== "done";
    const row: OverviewRow = {
      trial: trial.name,
      ...trial.values,
      state: cancelled ? "cancelled" : state.standing,
      steps: state.steps,
      score: state.scores.at(-1) ?? null,
      ...state.error === null ? {} : { error: state.error },
      ...state.digest === null ? {} : { digest: state.digest },
    };
    return { row, rung: state.scores.length, seconds };
  }));
  const finished = read.filter(({ row }) => row.state === "done");
  const seconds = finished.reduce((sum, each) => sum + each.seconds, 0);
  const waiting = read.filter(({ row }) => row.state === "missing" || row.state === "begun").length;
  const sign = halving.goal === "least" ? 1 : -1;
  // Who reached a later rung was better at all earlier ones.
  const order = read.toSorted((a, b) =>
    b.rung - a.rung || sign * ((a.row.score ?? sign * Infinity) - (b.row.score ?? sign * Infinity))
  );
  return {
    name,
    metric: halving.metric,
    trials: order.map(({ row }) => row),
    seconds,
    secondsLeft: finished.length === 0 || stopsEarly ? null : waiting * seconds / finished.length,
  };
}

function secondsOf(summary: string): number {
  const { timing } = JSON.parse(summary) as { readonly timing?: { readonly wallSeconds?: number } };
  return timing?.wallSeconds ?? 0;
}

const cellOf = (value: Json | undefined): string =>
  value === undefined || value === null
    ? ""
    : typeof value === "number"
    ? String(Number(value.toPrecision(4)))
    : String(value);

/** Rows of cells in columns of equal width. */
function columns(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, k) => Math.max(...rows.map((row) => row[k]!.length)));
  return rows.map((row) => row.map((cell, k) => cell.padEnd(widths[k]!)).join("  ").trimEnd() + "\n").join(
    "",
  );
}

const duration = (seconds: number): string =>
  seconds < 90
    ? `${Math.ceil(seconds)} s`
    : seconds < 5400
    ? `${Math.ceil(seconds / 60)} min`
    : `${(seconds / 3600).toFixed(1)} h`;

/** Where the trials stand, for a person. */
export function overviewTable({ trials }: Sweep, { trials: rows, metric, secondsLeft }: Overview): string {
  const axes = Object.keys(trials[0]!.values);
  const head = ["trial", ...axes, "state", "steps", metric];
  const body = rows.map((row) => [
    row.trial,
    ...axes.map((axis) => cellOf(row[axis])),
    row.state,
    cellOf(row.steps),
    cellOf(row.score),
  ]);
  const left = secondsLeft === null || secondsLeft === 0
    ? ""
    : `About ${duration(secondsLeft)} of one core are left\n`;
  return columns([head, ...body]) + left;
}

/** The trials before they are made, for a person: values, steps, updates. */
export function planTable({ name, trials, halving, stopsEarly }: Sweep): string {
  const axes = Object.keys(trials[0]!.values);
  const updates = ({ configuration: c }: Sweep["trials"][number]): number =>
    Math.floor(Math.max(0, c.steps - c.minimumReplay) / c.stepsPerUpdate) * c.replicas;
  const rows = trials.map((trial) => [
    trial.name,
    ...axes.map((axis) => cellOf(trial.values[axis])),
    String(trial.configuration.steps * trial.configuration.replicas),
    String(updates(trial)),
  ]);
  const total = (of: (trial: Sweep["trials"][number]) => number): number =>
    trials.reduce((sum, each) => sum + of(each), 0);
  const sum =
    `${name}: ${trials.length} trials, ${
      total(({ configuration: c }) => c.steps * c.replicas)
    } environment steps, ` +
    `${total(updates)} updates` +
    (stopsEarly
      ? ` at most: one in ${halving.reduction} goes on after ${halving.rungs.slice(0, -1).join(", ")} steps\n`
      : "\n");
  return columns([["trial", ...axes, "steps", "updates"], ...rows]) + sum;
}
