/** Random cases of the mixture proposal. */
import { fc } from "./deps.ts";
import { mixtureKernel, mixtureRule, samplesAround } from "../../src/kernels/mixture.ts";
import type { Bandwidth } from "../../src/kernels/stein.ts";
import type { Kernel } from "../../src/tensor/expression.ts";
import { f32 } from "../../src/tensor/shape.ts";
import { type Accuracy, type Case, numbers, replicas, seed, UNIT } from "./case.ts";

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

/**
 * A Gaussian sample u = c + σ n errs by two units of its terms and σ's own error, a uniform one by the logarithm's; its
 * action by that of u (tanh has slope 1 at most) and of the exponential in it. The log density's derivative by its terms
 * -d²/2σ² is their share p_m of the sum, so that it errs by Σ p_m times what each does, plus what is lost where the terms,
 * the slopes and the normalisation, of which each is as large as `size` says, are added.
 */
const mixtures: fc.Arbitrary<Case> = fc.record({
  R: replicas,
  B: fc.constantFrom(1, 2, 3, 5),
  M: fc.constantFrom(1, 2, 3, 4, 5, 8),
  more: fc.constantFrom(0, 1, 2, 5, 8),
  U: fc.constantFrom(0, 1, 2, 3, 4, 7, 8),
  A: fc.constantFrom(1, 2, 3, 4, 5, 8, 17, 65),
  width: fc.constantFrom(0, 0.25, 0.75, 1.5),
  rule: fc.constantFrom<Bandwidth>("median", "paper", "decile"),
  spread: fc.constantFrom(0, 0.5, 2, 6), // 0: all centres at one place
  seed,
}).map(({ R, B, M: wanted, more, U, A, width: given, rule, spread, seed }) => {
  const width = Math.fround(given), M = width === 0 ? Math.max(2, wanted) : wanted, G = M + more, K = G + U;
  const centres = spread === 0
    ? new Array<number>(R * B * M * A).fill(0.5)
    : numbers(seed, 0, R * B * M * A, -spread, spread);
  const normal = numbers(seed, 1, R * B * G * A, -3, 3),
    uniform = numbers(seed, 2, R * B * U * A, -0.999, 0.999);
  const around = samplesAround(G, M), params = mixtureRule(width, rule, M);

  /** σ of a state, and the relative error that it has: half of that of the median, which all candidates keep. */
  const sigmaOf = (b: number): number => {
    if (width > 0) return width;
    const at = (m: number, k: number): number => centres[(b * M + m) * A + k]!;
    const squares = Array.from(
      { length: M },
      (_, i) =>
        Array.from(
          { length: i },
          (_, j) => sum(Array.from({ length: A }, (_, k) => (at(i, k) - at(j, k)) ** 2)),
        ),
    ).flat().sort((x, y) => x - y);
    return Math.sqrt(
      Math.max(squares[Math.ceil(squares.length / 2) - 1]! / params.divisor, params.floor) / 2,
    );
  };
  const ofSigma = (accuracy: Accuracy): number =>
    width > 0 ? 0 : (A + 5) * UNIT / 2 + accuracy.divide / 2 + accuracy.sqrt;

  const bounds = (accuracy: Accuracy, b: number, k: number): { action: number[]; density: number } => {
    const sigma = sigmaOf(b), m = k % M;
    const u: number[] = [], errors: number[] = [], action: number[] = [];
    for (let d = 0; d < A; d++) {
      if (k < G) {
        const centre = centres[(b * M + m) * A + d]!, noise = sigma * normal[(b * G + k) * A + d]!;
        u.push(centre + noise);
        errors.push(2 * UNIT * (Math.abs(centre) + Math.abs(noise)) + Math.abs(noise) * ofSigma(accuracy));
        const decay = Math.exp(-2 * Math.abs(u[d]!));
        action.push(
          errors[d]! + 2 * decay * (accuracy.exp(2 * u[d]!) + UNIT) + accuracy.divide + 4 * UNIT,
        );
      } else {
        const a = uniform[(b * U + k - G) * A + d]!;
        u.push(Math.atanh(a));
        errors.push(accuracy.log(2 * Math.abs(u[d]!)) / 2 + accuracy.divide + 3 * UNIT);
        action.push(0);
      }
    }
    const squared = around.map((_, m) => sum(u.map((x, d) => (x - centres[(b * M + m) * A + d]!) ** 2)));
    const exponents = squared.map((x) => x / (2 * sigma ** 2)), least = Math.min(...exponents);
    const weights = exponents.map((x, m) => around[m]! * Math.exp(least - x)), total = sum(weights);
    const ofExponents = around.map((_, m) => {
      const moved = sum(u.map((x, d) => {
        const apart = Math.abs(x - centres[(b * M + m) * A + d]!);
        return (apart + errors[d]! / 2) * (errors[d]! + UNIT * apart) / sigma ** 2;
      }));
      return moved + exponents[m]! * ((A + 8) * UNIT + 2 * ofSigma(accuracy) + 2 * accuracy.divide) +
        2 * UNIT * least;
    });
    const ofSum = sum(
      weights.map((w, m) => w / total * (ofExponents[m]! + accuracy.exp(exponents[m]! - least))),
    );
    const slopes = u.map((x) => Math.log1p(Math.exp(-2 * Math.abs(x))));
    // Σ log(1 + e^-2|u|): of each the exponential's error, and of the product's logarithms, one for 64 coordinates.
    const ofSlopes = 2 * sum(u.map((x, d) => {
          const decay = Math.exp(-2 * Math.abs(x));
          return errors[d]! + decay * accuracy.exp(2 * x) + 2 * UNIT;
        })) + 2 * Math.ceil((A + 1) / 64) * accuracy.log(Math.min(sum(slopes), 64 * Math.LN2));
    const scale = A * (Math.abs(Math.log(sigma)) + 0.92);
    const size = least + scale + 2 * sum(u.map(Math.abs)) + 2 * sum(slopes) + 2 * A * Math.LN2 + Math.log(K);
    const ofScale = A * (accuracy.log(Math.abs(Math.log(sigma))) + ofSigma(accuracy));
    const ofTerms = ofSum + (M + 4) * UNIT + accuracy.log(Math.log(K) + 1) + ofScale + ofSlopes +
      (A + 8) * UNIT * size;
    const ofBox = 2 * accuracy.log(Math.log(K)) + 4 * UNIT * (A + 1) + accuracy.log(1) + accuracy.exp(0) +
      UNIT;
    return { action, density: ofTerms + (U > 0 ? ofBox : 0) };
  };

  return {
    title: `mixture ${JSON.stringify({ R, B, M, G, U, A, width, rule, spread, seed })}`,
    kernel: mixtureKernel as Kernel,
    params,
    inputs: [f32(R, B, M, A), f32(R, B, G, A), ...U > 0 ? [f32(R, B, U, A)] : []],
    values: [centres, normal, ...U > 0 ? [uniform] : []],
    tolerance: (_, accuracy: Accuracy) => {
      const each = Array.from({ length: R * B * K }, (_, i) => bounds(accuracy, Math.floor(i / K), i % K));
      return [each.flatMap(({ action }) => action), each.map(({ density }) => density)];
    },
  };
});

/** Cases by kernel. */
export const mixtureCases: Readonly<Record<string, fc.Arbitrary<Case>>> = { mixture: mixtures };
