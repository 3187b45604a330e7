/**
 * Stein directions (equation 13) by the library's Gaussian kernel and by alternatives to it, which only this bench has:
 * none of them is worth an option (docs/sampler.md).
 *
 * @module
 */

import { type Bandwidth, bandwidthRule, stein, steinKernel } from "../../src/kernels/stein.ts";
import { call, type Tensor } from "../../src/tensor/expression.ts";
import {
  add,
  div,
  exp,
  log,
  maximum,
  mean,
  mul,
  neg,
  orderStatistic,
  reshape,
  sqrt,
  sub,
  sum,
} from "../../src/tensor/primitives.ts";
import type { Rank4 } from "../../src/tensor/shape.ts";

/**
 * A radial kernel with the bandwidth h of the rule:
 *
 * - `gaussian`: `exp(-‖x-y‖²/h)`, the library's;
 * - `scaled`: the same, with each coordinate in units of its standard deviation over the state's fixed particles;
 * - `sum`: the mean of three Gaussian kernels, with h/4, h and 4h;
 * - `inverse-multiquadric`: `(1 + ‖x-y‖²/h)^(-½)`.
 */
export type KernelChoice = "gaussian" | "scaled" | "sum" | "inverse-multiquadric";

/** Factors of the bandwidths that `sum` adds. */
const FACTORS = [0.25, 1, 4];

/** The direction `[R,B,K,A]`; arguments as those of `stein`. */
export function directionBy(
  choice: KernelChoice,
  fixed: Tensor,
  moved: Tensor,
  score: Tensor,
  temperature: Tensor,
  bandwidth: Bandwidth,
  scale: number,
): Tensor {
  const [R, B, M, A] = fixed.shape as Rank4, K = moved.shape[2]!;
  const rule = bandwidthRule(bandwidth, M, K, scale);
  switch (choice) {
    case "gaussian":
      return stein(fixed, moved, score, temperature, bandwidth, scale).direction;
    case "scaled": {
      const away = sub(fixed, reshape(mean(fixed, 2), [R, B, 1, A]));
      const spread = reshape(sqrt(add(mean(mul(away, away), 2), 1e-6)), [R, B, 1, A]);
      const { direction } = stein(
        div(fixed, spread),
        div(moved, spread),
        mul(score, spread),
        temperature,
        bandwidth,
        scale,
      );
      return div(direction, spread);
    }
    case "sum": {
      const directions = FACTORS.map((factor) => {
        const params = { ...rule, divisor: rule.divisor / factor };
        return call(steinKernel, [fixed, moved, score, temperature], params)[0];
      });
      return div(directions.reduce(add), FACTORS.length);
    }
    case "inverse-multiquadric": {
      const difference = sub(reshape(fixed, [R, B, M, 1, A]), reshape(moved, [R, B, 1, K, A]));
      const squared = sum(mul(difference, difference), 4); // [R,B,M,K]
      const quantile = orderStatistic(reshape(squared, [R, B, M * K]), 2, rule.rank);
      const h = reshape(maximum(div(quantile, rule.divisor), rule.floor), [R, B, 1, 1]);
      const logBase = log(add(1, div(squared, h)));
      const kernel = reshape(exp(mul(logBase, -0.5)), [R, B, M, K, 1]);
      const slope = reshape(div(exp(mul(logBase, -1.5)), h), [R, B, M, K, 1]);
      const each = add(
        mul(kernel, reshape(score, [R, B, M, 1, A])),
        mul(reshape(temperature, [R, 1, 1, 1, 1]), neg(mul(difference, slope))),
      );
      return mul(mean(each, 2), scale);
    }
  }
}
