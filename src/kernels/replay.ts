/**
 * Reading the replay: which transitions a minibatch takes, and rows out of a field's segments.
 *
 * @module
 */

import ringSource from "../../shaders/random.wgsl" with { type: "text" };
import rowsSource from "../../shaders/rows.wgsl" with { type: "text" };
import { indexOf } from "../random/draw.ts";
import { philox } from "../random/philox.ts";
import type { Kernel } from "../tensor/expression.ts";
import { gridOf, gridOfReplicas } from "../tensor/launch.ts";
import {
  add,
  broadcast,
  concat,
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
import { shader } from "../tensor/shader.ts";
import { blockOf, type Rank2, type Rank3, sameShape, ShapeMismatch, u32 } from "../tensor/shape.ts";
import { startOf } from "../tensor/view.ts";

const ringShader = shader("random.wgsl", ringSource, {
  count: "u32",
  each: "u32",
  blocks: "u32",
  stream: "u32",
  capacity: "u32",
  linkCount: "u32",
  out: "write",
  keys: "read",
  counters: "read",
  window: "read",
  links: "read",
});

/** Parameters of {@link ringKernel}. */
export interface Ring {
  /** How many transitions are drawn for each replica. */
  readonly count: number;
  /** Number of transitions of the ring. */
  readonly capacity: number;
  /** Number of the random stream, one of `STREAMS`. */
  readonly stream: number;
}

/**
 * Transitions drawn uniformly, with replacement, from a window of a ring, and the observation rows that they link.
 * Inputs: key `u32[R,2]`, counter `u32[R]`, window `u32[R,2]` (first transition, number of them), links `u32[R,n,2]`
 * (rows before and after). Output `u32[R,count,3]`: each transition's number and its two links; a transition past the
 * links given takes the last of them.
 */
export const ringKernel: Kernel<Ring> = {
  name: "ring",
  types: (types, { count }) => {
    const [key, counter, window, links] = types;
    const R = counter.shape[0]!;
    const fits = sameShape(key.shape, [R, 2]) && sameShape(window.shape, [R, 2]) &&
      sameShape(links.shape, [R, links.shape[1]!, 2]) && types.every((type) => type.element === "u32");
    if (!fits) {
      throw new ShapeMismatch(
        "ring",
        types,
        "it needs a key u32[R,2], a counter u32[R], a window u32[R,2] and links u32[R,n,2]",
      );
    }
    return [u32(R, count, 3)];
  },
  definition: ([key, counter, window, links], { count, capacity, stream }) => {
    const R = counter.shape[0]!;
    const limit = reshape(slice(window, 1, 1, 1), [R]);
    const drawn = random(key, counter, "index", stream, [count], limit);
    const moved = add(drawn, slice(window, 1, 0, 1));
    const numbers = remainder(moved, broadcast(constant(capacity, [], "u32"), moved.shape));
    return [concat([reshape(numbers, [R, count, 1]), gather(links, numbers)], 2)];
  },
  launches: ([, counter, , links], _, { count, capacity, stream }) => {
    const blocks = Math.ceil(count / 4), total = counter.shape[0]! * blocks;
    return [ringShader.launch("ring", gridOf(total), {
      count: total,
      each: count,
      ...{ blocks, stream, capacity, linkCount: links.shape[1]! },
      out: { output: 0 },
      keys: { input: 0 },
      counters: { input: 1 },
      window: { input: 2 },
      links: { input: 3 },
    })];
  },
  loop: ([key, counter, window, links], [out], { count, capacity, stream }) => {
    const last = links.type.shape[1]! - 1, words = new Uint32Array(4);
    return () => {
      for (let r = 0; r < out.replicas; r++) {
        const k = startOf(key, r), at = startOf(window, r);
        const first = window.values[at]!, length = window.values[at + 1]!;
        for (let b = 0; b < count; b++) {
          if (b % 4 === 0) {
            philox(
              b >>> 2,
              counter.values[startOf(counter, r)]!,
              stream,
              0,
              key.values[k]!,
              key.values[k + 1]!,
              words,
            );
          }
          const number = (first + indexOf(words[b % 4]!, length)) % capacity;
          const from = startOf(links, r) + 2 * Math.min(number, last), to = startOf(out, r) + 3 * b;
          out.values[to] = number;
          out.values[to + 1] = links.values[from]!;
          out.values[to + 2] = links.values[from + 1]!;
        }
      }
    };
  },
};

const rowsShader = shader("rows.wgsl", rowsSource, {
  count: "u32",
  width: "u32",
  first: "u32",
  length: "u32",
  out: "write",
  segment: "read",
  rows: "read",
});

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
    const [R, , W] = segment.shape as Rank3;
    const fits = segment.shape.length === 3 && rows.shape.length === 2 && rows.shape[0]! === R &&
      rows.element === "u32" && before.element === segment.element &&
      sameShape(before.shape, [R, rows.shape[1]!, W]);
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
    const [R, B, W] = before.shape as Rank3, n = segment.shape[1]!;
    const number = toReal(rows);
    const inside = mul(less(number, first + n), less(constant(first - 1), number));
    // Words wrap around: a row before the segment becomes a large number, which `gather` reads as the last row.
    const local = add(rows, constant(first === 0 ? 0 : 2 ** 32 - first, [], "u32"));
    return [select(broadcast(reshape(inside, [R, B, 1]), [R, B, W]), gather(segment, local), before)];
  },
  inPlace: () => [[0, 2]],
  launches: ([segment, rows], _, { first }) => {
    const [R, n, W] = segment.shape as Rank3, count = blockOf(rows) * W;
    return [rowsShader.launch("copy_rows", gridOfReplicas(count, R), {
      count,
      width: W,
      first,
      length: n,
      out: { output: 0 },
      segment: { input: 0 },
      rows: { input: 1 },
    })];
  },
  loop: ([segment, numbers], [out], { first }) => {
    const [, n, W] = segment.type.shape as Rank3, [, B] = numbers.type.shape as Rank2;
    return () => {
      for (let r = 0; r < out.replicas; r++) {
        for (let b = 0; b < B; b++) {
          const row = numbers.values[startOf(numbers, r) + b]! - first;
          if (row < 0 || row >= n) continue;
          const from = startOf(segment, r) + row * W, to = startOf(out, r) + b * W;
          for (let k = 0; k < W; k++) out.values[to + k] = segment.values[from + k]!;
        }
      }
    };
  },
};
