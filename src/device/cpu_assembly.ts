/**
 * The operations that the CPU device computes in WebAssembly: the kernels with matrices and particles, random numbers,
 * and the primitives that stand between them.
 *
 * @module
 */

import type { Adam } from "../kernels/adam.ts";
import type { Dense, DenseInput, DenseWeight } from "../kernels/dense.ts";
import type { Mixture } from "../kernels/mixture.ts";
import type { SoftValue } from "../kernels/soft_value.ts";
import type { Stein } from "../kernels/stein.ts";
import { nameOf, type Operation } from "../tensor/expression.ts";
import { blockOf, type Rank3, type Rank4 } from "../tensor/shape.ts";
import type { Primitives } from "../tensor/primitives.ts";
import { aroundAxis, type Shape, sizeOf, type TensorType } from "../tensor/shape.ts";
import {
  ABSENT,
  type Assembly,
  type DenseProduct,
  DESCRIPTOR_BYTES,
  type DescriptorWord,
  DISTRIBUTIONS,
  MAP_OPERATIONS,
  type RoutineName,
  WORK_BYTES,
} from "./assembly/assembly.ts";
import type { Job } from "./assembly/pool.ts";
import { copyBlocks, isContiguous, type Routine, type View } from "./host.ts";

/** What builds the jobs of a program: WebAssembly memory, descriptors, and who runs them. */
export interface JobBuilder {
  readonly assembly: Assembly;
  /** Takes room for descriptors: the byte offset of the first. */
  readonly reserve: (count: number) => number;
  /** Prepares a job; the result does it. */
  readonly prepare: (job: Job) => () => void;
}

const MOST_DIMENSIONS = 3;

/** The axes of a broadcast that are left when neighbours with one common step are taken for one. */
function collapsed(from: Shape, to: Shape): readonly { length: number; step: number }[] {
  const axes: { length: number; step: number }[] = [];
  let stride = sizeOf(from);
  to.forEach((length, axis) => {
    const own = from[axis - to.length + from.length] ?? 1;
    stride /= own;
    const step = own === 1 ? 0 : stride;
    const last = axes[axes.length - 1];
    if (length === 1) return;
    if (last !== undefined && last.step === step * length) {
      last.length *= length;
      last.step = step;
    } else {
      axes.push({ length, step });
    }
  });
  while (axes.length < MOST_DIMENSIONS) axes.unshift({ length: 1, step: 0 });
  return axes;
}

const real = (types: readonly TensorType[]): boolean => types.every(({ element }) => element === "f32");

/** Whether an operation on operands of these types is computed in WebAssembly; its operands then lie in its memory. */
export function assemblyTakes(operation: Operation, types: readonly TensorType[]): boolean {
  const [{ shape } = { shape: [] }] = types;
  switch (nameOf(operation)) {
    case "dense":
    case "denseInput":
    case "denseWeight":
    case "adam":
    case "finite":
      return true;
    case "softValue":
      return 4 * shape[2]! + 16 <= WORK_BYTES;
    case "stein": {
      const [, , F, A] = shape as Rank4, row = 4 * (types[1]!.shape[2]! + 3);
      return (F + A) * row <= WORK_BYTES;
    }
    case "mixture": {
      const [, , M, A] = shape as Rank4, K = types[1]!.shape[2]! + (types[2]?.shape[2] ?? 0);
      return 4 * (A * (K + 3) + Math.max(4 * M, M * (M - 1) / 2 + 3)) <= WORK_BYTES;
    }
    case "random":
      return true;
    case "broadcast": {
      const to = (operation.params as Primitives["broadcast"]).shape;
      const from = shape.length === to.length ? shape.slice(1) : shape;
      return to.length > 0 && collapsed(from, to.slice(1)).length <= MOST_DIMENSIONS;
    }
    case "select":
      return true;
    case "sum":
      return sizeOf(shape) > 0;
    default:
      return real(types) && (MAP_OPERATIONS as readonly string[]).includes(nameOf(operation));
  }
}

/** Byte offset of replica r's block. */
const address = ({ values, offset, stride }: View, r: number): number =>
  values.byteOffset + 4 * (offset + r * stride);

/** Product of one replica, without what the three layouts have of their own. */
const product = (
  layout: DenseProduct["layout"],
  depth: number,
  [a, b, c]: readonly [View, View, View],
  r: number,
): DenseProduct => ({
  layout,
  rows: c.type.shape[1]!,
  columns: c.type.shape[2]!,
  depth,
  a: address(a, r),
  aStride: a.type.shape[2]!,
  b: address(b, r),
  bStride: b.type.shape[2]!,
  c: address(c, r),
  cStride: c.type.shape[2]!,
});

/** Nanoseconds of single items on one core, roughly: they decide whether a split pays, never a result. */
const COST = { multiplyAdd: 1 / 15, element: 0.3, random: 5, adam: 1, exp: 1.5, statistic: 4 } as const;

/** Copies operands to where the results are expected, where the two do not lie in the same memory already. */
function holding(pairs: readonly (readonly [View, View])[], run: () => void): () => void {
  const apart = pairs.filter(([before, after]) =>
    before.values !== after.values || before.offset !== after.offset
  );
  if (apart.length === 0) return run;
  return () => {
    for (const [before, after] of apart) copyBlocks(before, after);
    run();
  };
}

/** Routines bound to one memory, by the names of kernels and primitives. */
export function assemblyRoutines(
  { assembly, reserve, prepare }: JobBuilder,
): Readonly<Record<string, Routine>> {
  const products = (made: readonly DenseProduct[], extraRows: number): () => void => {
    const descriptor = reserve(made.length);
    made.forEach((each, r) => assembly.writeDense(descriptor + r * DESCRIPTOR_BYTES, each));
    const [{ rows, columns, depth }] = made as [DenseProduct];
    const items = rows + extraRows;
    const cost = made.length * items * columns * depth * COST.multiplyAdd;
    return prepare({ routine: "dense", descriptor, replicas: made.length, items, grain: 6, cost });
  };
  /** A job with one descriptor a replica. */
  const job = (
    routine: RoutineName,
    replicas: number,
    items: number,
    costOfItem: number,
    words: (r: number) => readonly DescriptorWord[],
    grain = 1,
  ): () => void => {
    const descriptor = reserve(replicas);
    for (let r = 0; r < replicas; r++) {
      assembly.writeWords(descriptor + r * DESCRIPTOR_BYTES, words(r));
    }
    return prepare({ routine, descriptor, replicas, items, grain, cost: replicas * items * costOfItem });
  };
  const each = (view: View, make: (r: number) => DenseProduct): readonly DenseProduct[] =>
    Array.from({ length: view.replicas }, (_, r) => make(r));

  const dense: Routine = ([x, w, addend], [y], params) => {
    const { activation, bias, group } = params as Dense;
    const K = x.type.shape[2]!, N = w.type.shape[2]!;
    return products(
      each(y, (r) => ({
        ...product("NN", K, [x, w, y], r),
        ...bias ? { bias: address(w, r) + 4 * K * N } : {},
        ...group > 0 ? { addend: { offset: address(addend, r), stride: N, group } } : {},
        activation,
      })),
      0,
    );
  };
  const denseInput: Routine = ([g, w, y], [out], params) => {
    const { mask } = params as DenseInput;
    return products(
      each(out, (r) => ({
        ...product("NT", g.type.shape[2]!, [g, w, out], r),
        ...mask === "identity"
          ? {}
          : { mask: { offset: address(y, r), stride: y.type.shape[2]!, kind: mask } },
      })),
      0,
    );
  };
  const denseWeight: Routine = ([x, g], [out], params) => {
    const { bias } = params as DenseWeight;
    const rows = x.type.shape[2]!;
    return products(
      each(out, (r) => ({ ...product("TN", x.type.shape[1]!, [x, g, out], r), rows })),
      bias ? 1 : 0,
    );
  };
  const adam: Routine = (inputs, outputs, params) => {
    const { target, beta1, beta2, epsilon } = params as Adam;
    const [p, g, m, v, clock, rates, frozen, old] = inputs;
    const held = (target ? [p, m, v, old] : [p, m, v]).map((before, k) => [before, outputs[k]!] as const);
    const constants = [beta1, 1 - beta1, beta2, 1 - beta2, epsilon].map((float) => ({ float }));
    return holding(
      held,
      job("adam", p.replicas, p.type.shape[1]!, COST.adam, (r) => [
        address(outputs[0], r),
        address(g, r),
        address(outputs[1], r),
        address(outputs[2], r),
        target ? address(outputs[3], r) : ABSENT,
        address(clock, r),
        address(rates, r),
        address(frozen, r),
        ...constants,
      ], 4),
    );
  };
  const softValue: Routine = ([q, alpha, density], [value], params) => {
    const [, B, K] = q.type.shape as Rank3;
    return job("softValue", q.replicas, B, K * COST.exp, (r) => [
      address(q, r),
      density === undefined ? ABSENT : address(density, r),
      address(alpha, r),
      { float: (params as SoftValue).logDensity },
      K,
      address(value, r),
    ]);
  };
  const stein: Routine = ([x, y, score, alpha], [direction, bandwidth], params) => {
    const { rank, divisor, floor } = params as Stein;
    const [, B, F, A] = x.type.shape as Rank4, U = y.type.shape[2]!;
    return job("stein", x.replicas, B, F * U * (A + COST.exp + COST.statistic), (r) => [
      ...[x, y, score, alpha, direction, bandwidth].map((view) => address(view, r)),
      ...[F, U, A, rank],
      { float: divisor },
      { float: floor },
    ]);
  };
  const mixture: Routine = ([centres, normal, uniform], [action, density], params) => {
    const { width, rank, divisor, floor } = params as Mixture;
    const [, B, M, A] = centres.type.shape as Rank4, G = normal.type.shape[2]!, K = action.type.shape[2]!;
    return job(
      "mixture",
      centres.replicas,
      B,
      K * (M * (A + COST.exp) * COST.element + A * COST.exp),
      (r) => [
        ...[centres, normal].map((view) => address(view, r)),
        uniform === undefined ? ABSENT : address(uniform, r),
        ...[action, density].map((view) => address(view, r)),
        ...[M, G, K - G, A],
        { float: width },
        rank,
        { float: divisor },
        { float: floor },
      ],
    );
  };
  const finite: Routine = ([values, frozen, update], [flag]) => {
    const count = blockOf(values.type);
    return holding(
      [[frozen, flag]],
      job("finite", values.replicas, 1, count * COST.element, (r) => [
        address(values, r),
        count,
        address(flag, r),
        address(update, r),
      ]),
    );
  };
  const random: Routine = ([key, counter, limit], [out], params) => {
    const { distribution, stream } = params as Primitives["random"];
    const count = blockOf(out.type);
    return job("random", out.replicas, Math.ceil(count / 4), 4 * COST.random, (r) => [
      DISTRIBUTIONS.indexOf(distribution),
      address(key, r),
      address(counter, r),
      limit === undefined ? ABSENT : address(limit, r),
      stream,
      count,
      address(out, r),
    ], 4);
  };
  // Where there are several replicas each has a descriptor of its own, so that replicas can be computed one by one.
  const map = (operation: number): Routine => (inputs, [out]) => {
    const whole = out.replicas === 0 || out.type.shape.length === 0;
    const count = whole ? sizeOf(out.type.shape) : blockOf(out.type);
    return job("map", whole ? 1 : out.replicas, count, COST.element, (r) => [
      operation,
      ...[0, 1, 2].map((k) => inputs[k] === undefined ? ABSENT : address(inputs[k], r)),
      address(out, r),
    ], 4);
  };
  const broadcast: Routine = ([x], [out]) => {
    const from = x.type.shape, to = out.type.shape;
    // An operand without the replicas' axis, or with a single replica, serves all.
    const ranked = from.length === to.length, own = ranked && from[0] === to[0];
    if (!own && !isContiguous(x)) return null;
    const [outer, middle, inner] = collapsed(ranked ? from.slice(1) : from, to.slice(1)) as [
      { length: number; step: number },
      { length: number; step: number },
      { length: number; step: number },
    ];
    return job("repeat", out.replicas, outer.length, 0, (r) => [
      address(x, own ? r : 0),
      address(out, r),
      ...[middle.length, middle.step, inner.length, inner.step, outer.step],
    ]);
  };
  const sum: Routine = ([x], [out], params) => {
    const { axis } = params as Primitives["sum"];
    const whole = axis === 0;
    if (whole && !(isContiguous(x) && isContiguous(out))) return null;
    const [outer, length, inner] = aroundAxis(x.type.shape, axis);
    const replicas = whole ? 1 : x.replicas;
    return job("groupSums", replicas, outer / replicas, length * inner * COST.element, (r) => [
      address(x, r),
      address(out, r),
      length,
      inner,
    ]);
  };
  return {
    ...{ dense, denseInput, denseWeight, adam, softValue, stein, mixture, finite, random, broadcast, sum },
    ...Object.fromEntries(MAP_OPERATIONS.map((name, operation) => [name, map(operation)])),
  };
}
