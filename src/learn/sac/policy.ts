/**
 * The squashed Gaussian: a = tanh(μ(s) + σ(s) ε), ε ~ N(0, I), with its log density (Appendix C of the paper).
 *
 * @module
 */

import type { Tensor } from "../../tensor/expression.ts";
import { add, exp, maximum, minimum, mul, reshape, slice, sub, sum, tanh } from "../../tensor/primitives.ts";
import { hostNetwork } from "../host_network.ts";
import { forward, type Layout } from "../network.ts";
import type { Policy } from "../policy.ts";
import { logSlopeOfTanh } from "../../kernels/activation.ts";
import type { Rank3 } from "../../tensor/shape.ts";

/** Bounds of log σ (the authors' code; the paper has none). */
const LOG_SIGMA = { least: -20, most: 2 } as const;

/** Actions with their log density. */
export interface DrawnAction {
  /** `[R,B,A]`, in (-1, 1). */
  readonly action: Tensor;
  /** `[R,B]` log π(a|s), in nats. */
  readonly logDensity: Tensor;
}

/**
 * One action for each state: `log π(a|s) = Σ_k [ -½ ε_k² - log σ_k - ½ log 2π - log(1 - tanh² u_k) ]`, equation 26.
 *
 * @param weights the policy's, from `weightsOf`
 * @param observation `[R,B,S]`
 * @param noise ε `[R,B,A]`
 */
export function drawAction(
  layout: Layout,
  weights: readonly Tensor[],
  observation: Tensor,
  noise: Tensor,
): DrawnAction {
  const [R, B, A] = noise.shape as Rank3;
  const outputs = reshape(forward(layout, weights, null, observation), [R, B, 2 * A]);
  const mu = slice(outputs, 2, 0, A);
  const logSigma = minimum(maximum(slice(outputs, 2, A, A), LOG_SIGMA.least), LOG_SIGMA.most);
  const u = add(mu, mul(exp(logSigma), noise));
  const gaussian = sum(sub(mul(mul(noise, noise), -0.5), logSigma), 2);
  const logDensity = sub(add(gaussian, -0.5 * A * Math.log(2 * Math.PI)), logSlopeOfTanh(u));
  return { action: tanh(u), logDensity };
}

/** The policy on the host, of a network that computes means and log standard deviations. */
export function squashedGaussian(layout: Layout): Policy {
  const network = hostNetwork(layout), A = layout.network.output / 2, outputs = new Float32Array(2 * A);
  const drawn = (noise: ArrayLike<number>, out: Float32Array): void => {
    for (let k = 0; k < A; k++) {
      const logSigma = Math.min(LOG_SIGMA.most, Math.max(LOG_SIGMA.least, outputs[A + k]!));
      out[k] = Math.tanh(outputs[k]! + Math.exp(logSigma) * noise[k]!);
    }
  };
  return {
    size: layout.size,
    noise: A,
    act: (parameters, offset, observation, noise, out) => {
      network.apply(parameters, offset, [], observation, outputs);
      drawn(noise, out);
    },
    withParameters: (parameters) => {
      const apply = network.withParameters(parameters);
      return (offset, observation, noise, out) => {
        apply(offset, [], observation, outputs);
        drawn(noise, out);
      };
    },
  };
}
