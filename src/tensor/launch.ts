/**
 * How launches are written down: grids, uniform words, and views of operands as the shaders' headers explain them.
 *
 * @module
 */

import type { Operand, Uniform } from "./kernel.ts";
import { blockOf, replicasOf } from "./plan.ts";
import type { TensorType } from "./shape.ts";

/** Workgroups along one dimension of a grid that every WebGPU device can launch. */
export const MOST_WORKGROUPS = 65535;
/** Invocations of a workgroup of every shader. */
export const WORKGROUP = 64;

/** The grid of `count` invocations: rows of workgroups, as many as are needed. */
export function gridOf(count: number): readonly [number, number, number] {
  const groups = Math.ceil(count / WORKGROUP);
  const across = Math.min(groups, MOST_WORKGROUPS);
  return [across, across === 0 ? 0 : Math.ceil(groups / across), 1];
}

/** The grid of `count` invocations for each replica: workgroups in x, replicas in y. */
export const gridOfReplicas = (count: number, replicas: number): readonly [number, number, number] => [
  Math.ceil(count / WORKGROUP),
  replicas,
  1,
];

/** One word of a uniform block. */
export const word = (value: number): Uniform => ({ word: value });

/** The words `offset`, `stride`, `block` by which a shader finds element e of a tensor; block 0 is a single block. */
export const viewOf = (operand: Operand, type: TensorType): readonly Uniform[] => [
  { place: operand },
  word(replicasOf(type) <= 1 ? 0 : blockOf(type)),
];

/** A view of scratch memory, which has no gaps. */
export const scratchView = (operand: Operand): readonly Uniform[] => [{ place: operand }, word(0)];
