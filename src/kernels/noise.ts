/**
 * The random numbers of an update in one go: draws of several streams and laws, one after the other.
 *
 * Law, tested: each draw has the bits that `random` gives for its stream.
 *
 * @module
 */

import shader from "../../shaders/random.wgsl" with { type: "text" };
import { call, type Kernel, type Tensor } from "../tensor/expression.ts";
import { gridOfReplicas, word } from "../tensor/launch.ts";
import { concat, mul, random, slice, sub } from "../tensor/primitives.ts";
import { f32, sameType, ShapeMismatch, u32 } from "../tensor/shape.ts";

/** Some rows of random numbers. */
export interface Draw {
  /** How many rows. */
  readonly rows: number;
  /** Standard normal numbers, or uniform ones on (-1, 1). */
  readonly law: "normal" | "uniform";
  /** Number of the random stream, one of `STREAMS`. */
  readonly stream: number;
}

/** Parameters of {@link noiseKernel}. */
export interface Noise {
  /** Numbers in a row. */
  readonly width: number;
  /** What is drawn, at most {@link MOST_DRAWS}. */
  readonly draws: readonly Draw[];
}

/** Draws that one launch makes at most. */
export const MOST_DRAWS = 4;

const LAWS = { uniform: 0, normal: 1 } as const;

/** Inputs: key `u32[R,2]`, counter `u32[R]`. Output: the draws' rows one after the other, `[R,Σ rows,width]`. */
export const noiseKernel: Kernel<Noise> = {
  name: "noise",
  types: (types, { width, draws }) => {
    const [key, counter] = types, R = counter.shape[0]!;
    if (!sameType(key, u32(R, 2)) || !sameType(counter, u32(R)) || draws.length > MOST_DRAWS) {
      throw new ShapeMismatch(
        "noise",
        types,
        `it needs a key u32[R,2], a counter u32[R] and ${MOST_DRAWS} draws at most`,
      );
    }
    return [f32(R, draws.reduce((total, { rows }) => total + rows, 0), width)];
  },
  definition: ([key, counter], { width, draws }) => {
    const parts = draws.map(({ rows, law, stream }) => {
      const drawn = random(key, counter, law, stream, [rows, width]);
      return law === "normal" ? drawn : sub(mul(drawn, 2), 1);
    });
    return [concat(parts, 1)];
  },
  launches: ([, counter], _, { width, draws }) => {
    const operands = [{ output: 0 }, { input: 0 }, { input: 1 }];
    let start = 0, block = 0;
    const table = draws.flatMap(({ rows, law, stream }) => {
      const each = rows * width;
      const words = [start, each, block, 2 * stream + LAWS[law]];
      start += each;
      block += Math.ceil(each / 4);
      return words;
    });
    const rest = new Array<number>(4 * MOST_DRAWS - table.length).fill(0xffffffff); // no block lies there
    return [{
      file: "random.wgsl",
      source: shader,
      entryPoint: "noise",
      operands,
      uniforms: [
        ...[...table, ...rest].map(word),
        word(block),
        word(0),
        ...operands.map((place) => ({ place })),
      ],
      workgroups: gridOfReplicas(block, counter.shape[0]!),
    }];
  },
};

/**
 * The draws, each `[R,rows,width]`.
 *
 * @param key `u32[R,2]`
 * @param counter `u32[R]`
 */
export function noise(
  key: Tensor,
  counter: Tensor,
  width: number,
  draws: readonly Draw[],
): readonly Tensor[] {
  const [all] = call(noiseKernel, [key, counter], { width, draws });
  let start = 0;
  return draws.map(({ rows }) => {
    start += rows;
    return slice(all, 1, start - rows, rows);
  });
}
