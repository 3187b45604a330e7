/**
 * A program in the form that WebGPU runs: kernels without launches are replaced by their definitions, calls are merged if
 * one launch serves several, long reductions are split into stages, and broadcasts are read in place by elementwise
 * operations.
 *
 * Law, tested: the lowered program computes the same values.
 *
 * @module
 */

import { isElementwise } from "../../tensor/elementwise.ts";
import {
  type Application,
  apply,
  call,
  input,
  nameOf,
  type Operation,
  type Tensor,
} from "../../tensor/expression.ts";
import { expand } from "../../tensor/expand.ts";
import { type Program, programOf } from "../../tensor/program.ts";
import type { TensorType } from "../../tensor/shape.ts";
import { join } from "./join.ts";
import { canStretch, stretchedMap } from "./map.ts";
import { isReduction, needsStages, stagedReduction } from "./reduce.ts";

/** Lowers a program. */
export function lower(program: Program): Program {
  const whole = join(
    expand(program, (operation) => operation.kind === "kernel" && operation.kernel.launches !== undefined),
  );
  const inputs = Object.fromEntries(
    whole.inputs.map(({ name, variable }) => [name, input(whole.types[variable]!)]),
  );
  const values: Tensor[] = [];
  for (const { name, variable } of whole.inputs) values[variable] = inputs[name]!;
  for (const { operation, inputs, outputs } of whole.equations) {
    const types = outputs.map((v) => whole.types[v]!);
    const results = rewritten(operation, inputs.map((v) => values[v]!), types);
    outputs.forEach((v, k) => values[v] = results[k]!);
  }
  return programOf(
    inputs,
    Object.fromEntries(whole.outputs.map(({ name, variable }) => [name, values[variable]!])),
  );
}

/** An operation as WebGPU computes it. */
function rewritten(
  operation: Operation,
  operands: readonly Tensor[],
  types: readonly TensorType[],
): readonly Tensor[] {
  // Whatever depends on constants alone is folded by the plan, and must remain in primitives.
  if (operation.kind === "primitive" && operands.length > 0 && !operands.every(isConstant)) {
    const name = nameOf(operation);
    if (isElementwise(name)) {
      const sources = operands.map(unstretched);
      if (sources.some((tensor, k) => tensor !== operands[k])) {
        const shapes = sources.map(({ shape }) => shape);
        if (canStretch(types[0]!.shape, shapes)) {
          return call(stretchedMap, sources, { name, output: types[0]! });
        }
      }
    }
    if (isReduction(name)) {
      const { axis } = operation.params as { readonly axis: number };
      if (needsStages(operands[0]!.shape[axis]!)) return call(stagedReduction, operands, { name, axis });
    }
  }
  return apply(operation, operands, types);
}

const constants = new WeakMap<Application, boolean>();

/** Whether a tensor depends on constants alone. */
function isConstant({ source }: Tensor): boolean {
  if (source === null) return false;
  const known = constants.get(source);
  if (known !== undefined) return known;
  const answer = source.operation.kind === "primitive" && source.inputs.every(isConstant);
  constants.set(source, answer);
  return answer;
}

/** The operand of a broadcast, or the tensor itself. */
const unstretched = (tensor: Tensor): Tensor =>
  tensor.source !== null && tensor.source.operation.kind === "primitive" &&
    tensor.source.operation.name === "broadcast"
    ? tensor.source.inputs[0]!
    : tensor;
