/**
 * Appendix B of the paper: the gradient of soft Q-learning's loss is the entropy-regularised policy gradient.
 *
 * With the policy π(a|s) = exp(E(s,a) - Ē(s)), Ē = log Σ exp E, the gradient of the regularised return is (29)
 *
 *     ∇J = E_ρπ[ (∇E - ∇Ē)(Q̂ - E) ]
 *
 * and with Q = E and data drawn from ρ_π, the loss J_Q = ½ E[(Q̂ - Q)²] whose target is Q̂ = Â + V (30, 31: the
 * advantage is held constant, V is differentiated) has the gradient -∇J (32). The left side is the gradient of J
 * itself: by central differences, or, for the networks, by reverse mode through π. The right side is the loss's
 * gradient by reverse mode.
 *
 * - a bandit of seven actions: ρ_π is the policy;
 * - a random Markov decision process: ρ_π is the discounted state visitation, Q̂ the soft Q of the policy (it includes
 *   future entropies but not the present one);
 * - a minibatch of states of the multi-goal task and its critic network, actions on a grid.
 *
 * @module
 */

import type { Scale } from "../src/run/experiment.ts";
import { E } from "../src/deps.ts";
import { referenceDevice } from "../src/device/reference.ts";
import { flatten, forward, initialise, layoutOf, weightsOf } from "../src/learn/network.ts";
import { normal, uniform } from "../src/random/draw.ts";
import { child, type Key, keyOf } from "../src/random/key.ts";
import { input, type Tensor } from "../src/tensor/expression.ts";
import { gradient } from "../src/tensor/gradient.ts";
import {
  add,
  constant,
  exp,
  log,
  max,
  mul,
  reshape,
  stopGradient,
  sub,
  sum,
} from "../src/tensor/primitives.ts";
import { programOf } from "../src/tensor/program.ts";
import { f32 } from "../src/tensor/shape.ts";

/** `log Σ exp` over the last axis of `[S,A]`, as `[S,1]`. */
function logSumExp(energy: Tensor): Tensor {
  const [S] = energy.shape as [number], greatest = stopGradient(reshape(max(energy, 1), [S, 1]));
  return add(log(reshape(sum(exp(sub(energy, greatest)), 1), [S, 1])), greatest);
}

/** Runs a program with one output on the reference device, in float64. */
async function valueOf(
  inputs: Readonly<Record<string, Tensor>>,
  values: Readonly<Record<string, ArrayLike<number>>>,
  output: Tensor,
): Promise<readonly number[]> {
  const compiled = await referenceDevice().compile(programOf(inputs, { output }))();
  if (E.isLeft(compiled)) throw new Error(compiled.left.message);
  const { write, run, read, close } = compiled.right;
  for (const [name, each] of Object.entries(values)) write(name, each);
  run();
  const answer = await read(["output"])();
  close();
  if (E.isLeft(answer)) throw new Error(answer.left.message);
  return [...answer.right.output];
}

/** J_Q: `½ Σ_s ρ(s) Σ_a π(a|s) (Â + V - Q)²` with π, ρ and Â = Q̂ - V constant; `visits` `[S,1]`, the rest `[S,A]`. */
function bellmanLoss(energy: Tensor, visits: Tensor, estimate: Tensor): Tensor {
  const value = logSumExp(energy);
  const policy = stopGradient(exp(sub(energy, value)));
  const advantage = stopGradient(sub(estimate, value));
  const error = sub(add(advantage, value), energy);
  return mul(sum(sum(mul(mul(visits, policy), mul(error, error)), 1), 0), 0.5);
}

/**
 * `Σ_s ρ(s) ( Σ_a π(a|s) Q̂(s,a) + H(π(·|s)) )` with Q̂ constant: equal to J if ρ and Q̂ do not depend on the policy.
 */
function regularisedReturn(energy: Tensor, visits: Tensor, estimate: Tensor): Tensor {
  const logPolicy = sub(energy, logSumExp(energy));
  return sum(sum(mul(mul(visits, exp(logPolicy)), sub(estimate, logPolicy)), 1), 0);
}

const STEP = 1e-3;

/** Sixth-order central differences: truncation error about h⁶ f⁽⁷⁾ / 140, rounding error about 1e-16 |f| / h. */
const slopes = (x: readonly number[], f: (x: readonly number[]) => number): readonly number[] =>
  x.map((_, i) => {
    const at = (k: number): number => f(x.map((v, j) => j === i ? v + k * STEP : v));
    return (45 * (at(1) - at(-1)) - 9 * (at(2) - at(-2)) + (at(3) - at(-3))) / (60 * STEP);
  });

/** A finite Markov decision process with an initial distribution. */
interface Process {
  /** S */
  readonly states: number;
  /** A */
  readonly actions: number;
  /** Below 1. */
  readonly discount: number;
  /** `[S]` */
  readonly start: readonly number[];
  /** `[S·A]` */
  readonly reward: readonly number[];
  /** `[S·A, S]` */
  readonly next: readonly (readonly number[])[];
}

/** The evaluation of an energy's policy in a process. */
interface PolicyValues {
  /** J, with discounted rewards and entropies. */
  readonly objective: number;
  /** `[S]` discounted visits. */
  readonly visits: readonly number[];
  /** `[S·A]` the soft Q of the policy. */
  readonly q: readonly number[];
}

/** Evaluates the policy of an energy `[S·A]`, iterating to the fixed point in float64. */
function evaluatePolicy(process: Process, energy: readonly number[]): PolicyValues {
  const { states: S, actions: A, discount, start, reward, next } = process;
  const rows = Array.from({ length: S }, (_, s) => s);
  const policy = rows.map((s) => {
    const row = energy.slice(s * A, (s + 1) * A), greatest = Math.max(...row);
    const total = row.reduce((sum_, e) => sum_ + Math.exp(e - greatest), 0);
    return row.map((e) => Math.exp(e - greatest) / total);
  });
  const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((t, x, i) => t + x * b[i]!, 0);
  let value = rows.map(() => 0), q = reward.slice(), visits = start.slice();
  for (let k = 0; k < (discount === 0 ? 1 : 60 / (1 - discount)); k++) {
    value = rows.map((s) => policy[s]!.reduce((v, p, a) => v + p * (q[s * A + a]! - Math.log(p)), 0));
    q = reward.map((r, i) => r + discount * dot(next[i]!, value));
    visits = rows.map((t) =>
      start[t]! +
      discount * rows.reduce((v, s) =>
          v + visits[s]! * policy[s]!.reduce((w, p, a) => w + p * next[s * A + a]![t]!, 0), 0)
    );
  }
  value = rows.map((s) => policy[s]!.reduce((v, p, a) => v + p * (q[s * A + a]! - Math.log(p)), 0));
  return { objective: dot(start, value), visits, q };
}

/** A random process; with `discount` 0 it is a bandit for each state. */
function randomProcess(states: number, actions: number, discount: number, key: Key): Process {
  const distribution = (index: number): readonly number[] => {
    const weights = [...uniform(child(key, index), states)], total = weights.reduce((a, b) => a + b);
    return weights.map((w) => w / total);
  };
  return {
    states,
    actions,
    discount,
    start: distribution(0),
    reward: [...normal(child(key, 1), states * actions)],
    next: Array.from({ length: states * actions }, (_, i) => distribution(2 + i)),
  };
}

/** The setting in which the identity is checked. */
export type Place = "bandit" | "process" | "network";

/** The two gradients of the identity, at the same parameters. */
export interface Sides {
  /** ∇J_Q, of the loss. */
  readonly loss: readonly number[];
  /** ∇J, of the regularised return. */
  readonly objective: readonly number[];
}

/** The sizes of a scale. The bandit has seven actions at every scale. */
export interface Sizes {
  /** Number of the process's states. */
  readonly states: number;
  /** Number of the process's actions. */
  readonly actions: number;
  /** The process's discount. */
  readonly discount: number;
  /** States of the network's minibatch. */
  readonly batch: number;
  /** Width and height of each state's grid of actions. */
  readonly side: number;
  /** The network's hidden widths. */
  readonly hidden: readonly number[];
}

/** `paper` has the minibatch and widths of Appendix D.1, nearly its 50 actions per state, and the public code's γ. */
export const SIZES: Readonly<Record<Scale, Sizes>> = {
  smoke: { states: 3, actions: 2, discount: 0.9, batch: 4, side: 5, hidden: [8, 8] },
  study: { states: 6, actions: 4, discount: 0.9, batch: 16, side: 9, hidden: [32, 32] },
  paper: { states: 8, actions: 4, discount: 0.99, batch: 64, side: 7, hidden: [200, 200] },
};

/** The identity's sides in a process, at a random energy. */
async function sidesInProcess(process: Process, key: Key): Promise<Sides> {
  const { states: S, actions: A } = process;
  const energy = [...normal(key, S * A)];
  const { visits, q } = evaluatePolicy(process, energy);
  const given = { energy: input(f32(S, A)), visits: input(f32(S, 1)), estimate: input(f32(S, A)) };
  const loss = bellmanLoss(given.energy, given.visits, given.estimate);
  return {
    loss: await valueOf(given, { energy, visits, estimate: q }, gradient(loss, [given.energy])[0]),
    objective: slopes(energy, (at) => evaluatePolicy(process, at).objective),
  };
}

/** The identity's sides for a critic network, on random states and a grid of actions. */
async function sidesOfNetwork({ batch, side, hidden }: Sizes, key: Key): Promise<Sides> {
  const layout = layoutOf({ sample: 2, state: 2, hidden, output: 1, activation: "relu" });
  const parameters = new Float32Array(layout.size), A = side * side;
  initialise(layout, key, parameters);
  const at = (i: number): number => -1 + 2 * (i + 0.5) / side;
  const grid = Array.from({ length: A }, (_, i) => [at(i % side), at(Math.floor(i / side))]).flat();
  const given = {
    parameters: input(f32(1, layout.size)),
    states: input(f32(1, batch, 2)),
    actions: input(f32(1, batch * A, 2)),
    estimate: input(f32(batch, A)),
  };
  const weights = weightsOf(layout, given.parameters);
  const energy = reshape(forward(layout, weights, given.actions, given.states), [batch, A]);
  const visits = constant(1 / batch, [batch, 1]);
  const values = {
    parameters,
    states: [...normal(child(key, 1), 2 * batch)].map((x) => 2 * x),
    actions: Array.from({ length: batch }, () => grid).flat(),
    estimate: [...normal(child(key, 2), batch * A)],
  };
  const slopeOf = (objective: Tensor): Promise<readonly number[]> =>
    valueOf(given, values, flatten([layout], gradient(objective, weights)));
  return {
    loss: await slopeOf(bellmanLoss(energy, visits, given.estimate)),
    objective: await slopeOf(regularisedReturn(energy, visits, given.estimate)),
  };
}

/** Both sides of the identity in each setting; each seed has its own bandit, process and network. */
export async function identitySides(
  seed: number,
  scale: Scale = "study",
): Promise<Readonly<Record<Place, Sides>>> {
  const key = (index: number): Key => child(keyOf(seed), index), sizes = SIZES[scale];
  const { states, actions, discount } = sizes;
  return {
    bandit: await sidesInProcess(randomProcess(1, 7, 0, key(0)), key(1)),
    process: await sidesInProcess(randomProcess(states, actions, discount, key(2)), key(3)),
    network: await sidesOfNetwork(sizes, key(4)),
  };
}

/** The relative error of `∇J_Q = -∇J`: `‖∇J_Q + ∇J‖ / ‖∇J‖`. */
export function errorOf({ loss, objective }: Sides): number {
  const norm = (x: readonly number[]): number => Math.hypot(...x);
  return norm(loss.map((each, i) => each + objective[i]!)) / norm(objective);
}

/** Relative errors of the identity in each setting. */
export async function identityErrors(
  seed: number,
  scale: Scale = "study",
): Promise<Readonly<Record<Place, number>>> {
  const { bandit, process, network } = await identitySides(seed, scale);
  return { bandit: errorOf(bandit), process: errorOf(process), network: errorOf(network) };
}

/** The greatest relative errors over several seeds; NaN if any is. */
export async function worstErrors(
  seeds: Iterable<number>,
  scale: Scale = "study",
): Promise<Readonly<Record<Place, number>>> {
  let worst: Readonly<Record<Place, number>> = { bandit: 0, process: 0, network: 0 };
  for (const seed of seeds) {
    const { bandit, process, network } = await identityErrors(seed, scale);
    worst = {
      bandit: Math.max(worst.bandit, bandit),
      process: Math.max(worst.process, process),
      network: Math.max(worst.network, network),
    };
  }
  return worst;
}

/** The largest accepted relative error of the identity in float64. */
export const IDENTITY_TOLERANCE = 1e-6;
