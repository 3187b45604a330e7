/**
 * Layer normalisation (Ba, Kiros, Hinton, arXiv 1607.06450) of a layer's sums, before its activation:
 *
 *     y = f(x̂),  x̂ = (z - mean z) / √(var z + ε),
 *
 * with mean and variance over the units of each row, and without gain or bias. Its derivative, with h = g f′(x̂) for the
 * cotangent g of y, is
 *
 *     (h - mean h - x̂ mean(h x̂)) / √(var z + ε) ,
 *
 * which the second kernel computes from z alone, so that nothing of the first is kept but its output.
 *
 * Laws, tested: the derivative is that of the definition; shifting a row, or scaling it by a positive factor, leaves y unchanged, except for ε.
 *
 * @module
 */

import source from "../../shaders/layer_normalisation.wgsl" with { type: "text" };
import { call, type Kernel, type Tensor } from "../tensor/expression.ts";
import { gridOfReplicas } from "../tensor/launch.ts";
import { add, div, mean, mul, reshape, sqrt, sub } from "../tensor/primitives.ts";
import { COST, type Routine, routine } from "../tensor/routine.ts";
import { shader } from "../tensor/shader.ts";
import { type Operands, type Rank3, sameType, type TensorType } from "../tensor/shape.ts";
import { activate, type Activation, ACTIVATIONS, timesSlope } from "./activation.ts";

/** ε, which keeps rows of equal numbers finite. */
export const LAYER_EPSILON = 1e-5;

/** Parameters of both kernels. */
export interface LayerNormalisation {
  /** f */
  readonly activation: Activation;
}

/** The words and buffers of the routine; the shader knows the number of rows, and has f as a constant. */
export const LAYER_NORMALISATION_LAYOUT = {
  activation: ACTIVATIONS,
  columns: "u32",
  epsilon: "f32",
  out: "write",
  z: "read",
  g: "read?",
} as const;

const layerShader = shader("layer_normalisation.wgsl", source, {
  rows: "u32",
  columns: "u32",
  epsilon: "f32",
  out: "write",
  z: "read",
  g: "read?",
});

/** The WebAssembly routine of both; its items are rows. */
export const layerNormalisationRoutine: Routine<typeof LAYER_NORMALISATION_LAYOUT> = routine(
  "layerNormalisation",
  LAYER_NORMALISATION_LAYOUT,
);

const given = ([z, g]: Operands<TensorType>) => ({
  columns: z.shape[2]!,
  epsilon: LAYER_EPSILON,
  out: { output: 0 },
  z: { input: 0 },
  g: (g as TensorType | undefined) === undefined ? null : { input: 1 },
});

/** Computes either kernel: without a cotangent it normalises the rows, with one it pulls the cotangent back. */
const computed: Pick<Kernel<LayerNormalisation>, "launches" | "calls" | "flops"> = {
  launches: (types, _, { activation }) => {
    const [R, rows] = types[0].shape as Rank3, entryPoint = types.length === 1 ? "normalise" : "pull_back";
    const constants = { activation };
    return [
      layerShader.launch(entryPoint, gridOfReplicas(rows, R), { rows, ...given(types) }, { constants }),
    ];
  },
  calls: (types, _, { activation }) => {
    const [, rows, columns] = types[0].shape as Rank3;
    const effort = { items: rows, cost: 2 * types.length * columns * COST.element, work: 4 * (columns + 3) };
    return [layerNormalisationRoutine.call(effort, { activation, ...given(types) })];
  },
  flops: ({ length, 0: { shape: [R, rows, columns] } }) => (length === 1 ? 6 : 14) * R! * rows! * columns!,
};

const isRows = ({ shape, element }: TensorType): boolean => shape.length === 3 && element === "f32";

/** x̂ `[R,M,N]`, and √(var z + ε) `[R,M,1]`. */
function normalised(z: Tensor): { readonly unit: Tensor; readonly deviation: Tensor } {
  const centred = sub(z, meanOf(z)), deviation = sqrt(add(meanOf(mul(centred, centred)), LAYER_EPSILON));
  return { unit: div(centred, deviation), deviation };
}

/** The mean of each row, `[R,M,1]`. */
const meanOf = (x: Tensor): Tensor => reshape(mean(x, 2), [x.shape[0]!, x.shape[1]!, 1]);

/** The kernel: z `[R,M,N]` to y `[R,M,N]`. */
export const layerNormalisationKernel: Kernel<LayerNormalisation> = {
  ...computed,
  name: "layerNormalisation",
  types: (types) => {
    const [z] = types;
    return isRows(z) ? [z] : null;
  },
  wants: "it needs rows of real numbers, [R,M,N]",
  definition: ([z], { activation }) => [activate(normalised(z).unit, activation)],
  derivative: (
    [z],
    _,
    [g],
    params,
  ) => [g === null ? null : call(layerNormalisationPullback, [z, g], params)[0]],
};

/** The kernel of its derivative: z and the cotangent of y, `[R,M,N]` both, to the cotangent of z. */
export const layerNormalisationPullback: Kernel<LayerNormalisation> = {
  ...computed,
  name: "layerNormalisationPullback",
  types: (types) => {
    const [z, g] = types;
    return isRows(z) && sameType(z, g) ? [z] : null;
  },
  wants: "it needs rows of real numbers and their cotangents, [R,M,N]",
  definition: ([z, g], { activation }) => {
    const { unit, deviation } = normalised(z);
    const h = timesSlope(g, activate(unit, activation), activation);
    return [div(sub(sub(h, meanOf(h)), mul(unit, meanOf(mul(h, unit)))), deviation)];
  },
};

/**
 * Normalises and activates the rows of a layer.
 *
 * @param z `[R,M,N]` the layer's sums
 * @returns `[R,M,N]`
 *
 * @example
 * ```ts
 * import { E, referenceDevice } from "../../mod.ts";
 * import { f32, trace } from "../../src/tensor/mod.ts";
 * import { layerNormalisation } from "./layer_normalisation.ts";
 * import assert from "node:assert/strict";
 * const program = trace({ z: f32(1, 1, 4) }, ({ z }) => ({ y: layerNormalisation(z, "identity") }));
 * const compiled = await referenceDevice().compile(program)();
 * assert.ok(E.isRight(compiled));
 * compiled.right.write("z", [1, 3, 1, 3]); // mean 2, variance 1
 * compiled.right.run();
 * const read = await compiled.right.read(["y"])();
 * assert.ok(E.isRight(read) && read.right.y.every((y, i) => Math.abs(y - [-1, 1, -1, 1][i]) < 1e-5));
 * ```
 */
export const layerNormalisation = (z: Tensor, activation: Activation): Tensor =>
  call(layerNormalisationKernel, [z], { activation })[0];
