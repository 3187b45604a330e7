/**
 * The distribution of the actions from which equation 10 estimates the soft value, `V(s) = α log E_q[exp(Q(s,a)/α) / q(a)]`.
 *
 * - `uniform`: the uniform distribution on [-1,1]^A. Correct, but the logarithm of a mean that few samples dominate is
 *   far too low if the action distribution is narrow or A is large.
 * - `mixture`: Gaussians around the sampler's draws, mixed with the uniform distribution; see `src/kernels/mixture.ts`. Correct for any
 *   sampler, because the density of the samples is known.
 * - `sampler` (equation 33): the sampler itself, with the density of a one-to-one function. Correct only as long as
 *   ξ ↦ a is one-to-one. A sampler that folds reaches an action from several ξ, of which one is counted, and the value is
 *   too high, by up to α times the logarithm of their number. The diagnostics `proposalFolds` and `proposalExcess` reveal
 *   it.
 *
 * @module
 */

import { mixture } from "../../kernels/mixture.ts";
import type { Tensor } from "../../tensor/expression.ts";
import { gradient } from "../../tensor/gradient.ts";
import {
  add,
  concat,
  constant,
  div,
  less,
  log,
  logAbsDet,
  maximum,
  mean,
  minimum,
  mul,
  neg,
  reshape,
  select,
  slice,
  sub,
  sum,
  tanh,
} from "../../tensor/primitives.ts";
import type { Rank2, Shape } from "../../tensor/shape.ts";
import { forward, type Layout, weightsOf } from "../network.ts";
import { logSlopeOfTanh } from "../../kernels/activation.ts";
import type { SoftQ } from "./update.ts";

/** Value samples. */
export interface Proposal {
  /** `[R,B·K_V,A]` */
  readonly action: Tensor;
  /** Their log density, `[R,B,K_V]` or a number if it is the same for all. */
  readonly logDensity: Tensor | number;
  /** `[R]` share of samples for which the proposal `sampler` fell back to the uniform distribution. */
  readonly fallback: Tensor;
  /** Number of samples of a state, the last ones, that the proposal `mixture` draws from the uniform distribution. */
  readonly uniforms: number;
  /** If the proposal is the sampler: the check whether ξ ↦ a is one-to-one. */
  readonly inverse?: {
    /** `[R,B·K_V,A,A]` the Jacobians ∂u/∂ξ. */
    readonly jacobian: Tensor;
    /** `[R,B·K_V,A]` uniform actions, in addition to those of the sampler. */
    readonly uniform: Tensor;
  };
}

/** Numbers of samples of each kind that the proposal `mixture` draws for a state. */
export interface MixtureCounts {
  /** Centres, M. */
  readonly centres: number;
  /** Gaussian samples, G. */
  readonly gaussians: number;
  /** Uniform samples, U. */
  readonly uniforms: number;
}

/** Default choices for the proposal `mixture`. */
export const MIXTURE_DEFAULTS = { mixtureCentres: 8, mixtureWidth: 0.7, mixtureShare: 0.5 } as const;

/** The mixture's samples: K_V of them, with the Gaussian share rounded to whole samples. */
export function mixtureCounts(
  o: Pick<SoftQ, "valueParticles" | "mixtureCentres" | "mixtureShare">,
): MixtureCounts {
  const { mixtureCentres, mixtureShare } = { ...MIXTURE_DEFAULTS, ...o };
  const gaussians = Math.round(mixtureShare * o.valueParticles);
  return { centres: mixtureCentres, gaussians, uniforms: o.valueParticles - gaussians };
}

/** Rows of random numbers that a proposal needs. */
export interface ProposalRows {
  /** Uniform numbers. */
  readonly value: number;
  /** Normal numbers for the sampler's input. */
  readonly noise: number;
  /** Further normal numbers. */
  readonly jitter: number;
}

/** Rows of random numbers of an update: separate ones for every state, or one draw for all. */
export function proposalRows(o: SoftQ): ProposalRows {
  const states = o.valueSamples === "shared" ? 1 : o.batch, K = o.valueParticles;
  switch (o.valueProposal) {
    case "uniform":
      return { value: states * K, noise: 0, jitter: 0 };
    case "sampler":
      return { value: states * K, noise: states * K, jitter: 0 };
    case "mixture": {
      const { centres, gaussians, uniforms } = mixtureCounts(o);
      return { value: states * uniforms, noise: states * centres, jitter: states * gaussians };
    }
  }
}

/** Random numbers of a proposal, with the rows of {@link proposalRows}. */
export interface ProposalNoise {
  /** Uniform on (-1,1), `[R,rows,A]`. */
  readonly value: Tensor;
  /** Normal numbers ξ, followed by the further ones, `[R,rows,A]`. */
  readonly proposal: Tensor;
}

const zeros = (shape: Shape): Tensor => constant(0, shape);
const absolute = (x: Tensor): Tensor => maximum(x, neg(x));

/** Value samples for the next states. */
export function propose(
  o: SoftQ,
  layout: Layout,
  sampler: Tensor,
  observation: Tensor,
  noise: ProposalNoise,
): Proposal {
  const [R, B] = observation.shape as Rank2, A = o.action, rows = B * o.valueParticles;
  const perState = (x: Tensor): Tensor => {
    const each = x.shape[1]! / (o.valueSamples === "shared" ? 1 : B);
    return o.valueSamples === "per-state"
      ? x
      : reshape(add(reshape(x, [R, 1, each, A]), zeros([R, B, 1, 1])), [R, B * each, A]);
  };
  if (o.valueProposal === "mixture") return proposeMixture(o, layout, sampler, observation, noise, perState);
  const uniform = perState(noise.value);
  const uniformDensity = -A * Math.LN2;
  if (o.valueProposal === "uniform") {
    return { action: uniform, logDensity: uniformDensity, fallback: zeros([R]), uniforms: 0 };
  }
  // If the Jacobian is nearly singular, a uniform action is used. Its density in the mixture is the policy's there plus
  // the share times the uniform one, and the former needs the inverse of ξ ↦ a; with the uniform one alone, a
  // state's estimate has the mean Z_usable + share · Z, at most (1 + share) Z.
  // (33): q(a) = p(ξ) |det ∂a/∂ξ|⁻¹, one row of the Jacobian per backward pass.
  const xi = perState(noise.proposal);
  const u = forward(layout, weightsOf(layout, sampler), xi, observation);
  const jacobian = concat(
    Array.from({ length: A }, (_, k) => reshape(gradient(slice(u, 2, k, 1), [xi])[0], [R, rows, 1, A])),
    2,
  );
  const bounded = o.squash !== "bounds-penalty";
  const logDet = bounded ? add(logAbsDet(jacobian), logSlopeOfTanh(u)) : logAbsDet(jacobian);
  const outside = bounded ? zeros([R, rows]) : sum(less(1, absolute(u)), 2);
  const usable = mul(less(Math.log(1e-6), logDet), less(outside, 0.5));
  const logPrior = add(mul(sum(mul(xi, xi), 2), -0.5), -0.5 * A * Math.log(2 * Math.PI));
  return {
    action: select(reshape(usable, [R, rows, 1]), bounded ? tanh(u) : u, uniform),
    logDensity: reshape(select(usable, sub(logPrior, logDet), uniformDensity), [R, B, o.valueParticles]),
    fallback: mean(sub(1, usable), 1),
    uniforms: 0,
    inverse: { jacobian, uniform },
  };
}

/** Maximum magnitude of a centre that comes from an unbounded action. */
const MAX_CENTRE = 0.99;

function proposeMixture(
  o: SoftQ,
  layout: Layout,
  sampler: Tensor,
  observation: Tensor,
  noise: ProposalNoise,
  perState: (x: Tensor) => Tensor,
): Proposal {
  const [R, B] = observation.shape as Rank2, A = o.action, rows = proposalRows(o);
  const { centres: M, gaussians: G, uniforms: U } = mixtureCounts(o);
  const { mixtureWidth } = { ...MIXTURE_DEFAULTS, ...o };
  const xi = perState(slice(noise.proposal, 1, 0, rows.noise));
  const jitter = perState(slice(noise.proposal, 1, rows.noise, rows.jitter));
  const drawn = forward(layout, weightsOf(layout, sampler), xi, observation);
  const split = (x: Tensor, count: number): Tensor => reshape(x, [R, B, count, A]);
  const { action, logDensity } = mixture(
    split(o.squash === "bounds-penalty" ? inverseOfTanh(drawn) : drawn, M),
    split(jitter, G),
    U === 0 ? null : split(perState(noise.value), U),
    mixtureWidth,
    o.bandwidth,
  );
  return {
    action: reshape(action, [R, B * o.valueParticles, A]),
    logDensity,
    fallback: zeros([R]),
    uniforms: U,
  };
}

/** artanh of actions, which are first clipped into the box. */
function inverseOfTanh(action: Tensor): Tensor {
  const inside = minimum(maximum(action, -MAX_CENTRE), MAX_CENTRE);
  return mul(log(div(add(1, inside), sub(1, inside))), 0.5);
}
