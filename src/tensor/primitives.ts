/**
 * The primitives: one table with a shape rule, a reference rule and a derivative rule each.
 *
 * Laws, tested: every derivative rule agrees with central differences of the reference rule in float64; the table is
 * typed over the union of primitives, so a missing rule does not compile.
 *
 * @module
 */

import { elementwise, tableOf } from "./elementwise.ts";
import type { Tensor } from "./expression.ts";
import * as loops from "./loops.ts";
import type { Values } from "./loops.ts";
import {
  broadcast,
  constant,
  div,
  dot,
  emit,
  gather,
  inverse,
  less,
  maximum,
  mul,
  neg,
  place,
  reshape,
  slice,
  sub,
  sum,
} from "./operations.ts";
import { type Operands, type Shape, sizeOf, type TensorType } from "./shape.ts";
import {
  matrixSizes,
  type NoParameters,
  type PrimitiveName,
  type Primitives,
  signatures,
  squareType,
} from "./signatures.ts";

export * from "./operations.ts";
export type { ElementwisePrimitives, NoParameters, PrimitiveName, Primitives } from "./signatures.ts";

/** The table's row for one primitive. */
export interface Rule<P> {
  /** The output's type; throws {@link ShapeMismatch}. */
  readonly type: (inputs: Operands<TensorType>, params: P) => TensorType;
  /** Computes the output in the precision of its storage. */
  readonly evaluate: (inputs: Operands<Values>, out: Values, types: Operands<TensorType>, params: P) => void;
  /** Cotangents of the inputs (null: none) from the cotangent of the output. */
  readonly derivative: (
    inputs: Operands<Tensor>,
    output: Tensor,
    cotangent: Tensor,
    params: P,
  ) => readonly (Tensor | null)[];
}

/** The rules of the elementwise primitives. */
const maps = tableOf((name): Rule<NoParameters> => ({
  type: signatures[name],
  evaluate: loops.map(elementwise[name].evaluate),
  derivative: elementwise[name].derivative,
}));

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
  ...maps,
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

/** Sums a cotangent over the axes along which its primal was broadcast: the only place that undoes broadcasting. */
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

/** Divides the cotangent of a selection equally among the elements that equal the selected one. */
function shareAmongEqual(x: Tensor, y: Tensor, g: Tensor, axis: number): Tensor {
  const selected = stretch(y, axis, x.shape);
  const differs = maximum(less(x, selected), less(selected, x));
  const equal = sub(1, differs);
  return mul(equal, stretch(div(g, sum(equal, axis)), axis, x.shape));
}
