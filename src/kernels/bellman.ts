/**
 * The critic's target and error (equations 10 and 11): the soft value of the next states and the target that follows from
 * it, and the loss with its derivative.
 *
 * Law, tested: the target of a terminated transition is the scaled reward; the error is the loss's derivative with respect to Q.
 *
 * @module
 */

import errorSource from "../../shaders/squared_error.wgsl" with { type: "text" };
import source from "../../shaders/bellman.wgsl" with { type: "text" };
import { call, type Kernel, type Tensor } from "../tensor/expression.ts";
import { gridOfReplicas } from "../tensor/launch.ts";
import { add, mean, mul, reshape, sub } from "../tensor/primitives.ts";
import { shader } from "../tensor/shader.ts";
import { f32, type Rank2, type Rank3, sameShape } from "../tensor/shape.ts";
import { type SoftValue, softValue } from "./soft_value.ts";

const bellmanShader = shader("bellman.wgsl", source, {
  states: "u32",
  samples: "u32",
  logDensity: "f32",
  value: "write",
  targets: "write",
  q: "read",
  temperature: "read",
  reward: "read",
  terminated: "read",
  scale: "read",
  discount: "read",
});

/**
 * The kernel `Q̂ = scale · r + γ V(s′) (1 - terminated)`. Inputs: Q of the next states `[R,B,K]`, temperature `[R]`,
 * rewards and ends `[R,B]`, scale and discount `[R]`. Outputs: V and Q̂ `[R,B]`.
 */
export const bellmanKernel: Kernel<SoftValue> = {
  name: "bellman",
  types: (types) => {
    const [q, temperature, reward, terminated, scale, discount] = types;
    const [R, B] = q.shape as Rank2;
    const fits = q.shape.length === 3 &&
      [reward, terminated].every(({ shape }) => sameShape(shape, [R, B])) &&
      [temperature, scale, discount].every(({ shape }) => sameShape(shape, [R]));
    return fits ? [f32(R, B), f32(R, B)] : null;
  },
  wants: "it needs Q [R,B,K], temperatures [R], rewards and ends [R,B], scales and discounts [R]",
  definition: ([q, temperature, reward, terminated, scale, discount], { logDensity }) => {
    const value = softValue(q, temperature, logDensity);
    return [value, targetOf(value, { reward, terminated, scale, discount })];
  },
  launches: ([{ shape }], _, { logDensity }) => {
    const [R, B, K] = shape as Rank3;
    return [
      bellmanShader.launch("bellman", [Math.ceil(B / 8), R, 1], {
        states: B,
        samples: K,
        logDensity,
        value: { output: 0 },
        targets: { output: 1 },
        q: { input: 0 },
        temperature: { input: 1 },
        reward: { input: 2 },
        terminated: { input: 3 },
        scale: { input: 4 },
        discount: { input: 5 },
      }),
    ];
  },
};

/** The terms of a target besides the next state's value: the reward, whether the task ended, and their coefficients. */
export interface RewardTerms {
  /** `[R,B]` r */
  readonly reward: Tensor;
  /** `[R,B]` 1 if the task ended in the next state, else 0. */
  readonly terminated: Tensor;
  /** `[R]` factor by which rewards are multiplied. */
  readonly scale: Tensor;
  /** `[R]` γ */
  readonly discount: Tensor;
}

/** `[R,B]` Q̂ from V(s′) `[R,B]`; see {@link bellmanKernel}. */
export const targetOf = (value: Tensor, { reward, terminated, scale, discount }: RewardTerms): Tensor => {
  const perReplica = (x: Tensor): Tensor => reshape(x, [x.shape[0]!, 1]);
  return add(mul(reward, perReplica(scale)), mul(mul(value, sub(1, terminated)), perReplica(discount)));
};

/**
 * The soft value of the next states and the targets of the critic; shapes as in {@link bellmanKernel}.
 *
 * @param logDensity of the proposal, `[R,B,K]` or one number
 *
 * @example
 * ```ts
 * import { E, referenceDevice } from "../../mod.ts";
 * import { f32, trace } from "../../src/tensor/mod.ts";
 * import { bellman } from "../../src/kernels/mod.ts";
 * import assert from "node:assert/strict";
 * // Q = 2 at every action, uniform on an interval of length 1: V = 2. The second state ended.
 * const program = trace(
 *   { q: f32(1, 2, 3), reward: f32(1, 2), terminated: f32(1, 2), one: f32(1), discount: f32(1) },
 *   ({ q, reward, terminated, one, discount }) => ({
 *     target: bellman(q, one, 0, { reward, terminated, scale: one, discount }).target,
 *   }),
 * );
 * const compiled = await referenceDevice().compile(program)();
 * assert.ok(E.isRight(compiled));
 * const given = { q: [2, 2, 2, 2, 2, 2], reward: [1, 1], terminated: [0, 1], one: [1], discount: [0.5] };
 * for (const [name, values] of Object.entries(given)) compiled.right.write(name, values);
 * compiled.right.run();
 * const read = await compiled.right.read(["target"])();
 * assert.ok(E.isRight(read));
 * assert.deepEqual([...read.right.target], [2, 1]);
 * ```
 */
export function bellman(
  q: Tensor,
  temperature: Tensor,
  logDensity: Tensor | number,
  terms: RewardTerms,
): { readonly value: Tensor; readonly target: Tensor } {
  if (typeof logDensity === "number") {
    const { reward, terminated, scale, discount } = terms;
    const [value, target] = call(
      bellmanKernel,
      [q, temperature, reward, terminated, scale, discount],
      { logDensity },
    );
    return { value, target };
  }
  const value = softValue(q, temperature, logDensity);
  return { value, target: targetOf(value, terms) };
}

const errorShader = shader("squared_error.wgsl", errorSource, {
  count: "u32",
  loss: "write",
  error: "write",
  q: "read",
  targets: "read",
});

/**
 * The kernel of the loss `½ mean (Q̂ - Q)²`, `[R]`, and its derivative with respect to Q, `(Q - Q̂) / B`, `[R,B]`. Inputs: Q and Q̂
 * `[R,B]`.
 */
export const squaredErrorKernel: Kernel<null> = {
  name: "squaredError",
  types: (types) => {
    const [q, target] = types;
    return q.shape.length === 2 && sameShape(q.shape, target.shape) ? [f32(q.shape[0]!), q] : null;
  },
  wants: "it needs predictions and targets [R,B]",
  definition: ([q, target]) => {
    const error = sub(q, target);
    return [mul(mean(mul(error, error), 1), 0.5), mul(error, 1 / q.shape[1]!)];
  },
  launches: ([{ shape }]) => {
    const [R, B] = shape as Rank2;
    return [
      errorShader.launch("squared_error", gridOfReplicas(B, R), {
        count: B,
        loss: { output: 0 },
        error: { output: 1 },
        q: { input: 0 },
        targets: { input: 1 },
      }),
    ];
  },
};

/** The loss of predictions against targets, and its derivative with respect to the predictions; see {@link squaredErrorKernel}. */
export function squaredError(q: Tensor, target: Tensor): { readonly loss: Tensor; readonly error: Tensor } {
  const [loss, error] = call(squaredErrorKernel, [q, target], null);
  return { loss, error };
}
