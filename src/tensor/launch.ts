/**
 * Launches, one dispatch each, and how they are written down: grids, uniform words, and views of operands as the shaders'
 * headers explain them.
 *
 * @module
 */

import { blockOf, replicasOf, type TensorType } from "./shape.ts";

/** What kind of WebGPU adapter a shader is launched on: software adapters punish barriers. */
export type AdapterKind = "hardware" | "software";

/** An operand of a launch: an input or an output of the kernel, or scratch memory between its launches. */
export type Operand =
  | { readonly input: number }
  | { readonly output: number }
  | { readonly scratch: number };

/** Where an operand lies, in elements: `offset` of replica 0 and the distance from one replica to the next. */
export interface Placement {
  /** Element at which replica 0 starts. */
  readonly offset: number;
  /** Elements from the start of one replica to the start of the next. */
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
  /** The shader's function. */
  readonly entryPoint: string;
  /** Values of `override` constants. */
  readonly constants?: Readonly<Record<string, number>>;
  /** Operands in the order of the shader's bindings 1, 2, …; binding 0 is the uniform block. */
  readonly operands: readonly Operand[];
  /** The 32-bit words of the uniform block; a placement is its two words, `offset` and `stride`. */
  readonly uniforms: readonly Uniform[];
  /** Number of workgroups along x, y and z. */
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

/** Workgroups along one dimension of a grid that every WebGPU device can launch. */
export const MOST_WORKGROUPS = 65535;
/** Invocations of a workgroup of every shader. */
export const WORKGROUP = 64;

/** The grid of `count` invocations: rows of workgroups, as many as are needed. */
export function gridOf(count: number): readonly [number, number, number] {
  const groups = Math.ceil(count / WORKGROUP);
  const across = Math.min(groups, MOST_WORKGROUPS);
  return [across, across === 0 ? 0 : Math.ceil(groups / across), 1];
}

/** The grid of `count` invocations for each replica: workgroups in x, replicas in y. */
export const gridOfReplicas = (count: number, replicas: number): readonly [number, number, number] => [
  Math.ceil(count / WORKGROUP),
  replicas,
  1,
];

/** One word of a uniform block. */
export const word = (value: number): Uniform => ({ word: value });

/** The words `offset`, `stride`, `block` by which a shader finds element e of a tensor; block 0 is a single block. */
export const viewOf = (operand: Operand, type: TensorType): readonly Uniform[] => [
  { place: operand },
  word(replicasOf(type) <= 1 ? 0 : blockOf(type)),
];

/** A view of scratch memory, which has no gaps. */
export const scratchView = (operand: Operand): readonly Uniform[] => [{ place: operand }, word(0)];
