/**
 * Writing checkpoints: appends to the journal, writes a new folder, marks it as the newest, removes obsolete files.
 *
 * @module
 */

import { createHash, type Hash } from "node:crypto";
import { E, pipe, TE } from "../../deps.ts";
import {
  type Checkpoint,
  type CheckpointManifest,
  digest,
  recordBytes,
  type RunProgress,
  SEGMENT_RECORDS,
  segmentFile,
  withDigest,
} from "./checkpoint.ts";
import { isManifest, readVerified } from "./reader.ts";
import {
  attempt,
  type FileFailed,
  makeFolder,
  namesIn,
  removeWhole,
  syncedWrite,
  writeSynced,
} from "../files.ts";
import { firstNeeded, type Replay, takeJournal } from "../../train/replay.ts";
import { encode } from "../../train/safetensors.ts";
import type { ReplayPart, Snapshot } from "../../train/snapshot.ts";

/** Maximum number of a replica's transitions kept in memory before they are written to the journal. */
const SPILL_RECORDS = 4096;

/** An open segment: its length and its digest so far. */
interface OpenSegment {
  bytes: number;
  hash: Hash;
}

/** Writes a run's checkpoints. */
export interface CheckpointWriter {
  /** Moves new transitions to the journal once there are many, so that memory stays bounded. */
  readonly spill: (replay: Replay) => TE.TaskEither<FileFailed, void>;
  /** Writes a checkpoint and makes it the newest; keeps the last and the best. */
  readonly write: (
    snapshot: Snapshot,
    replay: Replay,
    progress: RunProgress,
  ) => TE.TaskEither<FileFailed, void>;
}

/** The journal's files needed to refill a replay. */
function neededSegments(journal: string, { spec, cursor, recent, fields }: Replay): ReadonlySet<string> {
  const files = new Set<string>();
  for (let r = 0; r < spec.replicas; r++) {
    const { rows, transitions } = firstNeeded(
      fields[0]!.rows,
      recent[r]!.sentRows,
      recent[r]!.sentTransitions,
      cursor.oldest[r]!,
    );
    for (let k = Math.floor(rows / SEGMENT_RECORDS); k * SEGMENT_RECORDS < cursor.rows[r]!; k++) {
      files.add(segmentFile(journal, r, "rows", k));
    }
    for (
      let k = Math.floor(transitions / SEGMENT_RECORDS);
      k * SEGMENT_RECORDS < cursor.transitions[r]!;
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
    words[i * width] = part.links[2 * i]!;
    words[i * width + 1] = part.links[2 * i + 1]!;
    floats[i * width + 2] = part.outcomes[2 * i]!;
    floats[i * width + 3] = part.outcomes[2 * i + 1]!;
    for (let k = 0; k < action; k++) floats[i * width + 4 + k] = part.actions[i * action + k]!;
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
 * @param configuration the configuration, of which the id is a digest
 * @param resumed the checkpoint that the run continues from, or null
 */
export function checkpointWriter(
  folder: string,
  run: string,
  configuration: Readonly<Record<string, unknown>>,
  resumed: Pick<Checkpoint, "manifest" | "source"> | null,
): TE.TaskEither<FileFailed, CheckpointWriter> {
  const manifest = resumed?.manifest ?? null;
  // A run that resumes with an empty replay does not touch the old journal.
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
      // Not recursively: a removed run's folder must not be recreated incomplete.
      const [first, second] = file.split("/");
      await makeFolder(`${folder}/${first}`);
      await makeFolder(`${folder}/${first}/${second}`);
      await syncedWrite(`${folder}/${file}`, bytes, segment.bytes);
      segment.bytes += bytes.length;
      segment.hash.update(bytes);
    });
  };
  /** Appends records to their segments. */
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
  /** Appends new rows and transitions to the journal. */
  const drain = (replay: Replay): TE.TaskEither<FileFailed, void> => async () => {
    for (let r = 0; r < replay.spec.replicas; r++) {
      const { journalRows, journalTransitions } = replay.recent[r]!;
      const part = takeJournal(replay, r);
      const rows = new Uint8Array(Float32Array.from(part.rows).buffer);
      for (
        const task of [
          ...log(replay, r, "rows", journalRows, rows),
          ...log(replay, r, "transitions", journalTransitions, recordsOf(part, replay.spec.action)),
        ]
      ) {
        const appended = await task();
        if (E.isLeft(appended)) return appended;
      }
    }
    return E.right(undefined);
  };
  /** Removes segments that neither a kept checkpoint nor the current replay needs. */
  const removeSegments = async (needed: ReadonlySet<string>): Promise<void> => {
    // By the folder's contents, since a killed process may have left obsolete files.
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
  /** Removes checkpoints before the newest, except for the best; later ones belong to another branch of the run. */
  const removeCheckpoints = async (newest: number, best: number | undefined): Promise<void> => {
    for (const name of await namesIn(`${folder}/checkpoint`)) {
      const steps = /^\d+(\.part)?$/.test(name) ? parseInt(name) : Infinity;
      if (steps >= newest || name === `${best}`) continue;
      kept.delete(steps);
      await removeWhole(`${folder}/checkpoint/${name}`);
    }
  };
  const write: CheckpointWriter["write"] = (snapshot, replay, progress) => async () => {
    const drained = await drain(replay)();
    if (E.isLeft(drained)) return drained;
    const bytes = encode(snapshot.tensors, { run });
    const needed = neededSegments(journal, replay);
    const { chunks, steps, updates, within } = snapshot;
    const manifest: CheckpointManifest = {
      format: 2,
      run,
      configuration,
      chunks,
      steps,
      updates,
      ...within === null ? {} : { within },
      ...progress,
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
        await syncedWrite(`${part}/manifest.json`, new TextEncoder().encode(withDigest(manifest)), 0);
        await removeWhole(whole);
        await Deno.rename(part, whole);
      }),
      TE.chain(() => writeSynced(`${folder}/checkpoint/latest.json`, withDigest({ run, steps }))),
    )();
    if (E.isLeft(done)) return done;
    kept.set(steps, needed);
    return await attempt("remove old checkpoints in", `${folder}/checkpoint`, async () => {
      await removeCheckpoints(steps, progress.best?.steps);
      await removeSegments(needed);
    })();
  };
  const spill: CheckpointWriter["spill"] = (replay) => async () => {
    const waiting = replay.recent.map((each, r) => replay.cursor.transitions[r]! - each.journalTransitions);
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
      const read = await readVerified(folder, `checkpoint/${best}/manifest.json`);
      // An unreadable one keeps no segments.
      if (E.isRight(read) && isManifest(read.right)) kept.set(best, filesOf(read.right));
    }
    // Removed now, because a run near its end may write no further checkpoint.
    if (manifest !== null) await removeCheckpoints(manifest.steps, best);
    // Digests continue from the segments' contents.
    for (const { file, bytes } of resumed?.source === null ? [] : manifest?.replay ?? []) {
      const held = (await Deno.readFile(`${folder}/${file}`)).subarray(0, bytes);
      segments.set(file, { bytes, hash: createHash("sha256").update(held) });
    }
    return { write, spill };
  });
}
