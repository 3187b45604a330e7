/**
 * The kernel record: a pure definition and the faster ways of computing it, carried inside a program.
 *
 * Law: every routine and shader computes what the definition computes, to the accuracy of float32; the definition is
 * the specification, the fallback and the oracle of the tests. Devices know kernels only through this record.
 *
 * @module
 */

import type { Tensor } from "./expression.ts";
import type { TensorType } from "./shape.ts";

/** What kind of WebGPU adapter a shader is launched on: software adapters punish barriers. */
export type AdapterKind = "hardware" | "software";

/** An operand of a launch: an input or an output of the kernel, or scratch memory between its launches. */
export type Operand =
  | { readonly input: number }
  | { readonly output: number }
  | { readonly scratch: number };

/** Where an operand lies, in elements: `offset` of replica 0 and the distance from one replica to the next. */
export interface Placement {
  readonly offset: number;
  readonly stride: number;
}

/**
 * One dispatch.
 *
 * Inputs are bound as `read`, outputs and scratch as `read_write`. Of an in-place pair only the output is bound: before
 * the launches it holds the input's value, because both lie in the same memory or because the device has copied it.
 * Scratch starts at element 0 of its array and is not zeroed. The grid must not depend on anything but the types.
 */
export interface Launch {
  /** The shader's file name, for messages and listings. */
  readonly file: string;
  /** WGSL text. */
  readonly source: string;
  readonly entryPoint: string;
  /** Values of `override` constants. */
  readonly constants?: Readonly<Record<string, number>>;
  /** Operands in the order of the shader's bindings 1, 2, …; binding 0 is the uniform block. */
  readonly operands: readonly Operand[];
  /** The 32-bit words of the uniform block; a placement stands for its two words, `offset` and `stride`. */
  readonly uniforms: readonly Uniform[];
  readonly workgroups: readonly [number, number, number];
  /**
   * The shader reads or writes four elements at a time. The device then sees to it that every operand starts at a
   * multiple of four elements and, where a replica's block is a multiple of four, that replicas lie so apart too.
   */
  readonly vectors?: boolean;
}

/** One entry of a uniform block. */
export type Uniform =
  | { readonly word: number }
  | { readonly float: number }
  | { readonly place: Operand };

/** A kernel with parameters `P`. */
export interface Kernel<P = unknown> {
  readonly name: string;
  /** Types of the outputs; throws `ShapeMismatch` for inputs that it cannot take. */
  readonly types: (inputs: readonly TensorType[], params: P) => readonly TensorType[];
  /** The specification, in primitives and other kernels. */
  readonly definition: (inputs: readonly Tensor[], params: P) => readonly Tensor[];
  /**
   * Cotangents of the inputs from those of the outputs (null: no cotangent). Without it the definition is
   * differentiated.
   */
  readonly derivative?: (
    inputs: readonly Tensor[],
    outputs: readonly Tensor[],
    cotangents: readonly (Tensor | null)[],
    params: P,
  ) => readonly (Tensor | null)[];
  /** Pairs (output, input) for which the shader and the routine allow both to lie in the same memory. */
  readonly inPlace?: (params: P) => readonly (readonly [output: number, input: number])[];
  /** Elements of each scratch array that the launches use. */
  readonly scratch?: (inputs: readonly TensorType[], params: P) => readonly number[];
  /** The dispatches that compute it on WebGPU; without them the definition is run there, primitive by primitive. */
  readonly launches?: (
    inputs: readonly TensorType[],
    outputs: readonly TensorType[],
    params: P,
    adapter: AdapterKind,
  ) => readonly Launch[];
  /** Floating-point operations of one call, for benchmarks. */
  readonly flops?: (inputs: readonly TensorType[], params: P) => number;
}
