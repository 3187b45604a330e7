/**
 * A sweep on the bus at a glance, in the form of one in a folder.
 *
 * @module
 */

import type { Overview, OverviewRow } from "../sweep/overview.ts";
import type { Sweep } from "../sweep/trials.ts";
import type { SweepRecord } from "./records.ts";
import type { SweepResults } from "./sweeps.ts";

/** An overview, and how many trials have jobs in the queue or in work. */
export interface BusOverview extends Overview {
  readonly waiting: number;
}

/** Makes the overview of what was read. */
export function overviewOfResults(
  { name, trials, halving, stopsEarly }: Sweep,
  { cancelled }: SweepRecord,
  { outcomes, scores }: SweepResults,
  left: ReadonlySet<number>,
): BusOverview {
  const read = trials.map((trial, n) => {
    const outcome = outcomes.get(n), reached = scores.get(n) ?? [];
    const waits = left.has(n) ? "waiting" : reached.length > 0 ? "stopped" : "missing";
    const row: OverviewRow = {
      trial: trial.name,
      ...trial.values,
      state: outcome?.standing ?? (cancelled.includes(n) ? "cancelled" : waits),
      steps: outcome?.steps ?? (reached.length === 0 ? 0 : halving.rungs[reached.length - 1]!),
      score: reached.at(-1) ?? outcome?.scores.at(-1) ?? null,
      ...outcome === undefined ? {} : { worker: outcome.worker, digest: outcome.digest },
      ...outcome?.error == null ? {} : { error: outcome.error },
    };
    return { row, rung: reached.length, seconds: outcome?.seconds ?? 0 };
  });
  const done = read.filter(({ row }) => row.state === "done");
  const seconds = done.reduce((sum, each) => sum + each.seconds, 0);
  const sign = halving.goal === "least" ? 1 : -1;
  const order = read.toSorted((a, b) =>
    b.rung - a.rung || sign * ((a.row.score ?? sign * Infinity) - (b.row.score ?? sign * Infinity))
  );
  return {
    name,
    metric: halving.metric,
    trials: order.map(({ row }) => row),
    seconds,
    secondsLeft: done.length === 0 || stopsEarly ? null : left.size * seconds / done.length,
    waiting: left.size,
  };
}
