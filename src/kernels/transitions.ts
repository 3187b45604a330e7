/**
 * The contents of sampled transitions, read from the replay's segments: each unchanged, or as one of its images under a
 * group of signed permutations of observations and actions.
 *
 * @module
 */

import source from "../../shaders/transitions.wgsl" with { type: "text" };
import type { Kernel, Tensor } from "../tensor/expression.ts";
import { gridOfReplicas } from "../tensor/launch.ts";
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
import { shader } from "../tensor/shader.ts";
import { f32, type Operands, type Rank2, type Rank3, sameShape, sameType, u32 } from "../tensor/shape.ts";
import { startOf, type View } from "../tensor/view.ts";

/** Parameters of {@link transitionsKernel}. */
export interface Transitions {
  /** Numbers of the first action, outcome and observation in the given segments. */
  readonly first: readonly [action: number, outcome: number, row: number];
  /** Whether results from other segments are given, which are kept for what these segments do not contain. */
  readonly chained: boolean;
  /** Whether each transition is transformed by an element of a group. */
  readonly turned: boolean;
}

const transitionsShader = shader("transitions.wgsl", source, {
  batch: "u32",
  actionSize: "u32",
  observationSize: "u32",
  drawnSize: "u32",
  elements: "u32",
  firstAction: "u32",
  firstOutcome: "u32",
  firstRow: "u32",
  actionCount: "u32",
  outcomeCount: "u32",
  rowCount: "u32",
  action: "write",
  outcome: "write",
  observation: "write",
  drawn: "read",
  table: "read?",
  actions: "read",
  outcomes: "read",
  rows: "read",
});

/**
 * The numbers of `x` `[R,M,W]` selected by `entries` `u32[R,M,W]`: entry e < W is number e of the row, and entry W + e is
 * the same number with the opposite sign.
 */
function signedPermutation(x: Tensor, entries: Tensor): Tensor {
  const [R, M, W] = x.shape as Rank3;
  const both = reshape(concat([x, neg(x)], 2), [R, M * 2 * W, 1]);
  const starts = Array.from({ length: M * W }, (_, i) => 2 * W * Math.floor(i / W));
  const numbers = add(entries, broadcast(constant(starts, [M, W], "u32"), [R, M, W]));
  return reshape(gather(both, reshape(numbers, [R, M * W])), [R, M, W]);
}

/**
 * Rows `u32[R,M]` of a segment `[R,n,W]` whose first row has number `first`, `[R,M,W]`.
 *
 * @param entries how each is transformed, `u32[R,M,W]`; null: not at all
 * @param earlier `[R,M,W]`, kept for rows that lie in other segments; null: there are none
 */
export function rowsOf(
  segment: Tensor,
  numbers: Tensor,
  entries: Tensor | null,
  first: number,
  earlier: Tensor | null,
): Tensor {
  const [R, M] = numbers.shape as Rank2, [, n, W] = segment.shape as Rank3;
  // Words wrap around: a number before the segment becomes a large one, which `gather` reads as the last row.
  const local = first === 0 ? numbers : add(numbers, constant(2 ** 32 - first, [], "u32"));
  const read = gather(segment, local), values = entries === null ? read : signedPermutation(read, entries);
  if (earlier === null) return values;
  const number = toReal(numbers);
  const inside = mul(less(number, first + n), less(constant(first - 1), number));
  return select(broadcast(reshape(inside, [R, M, 1]), [R, M, W]), values, earlier);
}

/** Column k of `[R,B,n]`, `[R,B]`. */
const column = (x: Tensor, k: number): Tensor => reshape(slice(x, 2, k, 1), [x.shape[0]!, x.shape[1]!]);

/** The inputs by name. */
const named = <T>(inputs: Operands<T>, { turned }: Transitions) => {
  const [drawn, actions, outcomes, rows, ...rest] = inputs;
  return {
    drawn,
    actions,
    outcomes,
    rows,
    table: turned ? rest[0] : null,
    before: rest.slice(turned ? 1 : 0),
  };
};

/**
 * Inputs: drawn `u32[R,B,3]` (number of the transition, rows before and after it), or, if transformed, `u32[R,B,4]` with
 * the number of a group element; segments of actions `[R,n,A]`, outcomes `[R,n′,2]` and observation rows `[R,n″,S]`; if
 * transformed, the table `u32[R,G,A+S]`, for each element the entries of an action and of an observation (entry e of W numbers
 * is number e, entry W + e number e with the other sign); then, if chained, the results from other segments so far. Outputs:
 * actions `[R,B,A]`; outcomes `[R,2,B]`, rewards before ends; observations `[R,2B,S]`, those before the transitions first.
 *
 * The identity gives the bits of untransformed transitions.
 */
export const transitionsKernel: Kernel<Transitions> = {
  name: "transitions",
  types: (types, params) => {
    const { drawn, table, actions, outcomes, rows, before } = named(types, params);
    const [R, B] = drawn.shape as Rank2, A = actions.shape[2]!, S = rows.shape[2]!;
    const results = [f32(R, B, A), f32(R, 2, B), f32(R, 2 * B, S)];
    const fits = sameType(drawn, u32(R, B, params.turned ? 4 : 3)) && outcomes.shape[2]! === 2 &&
      (table === null || table.element === "u32" && sameShape(table.shape, [R, table.shape[1]!, A + S])) &&
      [actions, outcomes, rows].every(({ shape, element }) =>
        shape.length === 3 && shape[0] === R && element === "f32"
      ) &&
      before.length === (params.chained ? 3 : 0) && before.every((type, k) => sameType(type, results[k]!));
    return fits ? results : null;
  },
  wants:
    "it needs drawn u32[R,B,3] or, with a table u32[R,G,A+S], [R,B,4], three segments [R,n,width] and maybe " +
    "three earlier results",
  definition: (inputs, params) => {
    const { drawn, table, actions, outcomes, rows, before } = named(inputs, params), { first } = params;
    const [R, B] = drawn.shape as Rank2, A = actions.shape[2]!, S = rows.shape[2]!;
    const number = column(drawn, 0), entries = table && gather(table, column(drawn, 3));
    const seen = entries && slice(entries, 2, A, S);
    const earlier = (k: number): Tensor | null => before[k] ?? null;
    const ends = earlier(1) &&
      concat([0, 1].map((k) => reshape(slice(before[1]!, 1, k, 1), [R, B, 1])), 2);
    const outcome = rowsOf(outcomes, number, null, first[1], ends);
    return [
      rowsOf(actions, number, entries && slice(entries, 2, 0, A), first[0], earlier(0)),
      concat([0, 1].map((k) => reshape(slice(outcome, 2, k, 1), [R, 1, B])), 1),
      rowsOf(
        rows,
        concat([column(drawn, 1), column(drawn, 2)], 1),
        seen && concat([seen, seen], 1),
        first[2],
        earlier(2),
      ),
    ];
  },
  inPlace: ({ chained, turned }) => chained ? [0, 1, 2].map((k) => [k, (turned ? 5 : 4) + k] as const) : [],
  launches: (types, _, params) => {
    const { drawn, table, actions, outcomes, rows } = named(types, params),
      { first, chained, turned } = params;
    const [R, B, drawnSize] = drawn.shape as Rank3, A = actions.shape[2]!, S = rows.shape[2]!;
    const given = {
      ...{ batch: B, actionSize: A, observationSize: S, drawnSize, elements: table?.shape[1] ?? 0 },
      ...{ firstAction: first[0], firstOutcome: first[1], firstRow: first[2] },
      ...{ actionCount: actions.shape[1]!, outcomeCount: outcomes.shape[1]!, rowCount: rows.shape[1]! },
      ...{ action: { output: 0 }, outcome: { output: 1 }, observation: { output: 2 } },
      drawn: { input: 0 },
      table: turned ? { input: 4 } : null,
      ...{ actions: { input: 1 }, outcomes: { input: 2 }, rows: { input: 3 } },
    };
    const constants = { chained: Number(chained), turned: Number(turned) };
    return [
      transitionsShader.launch("read_transitions", gridOfReplicas(B * (A + 2 + 2 * S), R), given, {
        constants,
      }),
    ];
  },
  loop: (inputs, [action, outcome, observation], params) => {
    const { drawn, table, actions, outcomes, rows } = named(inputs, params), { first, chained } = params;
    const [, B, drawnSize] = drawn.type.shape as Rank3, A = actions.type.shape[2]!, S = rows.type.shape[2]!;
    /** The element at which a number's row starts, or -1 if another segment has it. */
    const find = (segment: View, k: number, number: number, r: number): number => {
      const [, n, W] = segment.type.shape as Rank3, row = number - first[k]!;
      if (chained && (row < 0 || row >= n)) return -1;
      return startOf(segment, r) + Math.min(row, n - 1) * W;
    };
    /** Copies a row of W numbers; if transformed, by the table's entries from `turn` on. */
    const copy = (source: View, from: number, turn: number, target: View, to: number, W: number): void => {
      if (from < 0) return;
      if (table === null) {
        for (let k = 0; k < W; k++) target.values[to + k] = source.values[from + k]!;
        return;
      }
      for (let k = 0; k < W; k++) {
        const entry = table.values[turn + k]!;
        target.values[to + k] = entry < W ? source.values[from + entry]! : -source.values[from + entry - W]!;
      }
    };
    return () => {
      for (let r = 0; r < drawn.replicas; r++) {
        for (let b = 0; b < B; b++) {
          const at = startOf(drawn, r) + drawnSize * b, number = drawn.values[at];
          const turn = table === null
            ? 0
            : startOf(table, r) + Math.min(drawn.values[at + 3]!, table.type.shape[1]! - 1) * (A + S);
          copy(actions, find(actions, 0, number!, r), turn, action, startOf(action, r) + b * A, A);
          const end = find(outcomes, 1, number!, r);
          for (let k = 0; k < 2; k++) {
            if (end >= 0) outcome.values[startOf(outcome, r) + k * B + b] = outcomes.values[end + k]!;
            const row = find(rows, 2, drawn.values[at + 1 + k]!, r);
            copy(rows, row, turn + A, observation, startOf(observation, r) + (k * B + b) * S, S);
          }
        }
      }
    };
  },
};
