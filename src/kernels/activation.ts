/**
 * Activations of layers, and their derivatives from what they gave.
 *
 * @module
 */

import source from "../../shaders/slope.wgsl" with { type: "text" };
import { call, type Kernel, type Tensor } from "../tensor/expression.ts";
import { gridOfReplicas } from "../tensor/launch.ts";
import { less, mul, relu, sub, tanh } from "../tensor/primitives.ts";
import { shader } from "../tensor/shader.ts";
import { blockOf, sameType, ShapeMismatch } from "../tensor/shape.ts";

/** What is applied to each element of a layer's output. */
export type Activation = "identity" | "relu" | "tanh";

/** The numbers by which shaders tell activations. */
export const ACTIVATIONS = { identity: 0, relu: 1, tanh: 2 } as const;

/** `f(x)` */
export const activate = (x: Tensor, activation: Activation): Tensor =>
  activation === "relu" ? relu(x) : activation === "tanh" ? tanh(x) : x;

/** The derivative of an activation, from its output. */
export const slope = (y: Tensor, activation: Activation): Tensor =>
  activation === "relu" ? less(0, y) : sub(1, mul(y, y));

const slopeShader = shader("slope.wgsl", source, { count: "u32", out: "write", g: "read", y: "read" });

/** Parameters of {@link slopeKernel}. */
export interface Slope {
  /** The activation that gave the output. */
  readonly activation: Activation;
}

/** The kernel `g · f′`, with f′ written through f's output y. Inputs: g and y `[R,…]`. */
export const slopeKernel: Kernel<Slope> = {
  name: "slope",
  types: (types) => {
    const [g, y] = types;
    if (g.shape.length === 0 || !sameType(g, y)) {
      throw new ShapeMismatch("slope", types, "the types must be the same");
    }
    return [g];
  },
  definition: ([g, y], { activation }) => [activation === "identity" ? g : mul(g, slope(y, activation))],
  launches: ([g], _, { activation }) => [
    slopeShader.launch(
      "multiply_by_slope",
      gridOfReplicas(blockOf(g), g.shape[0]!),
      { count: blockOf(g), out: { output: 0 }, g: { input: 0 }, y: { input: 1 } },
      { constants: { activation: ACTIVATIONS[activation] } },
    ),
  ],
};

/** A cotangent after an activation, turned into one before it. */
export const throughSlope = (g: Tensor, y: Tensor, activation: Activation): Tensor =>
  call(slopeKernel, [g, y], { activation })[0];
