/**
 * The random numbers of an update in one launch: draws from several streams and distributions, one after the other.
 *
 * Law, tested: each draw has the bits of `random` for its stream.
 *
 * @module
 */

import source from "../../shaders/random.wgsl" with { type: "text" };
import { call, type Kernel, type Tensor } from "../tensor/expression.ts";
import { gridOfReplicas } from "../tensor/launch.ts";
import { concat, mul, random, slice, sub } from "../tensor/primitives.ts";
import { shader } from "../tensor/shader.ts";
import { f32, sameType, u32 } from "../tensor/shape.ts";

/** Rows of random numbers. */
export interface Draw {
  /** Number of rows. */
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
  /** The draws, at most {@link MAX_DRAWS}. */
  readonly draws: readonly Draw[];
}

/** Maximum number of draws of one launch. */
export const MAX_DRAWS = 4;

const noiseShader = shader("random.wgsl", source, {
  draws: "array<vec4<u32>, 4>",
  blocks: "u32",
  out: "write",
  keys: "read",
  counters: "read",
});

/** Inputs: key `u32[R,2]`, counter `u32[R]`. Output: the draws' rows one after the other, `[R,Σ rows,width]`. */
export const noiseKernel: Kernel<Noise> = {
  name: "noise",
  types: (types, { width, draws }) => {
    const [key, counter] = types, R = counter.shape[0]!;
    const fits = sameType(key, u32(R, 2)) && sameType(counter, u32(R)) && draws.length <= MAX_DRAWS;
    return fits ? [f32(R, draws.reduce((total, { rows }) => total + rows, 0), width)] : null;
  },
  wants: `it needs a key u32[R,2], a counter u32[R] and ${MAX_DRAWS} draws at most`,
  definition: ([key, counter], { width, draws }) => {
    const parts = draws.map(({ rows, law, stream }) => {
      const drawn = random(key, counter, law, stream, [rows, width]);
      return law === "normal" ? drawn : sub(mul(drawn, 2), 1);
    });
    return [concat(parts, 1)];
  },
  launches: ([, counter], _, { width, draws }) => {
    let start = 0, blocks = 0;
    const table = draws.flatMap(({ rows, law, stream }) => {
      const each = rows * width;
      const words = [start, each, blocks, 2 * stream + Number(law === "normal")];
      start += each;
      blocks += Math.ceil(each / 4);
      return words;
    });
    const rest = new Array<number>(4 * MAX_DRAWS - table.length).fill(0xffffffff); // no block is that large
    return [noiseShader.launch("noise", gridOfReplicas(blocks, counter.shape[0]!), {
      draws: [...table, ...rest],
      blocks,
      out: { output: 0 },
      keys: { input: 0 },
      counters: { input: 1 },
    })];
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
