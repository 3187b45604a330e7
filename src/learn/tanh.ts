/**
 * The change of variables of actions that are kept in [-1, 1] by a tanh.
 *
 * @module
 */

import type { Tensor } from "../tensor/expression.ts";
import { add, exp, log, maximum, mul, neg, sub, sum } from "../tensor/primitives.ts";

/** `Σ_k log(1 - tanh² u_k)` over the last axis, without cancellation: `2 (log 2 - |u| - log(1 + e^{-2|u|}))` each. */
export function logSlopeOfTanh(u: Tensor): Tensor {
  const size = maximum(u, neg(u));
  const each = mul(sub(Math.LN2, add(size, log(add(1, exp(mul(size, -2)))))), 2);
  return sum(each, u.shape.length - 1);
}
