/**
 * Matrix products as the dense kernels need them: in three layouts, with what a layer does to the result.
 *
 * @module
 */

import source from "../../shaders/dense.wgsl" with { type: "text" };
import type { AdapterKind, Launch } from "../tensor/launch.ts";
import type { Operand } from "../tensor/layout.ts";
import { COST, routine, type RoutineCall } from "../tensor/routine.ts";
import { shader } from "../tensor/shader.ts";
import { type Activation, ACTIVATIONS } from "./activation.ts";

const denseShader = shader("dense.wgsl", source, {
  M: "u32",
  N: "u32",
  K: "u32",
  group: "u32",
  out: "write",
  a: "read",
  b: "read",
  c: "read?",
});

/** The numbers by which shader and routine tell how operands are stored. */
export const LAYOUTS = { NN: 0, NT: 1, TN: 2 } as const;

/** A matrix product with what a layer does to it. */
export interface Product {
  readonly layout: keyof typeof LAYOUTS;
  readonly replicas: number;
  /** Rows and columns of the result, and length of the contraction. */
  readonly sizes: readonly [M: number, N: number, K: number];
  readonly bias: boolean;
  readonly group: number;
  readonly activation: Activation;
  /** The third operand, if there is one. */
  readonly third: Operand | null;
}

/** How `dense.wgsl` is entered, and rows and columns of the tile that an invocation, or a whole workgroup, computes there. */
interface Tile {
  readonly entryPoint: "large" | "small" | "shared_tile" | "thin" | "narrow" | "split" | "narrow_split";
  readonly rows: number;
  readonly columns: number;
  readonly of: "invocation" | "workgroup";
}

/** Rows and columns of a workgroup's tile in workgroup memory. */
const SHARED = 32;

/** Invocations of a workgroup that splits sums, and the tiles that it computes; as in the shader. */
const SPLIT = { lanes: 128, tiles: 4 } as const;

/** Length of a contraction from which on a GPU splits its sums. */
const LONG = 256;

/**
 * The tile for a product. A processor gains from large tiles, because each of its loads is dear, and loses by barriers; a GPU
 * gains from many small ones, which keep it busy and read through workgroup memory. The choice never looks at the number of
 * replicas.
 */
function tileOf({ layout, sizes: [M, N, K] }: Product, adapter: AdapterKind): Tile {
  const whole = (size: number): boolean => size % 4 === 0;
  // A gradient of weights sums over all rows of a minibatch, and has fewer elements than a GPU has threads.
  if (layout === "TN" && adapter === "hardware" && K >= LONG) {
    return whole(M) && whole(N) && whole(K)
      ? { entryPoint: "split", rows: 4, columns: 4, of: "invocation" }
      : { entryPoint: "narrow_split", rows: M < 4 ? 1 : 4, columns: N < 4 ? 1 : 4, of: "invocation" };
  }
  if (whole(M) && whole(N)) {
    if (!whole(K)) return { entryPoint: "thin", rows: 4, columns: 4, of: "invocation" };
    if (adapter === "software") return { entryPoint: "large", rows: 16, columns: 16, of: "invocation" };
    return M < SHARED || N < SHARED
      ? { entryPoint: "small", rows: 4, columns: 4, of: "invocation" }
      : { entryPoint: "shared_tile", rows: SHARED, columns: SHARED, of: "workgroup" };
  }
  return { entryPoint: "narrow", rows: M < 4 ? 1 : 4, columns: N < 4 ? 1 : 4, of: "invocation" };
}

/** Invocations of a workgroup: a software adapter's threads share out workgroups, so that small ones keep them busy. */
const LANES = { software: 16, hardware: 64 } as const;

/** The launch of a product. */
export function productLaunch(product: Product, adapter: AdapterKind): Launch {
  const { layout, replicas, sizes: [M, N, K], bias, group, activation, third } = product;
  const { entryPoint, rows, columns, of } = tileOf(product, adapter);
  const isNarrow = entryPoint === "narrow" || entryPoint === "narrow_split";
  const splits = entryPoint === "split" || entryPoint === "narrow_split";
  const tiles = Math.ceil(M / rows) * Math.ceil(N / columns);
  const groups = of === "workgroup" ? tiles : Math.ceil(tiles / (splits ? SPLIT.tiles : LANES[adapter]));
  const constants = {
    layout_code: LAYOUTS[layout],
    has_bias: Number(bias),
    has_addend: Number(group > 0),
    activation: ACTIVATIONS[activation],
    lanes: splits ? SPLIT.lanes : LANES[adapter],
    row_count: isNarrow ? rows : 4,
    column_count: isNarrow ? columns : 4,
  };
  const operands = { out: { output: 0 }, a: { input: 0 }, b: { input: 1 }, c: third };
  return denseShader.launch(entryPoint, [groups, replicas, 1], { M, N, K, group, ...operands }, {
    constants,
    vectors: !isNarrow,
  });
}

/**
 * The WebAssembly routine of one product:
 *
 *     C[m, n] = activation( Σ_k A[m, k] B[k, n] + bias[n] + addend[⌊m / group⌋, n] ) · factor(mask[m, n])
 *
 * Everything is float32 and row-major; strides are in floats from one stored row to the next. In layout NN, A is rows ×
 * depth and B depth × columns; NT has B stored transposed, TN has A. The mask is the saved value y of an activation,
 * whose derivative multiplies the result: 1 where y > 0 and else 0 for `relu`, 1 - y² for `tanh`. Items are rows of C; in
 * TN there may be one more, the sum of B's rows (the gradient of a bias, where the other rows are that of the weights).
 */
export const productRoutine = routine("dense", {
  layout: "u32",
  rows: "u32",
  columns: "u32",
  depth: "u32",
  a: "read",
  aStride: "u32",
  b: "read",
  bStride: "u32",
  c: "write",
  cStride: "u32",
  bias: "read?",
  addend: "read?",
  addendStride: "u32",
  group: "u32",
  activation: "u32",
  mask: "read?",
  maskStride: "u32",
  maskKind: "u32",
});

/** Scratch memory in bytes that is enough for every product: a row of shifts, a block of B, a block of A transposed. */
export const PRODUCT_WORK: number = 1024 + 256 * 256 * 4 + 92 * 256 * 4;

/** The call of a product. */
export function productCall(
  { layout, sizes: [M, N, K], bias, group, activation, third }: Product,
): RoutineCall {
  const effort = {
    items: M + Number(layout === "TN" && bias),
    cost: N * K * COST.multiplyAdd,
    grain: 6,
    work: PRODUCT_WORK,
  };
  const masked = layout === "NT" ? ACTIVATIONS[activation] : 0;
  return productRoutine.call(effort, {
    layout: LAYOUTS[layout],
    rows: M,
    columns: N,
    depth: K,
    a: { input: 0 },
    aStride: layout === "TN" ? M : K,
    b: { input: 1 },
    bStride: layout === "NT" ? K : N,
    c: { output: 0 },
    cStride: N,
    bias: layout === "NN" && bias ? { input: 1, skip: K * N } : null,
    addend: group > 0 ? third : null,
    addendStride: N,
    group: Math.max(group, 1),
    activation: layout === "NN" ? ACTIVATIONS[activation] : 0,
    mask: masked > 0 ? third : null,
    maskStride: N,
    maskKind: masked,
  });
}
