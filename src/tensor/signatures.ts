/**
 * The primitives' signatures: their parameters, and the result type as a function of the operand types.
 *
 * @module
 */

import type { Distribution } from "./loops.ts";
import {
  broadcastShape,
  type ElementType,
  type Operands,
  type Rank2,
  requireAxis,
  sameShape,
  sameType,
  type Shape,
  ShapeMismatch,
  sizeOf,
  type TensorType,
} from "./shape.ts";
import { shown } from "../given.ts";

/** The parameters of a primitive without parameters. */
export type NoParameters = Record<never, never>;

/** The elementwise primitives; all operands have the same shape. */
export interface ElementwisePrimitives {
  /** `-x` */
  neg: NoParameters;
  /** `e^x` */
  exp: NoParameters;
  /** `ln x` */
  log: NoParameters;
  /** `√x` */
  sqrt: NoParameters;
  /** `tanh x` */
  tanh: NoParameters;
  /** `sin x`, x in radians; WebGPU guarantees an absolute error of 2^-11 on [-π, π]. */
  sin: NoParameters;
  /** `a + b`, for real numbers or for words (which wrap around). */
  add: NoParameters;
  /** `a · b` */
  mul: NoParameters;
  /** `a / b` */
  div: NoParameters;
  /** `max(a, b)`; at equality the first operand gets the whole derivative. */
  maximum: NoParameters;
  /** 1 where `a < b`, else 0; 0 where either is NaN. */
  less: NoParameters;
  /** `a mod b`, for words; 0 where b is 0. */
  remainder: NoParameters;
  /** Words as real numbers. */
  toReal: NoParameters;
  /** `condition ≠ 0 ? a : b` */
  select: NoParameters;
}

/** The primitives and their parameters. */
export interface Primitives extends ElementwisePrimitives {
  /** `values`: one number for all elements, or one number for each element in row-major order. */
  constant: { readonly values: readonly number[]; readonly shape: Shape; readonly element: ElementType };
  /** The sum along `axis`, which disappears. */
  sum: { readonly axis: number };
  /** The maximum along `axis`, which disappears; equal maxima share the derivative. */
  max: { readonly axis: number };
  /** The element of rank `rank` (0 is the smallest) along `axis`, which disappears. */
  orderStatistic: { readonly axis: number; readonly rank: number };
  /** Stretches axes of length 1 to `shape`, and adds leading axes. */
  broadcast: { readonly shape: Shape };
  /** The same elements in row-major order, in another shape. */
  reshape: { readonly shape: Shape };
  /** Elements `start … start + size - 1` along `axis`. */
  slice: { readonly axis: number; readonly start: number; readonly size: number };
  /** Zeros of length `size` along `axis`, with operand k at `starts[k]`; operands do not overlap. */
  place: { readonly axis: number; readonly starts: readonly number[]; readonly size: number };
  /** The matrix product over the last two axes, either operand stored transposed. */
  dot: { readonly transposeA: boolean; readonly transposeB: boolean };
  /** Rows `u32[R,…]` of a table `[R,N,…]`. */
  gather: NoParameters;
  /** The transpose of `gather`: adds rows into a table of `rows` rows. */
  scatterAdd: { readonly rows: number };
  /** Random numbers `[R,…shape]` of keys `u32[R,2]` and counters `u32[R]`. */
  random: {
    readonly shape: Shape;
    readonly distribution: Distribution;
    readonly stream: number;
  };
  /** The identity, through which no derivative flows. */
  stopGradient: NoParameters;
  /** `log |det A|` over the last two axes, of length at most 8. */
  logAbsDet: NoParameters;
  /** The sign of `det A` over the last two axes, of length at most 8: 1, -1 or 0. */
  signDet: NoParameters;
  /** `A⁻¹` over the last two axes, of length at most 8. */
  inverse: NoParameters;
}

/** The name of a primitive. */
export type PrimitiveName = keyof Primitives;

const real = (name: string, types: readonly TensorType[]): void => {
  if (types.some((type) => type.element !== "f32")) {
    throw new ShapeMismatch(name, types, "it needs real numbers (f32)");
  }
};

const unaryType = (name: string) => (types: Operands<TensorType>): TensorType => {
  real(name, types);
  return types[0];
};

const binaryType = (name: string) => (types: Operands<TensorType>): TensorType => {
  if (!sameType(types[0], types[1])) throw new ShapeMismatch(name, types, "the types must be the same");
  return types[0];
};

const realBinaryType = (name: string) => (types: Operands<TensorType>): TensorType => {
  real(name, types);
  return binaryType(name)(types);
};

const withoutAxis = (
  shape: Shape,
  axis: number,
): Shape => [...shape.slice(0, axis), ...shape.slice(axis + 1)];

const reductionType =
  (name: string) => (types: Operands<TensorType>, { axis }: { axis: number }): TensorType => {
    real(name, types);
    requireAxis(name, types[0], axis);
    if (types[0].shape[axis]! < 1) throw new ShapeMismatch(name, types, `axis ${axis} must not be empty`);
    return { shape: withoutAxis(types[0].shape, axis), element: "f32" };
  };

/** Rows, columns and contracted length of a matrix product. */
export const matrixSizes = (
  types: Operands<TensorType>,
  p: Primitives["dot"],
): readonly [number, number, number] => {
  const [a, b] = types.map((type) => type.shape.slice(-2)) as [Rank2, Rank2];
  return [p.transposeA ? a[1] : a[0], p.transposeB ? b[0] : b[1], p.transposeA ? a[0] : a[1]];
};

/** The order of the square matrices in the last two axes; throws if they are not square. */
export const squareType = (name: string, types: Operands<TensorType>): number => {
  real(name, types);
  const [rows, columns] = types[0].shape.slice(-2) as Rank2;
  if (types[0].shape.length < 2 || rows !== columns || rows > 8) {
    throw new ShapeMismatch(name, types, "the last two axes must be equal and at most 8");
  }
  return rows;
};

/** The type of each primitive's result; throws {@link ShapeMismatch} for invalid operands. */
export const signatures: {
  readonly [K in PrimitiveName]: (inputs: Operands<TensorType>, params: Primitives[K]) => TensorType;
} = {
  constant: (_, { values, shape, element }) => {
    if (values.length !== 1 && values.length !== sizeOf(shape)) {
      throw new ShapeMismatch("constant", [{ shape, element }], `it has ${values.length} values`);
    }
    return { shape, element };
  },
  neg: unaryType("neg"),
  exp: unaryType("exp"),
  log: unaryType("log"),
  sqrt: unaryType("sqrt"),
  tanh: unaryType("tanh"),
  sin: unaryType("sin"),
  add: binaryType("add"),
  mul: realBinaryType("mul"),
  div: realBinaryType("div"),
  maximum: realBinaryType("maximum"),
  less: realBinaryType("less"),
  remainder: (types) => {
    if (types.some((type) => type.element !== "u32")) {
      throw new ShapeMismatch("remainder", types, "it needs words (u32)");
    }
    return binaryType("remainder")(types);
  },
  toReal: ([type]) => {
    if (type.element !== "u32") throw new ShapeMismatch("toReal", [type], "it needs words (u32)");
    return { ...type, element: "f32" };
  },
  select: (types) => {
    if (
      types[0].element !== "f32" || !sameType(types[1], types[2]) ||
      !sameShape(types[0].shape, types[1].shape)
    ) {
      throw new ShapeMismatch(
        "select",
        types,
        "it needs a condition (f32) and two values, all of one shape",
      );
    }
    return types[1];
  },
  sum: reductionType("sum"),
  max: reductionType("max"),
  orderStatistic: (types, params) => {
    const type = reductionType("orderStatistic")(types, params);
    if (!(Number.isInteger(params.rank) && params.rank >= 0 && params.rank < types[0].shape[params.axis]!)) {
      throw new ShapeMismatch(
        "orderStatistic",
        types,
        `the rank must lie in the axis, not at ${params.rank}`,
      );
    }
    return type;
  },
  broadcast: ([type], { shape }) => {
    const out = broadcastShape(type.shape, shape);
    if (out === null || !sameShape(out, shape)) {
      throw new ShapeMismatch(
        "broadcast",
        [type, { ...type, shape }],
        "the first must stretch to the second",
      );
    }
    return { ...type, shape };
  },
  reshape: ([type], { shape }) => {
    if (sizeOf(type.shape) !== sizeOf(shape)) {
      throw new ShapeMismatch("reshape", [type, { ...type, shape }], "the sizes must be the same");
    }
    return { ...type, shape };
  },
  slice: ([type], { axis, start, size }) => {
    requireAxis("slice", type, axis);
    if (![start, size].every((n) => Number.isInteger(n) && n >= 0) || start + size > type.shape[axis]!) {
      throw new ShapeMismatch(
        "slice",
        [type],
        `${shown(size)} elements from ${shown(start)} must lie in axis ${axis}`,
      );
    }
    return { ...type, shape: type.shape.map((length, k) => k === axis ? size : length) };
  },
  place: (types, { axis, starts, size }) => {
    if (types.length === 0 || starts.length !== types.length) {
      throw new ShapeMismatch("place", types, `it needs parts, and a start for each: got ${starts.length}`);
    }
    types.forEach((type, p) => {
      requireAxis("place", type, axis);
      const rest = (shape: Shape): Shape => withoutAxis(shape, axis);
      if (type.element !== types[0].element || !sameShape(rest(type.shape), rest(types[0].shape))) {
        throw new ShapeMismatch("place", types, `the parts must agree in all axes but ${axis}`);
      }
      const end = starts[p]! + type.shape[axis]!;
      if (starts[p]! < 0 || end > (starts[p + 1] ?? size)) {
        throw new ShapeMismatch("place", types, `part ${p} at ${starts[p]} must end before the next one`);
      }
    });
    return { ...types[0], shape: types[0].shape.map((length, k) => k === axis ? size : length) };
  },
  dot: (types, params) => {
    real("dot", types);
    const [a, b] = types.map((type) => type.shape) as [Shape, Shape];
    const [M, N, K] = a.length >= 2 && b.length >= 2 ? matrixSizes(types, params) : [0, 0, -1];
    const inner = params.transposeB ? b[b.length - 1] : b[b.length - 2];
    if (K !== inner || !sameShape(a.slice(0, -2), b.slice(0, -2))) {
      throw new ShapeMismatch("dot", types, "leading axes and the contracted lengths must be the same");
    }
    return { shape: [...a.slice(0, -2), M, N], element: "f32" };
  },
  gather: ([table, rows]) => {
    if (rows.element !== "u32" || table.shape.length < 2 || rows.shape[0]! !== table.shape[0]!) {
      throw new ShapeMismatch(
        "gather",
        [table, rows],
        "it needs a table [R, N, …] and row numbers (u32) [R, …]",
      );
    }
    return { shape: [...rows.shape, ...table.shape.slice(2)], element: table.element };
  },
  scatterAdd: ([values, rows], { rows: count }) => {
    real("scatterAdd", [values]);
    return { shape: [rows.shape[0]!, count, ...values.shape.slice(rows.shape.length)], element: "f32" };
  },
  random: (types, { shape, distribution }) => {
    const [key, counter, limit] = types;
    const replicas = counter.shape[0]!;
    const fits = types.every((type) => type.element === "u32") && sameShape(key.shape, [replicas, 2]) &&
      sameShape(counter.shape, [replicas]) &&
      (distribution === "index"
        ? limit !== undefined && sameShape(limit.shape, [replicas])
        : types.length === 2);
    if (!fits) {
      throw new ShapeMismatch(
        "random",
        types,
        "it needs keys u32[R,2], counters u32[R] and, for index, limits u32[R]",
      );
    }
    const words = distribution === "bits" || distribution === "index";
    return { shape: [replicas, ...shape], element: words ? "u32" : "f32" };
  },
  stopGradient: ([type]) => type,
  logAbsDet: (types) => {
    squareType("logAbsDet", types);
    return { shape: types[0].shape.slice(0, -2), element: "f32" };
  },
  signDet: (types) => {
    squareType("signDet", types);
    return { shape: types[0].shape.slice(0, -2), element: "f32" };
  },
  inverse: (types) => {
    squareType("inverse", types);
    return types[0];
  },
};
