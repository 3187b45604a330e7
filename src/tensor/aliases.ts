/**
 * Equations that cost nothing because their output aliases their operand, or their operands alias their output.
 *
 * @module
 */

import { nameOf } from "./expression.ts";
import type { PrimitiveName, Primitives } from "./primitives.ts";
import type { Equation } from "./program.ts";
import { replicasOf, sizeOf, type TensorType } from "./shape.ts";

const paramsOf = <K extends PrimitiveName>({ operation }: Equation): Primitives[K] =>
  operation.params as Primitives[K];

const isPrimitive = ({ operation }: Equation, name: PrimitiveName): boolean =>
  operation.kind === "primitive" && nameOf(operation) === name;

/** Whether an equation reshapes within each replica. */
export const isReshape = (equation: Equation, types: readonly TensorType[]): boolean =>
  isPrimitive(equation, "reshape") &&
  replicasOf(types[equation.inputs[0]!]!) === replicasOf(types[equation.outputs[0]!]!);

/** Whether an equation concatenates blocks of each replica, so that they can be computed in their final place. */
export const placesBlocks = (equation: Equation): boolean =>
  isPrimitive(equation, "place") && paramsOf<"place">(equation).axis === 1;

/** Whether a `place` leaves elements that no part covers. */
export function hasGaps(equation: Equation, types: readonly TensorType[]): boolean {
  const { axis, size } = paramsOf<"place">(equation);
  return equation.inputs.reduce((covered, v) => covered + types[v]!.shape[axis]!, 0) < size;
}

/** The offset at which an equation's output aliases its operand's block; null if the output has its own memory. */
export function aliasOf(equation: Equation, types: readonly TensorType[]): number | null {
  if (isPrimitive(equation, "stopGradient") || isPrimitive(equation, "reshape")) return 0;
  if (isPrimitive(equation, "slice") && paramsOf<"slice">(equation).axis === 1) {
    return paramsOf<"slice">(equation).start * sizeOf(types[equation.inputs[0]!]!.shape.slice(2));
  }
  return null;
}

/** Where part p of a `place` along axis 1 starts in a block, in elements. */
export const partStart = (equation: Equation, types: readonly TensorType[], p: number): number =>
  paramsOf<"place">(equation).starts[p]! * sizeOf(types[equation.outputs[0]!]!.shape.slice(2));
