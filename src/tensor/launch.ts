/**
 * Kernel launches (one dispatch each) as plain data, and their grids.
 *
 * @module
 */

import type { Fields, Operand, Value } from "./layout.ts";

/** The kind of WebGPU adapter on which a shader is launched: barriers are slow on software adapters. */
export type AdapterKind = "hardware" | "software";

/** An operand that a launch binds. */
export interface Binding {
  /** The operand. */
  readonly operand: Operand;
  /** Bound as `read_write`, not as `read`. */
  readonly written: boolean;
}

/**
 * One dispatch.
 *
 * Of an in-place pair only the output is bound: it holds the input's value before the launches, because both share
 * memory or because the device has copied it. Scratch starts at element 0 of its array and is not zeroed. The grid
 * must depend on the types alone.
 */
export interface Launch {
  /** The shader's file name, for messages and listings. */
  readonly file: string;
  /** WGSL text. */
  readonly source: string;
  /** The entry point: a function of the shader. */
  readonly entryPoint: string;
  /** Values of `override` constants. */
  readonly constants: Readonly<Record<string, number>>;
  /** The shader's bindings 1, 2, …; null: the entry point does not use it. Binding 0 is the uniform block. */
  readonly bindings: readonly (Binding | null)[];
  /** Fields of the uniform block. */
  readonly fields: Fields;
  /** Values of the uniform block, by field. */
  readonly given: Readonly<Record<string, Value>>;
  /** Number of workgroups along x, y and z. */
  readonly workgroups: readonly [number, number, number];
  /**
   * The shader reads or writes four elements at a time. The device then aligns every operand to four elements and,
   * where a replica's block is a multiple of four, the stride between replicas too.
   */
  readonly vectors?: boolean;
  /** It does not depend on the launch before it, with which it may be one dispatch. */
  readonly independent?: boolean;
  /** Other launches for the same result; absent where there is one way only. */
  readonly tiling?: Tiling;
}

/**
 * Launches that compute the same in other tiles, of which an adapter may prefer one.
 *
 * Law, tested: a tile divides results and never a sum, so that all of them give the same bits.
 */
export interface Tiling {
  /** The launches that take the same tile, in words: a kernel, and the kind of its sizes. */
  readonly subject: string;
  /** The tile of the launch itself. */
  readonly own: string;
  /** Makes the launch in each of the other tiles. */
  readonly others: Readonly<Record<string, () => Launch>>;
}

/** The tiling of launches that differ by a number alone: tiles in a workgroup, or invocations. */
export const tilingOf = (
  subject: string,
  numbers: readonly number[],
  own: number,
  launchBy: (number: number) => Launch,
): Tiling => ({
  subject,
  own: String(own),
  others: Object.fromEntries(numbers.filter((n) => n !== own).map((n) => [String(n), () => launchBy(n)])),
});

/** Names of tiles by the subjects of {@link Tiling}; a subject that is missing takes its own. */
export type Tiles = Readonly<Record<string, string>>;

/** A launch in the tile that is preferred for its subject, if it is one that it has. */
export const tiled = (launch: Launch, tiles: Tiles): Launch => {
  const { tiling } = launch, preferred = tiling && tiles[tiling.subject];
  if (tiling === undefined || preferred === undefined || !Object.hasOwn(tiling.others, preferred)) {
    return launch;
  }
  const other = tiling.others[preferred]!();
  return launch.independent === true ? { ...other, independent: true } : other;
};

/** The most workgroups along one dimension of a grid that every WebGPU device supports. */
export const MAX_WORKGROUPS = 65535;
/** Invocations of a workgroup of every shader. */
export const WORKGROUP = 64;

/** The grid of `count` invocations: as many rows of workgroups as needed. */
export function gridOf(count: number): readonly [number, number, number] {
  const groups = Math.ceil(count / WORKGROUP);
  const across = Math.min(groups, MAX_WORKGROUPS);
  return [across, across === 0 ? 0 : Math.ceil(groups / across), 1];
}

/** The grid of `count` invocations for each replica: workgroups in x, replicas in y. */
export const gridOfReplicas = (count: number, replicas: number): readonly [number, number, number] => [
  Math.ceil(count / WORKGROUP),
  replicas,
  1,
];
