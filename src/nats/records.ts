/**
 * Records of sweeps on the bus. Everything read from it is validated like an untrusted file.
 *
 * @module
 */

import { z } from "../run/deps.ts";
import { parseSweep, type SweepFile } from "../sweep/space.ts";
import { E } from "../deps.ts";
import type { KvEntry } from "./deps.ts";

/** The parts of an entry that are read. */
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
  /** Version of softq required for every trial. */
  readonly version: string;
  /** Its revision, if the submitter knew it. */
  readonly revision: string | null;
  /** Whether the sweep is paused. */
  readonly paused: boolean;
  /** Numbers of cancelled trials. */
  readonly cancelled: readonly number[];
}

const storedFile = z.strictObject({
  path: z.string().regex(/^[\w./-]+$/).refine((path) =>
    !path.split("/").includes("..") && !path.startsWith("/")
  ),
  bytes: z.int().min(0),
  sha256,
});

/** A file of a trial: its path in the run's folder, and the digest under which it is stored. */
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
  /** The step from which it last started, and how often it started from there. */
  steps: z.int().min(-1),
  begun: z.int().min(0),
  /** The workers on which its process died, with the reasons. */
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

/** A worker's current job. */
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

/** A sweep's record; null if there is no valid one. */
export function sweepOfEntry(entry: Entry | null): SweepRecord | null {
  const record = read(sweepRecord, entry);
  if (record === null) return null;
  const file = parseSweep(JSON.stringify(record.file));
  return E.isLeft(file) ? null : { ...record, file: file.right };
}

/** The last checkpoints of a trial, newest first; empty if there is no valid record. */
export const checkpointsOfEntry = (entry: Entry | null): readonly CheckpointRecord[] =>
  read(checkpointRecords, entry) ?? [];

/** A trial's result, or null. */
export const outcomeOfEntry = (entry: Entry | null): OutcomeRecord | null => read(outcomeRecord, entry);

/** A score at a rung; undefined if there is none. */
export const scoreOfEntry = (entry: Entry | null): number | null | undefined =>
  read(scoreRecord, entry)?.score;

/** How often a trial's process died; zero without an entry. */
export const failuresOfEntry = (entry: Entry | null): FailuresRecord =>
  read(failuresRecord, entry) ?? { steps: -1, begun: 0, deaths: [] };

/** A worker's current job, or null. */
export const presenceOfEntry = (entry: Entry | null): PresenceRecord | null => read(presenceRecord, entry);

/** The message of a determinism fault, or null. */
export const faultOfEntry = (entry: Entry | null): string | null =>
  read(z.object({ fault: z.string() }), entry)?.fault ?? null;
