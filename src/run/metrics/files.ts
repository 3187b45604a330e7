/**
 * The metrics files of a run: `metrics.jsonl`, and optionally `metrics.csv` and TensorBoard's event files, written from
 * one stream of records.
 *
 * Law, tested: resumed from a checkpoint, they have the contents of an uninterrupted run.
 *
 * @module
 */

import { createHash, type Hash } from "node:crypto";
import { E, pipe, TE } from "../../deps.ts";
import { attempt, type FileFailed, type FileRecord, makeFolder, syncedWrite } from "../files.ts";
import { csvHeader, csvRows, eventHeader, jsonLines, type MetricsRecord, scalarEvent } from "./metrics.ts";

/** The files besides `metrics.jsonl`. */
export type MetricsKind = "jsonl" | "csv" | "tensorboard" | "all";

/** The layout of the files. */
export interface MetricsLayout {
  readonly kind: MetricsKind;
  readonly replicas: number;
  /** Columns of the CSV file. */
  readonly columns: readonly string[];
  /** Seconds since 1970, for TensorBoard. */
  readonly wallSeconds: () => number;
}

/** The open metrics files. */
export interface MetricsFiles {
  /** Appends records to every file. */
  readonly append: (records: readonly MetricsRecord[]) => TE.TaskEither<FileFailed, void>;
  /** Current lengths and digests of the files, for a checkpoint. */
  readonly records: () => readonly FileRecord[];
}

/** A file format of metrics. */
interface Sink {
  readonly file: string;
  readonly header: () => Uint8Array;
  readonly encode: (records: readonly MetricsRecord[]) => Uint8Array;
}

/** The sinks of a kind. */
function sinksOf({ kind, replicas, columns, wallSeconds }: MetricsLayout): readonly Sink[] {
  const nothing = (): Uint8Array => new Uint8Array(0);
  const json: Sink = { file: "metrics.jsonl", header: nothing, encode: jsonLines };
  const csv: Sink = {
    file: "metrics.csv",
    header: () => csvHeader(columns),
    encode: (records) => csvRows(columns, records),
  };
  const events = Array.from({ length: replicas }, (_, r): Sink => ({
    file: `tensorboard/replica-${r}/events.out.tfevents.softq`,
    header: () => eventHeader(wallSeconds()),
    encode: (records) => {
      const own = records.filter(({ replica }) => replica === r).map((
        each,
      ) => [...scalarEvent(each, wallSeconds())]);
      return Uint8Array.from(own.flat());
    },
  }));
  return [
    json,
    ...kind === "csv" || kind === "all" ? [csv] : [],
    ...kind === "tensorboard" || kind === "all" ? events : [],
  ];
}

/**
 * Opens the metrics files of a run.
 *
 * @param folder the run's folder
 * @param from a checkpoint's records of the files, to which they are truncated; null for a new run. A file that does
 * not match its record is renamed and a new one is started; the reader of the checkpoint decides whether that is
 * allowed
 */
export const openMetrics = (
  folder: string,
  layout: MetricsLayout,
  from: readonly FileRecord[] | null,
): TE.TaskEither<FileFailed, MetricsFiles> =>
  pipe(
    TE.traverseSeqArray((sink: Sink) =>
      attempt("write", `${folder}/${sink.file}`, async () => {
        const path = `${folder}/${sink.file}`, record = from?.find(({ file }) => file === sink.file);
        const held = record === undefined ? null : await intact(path, record);
        const hash = createHash("sha256");
        if (record !== undefined && held === null) await setAside(path);
        if (record !== undefined && held !== null) {
          await Deno.truncate(path, record.bytes);
          return { sink, path, bytes: record.bytes, hash: hash.update(held) };
        }
        const header = sink.header(), parts = sink.file.split("/");
        for (let k = 1; k < parts.length; k++) await makeFolder(`${folder}/${parts.slice(0, k).join("/")}`);
        await syncedWrite(path, header, 0);
        return { sink, path, bytes: header.length, hash: hash.update(header) };
      })
    )(sinksOf(layout)),
    TE.map((opened) => filesOf([...opened])),
  );

/** The recorded part of a file; null if it does not match the record. */
async function intact(path: string, { bytes, sha256 }: FileRecord): Promise<Uint8Array | null> {
  try {
    const held = (await Deno.readFile(path)).subarray(0, bytes);
    return createHash("sha256").update(held).digest("hex") === sha256 ? held : null;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

/** Renames a damaged file. */
async function setAside(path: string): Promise<void> {
  try {
    await Deno.rename(path, `${path}.damaged`);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

const filesOf = (
  open: readonly { readonly sink: Sink; readonly path: string; bytes: number; readonly hash: Hash }[],
): MetricsFiles => ({
  append: (records) => async () => {
    for (const each of open) {
      const bytes = each.sink.encode(records);
      const written = await attempt(
        "write",
        each.path,
        () => Deno.writeFile(each.path, bytes, { append: true, create: false }),
      )();
      if (E.isLeft(written)) return written;
      each.bytes += bytes.length;
      each.hash.update(bytes);
    }
    return E.right(undefined);
  },
  records: () =>
    open.map(({ sink, bytes, hash }) => ({ file: sink.file, bytes, sha256: hash.copy().digest("hex") })),
});
