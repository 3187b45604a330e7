/**
 * The functions with which programs are written: each applies one primitive or a few.
 *
 * Derivative rules need not handle broadcasting: `add` and the like insert an explicit `broadcast`, whose own
 * derivative sums over the broadcast axes.
 *
 * @module
 */

import { apply, requireTensors, type Tensor } from "./expression.ts";
import type { Distribution } from "./loops.ts";
import {
  aroundAxis,
  broadcastShape,
  checkedShape,
  type ElementType,
  type Operands,
  requireAxis,
  sameShape,
  type Shape,
  ShapeMismatch,
  type TensorType,
} from "./shape.ts";
import { type PrimitiveName, type Primitives, signatures } from "./signatures.ts";
import { aList, type Fields, requireFields, requireFit, truth } from "../given.ts";

/** Applies a primitive. Throws {@link ShapeMismatch} for invalid inputs. */
export function emit<K extends PrimitiveName>(
  name: K,
  inputs: readonly Tensor[],
  params: Primitives[K],
): Tensor {
  requireTensors(name, inputs);
  const type = signatures[name](inputs.map((tensor) => tensor.type) as Operands<TensorType>, params);
  return apply({ kind: "primitive", name, params }, inputs, [type])[0]!;
}

/** A tensor, or a number that stands for a constant of the other operand's shape. */
export type Term = Tensor | number;

/** Broadcasts two operands to a common shape. */
function aligned(name: string, a: Term, b: Term): readonly [Tensor, Tensor] {
  requireTensors(name, [a, b].filter((term) => typeof term !== "number"));
  if (typeof a === "number" && typeof b === "number") return [constant(a), constant(b)];
  if (typeof a === "number") return aligned(name, constant(a, [], (b as Tensor).type.element), b);
  if (typeof b === "number") return aligned(name, a, constant(b, [], a.type.element));
  const shape = broadcastShape(a.shape, b.shape);
  if (shape === null) throw new ShapeMismatch(name, [a.type, b.type], "the shapes must broadcast");
  return [broadcast(a, shape), broadcast(b, shape)];
}

/** A constant: one number for all elements, or one number for each element in row-major order. */
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
/** The sine of radians. */
export const sin = (x: Tensor): Tensor => emit("sin", [x], {});
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
  requireTensors("select", [condition]);
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
/** The element of rank `rank` (0 is the smallest) along an axis, which disappears. */
export const orderStatistic = (x: Tensor, axis: number, rank: number): Tensor =>
  emit("orderStatistic", [x], { axis, rank });
/** Stretches axes of length 1, and adds leading axes. */
export const broadcast = (x: Tensor, shape: Shape): Tensor => {
  requireTensors("broadcast", [x]);
  return sameShape(x.shape, checkedShape(shape)) ? x : emit("broadcast", [x], { shape });
};
/** The same elements in another shape. */
export const reshape = (x: Tensor, shape: Shape): Tensor => {
  requireTensors("reshape", [x]);
  return sameShape(x.shape, checkedShape(shape)) ? x : emit("reshape", [x], { shape });
};
/** The part `start … start + size - 1` along an axis. */
export const slice = (x: Tensor, axis: number, start: number, size: number): Tensor => {
  requireTensors("slice", [x]);
  return start === 0 && size === x.shape[axis] ? x : emit("slice", [x], { axis, start, size });
};
/** A tensor of length `size` along `axis` with each part at its start and zeros between. */
export const place = (
  parts: readonly Tensor[],
  axis: number,
  starts: readonly number[],
  size: number,
): Tensor => {
  requireTensors("place", parts);
  requireFit("The starts of place", starts, aList);
  checkedShape([...starts, size]);
  return emit("place", parts, { axis, starts, size });
};
/** Concatenates tensors along an axis. */
export function concat(parts: readonly Tensor[], axis: number): Tensor {
  requireTensors("concat", parts);
  const starts: number[] = [];
  let size = 0;
  for (const part of parts) {
    requireAxis("concat", part.type, axis);
    starts.push(size);
    size += part.shape[axis]!;
  }
  return place(parts, axis, starts, size);
}
const TRANSPOSE: Fields<Primitives["dot"]> = { transposeA: truth, transposeB: truth };

/** The matrix product over the last two axes; leading axes must be equal. */
export const dot = (a: Tensor, b: Tensor, transpose: Partial<Primitives["dot"]> = {}): Tensor => {
  requireFields("The options of dot", transpose, TRANSPOSE);
  return emit("dot", [a, b], {
    transposeA: transpose.transposeA ?? false,
    transposeB: transpose.transposeB ?? false,
  });
};
/** Rows `[R, …]` of a table `[R, N, …]`. */
export const gather = (table: Tensor, rows: Tensor): Tensor => emit("gather", [table, rows], {});
/**
 * Random numbers `[R, …shape]` of keys `u32[R,2]` and counters `u32[R]`; see `src/random/draw.ts`.
 *
 * @param limit for `index`: integers are drawn from `0 … limit[r] - 1`
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
/** The identity, through which no derivative flows. */
export const stopGradient = (x: Tensor): Tensor => emit("stopGradient", [x], {});
/** `log |det A|` over the last two axes (length at most 8); -3.4e38 where singular. */
export const logAbsDet = (a: Tensor): Tensor => emit("logAbsDet", [a], {});
/** The sign of `det A` over the last two axes: 1, -1, or 0 where singular; no derivative flows through it. */
export const signDet = (a: Tensor): Tensor => emit("signDet", [a], {});
/** The inverse over the last two axes (length at most 8). */
export const inverse = (a: Tensor): Tensor => emit("inverse", [a], {});
