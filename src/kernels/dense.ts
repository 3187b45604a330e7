/**
 * Dense layers: a matrix product with bias, addend and activation, and the two products of its derivative.
 *
 * A weight matrix has its bias as an additional last row, `[R, K + 1, N]`, so that one view, one gradient and one product
 * serve both. The three kernels share a shader, in three layouts:
 *
 * - `dense` (NN): `y = f(x W + b + addend)`; row `⌊m / group⌋` of the addend is added to row m of the product, so
 *   that a state's part of a first layer is computed once for all samples of that state;
 * - `denseInput` (NT): `(g Wᵀ) · f′`, the cotangent of the layer below, before its activation `f`, with f′ in terms of
 *   that layer's output;
 * - `denseWeight` (TN): `xᵀ g`, with the column sums of g as a last row for the bias.
 *
 * Law, tested: the derivative provided by `dense` equals the derivative of its definition.
 *
 * @module
 */

import { type Application, call, type Kernel, sameTensor, type Tensor } from "../tensor/expression.ts";
import { neighbours } from "../tensor/neighbours.ts";
import { add, concat, dot, type Primitives, reshape, slice, sum } from "../tensor/primitives.ts";
import {
  f32,
  type Operands,
  type Rank3,
  sameShape,
  type Shape,
  ShapeMismatch,
  type TensorType,
} from "../tensor/shape.ts";
import { activate, type Activation, ACTIVATIONS, throughSlope, timesSlope } from "./activation.ts";
import { canJoin, firstLayer, firstLayerWeight } from "./first_layer.ts";
import { type Product, productCalls, productLaunch } from "./product.ts";
import { anObject, type Fields, oneOf, requireFields, truth } from "../given.ts";

export type { Activation } from "./activation.ts";

/** Parameters of {@link dense}. Inputs: x `[R,M,K]`, W `[R,K(+1),N]`, then the addend `[R,M/group,N]` if there is one. */
export interface Dense {
  /** Applied to each element of the sum. */
  readonly activation: Activation;
  /** W has the bias as its last row. */
  readonly bias: boolean;
  /** Number of rows of x that share a row of the addend; 0 without an addend. */
  readonly group: number;
}

/** Parameters of {@link denseInput}. Inputs: g `[R,M,N]`, W `[R,K(+1),N]`, then y `[R,M,K]` if there is a mask. */
export interface DenseInput {
  /** W has the bias as its last row, which is ignored. */
  readonly bias: boolean;
  /** Activation whose derivative, in terms of its output y, multiplies the result. */
  readonly mask: Activation;
}

/** Parameters of {@link denseWeight}. Inputs: x `[R,M,K]`, g `[R,M,N]`. */
export interface DenseWeight {
  /** The column sums of g are appended as a last row. */
  readonly bias: boolean;
}

const matrices = (name: string, types: readonly TensorType[]): Operands<Rank3> => {
  const replicas = types[0]!.shape[0]!;
  demand(
    types.every(({ shape, element }) => shape.length === 3 && shape[0] === replicas && element === "f32"),
    name,
    types,
    "all operands must be real matrices of as many replicas, [R, rows, columns]",
  );
  return types.map(({ shape }) => shape) as Operands<Shape> as Operands<Rank3>;
};

const demand = (held: boolean, name: string, types: readonly TensorType[], wanted: string): void => {
  if (!held) throw new ShapeMismatch(name, types, wanted);
};

/** The kernel `f(x W + b + addend)`. */
export const denseLayer: Kernel<Dense> = {
  name: "dense",
  types: (types, { bias, group }) => {
    const [x, w, addend] = matrices("dense", types);
    demand(
      w[1] === x[2] + (bias ? 1 : 0),
      "dense",
      types,
      `the weights need ${x[2]} rows${bias ? " and the bias" : ""}`,
    );
    demand(
      group === 0 ? types.length === 2 : sameShape(addend ?? [], [x[0], x[1] / group, w[2]]),
      "dense",
      types,
      `the addend must have a row for every ${group} rows of the first operand`,
    );
    return [f32(x[0], x[1], w[2])];
  },
  definition: ([x, w, addend], { activation, bias, group }) => {
    const [R, M, K] = x.shape as Rank3, N = w.shape[2]!;
    let z = dot(x, slice(w, 1, 0, K));
    if (bias) z = add(z, slice(w, 1, K, 1));
    if (group > 0) {
      z = reshape(add(reshape(z, [R, M / group, group, N]), reshape(addend, [R, M / group, 1, N])), [
        R,
        M,
        N,
      ]);
    }
    return [activate(z, activation)];
  },
  derivative: ([x, w], [y], [cotangent], { activation, bias, group }) => {
    if (cotangent === null) return [null, null, null];
    const g = beforeActivation(cotangent, y, activation);
    const [R, M, N] = g.shape as Rank3;
    return [
      call(denseInput, [g, w], { bias, mask: "identity" })[0],
      call(denseWeight, [x, g], { bias })[0],
      ...group > 0 ? [group === 1 ? g : sum(reshape(g, [R, M / group, group, N]), 2)] : [],
    ];
  },
  launches: (types, _, params, adapter) => [productLaunch(layerProduct(types, params), adapter)],
  calls: (types, _, params) => productCalls(layerProduct(types, params)),
  fused: ([x, w, addend], { activation, bias, group }) => {
    const state = stateOf(addend);
    if (state === null || bias || !canJoin(x.type, w.type)) return null;
    return call(firstLayer, [x, w, ...state], { activation, group });
  },
  beside: (first, second) => {
    const [x, w, ...rest] = first.inputs as Operands<Tensor>;
    const both = neighbours(x, second.inputs[0]!);
    if (both === null) return null;
    const params = paramsOf<Dense>(first);
    if (params.group === 0) return call(denseLayer, [both, w], params)[0];
    // Only a first layer can start again with its first state for the rows of the second call.
    const state = stateOf(rest[0]!);
    if (state === null || params.bias || !canJoin(x.type, w.type)) return null;
    return call(firstLayer, [both, w, ...state], { activation: params.activation, group: params.group })[0];
  },
  flops: ([x, w]) => 2 * x.shape[0]! * x.shape[1]! * x.shape[2]! * w.shape[2]!,
};

const layerProduct = ([x, w]: Operands<TensorType>, { activation, bias, group }: Dense): Product => {
  const [R, M, K] = x.shape as Rank3, third = group > 0 ? { input: 2 } : null;
  return { transposition: "NN", replicas: R, sizes: [M, w.shape[2]!, K], bias, group, activation, third };
};

const paramsOf = <P>({ operation }: Application): P => operation.params as P;

/** The states and weights of the layer that an addend is the output of; null if it is anything else. */
function stateOf(addend: Tensor | undefined): readonly [Tensor, Tensor] | null {
  const source = addend?.source ?? null;
  if (source === null || source.operation.kind !== "kernel") return null;
  if (source.operation.kernel !== denseLayer as Kernel) return null;
  const { activation, bias, group } = paramsOf<Dense>(source);
  return activation === "identity" && bias && group === 0 ? [source.inputs[0]!, source.inputs[1]!] : null;
}

/** The kernel `(g Wᵀ) · f′(y)`. */
export const denseInput: Kernel<DenseInput> = {
  name: "denseInput",
  types: (types, { bias, mask }) => {
    const [g, w, y] = matrices("denseInput", types);
    const K = w[1] - (bias ? 1 : 0);
    demand(g[2] === w[2], "denseInput", types, "the cotangent must have as many columns as the weights");
    demand(
      mask === "identity" ? types.length === 2 : sameShape(y ?? [], [g[0], g[1], K]),
      "denseInput",
      types,
      "the masking output must have the result's shape",
    );
    return [f32(g[0], g[1], K)];
  },
  definition: ([g, w, y], { bias, mask }) => {
    const K = w.shape[1]! - (bias ? 1 : 0);
    return [timesSlope(dot(g, slice(w, 1, 0, K), { transposeB: true }), y, mask)];
  },
  launches: (
    types,
    results,
    params,
    adapter,
  ) => [productLaunch(inputProduct(types, results, params), adapter)],
  calls: (types, results, params) => productCalls(inputProduct(types, results, params)),
  flops: ([g, w]) => 2 * g.shape[0]! * g.shape[1]! * g.shape[2]! * w.shape[1]!,
};

const inputProduct = (
  [g]: Operands<TensorType>,
  [x]: Operands<TensorType>,
  { bias, mask }: DenseInput,
): Product => {
  const [R, M, N] = x.shape as Rank3, third = mask === "identity" ? null : { input: 2 };
  return {
    transposition: "NT",
    replicas: R,
    sizes: [M, N, g.shape[2]!],
    bias,
    group: 0,
    activation: mask,
    third,
  };
};

/** The kernel `xᵀ g`. */
export const denseWeight: Kernel<DenseWeight> = {
  name: "denseWeight",
  types: (types, { bias }) => {
    const [x, g] = matrices("denseWeight", types);
    demand(x[1] === g[1], "denseWeight", types, "both operands must have as many rows");
    return [f32(x[0], x[2] + (bias ? 1 : 0), g[2])];
  },
  definition: ([x, g], { bias }) => {
    const w = dot(x, g, { transposeA: true });
    return [bias ? concat([w, reshape(sum(g, 1), [g.shape[0]!, 1, g.shape[2]!])], 1) : w];
  },
  launches: (types, _, params, adapter) => [productLaunch(weightProduct(types, params), adapter)],
  calls: (types, _, params) => productCalls(weightProduct(types, params)),
  beside: (first, second) => {
    const [x, g] = first.inputs as Operands<Tensor>, [state, ofStates] = second.inputs as Operands<Tensor>;
    const fits = !paramsOf<DenseWeight>(first).bias && paramsOf<DenseWeight>(second).bias &&
      canJoin(x.type, g.type);
    if (!fits || !sameTensor(summed(ofStates), g)) return null;
    return call(firstLayerWeight, [x, state, g], null)[0];
  },
  flops: ([x, g], { bias }) => 2 * x.shape[0]! * x.shape[1]! * (x.shape[2]! + (bias ? 1 : 0)) * g.shape[2]!,
};

const weightProduct = ([x, g]: Operands<TensorType>, { bias }: DenseWeight): Product => {
  const [R, K, M] = x.shape as Rank3, sizes = [M, g.shape[2]!, K] as const;
  return { transposition: "TN", replicas: R, sizes, bias, group: 0, activation: "identity", third: null };
};

/** The operand of a sum over the samples of each state, or the tensor itself. */
function summed(tensor: Tensor): Tensor {
  const isPrimitive = (x: Tensor, name: string): boolean =>
    x.source?.operation.kind === "primitive" && x.source.operation.name === name;
  if (!isPrimitive(tensor, "sum")) return tensor;
  const [split] = tensor.source!.inputs as Operands<Tensor>;
  const { axis } = tensor.source!.operation.params as Primitives["sum"];
  return axis === 2 && split.shape.length === 4 && isPrimitive(split, "reshape")
    ? split.source!.inputs[0]!
    : tensor;
}

/** The cotangent before an activation from the one after it, fused into the product that computed the latter if possible. */
function beforeActivation(g: Tensor, y: Tensor, activation: Activation): Tensor {
  if (activation === "identity") return g;
  const operation = g.source?.operation;
  if (g.source !== null && operation?.kind === "kernel" && operation.kernel === denseInput as Kernel) {
    const params = operation.params as DenseInput;
    if (params.mask === "identity") {
      return call(denseInput, [...g.source.inputs, y], { ...params, mask: activation })[0];
    }
  }
  return throughSlope(g, y, activation);
}

/** Optional parts of a layer. */
export interface DenseOptions {
  /** Default `identity`. */
  readonly activation?: Activation;
  /** The weights' last row is the bias. Default true. */
  readonly bias?: boolean;
  /** `[R, M / group, N]`, each row added to `group` rows. */
  readonly addend?: Tensor;
}

const OPTIONS: Fields<DenseOptions> = { activation: oneOf(...ACTIVATIONS), bias: truth, addend: anObject };

/**
 * A dense layer.
 *
 * @param x `[R, M, K]`
 * @param weights `[R, K + 1, N]` with the bias as last row, or `[R, K, N]` without
 * @returns `[R, M, N]`
 *
 * @example
 * ```ts
 * import { f32, print, trace } from "../../src/tensor/mod.ts";
 * import { dense } from "../../src/kernels/mod.ts";
 * import assert from "node:assert/strict";
 * // 64 rows of 10 numbers to 32; the weights' eleventh row is the bias.
 * const layer = trace(
 *   { x: f32(1, 64, 10), w: f32(1, 11, 32) },
 *   ({ x, w }) => ({ y: dense(x, w, { activation: "relu" }) }),
 * );
 * assert.equal(print(layer).split("\n")[1], '  y: f32[1,64,32] = dense x w activation="relu" bias=true group=0');
 * ```
 */
export function dense(x: Tensor, weights: Tensor, options: DenseOptions = {}): Tensor {
  requireFields("The options of dense", options, OPTIONS);
  const { activation = "identity", bias = true, addend } = options;
  const group = addend === undefined ? 0 : x.shape[1]! / addend.shape[1]!;
  return call(denseLayer, addend === undefined ? [x, weights] : [x, weights, addend], {
    activation,
    bias,
    group,
  })[0];
}
