/**
 * Overview of a sweep on the bus, in the same form as of one in a folder.
 *
 * @module
 */

import { BLOCKS, type Overview, overviewOf, type TrialView } from "../sweep/overview.ts";
import type { Bus } from "./bus.ts";
import { jobsLeft, type KnownSweep, presencesOf, resultsOf, type SweepResults } from "./sweeps.ts";

/** Reads the status and results of a sweep's trials. */
export async function readOverview(
  bus: Bus,
  { sweep, record }: KnownSweep,
): Promise<{ readonly overview: Overview; readonly results: SweepResults }> {
  const { name, trials, halving, stopsEarly } = sweep;
  const [results, queued, presences] = [
    await resultsOf(bus, sweep),
    await jobsLeft(bus, name),
    await presencesOf(bus, name),
  ];
  const views: TrialView[] = [];
  trials.forEach(({ after }, n) => {
    const outcome = results.outcomes.get(n), scores = results.scores.get(n) ?? [];
    const at = presences.get(n), reached = scores.length === 0 ? 0 : halving.rungs[scores.length - 1]!;
    // A trial that starts from another waits without a job; the other precedes it in the list.
    const before = after === null ? null : views[after]!.state;
    const waits = queued.has(n) || before !== null;
    views.push({
      state: outcome?.standing ??
        (record.cancelled.includes(n)
          ? "cancelled"
          : before !== null && BLOCKS.includes(before)
          ? "blocked"
          : waits
          ? at === undefined ? "waiting" : "running"
          : stopsEarly && scores.length > 0
          ? "stopped"
          : "missing"),
      steps: outcome?.steps ?? at?.steps ?? reached,
      scores,
      seconds: outcome?.seconds ?? at?.seconds ?? 0,
      error: outcome?.error ?? null,
      digest: outcome?.digest ?? null,
      ...outcome === undefined ? at === undefined ? {} : { worker: at.worker } : { worker: outcome.worker },
    });
  });
  return { overview: overviewOf(sweep, views, record.paused, results.faults), results };
}
