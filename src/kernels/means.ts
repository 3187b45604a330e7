/**
 * Means of several lines in one launch, for metrics.
 *
 * @module
 */

import source from "../../shaders/means.wgsl" with { type: "text" };
import { call, type Kernel, type Tensor } from "../tensor/expression.ts";
import { gridOfReplicas } from "../tensor/launch.ts";
import { concat, mean, reshape, slice } from "../tensor/primitives.ts";
import { shader } from "../tensor/shader.ts";
import { f32 } from "../tensor/shape.ts";

/** Lines that one launch can read. */
export const MAX_LINES = 4;

const meansShader = shader("means.wgsl", source, {
  count: "u32",
  lengths: "vec4<u32>",
  out: "write",
  a: "read",
  b: "read?",
  c: "read?",
  d: "read?",
});

/** Inputs: at most {@link MAX_LINES} lines `[R,B]`. Output: their means `[R,n]`. */
export const meansKernel: Kernel<null> = {
  name: "means",
  types: (types) => {
    const R = types[0].shape[0]!;
    const fits = types.length <= MAX_LINES &&
      types.every(({ shape }) => shape.length === 2 && shape[0] === R);
    return fits ? [f32(R, types.length)] : null;
  },
  wants: `it needs at most ${MAX_LINES} lines [R,B]`,
  definition: (lines) => [concat(lines.map((line) => reshape(mean(line, 1), [line.shape[0]!, 1])), 1)],
  launches: (types) => {
    const line = (input: number) => input < types.length ? { input } : null;
    return [meansShader.launch("means", gridOfReplicas(types.length, types[0].shape[0]!), {
      count: types.length,
      lengths: [0, 1, 2, 3].map((k) => types[k]?.shape[1] ?? 0),
      ...{ out: { output: 0 }, a: line(0), b: line(1), c: line(2), d: line(3) },
    })];
  },
};

/** The mean of each line `[R,B]`, each `[R]`. */
export function meansOf<L extends readonly Tensor[]>(
  lines: readonly [...L],
): { readonly [K in keyof L]: Tensor } {
  const [means] = call(meansKernel, lines, null);
  return lines.map((line, k) => reshape(slice(means, 1, k, 1), [line.shape[0]!])) as {
    [K in keyof L]: Tensor;
  };
}
