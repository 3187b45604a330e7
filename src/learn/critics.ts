/**
 * Critics `Q(s, a)`: one or more with the same layout, one after the other in a flat vector.
 *
 * @module
 */

import type { Tensor } from "../tensor/expression.ts";
import { minimum, reshape } from "../tensor/primitives.ts";
import { forward, type Layout, weightsOf } from "./network.ts";

/** The matrices of each critic in a vector `[R,P]`. */
export const criticWeights = (layout: Layout, critics: Tensor): readonly (readonly Tensor[])[] =>
  Array.from(
    { length: critics.shape[1]! / layout.size },
    (_, c) => weightsOf(layout, critics, c * layout.size),
  );

/**
 * The minimum Q over the critics.
 *
 * @param action `[R, B·K, A]`, K rows for each state
 * @param observation `[R, B, S]`
 * @returns `[R, B·K]`
 */
export const leastQ = (layout: Layout, critics: Tensor, action: Tensor, observation: Tensor): Tensor =>
  criticWeights(layout, critics)
    .map((weights) => reshape(forward(layout, weights, action, observation), action.shape.slice(0, 2)))
    .reduce(minimum);
