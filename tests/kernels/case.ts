/**
 * What a random case of a kernel is, the accuracy of a device's functions, and the generators that all cases share.
 */
import { fc } from "./deps.ts";
import type { Kernel } from "../../src/tensor/expression.ts";
import type { Values } from "../../src/tensor/loops.ts";
import type { TensorType } from "../../src/tensor/shape.ts";
import { uniform } from "../../src/random/draw.ts";
import { child, keyOf } from "../../src/random/key.ts";

/** Unit roundoff of float32. */
export const UNIT = 2 ** -24;

/** What a device's functions err by, each as it is bounded by the device's makers. */
export interface Accuracy {
  /** Relative error of `exp x`. */
  readonly exp: (x: number) => number;
  /** Absolute error of `log x`, given |log x|. */
  readonly log: (size: number) => number;
  /** Absolute error of tanh. */
  readonly tanh: number;
  /** Relative errors. */
  readonly divide: number;
  readonly sqrt: number;
}

/**
 * The CPU device: in WebAssembly float32 with exp to 4 units and tanh to 8; in TypeScript loops in float64 that round
 * once where they store.
 */
export const CPU: Accuracy = {
  exp: () => 4 * UNIT,
  log: (size) => UNIT * size,
  tanh: 8 * UNIT,
  divide: UNIT,
  sqrt: UNIT,
};

/** The least that the WGSL specification demands (its section on accuracy; an ULP is at most 2 u of the result). */
export const WEBGPU: Accuracy = {
  exp: (x) => 2 * UNIT * (3 + 2 * Math.abs(x)),
  log: (size) => Math.max(2 ** -21, 2 * UNIT * 3 * size),
  tanh: 1e-5,
  divide: 2 * UNIT * 2.5,
  sqrt: 2 * UNIT * 3.5,
};

/** One call of a kernel. */
export interface Case {
  readonly title: string;
  readonly kernel: Kernel;
  readonly params: unknown;
  readonly inputs: readonly TensorType[];
  /** Float32 numbers or words, one list an input. */
  readonly values: readonly (readonly number[])[];
  /** Largest error of each element of each output, from the reference's results. */
  readonly tolerance: (expected: readonly Values[], accuracy: Accuracy) => readonly (readonly number[])[];
}

/** Lengths of axes: 1, primes, a register tile's edge and its neighbours, and multiples of 4 that are not. */
export const length: fc.Arbitrary<number> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(1, 2, 3, 4, 5, 6, 7, 8, 9) },
  { weight: 2, arbitrary: fc.constantFrom(11, 13, 15, 16, 17, 23, 24, 25) },
  { weight: 1, arbitrary: fc.constantFrom(31, 32, 33, 37, 47, 49) },
);

/** Numbers of replicas. */
export const replicas: fc.Arbitrary<number> = fc.constantFrom(1, 1, 2, 3);

/** `count` float32 numbers in [from, to), generic rather than fast-check's favourites. */
export const numbers = (seed: number, index: number, count: number, from = -1.5, to = 1.5): number[] =>
  [...uniform(child(keyOf(seed), index), count)].map((u) => Math.fround(from + (to - from) * u));

/** Seeds of {@link numbers}. */
export const seed: fc.Arbitrary<number> = fc.nat(2 ** 30);

/** A bound of zero for every element: integers, copies and selections are exact. */
export const exact = (expected: readonly Values[]): number[][] =>
  expected.map((values) => new Array<number>(values.length).fill(0));
