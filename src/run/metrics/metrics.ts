/**
 * Metrics as one stream of records, and their three file formats: JSON lines, CSV, and TensorBoard's events.
 *
 * An event file is a sequence of records `length u64 | masked CRC of the length | bytes | masked CRC of the bytes`,
 * where the CRC is Castagnoli's and the bytes are a protocol buffer: `Event { wall_time = 1, step = 2, file_version =
 * 3, summary = 5 }`, `Summary { value = 1 }`, `Value { tag = 1, simple_value = 2 }`.
 *
 * Laws, tested: independent decoders read the files back; a record's bytes depend on the record alone, so that a
 * resumed run's files are those of an uninterrupted one.
 *
 * @module
 */

/** A value of a record. */
export type MetricValue = null | boolean | number | string | readonly MetricValue[] | {
  readonly [name: string]: MetricValue;
};

/** The metrics of one replica after an iteration; everything that depends on time or machine is under `timing`. */
export interface MetricsRecord {
  /** Environment steps so far. */
  readonly step: number;
  /** Updates so far. */
  readonly updates: number;
  /** Index of the replica. */
  readonly replica: number;
  /** Any other metrics. */
  readonly [name: string]: MetricValue;
}

const text = (content: string): Uint8Array => new TextEncoder().encode(content);

/** Encodes records as JSON lines. */
export const jsonLines = (records: readonly MetricsRecord[]): Uint8Array =>
  text(records.map((record) => `${JSON.stringify(record)}\n`).join(""));

/** The values of a record by name; nested names are joined by the separator. */
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

/** Encodes records as rows of CSV; missing values are empty. */
export const csvRows = (columns: readonly string[], records: readonly MetricsRecord[]): Uint8Array =>
  text(
    records.map((record) => {
      const values = new Map(flatMetrics(record, "."));
      return `${columns.map((column) => cell(values.get(column))).join(",")}\n`;
    }).join(""),
  );

/** CRC table of the reflected Castagnoli polynomial, one entry per byte. */
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

/** TFRecord's masked CRC: rotated, plus a constant, since the data may itself contain CRCs. */
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

/** Frames bytes as a TFRecord. */
export function tfRecord(bytes: Uint8Array): Uint8Array {
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(bytes.length), true);
  return joined([length, word(masked(crc32c(length))), bytes, word(masked(crc32c(bytes)))]);
}

/** Encodes an integer as a protocol buffer's varint. */
function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  for (let rest = BigInt(value); bytes.length === 0 || rest > 0n; rest >>= 7n) {
    bytes.push(Number(rest & 0x7fn) | (rest > 0x7fn ? 0x80 : 0));
  }
  return Uint8Array.from(bytes);
}

/** Field number and wire type: 0 varint, 1 eight bytes, 2 length-delimited, 5 four bytes. */
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
 * Encodes a record as an event with a scalar for each of its numbers.
 *
 * @param wallSeconds time of the event, in seconds since 1970
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
