/**
 * Constant folding: values that depend on constants alone are computed once, when the program is laid out.
 *
 * @module
 */

import type { Values } from "./loops.ts";
import { type PrimitiveName, primitives, type Rule, workOf } from "./primitives.ts";
import type { Program, Variable } from "./program.ts";
import { type Operands, sizeOf, type TensorType } from "./shape.ts";
import { unitsOf } from "./units.ts";

/** Values of all variables that depend on constants alone, in float64, computed in units. */
export function* foldConstants(program: Program): Generator<void, Map<Variable, Values>, void> {
  const known = new Map<Variable, Values>();
  for (const { operation, inputs, outputs } of program.equations) {
    if (operation.kind !== "primitive" || !inputs.every((v) => known.has(v))) continue;
    const [v] = outputs as [number];
    const type = program.types[v]!;
    const out = type.element === "u32"
      ? new Uint32Array(sizeOf(type.shape))
      : new Float64Array(sizeOf(type.shape));
    const rule = primitives[operation.name as PrimitiveName] as Rule<unknown>;
    const types = inputs.map((x) => program.types[x]) as Operands<TensorType>;
    const operands = inputs.map((x) => known.get(x)!) as Operands<Values>;
    for (const unit of unitsOf(workOf(rule, types, type, operation.params))) {
      rule.evaluate(operands, out, types, operation.params, unit);
      yield;
    }
    known.set(v, out);
  }
  return known;
}
