/**
 * The safetensors format (https://huggingface.co/docs/safetensors): named arrays in one flat file that other tools
 * read.
 *
 *     u64, little-endian: length n of the header
 *     n bytes of UTF-8 JSON: { "__metadata__": { key: text }, name: { "dtype", "shape", "data_offsets": [begin, end] } }
 *     the arrays, little-endian, row-major, back to back; offsets count from here
 *
 * Laws, tested: `decode(encode(x))` is x; equal tensors and metadata give equal bytes, whatever the order of their
 * keys; `decode` never throws, whatever the bytes; a decoded array shares no memory with the file.
 *
 * The header is padded with spaces to a multiple of 8 and the widest elements come first, so that every array is
 * aligned in the file. Arrays are copied in the machine's byte order: every platform of Deno and of browsers is
 * little-endian.
 *
 * @module
 */

import { E } from "../deps.ts";
import { anObject, isRecord, oneLine, requireFit, shown, thrownText, type Wanted } from "../given.ts";

/** A dense array with its shape, row-major. */
export interface StoredTensor {
  /** The lengths of the axes, outermost first. */
  readonly shape: readonly number[];
  /** The elements; their type is the array's (F32, F64, U32 or U8). */
  readonly data: Float32Array | Float64Array | Uint32Array | Uint8Array;
}

/** The contents of a file. */
export interface TensorFile {
  /** Arrays by name. */
  readonly tensors: Readonly<Record<string, StoredTensor>>;
  /** Texts by name, the header's `__metadata__`. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** Why bytes cannot be read as a safetensors file. */
export type SafetensorsInvalid =
  /** The bytes end before what the header's length promises. */
  | { readonly _tag: "Truncated"; readonly needed: number; readonly present: number }
  /** The header claims more than {@link HEADER_LIMIT} bytes. */
  | { readonly _tag: "HeaderTooLarge"; readonly length: bigint }
  /** The header is not UTF-8, not JSON, or names a key twice. */
  | { readonly _tag: "HeaderUnreadable"; readonly reason: string }
  /** A field of the header has the wrong form. */
  | {
    readonly _tag: "FieldInvalid";
    readonly field: string;
    readonly expected: string;
    readonly found: string;
  }
  /** An unsupported element type. */
  | { readonly _tag: "DtypeUnknown"; readonly tensor: string; readonly dtype: string }
  /** The shape does not match the number of bytes between the offsets. */
  | {
    readonly _tag: "SizeMismatch";
    readonly tensor: string;
    readonly needed: number;
    readonly given: number;
  }
  /** The arrays overlap, leave a hole, or do not end where the file does. */
  | {
    readonly _tag: "LayoutInvalid";
    readonly tensor: string;
    readonly expected: number;
    readonly found: number;
  };

/** The longest header accepted, in bytes, as in the format's reference implementation. */
export const HEADER_LIMIT = 100_000_000;

const ARRAYS = { F64: Float64Array, F32: Float32Array, U32: Uint32Array, U8: Uint8Array } as const;
type Dtype = keyof typeof ARRAYS;

const METADATA = "__metadata__";

function dtypeOf(data: StoredTensor["data"]): Dtype {
  if (data instanceof Float64Array) return "F64";
  if (data instanceof Float32Array) return "F32";
  return data instanceof Uint32Array ? "U32" : "U8";
}

function isDtype(text: string): text is Dtype {
  return Object.hasOwn(ARRAYS, text);
}

const byText = (a: string, b: string): number => a < b ? -1 : a > b ? 1 : 0;
const elements = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

const TENSOR: Wanted = {
  wanted: "an array of numbers with its shape",
  fits: (given) => isRecord(given) && ArrayBuffer.isView(given["data"]) && Array.isArray(given["shape"]),
};

/**
 * Encodes a file.
 *
 * @param metadata texts by name, for example a format version and a run's name
 * @throws RangeError if an array does not fit its shape, or a tensor is called `__metadata__`: errors of the caller
 *
 * @example
 * ```ts
 * import { decode, encode } from "./safetensors.ts";
 * import { E } from "../deps.ts";
 * import assert from "node:assert/strict";
 * const file = encode({ bias: { shape: [2], data: Float32Array.of(0.5, -1) } }, { run: "first" });
 * const back = decode(file);
 * assert.ok(E.isRight(back));
 * assert.deepEqual(back.right.tensors.bias.data, Float32Array.of(0.5, -1));
 * ```
 */
export function encode(
  tensors: Readonly<Record<string, StoredTensor>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  requireFit("Tensors", tensors, anObject);
  requireFit("Metadata", metadata, anObject);
  for (const [name, tensor] of Object.entries(tensors)) {
    requireFit(`Tensor ${shown(name)}`, tensor, TENSOR);
  }
  const unclear = Object.entries(metadata).find(([, text]) => typeof text !== "string");
  if (unclear !== undefined) {
    throw new TypeError(`Metadata ${shown(unclear[0])} must be a string: got ${shown(unclear[1])}`);
  }
  const entries = Object.entries(tensors).sort(([a, left], [b, right]) =>
    right.data.BYTES_PER_ELEMENT - left.data.BYTES_PER_ELEMENT || byText(a, b)
  );
  const texts = Object.entries(metadata).sort(([a], [b]) => byText(a, b));
  // Written piece by piece: an object would move keys that look like numbers to the front.
  const fields: string[] = [];
  if (texts.length > 0) {
    const pairs = texts.map(([key, text]) => `${JSON.stringify(key)}:${JSON.stringify(text)}`);
    fields.push(`"${METADATA}":{${pairs.join(",")}}`);
  }
  let end = 0;
  for (const [name, { shape, data }] of entries) {
    if (name === METADATA) throw new RangeError(`A tensor must not be called ${METADATA}`);
    if (!shape.every((size) => Number.isSafeInteger(size) && size >= 0) || elements(shape) !== data.length) {
      throw new RangeError(
        `Tensor ${name} of shape [${shape}] needs ${elements(shape)} elements: got ${data.length}`,
      );
    }
    const begin = end;
    end += data.byteLength;
    const header = { dtype: dtypeOf(data), shape, data_offsets: [begin, end] };
    fields.push(`${JSON.stringify(name)}:${JSON.stringify(header)}`);
  }
  const json = new TextEncoder().encode(`{${fields.join(",")}}`);
  const dataStart = 8 + Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(dataStart + end);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(dataStart - 8), true);
  bytes.set(json, 8);
  bytes.fill(0x20, 8 + json.length, dataStart);
  let at = dataStart;
  for (const [, { data }] of entries) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return bytes;
}

/** A key that appears twice in one object of a valid JSON text; `JSON.parse` would silently keep the last value. */
export function repeatedKey(json: string): string | undefined {
  const open: Set<string>[] = [];
  for (const [token] of json.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"\s*:?|[{}]/g)) {
    if (token === "{") open.push(new Set());
    else if (token === "}") open.pop();
    else if (token.endsWith(":")) {
      const key = String(JSON.parse(token.slice(0, -1)));
      const seen = open.at(-1);
      if (seen?.has(key)) return key;
      seen?.add(key);
    }
  }
  return undefined;
}

type Fields = Readonly<Record<string, unknown>>;
const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isSize = (value: unknown): value is number =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
const isSizes = (value: unknown): value is number[] => Array.isArray(value) && value.every(isSize);

/** A short description of a value of the header, which may be huge or deeply nested. */
function described(value: unknown): string {
  if (value === undefined) return "nothing";
  if (Array.isArray(value)) {
    const short = value.length <= 4 && value.every((item) => typeof item === "number");
    return short ? `[${value}]` : `a list of ${value.length}`;
  }
  if (isFields(value)) return "an object";
  if (typeof value !== "string") return shown(value);
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

function fieldInvalid(field: string, expected: string, found: unknown): E.Either<SafetensorsInvalid, never> {
  return E.left({ _tag: "FieldInvalid", field, expected, found: described(found) });
}

function headerOf(bytes: Uint8Array): E.Either<SafetensorsInvalid, { header: Fields; dataStart: number }> {
  if (bytes.length < 8) return E.left({ _tag: "Truncated", needed: 8, present: bytes.length });
  const length = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  if (length > BigInt(HEADER_LIMIT)) return E.left({ _tag: "HeaderTooLarge", length });
  const dataStart = 8 + Number(length);
  if (bytes.length < dataStart) {
    return E.left({ _tag: "Truncated", needed: dataStart, present: bytes.length });
  }
  try {
    const json = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
      .decode(bytes.slice(8, dataStart)); // a copy, because a decoder refuses shared memory
    const header: unknown = JSON.parse(json);
    if (!isFields(header)) return fieldInvalid("the header", "an object", header);
    const repeated = repeatedKey(json);
    if (repeated !== undefined) {
      return E.left({
        _tag: "HeaderUnreadable",
        reason: `the key ${JSON.stringify(repeated)} appears twice`,
      });
    }
    return E.right({ header, dataStart });
  } catch (error) {
    return E.left({
      _tag: "HeaderUnreadable",
      // The engine quotes the unreadable text, including line breaks.
      reason: (thrownText(error)).replace(/\p{Cc}+/gu, " "),
    });
  }
}

interface Entry {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

function entryOf(name: string, value: unknown): E.Either<SafetensorsInvalid, Entry> {
  if (!isFields(value)) return fieldInvalid(name, "an object", value);
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== "string") return fieldInvalid(`${name}.dtype`, "a string", dtype);
  if (!isDtype(dtype)) return E.left({ _tag: "DtypeUnknown", tensor: name, dtype });
  if (!isSizes(shape)) return fieldInvalid(`${name}.shape`, "a list of sizes", shape);
  if (!isSizes(offsets) || offsets.length !== 2 || offsets[1]! < offsets[0]!) {
    return fieldInvalid(`${name}.data_offsets`, "two offsets, begin and end", offsets);
  }
  const [begin, end] = offsets as [number, number];
  const needed = elements(shape) * ARRAYS[dtype].BYTES_PER_ELEMENT;
  return needed === end - begin
    ? E.right({ name, dtype, shape, begin, end })
    : E.left({ _tag: "SizeMismatch", tensor: name, needed, given: end - begin });
}

/**
 * Decodes a file.
 *
 * As strict as the format's reference implementation: arrays must lie back to back and end with the file, so that
 * truncated files and files with hidden trailing bytes are refused.
 *
 * @example
 * ```ts
 * import { decode, encode, explainSafetensors } from "./safetensors.ts";
 * import { E } from "../deps.ts";
 * import assert from "node:assert/strict";
 * const bytes = encode({ w: { shape: [2, 1], data: Float32Array.of(1, 2) } });
 * const file = decode(bytes);
 * assert.ok(E.isRight(file));
 * assert.deepEqual(file.right.tensors.w.shape, [2, 1]);
 * const cut = decode(bytes.subarray(0, bytes.length - 4));
 * assert.ok(E.isLeft(cut));
 * assert.match(explainSafetensors(cut.left), /^The file is cut short/);
 * ```
 */
export function decode(bytes: Uint8Array): E.Either<SafetensorsInvalid, TensorFile> {
  if (!ArrayBuffer.isView(bytes)) return fieldInvalid("The file", "a Uint8Array of its bytes", bytes);
  const read = headerOf(bytes);
  if (E.isLeft(read)) return read;
  const { header, dataStart } = read.right;
  const metadata = Object.hasOwn(header, METADATA) ? header[METADATA] : {};
  if (!isFields(metadata)) return fieldInvalid(METADATA, "an object of texts", metadata);
  const texts: [string, string][] = [];
  for (const [key, text] of Object.entries(metadata)) {
    if (typeof text !== "string") return fieldInvalid(`${METADATA}.${key}`, "a string", text);
    texts.push([key, text]);
  }
  const entries: Entry[] = [];
  for (const [name, value] of Object.entries(header)) {
    if (name === METADATA) continue;
    const entry = entryOf(name, value);
    if (E.isLeft(entry)) return entry;
    entries.push(entry.right);
  }
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let covered = 0;
  for (const { name, begin, end } of entries) {
    if (begin !== covered) {
      return E.left({ _tag: "LayoutInvalid", tensor: name, expected: covered, found: begin });
    }
    covered = end;
  }
  const present = bytes.length - dataStart;
  if (covered > present) {
    return E.left({ _tag: "Truncated", needed: dataStart + covered, present: bytes.length });
  }
  if (covered < present) {
    return E.left({
      _tag: "LayoutInvalid",
      tensor: "the end of the file",
      expected: covered,
      found: present,
    });
  }
  const tensors = entries.map(({ name, dtype, shape, begin, end }): [string, StoredTensor] => {
    const copy = new Uint8Array(bytes.subarray(dataStart + begin, dataStart + end)); // aligned, and owned by the caller
    return [name, { shape, data: new ARRAYS[dtype](copy.buffer) }];
  });
  // `fromEntries` defines properties, so that a tensor called __proto__ is a tensor like any other.
  return E.right({ tensors: Object.fromEntries(tensors), metadata: Object.fromEntries(texts) });
}

/** The error in a sentence. */
export function explainSafetensors(error: SafetensorsInvalid): string {
  // Names come from the file: whatever they hold, the sentence is one short line.
  const named = (text: string): string => oneLine(text, 100);
  switch (error._tag) {
    case "Truncated":
      return `The file is cut short: ${error.needed} bytes are needed, ${error.present} are there`;
    case "HeaderTooLarge":
      return `The header claims ${error.length} bytes; at most ${HEADER_LIMIT} are read. Is this a safetensors file?`;
    case "HeaderUnreadable":
      return `The header cannot be read: ${named(error.reason)}`;
    case "FieldInvalid":
      return `${named(error.field)} must be ${error.expected}: got ${error.found}`;
    case "DtypeUnknown":
      return `Tensor ${named(error.tensor)} has elements of type ${named(error.dtype)}; ${
        Object.keys(ARRAYS).join(", ")
      } are read`;
    case "SizeMismatch":
      return `Tensor ${
        named(error.tensor)
      } needs ${error.needed} bytes by its shape: its offsets give ${error.given}`;
    case "LayoutInvalid":
      return `The arrays must lie back to back: ${
        named(error.tensor)
      } should be at byte ${error.expected}, and is at ${error.found}`;
  }
}
