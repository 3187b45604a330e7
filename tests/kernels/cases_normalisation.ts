/** Random cases of layer normalisation and of its derivative. */
import { fc } from "./deps.ts";
import type { Activation } from "../../src/kernels/activation.ts";
import {
  LAYER_EPSILON,
  layerNormalisationKernel,
  layerNormalisationPullback,
} from "../../src/kernels/layer_normalisation.ts";
import type { Kernel } from "../../src/tensor/expression.ts";
import { f32 } from "../../src/tensor/shape.ts";
import { type Accuracy, type Case, length, numbers, replicas, seed, UNIT } from "./case.ts";

const mean = (values: readonly number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length;

/** A row's x̂ in float64, with what a device may err by. */
interface Row {
  readonly unit: readonly number[];
  readonly deviation: number;
  /** Relative error of the deviation. */
  readonly ofDeviation: number;
  /** Absolute errors of x̂. */
  readonly ofUnit: readonly number[];
}

/**
 * The mean of N numbers errs by e = N units and a division's error of mean |z|; the centred numbers all by that e and
 * each by a unit of its own. Because they add up to 0, e enters the variance by its square alone, beside N + 6 units of
 * the sum and a division. The root halves relative errors.
 */
function rowOf(z: readonly number[], accuracy: Accuracy): Row {
  const N = z.length, middle = mean(z), centred = z.map((x) => x - middle);
  const deviation = Math.sqrt(mean(centred.map((x) => x * x)) + LAYER_EPSILON);
  const ofMean = (N * UNIT + accuracy.divide) * mean(z.map(Math.abs));
  const ofDeviation = 0.5 * ((N + 8) * UNIT + accuracy.divide + (ofMean / deviation) ** 2) + accuracy.sqrt;
  return {
    unit: centred.map((x) => x / deviation),
    deviation,
    ofDeviation,
    ofUnit: centred.map((x) =>
      (ofMean + 2 * UNIT * Math.abs(x) + (ofDeviation + accuracy.divide) * Math.abs(x)) / deviation
    ),
  };
}

/** f(x̂) has slopes of at most 1, and tanh errs by itself. */
const errorsOf = ({ ofUnit }: Row, activation: Activation, accuracy: Accuracy): readonly number[] =>
  ofUnit.map((error) => error + (activation === "tanh" ? accuracy.tanh : 0));

/**
 * h = g f′(x̂): for tanh f′ = 1 - y² errs by twice what y does; where x̂ may have either sign, relu may let g through or
 * not. Means err as above, products by the errors of their factors.
 */
function pulledBack(z: readonly number[], g: readonly number[], activation: Activation, accuracy: Accuracy) {
  const row = rowOf(z, accuracy), { unit, deviation, ofDeviation, ofUnit } = row, N = z.length;
  const ofOutput = errorsOf(row, activation, accuracy);
  const h = unit.map((x, j) =>
    activation === "identity"
      ? g[j]!
      : activation === "relu"
      ? (x > 0 ? g[j]! : 0)
      : g[j]! * (1 - Math.tanh(x) ** 2)
  );
  const ofH = unit.map((x, j) =>
    Math.abs(g[j]!) *
    (activation === "identity"
      ? 0
      : activation === "relu"
      ? Number(Math.abs(x) <= ofUnit[j]!)
      : 2 * ofOutput[j]! + 4 * UNIT)
  );
  const size = mean(h.map(Math.abs)), along = mean(h.map((x, j) => x * unit[j]!));
  const sizeAlong = mean(h.map((x, j) => Math.abs(x * unit[j]!)));
  const ofMean = mean(ofH) + (N * UNIT + accuracy.divide) * size;
  const ofAlong =
    mean(ofH.map((e, j) => e * (Math.abs(unit[j]!) + ofUnit[j]!) + Math.abs(h[j]!) * ofUnit[j]!)) +
    ((N + 2) * UNIT + accuracy.divide) * sizeAlong;
  return h.map((x, j) => {
    const parts = Math.abs(x) + size + Math.abs(unit[j]! * along);
    const ofParts = ofH[j]! + ofMean + (Math.abs(unit[j]!) + ofUnit[j]!) * ofAlong +
      Math.abs(along) * ofUnit[j]! +
      4 * UNIT * parts;
    return (ofParts + (ofDeviation + accuracy.divide + UNIT) * parts) / deviation;
  });
}

const rows = fc.record({
  R: replicas,
  M: length,
  N: fc.oneof(length, fc.constantFrom(128, 200)),
  activation: fc.constantFrom<Activation>("identity", "relu", "tanh"),
  spread: fc.constantFrom(1e-3, 1, 30), // of the first ε is a part of the deviation
  shift: fc.constantFrom(0, 0, 2),
  seed,
});

const cases = (derives: boolean): fc.Arbitrary<Case> =>
  rows.map(({ R, M, N, activation, spread, shift, seed }) => {
    const z = numbers(seed, 0, R * M * N, -spread + shift, spread + shift), g = numbers(seed, 1, R * M * N);
    const name = derives ? "layerNormalisationPullback" : "layerNormalisation";
    return {
      title: `${name} ${JSON.stringify({ R, M, N, activation, spread, shift, seed })}`,
      kernel: (derives ? layerNormalisationPullback : layerNormalisationKernel) as Kernel,
      params: { activation },
      inputs: derives ? [f32(R, M, N), f32(R, M, N)] : [f32(R, M, N)],
      values: derives ? [z, g] : [z],
      tolerance: (_, accuracy) => [
        Array.from({ length: R * M }, (_, i) => {
          const own = z.slice(i * N, (i + 1) * N);
          return derives
            ? pulledBack(own, g.slice(i * N, (i + 1) * N), activation, accuracy)
            : errorsOf(rowOf(own, accuracy), activation, accuracy);
        }).flat(),
      ],
    };
  });

/** Cases by kernel. */
export const normalisationCases: Readonly<Record<string, fc.Arbitrary<Case>>> = {
  layerNormalisation: cases(false),
  layerNormalisationPullback: cases(true),
};
