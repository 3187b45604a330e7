/**
 * Views: the location of operands in host memory, replica by replica.
 *
 * @module
 */

import type { Range, Values } from "./loops.ts";
import { blockOf, sizeOf, type TensorType } from "./shape.ts";

/** An operand in memory: its type, and its location in an array that it may share with others. */
export interface View {
  /** Its type, the replica axis included. */
  readonly type: TensorType;
  /** Length of the replica axis. */
  readonly replicas: number;
  /** The whole array. */
  readonly values: Values;
  /** Element of `values` at which replica 0 starts. */
  readonly offset: number;
  /** Elements from the start of one replica to the start of the next. */
  readonly stride: number;
}

/** Index in a view's array at which replica r's block starts. */
export const startOf = (view: View, r: number): number => view.offset + r * view.stride;

/** Whether a view's replicas are contiguous. */
export const isContiguous = (view: View): boolean => view.replicas <= 1 || view.stride === blockOf(view.type);

/** The elements of a contiguous view, without copying. */
export const contiguous = (view: View): Values =>
  view.values.subarray(view.offset, view.offset + sizeOf(view.type.shape));

/** Copies elements of a view, counted over its replicas' blocks, into another one of the same type. */
export function copyPart(from: View, to: View, range: Range): void {
  const block = blockOf(from.type);
  for (let i = range.from; i < range.to;) {
    const r = Math.floor(i / block), at = i - r * block, count = Math.min(block - at, range.to - i);
    const start = startOf(from, r) + at;
    to.values.set(from.values.subarray(start, start + count), startOf(to, r) + at);
    i += count;
  }
}

/** Copies a view's blocks into another one of the same type. */
export const copyBlocks = (from: View, to: View): void =>
  copyPart(from, to, { from: 0, to: from.replicas * blockOf(from.type) });

/** Room for a contiguous copy of a view's elements. */
export function roomFor(view: View): View {
  const room = view.values.constructor as new (length: number) => Values;
  return { ...view, values: new room(sizeOf(view.type.shape)), offset: 0, stride: blockOf(view.type) };
}

/** A contiguous copy of a view's elements. */
export function packed(view: View): Values {
  const copy = roomFor(view);
  copyBlocks(view, copy);
  return copy.values;
}

/** One replica of a view. */
export const replicaOf = (view: View, r: number): View => ({
  ...view,
  replicas: 1,
  offset: startOf(view, r),
});

/** Copies for a computation that overwrites inputs with outputs: of the inputs that are not in the output's memory. */
export const held = (
  pairs: readonly (readonly [before: View, after: View])[],
): readonly { readonly run: () => void }[] =>
  pairs
    .filter(([before, after]) => before.values !== after.values || before.offset !== after.offset)
    .map(([before, after]) => ({ run: () => copyBlocks(before, after) }));
