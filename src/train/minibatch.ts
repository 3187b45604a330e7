/**
 * Drawing minibatches from the replay, as a part of the learner's program.
 *
 * Laws, tested: a minibatch is drawn uniformly from the live transitions; given a symmetry group, each transition is
 * the image of a live one under an element that is drawn uniformly.
 *
 * @module
 */

import type { SymmetryGroup } from "../../envs/symmetry.ts";
import { ringKernel } from "../kernels/replay.ts";
import { rowsOf, transitionsKernel } from "../kernels/transitions.ts";
import type { Minibatch } from "../learn/learner.ts";
import { STREAMS } from "../random/key.ts";
import { call, type Tensor } from "../tensor/expression.ts";
import { concat, constant, random, reshape, slice } from "../tensor/primitives.ts";
import { type Field, type ReplaySpec, segmentCount, segmentName } from "./replay.ts";
import type { Operands, Rank2 } from "../tensor/shape.ts";

/**
 * For each element of a group, its signed permutations of actions and observations, encoded for `transitionsKernel`.
 */
const tableOf = (group: SymmetryGroup): readonly number[] =>
  group.flatMap((each) =>
    [each.action, each.observation].flatMap(({ from, sign }) =>
      from.map((index, i) => sign[i]! > 0 ? index : from.length + index)
    )
  );

/** Draws a group element for each drawn transition; the table of the elements is the same for every replica. */
function withElements(
  { replicas: R, observation, action }: ReplaySpec,
  group: SymmetryGroup,
  key: Tensor,
  counter: Tensor,
  drawn: Tensor,
): readonly [drawn: Tensor, table: Tensor] {
  const [, B] = drawn.shape as Rank2, G = group.length, table = tableOf(group);
  const elements = random(key, counter, "index", STREAMS.symmetry, [B], constant(G, [R], "u32"));
  return [
    concat([drawn, reshape(elements, [R, B, 1])], 2),
    constant(Array.from({ length: R }, () => table).flat(), [R, G, action + observation], "u32"),
  ];
}

/** The drawn transitions, with the links of those that are stored in the other segments. */
function linked(drawn: Tensor, others: readonly Segment[]): Tensor {
  if (others.length === 0) return drawn;
  const number = slice(drawn, 2, 0, 1), numbers = reshape(number, [drawn.shape[0]!, drawn.shape[1]!]);
  const links = others.reduce(
    (before, { values, first }) => rowsOf(values, numbers, null, first, before),
    slice(drawn, 2, 1, 2),
  );
  return concat([number, links], 2);
}

/**
 * Draws a minibatch of `batch` transitions from the replay's inputs.
 *
 * @param symmetry the group, a random element of which is applied to each transition; null for none
 */
export function drawMinibatch(
  spec: ReplaySpec,
  fields: readonly Field[],
  inputs: Readonly<Record<string, Tensor>>,
  key: Tensor,
  counter: Tensor,
  batch: number,
  symmetry: SymmetryGroup | null = null,
): Minibatch {
  const segments = (name: Field["name"]): readonly Segment[] => {
    const field = fields.find((each) => each.name === name) as Field;
    return Array.from({ length: segmentCount(field) }, (_, k) => ({
      values: inputs[segmentName(field, k)]!,
      first: k * field.segment,
    }));
  };
  const [links, ...others] = segments("links");
  const ring = { count: batch, capacity: spec.capacity, stream: STREAMS.minibatch };
  const [first] = call(ringKernel, [key, counter, inputs["window"]!, links!.values], ring);
  const chosen = linked(first, others), turned = symmetry !== null;
  const [drawn, ...table] = turned ? withElements(spec, symmetry, key, counter, chosen) : [chosen];
  const parts = (["actions", "outcomes", "rows"] as const).map(segments);
  let read: readonly Tensor[] = [];
  for (let k = 0; k < Math.max(...parts.map(({ length }) => length)); k++) {
    // A field without further segments repeats its last one.
    const [action, outcome, row] = parts.map((part) => part[Math.min(k, part.length - 1)]);
    const given = [drawn, action!.values, outcome!.values, row!.values, ...table, ...read];
    read = call(transitionsKernel, given, {
      first: [action!.first, outcome!.first, row!.first],
      chained: k > 0,
      turned,
    });
  }
  const [action, outcome, observations] = read as Operands<Tensor>;
  const column = (k: number): Tensor => reshape(slice(outcome, 1, k, 1), [spec.replicas, batch]);
  return {
    observation: slice(observations, 1, 0, batch),
    nextObservation: slice(observations, 1, batch, batch),
    action,
    reward: column(0),
    terminated: column(1),
  };
}

/** A segment of a field: its rows from index `first` on. */
interface Segment {
  readonly values: Tensor;
  readonly first: number;
}
