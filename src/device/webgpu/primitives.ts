/**
 * The primitives on WebGPU: how each is launched. The table is typed over the union of primitives, so that a missing one
 * does not compile.
 *
 * @module
 */

import broadcastShader from "../../../shaders/broadcast.wgsl" with { type: "text" };
import copyShader from "../../../shaders/copy.wgsl" with { type: "text" };
import dotShader from "../../../shaders/dot.wgsl" with { type: "text" };
import gatherShader from "../../../shaders/gather.wgsl" with { type: "text" };
import linearAlgebraShader from "../../../shaders/linear_algebra.wgsl" with { type: "text" };
import orderStatisticShader from "../../../shaders/order_statistic.wgsl" with { type: "text" };
import randomShader from "../../../shaders/random.wgsl" with { type: "text" };
import scatterAddShader from "../../../shaders/scatter_add.wgsl" with { type: "text" };
import {
  type AdapterKind,
  gridOf,
  type Launch,
  type Operand,
  type Uniform,
  viewOf,
  word,
  WORKGROUP,
} from "../../tensor/launch.ts";
import {
  aroundAxis,
  blockOf,
  type Operands,
  type Rank2,
  ShapeMismatch,
  sizeOf,
  type TensorType,
} from "../../tensor/shape.ts";
import type { PrimitiveName, Primitives } from "../../tensor/primitives.ts";
import { mapLaunch, type MapName, mergeAxes } from "./map.ts";
import { reduceLaunches, type ReductionName } from "./reduce.ts";

/** The launches of a primitive with parameters `P`. */
export type Launcher<P> = (
  inputs: Operands<TensorType>,
  output: TensorType,
  params: P,
  adapter: AdapterKind,
) => readonly Launch[];

const OUTPUT: Operand = { output: 0 };
const INPUT: Operand = { input: 0 };

const map = (name: MapName): Launcher<unknown> => (inputs, output) => [mapLaunch(name, inputs, output)];

const reduction = (name: ReductionName): Launcher<{ readonly axis: number }> => ([input], output, { axis }) =>
  reduceLaunches(name, input, output, axis);

/** The file and text of a shader, and where it is entered. */
const shader = (
  file: string,
  source: string,
  entryPoint: string,
): { readonly file: string; readonly source: string; readonly entryPoint: string } => ({
  file,
  source,
  entryPoint,
});

/** A copy of `count` elements in runs; see `copy.wgsl`. */
interface Runs {
  readonly count: number;
  readonly run: number;
  readonly to: { readonly start: number; readonly pitch: number };
  readonly from: { readonly start: number; readonly pitch: number };
}

/** The uniform words of `copy.wgsl`. */
export const copyWords = (
  { count, run, to, from }: Runs,
  target: readonly Uniform[],
  source: readonly Uniform[],
): readonly Uniform[] => [
  word(count),
  word(run),
  ...target,
  word(to.start),
  word(to.pitch),
  ...source,
  word(from.start),
  word(from.pitch),
];

/** How `copy.wgsl` is entered. */
export const copyShaderOf = (
  entryPoint: "copy" | "within" | "clear",
): { readonly file: string; readonly source: string; readonly entryPoint: string } =>
  shader("copy.wgsl", copyShader, entryPoint);

const copyRuns = (runs: Runs, source: Operand, from: TensorType, to: TensorType): Launch => ({
  ...copyShaderOf("copy"),
  operands: [OUTPUT, source],
  uniforms: copyWords(runs, viewOf(OUTPUT, to), viewOf(source, from)),
  workgroups: gridOf(runs.count),
});

const WHOLE = { start: 0, pitch: 0 };

const move: Launcher<unknown> = ([input], output) => {
  const count = sizeOf(output.shape);
  return [copyRuns({ count, run: count, to: WHOLE, from: WHOLE }, INPUT, input, output)];
};

const placeParts: Launcher<Primitives["place"]> = (inputs, output, { axis, starts, size }) => {
  const covered = inputs.reduce((total, { shape }) => total + shape[axis]!, 0);
  const count = sizeOf(output.shape);
  const clear: Launch = {
    ...copyShaderOf("clear"),
    operands: [OUTPUT],
    uniforms: copyWords(
      { count, run: count, to: WHOLE, from: WHOLE },
      viewOf(OUTPUT, output),
      [0, 0, 0].map(word),
    ),
    workgroups: gridOf(count),
  };
  const parts = inputs.map((input, p) => {
    const [, length, inner] = aroundAxis(input.shape, axis);
    const run = length * inner;
    return copyRuns(
      {
        count: sizeOf(input.shape),
        run,
        to: { start: starts[p]! * inner, pitch: size * inner },
        from: { start: 0, pitch: run },
      },
      { input: p },
      input,
      output,
    );
  });
  return covered < size ? [clear, ...parts] : parts;
};

/** Offset and strides of the matrices of a `dot` operand; a matrix without leading axes has its stride as row pitch. */
function matrixSteps(type: TensorType, transposed: boolean): readonly [number, number] {
  const pitch = type.shape.length === 2 ? 0 : type.shape[type.shape.length - 1]!;
  return transposed ? [1, pitch] : [pitch, 1];
}

/** Length of a sum, and number of tiles in a matrix, from and up to which a GPU's workgroup shares a tile's sums. */
const LONG = 256, FEW = 16;

const product: Launcher<Primitives["dot"]> = ([a, b], output, { transposeA, transposeB }, adapter) => {
  const [rows, columns] = a.shape.slice(-2) as Rank2;
  const [M, K] = transposeA ? [columns, rows] : [rows, columns];
  const N = output.shape[output.shape.length - 1]!;
  const matrices = sizeOf(output.shape.slice(0, -2));
  const each = output.shape.length === 2 ? 1 : matrices / output.shape[0]!;
  const tiles = Math.ceil(M / 4) * Math.ceil(N / 4), count = matrices * tiles;
  const together = adapter === "hardware" && K >= LONG && tiles <= FEW;
  return [{
    ...shader("dot.wgsl", dotShader, together ? "product_together" : "product"),
    operands: [OUTPUT, { input: 0 }, { input: 1 }],
    uniforms: [
      ...[count, each, M, N, K].map(word),
      { place: OUTPUT },
      word(matrixSteps(output, false)[0]),
      { place: { input: 0 } },
      ...matrixSteps(a, transposeA).map(word),
      { place: { input: 1 } },
      ...matrixSteps(b, transposeB).map(word),
    ],
    workgroups: gridOf(together ? WORKGROUP * count : count),
  }];
};

const DISTRIBUTIONS = { bits: 0, uniform: 1, normal: 2, index: 3 } as const;

const random: Launcher<Primitives["random"]> = (inputs, output, { stream, distribution }) => {
  const each = blockOf(output), blocks = Math.ceil(each / 4);
  const count = output.shape[0]! * blocks;
  const limits: Operand = { input: inputs.length === 3 ? 2 : 1 };
  return [{
    ...shader("random.wgsl", randomShader, "draw"),
    constants: { distribution: DISTRIBUTIONS[distribution] },
    operands: [OUTPUT, { input: 0 }, { input: 1 }, limits],
    uniforms: [
      ...[count, each, blocks, stream].map(word),
      { place: OUTPUT },
      { place: { input: 0 } },
      { place: { input: 1 } },
      { place: limits },
      ...new Array<number>(6).fill(0).map(word), // what only `ring` reads
    ],
    workgroups: gridOf(count),
  }];
};

const matrixRule =
  (entryPoint: "log_abs_det" | "sign_of_det" | "invert"): Launcher<unknown> => ([a], output) => {
    const n = a.shape[a.shape.length - 1]!, count = sizeOf(a.shape.slice(0, -2));
    return [{
      ...shader("linear_algebra.wgsl", linearAlgebraShader, entryPoint),
      operands: [OUTPUT, INPUT],
      uniforms: [word(count), word(n), ...viewOf(OUTPUT, output), ...viewOf(INPUT, a)],
      workgroups: gridOf(count),
    }];
  };

const MOST_AXES = 8;

/** The table. */
export const launchers: { readonly [K in PrimitiveName]: Launcher<Primitives[K]> } = {
  // Constants are uploaded when the program is loaded; what depends on them alone is folded before that.
  constant: () => [],
  neg: map("neg"),
  exp: map("exp"),
  log: map("log"),
  sqrt: map("sqrt"),
  tanh: map("tanh"),
  toReal: map("toReal"),
  add: map("add"),
  mul: map("mul"),
  div: map("div"),
  maximum: map("maximum"),
  less: map("less"),
  remainder: map("remainder"),
  select: map("select"),
  sum: reduction("sum"),
  max: reduction("max"),
  orderStatistic: ([input], output, { axis, rank }) => {
    const [, length, inner] = aroundAxis(input.shape, axis);
    const count = sizeOf(output.shape);
    return [{
      ...shader("order_statistic.wgsl", orderStatisticShader, "order_statistic"),
      operands: [OUTPUT, INPUT],
      uniforms: [
        ...[count, length, inner, rank].map(word),
        ...viewOf(OUTPUT, output),
        ...viewOf(INPUT, input),
      ],
      workgroups: gridOf(count),
    }];
  },
  broadcast: ([input], output) => {
    const { lengths, steps: [steps] } = mergeAxes(output.shape, [input.shape]);
    if (lengths.length > MOST_AXES) {
      throw new ShapeMismatch(
        "broadcast",
        [input, output],
        `at most ${MOST_AXES} groups of axes may alternate`,
      );
    }
    const count = sizeOf(output.shape);
    const pairs = lengths.flatMap((length, axis) => [length, steps[axis]!]);
    const inwards = lengths.flatMap((_, axis) =>
      pairs.slice(pairs.length - 2 * axis - 2, pairs.length - 2 * axis)
    );
    return [{
      ...shader("broadcast.wgsl", broadcastShader, "broadcast"),
      operands: [OUTPUT, INPUT],
      uniforms: [
        word(count),
        word(lengths.length),
        ...viewOf(OUTPUT, output),
        ...viewOf(INPUT, input),
        ...[...inwards, ...new Array<number>(2 * MOST_AXES - inwards.length).fill(1)].map(word),
      ],
      workgroups: gridOf(count),
    }];
  },
  reshape: move,
  stopGradient: move,
  slice: ([input], output, { axis, start, size }) => {
    const [, length, inner] = aroundAxis(input.shape, axis);
    const run = size * inner;
    return [copyRuns(
      {
        count: sizeOf(output.shape),
        run,
        to: { start: 0, pitch: run },
        from: { start: start * inner, pitch: length * inner },
      },
      INPUT,
      input,
      output,
    )];
  },
  place: placeParts,
  dot: product,
  gather: ([table, rows], output) => {
    const count = sizeOf(output.shape);
    return [{
      ...shader("gather.wgsl", gatherShader, "gather"),
      operands: [OUTPUT, { input: 0 }, { input: 1 }],
      uniforms: [
        ...[count, blockOf(rows), table.shape[1]!, sizeOf(table.shape.slice(2))].map(word),
        ...viewOf(OUTPUT, output),
        ...viewOf({ input: 0 }, table),
        ...viewOf({ input: 1 }, rows),
      ],
      workgroups: gridOf(count),
    }];
  },
  scatterAdd: ([values, rows], output) => {
    const count = sizeOf(output.shape);
    return [{
      ...shader("scatter_add.wgsl", scatterAddShader, "scatter_add"),
      operands: [OUTPUT, { input: 0 }, { input: 1 }],
      uniforms: [
        ...[count, blockOf(rows), output.shape[1]!, sizeOf(output.shape.slice(2))].map(word),
        ...viewOf(OUTPUT, output),
        ...viewOf({ input: 0 }, values),
        ...viewOf({ input: 1 }, rows),
      ],
      workgroups: gridOf(count),
    }];
  },
  random,
  logAbsDet: matrixRule("log_abs_det"),
  signDet: matrixRule("sign_of_det"),
  inverse: matrixRule("invert"),
};
