/**
 * The mixture proposal in TypeScript, for a CPU device without WebAssembly; `src/kernels/mixture.ts` has the equations.
 *
 * @module
 */

import type { Mixture } from "../kernels/mixture.ts";
import type { Values } from "../tensor/loops.ts";
import { type Routine, startOf as start } from "./host.ts";
import type { Rank4 } from "../tensor/shape.ts";

/** Squared distance of the A numbers of `x` from `i` on from those of `y` from `j` on. */
function squaredDistance(
  x: ArrayLike<number>,
  i: number,
  y: ArrayLike<number>,
  j: number,
  A: number,
): number {
  let sum = 0;
  for (let k = 0; k < A; k++) sum += (x[i + k]! - y[j + k]!) ** 2;
  return sum;
}

/** The squared distances between M centres in rising order. */
function orderedPairs(
  centres: Values,
  first: number,
  M: number,
  A: number,
  line: Float64Array,
): Float64Array {
  for (let i = 1, at = 0; i < M; i++) {
    for (let j = 0; j < i; j++) {
      line[at++] = squaredDistance(centres, first + i * A, centres, first + j * A, A);
    }
  }
  return line.sort();
}

/** Actions and log densities of the mixture; it computes in float64 and stores float32. */
export const mixture: Routine = ([centres, normal, uniform], [action, density], params) => {
  const { width, rank, divisor, floor } = params as Mixture;
  const [, B, M, A] = centres.type.shape as Rank4,
    G = normal.type.shape[2]!,
    K = action.type.shape[2]!,
    U = K - G;
  // So many samples lie around each centre.
  const around = Array.from({ length: M }, (_, m) => Math.ceil((G - m) / M));
  const u = new Float64Array(A), squared = new Float64Array(M);
  const pairs = new Float64Array(M * (M - 1) / 2);

  /** Log density of the sample u, in action space. */
  const logDensity = (first: number, variance: number): number => {
    for (let m = 0; m < M; m++) squared[m] = squaredDistance(u, 0, centres.values, first + m * A, A);
    const least = squared.reduce((a, b) => Math.min(a, b));
    let sum = 0, slope = 0;
    for (let m = 0; m < M; m++) sum += around[m]! * Math.exp((least - squared[m]!) / (2 * variance));
    for (let k = 0; k < A; k++) {
      const size = Math.abs(u[k]!);
      slope += 2 * (Math.LN2 - size - Math.log1p(Math.exp(-2 * size)));
    }
    const ofGaussians = Math.log(sum / K) - least / (2 * variance) -
      A / 2 * Math.log(2 * Math.PI * variance) - slope;
    if (U === 0) return ofGaussians;
    const ofBox = Math.log(U / K) - A * Math.LN2;
    return Math.max(ofGaussians, ofBox) + Math.log1p(Math.exp(-Math.abs(ofGaussians - ofBox)));
  };

  return () => {
    for (let r = 0; r < centres.replicas; r++) {
      for (let b = 0; b < B; b++) {
        const first = start(centres, r) + b * M * A;
        const variance = width > 0
          ? width ** 2
          : Math.max(orderedPairs(centres.values, first, M, A, pairs)[rank]! / divisor, floor) / 2;
        const sigma = Math.sqrt(variance);
        for (let k = 0; k < K; k++) {
          const to = start(action, r) + (b * K + k) * A;
          for (let d = 0; d < A; d++) {
            if (k < G) {
              const noise = normal.values[start(normal, r) + (b * G + k) * A + d]!;
              u[d] = centres.values[first + k % M * A + d]! + sigma * noise;
              action.values[to + d] = Math.tanh(u[d]!);
            } else {
              const a = uniform.values[start(uniform, r) + (b * U + k - G) * A + d]!;
              u[d] = Math.atanh(a);
              action.values[to + d] = a;
            }
          }
          density.values[start(density, r) + b * K + k] = logDensity(first, variance);
        }
      }
    }
  };
};
