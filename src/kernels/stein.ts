/**
 * The Stein variational direction (equation 13): attraction to where the energy is low, repulsion between particles.
 *
 * For particles x₁…x_M at which the score is known ("fixed") and y₁…y_K that are to be moved, with the radial kernel
 * `κ(x,y) = exp(-‖x-y‖²/h)`,
 *
 *     Δ(y_j) = 1/M Σ_i [ κ(x_i,y_j) score_i + α ∇_{x_i} κ(x_i,y_j) ],   ∇_x κ(x,y) = -2 (x-y) κ / h .
 *
 * The bandwidth h is found for each state from the lower median of the M·K squared distances; no derivative flows
 * through it.
 *
 * @module
 */

import shader from "../../shaders/stein.wgsl" with { type: "text" };
import { call, type Kernel, type Tensor } from "../tensor/expression.ts";
import { type AdapterKind, gridOfReplicas, type Launch, word } from "../tensor/launch.ts";
import {
  add,
  div,
  exp,
  maximum,
  mean,
  mul,
  neg,
  orderStatistic,
  reshape,
  stopGradient,
  sub,
  sum,
} from "../tensor/primitives.ts";
import {
  f32,
  type Operands,
  type Rank4,
  sameShape,
  ShapeMismatch,
  type TensorType,
} from "../tensor/shape.ts";

/**
 * How the bandwidth follows from the median of the squared distances: `median` (the authors' code) divides it by the
 * logarithm of the number of fixed particles M and has a floor of 1e-3; `paper` (Appendix D.1) divides it by
 * `2 log(M + 1)` (the paper says "distance"; the squared one has the right dimension).
 */
export type Bandwidth = "median" | "paper";

/** Parameters. Inputs: x `[R,B,M,A]`, y `[R,B,K,A]`, scores `[R,B,M,A]`, temperature `[R]`. */
export interface Stein {
  /** Rank of the median among the M·K squared distances. */
  readonly rank: number;
  /** What it is divided by. */
  readonly divisor: number;
  /** The least bandwidth. */
  readonly floor: number;
}

/** What a rule divides the median by, for so many fixed particles. */
export const bandwidthDivisor = (rule: Bandwidth, fixed: number): number =>
  rule === "median" ? Math.log(fixed) : 2 * Math.log(fixed + 1);

/** The parameters of a bandwidth rule for M fixed and K moved particles. */
export const bandwidthRule = (rule: Bandwidth, fixed: number, moved: number): Stein => ({
  rank: Math.ceil(fixed * moved / 2) - 1, // the lower median
  divisor: bandwidthDivisor(rule, fixed),
  floor: rule === "median" ? 1e-3 : 1e-30, // without a floor of its own the paper's rule must not divide by zero
});

/** A length rounded up to whole vectors of four. */
const padded = (length: number): number => Math.ceil(length / 4) * 4;

/** The kernel: directions `[R,B,K,A]` and bandwidths `[R,B]`. */
export const steinKernel: Kernel<Stein> = {
  name: "stein",
  types: (types) => {
    const [x, y, score, alpha] = types;
    const [R, B, M, A] = x.shape as Rank4;
    const fits = x.shape.length === 4 && M >= 2 && sameShape(score.shape, x.shape) &&
      sameShape(alpha.shape, [R]) &&
      sameShape(y.shape, [R, B, y.shape[2]!, A]);
    if (!fits) {
      throw new ShapeMismatch(
        "stein",
        types,
        "it needs fixed particles [R,B,M,A] with M ≥ 2, moved ones [R,B,K,A], scores [R,B,M,A] and temperatures [R]",
      );
    }
    return [f32(R, B, y.shape[2]!, A), f32(R, B)];
  },
  definition: ([x, y, score, alpha], { rank, divisor, floor }) => {
    const [R, B, M, A] = x.shape as Rank4, K = y.shape[2]!;
    const difference = sub(reshape(x, [R, B, M, 1, A]), reshape(y, [R, B, 1, K, A]));
    const squared = sum(mul(difference, difference), 4); // [R,B,M,K]
    const median = orderStatistic(reshape(squared, [R, B, M * K]), 2, rank);
    const h = stopGradient(maximum(div(median, divisor), floor));
    const wide = reshape(h, [R, B, 1, 1]);
    const kernel = reshape(exp(neg(div(squared, wide))), [R, B, M, K, 1]);
    const repulsion = div(mul(mul(difference, kernel), -2), reshape(wide, [R, B, 1, 1, 1]));
    const direction = add(
      mul(kernel, reshape(score, [R, B, M, 1, A])),
      mul(reshape(alpha, [R, 1, 1, 1, 1]), repulsion),
    );
    return [mean(direction, 2), h];
  },
  scratch: ([x, y]) => [x.shape[0]! * x.shape[1]! * padded(x.shape[2]! * y.shape[2]!)],
  launches: (types, _, params, adapter) => launchesOf(types, params, 1, adapter),
};

/** The launches of a direction that is multiplied by `scale`. */
function launchesOf(
  [x, y]: Operands<TensorType>,
  { rank, divisor, floor }: Stein,
  scale: number,
  adapter: AdapterKind,
): readonly Launch[] {
  const [R, B, M, A] = x.shape as Rank4, K = y.shape[2]!, words = padded(M * K);
  const [fixed, moved, score, alpha] = [0, 1, 2, 3].map((input) => ({ input })) as [
    { input: number },
    { input: number },
    { input: number },
    { input: number },
  ];
  const [direction, bandwidth] = [0, 1].map((output) => ({ output })) as [
    { output: number },
    { output: number },
  ];
  const squared = { scratch: 0 };
  const common = {
    file: "stein.wgsl",
    source: shader,
    uniforms: [
      ...[B, M, K, A, words, rank].map(word),
      { float: divisor },
      { float: floor },
      ...[moved, fixed, bandwidth, direction, score, alpha].map((place) => ({ place })),
      { float: scale },
    ],
  };
  return [
    {
      ...common,
      // A GPU has far more threads than there are states.
      ...adapter === "hardware"
        ? { entryPoint: "bandwidths_together", workgroups: [B, R, 1] }
        : { entryPoint: "bandwidths", workgroups: [Math.ceil(B / 8), R, 1] },
      operands: [squared, moved, fixed, bandwidth],
    },
    {
      ...common,
      entryPoint: "directions",
      operands: [squared, moved, fixed, bandwidth, direction, score, alpha],
      workgroups: gridOfReplicas(B * K * A, R),
    },
  ];
}

/** Parameters of {@link scaledSteinKernel}. */
export interface ScaledStein extends Stein {
  /** By which the direction is multiplied. */
  readonly scale: number;
}

/** {@link steinKernel} with the direction multiplied by a number. */
export const scaledSteinKernel: Kernel<ScaledStein> = {
  ...steinKernel,
  name: "scaledStein",
  definition: (inputs, { scale, ...rule }) => {
    const [direction, bandwidth] = call(steinKernel, inputs, rule);
    return [mul(direction, scale), bandwidth];
  },
  launches: (types, _, params, adapter) => launchesOf(types, params, params.scale, adapter),
};

/**
 * The Stein direction of moved particles, and each state's bandwidth; shapes as in {@link Stein}.
 *
 * @param scale by which the direction is multiplied
 *
 * @example
 * ```ts
 * import { E, referenceDevice } from "../../mod.ts";
 * import { f32, trace } from "../../src/tensor/mod.ts";
 * import { stein } from "../../src/kernels/mod.ts";
 * import assert from "node:assert/strict";
 * // Without a score only repulsion is left: a particle between two others stays, one at the edge moves away.
 * const program = trace(
 *   { x: f32(1, 1, 2, 1), y: f32(1, 1, 2, 1), score: f32(1, 1, 2, 1), alpha: f32(1) },
 *   ({ x, y, score, alpha }) => ({ delta: stein(x, y, score, alpha, "paper").direction }),
 * );
 * const compiled = await referenceDevice().compile(program)();
 * assert.ok(E.isRight(compiled));
 * compiled.right.write("x", [-1, 1]);
 * compiled.right.write("y", [0, 1.5]);
 * compiled.right.write("alpha", [1]);
 * compiled.right.run();
 * const read = await compiled.right.read(["delta"])();
 * assert.ok(E.isRight(read));
 * assert.equal(read.right.delta[0], 0);
 * assert.ok(read.right.delta[1] > 0);
 * ```
 */
export function stein(
  fixed: Tensor,
  moved: Tensor,
  score: Tensor,
  alpha: Tensor,
  bandwidth: Bandwidth,
  scale = 1,
): { readonly direction: Tensor; readonly bandwidth: Tensor } {
  const rule = bandwidthRule(bandwidth, fixed.shape[2]!, moved.shape[2]!);
  const given = [fixed, moved, score, alpha];
  const [direction, h] = scale === 1
    ? call(steinKernel, given, rule)
    : call(scaledSteinKernel, given, { ...rule, scale });
  return { direction, bandwidth: h };
}
