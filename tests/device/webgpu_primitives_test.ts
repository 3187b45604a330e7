/**
 * Every primitive on WebGPU against the reference device, on random shapes.
 *
 * Tolerances come from WGSL's promises: sums and products are correctly rounded (half a unit of 2^-23), quotients good to
 * 2.5 units, square roots to 4.5 (the reciprocal of a reciprocal square root), exponentials to 3 + 2|x| units,
 * logarithms to 2^-21 near 1 and 3 units elsewhere. A sum of n terms is good to n 2^-24 Σ|terms|. What only moves or
 * compares elements is exact.
 *
 * @module
 */

import { fc } from "../deps.ts";
import { bits, normal } from "../../src/random/draw.ts";
import { child, keyOf } from "../../src/random/key.ts";
import { input, type Tensor } from "../../src/tensor/expression.ts";
import type { Values } from "../../src/tensor/loops.ts";
import * as p from "../../src/tensor/primitives.ts";
import { programOf } from "../../src/tensor/program.ts";
import { f32, sizeOf, type TensorType, u32 } from "../../src/tensor/shape.ts";
import { assertClose, gpuTest, type Numbers, runOn, runOnReference } from "./adapter.ts";

const UNIT = 2 ** -23;
const MIN_NORMAL = 2 ** -126; // smaller numbers may be flushed to zero

/** How far a number may be from the expected one. */
type Bound = (expected: number, magnitude: number) => number;
const exact: Bound = () => 0;
const units = (count: number): Bound => (expected) => count * UNIT * Math.abs(expected) + MIN_NORMAL;
const rounded = units(0.51);

interface Case {
  readonly title: string;
  readonly types: fc.Arbitrary<readonly TensorType[]>;
  readonly f: (xs: readonly Tensor[]) => Tensor;
  readonly bound: Bound;
  /** Gives Σ|terms| of each output where it is a sum. */
  readonly magnitude?: (xs: readonly Tensor[]) => Tensor;
  /** Makes an input's values out of normal numbers. */
  readonly values?: (x: number, k: number, i: number) => number;
  /** Most values of an input of words. */
  readonly words?: number;
}

const length = fc.constantFrom(1, 2, 3, 4, 5, 7, 8, 13, 16, 17, 31, 33);
const longLength = fc.constantFrom(1, 2, 3, 5, 17, 63, 64, 65, 127, 128, 129, 257, 1000, 16387);
const shape = fc.array(length, { minLength: 1, maxLength: 4 }).filter((s) => sizeOf(s) <= 20000);
const sameShapes = (count: number): fc.Arbitrary<readonly TensorType[]> =>
  shape.map((s) => Array.from({ length: count }, () => f32(...s)));
/** Shapes that broadcast to each other: lengths of the first are kept, set to 1 or left off in the others. */
const stretching = (count: number): fc.Arbitrary<readonly TensorType[]> =>
  fc.tuple(
    shape,
    fc.array(fc.tuple(fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }), fc.nat(4)), {
      minLength: count - 1,
      maxLength: count - 1,
    }),
  ).map(([full, others]) => [
    f32(...full),
    ...others.map(([kept, from]) =>
      f32(...full.map((n, axis) => kept[axis] ? n : 1).slice(Math.min(from, full.length)))
    ),
  ]);
/** A shape with a chosen axis, carried as the length of a second, unused type. */
const lines = fc.tuple(fc.array(length, { maxLength: 2 }), longLength, fc.array(length, { maxLength: 2 }))
  .filter(([outer, n, inner]) => sizeOf(outer) * n * sizeOf(inner) <= 60000)
  .map(([outer, n, inner]) => ({ shape: [...outer, n, ...inner], axis: outer.length }));
const absolute = (x: Tensor): Tensor => p.maximum(x, p.neg(x));
const positive = (x: number): number => 0.01 + Math.abs(x);

async function check(
  device: Parameters<Parameters<typeof gpuTest>[1]>[0],
  { types, f, bound, magnitude, values = (x) => x, words = 2 ** 32 - 1 }: Omit<Case, "types"> & {
    readonly types: readonly TensorType[];
  },
  seed: number,
): Promise<void> {
  const tensors = types.map(input);
  const given: Record<string, ArrayLike<number>> = {};
  types.forEach((type, k) => {
    const size = sizeOf(type.shape), key = child(keyOf(seed), k);
    given[`x${k}`] = type.element === "u32"
      ? bits(key, size).map((word) => word % (words + 1))
      : Float32Array.from(normal(key, size), (x, i) => values(x, k, i));
  });
  const inputs = Object.fromEntries(tensors.map((tensor, k) => [`x${k}`, tensor]));
  const program = programOf(inputs, { y: f(tensors) });
  const found = await runOn(device, program, given);
  const expected = await runOnReference(program, given);
  const sizes = magnitude === undefined
    ? { m: expected["y"]! }
    : await runOnReference(programOf(inputs, { m: magnitude(tensors) }), given);
  compare(found["y"]!, expected["y"]!, sizes["m"]!, bound, given);
}

function compare(found: Values, expected: Values, magnitude: Values, bound: Bound, given: Numbers): void {
  if (found.length !== expected.length) throw new Error(`${found.length} elements, not ${expected.length}`);
  for (let i = 0; i < found.length; i++) {
    const error = Math.abs(found[i]! - expected[i]!), allowed = bound(expected[i]!, magnitude[i]!);
    if (!(error <= allowed) && found[i] !== expected[i]) {
      throw new Error(
        `element ${i} is ${found[i]}, not ${
          expected[i]
        } (error ${error}, allowed ${allowed}); inputs begin with ` +
          Object.values(given).map((values) => values[0]).join(", "),
      );
    }
  }
}

function primitiveTest(entry: Case): void {
  gpuTest(`WebGPU computes ${entry.title} as the reference does`, (device) =>
    fc.assert(
      fc.asyncProperty(entry.types, fc.nat(), (types, seed) => check(device, { ...entry, types }, seed)),
      { numRuns: 25 },
    ));
}

const elementwise: readonly Case[] = [
  { title: "neg", types: sameShapes(1), f: ([x]) => p.neg(x), bound: exact },
  { title: "exp", types: sameShapes(1), f: ([x]) => p.exp(x), bound: units(3 + 2 * 6) },
  {
    title: "log",
    types: sameShapes(1),
    f: ([x]) => p.log(x),
    bound: (y) => Math.max(2 ** -21, 3 * UNIT * Math.abs(y)),
    values: positive,
  },
  { title: "sqrt", types: sameShapes(1), f: ([x]) => p.sqrt(x), bound: units(4.5), values: positive },
  // Its exponential's error is felt most at 0.25, where it enters one and a half times: 6 units, and the quotient's 2.5.
  { title: "tanh", types: sameShapes(1), f: ([x]) => p.tanh(x), bound: units(12) },
  {
    title: "tanh near zero",
    types: sameShapes(1),
    f: ([x]) => p.tanh(x),
    bound: units(12),
    values: (x) => x * 1e-4,
  },
  {
    // A random number times 50 may still lie near zero, where the exponential's error is felt as above.
    title: "tanh far from zero",
    types: sameShapes(1),
    f: ([x]) => p.tanh(x),
    bound: (y, magnitude) => units(Math.abs(y) > 0.75 ? 3 : 12)(y, magnitude),
    values: (x) => x * 50,
  },
  { title: "add", types: stretching(2), f: ([x, y]) => p.add(x, y), bound: rounded },
  { title: "mul", types: stretching(2), f: ([x, y]) => p.mul(x, y), bound: rounded },
  { title: "div", types: stretching(2), f: ([x, y]) => p.div(x, y), bound: units(2.5), values: positive },
  { title: "maximum", types: stretching(2), f: ([x, y]) => p.maximum(x, y), bound: exact },
  { title: "less", types: stretching(2), f: ([x, y]) => p.less(x, y), bound: exact },
  {
    title: "select",
    types: stretching(3),
    f: ([x, y, z]) => p.select(p.less(y, 0), x, z),
    bound: exact,
  },
  {
    title: "elementwise operations with constants",
    types: stretching(2),
    f: ([x, y]) => p.mul(p.add(x, 0.5), p.sub(2, y)),
    bound: (y, m) => 2 * UNIT * (Math.abs(y) + m),
    magnitude: ([x, y]) => p.mul(p.add(absolute(x), 0.5), p.add(2, absolute(y))),
  },
];

const wordTypes = (count: number): fc.Arbitrary<readonly TensorType[]> =>
  shape.map((s) => Array.from({ length: count }, () => u32(...s)));
const words: readonly Case[] = [
  { title: "add of words", types: wordTypes(2), f: ([x, y]) => p.add(x, y), bound: exact },
  { title: "remainder", types: wordTypes(2), f: ([x, y]) => p.remainder(x, y), bound: exact },
  {
    title: "remainder of small words",
    types: wordTypes(2),
    f: ([x, y]) => p.remainder(x, y),
    bound: exact,
    words: 3,
  },
  { title: "toReal", types: wordTypes(1), f: ([x]) => p.toReal(x), bound: rounded },
  {
    title: "select of words",
    types: shape.map((s) => [f32(...s), u32(...s), u32(...s)]),
    f: ([x, y, z]) => p.select(p.less(x, 0), y, z),
    bound: exact,
  },
  {
    title: "slices and concatenations of words",
    types: fc.tuple(length, length, length).map(([r, n, m]) => [u32(r, n, m), u32(r, 3, m)]),
    f: ([x, y]) => p.concat([y, p.slice(x, 1, 0, 1), x], 1),
    bound: exact,
  },
];

[...elementwise, ...words].forEach(primitiveTest);

const alongLines = (
  title: string,
  f: (x: Tensor, axis: number) => Tensor,
  bound: (length: number) => Bound,
  magnitude?: (x: Tensor, axis: number) => Tensor,
): void =>
  gpuTest(`WebGPU computes ${title} as the reference does`, (device) =>
    fc.assert(
      fc.asyncProperty(lines, fc.nat(), ({ shape, axis }, seed) =>
        check(device, {
          title,
          types: [f32(...shape)],
          f: ([x]) => f(x, axis),
          bound: bound(shape[axis]!),
          ...magnitude === undefined ? {} : { magnitude: ([x]) => magnitude(x, axis) },
        }, seed)),
      { numRuns: 40 },
    ));

const sumBound = (terms: number): Bound => (_, magnitude) => (terms + 1) * 2 ** -24 * magnitude + MIN_NORMAL;
alongLines("sum", p.sum, sumBound, (x, axis) => p.sum(absolute(x), axis));
alongLines("max", p.max, () => exact);
alongLines(
  "orderStatistic",
  (x, axis) =>
    p.orderStatistic(
      p.slice(x, axis, 0, Math.min(x.shape[axis]!, 300)),
      axis,
      Math.min(x.shape[axis]!, 300) >> 1,
    ),
  () => exact,
);
alongLines(
  "slice",
  (x, axis) => p.slice(x, axis, x.shape[axis]! >> 2, (x.shape[axis]! + 1) >> 1),
  () => exact,
);
alongLines(
  "place with and without gaps",
  (x, axis) => {
    const n = x.shape[axis]!;
    const gaps = p.place([x, p.neg(x)], axis, [2, n + 3], 2 * n + 4);
    return p.concat([gaps, x, p.mul(x, x)], axis);
  },
  () => rounded,
);
alongLines(
  "broadcast that is used as it is",
  (x, axis) => {
    const stretched = [...x.shape.slice(0, axis + 1), 3, ...x.shape.slice(axis + 1)];
    const narrow = [...x.shape.slice(0, axis + 1), 1, ...x.shape.slice(axis + 1)];
    return p.broadcast(p.reshape(x, narrow), [2, ...stretched]);
  },
  () => exact,
);
alongLines(
  "reshape of parts of rows",
  (x) => {
    const flat = p.reshape(x, [x.shape[0]!, sizeOf(x.shape) / x.shape[0]!]);
    return p.reshape(p.slice(flat, 1, 0, (flat.shape[1]! + 1) >> 1), [
      flat.shape[0]! * ((flat.shape[1]! + 1) >> 1),
    ]);
  },
  () => exact,
);

const matrices = fc.tuple(
  fc.array(fc.constantFrom(1, 2, 3), { maxLength: 2 }),
  fc.constantFrom(1, 3, 4, 5, 8, 16, 17, 33, 64, 65),
  fc.constantFrom(1, 2, 4, 7, 8, 12, 31, 32, 65),
  fc.constantFrom(1, 2, 3, 4, 8, 13, 16, 64, 127),
  fc.boolean(),
  fc.boolean(),
);
gpuTest("WebGPU computes dot in all four layouts as the reference does", (device) =>
  fc.assert(
    fc.asyncProperty(matrices, fc.nat(), ([lead, M, N, K, transposeA, transposeB], seed) => {
      const product = ([a, b]: readonly Tensor[]): Tensor => p.dot(a, b, { transposeA, transposeB });
      return check(device, {
        title: "dot",
        types: [
          f32(...lead, ...transposeA ? [K, M] : [M, K]),
          f32(...lead, ...transposeB ? [N, K] : [K, N]),
        ],
        f: product,
        bound: sumBound(K),
        magnitude: (xs) => product(xs.map(absolute)),
      }, seed);
    }),
    { numRuns: 60 },
  ));

gpuTest("on hardware adapters a workgroup shares the long sums of few products", (device) =>
  fc.assert(
    fc.asyncProperty(
      fc.tuple(
        fc.constantFrom(1, 3),
        fc.constantFrom(1, 2, 5, 16, 17),
        fc.constantFrom(1, 3, 4, 16),
        fc.boolean(),
        fc.boolean(),
      ),
      fc.constantFrom(255, 256, 257, 320, 1000, 5000),
      fc.nat(),
      ([R, M, N, transposeA, transposeB], K, seed) => {
        const product = ([a, b]: readonly Tensor[]): Tensor => p.dot(a, b, { transposeA, transposeB });
        return check(device, {
          title: "dot",
          types: [f32(R, ...transposeA ? [K, M] : [M, K]), f32(R, ...transposeB ? [N, K] : [K, N])],
          f: product,
          bound: sumBound(K),
          magnitude: (xs) => product(xs.map(absolute)),
        }, seed);
      },
    ),
    { numRuns: 30 },
  ), () => ({ variants: "hardware" }));

gpuTest("WebGPU computes dot of parts of flat vectors as the reference does", (device) =>
  fc.assert(
    fc.asyncProperty(
      matrices,
      fc.nat(7),
      fc.nat(),
      ([[R = 1], M, N, K, transposeA, transposeB], gap, seed) => {
        const product = ([a, b]: readonly Tensor[]): Tensor =>
          p.dot(
            p.reshape(p.slice(a, 1, gap, M * K), [R, ...transposeA ? [K, M] : [M, K]]),
            p.reshape(p.slice(b, 1, gap, K * N), [R, ...transposeB ? [N, K] : [K, N]]),
            { transposeA, transposeB },
          );
        return check(device, {
          title: "dot",
          types: [f32(R, gap + M * K + 1), f32(R, gap + K * N)],
          f: product,
          bound: sumBound(K),
          magnitude: (xs) => product(xs.map(absolute)),
        }, seed);
      },
    ),
    { numRuns: 30 },
  ));

const tables = fc.tuple(
  fc.constantFrom(1, 2, 3),
  fc.constantFrom(1, 5, 16, 100),
  fc.array(fc.constantFrom(1, 2, 3, 4, 7), { maxLength: 2 }),
  fc.array(fc.constantFrom(1, 4, 7, 33), { minLength: 1, maxLength: 2 }),
);
gpuTest("WebGPU gathers rows exactly, row numbers past the end included", (device) =>
  fc.assert(
    fc.asyncProperty(tables, fc.nat(), ([R, N, row, each], seed) =>
      check(device, {
        title: "gather",
        types: [f32(R, N, ...row), u32(R, ...each)],
        f: ([table, rows]) => p.gather(table, rows),
        bound: exact,
        words: N + 1,
      }, seed)),
    { numRuns: 25 },
  ));
gpuTest("WebGPU adds rows to where they came from as the reference does", (device) =>
  fc.assert(
    fc.asyncProperty(tables, fc.nat(), ([R, N, row, each], seed) => {
      const scatter = ([values, rows]: readonly Tensor[]): Tensor =>
        p.emit("scatterAdd", [values, rows], { rows: N });
      return check(device, {
        title: "scatterAdd",
        types: [f32(R, ...each, ...row), u32(R, ...each)],
        f: scatter,
        bound: sumBound(sizeOf(each)),
        magnitude: ([values, rows]) => scatter([absolute(values), rows]),
        words: N + 1,
      }, seed);
    }),
    { numRuns: 25 },
  ));

const small = fc.tuple(fc.array(length, { maxLength: 2 }), fc.integer({ min: 1, max: 8 }));
// Diagonally dominant: condition numbers stay below 10, and elimination loses at most a digit.
const dominant = (n: number) => (x: number, _: number, i: number): number =>
  (Math.floor(i / n) % n === i % n ? (x < 0 ? -n : n) : 0) + Math.max(-1, Math.min(1, x)) * 0.5;
gpuTest("WebGPU computes inverses of regular matrices as the reference does", (device) =>
  fc.assert(
    fc.asyncProperty(small, fc.nat(), ([lead, n], seed) =>
      check(device, {
        title: "inverse",
        types: [f32(...lead, n, n)],
        f: ([a]) => p.inverse(a),
        bound: () => 10 * n * n * UNIT,
        values: dominant(n),
      }, seed)),
    { numRuns: 25 },
  ));
gpuTest("WebGPU computes log-determinants of regular matrices as the reference does", (device) =>
  fc.assert(
    fc.asyncProperty(small, fc.nat(), ([lead, n], seed) =>
      check(device, {
        title: "logAbsDet",
        types: [f32(...lead, n, n)],
        f: ([a]) => p.logAbsDet(a),
        bound: () => n * (2 ** -21 + 10 * n * UNIT),
        values: dominant(n),
      }, seed)),
    { numRuns: 25 },
  ));

gpuTest(
  "WebGPU computes signs of determinants as the reference does, after exchanged rows too",
  (device) =>
    fc.assert(
      fc.asyncProperty(small, fc.nat(), fc.nat(6), ([lead, n], seed, turn) =>
        check(device, {
          title: "signDet",
          types: [f32(...lead, n, n)],
          // Rows that move up by some places: a permutation of either sign.
          f: ([a]) => {
            const axis = lead.length, by = turn % n, { shape } = a;
            const rows = by === 0
              ? a
              : p.concat([p.slice(a, axis, by, n - by), p.slice(a, axis, 0, by)], axis);
            return p.signDet(p.reshape(rows, shape));
          },
          bound: () => 0,
          values: dominant(n),
        }, seed)),
      { numRuns: 25 },
    ),
);

gpuTest(
  "WebGPU knows singular matrices: the least float32 as log-determinant, no number in the inverse",
  async (device) => {
    const a = input(f32(2, 3, 3));
    const program = programOf({ a }, { inverse: p.inverse(a), log: p.logAbsDet(a), sign: p.signDet(a) });
    const { inverse, log, sign } = await runOn(device, program, {
      a: [1, 2, 3, 2, 4, 6, 0, 0, 1, 0, 2, 0, 2, 0, 0, 0, 0, 2],
    });
    assertClose(log, [-3.4028234663852886e38, Math.log(8)] as unknown as Values, {
      absolute: 2e-6,
      relative: 0,
    });
    assertClose(sign, Float32Array.of(0, -1), { absolute: 0, relative: 0 });
    if (!inverse.subarray(0, 9).every(Number.isNaN)) throw new Error(`${inverse}`);
    assertClose(inverse.subarray(9), Float32Array.of(0, 0.5, 0, 0.5, 0, 0, 0, 0, 0.5), {
      absolute: 0,
      relative: 0,
    });
  },
);

gpuTest("selections treat both zeros as zero and a NaN as true", async (device) => {
  const x = input(f32(4)), y = input(f32(4));
  const program = programOf({ x, y }, { z: p.select(x, y, 7) });
  const { z } = await runOn(device, program, { x: [0, -0, NaN, 1e-40], y: [1, 2, 3, 4] });
  assertClose(z, Float32Array.of(7, 7, 3, 4), { absolute: 0, relative: 0 });
});

gpuTest("order statistics order negative numbers and both zeros", async (device) => {
  const x = input(f32(5));
  const program = programOf({ x }, {
    least: p.orderStatistic(x, 0, 0),
    second: p.orderStatistic(x, 0, 1),
    largest: p.orderStatistic(x, 0, 4),
  });
  const found = await runOn(device, program, { x: [0.5, -1e30, -2, 3e38, 0] });
  assertClose(found["least"]!, Float32Array.of(-1e30), { absolute: 0, relative: 0 });
  assertClose(found["second"]!, Float32Array.of(-2), { absolute: 0, relative: 0 });
  assertClose(found["largest"]!, Float32Array.of(3e38), { absolute: 0, relative: 0 });
});
