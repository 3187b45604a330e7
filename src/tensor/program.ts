/**
 * Programs: immutable, typed, first-order lists of equations over named inputs and outputs.
 *
 * Laws, tested: tracing the same function gives the same program; a program that `check` accepts runs on every device;
 * inlining a traced function's program gives the same result as the function itself.
 *
 * @module
 */

import {
  applicationsOf,
  apply,
  input,
  type Kernel,
  nameOf,
  type Operation,
  requireTensors,
  resultsOf,
  type Tensor,
} from "./expression.ts";
import { type PrimitiveName, primitives, type Rule } from "./primitives.ts";
import { type Operands, printType, sameType, ShapeMismatch, type TensorType } from "./shape.ts";
import { aFunction, anObject, isRecord, requireFit, type Wanted } from "../given.ts";

/** Index of a variable in its program's `types`. */
export type Variable = number;

/** `outputs = operation(inputs)`. */
export interface Equation {
  /** The operation applied. */
  readonly operation: Operation;
  /** Its operands, in order. */
  readonly inputs: readonly Variable[];
  /** Its results, in order. */
  readonly outputs: readonly Variable[];
}

/** A name for a variable. */
export interface Named {
  /** The name, unique among a program's inputs and among its outputs. */
  readonly name: string;
  /** The variable. */
  readonly variable: Variable;
}

/** A program; every variable is an input or the output of exactly one equation, which comes before its uses. */
export interface Program {
  /** Values that the caller supplies, in the order of declaration. */
  readonly inputs: readonly Named[];
  /** Values that can be read; an output with an input's name is that input's next value. */
  readonly outputs: readonly Named[];
  /** The equations, in order of computation. */
  readonly equations: readonly Equation[];
  /** Types of all variables. */
  readonly types: readonly TensorType[];
}

/** Tensors by name. */
export type Tensors = Readonly<Record<string, Tensor>>;

const TYPE: Wanted = {
  wanted: "a type, such as f32(2, 3)",
  fits: (given) => isRecord(given) && Array.isArray(given["shape"]),
};

/** Throws TypeError unless a value is a program. */
export function requireProgram(given: unknown): void {
  requireFit("A program", given, {
    wanted: "one, such as trace gives",
    fits: (program) =>
      isRecord(program) && Array.isArray(program["equations"]) && Array.isArray(program["types"]),
  });
}

/**
 * The program of a function of symbolic tensors.
 *
 * @example
 * ```ts
 * import { f32, mul, print, sum, trace } from "../../src/tensor/mod.ts";
 * import assert from "node:assert/strict";
 * const squares = trace({ x: f32(2, 3) }, ({ x }) => ({ y: sum(mul(x, x), 1) }));
 * assert.equal(
 *   print(squares),
 *   "x: f32[2,3] → y: f32[2]\n" +
 *     "  a: f32[2,3] = mul x x\n" +
 *     "  y: f32[2] = sum a axis=1",
 * );
 * ```
 */
export function trace<I extends Readonly<Record<string, TensorType>>>(
  types: I,
  f: (inputs: { readonly [K in keyof I]: Tensor }) => Tensors,
): Program {
  requireFit("The inputs of a program", types, anObject);
  requireFit("What a program is traced from", f, aFunction);
  for (const [name, type] of Object.entries(types)) requireFit(`The type of "${name}"`, type, TYPE);
  const inputs = Object.fromEntries(Object.entries(types).map(([name, type]) => [name, input(type)]));
  return programOf(inputs, f(inputs as { [K in keyof I]: Tensor }));
}

/**
 * The program that computes `outputs` from `inputs` (tensors made by `input`). Equal applications become one equation.
 */
export function programOf(inputs: Tensors, outputs: Tensors): Program {
  for (const [what, tensors] of [["inputs", inputs], ["outputs", outputs]] as const) {
    requireFit(`The ${what} of a program`, tensors, anObject);
    requireTensors(`A program's ${what}`, Object.values(tensors));
  }
  const types: TensorType[] = [];
  const inputVariables = new Map<Tensor, Variable>();
  const variables = new Map<unknown, readonly Variable[]>();
  const declare = (type: TensorType): Variable => types.push(type) - 1;
  const named = Object.entries(inputs).map(([name, tensor]) => {
    const variable = declare(tensor.type);
    inputVariables.set(tensor, variable);
    return { name, variable };
  });
  const variableOf = (tensor: Tensor): Variable => {
    const found = tensor.source === null
      ? inputVariables.get(tensor)
      : variables.get(tensor.source)?.[tensor.output];
    if (found === undefined) {
      throw new ReferenceError(
        `The program uses an input ${printType(tensor.type)} that it does not declare`,
      );
    }
    return found;
  };
  const equations: Equation[] = [];
  const known = new Map<string, readonly Variable[]>();
  // Two kernels may have the same name: the record is their identity.
  const kernels: Kernel[] = [];
  const numberOf = (kernel: Kernel): number =>
    kernels.includes(kernel) ? kernels.indexOf(kernel) : kernels.push(kernel) - 1;
  for (const application of applicationsOf(Object.values(outputs))) {
    const { operation } = application;
    const arguments_ = application.inputs.map(variableOf);
    const which = operation.kind === "kernel" ? numberOf(operation.kernel) : operation.name;
    const signature = `${operation.kind} ${which} ${arguments_} ${JSON.stringify(operation.params, exactly)}`;
    const before = known.get(signature);
    const results = before ?? application.types.map(declare);
    variables.set(application, results);
    if (before !== undefined) continue;
    known.set(signature, results);
    equations.push({ operation, inputs: arguments_, outputs: results });
  }
  return {
    inputs: named,
    outputs: Object.entries(outputs).map(([name, tensor]) => ({ name, variable: variableOf(tensor) })),
    equations,
    types,
  };
}

/** Distinguishes values that JSON would write alike. */
const exactly = (_: string, value: unknown): unknown =>
  typeof value === "number" && (!Number.isFinite(value) || Object.is(value, -0))
    ? `number ${1 / value} ${value}`
    : value;

/**
 * Applies a program to tensors: inlines its equations.
 *
 * @example
 * ```ts
 * import { add, exp, f32, inline, print, trace } from "../../src/tensor/mod.ts";
 * import assert from "node:assert/strict";
 * const inner = trace({ x: f32(3) }, ({ x }) => ({ y: exp(x) }));
 * const outer = trace({ x: f32(3) }, ({ x }) => ({ z: add(inline(inner, { x }).y, 1) }));
 * assert.match(print(outer), /exp x/);
 * ```
 */
export function inline(program: Program, arguments_: Tensors): Record<string, Tensor> {
  requireProgram(program);
  requireFit("The arguments of a program", arguments_, anObject);
  const values: Tensor[] = [];
  for (const { name, variable } of program.inputs) {
    const given = arguments_[name];
    if (given === undefined) throw new ReferenceError(`The program needs an input named "${name}"`);
    if (!sameType(given.type, program.types[variable]!)) {
      throw new ShapeMismatch(
        `input "${name}"`,
        [given.type],
        `it must be ${printType(program.types[variable]!)}`,
      );
    }
    values[variable] = given;
  }
  for (const { operation, inputs, outputs } of program.equations) {
    const results = apply(operation, inputs.map((v) => values[v]!), outputs.map((v) => program.types[v]!));
    outputs.forEach((v, k) => values[v] = results[k]!);
  }
  return Object.fromEntries(program.outputs.map(({ name, variable }) => [name, values[variable]!]));
}

/** The output types of an operation for input types; throws `ShapeMismatch`. */
export function typesOf(operation: Operation, inputs: readonly TensorType[]): readonly TensorType[] {
  if (operation.kind === "kernel") {
    return resultsOf(operation.kernel, inputs, operation.params);
  }
  return [
    (primitives[operation.name as PrimitiveName] as Rule<unknown>).type(
      inputs as Operands<TensorType>,
      operation.params,
    ),
  ];
}

/**
 * The errors in a program, one sentence each; an empty list for a well-formed program.
 *
 * @example
 * ```ts
 * import { check, exp, f32, trace } from "../../src/tensor/mod.ts";
 * import assert from "node:assert/strict";
 * const program = trace({ x: f32(3) }, ({ x }) => ({ y: exp(x) }));
 * assert.deepEqual(check(program), []);
 * assert.deepEqual(check({ ...program, equations: [] }), ['Output "y" is never computed']);
 * ```
 */
export function check(program: Program): readonly string[] {
  requireProgram(program);
  const breaches: string[] = [];
  const defined = new Set(program.inputs.map(({ variable }) => variable));
  const twice = (names: readonly Named[], what: string): void => {
    const seen = new Set<string>();
    for (const { name } of names) {
      if (seen.has(name)) breaches.push(`Two ${what} are named "${name}"`);
      seen.add(name);
    }
  };
  twice(program.inputs, "inputs");
  twice(program.outputs, "outputs");
  program.equations.forEach((equation, k) => {
    const label = `Equation ${k} (${nameOf(equation.operation)})`;
    for (const v of equation.inputs) {
      if (!defined.has(v)) breaches.push(`${label} uses variable ${v} before it is computed`);
    }
    try {
      const types = typesOf(equation.operation, equation.inputs.map((v) => program.types[v]!));
      equation.outputs.forEach((v, i) => {
        if (types[i] === undefined || !sameType(types[i], program.types[v]!)) {
          breaches.push(`${label} gives another type than variable ${v} has`);
        }
      });
    } catch (error) {
      if (!(error instanceof ShapeMismatch)) throw error;
      breaches.push(`${label}: ${error.message}`);
    }
    for (const v of equation.outputs) {
      if (defined.has(v)) breaches.push(`${label} computes variable ${v} again`);
      defined.add(v);
    }
  });
  for (const { name, variable } of program.outputs) {
    if (!defined.has(variable)) breaches.push(`Output "${name}" is never computed`);
  }
  return breaches;
}

const letters = (index: number): string =>
  (index >= 26 ? letters(Math.floor(index / 26) - 1) : "") + String.fromCharCode(97 + index % 26);

/**
 * A program as text, one equation per line; inputs and outputs keep their names, other variables get letters.
 *
 * @example
 * ```ts
 * import { exp, f32, print, sum, trace } from "../../src/tensor/mod.ts";
 * import assert from "node:assert/strict";
 * const program = trace({ x: f32(2, 3) }, ({ x }) => ({ total: sum(exp(x), 1) }));
 * assert.equal(
 *   print(program),
 *   "x: f32[2,3] → total: f32[2]\n" +
 *     "  a: f32[2,3] = exp x\n" +
 *     "  total: f32[2] = sum a axis=1",
 * );
 * ```
 */
export function print(program: Program): string {
  requireProgram(program);
  const named = new Map(
    [...program.outputs, ...program.inputs].map(({ name, variable }) => [variable, name]),
  );
  const taken = new Set(named.values());
  let next = 0;
  const names = program.types.map((_, v) => {
    const name = named.get(v);
    if (name !== undefined) return name;
    while (taken.has(letters(next))) next++;
    return letters(next++);
  });
  const typed = (v: Variable): string => `${names[v]}: ${printType(program.types[v]!)}`;
  const list = (variables: readonly Variable[]): string => variables.map(typed).join(", ");
  const params = (operation: Operation): string =>
    Object.entries((operation.params ?? {}) as Record<string, unknown>)
      .map(([key, value]) => {
        const text = JSON.stringify(value) ?? String(value);
        return ` ${key}=${text.length > 40 ? `${text.slice(0, 37)}…` : text}`;
      }).join("");
  const head = `${list(program.inputs.map((x) => x.variable))} → ${
    list(program.outputs.map((x) => x.variable))
  }`;
  return [
    head,
    ...program.equations.map(({ operation, inputs, outputs }) =>
      `  ${list(outputs)} = ${[nameOf(operation), ...inputs.map((v) => names[v])].join(" ")}${
        params(operation)
      }`
    ),
  ].join("\n");
}
