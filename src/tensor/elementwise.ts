/**
 * The elementwise primitives, one row each: evaluation, derivative, and the expression in WGSL and, where SIMD has it,
 * in AssemblyScript. The cases of `shaders/map.wgsl` and of the WebAssembly routine are generated from the rows.
 *
 * @module
 */

import type { Tensor } from "./expression.ts";
import { add, div, less, mul, neg, select, sin, sub } from "./operations.ts";
import type { ElementType, Operands } from "./shape.ts";
import type { ElementwisePrimitives } from "./signatures.ts";

/** The name of an elementwise primitive. */
export type ElementwiseName = keyof ElementwisePrimitives;

/** The table's row for one primitive. */
export interface ElementwiseRow {
  /** An element of the result. */
  readonly evaluate: (x: number, y: number, z: number) => number;
  /** Cotangents of the operands (null: none) from the cotangent of the result. */
  readonly derivative: (
    inputs: Operands<Tensor>,
    output: Tensor,
    cotangent: Tensor,
  ) => readonly (Tensor | null)[];
  /** WGSL expression in the real operands x and y; its value is a real number. */
  readonly wgsl?: string;
  /** WGSL expression in the operands' bits p, q and r; its value is the bits of the result. */
  readonly wgslOfWords?: string;
  /** AssemblyScript expression in the vectors x, y and z of real operands. */
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
    // Tests the bits, because a comparison with NaN may be optimised away; -0 is zero and NaN is not.
    wgslOfWords: "select(r, q, (p & 0x7fffffffu) != 0u)",
    simd: "v128.bitselect(y, z, f32x4.ne(x, f32x4.splat(0)))",
  },
};

/** The names of the elementwise primitives, in the table's order. */
export const elementwiseNames = Object.keys(elementwise) as readonly ElementwiseName[];

/** A table of `make(name)` for each name. */
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

/** `map.wgsl` with the cases of its switches filled in. */
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
