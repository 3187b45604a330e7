/**
 * Fewer and larger launches: a kernel's call is replaced by a cheaper one from its record, two independent calls with
 * common operands by one, and adjacent parts of a concatenation by the whole.
 *
 * Law, tested: the resulting program computes the same values.
 *
 * @module
 */

import { type Application, apply, input, type Kernel, type Tensor } from "../../tensor/expression.ts";
import { neighbours } from "../../tensor/neighbours.ts";
import { place, type Primitives, reshape, slice } from "../../tensor/primitives.ts";
import { type Equation, type Program, programOf, type Variable } from "../../tensor/program.ts";
import { type Operands, sizeOf, type TensorType } from "../../tensor/shape.ts";

/** Merges calls of a program. */
export function join(program: Program): Program {
  const { equations, types } = program;
  const values: (Tensor | undefined)[] = [];
  const producers = new Map<Variable, number>();
  equations.forEach(({ outputs }, k) => outputs.forEach((v) => producers.set(v, k)));
  program.inputs.forEach(({ variable }) => values[variable] = input(types[variable]!));

  /** A variable's tensor, computed on first use. */
  const valueOf = (v: Variable): Tensor => {
    if (values[v] === undefined) compute(producers.get(v) as number);
    return values[v] as Tensor;
  };
  const applicationOf = ({ operation, inputs, outputs }: Equation): Application => ({
    operation,
    inputs: inputs.map(valueOf),
    types: outputs.map((v) => types[v]!),
  });
  const compute = (k: number): void => {
    const equation = equations[k]!;
    if (equation.outputs.every((v) => values[v] !== undefined)) return;
    const application = applicationOf(equation);
    const partner = partnerOf(equations, k, (v) => values[v] === undefined);
    const both = partner === null ? null : besides(application, applicationOf(partner));
    if (both === null || partner === null) {
      const results = cheapest(application);
      equation.outputs.forEach((v, o) => values[v] = results[o]);
      return;
    }
    const [first, second] = [types[equation.outputs[0]!]!.shape[1]!, types[partner.outputs[0]!]!.shape[1]!];
    values[equation.outputs[0]!] = slice(both, 1, 0, first);
    values[partner.outputs[0]!] = slice(both, 1, first, second);
  };
  equations.forEach((_, k) => compute(k));
  const named = (names: Program["inputs"]): Record<string, Tensor> =>
    Object.fromEntries(names.map(({ name, variable }) => [name, valueOf(variable)]));
  return programOf(named(program.inputs), named(program.outputs));
}

const kernelOf = ({ operation }: Pick<Application, "operation">): Kernel | null =>
  operation.kind === "kernel" ? operation.kernel : null;

/** A later call of the same kernel with the same other operands, which does not depend on equation k. */
function partnerOf(
  equations: readonly Equation[],
  k: number,
  isOpen: (v: Variable) => boolean,
): Equation | null {
  const equation = equations[k]!, kernel = kernelOf(equation);
  if (kernel?.beside === undefined || equation.outputs.length !== 1) return null;
  const [, ...shared] = equation.inputs, params = JSON.stringify(equation.operation.params);
  const dependent = new Set(equation.outputs);
  for (const later of equations.slice(k + 1)) {
    if (later.inputs.some((v) => dependent.has(v))) {
      later.outputs.forEach((v) => dependent.add(v));
      continue;
    }
    const fits = kernelOf(later) === kernel && isOpen(later.outputs[0]!) &&
      JSON.stringify(later.operation.params) === params &&
      later.inputs.length === shared.length + 1 && shared.every((v, i) => later.inputs[i + 1] === v);
    if (fits) return later;
  }
  return null;
}

/** One tensor with the results of both calls. */
function besides(first: Application, second: Application): Tensor | null {
  const both = kernelOf(first)?.beside?.(first, second) ?? null;
  if (both === null || both.source === null) return both;
  return cheapest(both.source)[both.output]!;
}

/** The results of an application in as few launches as its kernel allows. */
function cheapest({ operation, inputs, types }: Application): readonly Tensor[] {
  if (operation.kind === "kernel") {
    return operation.kernel.fused?.(inputs as Operands<Tensor>, operation.params) ??
      apply(operation, inputs, types);
  }
  if (operation.name === "place" && (operation.params as Primitives["place"]).axis === 1) {
    const { starts, size } = operation.params as Primitives["place"];
    return [placed(inputs, starts, size, types[0]!)];
  }
  return apply(operation, inputs, types);
}

/** A `place` along axis 1, with adjacent parts computed together if their kernel can. */
function placed(
  parts: readonly Tensor[],
  starts: readonly number[],
  size: number,
  { shape }: TensorType,
): Tensor {
  const [R, , ...inner] = shape as [number, number, ...number[]];
  const joined: Tensor[] = [], at: number[] = [];
  parts.forEach((part, p) => {
    const last = joined.length - 1;
    const touches = last >= 0 && at[last]! + joined[last]!.shape[1]! === starts[p];
    const both = touches ? together(joined[last]!, part) : null;
    if (both === null) {
      joined.push(part);
      at.push(starts[p]!);
    } else {
      joined[last] = reshape(both, [R, sizeOf(both.shape) / R / sizeOf(inner), ...inner]);
    }
  });
  return place(joined, 1, at, size);
}

/** The operands of two reshaped parts, as one tensor. */
function together(first: Tensor, second: Tensor): Tensor | null {
  const [a, b] = [unshaped(first), unshaped(second)];
  const near = neighbours(a, b);
  if (near !== null || a.source === null || b.source === null) return near;
  return kernelOf(a.source) === kernelOf(b.source) ? besides(a.source, b.source) : null;
}

/** The operand of a reshape that keeps the replica axis, or the tensor itself. */
const unshaped = (tensor: Tensor): Tensor =>
  tensor.source !== null && tensor.source.operation.kind === "primitive" &&
    tensor.source.operation.name === "reshape" && tensor.source.inputs[0]!.shape[0] === tensor.shape[0]
    ? tensor.source.inputs[0]!
    : tensor;
