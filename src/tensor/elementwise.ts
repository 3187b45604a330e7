/**
 * The elementwise primitives, a row each: what one computes, how it is differentiated, and how it is written in WGSL and,
 * where there is SIMD for it, in AssemblyScript. The cases of `shaders/map.wgsl` and of the WebAssembly routine are made
 * from the rows.
 *
 * @module
 */

import type { Tensor } from "./expression.ts";
import { add, div, less, mul, neg, select, sin, sub } from "./operations.ts";
import type { ElementType, Operands } from "./shape.ts";
import type { ElementwisePrimitives } from "./signatures.ts";

/** The name of an elementwise primitive. */
export type ElementwiseName = keyof ElementwisePrimitives;

/** What the table holds for one primitive. */
export interface ElementwiseRow {
  /** An element of the result. */
  readonly evaluate: (x: number, y: number, z: number) => number;
  /** The operands' cotangents (null: none) from the result's. */
  readonly derivative: (
    inputs: Operands<Tensor>,
    output: Tensor,
    cotangent: Tensor,
  ) => readonly (Tensor | null)[];
  /** In WGSL, of real operands x and y: a real number. */
  readonly wgsl?: string;
  /** In WGSL, of operands as words p, q and r, or as the bits of real ones: the bits of the result. */
  readonly wgslOfWords?: string;
  /** In AssemblyScript, of vectors x, y and z of real operands. */
  readonly simd?: string;
}

/** The table. */
export const elementwise: { readonly [K in ElementwiseName]: ElementwiseRow } = {
  neg: {
    evaluate: (x) => -x,
    derivative: (_, __, g) => [neg(g)],
    wgsl: "-x",
    simd: "f32x4.neg(x)",
  },
  exp: {
    evaluate: Math.exp,
    derivative: (_, y, g) => [mul(g, y)],
    wgsl: "exp(x)",
  },
  log: {
    evaluate: Math.log,
    derivative: ([x], _, g) => [div(g, x)],
    wgsl: "log(x)",
  },
  sqrt: {
    evaluate: Math.sqrt,
    derivative: (_, y, g) => [div(mul(g, 0.5), y)],
    wgsl: "sqrt(x)",
    simd: "f32x4.sqrt(x)",
  },
  tanh: {
    evaluate: Math.tanh,
    derivative: (_, y, g) => [mul(g, sub(1, mul(y, y)))],
    wgsl: "hyperbolic_tangent(x)",
    simd: "tanh(x)",
  },
  sin: {
    evaluate: Math.sin,
    derivative: ([x], _, g) => [mul(g, sin(add(x, Math.PI / 2)))],
    wgsl: "sin(x)",
  },
  toReal: {
    evaluate: (x) => x,
    derivative: () => [null],
    wgslOfWords: "bitcast<u32>(f32(p))",
  },
  add: {
    evaluate: (x, y) => x + y,
    derivative: (_, __, g) => [g, g],
    wgsl: "x + y",
    wgslOfWords: "p + q",
    simd: "f32x4.add(x, y)",
  },
  mul: {
    evaluate: (x, y) => x * y,
    derivative: ([a, b], _, g) => [mul(g, b), mul(g, a)],
    wgsl: "x * y",
    simd: "f32x4.mul(x, y)",
  },
  div: {
    evaluate: (x, y) => x / y,
    derivative: ([_, b], y, g) => [div(g, b), neg(div(mul(g, y), b))],
    wgsl: "x / y",
    simd: "f32x4.div(x, y)",
  },
  maximum: {
    evaluate: (x, y) => Math.max(x, y),
    // At equality the first operand gets the whole cotangent.
    derivative: ([a, b], _, g) => [select(less(a, b), 0, g), select(less(a, b), g, 0)],
    wgsl: "max(x, y)",
    simd: "f32x4.max(x, y)",
  },
  less: {
    evaluate: (x, y) => x < y ? 1 : 0,
    derivative: () => [null, null],
    wgsl: "select(0.0, 1.0, x < y)",
    simd: "v128.and(f32x4.lt(x, y), f32x4.splat(1))",
  },
  remainder: {
    evaluate: (x, y) => y === 0 ? 0 : x % y,
    derivative: () => [null, null],
    wgslOfWords: "select(p % max(q, 1u), 0u, q == 0u)",
  },
  select: {
    evaluate: (x, y, z) => x !== 0 ? y : z,
    derivative: ([condition], _, g) => [null, select(condition!, g, 0), select(condition!, 0, g)],
    // By bits, because a comparison with NaN may be folded away; both zeros count as zero, and NaN does not.
    wgslOfWords: "select(r, q, (p & 0x7fffffffu) != 0u)",
    simd: "v128.bitselect(y, z, f32x4.ne(x, f32x4.splat(0)))",
  },
};

/** Their names, in the table's order. */
export const elementwiseNames = Object.keys(elementwise) as readonly ElementwiseName[];

/** A table with what is made of each name. */
export const tableOf = <T>(make: (name: ElementwiseName) => T): Readonly<Record<ElementwiseName, T>> =>
  Object.fromEntries(elementwiseNames.map((name) => [name, make(name)])) as Record<ElementwiseName, T>;

/** Whether a primitive is elementwise. */
export const isElementwise = (name: string): name is ElementwiseName => Object.hasOwn(elementwise, name);

/** How many operands an elementwise primitive has. */
export const arityOf = (name: ElementwiseName): number => elementwise[name].evaluate.length;

/** The number of a primitive's case in `map.wgsl`, for operands of an element type. */
export const caseOf = (name: ElementwiseName, element: ElementType): number =>
  2 * elementwiseNames.indexOf(name) +
  Number(elementwise[name].wgsl === undefined || element === "u32");

/** `map.wgsl` with the cases that its switches are to have. */
export const withCases = (source: string): string =>
  source.replace(
    /^( *)\/\/ cases of (\d).*\n/gm,
    (_, indent, arity) =>
      elementwiseNames.filter((name) => arityOf(name) === Number(arity)).flatMap((name) => {
        const { wgsl, wgslOfWords } = elementwise[name];
        const line = (element: ElementType, code: string): string =>
          `${indent}case ${caseOf(name, element)}u: { result = ${code}; }\n`;
        return [
          ...wgsl === undefined ? [] : [line("f32", `bitcast<u32>(${wgsl})`)],
          ...wgslOfWords === undefined ? [] : [line("u32", wgslOfWords)],
        ];
      }).join(""),
  );
