/**
 * Adjacent tensors: consecutive slices that merge into one larger slice.
 *
 * @module
 */

import { sameTensor, type Tensor } from "./expression.ts";
import { type Primitives, slice } from "./primitives.ts";

/** A tensor as a range of rows (axis 1) of another. */
interface Rows {
  readonly whole: Tensor;
  readonly start: number;
}

function rowsOf(tensor: Tensor): Rows {
  const operation = tensor.source?.operation;
  if (tensor.source !== null && operation?.kind === "primitive" && operation.name === "slice") {
    const { axis, start } = operation.params as Primitives["slice"];
    if (axis === 1) return { whole: tensor.source.inputs[0]!, start };
  }
  return { whole: tensor, start: 0 };
}

/** The rows (axis 1) of two tensors as one slice, if the second follows the first in a common tensor; else null. */
export function neighbours(first: Tensor, second: Tensor): Tensor | null {
  const [a, b] = [rowsOf(first), rowsOf(second)];
  const count = first.shape[1]!;
  if (a.whole === first || !sameTensor(a.whole, b.whole) || a.start + count !== b.start) return null;
  return slice(a.whole, 1, a.start, count + second.shape[1]!);
}
