/**
 * The launches of the primitives on WebGPU. The table is typed over the union of primitives, so that a missing one
 * does not compile.
 *
 * @module
 */

import broadcastSource from "../../../shaders/broadcast.wgsl" with { type: "text" };
import copySource from "../../../shaders/copy.wgsl" with { type: "text" };
import dotSource from "../../../shaders/dot.wgsl" with { type: "text" };
import gatherSource from "../../../shaders/gather.wgsl" with { type: "text" };
import linearAlgebraSource from "../../../shaders/linear_algebra.wgsl" with { type: "text" };
import orderStatisticSource from "../../../shaders/order_statistic.wgsl" with { type: "text" };
import randomSource from "../../../shaders/random.wgsl" with { type: "text" };
import scatterAddSource from "../../../shaders/scatter_add.wgsl" with { type: "text" };
import { tableOf } from "../../tensor/elementwise.ts";
import { type AdapterKind, gridOf, type Launch, WORKGROUP } from "../../tensor/launch.ts";
import type { Operand } from "../../tensor/layout.ts";
import { shader } from "../../tensor/shader.ts";
import {
  aroundAxis,
  blockOf,
  type Operands,
  type Rank2,
  type Shape,
  ShapeMismatch,
  sizeOf,
  type TensorType,
} from "../../tensor/shape.ts";
import type { PrimitiveName, Primitives } from "../../tensor/primitives.ts";
import { mergeAxes } from "../axes.ts";
import { mapLaunch } from "./map.ts";
import { reduceLaunches, type ReductionName } from "./reduce.ts";

/** The launches of a primitive with parameters `P`. */
export type Launcher<P> = (
  inputs: Operands<TensorType>,
  output: TensorType,
  params: P,
  adapter: AdapterKind,
) => readonly Launch[];

/** The operands that most primitives have. */
const OUT = { output: 0 }, A = { input: 0 }, B = { input: 1 };

const reduction = (name: ReductionName): Launcher<{ readonly axis: number }> => ([input], _, { axis }) =>
  reduceLaunches(name, input, axis);

/** The shader that copies elements in runs. */
export const copyShader = shader("copy.wgsl", copySource, {
  count: "u32",
  run: "u32",
  toStart: "u32",
  toPitch: "u32",
  sourceStart: "u32",
  sourcePitch: "u32",
  to: "write view",
  source: "read view",
});

/** The runs of a copy of whole tensors. */
export const WHOLE = { toStart: 0, toPitch: 0, sourceStart: 0, sourcePitch: 0 };

const copyOf = (
  count: number,
  run: number,
  runs: typeof WHOLE,
  source: Operand | null,
): Launch =>
  copyShader.launch(source === null ? "clear" : "copy", gridOf(count), {
    count,
    run,
    ...runs,
    to: OUT,
    source,
  });

const move: Launcher<unknown> = (_, { shape }) => [copyOf(sizeOf(shape), sizeOf(shape), WHOLE, A)];

const placeParts: Launcher<Primitives["place"]> = (inputs, output, { axis, starts, size }) => {
  const covered = inputs.reduce((total, { shape }) => total + shape[axis]!, 0);
  const count = sizeOf(output.shape);
  const parts = inputs.map(({ shape }, p) => {
    const [, length, inner] = aroundAxis(shape, axis), run = length * inner;
    const runs = { toStart: starts[p]! * inner, toPitch: size * inner, sourceStart: 0, sourcePitch: run };
    return copyOf(sizeOf(shape), run, runs, { input: p });
  });
  return covered < size ? [copyOf(count, count, WHOLE, null), ...parts] : parts;
};

const productShader = shader("dot.wgsl", dotSource, {
  count: "u32",
  each: "u32",
  M: "u32",
  N: "u32",
  K: "u32",
  outM: "u32",
  aM: "u32",
  aK: "u32",
  bK: "u32",
  bN: "u32",
  out: "write",
  a: "read",
  b: "read",
});

/** Offset and strides of the matrices of a `dot` operand; a matrix without leading axes has its stride as row pitch. */
function matrixSteps(type: TensorType, transposed: boolean): readonly [number, number] {
  const pitch = type.shape.length === 2 ? 0 : type.shape[type.shape.length - 1]!;
  return transposed ? [1, pitch] : [pitch, 1];
}

/** Minimum length of a sum, and maximum number of tiles of a matrix, for which a GPU's workgroup shares a tile's sums. */
const LONG = 256, FEW = 16;

const product: Launcher<Primitives["dot"]> = ([a, b], output, { transposeA, transposeB }, adapter) => {
  const [rows, columns] = a.shape.slice(-2) as Rank2;
  const [M, K] = transposeA ? [columns, rows] : [rows, columns];
  const N = output.shape[output.shape.length - 1]!;
  const matrices = sizeOf(output.shape.slice(0, -2));
  const each = output.shape.length === 2 ? 1 : matrices / output.shape[0]!;
  const tiles = Math.ceil(M / 4) * Math.ceil(N / 4), count = matrices * tiles;
  const together = adapter === "hardware" && K >= LONG && tiles <= FEW;
  const [aM, aK] = matrixSteps(a, transposeA), [bK, bN] = matrixSteps(b, transposeB);
  const [outM] = matrixSteps(output, false);
  return [productShader.launch(
    together ? "product_together" : "product",
    gridOf(together ? WORKGROUP * count : count),
    { count, each, M, N, K, outM, aM, aK, bK, bN, out: OUT, a: A, b: B },
  )];
};

const drawShader = shader("random.wgsl", randomSource, {
  count: "u32",
  each: "u32",
  blocks: "u32",
  stream: "u32",
  out: "write",
  keys: "read",
  counters: "read",
  limits: "read?",
});

const random: Launcher<Primitives["random"]> = (inputs, output, { stream, distribution }) => {
  const each = blockOf(output), blocks = Math.ceil(each / 4), count = output.shape[0]! * blocks;
  const limits = inputs.length === 3 ? { input: 2 } : null;
  const given = { count, each, blocks, stream, out: OUT, keys: A, counters: B, limits };
  return [drawShader.launch("draw", gridOf(count), given, { constants: { distribution } })];
};

const matrixShader = shader("linear_algebra.wgsl", linearAlgebraSource, {
  count: "u32",
  n: "u32",
  out: "write view",
  a: "read view",
});

const matrixRule = (entryPoint: "log_abs_det" | "sign_of_det" | "invert"): Launcher<unknown> => ([a]) => {
  const n = a.shape[a.shape.length - 1]!, count = sizeOf(a.shape.slice(0, -2));
  return [matrixShader.launch(entryPoint, gridOf(count), { count, n, out: OUT, a: A })];
};

const orderStatisticShader = shader("order_statistic.wgsl", orderStatisticSource, {
  count: "u32",
  length: "u32",
  inner: "u32",
  rank: "u32",
  out: "write view",
  a: "read view",
});

const broadcastShader = shader("broadcast.wgsl", broadcastSource, {
  count: "u32",
  rank: "u32",
  axes: "array<vec4<u32>, 4>",
  out: "write view",
  a: "read view",
});

const ROWS = { count: "u32", each: "u32", size: "u32", width: "u32", out: "write view" } as const;

const gatherShader = shader("gather.wgsl", gatherSource, { ...ROWS, table: "read view", rows: "read view" });

const scatterAddShader = shader("scatter_add.wgsl", scatterAddSource, {
  ...ROWS,
  values: "read view",
  rows: "read view",
});

/** Rows of a table `[R, size, …]`, of which `each` are read or written per replica. */
const rowsOf = (count: number, rows: TensorType, [, size, ...inner]: Shape) => ({
  count,
  each: blockOf(rows),
  size: size!,
  width: sizeOf(inner),
  out: OUT,
  rows: B,
});

const maps = tableOf((name): Launcher<unknown> => (inputs, output) => [mapLaunch(name, inputs, output)]);

const MAX_AXES = 8;

/** The table. */
export const launchers: { readonly [K in PrimitiveName]: Launcher<Primitives[K]> } = {
  // Constants are uploaded when the program is loaded; anything that depends on them alone has been folded before.
  constant: () => [],
  ...maps,
  sum: reduction("sum"),
  max: reduction("max"),
  orderStatistic: ([input], output, { axis, rank }) => {
    const [, length, inner] = aroundAxis(input.shape, axis);
    const count = sizeOf(output.shape);
    const given = { count, length, inner, rank, out: OUT, a: A };
    return [orderStatisticShader.launch("order_statistic", gridOf(count), given)];
  },
  broadcast: ([input], output) => {
    const { lengths, steps: [steps] } = mergeAxes(output.shape, [input.shape]);
    if (lengths.length > MAX_AXES) {
      throw new ShapeMismatch(
        "broadcast",
        [input, output],
        `at most ${MAX_AXES} groups of axes may alternate`,
      );
    }
    const count = sizeOf(output.shape);
    const pairs = lengths.flatMap((length, axis) => [length, steps[axis]!]);
    const inwards = lengths.flatMap((_, axis) =>
      pairs.slice(pairs.length - 2 * axis - 2, pairs.length - 2 * axis)
    );
    const axes = [...inwards, ...new Array<number>(2 * MAX_AXES - inwards.length).fill(1)];
    const given = { count, rank: lengths.length, axes, out: OUT, a: A };
    return [broadcastShader.launch("broadcast", gridOf(count), given)];
  },
  reshape: move,
  stopGradient: move,
  slice: ([input], output, { axis, start, size }) => {
    const [, length, inner] = aroundAxis(input.shape, axis);
    const run = size * inner, pitch = length * inner;
    const runs = { toStart: 0, toPitch: run, sourceStart: start * inner, sourcePitch: pitch };
    return [copyOf(sizeOf(output.shape), run, runs, A)];
  },
  place: placeParts,
  dot: product,
  gather: ([table, rows], output) => {
    const count = sizeOf(output.shape);
    return [gatherShader.launch("gather", gridOf(count), { ...rowsOf(count, rows, table.shape), table: A })];
  },
  scatterAdd: ([, rows], output) => {
    const count = sizeOf(output.shape), given = { ...rowsOf(count, rows, output.shape), values: A };
    return [scatterAddShader.launch("scatter_add", gridOf(count), given)];
  },
  random,
  logAbsDet: matrixRule("log_abs_det"),
  signDet: matrixRule("sign_of_det"),
  inverse: matrixRule("invert"),
};
