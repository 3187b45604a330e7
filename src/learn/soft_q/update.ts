/**
 * Soft Q-learning (Haarnoja, Tang, Abbeel, Levine, "Reinforcement Learning with Deep Energy-Based Policies", ICML
 * 2017): one update, as an expression. Equation numbers are the paper's. R replicas learn side by side on the leading
 * axis.
 *
 * @module
 */

import type { Tensor } from "../../tensor/expression.ts";
import { gradient, pullback } from "../../tensor/gradient.ts";
import {
  add,
  constant,
  maximum,
  minimum,
  mul,
  reshape,
  slice,
  stopGradient,
  tanh,
} from "../../tensor/primitives.ts";
import { adam, clock, type Optimised, type OptimisedWithTarget } from "../../kernels/adam.ts";
import { bellman, squaredError } from "../../kernels/bellman.ts";
import { freezeWhereNotFinite } from "../../kernels/finite.ts";
import { scoreOf, type Squash } from "../../kernels/score.ts";
import { type Bandwidth, stein } from "../../kernels/stein.ts";
import type { Minibatch } from "../learner.ts";
import { criticWeights, leastQ } from "../critics.ts";
import {
  criticLayout,
  flatten,
  forward,
  type Layout,
  layoutOf,
  type Normalisation,
  weightsOf,
} from "../network.ts";
import { propose } from "./proposal.ts";
import type { Rank2 } from "../../tensor/shape.ts";

/**
 * One update, Algorithm 1's step of learning: the soft target (10), a step of ADAM for the critic (11), then one or
 * more for the sampler (13, 14). A replica whose gradient is not finite keeps its parameters from then on (`frozen`).
 *
 * @param o the choices that determine the program
 * @param state the learned parameters before the update
 * @param settings numbers of each replica, such as α and γ
 * @param minibatch B transitions of each replica
 * @param noise the update's random numbers
 */
export function softQStep(
  o: SoftQ,
  state: SoftQState,
  settings: SoftQSettings,
  minibatch: Minibatch,
  noise: SoftQNoise,
): SoftQStep {
  const layouts = softQLayouts(o);
  const { observation, nextObservation } = minibatch;
  const [R, B] = minibatch.reward.shape as Rank2;
  const { temperature } = settings;
  const ticks = clock(state.updates, settings.targetInterval);

  // (10) V(s′) = α log E_q[ exp(Q̄(s′,a′)/α) / q(a′) ]
  const proposal = propose(o, layouts.sampler, state.sampler.parameters, nextObservation, noise);
  const nextQ = reshape(
    leastQ(layouts.critic, state.critic.target, proposal.action, nextObservation),
    [R, B, o.valueParticles],
  );
  // (11) Q̂ = r + γ V(s′) unless the task ended there
  const { value, target } = bellman(nextQ, temperature, proposal.logDensity, {
    reward: minibatch.reward,
    terminated: minibatch.terminated,
    scale: settings.rewardScale,
    discount: settings.discount,
  });

  // (11) J_Q = E[ ½ (Q̂ - Q(s,a))² ],  ∇_θ J_Q = E[ (Q - Q̂) ∇_θ Q ]
  const weights = criticWeights(layouts.critic, state.critic.parameters);
  const action = o.squash === "bounds-penalty" ? minimum(maximum(minibatch.action, -1), 1) : minibatch.action;
  const predictions = weights.map((w) => reshape(forward(layouts.critic, w, action, observation), [R, B]));
  const errors = predictions.map((q) => squaredError(q, target));
  const loss = errors.map((each) => each.loss).reduce(add);
  const criticGradient = flatten(
    weights.map(() => layouts.critic),
    pullback(predictions, errors.map(({ error }) => error), weights.flat()),
  );
  // A loss may overflow although its gradient does not; ADAM's second moment would then stay infinite.
  const frozenByCritic = freezeWhereNotFinite(criticGradient, state.frozen, ticks.updates, loss);
  const critic = adam(
    state.critic,
    criticGradient,
    ticks.clock,
    settings.criticRates,
    frozenByCritic,
  );

  const learned = Array.from({ length: o.samplerSteps ?? 1 }, (_, k) => k).reduce(
    (before: SamplerStep | null, k) =>
      samplerStep(o, critic.parameters, settings, observation, noise, k, {
        sampler: before?.sampler ?? state.sampler,
        updates: state.updates,
        update: ticks.updates,
        frozen: before?.frozen ?? frozenByCritic,
      }),
    null,
  )!; // there is at least one step
  const { sampler, frozen, direction, bandwidth, samplerGradient } = learned;

  return {
    state: { critic, sampler, updates: ticks.updates, frozen },
    value,
    target,
    q: predictions[0]!,
    loss,
    criticGradient,
    direction,
    bandwidth,
    samplerGradient,
    nextQ,
    logDensity: proposal.logDensity,
    action: learned.action,
    fallback: proposal.fallback,
    uniforms: proposal.uniforms,
    ...proposal.inverse === undefined ? {} : {
      inverse: {
        jacobian: proposal.inverse.jacobian,
        uniformQ: reshape(
          leastQ(layouts.critic, state.critic.target, proposal.inverse.uniform, nextObservation),
          [R, B, o.valueParticles],
        ),
      },
    },
  };
}

/** The results of a step of the sampler. */
type SamplerStep =
  & Pick<SoftQState, "sampler" | "frozen">
  & Pick<SoftQStep, "action" | "direction" | "bandwidth" | "samplerGradient">;

/** Step k of the sampler within an update: equations 13 and 14. */
function samplerStep(
  o: SoftQ,
  critic: Tensor,
  settings: SoftQSettings,
  observation: Tensor,
  noise: SoftQNoise,
  k: number,
  before: Pick<SoftQState, "sampler" | "updates" | "frozen"> & { readonly update: Tensor },
): SamplerStep {
  const layouts = softQLayouts(o), { temperature } = settings;
  const [R, B] = observation.shape as Rank2, A = o.action, M = o.fixedParticles, K = o.movedParticles;
  const steps = o.samplerSteps ?? 1;
  // ADAM counts the sampler's own steps.
  const made = steps === 1 ? before.updates : add(
    Array<Tensor>(steps).fill(before.updates).reduce(add),
    constant(k, [R], "u32"),
  );
  const ticks = clock(made, settings.targetInterval);
  const ofStep = (xi: Tensor, count: number): Tensor =>
    steps === 1 ? xi : slice(xi, 1, k * B * count, B * count);

  // (13) Δf(ξ;s) = E[ κ(a,f) ∇_a Q(s,a) + α ∇_a κ(a,f) ], a = f(ξ′;s)
  const samplerWeights = weightsOf(layouts.sampler, before.sampler.parameters);
  const particlesOf = (xi: Tensor): Tensor =>
    forward(layouts.sampler, samplerWeights, xi, observation, o.squash === "post-tanh" ? "tanh" : "identity");
  const fixed = stopGradient(particlesOf(ofStep(noise.fixed, M))),
    moved = particlesOf(ofStep(noise.moved, K));
  const action = o.squash === "pre-tanh" ? tanh(fixed) : fixed;
  const q = leastQ(layouts.critic, critic, action, observation);
  const [slope] = gradient(q, [action]);
  const score = scoreOf(o.squash, action, slope, temperature);
  const split = (x: Tensor, count: number): Tensor => reshape(x, [R, B, count, A]);
  // (14) ∇_φ J_π ∝ -E_ξ[ Δf ∂f/∂φ ]
  const { direction: descent, bandwidth } = stein(
    split(fixed, M),
    split(moved, K),
    split(score, M),
    temperature,
    o.bandwidth,
    -1 / (B * K),
  );
  const samplerGradient = flatten(
    [layouts.sampler],
    pullback([moved], [reshape(descent, [R, B * K, A])], samplerWeights),
  );
  const frozen = freezeWhereNotFinite(samplerGradient, before.frozen, before.update);
  const sampler = moveSampler(before.sampler, samplerGradient, made, ticks.clock, settings, frozen);
  return { sampler, frozen, action, direction: mul(descent, -(B * K)), bandwidth, samplerGradient };
}

/** The sampler's ADAM step; its average, if there is one, follows at every step. */
function moveSampler(
  sampler: SoftQState["sampler"],
  gradient: Tensor,
  made: Tensor,
  ticks: Tensor,
  { samplerRates }: SoftQSettings,
  frozen: Tensor,
): SoftQState["sampler"] {
  const { target } = sampler;
  if (target === undefined) return adam(sampler, gradient, ticks, samplerRates, frozen);
  const always = clock(made, constant(1, made.shape, "u32"));
  return adam({ ...sampler, target }, gradient, always.clock, samplerRates, frozen);
}

/** The choices that determine the program of an update: sizes and variants of the method. */
export interface SoftQ {
  /** Length of an observation. */
  readonly observation: number;
  /** Length of an action. */
  readonly action: number;
  /** Widths of the hidden layers of critic and sampler. */
  readonly hidden: readonly number[];
  /** Normalisation of the hidden layers, before the ReLU, in all networks; none if not given. */
  readonly normalisation?: Normalisation;
  /** Number of transitions in a minibatch, B. */
  readonly batch: number;
  /** Number of actions at which the soft value is estimated in each next state, K_V. */
  readonly valueParticles: number;
  /** Number of fixed particles: those over which the Stein direction is averaged, M (13). */
  readonly fixedParticles: number;
  /** Number of moved particles: those for which the direction is computed, K (14). */
  readonly movedParticles: number;
  /** Number of the sampler's steps for each step of the critic; 1 if not given. */
  readonly samplerSteps?: number;
  /** Rate of a moving average of the sampler, which then acts instead of it; 0, or not given: none. */
  readonly samplerAverage?: number;
  /** How actions are kept in [-1, 1]; see `src/kernels/score.ts`. */
  readonly squash: Squash;
  /** See `src/kernels/stein.ts`. */
  readonly bandwidth: Bandwidth;
  /** Whether each state has its own value samples, or one draw serves the whole minibatch (the public code). */
  readonly valueSamples: "per-state" | "shared";
  /** The distribution of the value samples; see `proposal.ts`. */
  readonly valueProposal: "uniform" | "mixture" | "sampler";
  /** Draws of the sampler around which the proposal `mixture` puts Gaussians, M; 8 if not given. */
  readonly mixtureCentres?: number;
  /** Their σ, in the coordinates before the tanh; 0: from the bandwidth of the centres; 0.7 if not given. */
  readonly mixtureWidth?: number;
  /** Fraction of the value samples drawn from them, the others being uniform; 0.5 if not given. */
  readonly mixtureShare?: number;
  /** One critic (the paper), or the minimum of two. */
  readonly critics: 1 | 2;
  /**
   * Size of the fixed set of noises ξ₁ … ξ_K for the sampler, of which the first `noiseCount` are in use (the paper's
   * fine-tuning, Appendix D.1); 0, or not given: ξ ~ N(0, I).
   */
  readonly noiseSet?: number;
}

/** Layouts of the networks of an update. */
export interface SoftQLayouts {
  /** One critic `Q(s, a)`; a critic vector holds `critics` of them, one after the other. */
  readonly critic: Layout;
  /** The sampler `f(ξ; s)`. */
  readonly sampler: Layout;
  /** Length of a critic vector: `critics · critic.size`. */
  readonly criticSize: number;
}

/** The networks' layouts. */
export function softQLayouts(o: SoftQ): SoftQLayouts {
  const critic = criticLayout(o);
  const sampler = layoutOf({ ...critic.network, output: o.action });
  return { critic, sampler, criticSize: o.critics * critic.size };
}

/** The learned parameters and the counters, carried from update to update. */
export interface SoftQState {
  /** `[R,P]` parameters θ of the critics, one after the other, their moments, and the target's parameters θ̄. */
  readonly critic: OptimisedWithTarget;
  /** `[R,P′]` parameters φ of the sampler, their moments, and, if requested, their average as the target. */
  readonly sampler: Optimised & Partial<OptimisedWithTarget>;
  /** `u32[R]` updates done. */
  readonly updates: Tensor;
  /** `u32[R]` number of the update at which the replica stopped being finite, else 0. */
  readonly frozen: Tensor;
}

/** What may differ from replica to replica and from chunk to chunk. */
export interface SoftQSettings {
  /** `[R]` α */
  readonly temperature: Tensor;
  /** `[R]` factor by which rewards are multiplied */
  readonly rewardScale: Tensor;
  /** `[R]` γ */
  readonly discount: Tensor;
  /** `[R,2]` step size of the critic, and the rate τ at which its target follows when it is due (1: copy) */
  readonly criticRates: Tensor;
  /** `[R,2]` step size of the sampler, and the rate at which its average follows it, if there is one */
  readonly samplerRates: Tensor;
  /** `u32[R]` updates from one target update to the next */
  readonly targetInterval: Tensor;
  /** `u32[R]` number of noises of the fixed set in use, if there is one */
  readonly noiseCount?: Tensor;
  /** `u32[R,2]` the key from which the fixed set is drawn, if there is one */
  readonly noiseKey?: Tensor;
}

/** The random numbers of an update. */
export interface SoftQNoise {
  /** Uniform on (-1,1), `[R,rows,A]` with the rows of `proposalRows`. */
  readonly value: Tensor;
  /** Standard normal, likewise; unused by the proposal `uniform`. */
  readonly proposal: Tensor;
  /** Standard normal, `[R,B·M,A]`; with several steps of the sampler, one after the other. */
  readonly fixed: Tensor;
  /** Standard normal, `[R,B·K,A]`, likewise. */
  readonly moved: Tensor;
}

/** Everything that an update computes. */
export interface SoftQStep {
  /** The next state. */
  readonly state: SoftQState;
  /** `[R,B]` soft value of the next states, V(s′). */
  readonly value: Tensor;
  /** `[R,B]` targets Q̂. */
  readonly target: Tensor;
  /** `[R,B]` Q of the first critic. */
  readonly q: Tensor;
  /** `[R]` J_Q, summed over the critics. */
  readonly loss: Tensor;
  /** `[R,P]` gradient of the loss with respect to θ. */
  readonly criticGradient: Tensor;
  /** `[R,B,K,A]` the Stein direction Δf. */
  readonly direction: Tensor;
  /** `[R,B]` bandwidths. */
  readonly bandwidth: Tensor;
  /** `[R,P′]` the sampler's gradient, whose negative is followed (14). */
  readonly samplerGradient: Tensor;
  /** `[R,B,K_V]` the target's Q at the value samples of the next states. */
  readonly nextQ: Tensor;
  /** Log density of the value samples, `[R,B,K_V]` or a number if it is the same for all. */
  readonly logDensity: Tensor | number;
  /** `[R,B·M,A]` actions that the sampler draws in the states. */
  readonly action: Tensor;
  /** `[R]` share of value samples for which the proposal fell back to the uniform distribution. */
  readonly fallback: Tensor;
  /**
   * Number of value samples of a state, the last ones, that the proposal `mixture` drew from the uniform distribution.
   */
  readonly uniforms: number;
  /** If the proposal is the sampler: the check whether it is one-to-one. */
  readonly inverse?: {
    /** `[R,B·K_V,A,A]` the Jacobians ∂u/∂ξ of the value samples. */
    readonly jacobian: Tensor;
    /** `[R,B,K_V]` the target's Q at as many uniform actions. */
    readonly uniformQ: Tensor;
  };
}
