/**
 * Reading the replay: which rows a minibatch takes, and the rows themselves out of a field's segments.
 *
 * @module
 */

import randomShader from "../../shaders/random.wgsl" with { type: "text" };
import rowsShader from "../../shaders/rows.wgsl" with { type: "text" };
import { call, type Kernel, type Tensor } from "../tensor/expression.ts";
import { gridOf, gridOfReplicas, word } from "../tensor/launch.ts";
import {
  add,
  broadcast,
  constant,
  gather,
  less,
  mul,
  random,
  remainder,
  reshape,
  select,
  slice,
  toReal,
} from "../tensor/primitives.ts";
import { sameShape, ShapeMismatch, u32 } from "../tensor/shape.ts";

/** Parameters of {@link ringKernel}. */
export interface Ring {
  /** How many rows are drawn for each replica. */
  readonly count: number;
  /** Number of rows of the ring. */
  readonly capacity: number;
  /** Number of the random stream, one of `STREAMS`. */
  readonly stream: number;
}

/**
 * Rows drawn uniformly, with replacement, from a window of a ring. Inputs: key `u32[R,2]`, counter `u32[R]`, window
 * `u32[R,2]` (first row, number of rows). Output: row numbers `u32[R,count]`.
 */
export const ringKernel: Kernel<Ring> = {
  name: "ring",
  types: (types, { count }) => {
    const [key, counter, window] = types;
    const R = counter.shape[0];
    const fits = sameShape(key.shape, [R, 2]) && sameShape(window.shape, [R, 2]) &&
      types.every((type) => type.element === "u32");
    if (!fits) {
      throw new ShapeMismatch(
        "ring",
        types,
        "it needs a key u32[R,2], a counter u32[R] and a window u32[R,2]",
      );
    }
    return [u32(R, count)];
  },
  definition: ([key, counter, window], { count, capacity, stream }) => {
    const R = counter.shape[0];
    const limit = reshape(slice(window, 1, 1, 1), [R]);
    const drawn = random(key, counter, "index", stream, [count], limit);
    const moved = add(drawn, slice(window, 1, 0, 1));
    return [remainder(moved, broadcast(constant(capacity, [], "u32"), moved.shape))];
  },
  launches: ([, counter], _, { count, capacity, stream }) => {
    const blocks = Math.ceil(count / 4), total = counter.shape[0] * blocks;
    const operands = [{ output: 0 }, { input: 0 }, { input: 1 }, { input: 2 }];
    return [{
      file: "random.wgsl",
      source: randomShader,
      entryPoint: "ring",
      operands,
      uniforms: [
        ...[total, count, blocks, stream].map(word),
        ...operands.map((place) => ({ place })),
        word(capacity),
      ],
      workgroups: gridOf(total),
    }];
  },
};

/** Parameters of {@link rowsKernel}: the number of the segment's first row. */
export interface Rows {
  /** Number of the segment's first row in its field. */
  readonly first: number;
}

/**
 * Rows out of one segment of a field. Inputs: segment `[R,n,W]`, row numbers `u32[R,B]`, and what other segments gave
 * so far `[R,B,W]`. Output: the same with the rows that lie in this segment.
 */
export const rowsKernel: Kernel<Rows> = {
  name: "rows",
  types: (types) => {
    const [segment, rows, before] = types;
    const [R, , W] = segment.shape;
    const fits = segment.shape.length === 3 && rows.shape.length === 2 && rows.shape[0] === R &&
      rows.element === "u32" && before.element === segment.element &&
      sameShape(before.shape, [R, rows.shape[1], W]);
    if (!fits) {
      throw new ShapeMismatch(
        "rows",
        types,
        "it needs a segment [R,n,W], rows u32[R,B] and a result [R,B,W]",
      );
    }
    return [before];
  },
  definition: ([segment, rows, before], { first }) => {
    const [R, B, W] = before.shape, n = segment.shape[1];
    const number = toReal(rows);
    const inside = mul(less(number, first + n), less(constant(first - 1), number));
    // Words wrap around: a row before the segment becomes a large number, which `gather` reads as the last row.
    const local = add(rows, constant(first === 0 ? 0 : 2 ** 32 - first, [], "u32"));
    return [select(broadcast(reshape(inside, [R, B, 1]), [R, B, W]), gather(segment, local), before)];
  },
  inPlace: () => [[0, 2]],
  launches: ([segment, numbers], _, { first }) => {
    const [R, n, W] = segment.shape, count = numbers.shape[1] * W;
    const operands = [{ output: 0 }, { input: 0 }, { input: 1 }];
    return [{
      file: "rows.wgsl",
      source: rowsShader,
      entryPoint: "copy_rows",
      operands,
      uniforms: [...[count, W, first, n].map(word), ...operands.map((place) => ({ place }))],
      workgroups: gridOfReplicas(count, R),
    }];
  },
};

/** Draws rows of a ring; see {@link ringKernel}. */
export const drawRows = (key: Tensor, counter: Tensor, window: Tensor, ring: Ring): Tensor =>
  call(ringKernel, [key, counter, window], ring)[0];

/**
 * Rows of a field that is stored in segments of equal length (the last may be shorter).
 *
 * @param segments each `[R,n,W]`
 * @param rows `u32[R,B]`
 * @returns `[R,B,W]`
 */
export function rowsOf(segments: readonly Tensor[], rows: Tensor): Tensor {
  const [R, n, W] = segments[0].shape;
  if (segments.length === 1) return gather(segments[0], rows);
  const zeros: Tensor = constant(0, [R, rows.shape[1], W], segments[0].type.element);
  return segments.reduce(
    (before, segment, k) => call(rowsKernel, [segment, rows, before], { first: k * n })[0],
    zeros,
  );
}
