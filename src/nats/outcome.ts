/**
 * Recording a trial's result on the bus: it is written once, and later results are compared with it.
 *
 * @module
 */

import type { Sweep } from "../sweep/trials.ts";
import { type Bus, type Job, writeOnce } from "./bus.ts";
import { persist } from "./connection.ts";
import { outcomeOfEntry, type OutcomeRecord, type StoredFile } from "./records.ts";
import { promote, trialKey } from "./sweeps.ts";
import { dropCheckpoints, sendResults, StoreFull } from "./trial_files.ts";

/** A worker's counters. */
export interface WorkerCounters {
  /** Number of trials that ended here. */
  ended: number;
  /** Number of outcomes that had already been recorded, with the same bits. */
  duplicates: number;
  /** Outcomes that had already been recorded with different bits. */
  readonly faults: string[];
  /** Number of consecutive jobs that failed because of this machine. */
  consecutiveFailures: number;
  /** Reason of the last of these failures. */
  lastFailure: string | null;
}

/** Polling interval for free space on the server, ms. */
const SPACE_POLL_INTERVAL = 2000;

/** Sends a run's results, waiting while the server has no room for them. */
async function sendWhenSpace(
  bus: Bus,
  key: string,
  run: string,
  { interrupted, say }: { readonly interrupted: () => boolean; readonly say: (line: string) => void },
): Promise<readonly StoredFile[]> {
  while (true) {
    try {
      return await sendResults(bus, key, run);
    } catch (error) {
      if (!(error instanceof StoreFull) || interrupted()) throw error;
      say(`Results wait, as the server has ${error.message}`);
      await new Promise((resolve) => setTimeout(resolve, SPACE_POLL_INTERVAL));
    }
  }
}

/** Writes a trial's result, or compares it with the recorded one. */
export async function conclude(
  { bus, options, counters }: {
    readonly bus: Bus;
    readonly options: { readonly interrupted: () => boolean; readonly say: (line: string) => void };
    readonly counters: WorkerCounters;
  },
  sweep: Sweep,
  job: Job,
  run: string,
  outcome: OutcomeRecord,
): Promise<void> {
  const key = trialKey(job.sweep, job.trial), { name } = sweep.trials[job.trial]!, { connection } = bus;
  const files = await sendWhenSpace(bus, key, run, options);
  const isFirst = await persist(
    connection,
    () => writeOnce(bus.outcomes, key, JSON.stringify({ ...outcome, files })),
  );
  if (isFirst) {
    counters.ended++;
    await dropCheckpoints(bus, key, files);
    await persist(connection, () => bus.failures.delete(key));
    return await promote(bus, sweep);
  }
  const recorded = outcomeOfEntry(await persist(connection, () => bus.outcomes.get(key)));
  // Keeps the files of the recorded result and drops checkpoints, including any sent after it was recorded.
  await dropCheckpoints(bus, key, recorded?.files ?? files);
  // If the connection broke after a first attempt, the recorded outcome may be this worker's own.
  if (recorded?.digest === outcome.digest) {
    counters.duplicates++;
    return;
  }
  const fault =
    `${name}: ${outcome.worker} came to ${outcome.digest}, ${recorded?.worker} to ${recorded?.digest}`;
  counters.faults.push(fault);
  options.say(`A fault of determinism: ${fault}`);
  await persist(connection, () => bus.outcomes.put(`${key}.fault`, JSON.stringify({ fault })));
}
