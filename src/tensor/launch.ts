/**
 * Launches, one dispatch each, as plain data, and their grids.
 *
 * @module
 */

import type { Fields, Operand, Value } from "./layout.ts";

/** What kind of WebGPU adapter a shader is launched on: software adapters punish barriers. */
export type AdapterKind = "hardware" | "software";

/** An operand that a launch binds. */
export interface Binding {
  /** Which one. */
  readonly operand: Operand;
  /** Bound as `read_write`, not as `read`. */
  readonly written: boolean;
}

/**
 * One dispatch.
 *
 * Of an in-place pair only the output is bound: before the launches it holds the input's value, because both lie in the
 * same memory or because the device has copied it. Scratch starts at element 0 of its array and is not zeroed. The grid
 * must not depend on anything but the types.
 */
export interface Launch {
  /** The shader's file name, for messages and listings. */
  readonly file: string;
  /** WGSL text. */
  readonly source: string;
  /** The shader's function. */
  readonly entryPoint: string;
  /** Values of `override` constants. */
  readonly constants: Readonly<Record<string, number>>;
  /** The shader's bindings 1, 2, …; null: the entry point does not look at it. Binding 0 is the uniform block. */
  readonly bindings: readonly (Binding | null)[];
  /** The uniform block. */
  readonly fields: Fields;
  /** Its values. */
  readonly given: Readonly<Record<string, Value>>;
  /** Number of workgroups along x, y and z. */
  readonly workgroups: readonly [number, number, number];
  /**
   * The shader reads or writes four elements at a time. The device then sees to it that every operand starts at a
   * multiple of four elements and, where a replica's block is a multiple of four, that replicas lie so apart too.
   */
  readonly vectors?: boolean;
}

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
