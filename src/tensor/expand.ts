/**
 * Replaces kernels by their definitions where a device has no faster implementation.
 *
 * Law, tested: the expanded program computes the same values as the original.
 *
 * @module
 */

import { apply, input, type Operation, type Tensor } from "./expression.ts";
import { type Program, programOf } from "./program.ts";
import type { Operands, TensorType } from "./shape.ts";

/** Whether a device computes an operation on operands of these types itself. */
export type Supports = (operation: Operation, types: readonly TensorType[]) => boolean;

const numbered = (tensors: readonly Tensor[]): Record<string, Tensor> =>
  Object.fromEntries(tensors.map((tensor, k) => [`v${k}`, tensor]));

/** A program with every kernel that is not kept replaced by its definition, recursively. */
export function expand(program: Program, keeps: Supports): Program {
  const walk = (inner: Program, operands: readonly Tensor[]): readonly Tensor[] => {
    const values: Tensor[] = [];
    inner.inputs.forEach(({ variable }, k) => values[variable] = operands[k]!);
    for (const { operation, inputs, outputs } of inner.equations) {
      const given = inputs.map((v) => values[v]!), types = given.map(({ type }) => type);
      const results = operation.kind === "primitive" || keeps(operation, types)
        ? apply(operation, given, outputs.map((v) => inner.types[v]!))
        : defined(operation, given);
      outputs.forEach((v, k) => values[v] = results[k]!);
    }
    return inner.outputs.map(({ variable }) => values[variable]!);
  };
  const defined = (
    { kernel, params }: Extract<Operation, { kind: "kernel" }>,
    operands: readonly Tensor[],
  ): readonly Tensor[] => {
    const edge = operands.map(({ type }) => input(type));
    return walk(
      programOf(numbered(edge), numbered(kernel.definition(edge as Operands<Tensor>, params))),
      operands,
    );
  };
  const inputs = program.inputs.map(({ variable }) => input(program.types[variable]!));
  const outputs = walk(program, inputs);
  const named = (names: readonly { readonly name: string }[], tensors: readonly Tensor[]) =>
    Object.fromEntries(names.map(({ name }, k) => [name, tensors[k]!]));
  return programOf(named(program.inputs, inputs), named(program.outputs, outputs));
}
