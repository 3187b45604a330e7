/** The Stein kernels that the bench of laws tries beside the library's, against loops of their own. */
import { assert } from "../deps.ts";
import { directionBy, type KernelChoice } from "../../bench/laws/kernels.ts";
import { referenceDevice } from "../../src/device/reference.ts";
import { normal } from "../../src/random/draw.ts";
import { child, keyOf } from "../../src/random/key.ts";
import { input } from "../../src/tensor/expression.ts";
import { programOf } from "../../src/tensor/program.ts";
import { f32 } from "../../src/tensor/shape.ts";
import { runProgram } from "../device/evaluate.ts";

const M = 5, K = 3, A = 2, ALPHA = 0.7, SCALE = -0.5;
const draw = (stream: number, count: number): number[] =>
  Array.from(normal(child(keyOf(5), stream), count), (x, i) => i % A === 0 ? 3 * x : x); // unequal spreads
const X = draw(0, M * A), Y = draw(1, K * A), SCORE = draw(2, M * A);

/** κ and its derivative by the squared distance, for a bandwidth. */
type Radial = (squared: number, h: number) => readonly [value: number, slope: number];

const GAUSSIAN: Radial = (squared, h) => [Math.exp(-squared / h), -Math.exp(-squared / h) / h];

/** Equation 13 by loops, in coordinates divided by `units`, with the lower median over log M as bandwidth. */
function byHand(radial: Radial, units: readonly number[]): number[] {
  const squared = (i: number, j: number): number =>
    units.reduce((sum, unit, k) => sum + ((X[i * A + k]! - Y[j * A + k]!) / unit) ** 2, 0);
  const all = Array.from({ length: M * K }, (_, n) => squared(Math.floor(n / K), n % K)).sort((a, b) =>
    a - b
  );
  const h = all[Math.ceil(M * K / 2) - 1]! / Math.log(M);
  return Array.from({ length: K * A }, (_, n) => {
    const j = Math.floor(n / A), k = n % A;
    let total = 0;
    for (let i = 0; i < M; i++) {
      const [value, slope] = radial(squared(i, j), h);
      total += value * SCORE[i * A + k]! +
        ALPHA * slope * 2 * (X[i * A + k]! - Y[j * A + k]!) / units[k]! ** 2;
    }
    return SCALE * total / M;
  });
}

const spread = (k: number): number => {
  const values = Array.from({ length: M }, (_, i) => X[i * A + k]!),
    mean = values.reduce((a, b) => a + b) / M;
  return Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / M + 1e-6);
};

const EXPECTED: Readonly<Record<KernelChoice, readonly number[]>> = {
  gaussian: byHand(GAUSSIAN, [1, 1]),
  scaled: byHand(GAUSSIAN, [spread(0), spread(1)]),
  sum: [0.25, 1, 4].map((factor) => byHand((squared, h) => GAUSSIAN(squared, factor * h), [1, 1]))
    .reduce((a, b) => a.map((x, n) => x + b[n]!)).map((x) => x / 3),
  "inverse-multiquadric": byHand(
    (squared, h) => [(1 + squared / h) ** -0.5, -0.5 * (1 + squared / h) ** -1.5 / h],
    [1, 1],
  ),
};

for (const choice of Object.keys(EXPECTED) as KernelChoice[]) {
  Deno.test(`The direction by the kernel ${choice} is what its equation says`, async () => {
    const inputs = {
      x: input(f32(1, 1, M, A)),
      y: input(f32(1, 1, K, A)),
      score: input(f32(1, 1, M, A)),
      alpha: input(f32(1)),
    };
    const { x, y, score, alpha } = inputs;
    const program = programOf(inputs, { d: directionBy(choice, x, y, score, alpha, "median", SCALE) });
    const { d } = await runProgram(referenceDevice(), program, { x: X, y: Y, score: SCORE, alpha: [ALPHA] });
    // Float64, up to the rounding of a few sums.
    EXPECTED[choice].forEach((wanted, n) =>
      assert(Math.abs(d[n]! - wanted) < 1e-12, `${d[n]} and ${wanted}`)
    );
  });
}
