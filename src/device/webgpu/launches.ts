/**
 * How the primitives' launches describe their operands: the views of the shaders' headers, and grids.
 *
 * @module
 */

import type { Operand, Uniform } from "../../tensor/kernel.ts";
import { blockOf, replicasOf } from "../../tensor/plan.ts";
import type { TensorType } from "../../tensor/shape.ts";

/** Workgroups along one dimension of a grid that every WebGPU device can launch. */
export const MOST_WORKGROUPS = 65535;
/** Invocations of a workgroup of the primitives' shaders. */
export const WORKGROUP = 64;

/** The grid of `count` invocations: rows of workgroups, as many as are needed. */
export function gridOf(count: number): readonly [number, number, number] {
  const groups = Math.ceil(count / WORKGROUP);
  const across = Math.min(groups, MOST_WORKGROUPS);
  return [across, across === 0 ? 0 : Math.ceil(groups / across), 1];
}

/** One word of a uniform block. */
export const word = (value: number): Uniform => ({ word: value });

/** The words `offset`, `stride`, `block` by which a shader finds element e of a tensor; block 0 is a single block. */
export const viewOf = (operand: Operand, type: TensorType): readonly Uniform[] => [
  { place: operand },
  word(replicasOf(type) <= 1 ? 0 : blockOf(type)),
];

/** A view of scratch memory, which has no gaps. */
export const scratchView = (operand: Operand): readonly Uniform[] => [{ place: operand }, word(0)];
