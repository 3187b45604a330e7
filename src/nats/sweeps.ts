/**
 * Sweeps on the bus: submission, results, and scheduling of trials.
 *
 * Laws, tested: submission is idempotent; nothing is submitted of an invalid sweep, or of one for which there is no
 * room; after every result each trial that may continue is queued once, whichever worker sees the result first.
 *
 * @module
 */

import { E } from "../deps.ts";
import type { Experiment } from "../run/experiment.ts";
import { jsonText } from "../run/json.ts";
import { promotable, type TrialProgress } from "../sweep/halving.ts";
import type { ServerFailed, Submitted } from "../sweep/place.ts";
import type { SweepFile } from "../sweep/space.ts";
import { type Sweep, sweepOf } from "../sweep/trials.ts";
import { type Bus, JOBS, publishJob, writeOnce, writeOver } from "./bus.ts";
import { persist, serverFailed } from "./connection.ts";
import {
  failuresOfEntry,
  type FailuresRecord,
  faultOfEntry,
  outcomeOfEntry,
  type OutcomeRecord,
  presenceOfEntry,
  type PresenceRecord,
  scoreOfEntry,
  sweepOfEntry,
  type SweepRecord,
} from "./records.ts";
import { bytesText, needOf, needText, roomOn } from "./store.ts";

/** Version and revision of softq. */
export interface Build {
  readonly version: string;
  readonly revision: string | null;
}

/** Name of a trial on the bus. */
export const trialKey = (sweep: string, trial: number): string => `${sweep}.${trial}`;

/** Number of jobs published before waiting for their acknowledgements. */
const BURST = 200;

/** Submits a sweep, or completes an interrupted submission. */
export async function submit(
  bus: Bus,
  file: SweepFile,
  sweep: Sweep,
  experiments: readonly Experiment[],
  build: Build,
): Promise<E.Either<ServerFailed, Submitted>> {
  const known = await recordOf(bus, sweep.name);
  if (known !== null && jsonText(known.file) !== jsonText(file)) return isAnother(sweep);
  const need = needOf(sweep, experiments), room = await roomOn(bus);
  if (known === null && room.free !== null && need.results + 2 * need.checkpoint > room.free) {
    return E.left(serverFailed(
      `The server has no room for the sweep "${sweep.name}": it may need ${
        bytesText(need.results + 2 * need.checkpoint)
      } and there are ${bytesText(room.free)}`,
    ));
  }
  const record = { file, ...build, paused: false, cancelled: [] };
  const isNew = known === null &&
    await persist(bus.connection, () => writeOnce(bus.sweeps, sweep.name, JSON.stringify(record)));
  if (!isNew) {
    const found = await recordOf(bus, sweep.name);
    if (found === null || jsonText(found.file) !== jsonText(file)) return isAnother(sweep);
  }
  const progress = await progressOf(bus, sweep);
  const waiting = progress.flatMap(({ scores, ended, waits }, trial) =>
    scores.length === 0 && !ended && waits !== true ? [trial] : []
  );
  for (let from = 0; from < waiting.length; from += BURST) {
    await Promise.all(
      waiting.slice(from, from + BURST).map((trial) =>
        persist(bus.connection, () => publishJob(bus, { sweep: sweep.name, trial, rung: 0 }))
      ),
    );
  }
  // In case a worker died between writing a score and the resulting promotions.
  await promote(bus, sweep);
  return E.right({ waiting: waiting.length, store: needText(need, room) });
}

const isAnother = ({ name }: Sweep): E.Either<ServerFailed, never> =>
  E.left(serverFailed(`Another sweep is called "${name}" there: give this one another name`));

/** A sweep's record on the bus; null if there is none. */
export const recordOf = async (bus: Bus, name: string): Promise<SweepRecord | null> =>
  sweepOfEntry(await persist(bus.connection, () => bus.sweeps.get(name)));

/** A parsed sweep of the bus. */
export interface KnownSweep {
  readonly record: SweepRecord;
  readonly sweep: Sweep;
}

/** Cache of parsed sweeps by bus and file, since parsing a large one takes a while. */
const understood = new WeakMap<object, Map<string, Sweep>>();

/** Parses a sweep of the bus, or says why this version of softq cannot run it. */
export async function sweepOnBus(
  bus: Bus,
  name: string,
  experiments: readonly Experiment[],
  build: Build,
): Promise<E.Either<ServerFailed, KnownSweep>> {
  const record = await recordOf(bus, name);
  if (record === null) return E.left(serverFailed(`There is no sweep "${name}" there`));
  const { version, revision } = record;
  const otherRevision = revision !== null && build.revision !== null && revision !== build.revision;
  if (version !== build.version || otherRevision) {
    const [asked, own] = [record, build].map((each) =>
      `${each.version} (${each.revision?.slice(0, 10) ?? "no revision"})`
    );
    return E.left(serverFailed(`The sweep "${name}" asks for softq ${asked}: this is ${own}`));
  }
  const known = understood.get(experiments) ?? new Map<string, Sweep>(), text = JSON.stringify(record.file);
  understood.set(experiments, known);
  const before = known.get(text);
  if (before !== undefined) return E.right({ record, sweep: before });
  const sweep = sweepOf(experiments, record.file);
  if (E.isLeft(sweep)) {
    return E.left(serverFailed(`The sweep "${name}" cannot be made here: ${sweep.left.message}`));
  }
  if (known.size >= 16) known.clear();
  known.set(text, sweep.right);
  return E.right({ record, sweep: sweep.right });
}

/** A key's value as an entry. */
const entryOf = (value: Uint8Array | undefined) =>
  value === undefined ? null : { operation: "PUT" as const, string: () => new TextDecoder().decode(value) };

/** Milliseconds without a new entry after which a pass over a bucket is restarted. */
const SILENCE = 5000;

/** All entries of a sweep in a bucket by key, in one pass. */
async function entriesOf(
  bus: Bus,
  bucket: "outcomes" | "workers",
  key: string,
): Promise<ReadonlyMap<string, Uint8Array>> {
  return await persist(bus.connection, async () => {
    const found = new Map<string, Uint8Array>();
    const stream = `KV_softq-${bucket}`, subjects = `$KV.softq-${bucket}.${key}`;
    const { state } = await bus.manager.streams.info(stream, { subjects_filter: subjects });
    if (Object.keys(state.subjects ?? {}).length === 0) return found;
    // Deletions are delivered as entries too; the last entry reports that none is pending.
    const watch = await bus[bucket].watch({ key });
    let ended = false;
    // A restarted server has forgotten its watchers.
    let silence = setTimeout(() => watch.stop(), SILENCE);
    try {
      for await (const entry of watch) {
        clearTimeout(silence);
        silence = setTimeout(() => watch.stop(), SILENCE);
        if (entry.operation === "PUT") found.set(entry.key, entry.value);
        ended = entry.delta === 0;
        if (ended) break;
      }
    } finally {
      clearTimeout(silence);
      watch.stop();
    }
    if (!ended) throw new Error("timeout: the server did not go on");
    return found;
  }, 600);
}

/** The results of a sweep's trials, by number. */
export interface SweepResults {
  readonly outcomes: ReadonlyMap<number, OutcomeRecord>;
  /** The scores of trials, including those that have not ended. */
  readonly scores: ReadonlyMap<number, readonly (number | null)[]>;
  /** Trials for which workers produced different bits, one sentence each. */
  readonly faults: readonly string[];
}

/** Reads all results of a sweep. */
export async function resultsOf(bus: Bus, { name, trials, halving }: Sweep): Promise<SweepResults> {
  const entries = await entriesOf(bus, "outcomes", `${name}.>`);
  const outcomes = new Map<number, OutcomeRecord>(), scores = new Map<number, readonly (number | null)[]>();
  const faults: string[] = [];
  trials.forEach((_, trial) => {
    const key = trialKey(name, trial), outcome = outcomeOfEntry(entryOf(entries.get(key)));
    if (outcome !== null) outcomes.set(trial, outcome);
    const fault = faultOfEntry(entryOf(entries.get(`${key}.fault`)));
    if (fault !== null) faults.push(fault);
    const reached: (number | null)[] = [];
    for (let rung = 0; rung < halving.rungs.length - 1; rung++) {
      const score = scoreOfEntry(entryOf(entries.get(`${key}.${rung}`)));
      if (score === undefined) break;
      reached.push(score);
    }
    const all = outcome !== null && outcome.scores.length > reached.length ? outcome.scores : reached;
    scores.set(trial, all);
  });
  return { outcomes, scores, faults };
}

/** The workers' current jobs in one sweep, by trial. */
export async function presencesOf(
  bus: Bus,
  sweep: string,
): Promise<ReadonlyMap<number, PresenceRecord & { readonly worker: string }>> {
  const found = new Map<number, PresenceRecord & { readonly worker: string }>();
  for (const [worker, value] of await entriesOf(bus, "workers", ">")) {
    const presence = presenceOfEntry(entryOf(value));
    if (presence?.sweep === sweep) found.set(presence.trial, { ...presence, worker });
  }
  return found;
}

/** The progress of all trials, for the scheduler; whether a worker is training them is not known. */
export async function progressOf(bus: Bus, sweep: Sweep): Promise<readonly TrialProgress[]> {
  const { outcomes, scores } = await resultsOf(bus, sweep), record = await recordOf(bus, sweep.name);
  return sweep.trials.map(({ after }, trial) => ({
    scores: scores.get(trial) ?? [],
    active: false,
    ended: outcomes.has(trial) || record?.cancelled.includes(trial) === true,
    waits: after !== null && outcomes.get(after)?.standing !== "done",
  }));
}

/** Queues every trial that may be promoted, or may start because its predecessor is done, unless it is queued. */
export async function promote(bus: Bus, sweep: Sweep): Promise<void> {
  const { halving, name, stopsEarly, trials } = sweep;
  if (!stopsEarly && trials.every(({ after }) => after === null)) return;
  const progress = await progressOf(bus, sweep);
  // The queue accepts a job once, and a finished job has a score, so that no marker is needed.
  const publish = (trial: number, rung: number): Promise<void> =>
    persist(bus.connection, () => publishJob(bus, { sweep: name, trial, rung }));
  for (let rung = 0; stopsEarly && rung < halving.rungs.length - 1; rung++) {
    for (const trial of promotable(halving, progress, rung)) {
      const { ended, scores } = progress[trial]!;
      if (!ended && scores.length === rung + 1) await publish(trial, rung + 1);
    }
  }
  for (const [trial, { after }] of trials.entries()) {
    const { ended, waits } = progress[trial]!;
    if (after !== null && !ended && waits === false) await publish(trial, 0);
  }
}

/** Trials of a sweep with a job that is queued or in progress. */
export async function jobsLeft(bus: Bus, sweep: string): Promise<ReadonlySet<number>> {
  return await persist(bus.connection, async () => {
    const { state } = await bus.manager.streams.info(JOBS, { subjects_filter: `softq.jobs.${sweep}.>` });
    return new Set(Object.keys(state.subjects ?? {}).map((subject) => Number(subject.split(".")[3])));
  });
}

/** Updates an entry; retries on concurrent modification. */
async function changeEntry(
  bus: Bus,
  bucket: Bus["outcomes"],
  key: string,
  change: (entry: Awaited<ReturnType<Bus["outcomes"]["get"]>>) => unknown,
): Promise<void> {
  while (true) {
    const entry = await persist(bus.connection, () => bucket.get(key)), changed = change(entry);
    if (changed === undefined) return;
    const text = JSON.stringify(changed);
    const isWritten = entry === null
      ? await writeOnce(bucket, key, text)
      : await writeOver(bucket, key, text, entry.revision);
    if (isWritten) return;
  }
}

/** Updates the requests to a sweep. */
export async function changeSweep(
  bus: Bus,
  name: string,
  change: (record: SweepRecord) => SweepRecord,
): Promise<E.Either<ServerFailed, SweepRecord>> {
  let changed: SweepRecord | null = null;
  await changeEntry(bus, bus.sweeps, name, (entry) => {
    const record = sweepOfEntry(entry);
    if (record === null) return undefined;
    return changed = change(record);
  });
  return changed === null ? E.left(serverFailed(`There is no sweep "${name}" there`)) : E.right(changed);
}

/** Updates the record of a trial's dead processes and returns it. */
export async function changeFailures(
  bus: Bus,
  key: string,
  change: (record: FailuresRecord) => FailuresRecord,
): Promise<FailuresRecord> {
  let changed = failuresOfEntry(null);
  await changeEntry(bus, bus.failures, key, (entry) => changed = change(failuresOfEntry(entry)));
  return changed;
}
