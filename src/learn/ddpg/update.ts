/**
 * Deep deterministic policy gradient (Lillicrap et al., "Continuous control with deep reinforcement learning", ICLR
 * 2016), the paper's baseline: one update, as an expression. R replicas learn side by side on the leading axis.
 *
 * Laws, tested: an update equals the one computed by hand; on a linear-quadratic task the policy converges to the
 * optimal gain; replica r computes the bits of a run with its seed alone.
 *
 * @module
 */

import { adam, clock, type OptimisedWithTarget } from "../../kernels/adam.ts";
import { targetOf } from "../../kernels/bellman.ts";
import { freezeWhereNotFinite } from "../../kernels/finite.ts";
import type { Tensor } from "../../tensor/expression.ts";
import { gradient } from "../../tensor/gradient.ts";
import { mean, mul, reshape, stopGradient, sub, tanh } from "../../tensor/primitives.ts";
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
import type { Rank2 } from "../../tensor/shape.ts";

/**
 * One update (Algorithm 1): a step of ADAM for the critic, then one for the policy; the targets follow when they are
 * due. A replica whose loss or gradient is not finite keeps its parameters from then on (`frozen`).
 *
 * @param o the choices that determine the program
 * @param state the learned parameters before the update
 * @param settings numbers of each replica, such as γ
 * @param minibatch B transitions of each replica
 */
export function ddpgStep(
  o: Ddpg,
  state: DdpgState,
  settings: DdpgSettings,
  minibatch: Minibatch,
): DdpgStep {
  const layouts = ddpgLayouts(o);
  const { observation, nextObservation, reward, terminated } = minibatch;
  const [R, B] = reward.shape as Rank2;
  const ticks = clock(state.updates, settings.targetInterval);
  const valueOf = (weights: readonly Tensor[], action: Tensor, observed: Tensor): Tensor =>
    reshape(forward(layouts.critic, weights, action, observed), [R, B]);
  const actionOf = (weights: readonly Tensor[], observed: Tensor): Tensor =>
    tanh(forward(layouts.policy, weights, null, observed));

  // y = r + γ Q′(s′, μ′(s′)) unless the task ended there
  const nextAction = actionOf(weightsOf(layouts.policy, state.policy.target), nextObservation);
  const nextQ = valueOf(weightsOf(layouts.critic, state.critic.target), nextAction, nextObservation);
  const { rewardScale: scale, discount } = settings;
  const target = stopGradient(targetOf(nextQ, { reward, terminated, scale, discount }));

  // L = E[ ½ (y - Q(s,a))² ]
  const criticWeights = weightsOf(layouts.critic, state.critic.parameters);
  const q = valueOf(criticWeights, minibatch.action, observation);
  const error = sub(q, target);
  const loss = mul(mean(mul(error, error), 1), 0.5);
  const criticGradient = flatten([layouts.critic], gradient(loss, criticWeights));
  // A loss may overflow although its gradient does not; ADAM's second moment would then stay infinite.
  const frozenByLoss = freezeWhereNotFinite(loss, state.frozen, ticks.updates);
  const frozenByCritic = freezeWhereNotFinite(criticGradient, frozenByLoss, ticks.updates);
  const critic = adam(
    state.critic,
    criticGradient,
    ticks.clock,
    settings.criticRates,
    frozenByCritic,
  );

  // ∇_φ J = E[ ∇_a Q(s,a)|_{a=μ(s)} ∇_φ μ(s) ]
  const policyWeights = weightsOf(layouts.policy, state.policy.parameters);
  const own = valueOf(
    weightsOf(layouts.critic, critic.parameters),
    actionOf(policyWeights, observation),
    observation,
  );
  const objective = mean(own, 1);
  const policyGradient = flatten([layouts.policy], gradient(mul(objective, -1), policyWeights));
  const frozen = freezeWhereNotFinite(policyGradient, frozenByCritic, ticks.updates);
  const policy = adam(
    state.policy,
    policyGradient,
    ticks.clock,
    settings.policyRates,
    frozen,
  );

  return {
    state: { critic, policy, updates: ticks.updates, frozen },
    target,
    q,
    loss,
    criticGradient,
    objective,
    policyGradient,
  };
}

/** The choices that determine the program of an update: sizes and variants of the method. */
export interface Ddpg {
  /** Length of an observation. */
  readonly observation: number;
  /** Length of an action. */
  readonly action: number;
  /** Widths of the hidden layers of critic and policy. */
  readonly hidden: readonly number[];
  /** Normalisation of the hidden layers, before the ReLU, in all networks; none if not given. */
  readonly normalisation?: Normalisation;
  /** Number of transitions in a minibatch, B. */
  readonly batch: number;
}

/** Layouts of the networks of an update. */
export interface DdpgLayouts {
  /** The critic `Q(s, a)`, of the same form as soft Q-learning's. */
  readonly critic: Layout;
  /** The policy before its tanh: `μ(s) = tanh(policy(s))`. */
  readonly policy: Layout;
}

/** The networks' layouts. */
export function ddpgLayouts(o: Ddpg): DdpgLayouts {
  const critic = criticLayout(o);
  return { critic, policy: layoutOf({ ...critic.network, sample: 0, output: o.action }) };
}

/** The learned parameters and the counters, carried from update to update. */
export interface DdpgState {
  /** `[R,P]` parameters θ of the critic, their moments, and the target's parameters θ′. */
  readonly critic: OptimisedWithTarget;
  /** `[R,P′]` parameters φ of the policy, their moments, and the target's parameters φ′. */
  readonly policy: OptimisedWithTarget;
  /** `u32[R]` updates done. */
  readonly updates: Tensor;
  /** `u32[R]` number of the update at which the replica stopped being finite, else 0. */
  readonly frozen: Tensor;
}

/** What may differ from replica to replica and from chunk to chunk. */
export interface DdpgSettings {
  /** `[R]` factor by which rewards are multiplied */
  readonly rewardScale: Tensor;
  /** `[R]` γ */
  readonly discount: Tensor;
  /** `[R,2]` step size of the critic, and the rate τ at which its target follows when it is due (1: copy) */
  readonly criticRates: Tensor;
  /** `[R,2]` step size of the policy, and the rate τ at which its target follows when it is due (1: copy) */
  readonly policyRates: Tensor;
  /** `u32[R]` updates from one update of the targets to the next */
  readonly targetInterval: Tensor;
}

/** Everything that an update computes. */
export interface DdpgStep {
  /** The next state. */
  readonly state: DdpgState;
  /** `[R,B]` targets y. */
  readonly target: Tensor;
  /** `[R,B]` Q of the minibatch's actions. */
  readonly q: Tensor;
  /** `[R]` the critic's loss. */
  readonly loss: Tensor;
  /** `[R,P]` gradient of the loss with respect to θ. */
  readonly criticGradient: Tensor;
  /** `[R]` mean Q of the policy's own actions. */
  readonly objective: Tensor;
  /** `[R,P′]` the policy's gradient (of descent on -objective). */
  readonly policyGradient: Tensor;
}
