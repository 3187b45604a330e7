/**
 * The kernels and primitives for which the CPU device has loops of its own; they compute in float64 and store float32.
 *
 * @module
 */

import type { Decays } from "../kernels/adam.ts";
import type { SoftValue } from "../kernels/soft_value.ts";
import type { Stein } from "../kernels/stein.ts";
import { blockOf, type Rank3, type Rank4, sizeOf } from "../tensor/shape.ts";
import { mixture } from "./cpu_mixture.ts";
import { replayRoutines } from "./cpu_replay.ts";
import { copyBlocks, type Routine, startOf as start } from "./host.ts";

const softValue: Routine = ([q, alpha, density], [value], params) => {
  const { logDensity } = params as SoftValue;
  const [, B, K] = q.type.shape as Rank3;
  const scaled = new Float64Array(K);
  return () => {
    for (let r = 0; r < q.replicas; r++) {
      const temperature = alpha.values[start(alpha, r)]!;
      for (let b = 0; b < B; b++) {
        const row = start(q, r) + b * K;
        const shift = density === undefined ? -1 : start(density, r) + b * K;
        let top = -Infinity;
        for (let k = 0; k < K; k++) {
          scaled[k] = q.values[row + k]! / temperature -
            (shift < 0 ? logDensity : density.values[shift + k]!);
          if (scaled[k]! > top) top = scaled[k]!;
        }
        let total = 0;
        for (let k = 0; k < K; k++) total += Math.exp(scaled[k]! - top);
        value.values[start(value, r) + b] = temperature * (top + Math.log(total / K));
      }
    }
  };
};

/** The element of rank `rank` of `line[0 … count-1]`, which is reordered (Hoare's selection). */
function quickSelect(line: Float64Array, count: number, rank: number): number {
  let low = 0, high = count - 1;
  while (low < high) {
    const pivot = line[(low + high) >> 1]!;
    let i = low, j = high;
    while (i <= j) {
      while (line[i]! < pivot) i++;
      while (line[j]! > pivot) j--;
      if (i <= j) {
        const swap = line[i]!;
        line[i++] = line[j]!;
        line[j--] = swap;
      }
    }
    if (rank <= j) high = j;
    else if (rank >= i) low = i;
    else break;
  }
  return line[rank]!;
}

const stein: Routine = ([x, y, score, alpha], [direction, bandwidth], params) => {
  const { rank, divisor, floor } = params as Stein;
  const [, B, F, A] = x.type.shape as Rank4, U = y.type.shape[2]!;
  const squared = new Float64Array(F * U), ordered = new Float64Array(F * U), sum = new Float64Array(A);
  return () => {
    for (let r = 0; r < x.replicas; r++) {
      const temperature = alpha.values[start(alpha, r)]!;
      for (let b = 0; b < B; b++) {
        const fixed = start(x, r) + b * F * A,
          moved = start(y, r) + b * U * A,
          scores = start(score, r) + b * F * A;
        for (let i = 0, at = 0; i < F; i++) {
          for (let j = 0; j < U; j++, at++) {
            let distance = 0;
            for (let k = 0; k < A; k++) {
              const difference = x.values[fixed + i * A + k]! - y.values[moved + j * A + k]!;
              distance += difference * difference;
            }
            squared[at] = distance;
          }
        }
        ordered.set(squared);
        const h = Math.max(quickSelect(ordered, F * U, rank) / divisor, floor);
        bandwidth.values[start(bandwidth, r) + b] = h;
        for (let j = 0; j < U; j++) {
          sum.fill(0);
          for (let i = 0; i < F; i++) {
            const kernel = Math.exp(-squared[i * U + j]! / h);
            const repulsion = -2 * temperature * kernel / h;
            for (let k = 0; k < A; k++) {
              const at = fixed + i * A + k;
              const difference = x.values[at]! - y.values[moved + j * A + k]!;
              sum[k]! += kernel * score.values[scores + i * A + k]! + repulsion * difference;
            }
          }
          const at = start(direction, r) + (b * U + j) * A;
          for (let k = 0; k < A; k++) direction.values[at + k] = sum[k]! / F;
        }
      }
    }
  };
};

const finite: Routine = ([values, frozen, update], [out]) => {
  const block = blockOf(values.type);
  return () => {
    if (frozen.values !== out.values || frozen.offset !== out.offset) copyBlocks(frozen, out);
    for (let r = 0; r < values.replicas; r++) {
      const flag = start(out, r), from = start(values, r);
      if (out.values[flag] !== 0) continue;
      // A sum of products with zero is zero unless a factor is not finite.
      let sum = 0;
      for (let i = 0; i < block; i++) sum += 0 * values.values[from + i]!;
      if (sum !== 0) out.values[flag] = update.values[start(update, r)]!;
    }
  };
};

const gather: Routine = ([table, numbers], [out]) => {
  const width = sizeOf(table.type.shape.slice(2)), last = table.type.shape[1]! - 1;
  const each = blockOf(numbers.type);
  return () => {
    for (let r = 0; r < out.replicas; r++) {
      const rowsAt = start(numbers, r), tableAt = start(table, r);
      for (let i = 0, to = start(out, r); i < each; i++, to += width) {
        const from = tableAt + Math.min(numbers.values[rowsAt + i]!, last) * width;
        for (let k = 0; k < width; k++) out.values[to + k] = table.values[from + k]!;
      }
    }
  };
};

const clock: Routine = ([updates, interval], [next, ticks], params) => {
  const { beta1, beta2 } = params as Decays;
  return () => {
    for (let r = 0; r < updates.replicas; r++) {
      const t = (updates.values[start(updates, r)]! + 1) >>> 0, every = interval.values[start(interval, r)]!;
      const at = start(ticks, r);
      next.values[start(next, r)] = t;
      ticks.values[at] = 1 - Math.exp(t * Math.log(beta1));
      ticks.values[at + 1] = 1 - Math.exp(t * Math.log(beta2));
      ticks.values[at + 2] = every === 0 || t % every === 0 ? 1 : 0;
    }
  };
};

/** Routines by the names of their kernels and primitives. */
export const cpuRoutines: Readonly<Record<string, Routine>> = {
  ...replayRoutines,
  softValue,
  stein,
  mixture,
  finite,
  gather,
  clock,
};
