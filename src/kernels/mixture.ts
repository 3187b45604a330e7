/**
 * A proposal for equation 10 that needs no inverse: Gaussians around actions drawn from the sampler, mixed with the
 * uniform distribution.
 *
 * In the coordinates `u = artanh a`, where the box is all of space, let c₁ … c_M be centres. K = G + U samples are drawn,
 * G of them Gaussian, sample k around centre k mod M, and U uniform in the box. With `n_m` samples around centre m, the
 * density by which each sample is weighted, in action space, is
 *
 *     q(a) = Σ_m n_m/K N(u; c_m, σ² I) / Π(1 - a²) + U/K 2^-A ,
 *
 * the mixture of the distributions that were sampled, by their true shares (the balance heuristic; Veach and Guibas 1995).
 * Whatever the centres are, `mean_k f(a_k) / q(a_k)` is an unbiased estimate of the integral of f over the box; no
 * derivative of the sampler is needed, in any dimension, and if U > 0 the weights are bounded: a mode far from every
 * centre is still sampled.
 *
 * Laws, tested: the estimate is unbiased for any centres in any dimension; no derivative flows through it.
 *
 * @module
 */

import source from "../../shaders/mixture.wgsl" with { type: "text" };
import { call, type Kernel, type Tensor } from "../tensor/expression.ts";
import { gridOfReplicas } from "../tensor/launch.ts";
import {
  add,
  concat,
  constant,
  div,
  exp,
  log,
  max,
  maximum,
  minimum,
  mul,
  orderStatistic,
  reshape,
  slice,
  sqrt,
  stopGradient,
  sub,
  sum,
  tanh,
} from "../tensor/primitives.ts";
import { logSlopeOfTanh } from "./activation.ts";
import { COST, type Routine, routine } from "../tensor/routine.ts";
import { shader } from "../tensor/shader.ts";
import { f32, type Operands, type Rank2, type Rank4, sameShape, type TensorType } from "../tensor/shape.ts";
import { type Bandwidth, bandwidthDivisor, bandwidthRank } from "./stein.ts";

/**
 * Parameters. Inputs: centres `[R,B,M,A]`, standard normal numbers `[R,B,G,A]` with G ≥ M, and, if there are uniform samples,
 * these actions themselves `[R,B,U,A]`, inside (-1,1).
 */
export interface Mixture {
  /** σ; 0: one for each state, `σ² = h/2` with the Stein kernel's bandwidth h of its centres. */
  readonly width: number;
  /** Rank of the rule's quantile among the squared distances between the centres. */
  readonly rank: number;
  /** Divisor of that quantile, which gives h if each state has its own σ. */
  readonly divisor: number;
  /** The least h; the same for every bandwidth rule. */
  readonly floor: number;
}

/**
 * Used if centres coincide: σ is then 0.022. The Stein kernel's floor would not do for `paper`, which has
 * practically none: a proposal of vanishing width would have one action only.
 */
const MIN_BANDWIDTH = 1e-3;

/** The parameters of a proposal around M centres: σ, or 0 for that of the bandwidth rule. */
export const mixtureRule = (width: number, rule: Bandwidth, centres: number): Mixture => ({
  width,
  rank: bandwidthRank(rule, pairsOf(centres)),
  divisor: width === 0 ? bandwidthDivisor(rule, centres) : 1,
  floor: MIN_BANDWIDTH,
});

/** The number of pairs of M centres. */
const pairsOf = (centres: number): number => centres * (centres - 1) / 2;

/** The number of G samples that are drawn around centre m of M. */
export const samplesAround = (gaussians: number, centres: number): readonly number[] =>
  Array.from({ length: centres }, (_, m) => Math.ceil((gaussians - m) / centres));

/** The words and buffers of the shader and of the routine. */
export const MIXTURE_LAYOUT = {
  states: "u32",
  centreCount: "u32",
  gaussianCount: "u32",
  uniformCount: "u32",
  size: "u32",
  rank: "u32",
  width: "f32",
  divisor: "f32",
  floor: "f32",
  centres: "read",
  sigma: "scratch",
  scratch: "scratch",
  action: "write",
  density: "write",
  normal: "read",
  uniforms: "read?",
} as const;

const mixtureShader = shader("mixture.wgsl", source, MIXTURE_LAYOUT);

/** The WebAssembly routine; its items are states. */
export const mixtureRoutine: Routine<typeof MIXTURE_LAYOUT> = routine("mixture", MIXTURE_LAYOUT);

const given = ([centres, normal, uniform]: Operands<TensorType>, params: Mixture) => {
  const [, B, M, A] = centres.shape as Rank4;
  return {
    states: B,
    centreCount: M,
    gaussianCount: normal.shape[2]!,
    uniformCount: uniform?.shape[2] ?? 0,
    size: A,
    ...params,
    centres: { input: 0 },
    sigma: { scratch: 1 },
    scratch: { scratch: 0 },
    action: { output: 0 },
    density: { output: 1 },
    normal: { input: 1 },
    uniforms: uniform === undefined ? null : { input: 2 },
  };
};

/** The kernel: actions `[R,B,G+U,A]`, the Gaussian ones first, and their log densities `[R,B,G+U]`. */
export const mixtureKernel: Kernel<Mixture> = {
  name: "mixture",
  types: (types, { width }) => {
    const [centres, normal, uniform] = types;
    const [R, B, M, A] = centres.shape as Rank4, G = normal.shape[2]!, U = uniform?.shape[2] ?? 0;
    const fits = centres.shape.length === 4 && sameShape(normal.shape, [R, B, G, A]) &&
      M <= G && M >= (width === 0 ? 2 : 1) &&
      (uniform === undefined || U > 0 && sameShape(uniform.shape, [R, B, U, A]));
    return fits ? [f32(R, B, G + U, A), f32(R, B, G + U)] : null;
  },
  wants:
    "it needs centres [R,B,M,A] (two at least where they give σ), normal numbers [R,B,G,A] with G ≥ M and maybe " +
    "actions [R,B,U,A]",
  definition: (inputs, { width, rank, divisor, floor }) => {
    const [centres, normal, uniform] = inputs.map(stopGradient) as Operands<Tensor>;
    const [R, B, M, A] = centres.shape as Rank4, G = normal.shape[2]!, U = uniform?.shape[2] ?? 0, K = G + U;
    const variance = width > 0
      ? constant(width ** 2, [1, 1, 1, 1])
      : reshape(div(maximum(div(ofPairs(centres, rank), divisor), floor), 2), [R, B, 1, 1]);
    const repeated = concat(new Array<Tensor>(Math.ceil(G / M)).fill(centres), 2);
    const gaussian = add(slice(repeated, 2, 0, G), mul(normal, sqrt(variance)));
    // artanh a
    const inverse = uniform && mul(log(div(add(1, uniform), sub(1, uniform))), 0.5);
    const u = inverse ? concat([gaussian, inverse], 2) : gaussian;
    const action = uniform ? concat([tanh(gaussian), uniform], 2) : tanh(gaussian);

    const difference = sub(reshape(u, [R, B, K, 1, A]), reshape(centres, [R, B, 1, M, A]));
    const squared = sum(mul(difference, difference), 4); // [R,B,K,M]
    const shares = constant(samplesAround(G, M).map((n) => Math.log(n / K)), [M]);
    const terms = sub(shares, div(squared, mul(variance, 2)));
    const top = max(terms, 3);
    const nearby = add(top, log(sum(exp(sub(terms, reshape(top, [R, B, K, 1]))), 3)));
    const scale = reshape(log(mul(variance, 2 * Math.PI)), [...variance.shape.slice(0, 2), 1]);
    const ofGaussians = sub(sub(nearby, mul(scale, A / 2)), logSlopeOfTanh(u));
    if (U === 0) return [action, ofGaussians];
    const ofUniform = Math.log(U / K) - A * Math.LN2;
    const greater = maximum(ofGaussians, ofUniform), lesser = minimum(ofGaussians, ofUniform);
    return [action, add(greater, log(add(1, exp(sub(lesser, greater)))))];
  },
  derivative: (inputs) => inputs.map(() => null),
  scratch: ([centres, normal, uniform], { width }) => {
    const [R, B, M, A] = centres.shape as Rank4, K = normal.shape[2]! + (uniform?.shape[2] ?? 0);
    return [R * B * K * A, width > 0 ? 1 : R * B, width > 0 ? 1 : R * B * pairsOf(M)];
  },
  launches: (types, _, params) => {
    const fields = given(types, params), [R, B] = types[0].shape as Rank2;
    const samples = B * (fields.gaussianCount + fields.uniformCount);
    const variant = { constants: { from_centres: Number(params.width === 0) } };
    const widths = {
      ...fields,
      scratch: { scratch: 2 },
      action: null,
      density: null,
      normal: null,
      uniforms: null,
    };
    return [
      ...params.width > 0 ? [] : [mixtureShader.launch("widths", gridOfReplicas(B, R), widths, variant)],
      mixtureShader.launch("samples", gridOfReplicas(samples, R), fields, variant),
    ];
  },
  calls: (types, _, params) => {
    const [, B, M, A] = types[0].shape as Rank4, K = types[1].shape[2]! + (types[2]?.shape[2] ?? 0);
    const effort = {
      items: B,
      cost: K * (M * (A + COST.exp) * COST.element + A * COST.exp),
      // The samples transposed, in rows of whole vectors, and squared distances.
      work: 4 * (A * (K + 3) + Math.max(4 * M, pairsOf(M) + 3)),
    };
    return [mixtureRoutine.call(effort, given(types, params))];
  },
  flops: ([centres, normal, uniform]) => {
    const [R, B, M, A] = centres.shape as Rank4, K = normal.shape[2]! + (uniform?.shape[2] ?? 0);
    return R * B * K * (M * (3 * A + 3) + 8 * A);
  },
};

/** The squared distance of the given rank between a state's centres, `[R,B]`. */
function ofPairs(centres: Tensor, rank: number): Tensor {
  const [R, B, M, A] = centres.shape as Rank4;
  const difference = sub(reshape(centres, [R, B, M, 1, A]), reshape(centres, [R, B, 1, M, A]));
  const squared = reshape(sum(mul(difference, difference), 4), [R, B, M * M]);
  // Each pair occurs there twice, after the M zeros of the diagonal.
  return orderStatistic(squared, 2, M + 2 * rank);
}

/**
 * Samples of the mixture and their log densities; shapes as in {@link Mixture}.
 *
 * @param uniform null if there are no uniform samples
 *
 * @example
 * ```ts
 * import { E, referenceDevice } from "../../mod.ts";
 * import { f32, trace } from "../../src/tensor/mod.ts";
 * import { mixture } from "./mixture.ts";
 * import assert from "node:assert/strict";
 * // One centre at 0 with σ = 1, and the sample at the centre: its density is that of N(0, 1), as tanh has slope 1 there.
 * const program = trace(
 *   { centre: f32(1, 1, 1, 1), normal: f32(1, 1, 1, 1) },
 *   ({ centre, normal }) => ({ q: mixture(centre, normal, null, 1, "median").logDensity }),
 * );
 * const compiled = await referenceDevice().compile(program)();
 * assert.ok(E.isRight(compiled));
 * compiled.right.run();
 * const read = await compiled.right.read(["q"])();
 * assert.ok(E.isRight(read) && Math.abs(read.right.q[0] + 0.5 * Math.log(2 * Math.PI)) < 1e-15);
 * ```
 */
export function mixture(
  centres: Tensor,
  normal: Tensor,
  uniform: Tensor | null,
  width: number,
  rule: Bandwidth,
): { readonly action: Tensor; readonly logDensity: Tensor } {
  const given = uniform === null ? [centres, normal] : [centres, normal, uniform];
  const [action, logDensity] = call(mixtureKernel, given, mixtureRule(width, rule, centres.shape[2]!));
  return { action, logDensity };
}
