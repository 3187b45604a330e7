/** Philox 4x32-10 against the published vectors and against 64-bit arithmetic. */
import { assert, fc } from "../deps.ts";
import { multiplyHigh, philox } from "../../src/random/philox.ts";

/** Counter, key and words of "kat_vectors" in the authors' library Random123: zeros, ones, and the digits of π. */
const PUBLISHED: readonly (readonly [string, readonly number[], readonly number[], readonly number[]])[] = [
  ["zeros", [0, 0, 0, 0], [0, 0], [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]],
  [
    "ones",
    [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
    [0xffffffff, 0xffffffff],
    [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
  ],
  [
    "the digits of π",
    [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
    [0xa4093822, 0x299f31d0],
    [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
  ],
];

for (const [title, c, k, words] of PUBLISHED) {
  Deno.test(`Philox 4x32-10 gives the published words for a counter and key of ${title}`, () => {
    const out = new Uint32Array(6);
    philox(c[0]!, c[1]!, c[2]!, c[3]!, k[0]!, k[1]!, out, 1);
    assert.deepEqual([...out], [0, ...words, 0]);
  });
}

const word = fc.integer({ min: 0, max: 0xffffffff });

Deno.test("multiplyHigh is the high half of the 64-bit product", () =>
  fc.assert(
    fc.property(word, word, (a, b) => {
      assert.equal(multiplyHigh(a, b), Number(BigInt(a) * BigInt(b) >> 32n));
    }),
    { numRuns: 2000, seed: 1, examples: [[0xffffffff, 0xffffffff], [0xffff, 0x10001], [0, 0xffffffff]] },
  ));

/** The same function in 64-bit integers, written from the paper's section 3.3. */
function slowly(counter: readonly number[], key: readonly number[]): number[] {
  let [c0, c1, c2, c3] = counter.map(BigInt) as [bigint, bigint, bigint, bigint],
    [k0, k1] = key.map(BigInt) as [bigint, bigint];
  const mask = 0xffffffffn;
  for (let round = 0; round < 10; round++) {
    const first = 0xd2511f53n * c0, second = 0xcd9e8d57n * c2;
    [c0, c1, c2, c3] = [(second >> 32n) ^ c1 ^ k0, second & mask, (first >> 32n) ^ c3 ^ k1, first & mask];
    [k0, k1] = [(k0 + 0x9e3779b9n) & mask, (k1 + 0xbb67ae85n) & mask];
  }
  return [c0, c1, c2, c3].map(Number);
}

Deno.test("Philox agrees with its definition in 64-bit integers", () =>
  fc.assert(
    fc.property(fc.tuple(word, word, word, word), fc.tuple(word, word), (c, k) => {
      const out = new Uint32Array(4);
      philox(c[0], c[1], c[2], c[3], k[0], k[1], out);
      assert.deepEqual([...out], slowly(c, k));
    }),
    { numRuns: 300, seed: 2 },
  ));
