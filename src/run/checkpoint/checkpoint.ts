/**
 * Checkpoints: everything needed to resume a run, in files that are written atomically.
 *
 *     checkpoint/<steps>/state.safetensors   the snapshot's arrays
 *     checkpoint/<steps>/manifest.json       the run's id, the numbers, and every file's length and SHA-256
 *     checkpoint/latest.json                 the newest folder, renamed into place last
 *     replay/<replica>/rows-<k>.bin          the journal: append-only segments that all checkpoints share
 *     replay/<replica>/transitions-<k>.bin
 *
 * The cost of a checkpoint does not grow with the replay: segments are append-only and their digests incremental. Bytes
 * beyond a recorded length are truncated when a run is resumed. Folders are named by environment steps, not by updates,
 * since several checkpoints may precede the first update.
 *
 * Laws, tested: a run that is killed at any moment resumes with the same bits, and removes the obsolete files that the
 * killed process left; any damage to any file is reported with its name, and nothing is overwritten; a folder that has
 * been removed is not created again.
 *
 * This file defines the format; `writer.ts` writes it and `reader.ts` reads it.
 *
 * @module
 */

import { createHash } from "node:crypto";
import type { FileRecord } from "../files.ts";
import type { ReplaySpec } from "../../train/replay.ts";
import type { IterationProgress } from "../../train/loop.ts";
import type { ReplaySource, Snapshot } from "../../train/snapshot.ts";

/** Records in a segment of the journal. */
export const SEGMENT_RECORDS = 16_384;

/** A checkpoint that cannot be used. */
export interface CheckpointInvalid {
  /** The discriminant. */
  readonly _tag: "CheckpointInvalid";
  /** The file that is wrong. */
  readonly file: string;
  /** What is wrong with the file: `does not have the recorded SHA-256`. */
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

/** What a checkpoint records besides the training itself. */
export interface RunProgress {
  /** Lengths and digests of the metrics files at the checkpoint. */
  readonly metrics: readonly FileRecord[];
  /** The best evaluation so far, or null before the first. */
  readonly best: BestEvaluation | null;
  /** Seconds that the run has taken so far, over all its processes. */
  readonly seconds: number;
  /** Whether logging and evaluation after the last iteration are still due; absent: no. */
  readonly due?: true;
}

/** `manifest.json` of a checkpoint. */
export interface CheckpointManifest extends RunProgress {
  /** Version of this format. */
  readonly format: 2;
  /** The run's id. */
  readonly run: string;
  /** The configuration, of which the id is a digest; absent in older versions. */
  readonly configuration?: Readonly<Record<string, unknown>>;
  /** Number of chunks collected and learned. */
  readonly chunks: number;
  /** Environment steps of each replica. */
  readonly steps: number;
  /** Updates of each replica. */
  readonly updates: number;
  /** The progress of an interrupted iteration. */
  readonly within?: IterationProgress;
  /** The snapshot's arrays. */
  readonly state: FileRecord;
  /** Folder of the journal, and its files. */
  readonly journal: string;
  /** The journal's segments that this checkpoint needs. */
  readonly replay: readonly FileRecord[];
}

/** A checkpoint that has been read and verified. */
export interface Checkpoint {
  /** Its manifest. */
  readonly manifest: CheckpointManifest;
  /** The state of the training. */
  readonly snapshot: Snapshot;
  /** The journal; null to resume without it. */
  readonly source: ReplaySource | null;
}

/** SHA-256 in hexadecimal digits. */
export const digest = (bytes: Uint8Array | string): string =>
  createHash("sha256").update(bytes).digest("hex");

/** The text of a JSON file with its own digest. */
export const withDigest = (record: object): string =>
  `${JSON.stringify({ ...record, sha256: digest(JSON.stringify(record)) }, null, 2)}\n`;

/** The record of a file with its own digest; null if the digest does not match. */
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

/** Size of one record, in bytes: an observation; or two indices of rows, reward, termination and an action. */
export const recordBytes = (
  { spec }: { readonly spec: Pick<ReplaySpec, "observation" | "action"> },
  kind: "rows" | "transitions",
): number => 4 * (kind === "rows" ? spec.observation : 4 + spec.action);
