/**
 * Drawing minibatches out of the replay, as a part of the learner's program.
 *
 * Laws, tested: a minibatch is drawn uniformly from the transitions whose rows are all still there; where a symmetry group
 * is given, each transition is the image of such a one under an element that is drawn uniformly.
 *
 * @module
 */

import type { SymmetryGroup } from "../../envs/symmetry.ts";
import { drawTransitions, rowsKernel, transitionsKernel } from "../kernels/replay.ts";
import { turnedTransitionsKernel } from "../kernels/turned_transitions.ts";
import type { Minibatch } from "../learn/learner.ts";
import { STREAMS } from "../random/key.ts";
import { call, type Tensor } from "../tensor/expression.ts";
import { concat, constant, random, reshape, slice } from "../tensor/primitives.ts";
import { type Field, type ReplaySpec, segmentCount, segmentName } from "./replay.ts";
import type { Operands, Rank2 } from "../tensor/shape.ts";

/** For each element of a group the entries of an action and of an observation, as `turnedTransitionsKernel` reads them. */
const tableOf = (group: SymmetryGroup): readonly number[] =>
  group.flatMap((each) =>
    [each.action, each.observation].flatMap(({ from, sign }) =>
      from.map((index, i) => sign[i]! > 0 ? index : from.length + index)
    )
  );

/** The transitions drawn, each with an element of the group that is drawn for it; the same in every replica's table. */
function turns(
  { replicas: R, observation, action }: ReplaySpec,
  group: SymmetryGroup,
  key: Tensor,
  counter: Tensor,
  numbers: Tensor,
  links: Tensor,
): readonly [drawn: Tensor, table: Tensor] {
  const [, B] = numbers.shape as Rank2, G = group.length, table = tableOf(group);
  const elements = random(key, counter, "index", STREAMS.symmetry, [B], constant(G, [R], "u32"));
  return [
    concat([reshape(numbers, [R, B, 1]), links, reshape(elements, [R, B, 1])], 2),
    constant(Array.from({ length: R }, () => table).flat(), [R, G, action + observation], "u32"),
  ];
}

/**
 * Draws a minibatch of `batch` transitions out of the replay's inputs.
 *
 * @param symmetry the group of whose elements one is drawn for each transition, which it turns; null for none
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
  const [linked, ...others] = segments("links") as [Segment, ...Segment[]];
  const ring = { count: batch, capacity: spec.capacity, stream: STREAMS.minibatch };
  const drawn = drawTransitions(key, counter, inputs["window"]!, linked.values, ring);
  const links = others.reduce(
    (before, { values, first }) => call(rowsKernel, [values, drawn.numbers, before], { first })[0],
    drawn.links,
  );
  const chosen = symmetry === null
    ? [drawn.numbers, links]
    : turns(spec, symmetry, key, counter, drawn.numbers, links);
  const parts = (["actions", "outcomes", "rows"] as const).map(segments);
  let read: readonly Tensor[] = [];
  for (let k = 0; k < Math.max(...parts.map(({ length }) => length)); k++) {
    // A field that has no further segment gives its last one again.
    const [action, outcome, row] = parts.map((part) => part[Math.min(k, part.length - 1)]!) as [
      Segment,
      Segment,
      Segment,
    ];
    const given = [...chosen, action.values, outcome.values, row.values, ...read];
    read = call(symmetry === null ? transitionsKernel : turnedTransitionsKernel, given, {
      first: [action.first, outcome.first, row.first],
      chained: k > 0,
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

/** A part of a field: its rows from number `first` on. */
interface Segment {
  readonly values: Tensor;
  readonly first: number;
}
