/** Random cases of a first layer in one go, and of its weights' gradient. */
import { fc } from "./deps.ts";
import type { Activation } from "../../src/kernels/activation.ts";
import { firstLayer, firstLayerWeight } from "../../src/kernels/first_layer.ts";
import type { Kernel } from "../../src/tensor/expression.ts";
import { f32 } from "../../src/tensor/shape.ts";
import { type Case, numbers, replicas, seed, UNIT } from "./case.ts";

/** Sizes of both kernels; M and N are multiples of 4; tiles have eight or sixteen rows, whole and not. */
const sizes = fc.record({
  R: replicas,
  B: fc.constantFrom(1, 2, 3, 5),
  group: fc.constantFrom(4, 8, 12, 16, 20),
  K: fc.constantFrom(1, 2, 5, 8, 11),
  S: fc.constantFrom(1, 2, 5, 7, 8, 33),
  N: fc.constantFrom(4, 8, 12, 36),
  seed,
});

/** K + S products and a bias are one sum; f has slope at most 1. */
const layers: fc.Arbitrary<Case> = fc.record({
  sizes,
  times: fc.constantFrom(1, 1, 2, 3),
  single: fc.boolean(), // groups of one sample, for which a tile has sixteen states
  activation: fc.constantFrom<Activation>("identity", "relu", "tanh"),
}).map(({ sizes: { R, B: few, group: many, K, S, N, seed }, times, single, activation }) => {
  const [B, group] = single ? [4 * few, 1] : [few, many], M = times * B * group;
  const x = numbers(seed, 0, R * M * K), w = numbers(seed, 1, R * K * N);
  const s = numbers(seed, 2, R * B * S), v = numbers(seed, 3, R * (S + 1) * N);
  return {
    title: `firstLayer ${JSON.stringify({ R, M, B, group, K, S, N, activation, seed })}`,
    kernel: firstLayer as Kernel,
    params: { activation, group },
    inputs: [f32(R, M, K), f32(R, K, N), f32(R, B, S), f32(R, S + 1, N)],
    values: [x, w, s, v],
    tolerance: (_, accuracy) => [
      Array.from({ length: R * M * N }, (_, i) => {
        const r = Math.floor(i / (M * N)), m = Math.floor(i / N) % M, n = i % N;
        const state = Math.floor(m / group) % B;
        let sum = Math.abs(v[(r * (S + 1) + S) * N + n]!);
        for (let k = 0; k < K; k++) sum += Math.abs(x[(r * M + m) * K + k]! * w[(r * K + k) * N + n]!);
        for (let k = 0; k < S; k++) {
          sum += Math.abs(s[(r * B + state) * S + k]! * v[(r * (S + 1) + k) * N + n]!);
        }
        return (K + S + 4) * UNIT * sum + (activation === "tanh" ? accuracy.tanh : 0);
      }),
    ],
  };
});

/** Sums of M products, or of the products of states with sums of their samples' cotangents. */
const weights: fc.Arbitrary<Case> = sizes.map(({ R, B, group, K, S, N, seed }) => {
  const M = B * group;
  const x = numbers(seed, 0, R * M * K), s = numbers(seed, 1, R * B * S), g = numbers(seed, 2, R * M * N);
  return {
    title: `firstLayerWeight ${JSON.stringify({ R, B, group, K, S, N, seed })}`,
    kernel: firstLayerWeight as Kernel,
    params: null,
    inputs: [f32(R, M, K), f32(R, B, S), f32(R, M, N)],
    values: [x, s, g],
    tolerance: () => [
      Array.from({ length: R * (K + S + 1) * N }, (_, i) => {
        const rows = K + S + 1, r = Math.floor(i / (rows * N)), row = Math.floor(i / N) % rows, n = i % N;
        let sum = 0;
        for (let m = 0; m < M; m++) {
          const state = (r * B + Math.floor(m / group)) * S;
          const factor = row < K ? x[(r * M + m) * K + row]! : row < K + S ? s[state + row - K]! : 1;
          sum += Math.abs(factor * g[(r * M + m) * N + n]!);
        }
        return (M + 3) * UNIT * sum;
      }),
    ],
  };
});

/** Cases by kernel. */
export const firstLayerCases: Readonly<Record<string, fc.Arbitrary<Case>>> = {
  firstLayer: layers,
  firstLayerWeight: weights,
};
