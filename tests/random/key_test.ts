/** The laws of keys: children depend on key and name alone, and no two of them collide. */
import { assert, fc } from "../deps.ts";
import { bits } from "../../src/random/draw.ts";
import { child, type Key, keyOf, type Stream, stream, STREAMS } from "../../src/random/key.ts";

const text = (key: Key): string => key.join();
const seed = fc.maxSafeNat();

/** The numbers of the streams that runs have been written with. */
const PUBLISHED_NUMBERS = {
  initialisation: 1,
  acting: 2,
  environment: 3,
  minibatch: 4,
  valueSamples: 5,
  samplerNoise: 6,
  evaluation: 7,
  exploration: 8,
  proposal: 9,
  movedNoise: 10,
};

Deno.test("The same seed, index or name gives the same key", () =>
  fc.assert(
    fc.property(seed, fc.maxSafeNat(), (seed, index) => {
      assert.deepEqual(keyOf(seed), keyOf(seed));
      assert.deepEqual(child(keyOf(seed), index), child(keyOf(seed), index));
      assert.deepEqual(stream(keyOf(seed), "acting"), stream(keyOf(seed), "acting"));
    }),
    { seed: 1 },
  ));

Deno.test("Seeds, indices and names that differ anywhere in their 53 bits give different keys", () => {
  const numbers = [0, 1, 2, 3, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 1, 2 ** 40, 2 ** 53 - 1];
  const root = keyOf(7);
  const keys = [
    ...numbers.map(keyOf),
    ...numbers.map((n) => child(root, n)),
    ...(Object.keys(STREAMS) as Stream[]).map((name) => stream(root, name)),
    ...numbers.map((n) => child(child(root, 1), n)),
    root,
  ];
  assert.equal(new Set(keys.map(text)).size, keys.length);
});

Deno.test("Twenty thousand children of two keys are all different", () => {
  // By chance two of n keys of 64 bits meet with probability n²/2⁶⁵ = 4e-11.
  const keys = [1, 2].flatMap((s) => Array.from({ length: 10_000 }, (_, k) => text(child(keyOf(s), k))));
  assert.equal(new Set(keys).size, keys.length);
});

Deno.test("Every named stream has a number of its own, and the numbers never change", () => {
  const numbers = Object.values(STREAMS);
  assert.equal(new Set(numbers).size, numbers.length);
  assert.deepEqual({ ...STREAMS, ...PUBLISHED_NUMBERS }, STREAMS);
});

Deno.test("Deriving keys never draws the words that drawing with the same key does", () =>
  fc.assert(
    fc.property(seed, fc.nat(7), (seed, index) => {
      const key = keyOf(seed);
      const drawn = new Set<string>();
      for (let counter = 0; counter < 8; counter++) {
        for (let stream = 0; stream < 4; stream++) {
          const words = bits(key, 16, counter, stream);
          for (let i = 0; i < 16; i += 4) drawn.add(text([words[i]!, words[i + 1]!]));
        }
      }
      assert(!drawn.has(text(child(key, index))));
    }),
    { numRuns: 20, seed: 2 },
  ));

Deno.test("A seed that is not an integer from 0 to 2^53 - 1 is refused with its value", () => {
  for (const seed of [-1, 0.5, NaN, Infinity, 2 ** 53]) {
    assert.throws(() => keyOf(seed), new RegExp(`0 to 2\\^53 - 1: got ${seed}`));
  }
});

Deno.test("Children of neighbouring indices differ in about half their bits", () => {
  const ones = (word: number): number => word.toString(2).replaceAll("0", "").length;
  let flipped = 0;
  for (let k = 0; k < 500; k++) {
    const a = child(keyOf(1), k), b = child(keyOf(1), k + 1);
    flipped += ones((a[0] ^ b[0]) >>> 0) + ones((a[1] ^ b[1]) >>> 0);
  }
  // 32 000 fair bits: deviation √8000 = 89; five of them.
  assert(Math.abs(flipped - 16_000) < 450, `${flipped}`);
});
