/**
 * Shapes and types of tensors, and the rules by which operations combine them.
 *
 * In the learners, the first axis of a tensor is the replica axis; nothing here depends on that.
 *
 * @module
 */

import { requireFit, shown, type Wanted } from "../given.ts";

/** The lengths of a tensor's axes, outermost first. */
export type Shape = readonly number[];
/** The shape of a tensor that is known to have two axes. */
export type Rank2 = [number, number];
/** The shape of a tensor that is known to have three axes. */
export type Rank3 = [number, number, number];
/** The shape of a tensor that is known to have four axes. */
export type Rank4 = [number, number, number, number];

/**
 * Operands or results of an operation, by position.
 *
 * Their number is what the operation's type rule requires. That rule runs first, so the rest of an operation can
 * destructure them, `([x, w, b]) => …`, without checking each.
 */
export type Operands<T> = [T, T, T, T, T, T, T, T, ...T[]];

/** A tensor's element type: real numbers, or unsigned 32-bit words (keys, counters, row indices). */
export type ElementType = "f32" | "u32";

/** Shape and element type of a tensor. */
export interface TensorType {
  /** The lengths of the axes. */
  readonly shape: Shape;
  /** The element type. */
  readonly element: ElementType;
}

const LENGTH: Wanted = {
  wanted: "an integer from 0",
  fits: (given) => Number.isInteger(given) && Number(given) >= 0,
};

/** The shape, where it is one; throws RangeError otherwise. */
export function checkedShape(shape: Shape): Shape {
  if (!Array.isArray(shape)) throw new RangeError(`A shape must be a list of lengths: got ${shown(shape)}`);
  // What no machine could hold is for devices to refuse, with its bytes.
  for (const length of shape) requireFit("A length in a shape", length, LENGTH, RangeError);
  return shape;
}

/** A type of real numbers. */
export const f32 = (...shape: number[]): TensorType => ({ shape: checkedShape(shape), element: "f32" });

/** A type of unsigned 32-bit words. */
export const u32 = (...shape: number[]): TensorType => ({ shape: checkedShape(shape), element: "u32" });

/**
 * Operands whose shapes or element types an operation does not accept.
 *
 * @example
 * ```ts
 * import { f32, mul, ShapeMismatch, trace } from "../../src/tensor/mod.ts";
 * import assert from "node:assert/strict";
 * assert.throws(
 *   () => trace({ a: f32(2, 3), b: f32(2) }, ({ a, b }) => ({ y: mul(a, b) })),
 *   (error) =>
 *     error instanceof ShapeMismatch &&
 *     error.message === "mul cannot take f32[2,3] and f32[2]: the shapes must broadcast",
 * );
 * ```
 */
export class ShapeMismatch extends TypeError {
  /** The name of this class of errors. */
  override readonly name = "ShapeMismatch";
  /** The operation that rejected its operands. */
  readonly operation: string;
  /** The operands' types. */
  readonly types: readonly TensorType[];
  /** The requirement that they break. */
  readonly wanted: string;
  /**
   * The message names the operation, every type and the requirement.
   *
   * @param operation the operation that rejected them
   * @param types the operands' types
   * @param wanted the requirement that they break
   */
  constructor(operation: string, types: readonly TensorType[], wanted: string) {
    super(`${operation} cannot take ${types.map(printType).join(" and ")}: ${wanted}`);
    this.operation = operation;
    this.types = types;
    this.wanted = wanted;
  }
}

/** A type as text, e.g. `f32[2,3]`. */
export const printType = (type: TensorType): string => `${type.element}[${type.shape.join(",")}]`;

/** The number of elements of a shape. */
export const sizeOf = (shape: Shape): number => shape.reduce((product, length) => product * length, 1);

/** The number of replicas of a type: the length of its first axis. */
export const replicasOf = (type: TensorType): number => type.shape[0] ?? 1;
/** The number of elements of one replica. */
export const blockOf = (type: TensorType): number => {
  const replicas = replicasOf(type);
  return replicas === 0 ? 0 : sizeOf(type.shape) / replicas;
};

/** Whether two shapes are the same. */
export const sameShape = (a: Shape, b: Shape): boolean =>
  a.length === b.length && a.every((length, axis) => length === b[axis]);

/** Whether two types are the same. */
export const sameType = (a: TensorType, b: TensorType): boolean =>
  a.element === b.element && sameShape(a.shape, b.shape);

/**
 * The shape that two shapes broadcast to: axes are aligned at the right, and a length of 1 stretches.
 *
 * @returns null where two lengths differ and neither is 1
 */
export function broadcastShape(a: Shape, b: Shape): Shape | null {
  const rank = Math.max(a.length, b.length);
  const out: number[] = [];
  for (let axis = 0; axis < rank; axis++) {
    const left = a[axis - rank + a.length] ?? 1;
    const right = b[axis - rank + b.length] ?? 1;
    if (left !== right && left !== 1 && right !== 1) return null;
    out.push(left === 1 ? right : left);
  }
  return out;
}

/** A shape seen around one axis: `[outer, length, inner]`. */
export function aroundAxis(shape: Shape, axis: number): readonly [number, number, number] {
  return [sizeOf(shape.slice(0, axis)), shape[axis]!, sizeOf(shape.slice(axis + 1))];
}

/** Throws {@link ShapeMismatch} unless `axis` is one of `type`'s. */
export function requireAxis(operation: string, type: TensorType, axis: number): void {
  if (!Number.isInteger(axis) || axis < 0 || axis >= type.shape.length) {
    throw new ShapeMismatch(
      operation,
      [type],
      `the axis must be from 0 to ${type.shape.length - 1}, not ${axis}`,
    );
  }
}
