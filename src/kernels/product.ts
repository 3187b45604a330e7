/**
 * Matrix products for the dense kernels: in three layouts, with the operations that a layer applies to the result.
 *
 * @module
 */

import source from "../../shaders/dense.wgsl" with { type: "text" };
import splitSource from "../../shaders/dense_split.wgsl" with { type: "text" };
import { type AdapterKind, type Launch, tilingOf } from "../tensor/launch.ts";
import { COST, routine, type RoutineCall } from "../tensor/routine.ts";
import { shader } from "../tensor/shader.ts";
import { type Activation, ACTIVATIONS } from "./activation.ts";

const LAYOUT = {
  M: "u32",
  N: "u32",
  K: "u32",
  group: "u32",
  out: "write",
  a: "read",
  b: "read",
  c: "read?",
} as const;

const denseShader = shader("dense.wgsl", source, LAYOUT);
const splitShader = shader("dense_split.wgsl", splitSource, {
  M: "u32",
  N: "u32",
  K: "u32",
  out: "write",
  a: "read",
  b: "read",
});

/** How the operands of a product are stored: as they are read, with the second transposed, or with the first. */
export const TRANSPOSITIONS = ["NN", "NT", "TN"] as const;

/** A matrix product with the operations that a layer applies to it. */
export interface Product {
  readonly transposition: typeof TRANSPOSITIONS[number];
  readonly replicas: number;
  /** Rows and columns of the result, and length of the contraction. */
  readonly sizes: readonly [M: number, N: number, K: number];
  readonly bias: boolean;
  readonly group: number;
  readonly activation: Activation;
  /** The third operand, if there is one. */
  readonly third: { readonly input: number } | null;
}

/** Rows and columns of a workgroup's tile in workgroup memory. */
const SHARED = 32;

/** Tiles: the shader's function, rows and columns of an invocation's tile or of a workgroup's, and invocations of one. */
const TILES = {
  "large 16": { entryPoint: "large", side: 16, lanes: 16 },
  "large 64": { entryPoint: "large", side: 16, lanes: 64 },
  "small 16": { entryPoint: "small", side: 4, lanes: 16 },
  "small 64": { entryPoint: "small", side: 4, lanes: 64 },
  "small 128": { entryPoint: "small", side: 4, lanes: 128 },
  "shared 64": { entryPoint: "shared_tile", side: SHARED, lanes: 64 },
} as const;

type TileName = keyof typeof TILES;

const TILE_NAMES = Object.keys(TILES) as readonly TileName[];

/** Number of a product's results from which on the number of tiles alone keeps an adapter busy. */
const MANY = 32768;

/**
 * The tile of a product unless an adapter's tuning prefers another. A CPU gains from large tiles, because its loads are
 * expensive, and loses by barriers; a GPU gains from many small tiles, which keep it busy and read through workgroup
 * memory.
 */
function ownTile(M: number, N: number, adapter: AdapterKind): TileName {
  if (adapter === "software") return "large 16";
  return M < SHARED || N < SHARED ? "small 64" : "shared 64";
}

/** Tiles of a workgroup that splits sums, how many it has by default, and invocations that share one. */
const SPLIT_TILES = [1, 2, 4], OWN_SPLIT_TILES = 4, SPLITS = 32;

/** Length of a contraction from which on a GPU splits its sums. */
const LONG = 256;

/** Invocations of a workgroup: a software adapter distributes workgroups among its threads, so that small ones keep them busy. */
const LANES = { software: 16, hardware: 64 } as const;

/**
 * The launch of a product, with its alternative tiles. The choice does not depend on the number of replicas.
 */
export function productLaunch(product: Product, adapter: AdapterKind): Launch {
  const { transposition, replicas, sizes: [M, N, K], bias, group, activation, third } = product;
  const lanes = LANES[adapter], vectors = M % 4 === 0 && N % 4 === 0 && K % 4 === 0;
  // If four elements cannot be read at a time, a tile has one row or column if there are fewer than four.
  const rows = vectors || M >= 4 ? 4 : 1, columns = vectors || N >= 4 ? 4 : 1;
  const tile = { row_count: rows, column_count: columns };
  const groupsOf = (height: number, width: number, tiles: number): readonly [number, number, number] => [
    Math.ceil(Math.ceil(M / height) * Math.ceil(N / width) / tiles),
    replicas,
    1,
  ];
  const sizes = { M, N, K }, operands = { out: { output: 0 }, a: { input: 0 }, b: { input: 1 } };
  // A gradient of weights sums over all rows of a minibatch, and has fewer elements than a GPU has threads.
  if (transposition === "TN" && adapter === "hardware" && K >= LONG) {
    const launchBy = (tiles: number): Launch =>
      splitShader.launch(
        vectors ? "split" : "narrow_split",
        groupsOf(rows, columns, tiles),
        { ...sizes, ...operands },
        {
          constants: { has_bias: Number(bias), lanes: SPLITS * tiles, ...vectors ? {} : tile },
          vectors,
        },
      );
    const subject = vectors ? "split sums" : "split sums, narrow";
    return {
      ...launchBy(OWN_SPLIT_TILES),
      tiling: tilingOf(subject, SPLIT_TILES, OWN_SPLIT_TILES, launchBy),
    };
  }
  const given = { ...sizes, group, ...operands, c: third };
  const constants = {
    ...{ transposition, activation, lanes },
    ...{ has_bias: Number(bias), has_addend: Number(group > 0) },
  };
  if (!vectors) {
    return denseShader.launch("narrow", groupsOf(rows, columns, lanes), given, {
      constants: { ...constants, ...tile, has_edges: Number(M % rows !== 0 || N % columns !== 0) },
      vectors,
    });
  }
  const launchIn = (name: TileName): Launch => {
    const { entryPoint, side, lanes } = TILES[name];
    const groups = groupsOf(side, side, entryPoint === "shared_tile" ? 1 : lanes);
    return denseShader.launch(entryPoint, groups, given, { constants: { ...constants, lanes }, vectors });
  };
  const own = ownTile(M, N, adapter);
  const others = TILE_NAMES.filter((name) => name !== own);
  const tiling = {
    subject: `dense ${transposition}, ${M * N < MANY ? "few" : "many"} results`,
    own,
    others: Object.fromEntries(others.map((name) => [name, () => launchIn(name)])),
  };
  return { ...launchIn(own), tiling };
}

/**
 * The WebAssembly routine of one product:
 *
 *     C[m, n] = activation( Σ_k A[m, k] B[k, n] + bias[n] + addend[⌊m / group⌋, n] ) · factor(mask[m, n])
 *
 * Everything is float32 and row-major; strides are in floats from one stored row to the next. In layout NN, A is rows ×
 * depth and B depth × columns; NT has B stored transposed, TN has A. The mask is the saved value y of an activation,
 * whose derivative multiplies the result: 1 where y > 0 and else 0 for `relu`, 1 - y² for `tanh`. Items are rows of C; in
 * TN there may be one more, the sum of B's rows (the gradient of a bias; the other rows are the gradient of the weights).
 * If it accumulates (1, else 0), the sum starts from the content of C.
 */
export const productRoutine = routine("dense", {
  transposition: TRANSPOSITIONS,
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
  activation: ACTIVATIONS,
  mask: "read?",
  maskStride: "u32",
  maskActivation: ACTIVATIONS,
  accumulates: "u32",
});

/** Scratch memory, in bytes, sufficient for every product: a row of shifts, a block of B, a block of A transposed. */
export const PRODUCT_WORK: number = 1024 + 256 * 256 * 4 + 92 * 256 * 4;

/** Number of multiply-adds from which on a product is divided into several calls. */
const LARGE = 150e6;

/** Columns and depth of a call of a large product: enough rows of it are done in a few milliseconds. */
const PART = 512;

/** A range of a product's columns or of its depth. */
interface Part {
  readonly start: number;
  readonly length: number;
}

/** Divides a length into parts of {@link PART}, of which the last has up to a half more or less. */
function partsOf(length: number): readonly Part[] {
  const count = Math.max(1, Math.round(length / PART));
  return Array.from({ length: count }, (_, k) => ({
    start: k * PART,
    length: k + 1 < count ? PART : length - k * PART,
  }));
}

/**
 * The calls of a product: one, or one for each part of a large one's columns and depth. A part of the depth adds to the sum
 * of those before it, and the layer's operations on the result come with the last. Parts end at the routine's own block boundaries,
 * so that the order of the sum, and with it every bit, is unchanged.
 */
export function productCalls(product: Product): readonly RoutineCall[] {
  const { sizes: [M, N, K] } = product, whole = { start: 0 };
  if (M * N * K < LARGE) {
    return [productCall(product, { ...whole, length: N }, { ...whole, length: K })];
  }
  return partsOf(N).flatMap((columns) => partsOf(K).map((depth) => productCall(product, columns, depth)));
}

/** The call of a part of a product. */
function productCall(
  { transposition, sizes: [M, N, K], bias, group, activation, third }: Product,
  columns: Part,
  depth: Part,
): RoutineCall {
  const effort = {
    items: M + Number(transposition === "TN" && bias),
    cost: columns.length * (depth.length * COST.multiplyAdd + COST.element),
    grain: 6,
    work: PRODUCT_WORK,
  };
  const ends = depth.start + depth.length === K;
  const maskActivation = transposition === "NT" && ends ? activation : "identity";
  const aStride = transposition === "TN" ? M : K, bStride = transposition === "NT" ? K : N;
  const [down, across] = transposition === "NT" ? [columns, depth] : [depth, columns];
  const besides = third === null ? null : { ...third, skip: columns.start };
  return productRoutine.call(effort, {
    transposition,
    rows: M,
    columns: columns.length,
    depth: depth.length,
    a: { input: 0, skip: transposition === "TN" ? depth.start * aStride : depth.start },
    aStride,
    b: { input: 1, skip: down.start * bStride + across.start },
    bStride,
    c: { output: 0, skip: columns.start },
    cStride: N,
    bias: transposition === "NN" && bias && ends ? { input: 1, skip: K * N + columns.start } : null,
    addend: group > 0 && ends ? besides : null,
    addendStride: N,
    group: Math.max(group, 1),
    activation: transposition === "NN" && ends ? activation : "identity",
    mask: maskActivation === "identity" ? null : besides,
    maskStride: N,
    maskActivation,
    accumulates: Number(depth.start > 0),
  });
}
