/**
 * Reading checkpoints: every byte is verified before use, and errors name the file.
 *
 * @module
 */

import { E, type TE } from "../../deps.ts";
import {
  type Checkpoint,
  type CheckpointInvalid,
  type CheckpointManifest,
  digest,
  SEGMENT_RECORDS,
  segmentFile,
  verified,
} from "./checkpoint.ts";
import { attempt, type FileFailed, type FileRecord, namesIn, readFile } from "../files.ts";
import { decode, explainSafetensors } from "../../train/safetensors.ts";
import type { IterationProgress } from "../../train/loop.ts";
import type { ReplayPart, ReplaySource } from "../../train/snapshot.ts";
import { oneLine } from "../../given.ts";

const invalid = (file: string, reason: string): E.Either<CheckpointInvalid, never> =>
  E.left({
    _tag: "CheckpointInvalid",
    file,
    reason,
    message: oneLine(`Checkpoint file "${file}" ${reason}`),
  });

/** Reads a file and verifies it against its record. A segment may be longer, and is truncated. */
async function recorded(
  folder: string,
  record: FileRecord,
  exact: boolean,
): Promise<E.Either<CheckpointInvalid, Uint8Array>> {
  const read = await readFile(`${folder}/${record.file}`)();
  if (E.isLeft(read)) return invalid(record.file, `cannot be read: ${read.left.reason}`);
  const bytes = read.right;
  if (bytes.length < record.bytes || (exact && bytes.length > record.bytes)) {
    return invalid(record.file, `must have ${record.bytes} bytes: it has ${bytes.length}`);
  }
  const used = bytes.subarray(0, record.bytes);
  return digest(used) === record.sha256
    ? E.right(used)
    : invalid(record.file, "does not have the recorded SHA-256");
}

const isRecord = (value: unknown): value is FileRecord => {
  const { file, bytes, sha256 } = (value ?? {}) as Partial<FileRecord>;
  return typeof file === "string" && Number.isSafeInteger(bytes) && typeof sha256 === "string" &&
    !file.includes("..") && !file.startsWith("/");
};

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0;

const isProgress = (value: unknown): boolean => {
  if (value === undefined) return true;
  const { own, sent, updates, next } = (value ?? {}) as Partial<IterationProgress>;
  return [own, updates, next].every(isCount) && typeof sent === "boolean";
};

/** The format of a checkpoint. */
const FORMAT = 2;

/** Whether a value is a checkpoint's manifest. */
export const isManifest = (value: unknown): value is CheckpointManifest => {
  const m = (value ?? {}) as Partial<CheckpointManifest>;
  return m.format === FORMAT && typeof m.run === "string" &&
    [m.chunks, m.steps, m.updates].every(Number.isSafeInteger) &&
    typeof m.seconds === "number" && isRecord(m.state) && typeof m.journal === "string" &&
    Array.isArray(m.replay) && m.replay.every(isRecord) &&
    Array.isArray(m.metrics) && m.metrics.every(isRecord) && m.best !== undefined &&
    isProgress(m.within) && (m.due === undefined || m.due === true) &&
    (m.configuration === undefined || (typeof m.configuration === "object" && m.configuration !== null));
};

/** Reads a file of a checkpoint with its own digest. */
export async function readVerified(
  folder: string,
  file: string,
): Promise<E.Either<CheckpointInvalid, object>> {
  const read = await readFile(`${folder}/${file}`)();
  if (E.isLeft(read)) return invalid(file, `cannot be read: ${read.left.reason}`);
  try {
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(read.right));
    if (typeof value === "object" && value !== null && !Array.isArray(value) && !("sha256" in value)) {
      return invalid(file, "has no SHA-256: the version that wrote it is too old to continue from");
    }
    const record = verified(value);
    return record === null ? invalid(file, "does not have the SHA-256 that it records") : E.right(record);
  } catch {
    return invalid(file, read.right.length === 0 ? "is empty" : "is not JSON");
  }
}

/** The error for a file of another run. */
const otherRunError = (file: string, found: unknown, run: string): E.Either<CheckpointInvalid, never> =>
  invalid(file, `belongs to run ${found}, not to this one, which is ${run} by its config.json`);

/** Whether a run has a checkpoint, intact or damaged. */
export async function hasCheckpoint(folder: string): Promise<boolean> {
  // The reader of the checkpoint reports an unreadable folder.
  const names = await namesIn(`${folder}/checkpoint`).catch(() => ["latest.json"]);
  return names.some((name) => name === "latest.json" || /^\d+$/.test(name));
}

/**
 * The only checkpoint in a folder without `latest.json`, which a run that was killed while writing its first checkpoint
 * may lack. Null if the folder has `latest.json`, or not exactly one checkpoint.
 */
async function onlyCheckpoint(folder: string): Promise<number | null> {
  const names = await namesIn(`${folder}/checkpoint`).catch(() => ["latest.json"]);
  const stored = names.filter((name) => /^\d+$/.test(name)).map(Number);
  return names.includes("latest.json") || stored.length !== 1 ? null : stored[0]!;
}

/** Number of environment steps of the newest checkpoint. */
export const latestCheckpoint = (
  folder: string,
  run: string,
): TE.TaskEither<CheckpointInvalid, number> =>
async () => {
  const only = await onlyCheckpoint(folder);
  if (only !== null) return E.right(only);
  const file = "checkpoint/latest.json", read = await readVerified(folder, file);
  if (E.isLeft(read)) return read;
  const latest = read.right as { readonly run?: unknown; readonly steps?: unknown };
  if (latest.run !== run) return otherRunError(file, latest.run, run);
  return Number.isSafeInteger(latest.steps)
    ? E.right(latest.steps as number)
    : invalid(file, "names no checkpoint");
};

/**
 * Uses the newest checkpoint of a run; tries again if that failed because the run, still in progress, wrote a newer one
 * and removed the one being read.
 *
 * @param use is given the checkpoint's environment steps
 */
export const withNewestCheckpoint = <L, A>(
  folder: string,
  run: string,
  use: (steps: number) => TE.TaskEither<L, A>,
): TE.TaskEither<L | CheckpointInvalid, A> =>
async () => {
  while (true) {
    const before = await latestCheckpoint(folder, run)();
    if (E.isLeft(before)) return before;
    const used = await use(before.right)();
    if (E.isRight(used)) return used;
    const now = await latestCheckpoint(folder, run)();
    if (E.isLeft(now) || now.right === before.right) return used;
  }
};

/**
 * The configuration at the start of a folder's run, according to its newest checkpoint; null if that is damaged, or of
 * an older version that did not record it.
 */
export async function configurationAtStart(
  folder: string,
): Promise<Readonly<Record<string, unknown>> | null> {
  const latest = await readVerified(folder, "checkpoint/latest.json");
  if (E.isLeft(latest)) return null;
  const { run, steps } = latest.right as { readonly run?: unknown; readonly steps?: unknown };
  const read = await readVerified(folder, `checkpoint/${steps}/manifest.json`);
  return E.isRight(read) && isManifest(read.right) && read.right.run === run
    ? read.right.configuration ?? null
    : null;
}

/** Environment steps of a folder's checkpoints, the newest first. */
export const checkpointsIn = (folder: string): TE.TaskEither<FileFailed, readonly number[]> =>
  attempt("read", `${folder}/checkpoint`, async () => {
    const found: number[] = [];
    for await (const { name, isDirectory } of Deno.readDir(`${folder}/checkpoint`)) {
      if (isDirectory && /^\d+$/.test(name)) found.push(Number(name));
    }
    return found.sort((a, b) => b - a);
  });

/** Parts of a checkpoint to ignore when it is read. */
export interface OmittedParts {
  /** Whether to ignore the replay's files; the run then does not resume bit for bit. */
  readonly replay: boolean;
  /** Whether to ignore the metrics files. */
  readonly metrics: boolean;
}

/**
 * Reads a checkpoint and verifies every file that it needs.
 *
 * @param run the expected id
 * @param steps environment steps of the checkpoint
 * @param widths lengths of an observation and of an action
 */
export const readCheckpoint = (
  folder: string,
  run: string,
  steps: number,
  widths: { readonly observation: number; readonly action: number },
  without: OmittedParts = { replay: false, metrics: false },
): TE.TaskEither<CheckpointInvalid, Checkpoint> =>
async () => {
  const manifestFile = `checkpoint/${steps}/manifest.json`;
  const read = await readVerified(folder, manifestFile);
  if (E.isLeft(read)) return read;
  const manifest = read.right;
  const { format } = manifest as { readonly format?: unknown };
  if (typeof format === "number" && format > FORMAT) {
    return invalid(
      manifestFile,
      `is of format ${format}, which a newer version of softq writes: use that one`,
    );
  }
  if (!isManifest(manifest)) return invalid(manifestFile, "is not the manifest of a checkpoint");
  if (manifest.run !== run) return otherRunError(manifestFile, manifest.run, run);
  if (manifest.steps !== steps) return invalid(manifestFile, `is that of ${manifest.steps} steps`);
  if (manifest.state.file !== `checkpoint/${steps}/state.safetensors`) {
    return invalid(manifestFile, "names another state file");
  }
  const state = await recorded(folder, manifest.state, true);
  if (E.isLeft(state)) return state;
  const file = decode(state.right);
  if (E.isLeft(file)) return invalid(manifest.state.file, explainSafetensors(file.left));
  const { chunks, updates, within = null } = manifest;
  const files = new Map<string, Uint8Array>();
  for (const record of without.replay ? [] : manifest.replay) {
    const segment = await recorded(folder, record, false);
    if (E.isLeft(segment)) return segment;
    files.set(record.file, segment.right);
  }
  for (const record of without.metrics ? [] : manifest.metrics) {
    const metrics = await recorded(folder, record, false);
    if (E.isLeft(metrics)) return metrics;
  }
  const snapshot = { chunks, steps, updates, within, tensors: file.right.tensors };
  return E.right({
    manifest,
    snapshot,
    source: without.replay ? null : sourceOf(manifest.journal, files, widths),
  });
};

/** The replay source of a journal's segments. */
function sourceOf(
  journal: string,
  files: ReadonlyMap<string, Uint8Array>,
  { observation, action }: { readonly observation: number; readonly action: number },
): ReplaySource {
  const records = (
    replica: number,
    kind: "rows" | "transitions",
    width: number,
    first: number,
    end: number,
  ): ArrayBuffer | null => {
    const out = new Uint8Array(Math.max(0, end - first) * width);
    for (let n = first; n < end;) {
      const k = Math.floor(n / SEGMENT_RECORDS), stop = Math.min(end, (k + 1) * SEGMENT_RECORDS);
      const segment = files.get(segmentFile(journal, replica, kind, k));
      const from = (n - k * SEGMENT_RECORDS) * width, to = from + (stop - n) * width;
      if (segment === undefined || segment.length < to) return null;
      out.set(segment.subarray(from, to), (n - first) * width);
      n = stop;
    }
    return out.buffer;
  };
  return (replica, rows, transitions) => {
    const width = 4 + action;
    const ofTransitions = records(replica, "transitions", 4 * width, ...transitions);
    const ofRows = records(replica, "rows", 4 * observation, ...rows);
    if (ofTransitions === null || ofRows === null) return null;
    const floats = new Float32Array(ofTransitions), words = new Uint32Array(ofTransitions);
    const part: ReplayPart = {
      rows: [...new Float32Array(ofRows)],
      links: [],
      actions: [],
      outcomes: [],
    };
    for (let at = 0; at < floats.length; at += width) {
      part.links.push(words[at]!, words[at + 1]!);
      part.outcomes.push(floats[at + 2]!, floats[at + 3]!);
      for (let k = 0; k < action; k++) part.actions.push(floats[at + 4 + k]!);
    }
    return part;
  };
}
