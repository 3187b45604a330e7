/**
 * Constant folding: values that depend on constants alone are computed once, when the program is laid out.
 *
 * @module
 */

import type { Values } from "./loops.ts";
import { type PrimitiveName, primitives, type Rule } from "./primitives.ts";
import type { Program, Variable } from "./program.ts";
import { type Operands, sizeOf, type TensorType } from "./shape.ts";

/** Values of all variables that depend on constants alone, in float64. */
export function foldConstants(program: Program): Map<Variable, Values> {
  const known = new Map<Variable, Values>();
  for (const { operation, inputs, outputs } of program.equations) {
    if (operation.kind !== "primitive" || !inputs.every((v) => known.has(v))) continue;
    const [v] = outputs as [number];
    const type = program.types[v]!;
    const out = type.element === "u32"
      ? new Uint32Array(sizeOf(type.shape))
      : new Float64Array(sizeOf(type.shape));
    (primitives[operation.name as PrimitiveName] as Rule<unknown>).evaluate(
      inputs.map((x) => known.get(x)!) as Operands<Values>,
      out,
      inputs.map((x) => program.types[x]) as Operands<TensorType>,
      operation.params,
    );
    known.set(v, out);
  }
  return known;
}
