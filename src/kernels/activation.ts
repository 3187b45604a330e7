/**
 * Activations of layers, and their derivatives from what they gave.
 *
 * @module
 */

import shader from "../../shaders/slope.wgsl" with { type: "text" };
import { call, type Kernel, type Tensor } from "../tensor/expression.ts";
import { gridOfReplicas, word } from "../tensor/launch.ts";
import { less, mul, relu, sub, tanh } from "../tensor/primitives.ts";
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
  launches: ([g], _, { activation }) => {
    const operands = [{ output: 0 }, { input: 0 }, { input: 1 }];
    return [{
      file: "slope.wgsl",
      source: shader,
      entryPoint: "multiply_by_slope",
      constants: { activation: ACTIVATIONS[activation] },
      operands,
      uniforms: [word(blockOf(g)), word(0), ...operands.map((place) => ({ place }))],
      workgroups: gridOfReplicas(blockOf(g), g.shape[0]!),
    }];
  },
};

/** A cotangent after an activation, turned into one before it. */
export const throughSlope = (g: Tensor, y: Tensor, activation: Activation): Tensor =>
  call(slopeKernel, [g, y], { activation })[0];
