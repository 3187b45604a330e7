/**
 * Transfer of a trial's files between a worker's folder and the bus: checkpoints during training, results at its end.
 *
 * Files are stored by trial and SHA-256, so that files unchanged since the last checkpoint are not sent again; a full
 * segment of a replay buffer is sent once. The last two checkpoints are kept, in case the newer one is damaged.
 *
 * Laws, tested: a fetched trial continues with the bits of one that was never moved; a damaged file is detected before
 * the run reads it; what is sent during a run is one checkpoint, not parts of two; if a trial has two owners, the one
 * that is behind does not replace the newer checkpoint.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { E } from "../deps.ts";
import { type CheckpointManifest, withDigest } from "../run/checkpoint/checkpoint.ts";
import { isManifest, readVerified } from "../run/checkpoint/reader.ts";
import { namesIn, readFile, removeWhole, writeShared } from "../run/files.ts";
import type { Sweep, Trial } from "../sweep/trials.ts";
import { type Bus, writeOnce, writeOver } from "./bus.ts";
import { persist } from "./connection.ts";
import { type CheckpointRecord, checkpointsOfEntry, outcomeOfEntry, type StoredFile } from "./records.ts";
import { bytesText, hasRoom, isFull, STREAM } from "./store.ts";

const digestOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** Name of a trial's file in the object store. */
const objectOf = (trial: string, sha256: string): string => `${trial}.${sha256}`;

/** The server has no room for the files to be sent. */
export class StoreFull extends Error {}

/** The subject of a file's chunks. */
const chunksOf = (nuid: string): string => `$O.softq-files.C.${nuid}`;

/**
 * Whether a file is stored whole: its entry, and every chunk that it lists. A failed transfer, or a server that lost
 * power, may leave an entry without chunks, for which a reader would wait for ever.
 */
async function isStored(bus: Bus, name: string, bytes: number): Promise<boolean> {
  const info = await bus.files.info(name);
  if (info === null || info.deleted || info.size !== bytes) return false;
  const subject = chunksOf(info.nuid);
  const { state } = await bus.manager.streams.info(STREAM, { subjects_filter: subject });
  return (state.subjects?.[subject] ?? 0) === info.chunks;
}

/** Timeout of a file's transfer, s: a minute, plus ten seconds per megabyte. */
const transferTimeout = (bytes: number): number => 60 + bytes / 1e5;

/** A file to be sent. */
interface Upload {
  readonly file: StoredFile;
  readonly bytes: Uint8Array;
}

const uploadOf = (path: string, bytes: Uint8Array): Upload => ({
  file: { path, bytes: bytes.length, sha256: digestOf(bytes) },
  bytes,
});

/**
 * Stores the files that are not yet in the store, if there is room for all of them.
 *
 * @throws {StoreFull} if there is not; then nothing is sent
 */
async function storeFiles(
  bus: Bus,
  trial: string,
  uploads: readonly Upload[],
): Promise<readonly StoredFile[]> {
  const { connection, files } = bus, missing: Upload[] = [];
  for (const upload of uploads) {
    const { sha256, bytes } = upload.file;
    if (!await persist(connection, () => isStored(bus, objectOf(trial, sha256), bytes))) missing.push(upload);
  }
  const bytes = missing.reduce((sum, upload) => sum + upload.file.bytes, 0);
  if (bytes > 0 && !await hasRoom(bus, bytes)) throw new StoreFull(`no room for ${bytesText(bytes)}`);
  for (const { file, bytes } of missing) {
    const name = objectOf(trial, file.sha256);
    try {
      await persist(connection, () => files.putBlob({ name }, bytes), transferTimeout(bytes.length));
    } catch (error) {
      throw isFull(error) ? new StoreFull(`no room for ${bytesText(bytes.length)}`) : error;
    }
  }
  return uploads.map(({ file }) => file);
}

/** The first `length` bytes of a file (its recorded length); null if it is shorter. */
async function readPrefix(path: string, length: number | null): Promise<Uint8Array | null> {
  const bytes = await readFile(path)();
  if (E.isLeft(bytes) || (length !== null && bytes.right.length < length)) return null;
  return length === null ? bytes.right : bytes.right.subarray(0, length);
}

/** The file that names a run's newest checkpoint. */
const LATEST = "checkpoint/latest.json";

/** The manifest of the newest checkpoint in a run's folder. */
async function newestManifest(folder: string): Promise<CheckpointManifest | null> {
  const latest = await readVerified(folder, LATEST);
  if (E.isLeft(latest)) return null;
  const { steps } = latest.right as { readonly steps?: unknown };
  const manifest = await readVerified(folder, `checkpoint/${Number(steps)}/manifest.json`);
  return E.isRight(manifest) && isManifest(manifest.right) ? manifest.right : null;
}

/**
 * Sends the newest checkpoint of a run that another process may be writing, unless one at least as new has been sent.
 *
 * @returns the steps of the newest checkpoint sent, or null if no complete one could be read (the next will be sent)
 * @throws {StoreFull} if the server has no room
 */
export async function sendCheckpoint(bus: Bus, trial: string, folder: string): Promise<number | null> {
  const manifest = await newestManifest(folder);
  if (manifest === null) return null;
  const { run, steps, state, replay, metrics } = manifest;
  const entry = await persist(bus.connection, () => bus.checkpoints.get(trial));
  const known = checkpointsOfEntry(entry);
  if (known.length > 0 && known[0]!.steps >= steps) return known[0]!.steps;
  const wanted: readonly (readonly [path: string, length: number | null])[] = [
    ["config.json", null],
    ["manifest.json", null],
    [`checkpoint/${steps}/manifest.json`, null],
    ...[state, ...replay, ...metrics].map(({ file, bytes }) => [file, bytes] as const),
  ];
  // The run continues meanwhile: its own file may already name a newer checkpoint.
  const uploads = [uploadOf(LATEST, new TextEncoder().encode(withDigest({ run, steps })))];
  for (const [path, length] of wanted) {
    const bytes = await readPrefix(`${folder}/${path}`, length);
    if (bytes === null) return null; // removed after a newer checkpoint
    uploads.push(uploadOf(path, bytes));
  }
  const sent = await storeFiles(bus, trial, uploads);
  const records: readonly CheckpointRecord[] = [{ steps, files: [...sent] }, ...known.slice(0, 1)];
  const text = JSON.stringify(records);
  const isRecorded = await persist(
    bus.connection,
    () =>
      entry === null
        ? writeOnce(bus.checkpoints, trial, text)
        : writeOver(bus.checkpoints, trial, text, entry.revision),
  );
  if (isRecorded) {
    await forget(bus, trial, known.flatMap(({ files }) => files), records.flatMap(({ files }) => files));
    return steps;
  }
  // Another owner of the trial came first, or this is a repeated attempt.
  const now = checkpointsOfEntry(await persist(bus.connection, () => bus.checkpoints.get(trial)));
  await forget(bus, trial, sent, now.flatMap(({ files }) => files));
  return now[0]?.steps ?? null;
}

/** Removes stored files that are no longer referenced. */
async function forget(
  bus: Bus,
  trial: string,
  old: readonly StoredFile[],
  kept: readonly StoredFile[],
): Promise<void> {
  const needed = new Set(kept.map(({ sha256 }) => sha256));
  for (const sha256 of new Set(old.map((file) => file.sha256))) {
    if (!needed.has(sha256)) await bus.files.delete(objectOf(trial, sha256)).catch(() => undefined);
  }
}

/** Fetches files into a folder; returns whether all are intact. */
async function fetchFiles(
  bus: Bus,
  trial: string,
  files: readonly StoredFile[],
  folder: string,
): Promise<boolean> {
  for (const { path, bytes, sha256 } of files) {
    // Files fetched earlier are kept.
    const there = await readPrefix(`${folder}/${path}`, null);
    if (there !== null && there.length === bytes && digestOf(there) === sha256) continue;
    const name = objectOf(trial, sha256);
    const found = await persist(
      bus.connection,
      async () => await isStored(bus, name, bytes) ? await bus.files.getBlob(name) : null,
      transferTimeout(bytes),
    ).catch(() => null);
    if (found === null || found.length !== bytes || digestOf(found) !== sha256) return false;
    await Deno.mkdir(`${folder}/${path}`.replace(/\/[^/]*$/, ""), { recursive: true });
    const written = await writeShared(`${folder}/${path}`, found)();
    if (E.isLeft(written)) throw new Error(written.left.message);
  }
  return true;
}

/**
 * Restores a trial's folder from its newest intact checkpoint; leaves it empty if there is none. The records of damaged
 * checkpoints are removed, so that they are sent again.
 */
export async function fetchCheckpoint(bus: Bus, trial: string, folder: string): Promise<number | null> {
  const { connection, checkpoints } = bus;
  const known = checkpointsOfEntry(await persist(connection, () => checkpoints.get(trial)));
  for (const [k, { steps, files }] of known.entries()) {
    await removeWhole(folder);
    if (!await fetchFiles(bus, trial, files, folder)) continue;
    if ((await newestManifest(folder))?.steps !== steps) continue;
    if (k > 0) await persist(connection, () => checkpoints.put(trial, JSON.stringify(known.slice(k))));
    return steps;
  }
  await removeWhole(folder);
  if (known.length > 0) await persist(connection, () => checkpoints.delete(trial));
  return null;
}

/**
 * Sends a finished run's files.
 *
 * @throws {StoreFull} if the server has no room
 */
export async function sendResults(bus: Bus, trial: string, folder: string): Promise<readonly StoredFile[]> {
  const uploads: Upload[] = [];
  for (const path of (await namesIn(folder)).toSorted()) {
    if (!/\.(json|jsonl|csv|safetensors|svg|html)$/.test(path)) continue;
    const bytes = await readFile(`${folder}/${path}`)();
    if (E.isLeft(bytes)) throw new Error(bytes.left.message);
    uploads.push(uploadOf(path, bytes.right));
  }
  return await storeFiles(bus, trial, uploads);
}

/** Fetches the results of a trial into a folder; returns whether all are intact. */
export const fetchResults = (
  bus: Bus,
  trial: string,
  files: readonly StoredFile[],
  folder: string,
): Promise<boolean> => fetchFiles(bus, trial, files, folder);

/** Removes the checkpoints of an ended trial, except for the kept files. */
export async function dropCheckpoints(bus: Bus, trial: string, kept: readonly StoredFile[]): Promise<void> {
  const entry = await persist(bus.connection, () => bus.checkpoints.get(trial));
  if (entry === null || entry.operation !== "PUT") return;
  await forget(bus, trial, checkpointsOfEntry(entry).flatMap(({ files }) => files), kept);
  await persist(bus.connection, () => bus.checkpoints.delete(trial));
}

/** Removes files of a trial that will be restarted. */
export const dropFiles = (bus: Bus, trial: string, files: readonly StoredFile[]): Promise<void> =>
  forget(bus, trial, files, []);

/**
 * Provides the run that a trial starts from: the results of the preceding trial, from the bus, or else the local run at
 * that path. The configuration's path is relative to the folder of the sweep's runs.
 */
export async function provideStart(
  bus: Bus,
  sweep: Sweep,
  { configuration, after }: Trial,
  own: string,
): Promise<void> {
  const { init } = configuration, place = `${own}/${init}`;
  if (init === "" || init.startsWith("/")) return;
  if (await Deno.stat(place).then(() => true, () => false)) return;
  if (after === null) {
    // A run kept in the repository: every machine with the same revision has it.
    await Deno.mkdir(place.replace(/\/[^/]*$/, ""), { recursive: true });
    return await Deno.symlink(await Deno.realPath(init), place);
  }
  const key = `${sweep.name}.${after}`;
  const outcome = outcomeOfEntry(await persist(bus.connection, () => bus.outcomes.get(key)));
  if (outcome?.standing !== "done" || !await fetchFiles(bus, key, outcome.files, place)) {
    await removeWhole(place);
    throw new Error(`what it starts from, ${sweep.trials[after]!.name}, did not come whole`);
  }
}
