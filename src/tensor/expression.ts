/**
 * Symbolic tensors: each refers to the application that computes it, so that an expression is a graph that can be
 * printed, differentiated and laid out as a program.
 *
 * A kernel is a record embedded in an expression: a pure definition and faster implementations of it.
 *
 * Laws: building an expression computes nothing and keeps no state; an unused tensor is never computed.
 * Every routine and shader agrees with its kernel's definition to float32 accuracy; the definition is the
 * specification, the fallback and the tests' oracle. Devices know kernels only through this record.
 *
 * @module
 */

import type { AdapterKind, Launch } from "./launch.ts";
import type { RoutineCall } from "./routine.ts";
import { type Operands, printType, type Shape, ShapeMismatch, type TensorType } from "./shape.ts";
import type { View } from "./view.ts";
import { isRecord, shown } from "../given.ts";

/** A primitive's name or a kernel's record, with its parameters. */
export type Operation =
  | { readonly kind: "primitive"; readonly name: string; readonly params: unknown }
  | { readonly kind: "kernel"; readonly kernel: Kernel; readonly params: unknown };

/** One application of an operation; it may have several outputs. */
export interface Application {
  /** What is applied. */
  readonly operation: Operation;
  /** Its operands, in order. */
  readonly inputs: readonly Tensor[];
  /** Types of its outputs, in order. */
  readonly types: readonly TensorType[];
}

/** A symbolic tensor: an input of the program (`source` null), or an output of an application. */
export interface Tensor {
  /** Shape and element type. */
  readonly type: TensorType;
  /** The lengths of its axes; the same as `type.shape`. */
  readonly shape: Shape;
  /** The application that computes it; null for an input. */
  readonly source: Application | null;
  /** Which output of `source` this is. */
  readonly output: number;
}

/** A kernel with parameters `P`. */
export interface Kernel<P = unknown> {
  /** The name under which programs print it. */
  readonly name: string;
  /** Types of the outputs; null for invalid inputs. */
  readonly types: (inputs: Operands<TensorType>, params: P) => readonly TensorType[] | null;
  /** The requirement on its inputs, for the error message: `it needs rows [R,B]`. */
  readonly wants?: string;
  /** The specification, in primitives and other kernels. */
  readonly definition: (inputs: Operands<Tensor>, params: P) => readonly Tensor[];
  /**
   * Cotangents of the inputs from those of the outputs (null: no cotangent). If absent, the definition is
   * differentiated.
   */
  readonly derivative?: (
    inputs: Operands<Tensor>,
    outputs: Operands<Tensor>,
    cotangents: Operands<Tensor | null>,
    params: P,
  ) => readonly (Tensor | null)[];
  /**
   * Pairs (output, input) that may share memory. The output holds the input's value when launches, calls or loop
   * start.
   */
  readonly inPlace?: (params: P) => readonly (readonly [output: number, input: number])[];
  /** Elements of each scratch array that the launches use. */
  readonly scratch?: (inputs: Operands<TensorType>, params: P) => readonly number[];
  /** The dispatches that compute it on WebGPU; if absent, the definition runs there, primitive by primitive. */
  readonly launches?: (
    inputs: Operands<TensorType>,
    outputs: Operands<TensorType>,
    params: P,
    adapter: AdapterKind,
  ) => readonly Launch[];
  /**
   * The calls that compute it in WebAssembly, one after the other; a CPU device with SIMD prefers them to `loop` and the
   * definition.
   */
  readonly calls?: (
    inputs: Operands<TensorType>,
    outputs: Operands<TensorType>,
    params: P,
  ) => readonly RoutineCall[];
  /** Binds it to operands in host memory; calling the result computes it once, faster than the definition. */
  readonly loop?: (inputs: Operands<View>, outputs: Operands<View>, params: P) => () => void;
  /**
   * An equivalent application that takes fewer launches, found by matching what computes the operands; null if there
   * is none. Used only where `launches` are.
   */
  readonly fused?: (inputs: Operands<Tensor>, params: P) => readonly Tensor[] | null;
  /**
   * Batches two calls: a tensor whose first rows (axis 1) are the result of one and whose remaining rows are the result
   * of the other; null if computing them separately is better. Used only where `launches` are.
   */
  readonly beside?: (first: Application, second: Application) => Tensor | null;
  /** Floating-point operations of one call, for benchmarks. */
  readonly flops?: (inputs: Operands<TensorType>, params: P) => number;
}

/** A tensor whose value the caller supplies. */
export const input = (type: TensorType): Tensor => ({ type, shape: type.shape, source: null, output: 0 });

/** The outputs of an operation whose types are already known. */
export function apply(
  operation: Operation,
  inputs: readonly Tensor[],
  types: readonly TensorType[],
): readonly Tensor[] {
  const source = { operation, inputs, types };
  return types.map((type, output) => ({ type, shape: type.shape, source, output }));
}

/** Types of a kernel's outputs. Throws `ShapeMismatch` for invalid inputs. */
export function resultsOf<P>(
  kernel: Kernel<P>,
  inputs: readonly TensorType[],
  params: P,
): readonly TensorType[] {
  const types = kernel.types(inputs as Operands<TensorType>, params);
  if (types === null) throw new ShapeMismatch(kernel.name, inputs, kernel.wants ?? "it takes no such types");
  return types;
}

/** Throws TypeError unless every operand is a tensor. */
export function requireTensors(operation: string, operands: readonly Tensor[]): void {
  if (!Array.isArray(operands)) {
    throw new TypeError(`${operation} needs a list of tensors: got ${shown(operands)}`);
  }
  for (let k = 0; k < operands.length; k++) {
    const operand: unknown = operands[k];
    if (isRecord(operand) && isRecord(operand["type"]) && Array.isArray(operand["shape"])) continue;
    throw new TypeError(`${operation} needs tensors: operand ${k} is ${shown(operand)}`);
  }
}

/** Applies a kernel. Throws `ShapeMismatch` for invalid inputs. */
export function call<P>(kernel: Kernel<P>, inputs: readonly Tensor[], params: P): Operands<Tensor> {
  requireTensors(kernel.name, inputs);
  const types = resultsOf(kernel, inputs.map((tensor) => tensor.type), params);
  return apply({ kind: "kernel", kernel: kernel as Kernel, params }, inputs, types) as Operands<Tensor>;
}

/** All outputs of an application, as tensors. */
export const outputsOf = (application: Application): readonly Tensor[] =>
  application.types.map((type, output) => ({ type, shape: type.shape, source: application, output }));

/** Whether two tensors are the same value: the same output of the same application, or the same input. */
export const sameTensor = (a: Tensor, b: Tensor): boolean =>
  a === b || (a.source !== null && a.source === b.source && a.output === b.output);

/** The operation's name. */
export const nameOf = (operation: Operation): string =>
  operation.kind === "primitive" ? operation.name : operation.kernel.name;

/**
 * The applications that `tensors` depend on, in topological order (dependencies first); the order is determined by the
 * order of `tensors` and of each application's inputs alone.
 */
export function applicationsOf(tensors: readonly Tensor[]): readonly Application[] {
  const seen = new Set<Application>();
  const ordered: Application[] = [];
  // An explicit stack: expressions can be deeper than the call stack.
  for (const tensor of tensors) {
    if (tensor.source === null || seen.has(tensor.source)) continue;
    const stack: { application: Application; next: number }[] = [{ application: tensor.source, next: 0 }];
    seen.add(tensor.source);
    while (stack.length > 0) {
      const top = stack[stack.length - 1]!;
      if (top.next === top.application.inputs.length) {
        ordered.push(top.application);
        stack.pop();
        continue;
      }
      const source = top.application.inputs[top.next++]!.source;
      if (source !== null && !seen.has(source)) {
        seen.add(source);
        stack.push({ application: source, next: 0 });
      }
    }
  }
  return ordered;
}

/** A tensor's operation and type as text, for messages. */
export const describe = (tensor: Tensor): string =>
  `${tensor.source === null ? "input" : nameOf(tensor.source.operation)} ${printType(tensor.type)}`;
