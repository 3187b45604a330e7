/** Activations of four elements; the activation is a constant at every call. */
import { Activation } from "./layouts";
import { tanh } from "./vector";

/** For relu, `pmax(x, 0)` is `x < 0 ? 0 : x`, which keeps NaN. */
@inline
export function activate(activation: i32, x: v128): v128 {
  if (activation == Activation.identity) return x;
  if (activation == Activation.relu) return f32x4.pmax(x, f32x4.splat(0));
  return tanh(x);
}

/** Cotangents times the derivative of an activation, whose values are `y`. */
@inline
export function timesSlope(activation: i32, g: v128, y: v128): v128 {
  if (activation == Activation.identity) return g;
  if (activation == Activation.relu) return v128.and(g, f32x4.gt(y, f32x4.splat(0)));
  return f32x4.mul(g, f32x4.sub(f32x4.splat(1), f32x4.mul(y, y)));
}
