/** Random cases of the three dense kernels. */
import { fc } from "./deps.ts";
import {
  type Activation,
  type Dense,
  type DenseInput,
  denseInput,
  denseLayer,
  type DenseWeight,
  denseWeight,
} from "../../src/kernels/dense.ts";
import type { Kernel } from "../../src/tensor/expression.ts";
import { f32 } from "../../src/tensor/shape.ts";
import { type Accuracy, type Case, length, numbers, replicas, seed, UNIT } from "./case.ts";

const activation = fc.constantFrom<Activation>("identity", "relu", "tanh");

/** `Σ_k |a[m,k]| |b[k,n]|` for each replica, with strides of any layout. */
function magnitudes(
  R: number,
  [M, N, K]: readonly [number, number, number],
  a: (r: number, m: number, k: number) => number,
  b: (r: number, k: number, n: number) => number,
): number[] {
  const out: number[] = [];
  for (let r = 0; r < R; r++) {
    for (let m = 0; m < M; m++) {
      for (let n = 0; n < N; n++) {
        let sum = 0;
        for (let k = 0; k < K; k++) sum += Math.abs(a(r, m, k) * b(r, k, n));
        out.push(sum);
      }
    }
  }
  return out;
}

/** The layer `f(x W + b + addend)`: K products, bias and addend are one sum; f has slope at most 1. */
const layers: fc.Arbitrary<Case> = fc.record({
  R: replicas,
  groups: length,
  group: fc.constantFrom(0, 1, 2, 3, 5, 8),
  N: length,
  K: length,
  bias: fc.boolean(),
  activation,
  seed,
}).map(({ R, groups, group, N, K, bias, activation, seed }) => {
  const M = groups * Math.max(group, 1), rows = K + (bias ? 1 : 0);
  const params: Dense = { activation, bias, group };
  const x = numbers(seed, 0, R * M * K), w = numbers(seed, 1, R * rows * N);
  const addend = group > 0 ? [numbers(seed, 2, R * groups * N)] : [];
  return {
    title: `dense ${JSON.stringify({ R, M, N, K, ...params, seed })}`,
    kernel: denseLayer as Kernel,
    params,
    inputs: [f32(R, M, K), f32(R, rows, N), ...group > 0 ? [f32(R, groups, N)] : []],
    values: [x, w, ...addend],
    tolerance: (_, accuracy) => {
      const products = magnitudes(
        R,
        [M, N, K],
        (r, m, k) => x[(r * M + m) * K + k]!,
        (r, k, n) => w[(r * rows + k) * N + n]!,
      );
      return [products.map((sum, i) => {
        const r = Math.floor(i / (M * N)), m = Math.floor(i / N) % M, n = i % N;
        const constant = bias ? Math.abs(w[(r * rows + K) * N + n]!) : 0;
        const added = group > 0 ? Math.abs(addend[0]![(r * groups + Math.floor(m / group)) * N + n]!) : 0;
        return (K + 3) * UNIT * (sum + constant + added) + (activation === "tanh" ? accuracy.tanh : 0);
      })];
    },
  };
});

/** `(g Wᵀ) · f′(y)`: N products; relu's slope is exact, tanh's 1 - y² errs by 3 u. */
const inputs: fc.Arbitrary<Case> = fc.record({
  R: replicas,
  M: length,
  N: length,
  K: length,
  bias: fc.boolean(),
  mask: activation,
  seed,
}).map(({ R, M, N, K, bias, mask, seed }) => {
  const rows = K + (bias ? 1 : 0), masked = mask !== "identity";
  const params: DenseInput = { bias, mask };
  const g = numbers(seed, 0, R * M * N), w = numbers(seed, 1, R * rows * N);
  const y = masked ? [numbers(seed, 2, R * M * K, -0.99, 0.99)] : [];
  return {
    title: `denseInput ${JSON.stringify({ R, M, N, K, ...params, seed })}`,
    kernel: denseInput as Kernel,
    params,
    inputs: [f32(R, M, N), f32(R, rows, N), ...masked ? [f32(R, M, K)] : []],
    values: [g, w, ...y],
    tolerance: () => [
      magnitudes(
        R,
        [M, K, N],
        (r, m, n) => g[(r * M + m) * N + n]!,
        (r, n, k) => w[(r * rows + k) * N + n]!,
      ).map((sum) => (N + 6) * UNIT * sum),
    ],
  };
});

/** `xᵀ g` with the column sums of g as a last row: M products, or M terms. */
const weights: fc.Arbitrary<Case> = fc.record({
  R: replicas,
  M: length,
  N: length,
  K: length,
  bias: fc.boolean(),
  seed,
}).map(({ R, M, N, K, bias, seed }) => {
  const rows = K + (bias ? 1 : 0);
  const params: DenseWeight = { bias };
  const x = numbers(seed, 0, R * M * K), g = numbers(seed, 1, R * M * N);
  return {
    title: `denseWeight ${JSON.stringify({ R, M, N, K, ...params, seed })}`,
    kernel: denseWeight as Kernel,
    params,
    inputs: [f32(R, M, K), f32(R, M, N)],
    values: [x, g],
    tolerance: (_: unknown, __: Accuracy) => [
      magnitudes(
        R,
        [rows, N, M],
        (r, k, m) => k < K ? x[(r * M + m) * K + k]! : 1,
        (r, m, n) => g[(r * M + m) * N + n]!,
      ).map((sum) => (M + 3) * UNIT * sum),
    ],
  };
});

/** Cases by kernel. */
export const denseCases: Readonly<Record<string, fc.Arbitrary<Case>>> = {
  dense: layers,
  denseInput: inputs,
  denseWeight: weights,
};
