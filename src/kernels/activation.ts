/**
 * Activations of layers, and their derivatives in terms of their outputs.
 *
 * @module
 */

import source from "../../shaders/slope.wgsl" with { type: "text" };
import { call, type Kernel, type Tensor } from "../tensor/expression.ts";
import { gridOfReplicas } from "../tensor/launch.ts";
import { add, exp, less, log, maximum, mul, neg, relu, sub, sum, tanh } from "../tensor/primitives.ts";
import { shader } from "../tensor/shader.ts";
import { blockOf, sameType } from "../tensor/shape.ts";

/** The function applied to each element of a layer's output. */
export type Activation = "identity" | "relu" | "tanh";

/** All activations. */
export const ACTIVATIONS: readonly Activation[] = ["identity", "relu", "tanh"];

/** `f(x)` */
export const activate = (x: Tensor, activation: Activation): Tensor =>
  activation === "relu" ? relu(x) : activation === "tanh" ? tanh(x) : x;

/** The cotangent before an activation from the one after it, `g · f′`, with f′ from the activation's output. */
export const timesSlope = (g: Tensor, y: Tensor, activation: Activation): Tensor =>
  activation === "identity" ? g : mul(g, activation === "relu" ? less(0, y) : sub(1, mul(y, y)));

/** `Σ_k log(1 - tanh² u_k)` over the last axis, without cancellation: `2 (log 2 - |u| - log(1 + e^{-2|u|}))` each. */
export function logSlopeOfTanh(u: Tensor): Tensor {
  const size = maximum(u, neg(u));
  return sum(mul(sub(Math.LN2, add(size, log(add(1, exp(mul(size, -2)))))), 2), u.shape.length - 1);
}

const slopeShader = shader("slope.wgsl", source, { count: "u32", out: "write", g: "read", y: "read" });

/** Parameters of {@link slopeKernel}. */
export interface Slope {
  /** The activation that produced the output. */
  readonly activation: Activation;
}

/** The kernel `g · f′`, with f′ written through f's output y. Inputs: g and y `[R,…]`. */
export const slopeKernel: Kernel<Slope> = {
  name: "slope",
  types: (types) => {
    const [g, y] = types;
    return g.shape.length > 0 && sameType(g, y) ? [g] : null;
  },
  wants: "the types must be the same",
  definition: ([g, y], { activation }) => [timesSlope(g, y, activation)],
  launches: ([g], _, { activation }) => [
    slopeShader.launch(
      "multiply_by_slope",
      gridOfReplicas(blockOf(g), g.shape[0]!),
      { count: blockOf(g), out: { output: 0 }, g: { input: 0 }, y: { input: 1 } },
      { constants: { activation } },
    ),
  ],
};

/** The same, computed by the kernel. */
export const throughSlope = (g: Tensor, y: Tensor, activation: Activation): Tensor =>
  call(slopeKernel, [g, y], { activation })[0];
