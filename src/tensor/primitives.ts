/**
 * The primitives: one table with a shape rule, a reference rule and a derivative rule each, and the functions by which
 * programs are written.
 *
 * Laws, tested: every derivative rule agrees with central differences of the reference rule in float64; the table is
 * typed over the union of primitives, so a missing rule does not compile. Derivatives never see broadcasting: `add`
 * and its kin insert a `broadcast`, whose own derivative sums it away.
 *
 * @module
 */

import { apply, type Tensor } from "./expression.ts";
import { matrixSizes, type PrimitiveName, type Primitives, signatures, squareType } from "./signatures.ts";
import * as loops from "./loops.ts";
import type { Distribution, Values } from "./loops.ts";
import {
  aroundAxis,
  broadcastShape,
  type ElementType,
  type Operands,
  sameShape,
  type Shape,
  ShapeMismatch,
  sizeOf,
  type TensorType,
} from "./shape.ts";

export type { NoParameters, PrimitiveName, Primitives } from "./signatures.ts";

/** What the table holds for one primitive. */
export interface Rule<P> {
  /** The output's type; throws {@link ShapeMismatch}. */
  readonly type: (inputs: Operands<TensorType>, params: P) => TensorType;
  /** Computes the output in the precision of its storage. */
  readonly evaluate: (inputs: Operands<Values>, out: Values, types: Operands<TensorType>, params: P) => void;
  /** The inputs' cotangents (null: none) from the output's. */
  readonly derivative: (
    inputs: Operands<Tensor>,
    output: Tensor,
    cotangent: Tensor,
    params: P,
  ) => readonly (Tensor | null)[];
}

/** Repeats a reduction's result along the axis that it removed. */
const stretch = (reduced: Tensor, axis: number, shape: Shape): Tensor =>
  broadcast(reshape(reduced, [...shape.slice(0, axis), 1, ...shape.slice(axis + 1)]), shape);

/** The table. */
export const primitives: { readonly [K in PrimitiveName]: Rule<Primitives[K]> } = {
  constant: {
    type: signatures.constant,
    evaluate: (_, out, __, { values }) => {
      if (values.length === 1) out.fill(values[0]!);
      else out.set(values);
    },
    derivative: () => [],
  },
  neg: {
    type: signatures.neg,
    evaluate: loops.unary((x) => -x),
    derivative: (_, __, g) => [neg(g)],
  },
  exp: {
    type: signatures.exp,
    evaluate: loops.unary(Math.exp),
    derivative: (_, y, g) => [mul(g, y)],
  },
  log: {
    type: signatures.log,
    evaluate: loops.unary(Math.log),
    derivative: ([x], _, g) => [div(g, x)],
  },
  sqrt: {
    type: signatures.sqrt,
    evaluate: loops.unary(Math.sqrt),
    derivative: (_, y, g) => [div(mul(g, 0.5), y)],
  },
  tanh: {
    type: signatures.tanh,
    evaluate: loops.unary(Math.tanh),
    derivative: (_, y, g) => [mul(g, sub(1, mul(y, y)))],
  },
  add: {
    type: signatures.add,
    evaluate: loops.binary((x, y) => x + y),
    derivative: (_, __, g) => [g, g],
  },
  mul: {
    type: signatures.mul,
    evaluate: loops.binary((x, y) => x * y),
    derivative: ([a, b], _, g) => [mul(g, b), mul(g, a)],
  },
  div: {
    type: signatures.div,
    evaluate: loops.binary((x, y) => x / y),
    derivative: ([_, b], y, g) => [div(g, b), neg(div(mul(g, y), b))],
  },
  maximum: {
    type: signatures.maximum,
    evaluate: loops.binary(Math.max),
    // At equality the first operand gets the whole cotangent.
    derivative: ([a, b], _, g) => [select(less(a, b), 0, g), select(less(a, b), g, 0)],
  },
  less: {
    type: signatures.less,
    evaluate: loops.binary((x, y) => x < y ? 1 : 0),
    derivative: () => [null, null],
  },
  remainder: {
    type: signatures.remainder,
    evaluate: loops.binary((x, y) => y === 0 ? 0 : x % y),
    derivative: () => [null, null],
  },
  toReal: {
    type: signatures.toReal,
    evaluate: loops.unary((x) => x),
    derivative: () => [null],
  },
  select: {
    type: signatures.select,
    evaluate: ([condition, a, b], out) => {
      for (let i = 0; i < out.length; i++) out[i] = condition[i] !== 0 ? a[i]! : b[i]!;
    },
    derivative: ([condition], _, g) => [null, select(condition, g, 0), select(condition, 0, g)],
  },
  sum: {
    type: signatures.sum,
    evaluate: ([a], out, [type], { axis }) =>
      loops.fold(a, type.shape, axis, 0, (accumulated, x) => accumulated + x, out),
    derivative: ([x], _, g, { axis }) => [stretch(g, axis, x.shape)],
  },
  max: {
    type: signatures.max,
    evaluate: ([a], out, [type], { axis }) => loops.fold(a, type.shape, axis, -Infinity, Math.max, out),
    derivative: ([x], y, g, { axis }) => [shareAmongEqual(x, y, g, axis)],
  },
  orderStatistic: {
    type: signatures.orderStatistic,
    evaluate: ([a], out, [type], { axis, rank }) => loops.orderStatistic(a, type.shape, axis, rank, out),
    derivative: ([x], y, g, { axis }) => [shareAmongEqual(x, y, g, axis)],
  },
  broadcast: {
    type: signatures.broadcast,
    evaluate: ([a], out, [type], { shape }) => loops.broadcast(a, type.shape, shape, out),
    derivative: ([x], _, g) => [unbroadcast(g, x.shape)],
  },
  reshape: {
    type: signatures.reshape,
    evaluate: ([a], out) => out.set(a),
    derivative: ([x], _, g) => [reshape(g, x.shape)],
  },
  slice: {
    type: signatures.slice,
    evaluate: ([a], out, [type], { axis, start, size }) => loops.slice(a, type.shape, axis, start, size, out),
    derivative: ([x], _, g, { axis, start }) => [place([g], axis, [start], x.shape[axis]!)],
  },
  place: {
    type: signatures.place,
    evaluate: (parts, out, types, { axis, starts, size }) =>
      loops.place(parts, types.map((type) => type.shape), axis, starts, size, out),
    derivative: (parts, _, g, { axis, starts }) =>
      parts.map((part, p) => slice(g, axis, starts[p]!, part.shape[axis]!)),
  },
  dot: {
    type: signatures.dot,
    evaluate: ([a, b], out, types, params) =>
      loops.dot(
        a,
        b,
        sizeOf(types[0].shape.slice(0, -2)),
        matrixSizes(types, params),
        params.transposeA,
        params.transposeB,
        out,
      ),
    derivative: ([a, b], _, g, { transposeA, transposeB }) => [
      transposeA
        ? dot(b, g, { transposeA: transposeB, transposeB: true })
        : dot(g, b, { transposeB: !transposeB }),
      transposeB
        ? dot(g, a, { transposeA: true, transposeB: transposeA })
        : dot(a, g, { transposeA: !transposeA }),
    ],
  },
  gather: {
    type: signatures.gather,
    evaluate: ([table, rows], out, [type]) => loops.gather(table, type.shape, rows, out),
    derivative: ([table, rows], _, g) => [emit("scatterAdd", [g, rows], { rows: table.shape[1]! }), null],
  },
  scatterAdd: {
    type: signatures.scatterAdd,
    evaluate: ([values, rows], out, types, { rows: count }) =>
      loops.scatterAdd(
        values,
        rows,
        [types[1].shape[0]!, count, ...types[0].shape.slice(types[1].shape.length)],
        out,
      ),
    derivative: ([_, rows], __, g) => [gather(g, rows), null],
  },
  random: {
    type: signatures.random,
    evaluate: ([keys, counters, limits], out, _, { stream, distribution }) =>
      loops.random(keys, counters, limits ?? null, stream, distribution, out),
    derivative: (inputs) => inputs.map(() => null),
  },
  stopGradient: {
    type: signatures.stopGradient,
    evaluate: ([a], out) => out.set(a),
    derivative: () => [null],
  },
  logAbsDet: {
    type: signatures.logAbsDet,
    evaluate: ([a], out, types) => loops.logAbsDet(a, squareType("logAbsDet", types), out),
    derivative: ([a], _, g) => {
      const n = a.shape[a.shape.length - 1]!;
      const identity = broadcast(
        constant(Array.from({ length: n * n }, (_, i) => i % (n + 1) === 0 ? 1 : 0), [n, n]),
        a.shape,
      );
      const transposed = dot(inverse(a), identity, { transposeA: true });
      return [mul(reshape(g, [...g.shape, 1, 1]), transposed)];
    },
  },
  signDet: {
    type: signatures.signDet,
    evaluate: ([a], out, types) => loops.signDet(a, squareType("signDet", types), out),
    derivative: () => [null],
  },
  inverse: {
    type: signatures.inverse,
    evaluate: ([a], out, types) => loops.inverse(a, squareType("inverse", types), out),
    derivative: (_, y, g) => [neg(dot(dot(y, g, { transposeA: true }), y, { transposeB: true }))],
  },
};

/** Applies a primitive. Throws {@link ShapeMismatch} for inputs that it cannot take. */
export function emit<K extends PrimitiveName>(
  name: K,
  inputs: readonly Tensor[],
  params: Primitives[K],
): Tensor {
  const type = primitives[name].type(inputs.map((tensor) => tensor.type) as Operands<TensorType>, params);
  return apply({ kind: "primitive", name, params }, inputs, [type])[0]!;
}

/** A tensor, or a number, which means a constant of the other operand's shape. */
export type Term = Tensor | number;

/** Gives two operands one shape. */
function aligned(name: string, a: Term, b: Term): readonly [Tensor, Tensor] {
  if (typeof a === "number" && typeof b === "number") return [constant(a), constant(b)];
  if (typeof a === "number") return aligned(name, constant(a, [], (b as Tensor).type.element), b);
  if (typeof b === "number") return aligned(name, a, constant(b, [], a.type.element));
  const shape = broadcastShape(a.shape, b.shape);
  if (shape === null) throw new ShapeMismatch(name, [a.type, b.type], "the shapes must broadcast");
  return [broadcast(a, shape), broadcast(b, shape)];
}

/** Sums a cotangent over the axes along which its primal was repeated: the one place where broadcasting is undone. */
function unbroadcast(g: Tensor, shape: Shape): Tensor {
  let out = g;
  while (out.shape.length > shape.length) out = sum(out, 0);
  shape.forEach((length, axis) => {
    if (length === 1 && out.shape[axis] !== 1) {
      out = reshape(sum(out, axis), out.shape.map((old, k) => k === axis ? 1 : old));
    }
  });
  return out;
}

/** The cotangent of a selection from a line, in equal shares to the elements that equal the selected one. */
function shareAmongEqual(x: Tensor, y: Tensor, g: Tensor, axis: number): Tensor {
  const selected = stretch(y, axis, x.shape);
  const differs = maximum(less(x, selected), less(selected, x));
  const equal = sub(1, differs);
  return mul(equal, stretch(div(g, sum(equal, axis)), axis, x.shape));
}

/** A constant: one number for all elements, or one each in row-major order. */
export const constant = (
  values: number | readonly number[],
  shape: Shape = [],
  element: ElementType = "f32",
): Tensor => emit("constant", [], { values: typeof values === "number" ? [values] : values, shape, element });

/** `-x` */
export const neg = (x: Tensor): Tensor => emit("neg", [x], {});
/** `e^x` */
export const exp = (x: Tensor): Tensor => emit("exp", [x], {});
/** The natural logarithm. */
export const log = (x: Tensor): Tensor => emit("log", [x], {});
/** The square root. */
export const sqrt = (x: Tensor): Tensor => emit("sqrt", [x], {});
/** The hyperbolic tangent. */
export const tanh = (x: Tensor): Tensor => emit("tanh", [x], {});
/** `a + b`, broadcasting. */
export const add = (a: Term, b: Term): Tensor => emit("add", aligned("add", a, b), {});
/** `a - b`, broadcasting. */
export const sub = (a: Term, b: Term): Tensor => add(a, typeof b === "number" ? -b : neg(b));
/** `a · b`, broadcasting. */
export const mul = (a: Term, b: Term): Tensor => emit("mul", aligned("mul", a, b), {});
/** `a / b`, broadcasting. */
export const div = (a: Term, b: Term): Tensor => emit("div", aligned("div", a, b), {});
/** The larger of two, broadcasting. */
export const maximum = (a: Term, b: Term): Tensor => emit("maximum", aligned("maximum", a, b), {});
/** The smaller of two, broadcasting. */
export const minimum = (a: Term, b: Term): Tensor =>
  neg(maximum(typeof a === "number" ? -a : neg(a), typeof b === "number" ? -b : neg(b)));
/** `max(x, 0)` */
export const relu = (x: Tensor): Tensor => maximum(x, 0);
/** 1 where `a < b`, else 0; broadcasting. */
export const less = (a: Term, b: Term): Tensor => emit("less", aligned("less", a, b), {});
/** The remainder of a division of words (0 where the divisor is 0), broadcasting. */
export const remainder = (a: Term, b: Term): Tensor => emit("remainder", aligned("remainder", a, b), {});
/** Words as real numbers, exact below 2^24 in float32. */
export const toReal = (x: Tensor): Tensor => emit("toReal", [x], {});
/** `a` where the condition is not 0, else `b`; broadcasting. */
export function select(condition: Tensor, a: Term, b: Term): Tensor {
  const [x, y] = aligned("select", a, b);
  const shape = broadcastShape(condition.shape, x.shape);
  if (shape === null) {
    throw new ShapeMismatch("select", [condition.type, x.type], "the shapes must broadcast");
  }
  return emit("select", [broadcast(condition, shape), broadcast(x, shape), broadcast(y, shape)], {});
}
/** The sum along an axis, which disappears. */
export const sum = (x: Tensor, axis: number): Tensor => emit("sum", [x], { axis });
/** The mean along an axis, which disappears. */
export const mean = (x: Tensor, axis: number): Tensor => mul(sum(x, axis), 1 / aroundAxis(x.shape, axis)[1]);
/** The maximum along an axis, which disappears. */
export const max = (x: Tensor, axis: number): Tensor => emit("max", [x], { axis });
/** The element of rank `rank` (0 is the least) along an axis, which disappears. */
export const orderStatistic = (x: Tensor, axis: number, rank: number): Tensor =>
  emit("orderStatistic", [x], { axis, rank });
/** Stretches axes of length 1, and adds leading axes. */
export const broadcast = (x: Tensor, shape: Shape): Tensor =>
  sameShape(x.shape, shape) ? x : emit("broadcast", [x], { shape });
/** The same elements in another shape. */
export const reshape = (x: Tensor, shape: Shape): Tensor =>
  sameShape(x.shape, shape) ? x : emit("reshape", [x], { shape });
/** The part `start … start + size - 1` along an axis. */
export const slice = (x: Tensor, axis: number, start: number, size: number): Tensor =>
  start === 0 && size === x.shape[axis] ? x : emit("slice", [x], { axis, start, size });
/** A tensor of length `size` along `axis` with each part at its start and zeros between. */
export const place = (
  parts: readonly Tensor[],
  axis: number,
  starts: readonly number[],
  size: number,
): Tensor => emit("place", parts, { axis, starts, size });
/** The parts one after the other along an axis. */
export function concat(parts: readonly Tensor[], axis: number): Tensor {
  const starts: number[] = [];
  let size = 0;
  for (const part of parts) {
    starts.push(size);
    size += part.shape[axis]!;
  }
  return place(parts, axis, starts, size);
}
/** The matrix product over the last two axes; leading axes are the same in both. */
export const dot = (a: Tensor, b: Tensor, transpose: Partial<Primitives["dot"]> = {}): Tensor =>
  emit("dot", [a, b], {
    transposeA: transpose.transposeA ?? false,
    transposeB: transpose.transposeB ?? false,
  });
/** Rows `[R, …]` of a table `[R, N, …]`. */
export const gather = (table: Tensor, rows: Tensor): Tensor => emit("gather", [table, rows], {});
/**
 * Random numbers `[R, …shape]` of keys `u32[R,2]` and counters `u32[R]`; see `src/random/draw.ts`.
 *
 * @param limit for `index`: numbers are drawn from `0 … limit[r] - 1`
 */
export const random = (
  key: Tensor,
  counter: Tensor,
  distribution: Distribution,
  stream: number,
  shape: Shape,
  limit?: Tensor,
): Tensor =>
  emit("random", limit === undefined ? [key, counter] : [key, counter, limit], {
    shape,
    distribution,
    stream,
  });
/** The same values, through which no derivative flows. */
export const stopGradient = (x: Tensor): Tensor => emit("stopGradient", [x], {});
/** `log |det A|` over the last two axes (length at most 8); -3.4e38 where singular. */
export const logAbsDet = (a: Tensor): Tensor => emit("logAbsDet", [a], {});
/** The sign of `det A` of matrices in the last two axes: 1, -1, or 0 where it is singular; it has no derivative. */
export const signDet = (a: Tensor): Tensor => emit("signDet", [a], {});
/** The inverse over the last two axes (length at most 8). */
export const inverse = (a: Tensor): Tensor => emit("inverse", [a], {});
