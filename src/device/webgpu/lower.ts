/**
 * A program as WebGPU will run it: kernels without launches replaced by their definitions, long reductions split into
 * stages, and broadcasts that feed elementwise operations read in place.
 *
 * Law, tested: the lowered program computes what the program computes.
 *
 * @module
 */

import {
  type Application,
  apply,
  call,
  input,
  nameOf,
  type Operation,
  type Tensor,
} from "../../tensor/expression.ts";
import { type Program, programOf } from "../../tensor/program.ts";
import type { TensorType } from "../../tensor/shape.ts";
import { canStretch, isMap, stretchedMap } from "./map.ts";
import { isReduction, needsStages, stagedReduction } from "./reduce.ts";

/** Lowers a program. */
export function lower(program: Program): Program {
  const inputs = Object.fromEntries(
    program.inputs.map(({ name, variable }) => [name, input(program.types[variable])]),
  );
  const isConstant = memoised((source: Application): boolean =>
    source.operation.kind === "primitive" &&
    source.inputs.every((tensor) => tensor.source !== null && isConstant(tensor.source))
  );
  const folded = (tensor: Tensor): boolean => tensor.source !== null && isConstant(tensor.source);

  const expand = (
    operation: Operation,
    operands: readonly Tensor[],
    types: readonly TensorType[],
  ): readonly Tensor[] => {
    if (operation.kind === "kernel") {
      const { kernel, params } = operation;
      if (kernel.launches !== undefined) return apply(operation, operands, types);
      const edge = operands.map((tensor) => input(tensor.type));
      const definition = programOf(numbered(edge), numbered(kernel.definition(edge, params)));
      return walk(definition, operands);
    }
    // What depends on constants alone is folded by the plan, and must stay in primitives for it.
    if (operands.length > 0 && !operands.every(folded)) {
      const name = nameOf(operation);
      if (isMap(name)) {
        const sources = operands.map(unstretched);
        if (sources.some((tensor, k) => tensor !== operands[k])) {
          const shapes = sources.map(({ shape }) => shape);
          if (canStretch(types[0].shape, shapes)) {
            return call(stretchedMap, sources, { name, output: types[0] });
          }
        }
      }
      if (isReduction(name)) {
        const { axis } = operation.params as { readonly axis: number };
        if (needsStages(operands[0].shape[axis])) return call(stagedReduction, operands, { name, axis });
      }
    }
    return apply(operation, operands, types);
  };

  const walk = (inner: Program, operands: readonly Tensor[]): readonly Tensor[] => {
    const values: Tensor[] = [];
    inner.inputs.forEach(({ variable }, k) => values[variable] = operands[k]);
    for (const { operation, inputs, outputs } of inner.equations) {
      const results = expand(operation, inputs.map((v) => values[v]), outputs.map((v) => inner.types[v]));
      outputs.forEach((v, k) => values[v] = results[k]);
    }
    return inner.outputs.map(({ variable }) => values[variable]);
  };

  const results = walk(program, program.inputs.map(({ name }) => inputs[name]));
  return programOf(inputs, Object.fromEntries(program.outputs.map(({ name }, k) => [name, results[k]])));
}

/** The operand of a broadcast, or the tensor itself. */
const unstretched = (tensor: Tensor): Tensor =>
  tensor.source !== null && tensor.source.operation.kind === "primitive" &&
    tensor.source.operation.name === "broadcast"
    ? tensor.source.inputs[0]
    : tensor;

const numbered = (tensors: readonly Tensor[]): Record<string, Tensor> =>
  Object.fromEntries(tensors.map((tensor, k) => [`v${k}`, tensor]));

function memoised<K extends object, V>(f: (key: K) => V): (key: K) => V {
  const known = new Map<K, V>();
  return (key) => {
    const found = known.get(key);
    if (found !== undefined) return found;
    const value = f(key);
    known.set(key, value);
    return value;
  };
}
