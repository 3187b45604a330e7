/**
 * Reading a minibatch and turning it: each transition is read out of the replay's segments as one of its images under a
 * group of signed permutations of observations and actions.
 *
 * @module
 */

import turnedShader from "../../shaders/turned_transitions.wgsl" with { type: "text" };
import type { Kernel, Tensor } from "../tensor/expression.ts";
import { gridOfReplicas, word } from "../tensor/launch.ts";
import {
  add,
  broadcast,
  concat,
  constant,
  gather,
  less,
  mul,
  neg,
  reshape,
  select,
  slice,
  toReal,
} from "../tensor/primitives.ts";
import { f32, type Rank2, type Rank3, sameShape, sameType, ShapeMismatch, u32 } from "../tensor/shape.ts";
import type { Transitions } from "./replay.ts";

/**
 * The numbers of `x` `[R,M,W]` that `entries` `u32[R,M,W]` names: entry e < W is number e of the row, and entry W + e is
 * the same number with the other sign.
 */
function signedPermutation(x: Tensor, entries: Tensor): Tensor {
  const [R, M, W] = x.shape as Rank3;
  const both = reshape(concat([x, neg(x)], 2), [R, M * 2 * W, 1]);
  const starts = Array.from({ length: M * W }, (_, i) => 2 * W * Math.floor(i / W));
  const numbers = add(entries, broadcast(constant(starts, [M, W], "u32"), [R, M, W]));
  return reshape(gather(both, reshape(numbers, [R, M * W])), [R, M, W]);
}

/** Rows of a segment that begins with number `first`, turned; where chained, earlier results stay for the others. */
function rowsOf(
  segment: Tensor,
  numbers: Tensor,
  entries: Tensor | null,
  first: number,
  earlier: Tensor | null,
): Tensor {
  const [R, M] = numbers.shape as Rank2, [, n, W] = segment.shape as Rank3;
  // Words wrap around: a number before the segment becomes a large one, which `gather` reads as the last row.
  const local = add(numbers, constant(first === 0 ? 0 : 2 ** 32 - first, [], "u32"));
  const read = gather(segment, local), values = entries === null ? read : signedPermutation(read, entries);
  if (earlier === null) return values;
  const number = toReal(numbers);
  const inside = mul(less(number, first + n), less(constant(first - 1), number));
  return select(broadcast(reshape(inside, [R, M, 1]), [R, M, W]), values, earlier);
}

/** Column k of `[R,B,4]`, `[R,B]`. */
const column = (x: Tensor, k: number): Tensor => reshape(slice(x, 2, k, 1), [x.shape[0]!, x.shape[1]!]);

/**
 * Drawn transitions, each turned by an element of a group. Inputs: drawn `u32[R,B,4]` (number of the transition, rows
 * before and after it, element); table `u32[R,G,A+S]`, for each element the entries of an action and of an observation
 * (entry e of W numbers is number e, entry W + e number e with the other sign); then segments of actions `[R,n,A]`, outcomes
 * `[R,n′,2]` and observation rows `[R,n″,S]`; then, where chained, what other segments gave so far. Outputs as those of
 * `transitionsKernel`: actions `[R,B,A]`; outcomes `[R,2,B]`, rewards before ends; observations `[R,2B,S]`, those before
 * the transitions first.
 *
 * The identity alone gives the bits of `transitionsKernel`.
 */
export const turnedTransitionsKernel: Kernel<Transitions> = {
  name: "turnedTransitions",
  types: (types, { chained }) => {
    const [drawn, table, actions, outcomes, rows, ...before] = types;
    const [R, B] = drawn.shape as Rank2, A = actions.shape[2]!, S = rows.shape[2]!;
    const results = [f32(R, B, A), f32(R, 2, B), f32(R, 2 * B, S)];
    const fits = sameType(drawn, u32(R, B, 4)) && table.element === "u32" &&
      sameShape(table.shape, [R, table.shape[1]!, A + S]) && outcomes.shape[2] === 2 &&
      [actions, outcomes, rows].every(({ shape, element }) =>
        shape.length === 3 && shape[0] === R && element === "f32"
      ) &&
      before.length === (chained ? 3 : 0) && before.every((type, k) => sameType(type, results[k]!));
    if (!fits) {
      throw new ShapeMismatch(
        "turnedTransitions",
        types,
        "it needs drawn u32[R,B,4], a table u32[R,G,A+S], three segments [R,n,width] and maybe three earlier results",
      );
    }
    return results;
  },
  definition: ([drawn, table, actions, outcomes, rows, ...before], { first, chained }) => {
    const [R, B] = drawn.shape as Rank2, A = actions.shape[2]!, S = rows.shape[2]!;
    const number = column(drawn, 0), entries = gather(table, column(drawn, 3));
    const seen = slice(entries, 2, A, S);
    const earlier = (k: number): Tensor | null => chained ? before[k]! : null;
    const ends = chained ? concat([0, 1].map((k) => reshape(slice(before[1], 1, k, 1), [R, B, 1])), 2) : null;
    const outcome = rowsOf(outcomes, number, null, first[1], ends);
    return [
      rowsOf(actions, number, slice(entries, 2, 0, A), first[0], earlier(0)),
      concat([0, 1].map((k) => reshape(slice(outcome, 2, k, 1), [R, 1, B])), 1),
      rowsOf(
        rows,
        concat([column(drawn, 1), column(drawn, 2)], 1),
        concat([seen, seen], 1),
        first[2],
        earlier(2),
      ),
    ];
  },
  inPlace: ({ chained }) => chained ? [[0, 5], [1, 6], [2, 7]] : [],
  launches: ([drawn, table, actions, outcomes, rows], _, { first, chained }) => {
    const [R, B] = drawn.shape as Rank2, A = actions.shape[2]!, S = rows.shape[2]!;
    const operands = [
      ...[0, 1, 2].map((output) => ({ output })),
      ...[0, 1, 2, 3, 4].map((input) => ({ input })),
    ];
    return [{
      file: "turned_transitions.wgsl",
      source: turnedShader,
      entryPoint: "read_turned",
      constants: { chained: Number(chained) },
      operands,
      uniforms: [
        ...[B, A, S, table.shape[1]!, ...first, ...[actions, outcomes, rows].map(({ shape }) => shape[1]!)]
          .map(
            word,
          ),
        ...operands.map((place) => ({ place })),
      ],
      workgroups: gridOfReplicas(B * (A + 2 + 2 * S), R),
    }];
  },
};
