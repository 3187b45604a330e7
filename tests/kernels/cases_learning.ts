/** Random cases of the soft value, the Stein direction, ADAM and its clock. */
import { fc } from "./deps.ts";
import { type Adam, ADAM_CONSTANTS, adamKernel, clockKernel } from "../../src/kernels/adam.ts";
import { softValueKernel } from "../../src/kernels/soft_value.ts";
import { type Bandwidth, bandwidthRule, steinKernel } from "../../src/kernels/stein.ts";
import type { Kernel } from "../../src/tensor/expression.ts";
import { f32, u32 } from "../../src/tensor/shape.ts";
import { type Accuracy, type Case, length, numbers, replicas, seed, UNIT } from "./case.ts";

/** What is lost where a result underflows: less than the least normal float32. */
const UNDERFLOW = 2 ** -126;

const largest = (values: readonly number[]): number =>
  values.reduce((most, x) => Math.max(most, Math.abs(x)), 0);

/**
 * V = α (m + log mean exp(z - m)), z = Q/α - log q. Errors of z pass through with weight at most 1; the exponents lie
 * below 0 and count only where they are near it, so e^z·(error of exp) is at most its error at the top plus that of
 * x e^x ≤ 1/e; the mean of K numbers adds K + 1 units, relative, hence absolute after the logarithm.
 */
const softValues: fc.Arbitrary<Case> = fc.record({
  R: replicas,
  B: length,
  K: length,
  perSample: fc.boolean(),
  spread: fc.constantFrom(0.1, 3, 60),
  seed,
}).map(({ R, B, K, perSample, spread, seed }) => {
  const q = numbers(seed, 0, R * B * K, -spread, spread), alpha = numbers(seed, 1, R, 0.1, 3);
  const density = perSample ? [numbers(seed, 2, R * B * K, -4, 1)] : [];
  const logDensity = perSample ? 0 : Math.fround(-2 * Math.LN2);
  return {
    title: `softValue ${JSON.stringify({ R, B, K, perSample, spread, seed })}`,
    kernel: softValueKernel as Kernel,
    params: { logDensity },
    inputs: [f32(R, B, K), f32(R), ...perSample ? [f32(R, B, K)] : []],
    values: [q, alpha, ...density],
    tolerance: ([value], accuracy: Accuracy) => [
      [...value].map((v, i) => {
        const temperature = alpha[Math.floor(i / B)]!;
        const line = q.slice(i * K, (i + 1) * K);
        const shift = perSample ? largest(density[0]!.slice(i * K, (i + 1) * K)) : Math.abs(logDensity);
        const scaled = largest(line) / temperature;
        const ofScaled = accuracy.divide * scaled + 2 * UNIT * (scaled + shift);
        // z - m has one more rounding, of a number that counts with e^(z-m): below u / e.
        const ofMean = accuracy.exp(0) + 2 * UNIT + (K + 2) * UNIT + ofScaled;
        const sum = ofMean + accuracy.log(Math.log(K)) + 2 * UNIT * (scaled + shift + Math.log(K));
        return temperature * sum + 2 * UNIT * Math.abs(v);
      }),
    ],
  };
});

/**
 * Squared distances err by A + 3 units relative, so does their median, whatever element it is: an order statistic keeps
 * bounds on all its candidates. h adds a division; the exponent d²/h twice that and one more; κ errs by its exponent's
 * error plus that of exp. Then F terms are added.
 */
const steinCases = (scale: number): fc.Arbitrary<Case> =>
  fc.record({
    R: replicas,
    B: fc.constantFrom(1, 2, 3, 5),
    F: fc.constantFrom(2, 3, 4, 5, 7, 8, 9, 16, 17),
    U: fc.constantFrom(1, 2, 3, 4, 5, 7, 8, 9, 16, 17),
    A: fc.constantFrom(1, 2, 3, 4, 5, 8),
    rule: fc.constantFrom<Bandwidth>("median", "paper", "decile"),
    spread: fc.constantFrom(0.01, 1.5), // the first brings the bandwidth to its floor
    seed,
  }).map(({ R, B, F, U, A, rule, spread, seed }) => {
    const x = numbers(seed, 0, R * B * F * A, -spread, spread);
    const y = numbers(seed, 1, R * B * U * A, -spread, spread);
    const score = numbers(seed, 2, R * B * F * A, -5, 5), alpha = numbers(seed, 3, R, 0.1, 3);
    return {
      title: `stein ${JSON.stringify({ R, B, F, U, A, rule, spread, scale, seed })}`,
      kernel: steinKernel as Kernel,
      params: bandwidthRule(rule, F, U, scale),
      inputs: [f32(R, B, F, A), f32(R, B, U, A), f32(R, B, F, A), f32(R)],
      values: [x, y, score, alpha],
      tolerance: ([direction, bandwidth], accuracy: Accuracy) => {
        const ofSquare = (A + 3) * UNIT, ofBandwidth = ofSquare + accuracy.divide + 2 * UNIT;
        const directions = [...direction].map((_, i) => {
          const k = i % A, j = Math.floor(i / A) % U, b = Math.floor(i / (A * U));
          const temperature = alpha[Math.floor(b / B)]!, h = bandwidth[b]!;
          let error = 0, size = 0;
          for (let f = 0; f < F; f++) {
            let squared = 0;
            for (let c = 0; c < A; c++) squared += (x[(b * F + f) * A + c]! - y[(b * U + j) * A + c]!) ** 2;
            const exponent = squared / h, kappa = Math.exp(-exponent);
            const ofKappa = exponent * (ofSquare + ofBandwidth + accuracy.divide) + accuracy.exp(exponent);
            const attraction = kappa * Math.abs(score[(b * F + f) * A + k]!);
            const difference = Math.abs(x[(b * F + f) * A + k]! - y[(b * U + j) * A + k]!);
            const repulsion = temperature * 2 * difference * kappa / h;
            error += (attraction + repulsion) * (ofKappa + 6 * UNIT) +
              repulsion * (ofBandwidth + accuracy.divide);
            size += attraction + repulsion;
          }
          const ofSum = (error + (F + 3) * UNIT * size + accuracy.divide * size) / F;
          return Math.abs(scale) * (ofSum + 3 * UNIT * size / F) + UNDERFLOW * 1e4;
        });
        return [directions, [...bandwidth].map((h) => h * (ofBandwidth + UNIT))];
      },
    };
  });

/**
 * The moments are sums of two products with float32 constants: 1 - β₂ = 0.001 is exact to one unit where it is made
 * from β in float64. A step errs by what the moments do and by a root and two divisions.
 */
const adams: fc.Arbitrary<Case> = fc.record({
  R: replicas,
  P: length,
  target: fc.boolean(),
  due: fc.boolean(),
  tau: fc.constantFrom(1, 0.005),
  frozen: fc.constantFrom(0, 0, 17),
  seed,
}).map(({ R, P, target, due, tau, frozen, seed }) => {
  const [p, g, m] = [0, 1, 2].map((k) => numbers(seed, k, R * P)) as [number[], number[], number[]];
  const v = numbers(seed, 3, R * P, 0.01, 1), old = target ? [numbers(seed, 4, R * P)] : [];
  const clock = Array.from({ length: R }, (_, r) => {
    const t = 1 + ((seed >>> (3 * r)) & 511);
    return [1 - 0.9 ** t, 1 - 0.999 ** t, due ? 1 : 0].map(Math.fround);
  }).flat();
  const rates = Array.from({ length: R }, () => [1e-3, tau].map(Math.fround)).flat();
  // The last replica alone may be frozen, so that its neighbours show that they are not.
  const flags = Array.from({ length: R }, (_, r) => r === R - 1 ? frozen : 0);
  const params: Adam = { ...ADAM_CONSTANTS, target };
  return {
    title: `adam ${JSON.stringify({ R, P, target, due, tau, frozen, seed })}`,
    kernel: adamKernel as Kernel,
    params,
    inputs: [
      ...[p, g, m, v].map(() => f32(R, P)),
      f32(R, 3),
      f32(R, 2),
      u32(R),
      ...target ? [f32(R, P)] : [],
    ],
    values: [p, g, m, v, clock, rates, flags, ...old],
    tolerance: ([next, , second, ended], accuracy: Accuracy) => {
      const bounds = p.map((_, i) => {
        const r = Math.floor(i / P);
        if (flags[r] !== 0) return [0, 0, 0, 0];
        const ofFirst = 4 * UNIT * (0.9 * Math.abs(m[i]!) + 0.1 * Math.abs(g[i]!));
        const ofSecond = 5 * UNIT * second[i]!;
        const scale = rates[2 * r]! / clock[3 * r]! / Math.sqrt(second[i]! / clock[3 * r + 1]!);
        const step = Math.abs(next[i]! - p[i]!);
        const ofStep = ofFirst * scale + step * (8 * UNIT + 3 * accuracy.divide + accuracy.sqrt);
        const ofNext = ofStep + UNIT * Math.abs(next[i]!);
        const moved = Math.abs(old[0]?.[i] ?? 0) + Math.abs(next[i]!);
        const ofTarget = !due ? 0 : tau === 1 ? ofNext : tau * ofNext + UNIT * moved + 4 * UNIT * tau * moved;
        return [ofNext, ofFirst, ofSecond, ofTarget];
      });
      return [0, 1, 2, ...ended === undefined ? [] : [3]].map((k) => bounds.map((each) => each[k]!));
    },
  };
});

/** 1 - βᵗ: the product t log β errs by 3 units of itself, exp by its own error, the difference by one unit of 1. */
const clocks: fc.Arbitrary<Case> = fc.record({
  R: replicas,
  t: fc.oneof(fc.nat(20), fc.nat(100_000)),
  interval: fc.constantFrom(1, 2, 3, 1000),
}).map(({ R, t, interval }) => {
  const counters = Array.from({ length: R }, (_, r) => t + r);
  const { beta1, beta2 } = ADAM_CONSTANTS;
  return {
    title: `clock ${JSON.stringify({ R, t, interval })}`,
    kernel: clockKernel as Kernel,
    params: { beta1, beta2 },
    inputs: [u32(R), u32(R)],
    values: [counters, counters.map((_, r) => interval + r)],
    tolerance: (_, accuracy: Accuracy) => [
      counters.map(() => 0),
      counters.flatMap((counter) => {
        const of = (beta: number): number => {
          const exponent = (counter + 1) * Math.log(beta);
          return Math.exp(exponent) * (3 * UNIT * Math.abs(exponent) + accuracy.exp(exponent) + UNIT) +
            2 * UNIT;
        };
        return [of(beta1), of(beta2), 0];
      }),
    ],
  };
});

/** Cases by kernel. */
export const learningCases: Readonly<Record<string, fc.Arbitrary<Case>>> = {
  softValue: softValues,
  stein: steinCases(1),
  scaledStein: steinCases(-1 / 64),
  adam: adams,
  clock: clocks,
};
