/**
 * Diagnostics of a soft Q-learning update, besides its loss. None of these numbers affects what is learned.
 *
 * The distribution of actions is assessed from the value samples of the minibatch's first states: with importance weights
 * `w_k ∝ exp(Q(s,a_k)/α) / q(a_k)`, `Σ w_k = 1`, the effective number of particles is `1 / Σ w_k²`, and the entropy of
 * `π(a|s) = exp((Q(s,a) - V(s))/α)` is about `(V - Σ w_k Q_k) / α`, in nats.
 *
 * Laws, tested: for a constant Q the weights are equal and the entropy is the logarithm of the box's volume; the
 * parameters have the same bits whether diagnostics are computed or not.
 *
 * @module
 */

import type { Tensor } from "../../tensor/expression.ts";
import {
  add,
  div,
  dot,
  exp,
  less,
  log,
  max,
  maximum,
  mean,
  minimum,
  mul,
  neg,
  reshape,
  signDet,
  slice,
  sqrt,
  sub,
  sum,
} from "../../tensor/primitives.ts";
import type { Tensors } from "../../tensor/program.ts";
import type { SoftQStep } from "./update.ts";
import type { Rank2, Rank3 } from "../../tensor/shape.ts";

/** States of a minibatch at which the action distribution is assessed: a minibatch is random, so the first ones suffice. */
const STATES = 16;

/** Magnitude from which on an action counts as at its bound. */
const AT_BOUND = 0.99;

const firstStates = (x: Tensor, rows: number): Tensor => slice(x, 1, 0, Math.min(rows, x.shape[1]!));

/** `log mean exp` over the last axis. */
function logMeanExp(x: Tensor): Tensor {
  const axis = x.shape.length - 1, top = max(x, axis);
  return add(top, log(mean(exp(sub(x, reshape(top, [...top.shape, 1]))), axis)));
}

/**
 * Whether the proposal `sampler` can be trusted: its density is correct only where ξ ↦ a is one-to-one.
 *
 * `proposalFolds`: the share of a state's value samples at which the Jacobian's determinant has the rarer sign, from 0 to
 * ½; a one-to-one function has the same sign everywhere. `proposalExcess`: the logarithm of the weights' mean minus that of as
 * many uniform samples, which is V/α minus its estimate by the uniform proposal; in one or two dimensions it is near 0 for a
 * sampler that can be trusted, and up to log 2 above for one that folds once. In many dimensions the uniform estimate
 * is itself too low, and only the signs are informative.
 */
function trustOfSampler(
  { jacobian, uniformQ }: NonNullable<SoftQStep["inverse"]>,
  scaled: Tensor,
  temperature: Tensor,
): Tensors {
  const [R, B, K] = scaled.shape as Rank3, A = jacobian.shape[3]!;
  const signs = signDet(reshape(firstStates(jacobian, B * K), [R, B, K, A, A]));
  const positive = mean(less(0, signs), 2), negative = mean(less(signs, 0), 2);
  const uniform = sub(div(firstStates(uniformQ, B), reshape(temperature, [R, 1, 1])), -A * Math.LN2);
  return {
    proposalFolds: mean(minimum(positive, negative), 1),
    proposalExcess: mean(sub(logMeanExp(scaled), logMeanExp(uniform)), 1),
  };
}

/** `Σ x²` over all but the replicas, as a matrix product, which is fast on every device. */
function norm(x: Tensor): Tensor {
  const [R, P] = x.shape as Rank2;
  return sqrt(reshape(dot(reshape(x, [R, 1, P]), reshape(x, [R, P, 1])), [R]));
}

/**
 * Diagnostics by name, `[R]` each: `tdError` mean |Q̂ - Q|, in scaled reward; `qSpread` standard deviation of Q over a
 * state's value samples; `effectiveParticles` of `valueParticles`; `entropy` of the policy implied by Q, in nats;
 * `boundShare` of the sampler's actions within 1 % of a bound; `criticGradientNorm` and `samplerGradientNorm`; with the
 * proposal `mixture` also `uniformWeight`, the fraction of the weight on its uniform samples: near 1, the sampler's
 * draws miss the action distribution; and with `sampler` those of {@link trustOfSampler}.
 *
 * @param temperature `[R]` α
 * @param logDensity log density of the value samples: `[R,B,K_V]`, or one number
 */
export function softQDiagnostics(
  { q, target, nextQ, logDensity, action, criticGradient, samplerGradient, uniforms, inverse }: SoftQStep,
  temperature: Tensor,
): Tensors {
  const [R] = q.shape as [number], samples = firstStates(nextQ, STATES), [, B, K] = samples.shape as Rank3;
  const density = typeof logDensity === "number" ? logDensity : firstStates(logDensity, STATES);
  const error = sub(target, q);

  const wide = (x: Tensor): Tensor => reshape(x, [R, B, 1]);
  const scaled = sub(div(samples, reshape(temperature, [R, 1, 1])), density);
  const top = max(scaled, 2), weights = exp(sub(scaled, wide(top)));
  const total = sum(weights, 2);
  const effective = div(mul(total, total), sum(mul(weights, weights), 2));
  // (V - Σ w Q) / α with V/α = log mean exp(scaled)
  const expected = div(div(sum(mul(weights, samples), 2), total), reshape(temperature, [R, 1]));
  const entropy = sub(add(top, log(mul(total, 1 / K))), expected);
  const away = sub(samples, wide(mean(samples, 2)));

  const seen = firstStates(action, STATES * Math.max(1, Math.floor(action.shape[1]! / q.shape[1]!)));
  const atBound = less(AT_BOUND, maximum(seen, neg(seen)));
  return {
    tdError: mean(maximum(error, neg(error)), 1),
    qSpread: mean(sqrt(mean(mul(away, away), 2)), 1),
    effectiveParticles: mean(effective, 1),
    entropy: mean(entropy, 1),
    boundShare: mean(mean(atBound, 2), 1),
    criticGradientNorm: norm(criticGradient),
    samplerGradientNorm: norm(samplerGradient),
    ...uniforms > 0
      ? { uniformWeight: mean(div(sum(slice(weights, 2, K - uniforms, uniforms), 2), total), 1) }
      : {},
    ...inverse === undefined ? {} : trustOfSampler(inverse, scaled, temperature),
  };
}
