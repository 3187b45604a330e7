/**
 * Soft actor-critic (Haarnoja et al., "Soft Actor-Critic Algorithms and Applications", arXiv 1812.05905, version 2):
 * one update, as an expression. Equation numbers are the paper's. R replicas learn side by side on the leading axis.
 *
 * Laws, tested: an update equals the one computed by hand; the log density's derivatives equal its differences;
 * replica r computes the bits of a run with its seed alone.
 *
 * @module
 */

import { adam, clock, type Optimised, type OptimisedWithTarget } from "../../kernels/adam.ts";
import { squaredError, targetOf } from "../../kernels/bellman.ts";
import { freezeWhereNotFinite } from "../../kernels/finite.ts";
import type { Tensor } from "../../tensor/expression.ts";
import { gradient, pullback } from "../../tensor/gradient.ts";
import { add, exp, mean, mul, reshape, stopGradient, sub } from "../../tensor/primitives.ts";
import { criticWeights, leastQ } from "../critics.ts";
import type { Minibatch } from "../learner.ts";
import {
  criticLayout,
  flatten,
  forward,
  type Layout,
  layoutOf,
  type Normalisation,
  weightsOf,
} from "../network.ts";
import { drawAction } from "./policy.ts";
import type { Rank2 } from "../../tensor/shape.ts";

/**
 * One update: the soft target (2, 3), a step of ADAM for both critics (5), then one for the policy and, if α is
 * learned, one for log α. A replica whose gradient is not finite keeps its parameters from then on (`frozen`).
 *
 * @param o the choices that determine the program
 * @param state the learned parameters before the update
 * @param settings numbers of each replica, such as γ
 * @param minibatch B transitions of each replica
 * @param noise the update's random numbers
 */
export function sacStep(
  o: Sac,
  state: SacState,
  settings: SacSettings,
  minibatch: Minibatch,
  noise: SacNoise,
): SacStep {
  const layouts = sacLayouts(o);
  const { observation, nextObservation, reward, terminated } = minibatch, [R, B] = reward.shape as Rank2;
  const perReplica = (x: Tensor): Tensor => reshape(x, [R, 1]);
  const temperature = temperatureOf(state, settings);
  const ticks = clock(state.updates, settings.targetInterval);

  // (3) V(s′) = E[ min_j Q̄_j(s′,a′) - α log π(a′|s′) ], a′ = f(ε;s′)
  const policyWeights = weightsOf(layouts.policy, state.policy.parameters);
  const next = drawAction(layouts.policy, policyWeights, nextObservation, noise.next);
  const nextQ = leastQ(layouts.critic, state.critic.target, next.action, nextObservation);
  const value = sub(nextQ, mul(next.logDensity, perReplica(temperature)));
  // (2) Q̂ = r + γ V(s′) unless the task ended there
  const { rewardScale: scale, discount } = settings;
  const target = stopGradient(targetOf(value, { reward, terminated, scale, discount }));

  // (5) J_Q = E[ ½ (Q_j(s,a) - Q̂)² ], of both critics
  const weights = criticWeights(layouts.critic, state.critic.parameters);
  const predictions = weights.map((w) =>
    reshape(forward(layouts.critic, w, minibatch.action, observation), [R, B])
  );
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

  // (9) J_π = E[ α log π(f(ε;s)|s) - min_j Q_j(s, f(ε;s)) ]
  const drawn = drawAction(layouts.policy, policyWeights, observation, noise.current);
  const q = leastQ(layouts.critic, critic.parameters, drawn.action, observation);
  const objective = mean(sub(mul(drawn.logDensity, perReplica(temperature)), q), 1);
  const policyGradient = flatten([layouts.policy], gradient(objective, policyWeights));
  const frozenByPolicy = freezeWhereNotFinite(policyGradient, frozenByCritic, ticks.updates);
  const policy = adam(state.policy, policyGradient, ticks.clock, settings.policyRates, frozenByPolicy);

  // (18) J(α) = E[ -α (log π(a|s) + H̄) ], with respect to log α, which keeps α positive
  const entropy = mul(mean(drawn.logDensity, 1), -1);
  const tempered = state.logTemperature === undefined ? null : temper(
    state.logTemperature,
    mul(temperature, sub(entropy, mul(settings.targetEntropy, o.action))),
    ticks,
    settings.temperatureRates,
    frozenByPolicy,
  );

  return {
    state: {
      critic,
      policy,
      ...tempered === null ? {} : { logTemperature: tempered.logTemperature },
      updates: ticks.updates,
      frozen: tempered?.frozen ?? frozenByPolicy,
    },
    target,
    q: predictions[0]!,
    loss,
    criticGradient,
    objective,
    policyGradient,
    entropy,
    temperature,
  };
}

/** α `[R]`: a setting if it is fixed, else learned. */
const temperatureOf = ({ logTemperature }: SacState, { temperature }: SacSettings): Tensor =>
  logTemperature === undefined
    ? temperature
    : reshape(exp(stopGradient(logTemperature.parameters)), temperature.shape);

/** A step of ADAM on log α against the derivative `[R]` of J(α) with respect to it. */
function temper(
  state: Optimised,
  slope: Tensor,
  ticks: ReturnType<typeof clock>,
  rates: Tensor,
  before: Tensor,
): { readonly logTemperature: Optimised; readonly frozen: Tensor } {
  const gradientOfLog = stopGradient(reshape(slope, state.parameters.shape));
  const frozen = freezeWhereNotFinite(gradientOfLog, before, ticks.updates);
  return { logTemperature: adam(state, gradientOfLog, ticks.clock, rates, frozen), frozen };
}

/** The choices that determine the program of an update: sizes and variants of the method. */
export interface Sac {
  /** Length of an observation. */
  readonly observation: number;
  /** Length of an action. */
  readonly action: number;
  /** Widths of the hidden layers of critics and policy. */
  readonly hidden: readonly number[];
  /** Normalisation of the hidden layers, before the ReLU, in all networks; none if not given. */
  readonly normalisation?: Normalisation;
  /** Number of transitions in a minibatch, B. */
  readonly batch: number;
  /** Whether α is learned, or a setting. */
  readonly temperatureRule: "automatic" | "fixed";
}

/** Layouts of the networks of an update. */
export interface SacLayouts {
  /** One critic `Q(s, a)`; a critic vector holds two of them, one after the other. */
  readonly critic: Layout;
  /** The policy: means and logarithms of standard deviations, before the tanh. */
  readonly policy: Layout;
  /** Length of a critic vector. */
  readonly criticSize: number;
}

/** The networks' layouts. */
export function sacLayouts(o: Sac): SacLayouts {
  const critic = criticLayout(o);
  const policy = layoutOf({ ...critic.network, sample: 0, output: 2 * o.action });
  return { critic, policy, criticSize: 2 * critic.size };
}

/** The learned parameters and the counters, carried from update to update. */
export interface SacState {
  /** `[R,P]` parameters θ of the critics, one after the other, their moments, and the targets' parameters θ̄. */
  readonly critic: OptimisedWithTarget;
  /** `[R,P′]` parameters φ of the policy, and their moments. */
  readonly policy: Optimised;
  /** `[R,1]` log α and its moments, if α is learned. */
  readonly logTemperature?: Optimised;
  /** `u32[R]` updates done. */
  readonly updates: Tensor;
  /** `u32[R]` number of the update at which the replica stopped being finite, else 0. */
  readonly frozen: Tensor;
}

/** What may differ from replica to replica and from chunk to chunk. */
export interface SacSettings {
  /** `[R]` α if it is fixed */
  readonly temperature: Tensor;
  /** `[R]` target entropy H̄ for each component of an action, in nats */
  readonly targetEntropy: Tensor;
  /** `[R]` factor by which rewards are multiplied */
  readonly rewardScale: Tensor;
  /** `[R]` γ */
  readonly discount: Tensor;
  /** `[R,2]` step size of the critics, and the rate τ at which their targets follow when that is due (1: copy) */
  readonly criticRates: Tensor;
  /** `[R,2]` step size of the policy (the second number is unused) */
  readonly policyRates: Tensor;
  /** `[R,2]` step size of log α (the second number is unused) */
  readonly temperatureRates: Tensor;
  /** `u32[R]` updates from one update of the targets to the next */
  readonly targetInterval: Tensor;
}

/** The random numbers of an update. */
export interface SacNoise {
  /** Standard normal, `[R,B,A]`, for actions in the next states. */
  readonly next: Tensor;
  /** Standard normal, `[R,B,A]`, for actions in the states. */
  readonly current: Tensor;
}

/** Everything that an update computes. */
export interface SacStep {
  /** The next state. */
  readonly state: SacState;
  /** `[R,B]` targets Q̂. */
  readonly target: Tensor;
  /** `[R,B]` Q of the first critic. */
  readonly q: Tensor;
  /** `[R]` J_Q, summed over the critics. */
  readonly loss: Tensor;
  /** `[R,P]` its gradient. */
  readonly criticGradient: Tensor;
  /** `[R]` J_π. */
  readonly objective: Tensor;
  /** `[R,P′]` its gradient. */
  readonly policyGradient: Tensor;
  /** `[R]` estimate of the policy's entropy, in nats. */
  readonly entropy: Tensor;
  /** `[R]` α of this update. */
  readonly temperature: Tensor;
}
