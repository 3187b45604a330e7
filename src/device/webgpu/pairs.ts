/**
 * Pairs of independent calls. A pair is one kernel, whose two launches a device may merge into one dispatch.
 *
 * Law, tested: the program of pairs computes the same as the original.
 *
 * @module
 */

import {
  type Application,
  apply,
  call,
  input,
  type Kernel,
  type Operation,
  type Tensor,
} from "../../tensor/expression.ts";
import type { AdapterKind, Launch } from "../../tensor/launch.ts";
import type { Operand, Value } from "../../tensor/layout.ts";
import { type Equation, type Program, programOf, type Variable } from "../../tensor/program.ts";
import type { Operands, TensorType } from "../../tensor/shape.ts";
import { lanesOf, MAX_BUFFERS } from "./side_by_side.ts";

/**
 * Pairs each call, in order, with the first later one that could be computed with it, if one dispatch could bind the
 * operands of both. On a software adapter, where an invocation that has nothing to do costs as much as one that has, their
 * workgroups must also have as many invocations.
 */
export function pairIndependent(program: Program, adapter: AdapterKind): Program {
  const { equations, types } = program;
  const values: (Tensor | undefined)[] = [], done = new Set<Equation>();
  const named = (names: Program["inputs"], tensor: (v: Variable) => Tensor): Record<string, Tensor> =>
    Object.fromEntries(names.map(({ name, variable }) => [name, tensor(variable)]));
  const inputs = named(program.inputs, (v) => values[v] = input(types[v]!));
  const launches = new Map(equations.map((equation) => [equation, onlyLaunch(equation, types, adapter)]));
  const viewed = viewedBy(equations);
  const isReady = (equation: Equation): boolean =>
    !done.has(equation) && equation.inputs.every((v) => values[v] !== undefined);
  const compute = (parts: readonly Equation[]): void => {
    const applications = parts.map(({ operation, inputs, outputs }): Application => ({
      operation,
      inputs: inputs.map((v) => values[v]!),
      types: outputs.map((v) => types[v]!),
    }));
    const [first] = applications as [Application];
    const results = applications.length > 1
      ? call(pairOf(applications), applications.flatMap(({ inputs }) => inputs), null)
      : apply(first.operation, first.inputs, first.types);
    parts.flatMap(({ outputs }) => outputs).forEach((v, o) => values[v] = results[o]);
    parts.forEach((part) => done.add(part));
  };
  equations.forEach((equation, k) => {
    if (done.has(equation)) return;
    const partner = equations.slice(k + 1).find((later) =>
      isReady(later) && buffersOf([equation, later], launches, viewed) <= MAX_BUFFERS &&
      (adapter === "hardware" || lanesOf(launches.get(equation)!) === lanesOf(launches.get(later)!))
    );
    compute(partner === undefined ? [equation] : [equation, partner]);
    // A view costs nothing, and may make more calls ready.
    for (const view of equations.slice(k + 1)) if (isView(view) && isReady(view)) compute([view]);
  });
  return programOf(inputs, named(program.outputs, (v) => values[v]!));
}

/** The launch of a call that is one and needs no scratch memory; else null. */
function onlyLaunch(
  { operation, inputs, outputs }: Equation,
  types: readonly TensorType[],
  adapter: AdapterKind,
): Launch | null {
  if (operation.kind !== "kernel") return null;
  const { kernel, params } = operation,
    of = (variables: readonly Variable[]) => variables.map((v) => types[v]) as Operands<TensorType>;
  if (kernel.scratch !== undefined) return null;
  const launches = kernel.launches?.(of(inputs), of(outputs), params, adapter) ?? [];
  return launches.length === 1 ? launches[0]! : null;
}

/** Whether a call is probably a view of its first operand, which costs nothing. */
const isView = ({ operation }: Equation): boolean =>
  operation.kind === "primitive" && ["reshape", "slice", "stopGradient"].includes(operation.name);

/** The variable of which each variable is probably a view, itself if of none. */
function viewedBy(equations: readonly Equation[]): (v: Variable) => Variable {
  const views = new Map<Variable, Variable>();
  const viewed = (v: Variable): Variable => views.get(v) ?? v;
  for (const equation of equations) {
    if (isView(equation)) views.set(equation.outputs[0]!, viewed(equation.inputs[0]!));
  }
  return viewed;
}

/**
 * How many buffers the launches of two calls bind, probably; infinite if one has none, or overwrites in place what the
 * other reads.
 */
function buffersOf(
  pair: readonly [Equation, Equation],
  launches: ReadonlyMap<Equation, Launch | null>,
  viewed: (v: Variable) => Variable,
): number {
  const bound = new Set<Variable>();
  for (const [k, equation] of pair.entries()) {
    const launch = launches.get(equation) ?? null;
    const others = pair[1 - k]!.inputs.map(viewed);
    if (launch === null || overwritten(equation).some((v) => others.includes(viewed(v)))) return Infinity;
    for (const binding of launch.bindings) {
      const operand = binding?.operand ?? null;
      if (operand === null || "scratch" in operand) continue;
      bound.add(
        viewed("input" in operand ? equation.inputs[operand.input]! : equation.outputs[operand.output]!),
      );
    }
  }
  return bound.size;
}

/** The operands that a call may overwrite. */
const overwritten = ({ operation, inputs }: Equation): readonly Variable[] =>
  operation.kind === "kernel"
    ? (operation.kernel.inPlace?.(operation.params) ?? []).map(([, input]) => inputs[input]!)
    : [];

/** Both calls as one kernel: the operands and results of the first, then those of the second. */
function pairOf(applications: readonly Application[]): Kernel<null> {
  const parts = applications.map(({ operation, inputs, types }, k) => {
    const before = applications.slice(0, k);
    const { kernel, params } = operation as Extract<Operation, { readonly kind: "kernel" }>;
    return {
      kernel,
      params,
      input: before.reduce((count, { inputs }) => count + inputs.length, 0),
      output: before.reduce((count, { types }) => count + types.length, 0),
      inputs: inputs.length,
      outputs: types.length,
    };
  });
  type Part = typeof parts[number];
  const inputsOf = <T>(all: readonly T[], { input, inputs }: Part) =>
    all.slice(input, input + inputs) as Operands<T>;
  const outputsOf = <T>(all: readonly T[], { output, outputs }: Part) =>
    all.slice(output, output + outputs) as Operands<T>;
  return {
    name: parts.map(({ kernel }) => kernel.name).join(" + "),
    types: () => applications.flatMap(({ types }) => types),
    definition: (inputs) => parts.flatMap((part) => call(part.kernel, inputsOf(inputs, part), part.params)),
    launches: (inputs, outputs, _, adapter) =>
      parts.flatMap((part, k) => {
        const { kernel, params, input, output } = part;
        return kernel.launches!(inputsOf(inputs, part), outputsOf(outputs, part), params, adapter).map((
          launch,
        ) => ({ ...moved(launch, input, output), ...k === 0 ? {} : { independent: true } }));
      }),
    flops: (inputs) =>
      parts.reduce(
        (total, part) => total + (part.kernel.flops?.(inputsOf(inputs, part), part.params) ?? 0),
        0,
      ),
    inPlace: () =>
      parts.flatMap(({ kernel, params, input, output }) =>
        (kernel.inPlace?.(params) ?? []).map(([to, from]) => [to + output, from + input] as const)
      ),
  };
}

/** A launch whose operands stand further back in the operands of a pair. */
function moved(launch: Launch, inputs: number, outputs: number): Launch {
  const operand = (each: Operand): Operand =>
    "input" in each
      ? { ...each, input: each.input + inputs }
      : "output" in each
      ? { output: each.output + outputs }
      : each;
  const value = (each: Value): Value =>
    typeof each === "object" && each !== null && !Array.isArray(each) ? operand(each as Operand) : each;
  const { tiling } = launch;
  return {
    ...launch,
    bindings: launch.bindings.map((bound) => bound && { ...bound, operand: operand(bound.operand) }),
    given: Object.fromEntries(Object.entries(launch.given).map(([name, each]) => [name, value(each)])),
    ...tiling === undefined ? {} : {
      tiling: {
        ...tiling,
        others: Object.fromEntries(
          Object.entries(tiling.others).map(([name, make]) => [name, () => moved(make(), inputs, outputs)]),
        ),
      },
    },
  };
}
