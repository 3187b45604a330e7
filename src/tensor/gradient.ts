/**
 * Reverse-mode differentiation: one backward pass over the expression, with the primitives' and the kernels' rules.
 *
 * Law: the result is again an expression, so derivatives can be printed, planned and differentiated like any other.
 *
 * @module
 */

import {
  type Application,
  applicationsOf,
  input,
  outputsOf,
  requireTensors,
  sameTensor,
  type Tensor,
} from "./expression.ts";
import { add, broadcast, constant, type PrimitiveName, primitives, type Rule } from "./primitives.ts";
import { inline, type Program, programOf, requireProgram } from "./program.ts";
import { type Operands, sameType, ShapeMismatch } from "./shape.ts";
import { aList, requireFit } from "../given.ts";

type Cotangents = (Tensor | null)[];

const zeros = (tensor: Tensor): Tensor => broadcast(constant(0), tensor.shape);

/** Cotangents of an application's inputs from those of its outputs. */
function pullBack(application: Application, cotangents: Cotangents): readonly (Tensor | null)[] {
  const { operation, inputs } = application;
  const results = outputsOf(application);
  if (operation.kind === "primitive") {
    const rule = primitives[operation.name as PrimitiveName] as Rule<unknown>;
    const cotangent = cotangents[0]!;
    return cotangent === null
      ? inputs.map(() => null)
      : rule.derivative(inputs as Operands<Tensor>, results[0]!, cotangent, operation.params);
  }
  const { kernel, params } = operation;
  if (kernel.derivative !== undefined) {
    return kernel.derivative(
      inputs as Operands<Tensor>,
      results as Operands<Tensor>,
      cotangents as Operands<Tensor | null>,
      params,
    );
  }
  // Fresh inputs stop the backward pass at the kernel's boundary; inlining substitutes the actual inputs.
  const edge = inputs.map((tensor) => input(tensor.type));
  const seeds = cotangents.map((cotangent, k) => input((cotangent ?? results[k]!).type));
  const real = edge.map((_, k) => k).filter((k) => edge[k]!.type.element === "f32");
  const definition = kernel.definition(edge as Operands<Tensor>, params);
  const pulled = pullback(definition, seeds, real.map((k) => edge[k]!));
  const names = (tensors: readonly Tensor[], prefix: string): Record<string, Tensor> =>
    Object.fromEntries(tensors.map((tensor, k) => [`${prefix}${k}`, tensor]));
  const program = programOf({ ...names(edge, "x"), ...names(seeds, "g") }, names(pulled, "y"));
  const given = inline(program, {
    ...names(inputs, "x"),
    ...names(cotangents.map((cotangent, k) => cotangent ?? zeros(results[k]!)), "g"),
  });
  return inputs.map((_, k) => given[`y${real.indexOf(k)}`] ?? null);
}

/**
 * The vector–Jacobian product: cotangents of `wrt` from cotangents of `outputs`.
 *
 * @param outputs tensors that depend on `wrt`
 * @param cotangents one for each output, of its type
 * @param wrt inputs or intermediate tensors of real numbers
 */
export function pullback<W extends readonly Tensor[]>(
  outputs: readonly Tensor[],
  cotangents: readonly Tensor[],
  wrt: readonly [...W],
): { readonly [K in keyof W]: Tensor } {
  for (const tensors of [outputs, cotangents, wrt]) requireTensors("pullback", tensors);
  outputs.forEach((output, k) => {
    if (!sameType(output.type, cotangents[k]!.type)) {
      throw new ShapeMismatch(
        "pullback",
        [output.type, cotangents[k]!.type],
        "a cotangent has its output's type",
      );
    }
  });
  const order = applicationsOf(outputs);
  const isTarget = (tensor: Tensor): boolean => wrt.some((target) => sameTensor(target, tensor));
  // Visits only what depends on a target, so that no unneeded derivative is built.
  const active = new Set<Application>();
  for (const application of order) {
    const reaches = application.inputs.some((x) =>
      isTarget(x) || (x.source !== null && active.has(x.source))
    );
    if (reaches) active.add(application);
  }
  const ofInputs = new Map<Tensor, Tensor>();
  const ofApplications = new Map<Application, Cotangents>();
  const accumulate = (tensor: Tensor, cotangent: Tensor): void => {
    if (tensor.source === null) {
      const before = ofInputs.get(tensor);
      ofInputs.set(tensor, before === undefined ? cotangent : add(before, cotangent));
      return;
    }
    const all = ofApplications.get(tensor.source) ?? tensor.source.types.map(() => null);
    const before = all[tensor.output]!;
    all[tensor.output] = before === null ? cotangent : add(before, cotangent);
    ofApplications.set(tensor.source, all);
  };
  outputs.forEach((output, k) => accumulate(output, cotangents[k]!));
  for (const application of [...order].reverse()) {
    const received = ofApplications.get(application);
    if (received === undefined || !active.has(application)) continue;
    pullBack(application, received).forEach((cotangent, k) => {
      const x = application.inputs[k]!;
      const wanted = isTarget(x) || (x.source !== null && active.has(x.source));
      if (cotangent !== null && wanted) accumulate(x, cotangent);
    });
  }
  return wrt.map((target) =>
    (target.source === null ? ofInputs.get(target) : ofApplications.get(target.source)?.[target.output]) ??
      zeros(target)
  ) as { [K in keyof W]: Tensor };
}

/**
 * The gradient of the sum of `loss` with respect to each of `wrt`. For a loss with a replica axis, each replica gets
 * the gradient of its own loss, because replicas are independent.
 *
 * @example
 * ```ts
 * import { f32, gradient, mul, print, trace } from "../../src/tensor/mod.ts";
 * import assert from "node:assert/strict";
 * const slope = trace({ x: f32(3) }, ({ x }) => ({ dx: gradient(mul(x, x), [x])[0] }));
 * assert.match(print(slope), /dx: f32\[3\] = add/); // x + x
 * ```
 */
export const gradient = <W extends readonly Tensor[]>(
  loss: Tensor,
  wrt: readonly [...W],
): { readonly [K in keyof W]: Tensor } => {
  requireTensors("gradient", [loss]);
  return pullback([loss], [broadcast(constant(1), loss.shape)], wrt);
};

/**
 * A program that also computes the gradient of one of its outputs, as outputs named `d<output>/d<input>`.
 *
 * @example
 * ```ts
 * import { f32, grad, mul, sum, trace } from "../../src/tensor/mod.ts";
 * import assert from "node:assert/strict";
 * const squares = trace({ x: f32(3) }, ({ x }) => ({ y: sum(mul(x, x), 0) }));
 * assert.deepEqual(grad(squares, "y", ["x"]).outputs.map((o) => o.name), ["y", "dy/dx"]);
 * ```
 */
export function grad(program: Program, output: string, wrt: readonly string[]): Program {
  requireProgram(program);
  requireFit("The inputs of a gradient", wrt, aList);
  const inputs = Object.fromEntries(
    program.inputs.map(({ name, variable }) => [name, input(program.types[variable]!)]),
  );
  const results = inline(program, inputs);
  const loss = results[output];
  if (loss === undefined) throw new ReferenceError(`The program has no output named "${output}"`);
  const targets = wrt.map((name) => {
    if (inputs[name] === undefined) throw new ReferenceError(`The program has no input named "${name}"`);
    return inputs[name];
  });
  const gradients = gradient(loss, targets);
  return programOf(inputs, {
    ...results,
    ...Object.fromEntries(wrt.map((name, k) => [`d${output}/d${name}`, gradients[k]!])),
  });
}
