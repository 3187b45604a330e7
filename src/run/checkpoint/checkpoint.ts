/**
 * Checkpoints: everything that continuing a run needs, in files that are whole or not there.
 *
 *     checkpoint/<steps>/state.safetensors   the snapshot's arrays
 *     checkpoint/<steps>/manifest.json       the run's id, the numbers, and every file's length and SHA-256
 *     checkpoint/latest.json                 which folder is the newest, moved into place last
 *     replay/<replica>/rows-<k>.bin          the journal: append-only segments that all checkpoints share
 *     replay/<replica>/transitions-<k>.bin
 *
 * A checkpoint's cost does not grow with the replay: a segment is appended to and its digest carried on. Bytes beyond a
 * recorded length are cut when a run is resumed. Folders are named by environment steps, not by updates: before learning
 * begins several checkpoints have no update at all.
 *
 * Laws, tested: a run that is killed at any moment continues with the same bits, and what it had not removed yet is
 * removed then; a damaged file, whichever it is and whatever its damage, is named, and nothing is written over; a folder
 * that has been taken away is not made again.
 *
 * Here is the form; `writer.ts` writes it and `reader.ts` reads it.
 *
 * @module
 */

import { createHash } from "node:crypto";
import type { FileRecord } from "../files.ts";
import type { ReplaySpec } from "../../train/replay.ts";
import type { TurnProgress } from "../../train/loop.ts";
import type { ReplaySource, Snapshot } from "../../train/snapshot.ts";

/** Records in a segment of the journal. */
export const SEGMENT_RECORDS = 16_384;

/** A checkpoint that cannot be used. */
export interface CheckpointInvalid {
  /** The discriminant. */
  readonly _tag: "CheckpointInvalid";
  /** The file that is wrong. */
  readonly file: string;
  /** What is wrong with it: `does not have the recorded SHA-256`. */
  readonly reason: string;
  /** The file and the reason, in a sentence. */
  readonly message: string;
}

/** The best evaluation so far. */
export interface BestEvaluation {
  /** Environment steps of each replica. */
  readonly steps: number;
  /** The mean return over the episodes of all replicas. */
  readonly meanReturn: number;
}

/** What a checkpoint records beside the training itself. */
export interface RunProgress {
  /** The files of metrics as they were at the checkpoint. */
  readonly metrics: readonly FileRecord[];
  /** The best evaluation so far, or null before the first. */
  readonly best: BestEvaluation | null;
  /** Seconds that the run has taken so far, over all its processes. */
  readonly seconds: number;
  /** Whether what is due after the last turn, an evaluation above all, has yet to be done; absent: no. */
  readonly due?: true;
}

/** `manifest.json` of a checkpoint. */
export interface CheckpointManifest extends RunProgress {
  /** Version of this format. */
  readonly format: 2;
  /** The run's id. */
  readonly run: string;
  /** What the id follows from; checkpoints of older versions do not have it. */
  readonly configuration?: Readonly<Record<string, unknown>>;
  /** Chunks collected and learned. */
  readonly chunks: number;
  /** Environment steps of each replica. */
  readonly steps: number;
  /** Updates of each replica. */
  readonly updates: number;
  /** How far the next turn had come, where it was left before its end. */
  readonly within?: TurnProgress;
  /** The snapshot's arrays. */
  readonly state: FileRecord;
  /** Folder of the journal, and its files. */
  readonly journal: string;
  /** The journal's segments that this checkpoint needs. */
  readonly replay: readonly FileRecord[];
}

/** A checkpoint that has been read and found whole. */
export interface Checkpoint {
  /** What the checkpoint says of itself. */
  readonly manifest: CheckpointManifest;
  /** The state of the training. */
  readonly snapshot: Snapshot;
  /** The journal; null where it is to be done without. */
  readonly source: ReplaySource | null;
}

/** SHA-256 in hexadecimal digits. */
export const digest = (bytes: Uint8Array | string): string =>
  createHash("sha256").update(bytes).digest("hex");

/** A record as the text of a file that carries its own digest. */
export const withDigest = (record: object): string =>
  `${JSON.stringify({ ...record, sha256: digest(JSON.stringify(record)) }, null, 2)}\n`;

/** The record of a file that carries its digest; null where the digest is not the record's. */
export function verified(value: unknown): object | null {
  const { sha256, ...record } = (value ?? {}) as { readonly sha256?: unknown };
  return sha256 === digest(JSON.stringify(record)) ? record : null;
}

/** Name of segment k of a replica's journal. */
export const segmentFile = (
  journal: string,
  replica: number,
  kind: "rows" | "transitions",
  k: number,
): string => `${journal}/${replica}/${kind}-${String(k).padStart(6, "0")}.bin`;

/** Bytes of one record: an observation; or two row numbers, reward and end, and an action. */
export const recordBytes = (
  { spec }: { readonly spec: Pick<ReplaySpec, "observation" | "action"> },
  kind: "rows" | "transitions",
): number => 4 * (kind === "rows" ? spec.observation : 4 + spec.action);
