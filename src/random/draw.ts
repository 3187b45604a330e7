/**
 * Random words, uniform and normal numbers as functions of a key, a counter and an element's index.
 *
 * Element `i` of `(key, counter, stream)` is word `i mod 4` of the Philox block with counter
 * `(⌊i/4⌋, counter, stream, 0)`. The devices' `random` primitive draws the very same words, so a stream can be read on
 * the host or on a GPU. Uniform numbers are exact in float32 and lie strictly between 0 and 1; normal numbers
 * (Box–Muller) agree between devices to the accuracy of their logarithm, sine and cosine.
 *
 * @module
 */

import { type Key, requireKey } from "./key.ts";
import { multiplyHigh, philox } from "./philox.ts";
import { shown } from "../given.ts";

/** Fills `out` with the random words from element `from` on, a multiple of 4. */
export function fillBits(key: Key, counter: number, stream: number, out: Uint32Array, from = 0): Uint32Array {
  const whole = out.length & ~3, first = from / 4;
  for (let i = 0; i < whole; i += 4) philox(first + (i >>> 2), counter, stream, 0, key[0], key[1], out, i);
  if (whole < out.length) {
    const tail = new Uint32Array(4);
    philox(first + (whole >>> 2), counter, stream, 0, key[0], key[1], tail);
    out.set(tail.subarray(0, out.length - whole), whole);
  }
  return out;
}

/** Maps a word to a number strictly between 0 and 1: the centre of one of 2^23 equal cells, exact in float32. */
export function unitOf(word: number): number {
  return ((word >>> 9) + 0.5) * 2 ** -23;
}

/** Maps a word to an integer in `0 … count - 1`: the high half of `word · count` (bias below `count / 2^32`). */
export function indexOf(word: number, count: number): number {
  return multiplyHigh(word, count);
}

/** Throws unless a value is an integer of 32 bits. */
function requireWord(what: string, given: number): void {
  if (typeof given !== "number" || given >>> 0 !== given) {
    throw new RangeError(`${what} must be an integer from 0 to ${MAX_UINT32}: got ${shown(given)}`);
  }
}

/** The most numbers that one array holds; a counter and a stream are words of 32 bits. */
const MAX_UINT32 = 2 ** 32 - 1;

/**
 * `count` random words of a stream.
 *
 * @throws TypeError for what is not a key, RangeError for a count, counter or stream that is no integer from 0 to 2^32 - 1
 */
export function bits(key: Key, count: number, counter = 0, stream = 0): Uint32Array {
  requireKey(key);
  requireWord("A count of numbers", count);
  requireWord("A counter", counter);
  requireWord("A stream", stream);
  return fillBits(key, counter, stream, new Uint32Array(count));
}

/**
 * `count` numbers uniform on (0, 1).
 *
 * @throws as {@link bits}
 *
 * @example
 * ```ts
 * import { uniform } from "./draw.ts";
 * import { keyOf } from "./key.ts";
 * import assert from "node:assert/strict";
 * const draws = uniform(keyOf(0), 1000);
 * assert.ok(draws.every((x) => x > 0 && x < 1));
 * assert.notDeepEqual(draws, uniform(keyOf(0), 1000, 1)); // another counter, other numbers
 * ```
 */
export function uniform(key: Key, count: number, counter = 0, stream = 0): Float64Array {
  const words = bits(key, count, counter, stream), out = new Float64Array(count);
  for (let i = 0; i < count; i++) out[i] = unitOf(words[i]!);
  return out;
}

/**
 * `count` standard normal numbers (Box–Muller): elements 2j and 2j + 1 are the cosine and the sine branch of words 2j
 * and 2j + 1.
 *
 * @throws as {@link bits}
 *
 * @example
 * ```ts
 * import { normal } from "./draw.ts";
 * import { keyOf } from "./key.ts";
 * import assert from "node:assert/strict";
 * assert.deepEqual(normal(keyOf(0), 3), normal(keyOf(0), 4).subarray(0, 3));
 * ```
 */
export function normal(key: Key, count: number, counter = 0, stream = 0): Float64Array {
  requireWord("A count of numbers", count);
  const words = bits(key, count + (count & 1), counter, stream);
  const out = new Float64Array(count);
  for (let i = 0; i < count; i += 2) {
    const radius = Math.sqrt(-2 * Math.log(unitOf(words[i]!)));
    const angle = 2 * Math.PI * unitOf(words[i + 1]!);
    out[i] = radius * Math.cos(angle);
    if (i + 1 < count) out[i + 1] = radius * Math.sin(angle);
  }
  return out;
}
