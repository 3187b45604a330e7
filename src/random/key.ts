/**
 * Splittable keys: all randomness of a run is derived from one seed through named streams, without hidden state.
 *
 * Laws, tested: the same key and name give the same child; children with different names or indices differ; a new
 * consumer never shifts another's numbers.
 *
 * @module
 */

import { philox } from "./philox.ts";
import { noSuchName, shown } from "../given.ts";

/** Two unsigned 32-bit words that name a stream of random numbers. */
export type Key = readonly [number, number];

/** The named streams of a run. The numbers are part of the format of a run: never reuse or renumber one. */
export const STREAMS = {
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
  noiseSet: 11,
  dynamics: 12,
  mixtureCentres: 13,
  symmetry: 14,
} as const;

const isWord = (given: unknown): boolean => typeof given === "number" && given >>> 0 === given;

/** Whether a value is a key: two integers of 32 bits. */
export const isKey = (given: unknown): given is Key =>
  Array.isArray(given) && given.length === 2 && isWord(given[0]) && isWord(given[1]);

/** Throws unless a value is a key. */
export function requireKey(given: unknown): void {
  if (!isKey(given)) throw new TypeError(`A key must be one, such as keyOf gives: got ${shown(given)}`);
}

/** The name of a stream. */
export type Stream = keyof typeof STREAMS;

const FROM_SEED = 0, FROM_INDEX = 1, FROM_NAME = 2;

function derive(low: number, high: number, purpose: number, k0: number, k1: number): Key {
  const words = new Uint32Array(4);
  philox(low, high, purpose, 0x736f6674, k0, k1, words); // the last counter word separates derivation from draws
  return [words[0]!, words[1]!];
}

/**
 * The root key of a seed.
 *
 * @param seed a non-negative integer below 2^53
 *
 * @example
 * ```ts
 * import { keyOf } from "./key.ts";
 * import assert from "node:assert/strict";
 * assert.deepEqual(keyOf(7), keyOf(7));
 * ```
 */
export function keyOf(seed: number): Key {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new RangeError(`A seed must be an integer from 0 to 2^53 - 1: got ${shown(seed)}`);
  }
  return derive(seed >>> 0, Math.floor(seed / 2 ** 32), FROM_SEED, 0, 0);
}

/**
 * The child of `key` with number `index` (a non-negative integer below 2^53).
 *
 * @throws TypeError for what is not a key, RangeError for another index
 *
 * @example
 * ```ts
 * import { child, keyOf } from "./key.ts";
 * import assert from "node:assert/strict";
 * assert.deepEqual(child(keyOf(0), 3), child(keyOf(0), 3));
 * assert.notDeepEqual(child(keyOf(0), 3), child(keyOf(0), 4));
 * ```
 */
export function child(key: Key, index: number): Key {
  requireKey(key);
  if (!Number.isSafeInteger(index) || index < 0) {
    throw new RangeError(`The index of a child must be an integer from 0 to 2^53 - 1: got ${shown(index)}`);
  }
  return derive(index >>> 0, Math.floor(index / 2 ** 32), FROM_INDEX, key[0], key[1]);
}

/**
 * The child of `key` for one of the run's named streams.
 *
 * @throws TypeError for what is not a key, or not the name of a stream
 *
 * @example
 * ```ts
 * import { keyOf, stream } from "./key.ts";
 * import { uniform } from "./draw.ts";
 * import assert from "node:assert/strict";
 * const acting = stream(keyOf(0), "acting"), minibatch = stream(keyOf(0), "minibatch");
 * assert.notEqual(uniform(acting, 1)[0], uniform(minibatch, 1)[0]);
 * ```
 */
export function stream(key: Key, name: Stream): Key {
  requireKey(key);
  if (!Object.hasOwn(STREAMS, name)) throw new TypeError(noSuchName("stream", name, Object.keys(STREAMS)));
  return derive(STREAMS[name], 0, FROM_NAME, key[0], key[1]);
}
