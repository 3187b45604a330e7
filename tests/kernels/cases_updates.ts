/** Random cases of the kernels that stand between an update's networks: targets, errors, scores, noise and means. */
import { fc } from "./deps.ts";
import { type Activation, slopeKernel } from "../../src/kernels/activation.ts";
import { bellmanKernel, squaredErrorKernel } from "../../src/kernels/bellman.ts";
import { meansKernel } from "../../src/kernels/means.ts";
import { type Draw, noiseKernel } from "../../src/kernels/noise.ts";
import { scoreKernel, type Squash } from "../../src/kernels/score.ts";
import { bits } from "../../src/random/draw.ts";
import { child, keyOf } from "../../src/random/key.ts";
import type { Kernel } from "../../src/tensor/expression.ts";
import { f32, u32 } from "../../src/tensor/shape.ts";
import { type Accuracy, type Case, length, numbers, replicas, seed, UNIT } from "./case.ts";

const largest = (values: readonly number[]): number =>
  values.reduce((most, x) => Math.max(most, Math.abs(x)), 0);

/** V errs as `softValue` does (its case counts the terms); the target adds two products and a sum, 4 units of each. */
const targets: fc.Arbitrary<Case> = fc.record({
  R: replicas,
  B: length,
  K: length,
  spread: fc.constantFrom(0.1, 3, 60),
  seed,
}).map(({ R, B, K, spread, seed }) => {
  const q = numbers(seed, 0, R * B * K, -spread, spread), alpha = numbers(seed, 1, R, 0.1, 3);
  const reward = numbers(seed, 2, R * B, -2, 2), scale = numbers(seed, 4, R, 0.1, 2);
  const terminated = numbers(seed, 3, R * B).map((x) => x > 0.5 ? 1 : 0);
  const discount = numbers(seed, 5, R, 0.5, 1), logDensity = Math.fround(-2 * Math.LN2);
  return {
    title: `bellman ${JSON.stringify({ R, B, K, spread, seed })}`,
    kernel: bellmanKernel as Kernel,
    params: { logDensity },
    inputs: [f32(R, B, K), f32(R), f32(R, B), f32(R, B), f32(R), f32(R)],
    values: [q, alpha, reward, terminated, scale, discount],
    tolerance: ([value], accuracy: Accuracy) => {
      const values = [...value].map((v, i) => {
        const temperature = alpha[Math.floor(i / B)]!;
        const scaled = largest(q.slice(i * K, (i + 1) * K)) / temperature;
        const ofScaled = accuracy.divide * scaled + 2 * UNIT * (scaled + Math.abs(logDensity));
        const ofMean = accuracy.exp(0) + 2 * UNIT + (K + 2) * UNIT + ofScaled;
        const shift = 2 * UNIT * (scaled + Math.abs(logDensity) + Math.log(K));
        return temperature * (ofMean + accuracy.log(Math.log(K)) + shift) + 2 * UNIT * Math.abs(v);
      });
      return [
        values,
        values.map((error, i) =>
          error + 4 * UNIT * (Math.abs(value[i]!) + Math.abs(reward[i]! * scale[Math.floor(i / B)]!))
        ),
      ];
    },
  };
});

/** A difference errs by a unit of itself, its square by three, the sum of B of them by B + 1 more, the share by one. */
const errors: fc.Arbitrary<Case> = fc.record({ R: replicas, B: length, seed }).map(({ R, B, seed }) => ({
  title: `squaredError ${JSON.stringify({ R, B, seed })}`,
  kernel: squaredErrorKernel as Kernel,
  params: null,
  inputs: [f32(R, B), f32(R, B)],
  values: [numbers(seed, 0, R * B), numbers(seed, 1, R * B)],
  tolerance: ([loss, error]) => [
    [...loss].map((x) => (B + 8) * UNIT * x),
    [...error].map((x) => 6 * UNIT * Math.abs(x)),
  ],
}));

/** Products and differences of a handful of terms; 1 - a² errs by 2 units of 1, which the quotient passes on. */
const scores: fc.Arbitrary<Case> = fc.record({
  R: replicas,
  N: length,
  A: fc.constantFrom(1, 2, 3, 8),
  squash: fc.constantFrom<Squash>("pre-tanh", "post-tanh", "bounds-penalty"),
  seed,
}).map(({ R, N, A, squash, seed }) => {
  const reach = squash === "bounds-penalty" ? 1.3 : 0.999;
  const action = numbers(seed, 0, R * N * A, -reach, reach), slope = numbers(seed, 1, R * N * A, -4, 4);
  const alpha = numbers(seed, 2, R, 0.1, 3);
  return {
    title: `score ${JSON.stringify({ R, N, A, squash, seed })}`,
    kernel: scoreKernel as Kernel,
    params: { squash },
    inputs: [f32(R, N, A), f32(R, N, A), f32(R)],
    values: [action, slope, alpha],
    tolerance: (_, accuracy: Accuracy) => [
      action.map((a, i) => {
        if (squash === "bounds-penalty") return 0;
        const density = 2 * Math.abs(a) * alpha[Math.floor(i / (N * A))]!;
        if (squash === "pre-tanh") return 6 * UNIT * (Math.abs(slope[i]!) + density);
        const room = 1 + 1e-6 - a * a;
        // 1 + 1e-6 is itself a number with a rounding error of a unit.
        const quotient = density / room, ofQuotient = accuracy.divide + 4 * UNIT + 4 * UNIT / room;
        return quotient * ofQuotient + 4 * UNIT * (Math.abs(slope[i]!) + quotient);
      }),
    ],
  };
});

/** Uniform numbers are exact; normal ones are √(-2 log u) times a cosine, each good to some units, and at most 5.8. */
const noises: fc.Arbitrary<Case> = fc.record({
  R: replicas,
  width: fc.constantFrom(1, 2, 3, 8),
  draws: fc.array(
    fc.record({ rows: length, law: fc.constantFrom<Draw["law"]>("normal", "uniform"), stream: fc.nat(12) }),
    { minLength: 1, maxLength: 4 },
  ),
  seed,
}).map(({ R, width, draws, seed }) => {
  const words = (index: number, count: number): number[] => [...bits(child(keyOf(seed), index), count)];
  return {
    title: `noise ${JSON.stringify({ R, width, draws, seed })}`,
    kernel: noiseKernel as Kernel,
    params: { width, draws },
    inputs: [u32(R, 2), u32(R)],
    values: [words(0, 2 * R), words(1, R)],
    tolerance: () => [
      Array.from(
        { length: R },
        () =>
          draws.flatMap(({ rows, law }) =>
            new Array<number>(rows * width).fill(law === "uniform" ? 0 : 64 * UNIT)
          ),
      ).flat(),
    ],
  };
});

/** A sum of B terms and a quotient. */
const means: fc.Arbitrary<Case> = fc.record({
  R: replicas,
  lengths: fc.array(length, { minLength: 1, maxLength: 4 }),
  seed,
}).map(({ R, lengths, seed }) => {
  const lines = lengths.map((B, k) => numbers(seed, k, R * B));
  return {
    title: `means ${JSON.stringify({ R, lengths, seed })}`,
    kernel: meansKernel as Kernel,
    params: null,
    inputs: lengths.map((B) => f32(R, B)),
    values: lines,
    tolerance: () => [
      Array.from({ length: R }, (_, r) =>
        lines.map((line, k) => {
          const B = lengths[k]!;
          return (B + 6) * UNIT * line.slice(r * B, (r + 1) * B).reduce((sum, x) => sum + Math.abs(x), 0) / B;
        })).flat(),
    ],
  };
});

/** relu's slope is exact; 1 - y² errs by 2 units of 1 and one of itself, the product by one more. */
const slopes: fc.Arbitrary<Case> = fc.record({
  R: replicas,
  M: length,
  N: length,
  activation: fc.constantFrom<Activation>("identity", "relu", "tanh"),
  seed,
}).map(({ R, M, N, activation, seed }) => {
  const g = numbers(seed, 0, R * M * N);
  return {
    title: `slope ${JSON.stringify({ R, M, N, activation, seed })}`,
    kernel: slopeKernel as Kernel,
    params: { activation },
    inputs: [f32(R, M, N), f32(R, M, N)],
    values: [g, numbers(seed, 1, R * M * N, -0.999, 0.999)],
    tolerance: () => [g.map((x) => activation === "tanh" ? 4 * UNIT * Math.abs(x) : 0)],
  };
});

/** Cases by kernel. */
export const updateCases: Readonly<Record<string, fc.Arbitrary<Case>>> = {
  bellman: targets,
  squaredError: errors,
  score: scores,
  noise: noises,
  means,
  slope: slopes,
};
