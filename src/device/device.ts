/**
 * The interface of a device, on which programs run.
 *
 * A program is compiled once; then inputs are written, the program is run many times, and outputs are read. An output
 * that has the name of an input is that input's value in the next run, so that state stays on the device.
 *
 * Laws, tested: equal inputs give equal bits on one device; after compilation no run allocates memory on the device;
 * after `close` no resource remains.
 *
 * @module
 */

import type { TE } from "../deps.ts";
import type { Tiles } from "../tensor/launch.ts";
import type { Values } from "../tensor/loops.ts";
import type { Program } from "../tensor/program.ts";
import type { Pieces } from "./pieces.ts";

/** Errors of a device. */
export type DeviceError =
  | { readonly _tag: "DeviceUnavailable"; readonly message: string }
  | { readonly _tag: "DeviceLost"; readonly message: string }
  | {
    readonly _tag: "ShaderRejected";
    readonly message: string;
    readonly file: string;
    readonly line: number;
  }
  | { readonly _tag: "OutOfMemory"; readonly message: string; readonly bytes: number; readonly limit: number }
  | { readonly _tag: "DeviceFailed"; readonly message: string };

/** The kinds of devices. */
export type DeviceKind = "reference" | "cpu" | "webgpu";

/** A device: compiles programs. */
export interface Device {
  /** The implementation. */
  readonly kind: DeviceKind;
  /** Its hardware, for manifests: the adapter's name, or the WebAssembly variant. */
  readonly description: string;
  /** Tiles preferred to the kernels' defaults, for manifests; absent if there is no choice. */
  readonly tiles?: Tiles;
  /** Prepares a program: plans it, allocates its memory, fills its constants. Inputs start as zeros. */
  readonly compile: (program: Program) => TE.TaskEither<DeviceError, Executable>;
  /** Frees everything, compiled programs included. */
  readonly close: () => void;
}

/**
 * A compiled program with its memory.
 *
 * @example
 * ```ts
 * import { cpuDevice, E } from "../../mod.ts";
 * import { add, f32, trace } from "../../src/tensor/mod.ts";
 * import assert from "node:assert/strict";
 * // An output with an input's name is that input's value in the next run.
 * const compiled = await cpuDevice().compile(trace({ n: f32(1) }, ({ n }) => ({ n: add(n, 1) })))();
 * assert.ok(E.isRight(compiled));
 * compiled.right.run(5);
 * const read = await compiled.right.read(["n"])();
 * assert.ok(E.isRight(read) && read.right.n[0] === 5);
 * ```
 */
export interface Executable {
  /**
   * Writes an input, or a part of it.
   *
   * @param values real numbers or words, in row-major order
   * @param at the element at which they start
   * @throws RangeError if there is no such input or the values do not fit
   */
  readonly write: (name: string, values: ArrayLike<number>, at?: number) => void;
  /** Runs the program `times` times (default once). On WebGPU this returns before the work is done. */
  readonly run: (times?: number) => void;
  /**
   * Runs the program once, in pieces of a few milliseconds, with the bits of {@link Executable.run}; absent if the
   * device does not compute on the calling thread. The run must be completed or abandoned before anything else is done
   * with the program. Abandoning it restores the values from before; a short run cannot be abandoned and yields
   * "inside" only.
   */
  readonly runInPieces?: () => Pieces<void>;
  /**
   * Waits until the work queued so far is done; absent if {@link Executable.run} returns only then. A failure is
   * reported by the next {@link Executable.read}.
   */
  readonly settled?: () => Promise<void>;
  /**
   * Waits for the work queued so far and returns outputs or inputs by name: copies, in row-major order, float64 on the
   * reference device and float32 on the others, or u32.
   */
  readonly read: <N extends string>(
    names: readonly N[],
  ) => TE.TaskEither<DeviceError, { readonly [K in N]: Values }>;
  /** Bytes of device memory that the program holds. */
  readonly bytes: number;
  /** Frees the program's memory. */
  readonly close: () => void;
}

/**
 * Measures which tiles make the launches of some programs fastest.
 *
 * @param milliseconds how long it may take
 * @param now a clock, ms; `performance.now` unless given
 * @returns the fastest tiles; a launch that is absent is fastest with its default
 */
export type Tune = (
  programs: readonly Program[],
  milliseconds: number,
  now?: () => number,
) => Promise<Tiles>;
