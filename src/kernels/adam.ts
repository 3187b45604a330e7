/**
 * ADAM (Kingma, Ba, "Adam: a method for stochastic optimization", ICLR 2015, algorithm 1) on flat parameter vectors,
 * with the target network's update in the same pass.
 *
 * `clock` computes everything that depends on the counter of updates, so that the host need not know ADAM's step or the
 * target's interval: many updates run without it.
 *
 * @module
 */

import adamSource from "../../shaders/adam.wgsl" with { type: "text" };
import clockSource from "../../shaders/clock.wgsl" with { type: "text" };
import { call, type Kernel, type Tensor } from "../tensor/expression.ts";
import { gridOf, gridOfReplicas } from "../tensor/launch.ts";
import {
  add,
  concat,
  constant,
  div,
  exp,
  less,
  minimum,
  mul,
  remainder,
  reshape,
  select,
  slice,
  sqrt,
  sub,
  toReal,
} from "../tensor/primitives.ts";
import { COST, type Routine, routine } from "../tensor/routine.ts";
import { shader } from "../tensor/shader.ts";
import {
  f32,
  type Operands,
  type Rank2,
  replicasOf,
  sameShape,
  type TensorType,
  u32,
} from "../tensor/shape.ts";
import { startOf } from "../tensor/view.ts";

/** ADAM's constants, by default those of the paper. */
export const ADAM_CONSTANTS = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 } as const;

/** The decays of the moments. */
export interface Decays {
  /** β₁, the first moment's decay per update. */
  readonly beta1: number;
  /** β₂, the second moment's decay per update. */
  readonly beta2: number;
}

const clockShader = shader("clock.wgsl", clockSource, {
  replicas: "u32",
  logBeta1: "f32",
  logBeta2: "f32",
  updates: "write",
  clock: "write",
  interval: "read",
});

/** The outputs of {@link clockKernel}: the next counter, and `[R,3]`: 1 - β₁ᵗ, 1 - β₂ᵗ, and 1 if the target is due. */
export const clockKernel: Kernel<Decays> = {
  name: "clock",
  types: (types) => {
    const [updates, interval] = types;
    const fits = updates.shape.length === 1 && sameShape(updates.shape, interval.shape);
    return fits ? [u32(...updates.shape), f32(updates.shape[0]!, 3)] : null;
  },
  wants: "it needs counters u32[R] and intervals u32[R]",
  definition: ([updates, interval], { beta1, beta2 }) => {
    const R = updates.shape[0]!;
    const next = add(updates, 1);
    const t = toReal(next);
    const correction = (beta: number): Tensor => reshape(sub(1, exp(mul(t, Math.log(beta)))), [R, 1]);
    const due = sub(1, minimum(toReal(remainder(next, interval)), 1));
    return [next, concat([correction(beta1), correction(beta2), reshape(due, [R, 1])], 1)];
  },
  inPlace: () => [[0, 0]],
  launches: ([updates], _, { beta1, beta2 }) => [
    clockShader.launch("tick", gridOf(replicasOf(updates)), {
      replicas: replicasOf(updates),
      logBeta1: Math.log(beta1),
      logBeta2: Math.log(beta2),
      updates: { output: 0 },
      clock: { output: 1 },
      interval: { input: 1 },
    }),
  ],
  // In float64, rounded once: the first corrections are small differences.
  loop: ([updates, interval], [next, clock], { beta1, beta2 }) => () => {
    for (let r = 0; r < updates.replicas; r++) {
      const t = (updates.values[startOf(updates, r)]! + 1) >>> 0,
        every = interval.values[startOf(interval, r)];
      const at = startOf(clock, r);
      next.values[startOf(next, r)] = t;
      clock.values[at] = 1 - Math.exp(t * Math.log(beta1));
      clock.values[at + 1] = 1 - Math.exp(t * Math.log(beta2));
      clock.values[at + 2] = every === 0 || t % every! === 0 ? 1 : 0;
    }
  },
};

/** Parameters of {@link adamKernel}. */
export interface Adam extends Decays {
  /** ε, added to the root of the second moment. */
  readonly epsilon: number;
  /** Whether a target follows the parameters. */
  readonly target: boolean;
}

/** The words and buffers of the shader and of the routine. */
export const ADAM_LAYOUT = {
  count: "u32",
  beta1: "f32",
  beta2: "f32",
  rest1: "f32",
  rest2: "f32",
  epsilon: "f32",
  p: "write",
  m: "write",
  v: "write",
  g: "read",
  clock: "read",
  rates: "read",
  frozen: "read",
  targets: "write",
} as const;

const adamShader = shader("adam.wgsl", adamSource, ADAM_LAYOUT);

/** The WebAssembly routine; its items are parameters. */
export const adamRoutine: Routine<typeof ADAM_LAYOUT> = routine("adam", ADAM_LAYOUT);

const given = ([{ shape }]: Operands<TensorType>, { target, beta1, beta2, epsilon }: Adam) => ({
  count: shape[1]!,
  beta1,
  beta2,
  rest1: 1 - beta1,
  rest2: 1 - beta2,
  epsilon,
  p: { output: 0 },
  m: { output: 1 },
  v: { output: 2 },
  g: { input: 1 },
  clock: { input: 4 },
  rates: { input: 5 },
  frozen: { input: 6 },
  targets: target ? { output: 3 } : null,
});

/**
 * Inputs: parameters, gradient, first and second moments `[R,P]`, clock `[R,3]`, step size and target rate `[R,2]`,
 * frozen `u32[R]`, then the target `[R,P]` if there is one. Outputs: parameters, moments and target.
 *
 * A replica with nonzero `frozen` keeps its values. When the target is due, it moves towards the new parameters by the
 * target rate τ; τ = 1 copies them.
 */
export const adamKernel: Kernel<Adam> = {
  name: "adam",
  types: (types, { target }) => {
    const [p, g, m, v, clock, rates, frozen, old] = types;
    const R = p.shape[0]!;
    const fits = p.shape.length === 2 &&
      [g, m, v, ...target ? [old] : []].every((t) => sameShape(t.shape, p.shape)) &&
      sameShape(clock.shape, [R, 3]) && sameShape(rates.shape, [R, 2]) && sameShape(frozen.shape, [R]);
    return fits ? [p, m, v, ...target ? [p] : []] : null;
  },
  wants: "vectors must be [R,P], the clock [R,3], rates [R,2]",
  definition: ([p, g, m, v, clock, rates, frozen, old], { target, beta1, beta2, epsilon }) => {
    const keep = less(constant(0), reshape(toReal(frozen), [p.shape[0]!, 1]));
    const held = (before: Tensor, after: Tensor): Tensor => select(keep, before, after);
    const first = add(mul(m, beta1), mul(g, 1 - beta1));
    const second = add(mul(v, beta2), mul(mul(g, g), 1 - beta2));
    const unbiased = (moment: Tensor, column: number): Tensor => div(moment, slice(clock, 1, column, 1));
    const step = div(unbiased(first, 0), add(sqrt(unbiased(second, 1)), epsilon));
    const next = held(p, sub(p, mul(slice(rates, 1, 0, 1), step)));
    const kept = [next, held(m, first), held(v, second)];
    if (!target) return kept;
    const tau = slice(rates, 1, 1, 1);
    const moved = select(less(tau, 1), add(old, mul(tau, sub(next, old))), next);
    return [...kept, held(old, select(slice(clock, 1, 2, 1), moved, old))];
  },
  inPlace: ({ target }) => target ? [[0, 0], [1, 2], [2, 3], [3, 7]] : [[0, 0], [1, 2], [2, 3]],
  launches: (types, _, params) => {
    const [R, P] = types[0].shape as Rank2, vectors = P % 4 === 0;
    const entryPoint = `${vectors ? "vectors" : "numbers"}${params.target ? "_with_target" : ""}`;
    return [
      adamShader.launch(entryPoint, gridOfReplicas(vectors ? P / 4 : P, R), given(types, params), {
        vectors,
      }),
    ];
  },
  calls: (types, _, params) => [
    adamRoutine.call({ items: types[0].shape[1]!, cost: COST.adam, grain: 4 }, given(types, params)),
  ],
};

/** A network's flat vectors, `[R,P]` each. */
export interface Optimised {
  /** θ */
  readonly parameters: Tensor;
  /** m, the moving average of the gradient. */
  readonly first: Tensor;
  /** v, the moving average of the gradient's square. */
  readonly second: Tensor;
}

/** A network with a target that follows its parameters. */
export interface OptimisedWithTarget extends Optimised {
  /** `[R,P]` the target's parameters. */
  readonly target: Tensor;
}

/** The counter after this update, and the clock for {@link adam}. */
export function clock(
  updates: Tensor,
  interval: Tensor,
): { readonly updates: Tensor; readonly clock: Tensor } {
  const [next, ticks] = call(clockKernel, [updates, interval], ADAM_CONSTANTS);
  return { updates: next, clock: ticks };
}

/**
 * One step of ADAM, and of the target if there is one; shapes as in {@link adamKernel}.
 *
 * @example
 * ```ts
 * import { E, referenceDevice } from "../../mod.ts";
 * import { f32, trace, u32 } from "../../src/tensor/mod.ts";
 * import { adam, clock } from "../../src/kernels/mod.ts";
 * import assert from "node:assert/strict";
 * // ADAM's first step moves every parameter by the step size, against the sign of its gradient.
 * const program = trace({
 *   theta: f32(1, 2), m: f32(1, 2), v: f32(1, 2), gradient: f32(1, 2),
 *   rates: f32(1, 2), updates: u32(1), interval: u32(1), frozen: u32(1),
 * }, ({ theta, m, v, gradient, rates, updates, interval, frozen }) => {
 *   const ticks = clock(updates, interval);
 *   const next = adam({ parameters: theta, first: m, second: v }, gradient, ticks.clock, rates, frozen);
 *   return { theta: next.parameters, m: next.first, v: next.second, updates: ticks.updates };
 * });
 * const compiled = await referenceDevice().compile(program)();
 * assert.ok(E.isRight(compiled));
 * compiled.right.write("gradient", [5, -0.2]);
 * compiled.right.write("rates", [0.1, 0]);
 * compiled.right.write("interval", [1]);
 * compiled.right.run();
 * const read = await compiled.right.read(["theta", "updates"])();
 * assert.ok(E.isRight(read));
 * assert.deepEqual([...read.right.theta].map((x) => x.toFixed(6)), ["-0.100000", "0.100000"]);
 * assert.equal(read.right.updates[0], 1);
 * ```
 */
export function adam<S extends Optimised | OptimisedWithTarget>(
  state: S,
  gradient: Tensor,
  clock: Tensor,
  rates: Tensor,
  frozen: Tensor,
): S {
  const { parameters, first, second, target: old } = state as Optimised & Partial<OptimisedWithTarget>;
  const operands = [
    parameters,
    gradient,
    first,
    second,
    clock,
    rates,
    frozen,
    ...old === undefined ? [] : [old],
  ];
  const [p, m, v, target] = call(adamKernel, operands, { ...ADAM_CONSTANTS, target: old !== undefined });
  // The result has a target exactly if the state has one, so it is of the state's type.
  return { parameters: p, first: m, second: v, ...old === undefined ? {} : { target } } as S;
}
