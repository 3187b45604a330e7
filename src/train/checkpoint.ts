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
 * Laws, tested: a run that is killed at any moment continues with the same bits, and what it had not come to remove is
 * removed then; a damaged file, whichever it is and
 * whatever its damage, is named, and nothing is written over; a folder that has been taken away is not made again.
 *
 * @module
 */

import { createHash, type Hash } from "node:crypto";
import { E, pipe, TE } from "../deps.ts";
import {
  attempt,
  type FileFailed,
  type FileRecord,
  makeFolder,
  namesIn,
  readFile,
  removeWhole,
  syncedWrite,
  writeSynced,
} from "./files.ts";
import { firstNeeded, type Replay, takeJournal } from "./replay.ts";
import { decode, encode, explainSafetensors } from "./safetensors.ts";
import type { ReplayPart, ReplaySource, Snapshot } from "./snapshot.ts";

/** Records in a segment of the journal. */
export const SEGMENT_RECORDS = 16_384;

/** Transitions of a replica that may wait for the journal in memory. */
const SPILL_RECORDS = 4096;

/** A checkpoint that cannot be used. */
export interface CheckpointInvalid {
  /** Tells this failure from others. */
  readonly _tag: "CheckpointInvalid";
  /** The file that is wrong. */
  readonly file: string;
  /** The file and the reason, in a sentence. */
  readonly message: string;
}

/** What the loop knows beside the training itself. */
export interface Progressed {
  /** The files of metrics as they were at the checkpoint. */
  readonly metrics: readonly FileRecord[];
  /** The best evaluation so far, or null before the first. */
  readonly best: { readonly steps: number; readonly meanReturn: number } | null;
  /** Seconds that the run has taken so far, over all its processes. */
  readonly seconds: number;
}

/** `manifest.json` of a checkpoint. */
export interface CheckpointManifest extends Progressed {
  /** Version of this format. */
  readonly format: 2;
  /** The run's id. */
  readonly run: string;
  /** Chunks collected and learned. */
  readonly chunks: number;
  /** Environment steps of each replica. */
  readonly steps: number;
  /** Updates of each replica. */
  readonly updates: number;
  /** The snapshot's arrays. */
  readonly state: FileRecord;
  /** Folder of the journal, and its files. */
  readonly journal: string;
  /** The journal's segments that this checkpoint needs. */
  readonly replay: readonly FileRecord[];
}

/** A segment that is being written: its length and the digest of what it holds. */
interface OpenSegment {
  bytes: number;
  hash: Hash;
}

/** Writes a run's checkpoints. */
export interface CheckpointWriter {
  /** Moves what the replay has gathered to the journal where that has become much, so that memory stays flat. */
  readonly spill: (replay: Replay) => TE.TaskEither<FileFailed, void>;
  /** Writes a checkpoint and makes it the newest; keeps the last and the best. */
  readonly write: (
    snapshot: Snapshot,
    replay: Replay,
    progressed: Progressed,
  ) => TE.TaskEither<FileFailed, void>;
}

const digest = (bytes: Uint8Array | string): string => createHash("sha256").update(bytes).digest("hex");

/** A record as the text of a file that carries its own digest. */
const sealed = (record: object): string =>
  `${JSON.stringify({ ...record, sha256: digest(JSON.stringify(record)) }, null, 2)}\n`;

/** The record of a sealed file; null where the digest is not the record's. */
function unsealed(value: unknown): object | null {
  const { sha256, ...record } = (value ?? {}) as { readonly sha256?: unknown };
  return sha256 === digest(JSON.stringify(record)) ? record : null;
}

/** Name of segment k of a replica's journal. */
const segmentFile = (journal: string, replica: number, kind: "rows" | "transitions", k: number): string =>
  `${journal}/${replica}/${kind}-${String(k).padStart(6, "0")}.bin`;

/** Bytes of one record: an observation; or two row numbers, reward and end, and an action. */
const recordBytes = ({ spec }: Pick<Replay, "spec">, kind: "rows" | "transitions"): number =>
  4 * (kind === "rows" ? spec.observation : 4 + spec.action);

/** The journal's files from which a replay could be filled again. */
function neededSegments(journal: string, { spec, cursor, recent, fields }: Replay): ReadonlySet<string> {
  const files = new Set<string>();
  for (let r = 0; r < spec.replicas; r++) {
    const { rows, transitions } = firstNeeded(
      fields[0].rows,
      recent[r].sentRows,
      recent[r].sentTransitions,
      cursor.oldest[r],
    );
    for (let k = Math.floor(rows / SEGMENT_RECORDS); k * SEGMENT_RECORDS < cursor.rows[r]; k++) {
      files.add(segmentFile(journal, r, "rows", k));
    }
    for (
      let k = Math.floor(transitions / SEGMENT_RECORDS);
      k * SEGMENT_RECORDS < cursor.transitions[r];
      k++
    ) {
      files.add(segmentFile(journal, r, "transitions", k));
    }
  }
  return files;
}

/** Transitions as records. */
function recordsOf(part: ReplayPart, action: number): Uint8Array {
  const count = part.outcomes.length / 2, width = 4 + action;
  const floats = new Float32Array(count * width), words = new Uint32Array(floats.buffer);
  for (let i = 0; i < count; i++) {
    words[i * width] = part.links[2 * i];
    words[i * width + 1] = part.links[2 * i + 1];
    floats[i * width + 2] = part.outcomes[2 * i];
    floats[i * width + 3] = part.outcomes[2 * i + 1];
    for (let k = 0; k < action; k++) floats[i * width + 4 + k] = part.actions[i * action + k];
  }
  return new Uint8Array(floats.buffer);
}

/** Files of the journal that a checkpoint needs. */
const filesOf = ({ replay }: CheckpointManifest): ReadonlySet<string> =>
  new Set(replay.map(({ file }) => file));

/**
 * Opens the writing of checkpoints.
 *
 * @param folder the run's folder
 * @param run the run's id
 * @param resumed the checkpoint that the run continues from, or null
 */
export function checkpointWriter(
  folder: string,
  run: string,
  resumed: Pick<Checkpoint, "manifest" | "source"> | null,
): TE.TaskEither<FileFailed, CheckpointWriter> {
  const manifest = resumed?.manifest ?? null;
  // A run that goes on with an empty replay leaves the old journal as it is.
  const journal = manifest === null
    ? "replay"
    : resumed?.source === null
    ? `replay-${manifest.steps}`
    : manifest.journal;
  const segments = new Map<string, OpenSegment>();
  /** Files of the journal that each kept checkpoint needs. */
  const kept = new Map<number, ReadonlySet<string>>();
  if (manifest !== null) kept.set(manifest.steps, filesOf(manifest));
  const append = (file: string, bytes: Uint8Array): TE.TaskEither<FileFailed, void> => {
    const segment = segments.get(file) ?? { bytes: 0, hash: createHash("sha256") };
    segments.set(file, segment);
    return attempt("write", `${folder}/${file}`, async () => {
      // Not recursively: a run's folder that has been taken away must not come back half empty.
      const [first, second] = file.split("/");
      await makeFolder(`${folder}/${first}`);
      await makeFolder(`${folder}/${first}/${second}`);
      await syncedWrite(`${folder}/${file}`, bytes, segment.bytes);
      segment.bytes += bytes.length;
      segment.hash.update(bytes);
    });
  };
  /** Appends records to the segments that they belong to. */
  const log = (replay: Replay, r: number, kind: "rows" | "transitions", first: number, bytes: Uint8Array) => {
    const width = recordBytes(replay, kind);
    const tasks: TE.TaskEither<FileFailed, void>[] = [];
    for (let done = 0, count = bytes.length / width; done < count;) {
      const k = Math.floor((first + done) / SEGMENT_RECORDS);
      const length = Math.min(count - done, (k + 1) * SEGMENT_RECORDS - first - done);
      tasks.push(
        append(segmentFile(journal, r, kind, k), bytes.subarray(done * width, (done + length) * width)),
      );
      done += length;
    }
    return tasks;
  };
  /** Appends to the journal what it has not taken yet. */
  const drain = (replay: Replay): TE.TaskEither<FileFailed, void> => async () => {
    for (let r = 0; r < replay.spec.replicas; r++) {
      const { keptRows, keptTransitions } = replay.recent[r];
      const part = takeJournal(replay, r);
      const rows = new Uint8Array(Float32Array.from(part.rows).buffer);
      for (
        const task of [
          ...log(replay, r, "rows", keptRows, rows),
          ...log(replay, r, "transitions", keptTransitions, recordsOf(part, replay.spec.action)),
        ]
      ) {
        const appended = await task();
        if (E.isLeft(appended)) return appended;
      }
    }
    return E.right(undefined);
  };
  /** Removes segments that no kept checkpoint and no present replay needs. */
  const removeSegments = async (needed: ReadonlySet<string>): Promise<void> => {
    // By what is there: a process that was killed may have left what it was about to remove.
    for (const replica of (await namesIn(`${folder}/${journal}`)).filter((name) => /^\d+$/.test(name))) {
      for (const name of await namesIn(`${folder}/${journal}/${replica}`)) {
        const file = `${journal}/${replica}/${name}`;
        if (
          !/^(rows|transitions)-\d+\.bin$/.test(name) || needed.has(file) ||
          [...kept.values()].some((files) => files.has(file))
        ) continue;
        segments.delete(file);
        await Deno.remove(`${folder}/${file}`);
      }
    }
  };
  /** Removes checkpoints before the newest, but for the best one; those after it belong to a run that went another way. */
  const removeCheckpoints = async (newest: number, best: number | undefined): Promise<void> => {
    for (const name of await namesIn(`${folder}/checkpoint`)) {
      const steps = /^\d+(\.part)?$/.test(name) ? parseInt(name) : Infinity;
      if (steps >= newest || name === `${best}`) continue;
      kept.delete(steps);
      await removeWhole(`${folder}/checkpoint/${name}`);
    }
  };
  const write: CheckpointWriter["write"] = (snapshot, replay, progressed) => async () => {
    const drained = await drain(replay)();
    if (E.isLeft(drained)) return drained;
    const bytes = encode(snapshot.tensors, { run });
    const needed = neededSegments(journal, replay);
    const { chunks, steps, updates } = snapshot;
    const manifest: CheckpointManifest = {
      format: 2,
      run,
      chunks,
      steps,
      updates,
      ...progressed,
      state: { file: `checkpoint/${steps}/state.safetensors`, bytes: bytes.length, sha256: digest(bytes) },
      journal,
      replay: [...segments].filter(([file]) => needed.has(file)).map(([file, segment]) => ({
        file,
        bytes: segment.bytes,
        sha256: segment.hash.copy().digest("hex"),
      })),
    };
    const part = `${folder}/checkpoint/${steps}.part`, whole = `${folder}/checkpoint/${steps}`;
    const done = await pipe(
      attempt("write", part, async () => {
        await removeWhole(part);
        await Deno.mkdir(part);
        await syncedWrite(`${part}/state.safetensors`, bytes, 0);
        await syncedWrite(`${part}/manifest.json`, new TextEncoder().encode(sealed(manifest)), 0);
        await removeWhole(whole);
        await Deno.rename(part, whole);
      }),
      TE.chain(() => writeSynced(`${folder}/checkpoint/latest.json`, sealed({ run, steps }))),
    )();
    if (E.isLeft(done)) return done;
    kept.set(steps, needed);
    return await attempt("remove old checkpoints in", `${folder}/checkpoint`, async () => {
      await removeCheckpoints(steps, progressed.best?.steps);
      await removeSegments(needed);
    })();
  };
  const spill: CheckpointWriter["spill"] = (replay) => async () => {
    const waiting = replay.recent.map((each, r) => replay.cursor.transitions[r] - each.keptTransitions);
    if (Math.max(...waiting) < SPILL_RECORDS) return E.right(undefined);
    const drained = await drain(replay)();
    if (E.isLeft(drained)) return drained;
    return await attempt(
      "remove old segments in",
      `${folder}/${journal}`,
      () => removeSegments(neededSegments(journal, replay)),
    )();
  };
  return attempt("write", folder, async () => {
    await makeFolder(`${folder}/checkpoint`);
    const best = manifest?.best?.steps;
    if (best !== undefined && best !== manifest?.steps) {
      const read = await readSealed(folder, `checkpoint/${best}/manifest.json`);
      // One that cannot be read needs nothing.
      if (E.isRight(read) && isManifest(read.right)) kept.set(best, filesOf(read.right));
    }
    // A run that is near its end may write no further checkpoint, with which it would remove what is left over.
    if (manifest !== null) await removeCheckpoints(manifest.steps, best);
    // The digests of the segments go on from what they hold.
    for (const { file, bytes } of resumed?.source === null ? [] : manifest?.replay ?? []) {
      const held = (await Deno.readFile(`${folder}/${file}`)).subarray(0, bytes);
      segments.set(file, { bytes, hash: createHash("sha256").update(held) });
    }
    return { write, spill };
  });
}

const invalid = (file: string, reason: string): E.Either<CheckpointInvalid, never> =>
  E.left({ _tag: "CheckpointInvalid", file, message: `Checkpoint file "${file}" ${reason}` });

/** A checkpoint that has been read and found whole. */
export interface Checkpoint {
  /** What the checkpoint says of itself. */
  readonly manifest: CheckpointManifest;
  /** Where the training stood. */
  readonly snapshot: Snapshot;
  /** The journal; null where it is to be done without. */
  readonly source: ReplaySource | null;
}

/** Reads a file that must be as its record says (longer is right for a segment: the rest is cut). */
async function recorded(
  folder: string,
  record: FileRecord,
  exact: boolean,
): Promise<E.Either<CheckpointInvalid, Uint8Array>> {
  const read = await readFile(`${folder}/${record.file}`)();
  if (E.isLeft(read)) return invalid(record.file, `cannot be read: ${read.left.message}`);
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

const isManifest = (value: unknown): value is CheckpointManifest => {
  const m = (value ?? {}) as Partial<CheckpointManifest>;
  return m.format === 2 && typeof m.run === "string" &&
    [m.chunks, m.steps, m.updates].every(Number.isSafeInteger) &&
    typeof m.seconds === "number" && isRecord(m.state) && typeof m.journal === "string" &&
    Array.isArray(m.replay) && m.replay.every(isRecord) &&
    Array.isArray(m.metrics) && m.metrics.every(isRecord) && m.best !== undefined;
};

/** Reads a sealed file of a checkpoint. */
async function readSealed(folder: string, file: string): Promise<E.Either<CheckpointInvalid, object>> {
  const read = await readFile(`${folder}/${file}`)();
  if (E.isLeft(read)) return invalid(file, `cannot be read: ${read.left.message}`);
  try {
    const record = unsealed(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(read.right)));
    return record === null ? invalid(file, "does not have the SHA-256 that it records") : E.right(record);
  } catch {
    return invalid(file, read.right.length === 0 ? "is empty" : "is not JSON");
  }
}

/** Says whose a file is that is not this run's. */
const foreign = (file: string, found: unknown, run: string): E.Either<CheckpointInvalid, never> =>
  invalid(file, `belongs to run ${found}, not to this one, which is ${run} by its config.json`);

/** Number of environment steps of the newest checkpoint. */
export const latestCheckpoint = (
  folder: string,
  run: string,
): TE.TaskEither<CheckpointInvalid, number> =>
async () => {
  const file = "checkpoint/latest.json", read = await readSealed(folder, file);
  if (E.isLeft(read)) return read;
  const latest = read.right as { readonly run?: unknown; readonly steps?: unknown };
  if (latest.run !== run) return foreign(file, latest.run, run);
  return Number.isSafeInteger(latest.steps)
    ? E.right(latest.steps as number)
    : invalid(file, "names no checkpoint");
};

/** Numbers of environment steps of the checkpoints that there are, the newest first. */
export const checkpointsIn = (folder: string): TE.TaskEither<FileFailed, readonly number[]> =>
  attempt("read", `${folder}/checkpoint`, async () => {
    const found: number[] = [];
    for await (const { name, isDirectory } of Deno.readDir(`${folder}/checkpoint`)) {
      if (isDirectory && /^\d+$/.test(name)) found.push(Number(name));
    }
    return found.sort((a, b) => b - a);
  });

/** What a checkpoint may be read without. */
export interface Without {
  /** Whether to do without the replay's files; what follows is then not what would have followed. */
  readonly replay: boolean;
  /** Whether to do without the files of metrics. */
  readonly metrics: boolean;
}

/**
 * Reads a checkpoint and checks every file that it needs.
 *
 * @param run the id that it must have
 * @param steps which checkpoint
 * @param widths lengths of an observation and of an action
 */
export const readCheckpoint = (
  folder: string,
  run: string,
  steps: number,
  widths: { readonly observation: number; readonly action: number },
  without: Without = { replay: false, metrics: false },
): TE.TaskEither<CheckpointInvalid, Checkpoint> =>
async () => {
  const manifestFile = `checkpoint/${steps}/manifest.json`;
  const read = await readSealed(folder, manifestFile);
  if (E.isLeft(read)) return read;
  const manifest = read.right;
  if (!isManifest(manifest)) return invalid(manifestFile, "is not the manifest of a checkpoint");
  if (manifest.run !== run) return foreign(manifestFile, manifest.run, run);
  if (manifest.steps !== steps) return invalid(manifestFile, `is that of ${manifest.steps} steps`);
  if (manifest.state.file !== `checkpoint/${steps}/state.safetensors`) {
    return invalid(manifestFile, "names another state file");
  }
  const state = await recorded(folder, manifest.state, true);
  if (E.isLeft(state)) return state;
  const file = decode(state.right);
  if (E.isLeft(file)) return invalid(manifest.state.file, explainSafetensors(file.left));
  const { chunks, updates } = manifest;
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
  const snapshot = { chunks, steps, updates, tensors: file.right.tensors };
  return E.right({
    manifest,
    snapshot,
    source: without.replay ? null : sourceOf(manifest.journal, files, widths),
  });
};

/** Reads a journal's segments. */
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
  ) => {
    const out = new Uint8Array(Math.max(0, end - first) * width);
    for (let n = first; n < end;) {
      const k = Math.floor(n / SEGMENT_RECORDS), stop = Math.min(end, (k + 1) * SEGMENT_RECORDS);
      const segment = files.get(segmentFile(journal, replica, kind, k)) ?? new Uint8Array(0);
      const from = (n - k * SEGMENT_RECORDS) * width;
      out.set(segment.subarray(from, from + (stop - n) * width), (n - first) * width);
      n = stop;
    }
    return out.buffer;
  };
  return (replica, rows, transitions) => {
    const width = 4 + action;
    const floats = new Float32Array(records(replica, "transitions", 4 * width, ...transitions));
    const words = new Uint32Array(floats.buffer);
    const part: ReplayPart = {
      rows: [...new Float32Array(records(replica, "rows", 4 * observation, ...rows))],
      links: [],
      actions: [],
      outcomes: [],
    };
    for (let at = 0; at < floats.length; at += width) {
      part.links.push(words[at], words[at + 1]);
      part.outcomes.push(floats[at + 2], floats[at + 3]);
      for (let k = 0; k < action; k++) part.actions.push(floats[at + 4 + k]);
    }
    return part;
  };
}
