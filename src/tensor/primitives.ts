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
import type { Range, Values } from "./loops.ts";
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
import type { Work } from "./units.ts";
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
  /** Computes a range of the output's items, in the precision of its storage. */
  readonly evaluate: (
    inputs: Operands<Values>,
    out: Values,
    types: Operands<TensorType>,
    params: P,
    range: Range,
  ) => void;
  /** What `evaluate` divides into ranges: elements of the output, of cost 1, unless given. */
  readonly work?: (types: Operands<TensorType>, output: TensorType, params: P) => Work;
  /** Cotangents of the inputs (null: none) from the cotangent of the output. */
  readonly derivative: (
    inputs: Operands<Tensor>,
    output: Tensor,
    cotangent: Tensor,
    params: P,
  ) => readonly (Tensor | null)[];
}

/** The rules of the elementwise primitives. */
const maps = tableOf((name): Rule<NoParameters> => {
  const evaluate = loops.map(elementwise[name].evaluate);
  return {
    type: signatures[name],
    evaluate: (inputs, out, _, __, range) => evaluate(inputs, out, range),
    derivative: elementwise[name].derivative,
  };
});

/** The work of results that each come from so many elements. */
const each = (output: TensorType, cost: number): Work => ({ items: sizeOf(output.shape), cost });

/** The work of square matrices of an operand, one result each. */
const matrices = (type: TensorType): Work => {
  const n = type.shape[type.shape.length - 1] ?? 1;
  return { items: n === 0 ? 0 : sizeOf(type.shape) / (n * n), cost: n * n * n };
};

/** Elementary operations of a random number, about. */
const RANDOM = 30;

/** Repeats a reduction's result along the axis that it removed. */
const stretch = (reduced: Tensor, axis: number, shape: Shape): Tensor =>
  broadcast(reshape(reduced, [...shape.slice(0, axis), 1, ...shape.slice(axis + 1)]), shape);

/** The table. */
export const primitives: { readonly [K in PrimitiveName]: Rule<Primitives[K]> } = {
  constant: {
    type: signatures.constant,
    evaluate: (_, out, __, { values }, { from, to }) => {
      if (values.length === 1) out.fill(values[0]!, from, to);
      else for (let i = from; i < to; i++) out[i] = values[i]!;
    },
    derivative: () => [],
  },
  ...maps,
  sum: {
    type: signatures.sum,
    evaluate: ([a], out, [type], { axis }, range) =>
      loops.fold(a, type.shape, axis, 0, (accumulated, x) => accumulated + x, out, range),
    work: ([type], output, { axis }) => each(output, type.shape[axis]!),
    derivative: ([x], _, g, { axis }) => [stretch(g, axis, x.shape)],
  },
  max: {
    type: signatures.max,
    evaluate: ([a], out, [type], { axis }, range) =>
      loops.fold(a, type.shape, axis, -Infinity, Math.max, out, range),
    work: ([type], output, { axis }) => each(output, type.shape[axis]!),
    derivative: ([x], y, g, { axis }) => [shareAmongEqual(x, y, g, axis)],
  },
  orderStatistic: {
    type: signatures.orderStatistic,
    evaluate: ([a], out, [type], { axis, rank }, range) =>
      loops.orderStatistic(a, type.shape, axis, rank, out, range),
    work: ([type], output, { axis }) =>
      each(output, 4 * type.shape[axis]! * Math.log2(type.shape[axis]! + 1)),
    derivative: ([x], y, g, { axis }) => [shareAmongEqual(x, y, g, axis)],
  },
  broadcast: {
    type: signatures.broadcast,
    evaluate: ([a], out, [type], { shape }, range) => loops.broadcast(a, type.shape, shape, out, range),
    derivative: ([x], _, g) => [unbroadcast(g, x.shape)],
  },
  reshape: {
    type: signatures.reshape,
    evaluate: (inputs, out, _, __, range) => loops.copy(inputs, out, range),
    derivative: ([x], _, g) => [reshape(g, x.shape)],
  },
  slice: {
    type: signatures.slice,
    evaluate: ([a], out, [type], { axis, start, size }, range) =>
      loops.slice(a, type.shape, axis, start, size, out, range),
    derivative: ([x], _, g, { axis, start }) => [place([g], axis, [start], x.shape[axis]!)],
  },
  place: {
    type: signatures.place,
    evaluate: (parts, out, types, { axis, starts, size }, range) =>
      loops.place(parts, types.map((type) => type.shape), axis, starts, size, out, range),
    derivative: (parts, _, g, { axis, starts }) =>
      parts.map((part, p) => slice(g, axis, starts[p]!, part.shape[axis]!)),
  },
  dot: {
    type: signatures.dot,
    evaluate: ([a, b], out, types, params, range) =>
      loops.dot(a, b, matrixSizes(types, params), params.transposeA, params.transposeB, out, range),
    work: (types, output, params) => each(output, matrixSizes(types, params)[2]),
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
    evaluate: ([table, rows], out, [type], _, range) => loops.gather(table, type.shape, rows, out, range),
    work: ([table, rows]) => ({ items: sizeOf(rows.shape), cost: sizeOf(table.shape.slice(2)) }),
    derivative: ([table, rows], _, g) => [emit("scatterAdd", [g, rows], { rows: table.shape[1]! }), null],
  },
  scatterAdd: {
    type: signatures.scatterAdd,
    evaluate: ([values, rows], out, types, { rows: count }, range) =>
      loops.scatterAdd(
        values,
        rows,
        [types[1].shape[0]!, count, ...types[0].shape.slice(types[1].shape.length)],
        out,
        range,
      ),
    work: ([values, rows]) => ({
      items: sizeOf(rows.shape),
      cost: sizeOf(values.shape.slice(rows.shape.length)),
    }),
    derivative: ([_, rows], __, g) => [gather(g, rows), null],
  },
  random: {
    type: signatures.random,
    evaluate: ([keys, counters, limits], out, _, { stream, distribution }, range) =>
      loops.random(keys, counters, limits ?? null, stream, distribution, out, range),
    work: (_, output) => each(output, RANDOM),
    derivative: (inputs) => inputs.map(() => null),
  },
  stopGradient: {
    type: signatures.stopGradient,
    evaluate: (inputs, out, _, __, range) => loops.copy(inputs, out, range),
    derivative: () => [null],
  },
  logAbsDet: {
    type: signatures.logAbsDet,
    evaluate: ([a], out, types, _, range) => loops.logAbsDet(a, squareType("logAbsDet", types), out, range),
    work: ([type]) => matrices(type),
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
    evaluate: ([a], out, types, _, range) => loops.signDet(a, squareType("signDet", types), out, range),
    work: ([type]) => matrices(type),
    derivative: () => [null],
  },
  inverse: {
    type: signatures.inverse,
    evaluate: ([a], out, types, _, range) => loops.inverse(a, squareType("inverse", types), out, range),
    work: ([type]) => matrices(type),
    derivative: (_, y, g) => [neg(dot(dot(y, g, { transposeA: true }), y, { transposeB: true }))],
  },
};

/** The work of a primitive's rule. */
export const workOf = <P>(
  { work }: Pick<Rule<P>, "work">,
  types: Operands<TensorType>,
  output: TensorType,
  params: P,
): Work => work?.(types, output, params) ?? each(output, 1);

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
