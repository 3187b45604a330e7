/**
 * The Stein variational direction (equation 13): attraction towards low energy, repulsion between particles.
 *
 * For particles x₁…x_M with known scores ("fixed") and particles y₁…y_K to be moved, with the radial kernel
 * `κ(x,y) = exp(-‖x-y‖²/h)`,
 *
 *     Δ(y_j) = 1/M Σ_i [ κ(x_i,y_j) score_i + α ∇_{x_i} κ(x_i,y_j) ],   ∇_x κ(x,y) = -2 (x-y) κ / h .
 *
 * The bandwidth h of each state is computed from a quantile of its M·K squared distances, the lower median by default; no
 * derivative flows through it.
 *
 * @module
 */

import source from "../../shaders/stein.wgsl" with { type: "text" };
import { call, type Kernel, type Tensor } from "../tensor/expression.ts";
import { gridOfReplicas, type Launch, tilingOf } from "../tensor/launch.ts";
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
import { COST, type Routine, routine } from "../tensor/routine.ts";
import { shader } from "../tensor/shader.ts";
import { f32, type Operands, type Rank4, sameShape, type TensorType } from "../tensor/shape.ts";

/**
 * How the bandwidth follows from the squared distances, with M fixed particles: `median` (the authors' code) divides their
 * lower median by `log M` and has a floor of 1e-3; `paper` (Appendix D.1) divides it by `2 log(M + 1)` (the paper says
 * "distance"; the squared one has the right dimension); `decile` (ours) divides the lowest decile by `log M`. If modes
 * are far apart, the median is a distance between modes, and so wide a kernel blurs them together; the lowest decile is a
 * distance within a mode as long as one pair of particles in ten shares a mode.
 */
export type Bandwidth = "median" | "paper" | "decile";

/** Parameters. Inputs: fixed particles x `[R,B,M,A]`, moved ones y `[R,B,K,A]`, scores `[R,B,M,A]`, temperature `[R]`. */
export interface Stein {
  /** Rank of the quantile among the M·K squared distances. */
  readonly rank: number;
  /** Divisor of the quantile. */
  readonly divisor: number;
  /** The least bandwidth. */
  readonly floor: number;
  /** Factor by which the direction is multiplied. */
  readonly scale: number;
}

/** A rule: which quantile of the squared distances, its divisor for M fixed particles, the minimum bandwidth. */
interface BandwidthRule {
  readonly quantile: number;
  readonly divisor: (fixed: number) => number;
  readonly floor: number;
}

const RULES: Readonly<Record<Bandwidth, BandwidthRule>> = {
  median: { quantile: 1 / 2, divisor: Math.log, floor: 1e-3 },
  // The paper's rule has no floor; this one only prevents a division by zero.
  paper: { quantile: 1 / 2, divisor: (fixed) => 2 * Math.log(fixed + 1), floor: 1e-30 },
  decile: { quantile: 1 / 10, divisor: Math.log, floor: 1e-3 },
};

/** Rank of a rule's quantile among that many squared distances. */
export const bandwidthRank = (rule: Bandwidth, distances: number): number =>
  Math.max(0, Math.ceil(RULES[rule].quantile * distances) - 1);

/** A rule's divisor of the quantile, for a number of fixed particles. */
export const bandwidthDivisor = (rule: Bandwidth, fixed: number): number => RULES[rule].divisor(fixed);

/** The parameters of a bandwidth rule for M fixed and K moved particles. */
export const bandwidthRule = (rule: Bandwidth, fixed: number, moved: number, scale = 1): Stein => ({
  rank: bandwidthRank(rule, fixed * moved),
  divisor: bandwidthDivisor(rule, fixed),
  floor: RULES[rule].floor,
  scale,
});

/** A length rounded up to whole vectors of four. */
const padded = (length: number): number => Math.ceil(length / 4) * 4;

/** The words and buffers of the shader and of the routine. */
export const STEIN_LAYOUT = {
  states: "u32",
  fixedCount: "u32",
  movedCount: "u32",
  size: "u32",
  padded: "u32",
  rank: "u32",
  divisor: "f32",
  floor: "f32",
  scale: "f32",
  squared: "scratch",
  moved: "read",
  fixed: "read",
  bandwidth: "write",
  direction: "write",
  score: "read",
  temperature: "read",
} as const;

const steinShader = shader("stein.wgsl", source, STEIN_LAYOUT);

/** The WebAssembly routine; its items are states. */
export const steinRoutine: Routine<typeof STEIN_LAYOUT> = routine("stein", STEIN_LAYOUT);

const given = ([x, y]: Operands<TensorType>, { rank, divisor, floor, scale }: Stein) => {
  const [, B, M, A] = x.shape as Rank4, K = y.shape[2]!;
  return {
    states: B,
    fixedCount: M,
    movedCount: K,
    size: A,
    padded: padded(M * K),
    ...{ rank, divisor, floor, scale },
    squared: { scratch: 0 },
    moved: { input: 1 },
    fixed: { input: 0 },
    bandwidth: { output: 1 },
    direction: { output: 0 },
    score: { input: 2 },
    temperature: { input: 3 },
  };
};

/** Invocations that share a state, and how many do by default: on a software adapter barriers cost more than they share. */
const LANES = [16, 32, 64, 128], LANES_OF = { software: 16, hardware: 64 } as const;

/** The kernel: directions `[R,B,K,A]` and bandwidths `[R,B]`. */
export const steinKernel: Kernel<Stein> = {
  name: "stein",
  types: (types) => {
    const [x, y, score, temperature] = types;
    const [R, B, M, A] = x.shape as Rank4;
    const fits = x.shape.length === 4 && M >= 2 && sameShape(score.shape, x.shape) &&
      sameShape(temperature.shape, [R]) &&
      sameShape(y.shape, [R, B, y.shape[2]!, A]);
    return fits ? [f32(R, B, y.shape[2]!, A), f32(R, B)] : null;
  },
  wants:
    "it needs fixed particles [R,B,M,A] with M ≥ 2, moved ones [R,B,K,A], scores [R,B,M,A] and temperatures [R]",
  definition: ([x, y, score, temperature], { rank, divisor, floor, scale }) => {
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
      mul(reshape(temperature, [R, 1, 1, 1, 1]), repulsion),
    );
    return [mul(mean(direction, 2), scale), h];
  },
  scratch: ([x, y]) => [x.shape[0]! * x.shape[1]! * padded(x.shape[2]! * y.shape[2]!)],
  launches: (types, _, params, adapter) => {
    const [R, B, , A] = types[0].shape as Rank4, K = types[1].shape[2]!;
    const fields = given(types, params);
    const bandwidths = { ...fields, direction: null, score: null, temperature: null };
    const launchBy = (lanes: number): Launch =>
      steinShader.launch("bandwidths", [B, R, 1], bandwidths, { constants: { lanes } });
    const tiling = tilingOf("Stein bandwidths", LANES, LANES_OF[adapter], launchBy);
    return [
      { ...launchBy(LANES_OF[adapter]), tiling },
      steinShader.launch("directions", gridOfReplicas(B * K * A, R), fields),
    ];
  },
  calls: (types, _, params) => {
    const [, B, M, A] = types[0].shape as Rank4, K = types[1].shape[2]!;
    const cost = M * K * (A + COST.exp + COST.statistic);
    // The moved particles transposed and the squared distances, in rows of whole vectors.
    return [steinRoutine.call({ items: B, cost, work: (M + A) * 4 * padded(K) }, given(types, params))];
  },
};

/**
 * The Stein direction of moved particles, and each state's bandwidth; shapes as in {@link Stein}.
 *
 * @param scale factor by which the direction is multiplied
 *
 * @example
 * ```ts
 * import { E, referenceDevice } from "../../mod.ts";
 * import { f32, trace } from "../../src/tensor/mod.ts";
 * import { stein } from "../../src/kernels/mod.ts";
 * import assert from "node:assert/strict";
 * // Without a score only repulsion is left: a particle between two others stays, one at the edge moves away.
 * const program = trace(
 *   { x: f32(1, 1, 2, 1), y: f32(1, 1, 2, 1), score: f32(1, 1, 2, 1), temperature: f32(1) },
 *   ({ x, y, score, temperature }) => ({ delta: stein(x, y, score, temperature, "paper").direction }),
 * );
 * const compiled = await referenceDevice().compile(program)();
 * assert.ok(E.isRight(compiled));
 * compiled.right.write("x", [-1, 1]);
 * compiled.right.write("y", [0, 1.5]);
 * compiled.right.write("temperature", [1]);
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
  temperature: Tensor,
  bandwidth: Bandwidth,
  scale = 1,
): { readonly direction: Tensor; readonly bandwidth: Tensor } {
  const rule = bandwidthRule(bandwidth, fixed.shape[2]!, moved.shape[2]!, scale);
  const [direction, h] = call(steinKernel, [fixed, moved, score, temperature], rule);
  return { direction, bandwidth: h };
}
