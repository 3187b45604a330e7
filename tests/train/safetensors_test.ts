import { assert, fc } from "../deps.ts";
import { E } from "../../src/deps.ts";
import {
  decode,
  encode,
  explainSafetensors,
  HEADER_LIMIT,
  type SafetensorsInvalid,
  type StoredTensor,
  type TensorFile,
} from "../../src/train/safetensors.ts";

/** A file with the given header text and bytes of data. */
function fileOf(header: string, data: ArrayLike<number> = []): Uint8Array {
  const json = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + json.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  bytes.set(Uint8Array.from(data), 8 + json.length);
  return bytes;
}

function refusal(bytes: Uint8Array): SafetensorsInvalid {
  const result = decode(bytes);
  assert.ok(E.isLeft(result), "the file was accepted");
  assert.ok(explainSafetensors(result.left).length > 0);
  return result.left;
}

function contents(bytes: Uint8Array): TensorFile {
  const result = decode(bytes);
  assert.ok(E.isRight(result), E.isLeft(result) ? explainSafetensors(result.left) : "");
  return result.right;
}

const shape = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 });
const tensor: fc.Arbitrary<StoredTensor> = shape.chain((sizes) => {
  const length = sizes.reduce((product, size) => product * size, 1);
  const exactly = { minLength: length, maxLength: length };
  return fc.oneof(
    fc.float32Array(exactly),
    fc.float64Array(exactly),
    fc.uint32Array(exactly),
    fc.uint8Array(exactly),
  ).map((data): StoredTensor => ({ shape: sizes, data }));
});
const name = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.constantFrom("__proto__", "constructor", "7", "-0", ""),
)
  .filter((text) => text !== "__metadata__");
const tensors = fc.array(fc.tuple(name, tensor), { maxLength: 5 }).map((
  pairs,
): Record<string, StoredTensor> => Object.fromEntries(pairs));
const metadata = fc.array(fc.tuple(name, fc.string({ unit: "binary" })), { maxLength: 3 })
  .map((pairs): Record<string, string> => Object.fromEntries(pairs));

/** Every fact of a file in a form that compares bits: names in order, dtypes, shapes, bytes. */
function facts({ tensors, metadata }: TensorFile): unknown {
  const bytesOf = (
    { data }: StoredTensor,
  ) => [...new Uint8Array(data.buffer, data.byteOffset, data.byteLength)];
  return {
    tensors: Object.entries(tensors).map(([name, stored]) =>
      [name, stored.data.constructor.name, stored.shape, bytesOf(stored)] as const
    ).sort(([a], [b]) => a < b ? -1 : 1),
    metadata: Object.entries(metadata).sort(([a], [b]) => a < b ? -1 : 1),
  };
}

Deno.test("what is encoded is decoded bit by bit, whatever the names, shapes and numbers", () => {
  fc.assert(fc.property(tensors, metadata, (tensors, metadata) => {
    assert.deepEqual(facts(contents(encode(tensors, metadata))), facts({ tensors, metadata }));
  }));
});

Deno.test("the bytes do not depend on the order of the keys", () => {
  fc.assert(fc.property(tensors, metadata, (tensors, metadata) => {
    const reversed = <T>(record: Record<string, T>): Record<string, T> =>
      Object.fromEntries(Object.entries(record).reverse());
    assert.deepEqual(encode(reversed(tensors), reversed(metadata)), encode(tensors, metadata));
  }));
});

Deno.test("the header ends at a multiple of 8 and every array is aligned to its elements", () => {
  fc.assert(fc.property(tensors, metadata, (tensors, metadata) => {
    const bytes = encode(tensors, metadata);
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    assert.equal(length % 8, 0);
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
    for (const [name, { data }] of Object.entries(tensors)) {
      assert.equal(header[name].data_offsets[0] % data.BYTES_PER_ELEMENT, 0);
    }
  }));
});

Deno.test("a small file has exactly the bytes of the format", () => {
  const bytes = encode({
    weight: { shape: [1, 2], data: Float32Array.of(1, -2) },
    mask: { shape: [3], data: Uint8Array.of(7, 8, 9) },
    scale: { shape: [], data: Float64Array.of(0.5) },
  }, { format: "pt" });
  const header = '{"__metadata__":{"format":"pt"},' +
    '"scale":{"dtype":"F64","shape":[],"data_offsets":[0,8]},' +
    '"weight":{"dtype":"F32","shape":[1,2],"data_offsets":[8,16]},' +
    '"mask":{"dtype":"U8","shape":[3],"data_offsets":[16,19]}}  ';
  assert.equal(header.length, 208);
  assert.deepEqual(
    [...bytes],
    [
      ...[208, 0, 0, 0, 0, 0, 0, 0],
      ...[...header].map((letter) => letter.charCodeAt(0)),
      ...[0, 0, 0, 0, 0, 0, 0xe0, 0x3f], // 0.5 in binary64
      ...[0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0], // 1 and -2 in binary32
      ...[7, 8, 9],
    ],
  );
});

Deno.test("a file without padding, with other orders and odd offsets is read", () => {
  const header = '{"b":{"data_offsets":[1,5],"shape":[1],"dtype":"F32"},"a":{"dtype":"U8","shape":[1],' +
    '"data_offsets":[0,1]}}';
  const { tensors, metadata } = contents(fileOf(header, [3, 0, 0, 0x80, 0x3f]));
  assert.deepEqual(tensors, {
    a: { shape: [1], data: Uint8Array.of(3) },
    b: { shape: [1], data: Float32Array.of(1) },
  });
  assert.deepEqual(metadata, {});
});

Deno.test("a file inside a larger buffer is read, and what is read shares no memory with it", () => {
  const file = encode({ a: { shape: [2], data: Float32Array.of(1, 2) } });
  const larger = new Uint8Array(file.length + 13);
  larger.set(file, 5);
  const { tensors } = contents(larger.subarray(5, 5 + file.length));
  larger.fill(255);
  assert.deepEqual(tensors["a"]!.data, Float32Array.of(1, 2));
});

const entry = (fields: string): string => `{"a":{${fields}}}`;
const malformed: readonly (readonly [string, SafetensorsInvalid["_tag"], Uint8Array])[] = [
  ["nothing at all", "Truncated", new Uint8Array()],
  ["seven bytes", "Truncated", new Uint8Array(7)],
  ["a header longer than the file", "Truncated", fileOf('{"a":1}').subarray(0, 10)],
  ["a huge header", "HeaderTooLarge", Uint8Array.of(255, 255, 255, 255, 255, 255, 255, 255)],
  ["no header", "HeaderUnreadable", new Uint8Array(8)],
  ["a header that is not JSON", "HeaderUnreadable", fileOf("{a: 1}")],
  [
    "a header that is not UTF-8",
    "HeaderUnreadable",
    Uint8Array.of(4, 0, 0, 0, 0, 0, 0, 0, 123, 255, 254, 125),
  ],
  [
    "a key given twice",
    "HeaderUnreadable",
    fileOf(
      '{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"\\u0061" :{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}',
    ),
  ],
  ["a list for a header", "FieldInvalid", fileOf("[]")],
  ["null for a header", "FieldInvalid", fileOf("null")],
  ["a number for a tensor", "FieldInvalid", fileOf('{"a":1}')],
  ["metadata that are not an object", "FieldInvalid", fileOf('{"__metadata__":[]}')],
  ["metadata that are not text", "FieldInvalid", fileOf('{"__metadata__":{"epoch":1}}')],
  ["no dtype", "FieldInvalid", fileOf(entry('"shape":[0],"data_offsets":[0,0]'))],
  ["no shape", "FieldInvalid", fileOf(entry('"dtype":"F32","data_offsets":[0,0]'))],
  ["a negative size", "FieldInvalid", fileOf(entry('"dtype":"U8","shape":[-1],"data_offsets":[0,0]'))],
  ["a fractional size", "FieldInvalid", fileOf(entry('"dtype":"U8","shape":[0.5],"data_offsets":[0,0]'))],
  ["a size beyond 2^53", "FieldInvalid", fileOf(entry('"dtype":"U8","shape":[1e17],"data_offsets":[0,0]'))],
  ["no offsets", "FieldInvalid", fileOf(entry('"dtype":"U8","shape":[0]'))],
  ["one offset", "FieldInvalid", fileOf(entry('"dtype":"U8","shape":[0],"data_offsets":[0]'))],
  ["offsets in reverse", "FieldInvalid", fileOf(entry('"dtype":"U8","shape":[1],"data_offsets":[1,0]'), [0])],
  ["a foreign dtype", "DtypeUnknown", fileOf(entry('"dtype":"BF16","shape":[0],"data_offsets":[0,0]'))],
  [
    "an inherited name for a dtype",
    "DtypeUnknown",
    fileOf(
      entry('"dtype":"toString","shape":[0],"data_offsets":[0,0]'),
    ),
  ],
  [
    "a shape of another size",
    "SizeMismatch",
    fileOf(entry('"dtype":"F32","shape":[2],"data_offsets":[0,4]'), [
      0,
      0,
      0,
      0,
    ]),
  ],
  [
    "a shape whose size overflows",
    "SizeMismatch",
    fileOf(
      entry(`"dtype":"U8","shape":[${Array(40).fill(1e15)}],"data_offsets":[0,0]`),
    ),
  ],
  ["data cut short", "Truncated", fileOf(entry('"dtype":"U8","shape":[2],"data_offsets":[0,2]'), [1])],
  [
    "an array beyond the end",
    "LayoutInvalid",
    fileOf(entry('"dtype":"U8","shape":[1],"data_offsets":[9,10]'), [1]),
  ],
  [
    "bytes behind the last array",
    "LayoutInvalid",
    fileOf(entry('"dtype":"U8","shape":[1],"data_offsets":[0,1]'), [
      1,
      2,
    ]),
  ],
  [
    "overlapping arrays",
    "LayoutInvalid",
    fileOf(
      '{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}',
      [1, 2, 3],
    ),
  ],
];

for (const [what, _tag, bytes] of malformed) {
  Deno.test(`${what} is refused as ${_tag}`, () => assert.equal(refusal(bytes)._tag, _tag));
}

Deno.test("the longest header that is read is the format's own", () => {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(HEADER_LIMIT), true);
  assert.equal(refusal(bytes)._tag, "Truncated");
  new DataView(bytes.buffer).setBigUint64(0, BigInt(HEADER_LIMIT + 1), true);
  assert.equal(refusal(bytes)._tag, "HeaderTooLarge");
});

Deno.test("no cut of a file is accepted", () => {
  const file = encode({ a: { shape: [3], data: Float32Array.of(1, 2, 3) } }, { run: "x" });
  for (let length = 0; length < file.length; length++) refusal(file.subarray(0, length));
});

Deno.test("damaged and random bytes give an error value, never an exception", () => {
  fc.assert(
    fc.property(tensors, metadata, fc.array(fc.tuple(fc.nat(), fc.nat(255))), (tensors, metadata, hits) => {
      const file = encode(tensors, metadata);
      for (const [at, byte] of hits) file[at % file.length] = byte;
      const result = decode(file);
      if (E.isLeft(result)) assert.ok(explainSafetensors(result.left).length > 0);
    }),
  );
  fc.assert(fc.property(fc.uint8Array(), (noise) => void decode(noise)));
  fc.assert(fc.property(fc.json(), (json) => void decode(fileOf(json))));
});

Deno.test("a header nested without end or with an endless text is refused", () => {
  const deep = "[".repeat(300_000) + "]".repeat(300_000);
  assert.equal(refusal(fileOf(`{"a":${deep}}`))._tag, "FieldInvalid");
  assert.equal(refusal(fileOf(entry(`"dtype":"F32","shape":${deep}`)))._tag, "FieldInvalid");
  const long = "x\\\\".repeat(2_000_000);
  assert.equal(refusal(fileOf(`{"${long}":1}`))._tag, "FieldInvalid");
});

Deno.test("encode refuses an array that does not fit its shape, and the name of the metadata", () => {
  assert.throws(() => encode({ a: { shape: [2, 2], data: new Float32Array(3) } }), /needs 4 elements: got 3/);
  assert.throws(() => encode({ a: { shape: [-1, -1], data: new Float32Array(1) } }), RangeError);
  assert.throws(() => encode({ __metadata__: { shape: [], data: new Float32Array(1) } }), RangeError);
});

Deno.test("A header's text is shown on one line, whatever it contains", () => {
  for (const header of ["{\n", '{"a":\n,"b"', '{"a":\r\n\u001b[31m,1}', "\n\n", '{"shape":[\n,9,4],"data']) {
    const read = decode(fileOf(header));
    assert(E.isLeft(read));
    assert.doesNotMatch(explainSafetensors(read.left), /\p{Cc}/u, JSON.stringify(header));
  }
});
