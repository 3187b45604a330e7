/**
 * A network's first layer in one launch: the samples' part and their states' part, and the gradient of both parts' weights.
 *
 * `dense` with an addend computes the state's part once for all samples of a state, which takes an additional launch.
 * Here each tile recomputes it: on a software adapter for the samples of four states, on hardware for sixteen samples,
 * which, for states with many samples, costs a sixteenth of concatenating the state to each sample.
 *
 * Laws, tested: both kernels compute what the dense kernels that they replace compute.
 *
 * @module
 */

import layerSource from "../../shaders/first_layer.wgsl" with { type: "text" };
import weightSource from "../../shaders/first_layer_weight.wgsl" with { type: "text" };
import type { Kernel, Tensor } from "../tensor/expression.ts";
import { add, concat, constant, dot, reshape, slice, sum } from "../tensor/primitives.ts";
import { type Launch, tilingOf } from "../tensor/launch.ts";
import { shader } from "../tensor/shader.ts";
import { f32, type Rank3, sameShape, type TensorType } from "../tensor/shape.ts";
import { activate, type Activation } from "./activation.ts";

/** Rows of a tile of samples, rows of one of weights, and states of a tile of states. */
const SAMPLES = 16, WEIGHTS = 8, STATES = 4;

/** Invocations of a workgroup of both shaders on a software adapter. */
const LANES = 16;

/** Invocations that share four columns of a gradient on a GPU, fours of columns of a workgroup, and its default. */
const PHASES = 16, FOURS = [1, 2, 4], OWN_FOURS = 4;

const layerShader = shader("first_layer.wgsl", layerSource, {
  M: "u32",
  N: "u32",
  K: "u32",
  size: "u32",
  states: "u32",
  group: "u32",
  out: "write",
  x: "read",
  w: "read",
  s: "read",
  v: "read",
});

const weightShader = shader("first_layer_weight.wgsl", weightSource, {
  M: "u32",
  N: "u32",
  K: "u32",
  size: "u32",
  states: "u32",
  out: "write",
  x: "read",
  s: "read",
  g: "read",
});

/** Whether the shaders can compute a layer of these samples and weights: they compute four columns at a time. */
export const canJoin = (samples: TensorType, weights: TensorType): boolean =>
  samples.shape[1]! % 4 === 0 && weights.shape[2]! % 4 === 0;

/** Parameters of {@link firstLayer}. */
export interface FirstLayer {
  /** Applied to each element of the sum. */
  readonly activation: Activation;
  /** Number of samples that share a state; after the last state, the first follows again. */
  readonly group: number;
}

/** A matrix `[R,S,N]` as a row for every sample. */
function repeated(states: Tensor, samples: number, group: number): Tensor {
  const [R, B, N] = states.shape as Rank3, times = samples / (B * group);
  const wide = add(reshape(states, [R, 1, B, 1, N]), constant(0, [R, times, B, group, N]));
  return reshape(wide, [R, samples, N]);
}

/**
 * The layer `f(x W + s W′ + b)`. Inputs: x `[R,M,K]`, W `[R,K,N]`, s `[R,B,S]`, W′ with b as its last row `[R,S+1,N]`.
 * M is a multiple of group · B; N is one of 4.
 */
export const firstLayer: Kernel<FirstLayer> = {
  name: "firstLayer",
  types: (types, { group }) => {
    const [x, w, s, v] = types;
    const [R, M, K] = x.shape as Rank3, [, B, S] = s.shape as Rank3, N = w.shape[2]!;
    const fits = types.every(({ shape }) => shape.length === 3 && shape[0] === R) && canJoin(x, w) &&
      M % (group * B) === 0 && sameShape(w.shape, [R, K, N]) && sameShape(v.shape, [R, S + 1, N]);
    return fits ? [f32(R, M, N)] : null;
  },
  wants:
    "it needs samples [R,M,K], weights [R,K,N], states [R,B,S] and weights [R,S+1,N], M and N multiples of 4",
  definition: ([x, w, s, v], { activation, group }) => {
    const S = s.shape[2]!;
    const ofStates = add(dot(s, slice(v, 1, 0, S)), slice(v, 1, S, 1));
    return [activate(add(dot(x, w), repeated(ofStates, x.shape[1]!, group)), activation)];
  },
  launches: ([x, w, s], _, { activation, group }, adapter) => {
    const [R, M, K] = x.shape as Rank3, [, B, S] = s.shape as Rank3, N = w.shape[2]!;
    // A CPU gains from reading a weight once for four states, a GPU from more and smaller tiles.
    const ofStates = adapter === "software";
    const tiles = ofStates ? Math.ceil(B / STATES) * M / (B * group) : Math.ceil(M / SAMPLES);
    return [layerShader.launch(
      ofStates ? "of_states" : "layer",
      [Math.ceil(tiles * N / 4 / LANES), R, 1],
      {
        ...{ M, N, K, size: S, states: B, group, out: { output: 0 } },
        ...{ x: { input: 0 }, w: { input: 1 }, s: { input: 2 }, v: { input: 3 } },
      },
      { constants: { activation }, vectors: true },
    )];
  },
  flops: ([x, w, s]) =>
    2 * x.shape[0]! * w.shape[2]! * (x.shape[1]! * x.shape[2]! + s.shape[1]! * s.shape[2]!),
};

/**
 * The gradient of a first layer's weights. Inputs: x `[R,M,K]`, s `[R,B,S]`, and the cotangent before the activation
 * `[R,M,N]`; each state has M / B samples. Output `[R,K+S+1,N]`: for the samples, the states, and the bias.
 */
export const firstLayerWeight: Kernel<null> = {
  name: "firstLayerWeight",
  types: (types) => {
    const [x, s, g] = types;
    const [R, M, K] = x.shape as Rank3, [, B, S] = s.shape as Rank3;
    const fits = types.every(({ shape }) => shape.length === 3 && shape[0] === R) && canJoin(x, g) &&
      M % B === 0 && g.shape[1]! === M;
    return fits ? [f32(R, K + S + 1, g.shape[2]!)] : null;
  },
  wants: "it needs samples [R,M,K], states [R,B,S] and a cotangent [R,M,N], M and N multiples of 4",
  definition: ([x, s, g]) => {
    const [R, M, N] = g.shape as Rank3, B = s.shape[1]!;
    const ofStates = sum(reshape(g, [R, B, M / B, N]), 2);
    const transposed = { transposeA: true };
    return [
      concat([dot(x, g, transposed), dot(s, ofStates, transposed), reshape(sum(ofStates, 1), [R, 1, N])], 1),
    ];
  },
  launches: ([x, s, g], _, __, adapter) => {
    const [R, M, K] = x.shape as Rank3, [, B, S] = s.shape as Rank3, N = g.shape[2]!;
    const tiles = Math.ceil(K / WEIGHTS) + Math.ceil((S + 1) / WEIGHTS);
    const given = {
      ...{ M, N, K, size: S, states: B, out: { output: 0 } },
      ...{ x: { input: 0 }, s: { input: 1 }, g: { input: 2 } },
    };
    if (adapter === "software") {
      return [
        weightShader.launch("gradient", [Math.ceil(tiles * N / 4 / LANES), R, 1], given, { vectors: true }),
      ];
    }
    // One thread per tile would not keep a GPU busy.
    const launchBy = (fours: number): Launch =>
      weightShader.launch("gradient_together", [tiles * Math.ceil(N / 4 / fours), R, 1], given, {
        constants: { lanes: PHASES * fours },
        vectors: true,
      });
    const tiling = tilingOf("first layer's gradient", FOURS, OWN_FOURS, launchBy);
    return [{ ...launchBy(OWN_FOURS), tiling }];
  },
  flops: ([x, s, g]) =>
    2 * x.shape[0]! * g.shape[2]! * (x.shape[1]! * x.shape[2]! + s.shape[1]! * s.shape[2]!),
};
