/**
 * Means of several lines in one go, for metrics.
 *
 * @module
 */

import shader from "../../shaders/means.wgsl" with { type: "text" };
import { call, type Kernel, type Tensor } from "../tensor/expression.ts";
import { gridOfReplicas, type Operand, word } from "../tensor/launch.ts";
import { concat, mean, reshape, slice } from "../tensor/primitives.ts";
import { f32, ShapeMismatch } from "../tensor/shape.ts";

/** Lines that one launch can read. */
export const MOST_LINES = 4;

/** Inputs: at most {@link MOST_LINES} lines `[R,B]`. Output: their means `[R,n]`. */
export const meansKernel: Kernel<null> = {
  name: "means",
  types: (types) => {
    const R = types[0].shape[0]!;
    if (types.length > MOST_LINES || types.some(({ shape }) => shape.length !== 2 || shape[0] !== R)) {
      throw new ShapeMismatch("means", types, `it needs at most ${MOST_LINES} lines [R,B]`);
    }
    return [f32(R, types.length)];
  },
  definition: (lines) => [concat(lines.map((line) => reshape(mean(line, 1), [line.shape[0]!, 1])), 1)],
  launches: (types) => {
    const lines: readonly Operand[] = Array.from(
      { length: MOST_LINES },
      (_, k) => ({ input: Math.min(k, types.length - 1) }),
    );
    const operands = [{ output: 0 }, ...lines];
    return [{
      file: "means.wgsl",
      source: shader,
      entryPoint: "means",
      operands,
      uniforms: [
        word(types.length),
        word(0),
        ...operands.map((place) => ({ place })),
        ...lines.map((line) => word("input" in line ? types[line.input]!.shape[1]! : 0)),
      ],
      workgroups: gridOfReplicas(types.length, types[0].shape[0]!),
    }];
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
