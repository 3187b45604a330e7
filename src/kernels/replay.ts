/**
 * Reading the replay: which transitions a minibatch takes, and what they consist of, out of the fields' segments.
 *
 * @module
 */

import randomShader from "../../shaders/random.wgsl" with { type: "text" };
import rowsShader from "../../shaders/rows.wgsl" with { type: "text" };
import transitionsShader from "../../shaders/transitions.wgsl" with { type: "text" };
import { call, type Kernel, type Tensor } from "../tensor/expression.ts";
import { gridOf, gridOfReplicas, word } from "../tensor/launch.ts";
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
import { f32, type Rank2, type Rank3, sameShape, sameType, ShapeMismatch, u32 } from "../tensor/shape.ts";

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
 * (rows before and after). Outputs: numbers of the transitions `u32[R,count]`, and their links `u32[R,count,2]`; a
 * transition past the links given takes the last of them.
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
    return [u32(R, count), u32(R, count, 2)];
  },
  definition: ([key, counter, window, links], { count, capacity, stream }) => {
    const R = counter.shape[0]!;
    const limit = reshape(slice(window, 1, 1, 1), [R]);
    const drawn = random(key, counter, "index", stream, [count], limit);
    const moved = add(drawn, slice(window, 1, 0, 1));
    const numbers = remainder(moved, broadcast(constant(capacity, [], "u32"), moved.shape));
    return [numbers, gather(links, numbers)];
  },
  launches: ([, counter, , links], _, { count, capacity, stream }) => {
    const blocks = Math.ceil(count / 4), total = counter.shape[0]! * blocks;
    const operands = [{ output: 0 }, { input: 0 }, { input: 1 }, { input: 2 }, { input: 3 }, { output: 1 }];
    const [numbers, keys, counters, window, rows, linked] = operands.map((place) => ({ place })) as [
      { place: { output: number; input?: never } | { input: number; output?: never } },
      { place: { output: number; input?: never } | { input: number; output?: never } },
      { place: { output: number; input?: never } | { input: number; output?: never } },
      { place: { output: number; input?: never } | { input: number; output?: never } },
      { place: { output: number; input?: never } | { input: number; output?: never } },
      { place: { output: number; input?: never } | { input: number; output?: never } },
    ];
    return [{
      file: "random.wgsl",
      source: randomShader,
      entryPoint: "ring",
      operands,
      uniforms: [
        ...[total, count, blocks, stream].map(word),
        ...[numbers, keys, counters, window],
        ...[capacity, links.shape[1]!].map(word),
        ...[rows, linked],
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
    const [R, , W] = segment.shape as Rank3;
    const fits = segment.shape.length === 3 && rows.shape.length === 2 && rows.shape[0] === R &&
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
  launches: ([segment, numbers], _, { first }) => {
    const [R, n, W] = segment.shape as Rank3, count = numbers.shape[1]! * W;
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

/** Parameters of {@link transitionsKernel}. */
export interface Transitions {
  /** Number of the first action, outcome and observation of the segments given. */
  readonly first: readonly [action: number, outcome: number, row: number];
  /** Whether other segments gave something before, which is kept where these segments have nothing. */
  readonly chained: boolean;
}

/** The two columns of `[R,B,2]` one after the other, `[R,2,B]`. */
const columns = (x: Tensor): Tensor =>
  concat([0, 1].map((k) => reshape(slice(x, 2, k, 1), [x.shape[0]!, 1, x.shape[1]!])), 1);

/** The reverse of {@link columns}. */
const uncolumns = (x: Tensor): Tensor =>
  concat([0, 1].map((k) => reshape(slice(x, 1, k, 1), [x.shape[0]!, x.shape[2]!, 1])), 2);

/**
 * What drawn transitions consist of, out of one segment of each field. Inputs: numbers `u32[R,B]`, links `u32[R,B,2]`,
 * then segments of actions `[R,n,A]`, outcomes `[R,n′,2]` and observation rows `[R,n″,S]`, then, where chained, what
 * other segments gave so far. Outputs: actions `[R,B,A]`; outcomes `[R,2,B]`, rewards before ends; observations
 * `[R,2B,S]`, those before the transitions first.
 */
export const transitionsKernel: Kernel<Transitions> = {
  name: "transitions",
  types: (types, { chained }) => {
    const [numbers, links, actions, outcomes, rows, ...before] = types;
    const [R, B] = numbers.shape as Rank2, A = actions.shape[2]!, S = rows.shape[2]!;
    const results = [f32(R, B, A), f32(R, 2, B), f32(R, 2 * B, S)];
    const fits = numbers.element === "u32" && sameType(links, u32(R, B, 2)) && outcomes.shape[2] === 2 &&
      [actions, outcomes, rows].every(({ shape, element }) =>
        shape.length === 3 && shape[0] === R && element === "f32"
      ) &&
      before.length === (chained ? 3 : 0) && before.every((type, k) => sameType(type, results[k]!));
    if (!fits) {
      throw new ShapeMismatch(
        "transitions",
        types,
        "it needs numbers u32[R,B], links u32[R,B,2], three segments [R,n,width] and maybe three earlier results",
      );
    }
    return results;
  },
  definition: ([numbers, links, actions, outcomes, rows, ...before], { first, chained }) => {
    const [R, B] = numbers.shape as Rank2;
    const linked = reshape(columns(links), [R, 2 * B]);
    if (!chained) {
      return [gather(actions, numbers), columns(gather(outcomes, numbers)), gather(rows, linked)];
    }
    const take = (segment: Tensor, wanted: Tensor, earlier: Tensor, k: number): Tensor =>
      call(rowsKernel, [segment, wanted, earlier], { first: first[k]! })[0];
    return [
      take(actions, numbers, before[0], 0),
      columns(take(outcomes, numbers, uncolumns(before[1]), 1)),
      take(rows, linked, before[2], 2),
    ];
  },
  inPlace: ({ chained }) => chained ? [[0, 5], [1, 6], [2, 7]] : [],
  launches: ([numbers, , actions, outcomes, rows], _, { first, chained }) => {
    const [R, B] = numbers.shape as Rank2, A = actions.shape[2]!, S = rows.shape[2]!;
    const operands = [
      ...[0, 1, 2].map((output) => ({ output })),
      ...[0, 1, 2, 3, 4].map((input) => ({ input })),
    ];
    return [{
      file: "transitions.wgsl",
      source: transitionsShader,
      entryPoint: "read_transitions",
      constants: { chained: Number(chained) },
      operands,
      uniforms: [
        ...[B, A, S, ...first, ...[actions, outcomes, rows].map(({ shape }) => shape[1]!)].map(word),
        ...operands.map((place) => ({ place })),
      ],
      workgroups: gridOfReplicas(B * (A + 2 + 2 * S), R),
    }];
  },
};

/** Draws transitions of a ring; see {@link ringKernel}. */
export function drawTransitions(
  key: Tensor,
  counter: Tensor,
  window: Tensor,
  links: Tensor,
  ring: Ring,
): { readonly numbers: Tensor; readonly links: Tensor } {
  const [numbers, rows] = call(ringKernel, [key, counter, window, links], ring);
  return { numbers, links: rows };
}
