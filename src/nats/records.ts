/**
 * What is written about sweeps on the bus. Whatever comes from there is checked like a file that a stranger gave.
 *
 * @module
 */

import { z } from "../run/deps.ts";
import { parseSweep, type SweepFile } from "../sweep/space.ts";
import { E } from "../deps.ts";
import type { KvEntry } from "./deps.ts";

/** What is read of an entry. */
type Entry = Pick<KvEntry, "operation" | "string">;

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

const sweepRecord = z.strictObject({
  file: z.unknown(),
  version: z.string(),
  revision: z.string().nullable(),
  paused: z.boolean(),
  cancelled: z.array(z.int().min(0)),
});

/** A sweep on the bus. */
export interface SweepRecord {
  readonly file: SweepFile;
  /** Version of softq that every trial is to be made by. */
  readonly version: string;
  /** Revision of it, where the submitter knew. */
  readonly revision: string | null;
  /** Whether nothing is to be begun. */
  readonly paused: boolean;
  /** Numbers of trials that are given up. */
  readonly cancelled: readonly number[];
}

const storedFile = z.strictObject({
  path: z.string().regex(/^[\w./-]+$/).refine((path) =>
    !path.split("/").includes("..") && !path.startsWith("/")
  ),
  bytes: z.int().min(0),
  sha256,
});

/** A file of a trial: where it belongs in the run's folder, and by which digest it is stored. */
export type StoredFile = z.infer<typeof storedFile>;

const checkpointRecord = z.strictObject({
  steps: z.int().min(0),
  files: z.array(storedFile).max(100_000),
});

/** A checkpoint on the bus. */
export type CheckpointRecord = z.infer<typeof checkpointRecord>;

const checkpointRecords = z.array(checkpointRecord).min(1).max(2);

const outcomeRecord = z.strictObject({
  standing: z.enum(["done", "failed", "lost"]),
  steps: z.int().min(0),
  scores: z.array(z.number().nullable()),
  error: z.string().nullable(),
  digest: sha256.nullable(),
  worker: z.string(),
  seconds: z.number(),
  files: z.array(storedFile),
});

/** A trial's result. */
export type OutcomeRecord = z.infer<typeof outcomeRecord>;

const failuresRecord = z.strictObject({
  /** Steps from which it was begun the last time, and how often it was from there. */
  steps: z.int().min(-1),
  begun: z.int().min(0),
  /** Where its process died, and why. */
  deaths: z.array(z.strictObject({ worker: z.string(), error: z.string() })).max(100),
});

/** How often a trial's process died. */
export type FailuresRecord = z.infer<typeof failuresRecord>;

const presenceRecord = z.object({
  sweep: z.string(),
  trial: z.int().min(0),
  steps: z.int().min(0),
  seconds: z.number(),
});

/** What a worker says that it is at. */
export type PresenceRecord = z.infer<typeof presenceRecord>;

const scoreRecord = z.strictObject({ score: z.number().nullable() });

const read = <A>(schema: z.ZodType<A>, entry: Entry | null): A | null => {
  if (entry === null || entry.operation !== "PUT") return null;
  try {
    const parsed = schema.safeParse(JSON.parse(entry.string()));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
};

/** A sweep's record, or null where there is none that is one. */
export function sweepOfEntry(entry: Entry | null): SweepRecord | null {
  const record = read(sweepRecord, entry);
  if (record === null) return null;
  const file = parseSweep(JSON.stringify(record.file));
  return E.isLeft(file) ? null : { ...record, file: file.right };
}

/** The last checkpoints of a trial, the newest first; none where there is no record that is one. */
export const checkpointsOfEntry = (entry: Entry | null): readonly CheckpointRecord[] =>
  read(checkpointRecords, entry) ?? [];

/** A trial's result, or null. */
export const outcomeOfEntry = (entry: Entry | null): OutcomeRecord | null => read(outcomeRecord, entry);

/** A score at a rung, or undefined where there is none. */
export const scoreOfEntry = (entry: Entry | null): number | null | undefined =>
  read(scoreRecord, entry)?.score;

/** How often a trial's process died; no entry is none. */
export const failuresOfEntry = (entry: Entry | null): FailuresRecord =>
  read(failuresRecord, entry) ?? { steps: -1, begun: 0, deaths: [] };

/** What a worker is at, or null. */
export const presenceOfEntry = (entry: Entry | null): PresenceRecord | null => read(presenceRecord, entry);

/** The sentence of a fault of determinism, or null. */
export const faultOfEntry = (entry: Entry | null): string | null =>
  read(z.object({ fault: z.string() }), entry)?.fault ?? null;
