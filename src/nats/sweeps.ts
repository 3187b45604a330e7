/**
 * Sweeps on the bus: submitting one, the states of its trials, and which of them are promoted.
 *
 * Laws, tested: a sweep that is submitted twice is there once; nothing is submitted of one that is wrong; after every result
 * each trial that is promoted is put into the queue once, whichever worker sees it first.
 *
 * @module
 */

import { E } from "../deps.ts";
import type { Experiment } from "../run/experiment.ts";
import { jsonText } from "../run/json.ts";
import { promotable, type TrialProgress } from "../sweep/halving.ts";
import type { SweepFile } from "../sweep/space.ts";
import { type Sweep, sweepOf } from "../sweep/trials.ts";
import { type Bus, JOBS, publishJob, writeOnce } from "./bus.ts";
import { type BusFailed, busFailed, persist } from "./connection.ts";
import { jetstreamManager } from "./deps.ts";
import {
  outcomeOfEntry,
  type OutcomeRecord,
  scoreOfEntry,
  sweepOfEntry,
  type SweepRecord,
} from "./records.ts";

/** Version and revision of this softq. */
export interface Build {
  readonly version: string;
  readonly revision: string | null;
}

/** Name of a trial on the bus. */
export const trialKey = (sweep: string, trial: number): string => `${sweep}.${trial}`;

/** How many jobs are put into the queue before their acknowledgements are waited for. */
const BURST = 200;

/** Puts a sweep on the bus, or what is missing of one that is there. */
export async function submit(
  bus: Bus,
  file: SweepFile,
  sweep: Sweep,
  build: Build,
): Promise<E.Either<BusFailed, number>> {
  const record = { file, ...build, paused: false, cancelled: [] };
  const isNew = await persist(
    bus.connection,
    () => writeOnce(bus.sweeps, sweep.name, JSON.stringify(record)),
  );
  if (!isNew) {
    const found = await recordOf(bus, sweep.name);
    if (found === null || jsonText(found.file) !== jsonText(file)) {
      return E.left(busFailed(`Another sweep is called "${sweep.name}" there: give this one another name`));
    }
  }
  const standing = await progressOf(bus, sweep, false);
  const waiting = standing.flatMap(({ scores, ended }, trial) =>
    scores.length === 0 && !ended ? [trial] : []
  );
  for (let from = 0; from < waiting.length; from += BURST) {
    await Promise.all(
      waiting.slice(from, from + BURST).map((trial) =>
        persist(bus.connection, () => publishJob(bus, { sweep: sweep.name, trial, rung: 0 }))
      ),
    );
  }
  // Where a worker ended between a score and the promotions that follow from it.
  await promote(bus, sweep);
  return E.right(waiting.length);
}

/** What the bus says of a sweep; null where there is none. */
export const recordOf = async (bus: Bus, name: string): Promise<SweepRecord | null> =>
  sweepOfEntry(await persist(bus.connection, () => bus.sweeps.get(name)));

/** A sweep of the bus as this softq understands it, or why it does not. */
export async function sweepOnBus(
  bus: Bus,
  name: string,
  experiments: readonly Experiment[],
  build: Build,
): Promise<E.Either<BusFailed, { readonly record: SweepRecord; readonly sweep: Sweep }>> {
  const record = await recordOf(bus, name);
  if (record === null) return E.left(busFailed(`There is no sweep "${name}" there`));
  const { version, revision } = record;
  const otherRevision = revision !== null && build.revision !== null && revision !== build.revision;
  if (version !== build.version || otherRevision) {
    const [asked, own] = [record, build].map((each) =>
      `${each.version} (${each.revision?.slice(0, 10) ?? "no revision"})`
    );
    return E.left(busFailed(`The sweep "${name}" asks for softq ${asked}: this is ${own}`));
  }
  const sweep = sweepOf(experiments, record.file);
  return E.isLeft(sweep)
    ? E.left(busFailed(`The sweep "${name}" cannot be made here: ${sweep.left.message}`))
    : E.right({ record, sweep: sweep.right });
}

/** All outcomes and scores of a sweep by key, in one pass over the bucket. */
async function entriesOf(bus: Bus, sweep: string): Promise<ReadonlyMap<string, Uint8Array>> {
  return await persist(bus.connection, async () => {
    const found = new Map<string, Uint8Array>();
    const status = await bus.outcomes.status();
    if (status.values === 0) return found;
    const watch = await bus.outcomes.watch({ key: `${sweep}.>`, ignoreDeletes: true });
    // The bucket may hold nothing of this sweep: then there is no first entry to say so.
    const silence = setTimeout(() => watch.stop(), 2000);
    try {
      for await (const entry of watch) {
        clearTimeout(silence);
        found.set(entry.key, entry.value);
        if (entry.delta === 0) break;
      }
    } finally {
      clearTimeout(silence);
      watch.stop();
    }
    return found;
  });
}

/** The trials' results, by number; with the scores of those that have not ended. */
export interface SweepResults {
  readonly outcomes: ReadonlyMap<number, OutcomeRecord>;
  readonly scores: ReadonlyMap<number, readonly (number | null)[]>;
}

/** Reads all results of a sweep. */
export async function resultsOf(bus: Bus, { name, trials, halving }: Sweep): Promise<SweepResults> {
  const entries = await entriesOf(bus, name);
  const entry = (key: string) => {
    const value = entries.get(key);
    return value === undefined
      ? null
      : { operation: "PUT" as const, string: () => new TextDecoder().decode(value) };
  };
  const outcomes = new Map<number, OutcomeRecord>(), scores = new Map<number, (number | null)[]>();
  trials.forEach((_, trial) => {
    const key = trialKey(name, trial), outcome = outcomeOfEntry(entry(key));
    if (outcome !== null) outcomes.set(trial, outcome);
    const reached: (number | null)[] = [];
    for (let rung = 0; rung < halving.rungs.length - 1; rung++) {
      const score = scoreOfEntry(entry(`${key}.${rung}`));
      if (score === undefined) break;
      reached.push(score);
    }
    scores.set(
      trial,
      outcome !== null && outcome.scores.length > reached.length ? [...outcome.scores] : reached,
    );
  });
  return { outcomes, scores };
}

/** Where all trials stand, as successive halving sees them. */
export async function progressOf(bus: Bus, sweep: Sweep, active: boolean): Promise<readonly TrialProgress[]> {
  const { outcomes, scores } = await resultsOf(bus, sweep), record = await recordOf(bus, sweep.name);
  return sweep.trials.map((_, trial) => ({
    scores: scores.get(trial) ?? [],
    active,
    ended: outcomes.has(trial) || record?.cancelled.includes(trial) === true,
  }));
}

/** Puts every trial into the queue that may leave its rung and has not yet been let. */
export async function promote(bus: Bus, sweep: Sweep): Promise<void> {
  const { halving, name, stopsEarly } = sweep;
  if (!stopsEarly) return;
  const progress = await progressOf(bus, sweep, false);
  for (let rung = 0; rung < halving.rungs.length - 1; rung++) {
    for (const trial of promotable(halving, progress, rung)) {
      if (progress[trial]!.ended || progress[trial]!.scores.length !== rung + 1) continue;
      // The queue takes a job once, and one that was done has left a score: no mark is needed.
      await persist(bus.connection, () => publishJob(bus, { sweep: name, trial, rung: rung + 1 }));
    }
  }
}

/** Jobs of a sweep that are in the queue or in work, by trial. */
export async function jobsLeft(bus: Bus, sweep: string): Promise<ReadonlySet<number>> {
  return await persist(bus.connection, async () => {
    const manager = await jetstreamManager(bus.connection);
    const { state } = await manager.streams.info(JOBS, { subjects_filter: `softq.jobs.${sweep}.>` });
    return new Set(Object.keys(state.subjects ?? {}).map((subject) => Number(subject.split(".")[3])));
  });
}

/** Changes what is asked of a sweep; tries again where somebody changes it at the same time. */
export async function changeSweep(
  bus: Bus,
  name: string,
  change: (record: SweepRecord) => SweepRecord,
): Promise<E.Either<BusFailed, SweepRecord>> {
  while (true) {
    const entry = await persist(bus.connection, () => bus.sweeps.get(name));
    const record = sweepOfEntry(entry);
    if (entry === null || record === null) return E.left(busFailed(`There is no sweep "${name}" there`));
    const changed = change(record);
    try {
      await bus.sweeps.update(name, JSON.stringify(changed), entry.revision);
      return E.right(changed);
    } catch (error) {
      if (!(error instanceof Error && /wrong last sequence/i.test(error.message))) throw error;
    }
  }
}
