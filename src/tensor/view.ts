/**
 * Views: the location of operands in host memory, replica by replica.
 *
 * @module
 */

import type { Values } from "./loops.ts";
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

/** Copies a view's blocks into another one of the same type. */
export function copyBlocks(from: View, to: View): void {
  const block = blockOf(from.type);
  for (let r = 0; r < from.replicas; r++) {
    const start = startOf(from, r);
    to.values.set(from.values.subarray(start, start + block), startOf(to, r));
  }
}

/** A contiguous copy of a view's elements. */
export function packed(view: View): Values {
  const out = view.values.slice(0, 0).constructor as new (length: number) => Values;
  const values = new out(sizeOf(view.type.shape));
  copyBlocks(view, { ...view, values, offset: 0, stride: blockOf(view.type) });
  return values;
}

/** Wraps a computation that overwrites inputs with outputs: inputs in other memory are copied to the output first. */
export function holding(
  pairs: readonly (readonly [before: View, after: View])[],
  run: () => void,
): () => void {
  const apart = pairs.filter(([before, after]) =>
    before.values !== after.values || before.offset !== after.offset
  );
  if (apart.length === 0) return run;
  return () => {
    for (const [before, after] of apart) copyBlocks(before, after);
    run();
  };
}
