/**
 * Metrics as one stream of records, and the three forms in which files keep them: lines of JSON, rows of CSV and the
 * events of TensorBoard.
 *
 * An event file is a sequence of records `length u64 | masked CRC of the length | bytes | masked CRC of the bytes`, where
 * the CRC is Castagnoli's and the bytes are a protocol buffer: `Event { wall_time = 1, step = 2, file_version = 3,
 * summary = 5 }`, `Summary { value = 1 }`, `Value { tag = 1, simple_value = 2 }`.
 *
 * Laws, tested: what is written is read back by decoders of other make; a record's bytes depend on the record alone, so
 * that a resumed run's files are those of one that was never stopped.
 *
 * @module
 */

/** A value of a record. */
export type MetricValue = null | boolean | number | string | readonly MetricValue[] | {
  readonly [name: string]: MetricValue;
};

/** What is known of one replica at one moment; all that depends on time or machine stands under `timing`. */
export interface MetricsRecord {
  /** Environment steps so far. */
  readonly step: number;
  /** Updates so far. */
  readonly updates: number;
  /** Which replica; the first is 0. */
  readonly replica: number;
  /** Whatever else is known. */
  readonly [name: string]: MetricValue;
}

const text = (content: string): Uint8Array => new TextEncoder().encode(content);

/** Records as lines of JSON. */
export const jsonLines = (records: readonly MetricsRecord[]): Uint8Array =>
  text(records.map((record) => `${JSON.stringify(record)}\n`).join(""));

/** The plain values of a record by name; what is nested has its names joined by the separator. */
export function flatMetrics(value: MetricValue, separator: string, prefix = ""): [string, MetricValue][] {
  if (typeof value !== "object" || value === null) return [[prefix, value]];
  return Object.entries(value).flatMap(([name, inner]) =>
    flatMetrics(inner, separator, prefix === "" ? name : `${prefix}${separator}${name}`)
  );
}

const cell = (value: MetricValue | undefined): string => {
  const content = value === undefined || value === null ? "" : String(value);
  return /[",\r\n]/.test(content) ? `"${content.replaceAll('"', '""')}"` : content;
};

/** The first row of a CSV file. */
export const csvHeader = (columns: readonly string[]): Uint8Array => text(`${columns.map(cell).join(",")}\n`);

/** Records as rows of CSV; what a record does not have is left empty. */
export const csvRows = (columns: readonly string[], records: readonly MetricsRecord[]): Uint8Array =>
  text(
    records.map((record) => {
      const values = new Map(flatMetrics(record, "."));
      return `${columns.map((column) => cell(values.get(column))).join(",")}\n`;
    }).join(""),
  );

/** Castagnoli's polynomial, reflected, by the byte. */
const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  return crc >>> 0;
});

/** CRC-32C of bytes. */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = CRC_TABLE[(crc ^ byte) & 0xff]! ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

/** TFRecord does not store a CRC of data that may itself hold CRCs: it is rotated and shifted. */
const masked = (crc: number): number => (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;

const joined = (parts: readonly Uint8Array[]): Uint8Array => {
  const out = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
};

const word = (value: number): Uint8Array => {
  const out = new Uint8Array(4);
  new DataView(out.buffer).setUint32(0, value, true);
  return out;
};

/** Bytes in TFRecord's frame. */
export function tfRecord(bytes: Uint8Array): Uint8Array {
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(bytes.length), true);
  return joined([length, word(masked(crc32c(length))), bytes, word(masked(crc32c(bytes)))]);
}

/** A number of the protocol buffers' variable length. */
function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  for (let rest = BigInt(value); bytes.length === 0 || rest > 0n; rest >>= 7n) {
    bytes.push(Number(rest & 0x7fn) | (rest > 0x7fn ? 0x80 : 0));
  }
  return Uint8Array.from(bytes);
}

/** Field number and wire type: 0 varint, 1 eight bytes, 2 with a length, 5 four bytes. */
const tag = (field: number, wire: 0 | 1 | 2 | 5): Uint8Array => Uint8Array.of((field << 3) | wire);

const withLength = (field: number, bytes: Uint8Array): Uint8Array =>
  joined([tag(field, 2), varint(bytes.length), bytes]);

const double = (field: number, value: number): Uint8Array => {
  const out = new Uint8Array(8);
  new DataView(out.buffer).setFloat64(0, value, true);
  return joined([tag(field, 1), out]);
};

const float = (field: number, value: number): Uint8Array => {
  const out = new Uint8Array(4);
  new DataView(out.buffer).setFloat32(0, value, true);
  return joined([tag(field, 5), out]);
};

/** The first record of an event file. */
export const eventHeader = (wallSeconds: number): Uint8Array =>
  tfRecord(joined([double(1, wallSeconds), withLength(3, text("brain.Event:2"))]));

/**
 * A record as an event with a scalar for each of its numbers.
 *
 * @param wallSeconds when it came about, in seconds since 1970
 */
export function scalarEvent(record: MetricsRecord, wallSeconds: number): Uint8Array {
  const scalars = flatMetrics(record, "/").flatMap(([name, value]) => {
    if (name === "step" || name === "replica") return [];
    const number = typeof value === "string" && ["NaN", "Infinity", "-Infinity"].includes(value)
      ? Number(value)
      : value;
    return typeof number === "number"
      ? [withLength(1, joined([withLength(1, text(name)), float(2, number)]))]
      : [];
  });
  return tfRecord(joined([
    double(1, wallSeconds),
    tag(2, 0),
    varint(record.step),
    withLength(5, joined(scalars)),
  ]));
}
