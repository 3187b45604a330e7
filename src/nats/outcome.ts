/**
 * How a trial's result comes to stand on the bus: written once, and compared with one that is there.
 *
 * @module
 */

import type { Sweep } from "../sweep/trials.ts";
import { type Bus, type Job, writeOnce } from "./bus.ts";
import { persist } from "./connection.ts";
import { outcomeOfEntry, type OutcomeRecord, type StoredFile } from "./records.ts";
import { promote, trialKey } from "./sweeps.ts";
import { dropCheckpoints, sendResults, StoreFull } from "./trial_files.ts";

/** What is counted while a worker works. */
export interface Tally {
  /** Trials that ended here. */
  ended: number;
  /** Outcomes that were there already, with the same bits. */
  duplicates: number;
  /** Outcomes that were there already with other bits. */
  readonly faults: string[];
  /** Jobs in a row that went wrong for reasons of this machine. */
  troubles: number;
  /** The last of those reasons. */
  trouble: string | null;
}

/** Milliseconds between two looks whether a server has room again. */
const PATIENCE = 2000;

/** Sends a run's results, and waits while the server has no room for them. */
async function sendPatiently(
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
      await new Promise((resolve) => setTimeout(resolve, PATIENCE));
    }
  }
}

/** Writes a trial's result, or compares it with the one that is there. */
export async function conclude(
  { bus, options, tally }: {
    readonly bus: Bus;
    readonly options: { readonly interrupted: () => boolean; readonly say: (line: string) => void };
    readonly tally: Tally;
  },
  sweep: Sweep,
  job: Job,
  run: string,
  outcome: OutcomeRecord,
): Promise<void> {
  const key = trialKey(job.sweep, job.trial), { name } = sweep.trials[job.trial]!, { connection } = bus;
  const files = await sendPatiently(bus, key, run, options);
  const isFirst = await persist(
    connection,
    () => writeOnce(bus.outcomes, key, JSON.stringify({ ...outcome, files })),
  );
  if (isFirst) {
    tally.ended++;
    await dropCheckpoints(bus, key, files);
    await persist(connection, () => bus.failures.delete(key));
    return await promote(bus, sweep);
  }
  const standing = outcomeOfEntry(await persist(connection, () => bus.outcomes.get(key)));
  // What both came to stays, and a checkpoint that was sent after the first one goes.
  await dropCheckpoints(bus, key, standing?.files ?? files);
  // A connection that broke after the first try may have brought the outcome there: then it is this worker's own.
  if (standing?.digest === outcome.digest) {
    tally.duplicates++;
    return;
  }
  const fault =
    `${name}: ${outcome.worker} came to ${outcome.digest}, ${standing?.worker} to ${standing?.digest}`;
  tally.faults.push(fault);
  options.say(`A fault of determinism: ${fault}`);
  await persist(connection, () => bus.outcomes.put(`${key}.fault`, JSON.stringify({ fault })));
}
