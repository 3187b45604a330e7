/**
 * Sums and maxima along an axis on WebGPU. Long lines are reduced in stages of a fixed length, so that no
 * invocation loops for too long, and the order of additions depends on the line's length alone.
 *
 * @module
 */

import source from "../../../shaders/reduce.wgsl" with { type: "text" };
import type { Kernel } from "../../tensor/expression.ts";
import { gridOf, type Launch } from "../../tensor/launch.ts";
import { emit } from "../../tensor/primitives.ts";
import { shader } from "../../tensor/shader.ts";
import { aroundAxis, f32, sizeOf, type TensorType } from "../../tensor/shape.ts";

const reduceShader = shader("reduce.wgsl", source, {
  count: "u32",
  length: "u32",
  inner: "u32",
  parts: "u32",
  chunk: "u32",
  out: "write view",
  a: "read view",
});

/** Elements that one invocation reduces. */
const CHUNK = 128;

/** The name of a reduction. */
export type ReductionName = "sum" | "max";

/** Whether a primitive is a reduction. */
export const isReduction = (name: string): name is ReductionName => name === "sum" || name === "max";

/** Lengths of a line after each stage but the last. */
function stagesOf(length: number): readonly number[] {
  const stages: number[] = [];
  for (let left = length; left > CHUNK;) stages.push(left = Math.ceil(left / CHUNK));
  return stages;
}

/** Whether a line of this length needs more than one stage, and thus scratch memory. */
export const needsStages = (length: number): boolean => length > CHUNK;

/** The launches of a reduction along an axis; scratch array k holds the result of stage k. */
export function reduceLaunches(name: ReductionName, input: TensorType, axis: number): readonly Launch[] {
  const [outer, length, inner] = aroundAxis(input.shape, axis);
  const lengths = [length, ...stagesOf(length)];
  return lengths.map((terms, stage): Launch => {
    const last = stage === lengths.length - 1, parts = last ? 1 : lengths[stage + 1]!;
    const given = {
      count: outer * parts! * inner,
      length: terms,
      inner,
      parts,
      chunk: last ? terms : CHUNK,
      out: last ? { output: 0 } : { scratch: stage },
      a: stage === 0 ? { input: 0 } : { scratch: stage - 1 },
    };
    return reduceShader.launch("reduce", gridOf(given.count), given, { constants: { operation: name } });
  });
}

/** Parameters of {@link stagedReduction}. */
export interface StagedReduction {
  /** The primitive. */
  readonly name: ReductionName;
  /** The axis that disappears. */
  readonly axis: number;
}

/** A reduction of long lines, with memory for its stages. */
export const stagedReduction: Kernel<StagedReduction> = {
  name: "stagedReduction",
  types: ([{ shape }], { axis }) => [f32(...shape.filter((_, k) => k !== axis))],
  definition: ([x], { name, axis }) => [emit(name, [x], { axis })],
  scratch: ([{ shape }], { axis }) =>
    stagesOf(shape[axis]!).map((parts) => sizeOf(shape) / shape[axis]! * parts),
  launches: ([input], _, { name, axis }) => reduceLaunches(name, input, axis),
};
