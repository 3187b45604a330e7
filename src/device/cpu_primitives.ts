/**
 * The primitives that the CPU device computes in WebAssembly, as calls of its routines.
 *
 * @module
 */

import { arityOf, elementwise, type ElementwiseName, elementwiseNames } from "../tensor/elementwise.ts";
import { DISTRIBUTIONS } from "../tensor/loops.ts";
import type { PrimitiveName, Primitives } from "../tensor/primitives.ts";
import { COST, routine, type RoutineCall } from "../tensor/routine.ts";
import { aroundAxis, blockOf, type Operands, sizeOf, type TensorType } from "../tensor/shape.ts";
import { mergeAxes } from "./axes.ts";

/** The call that computes a primitive on operands of given types; null if no routine supports them. */
type PrimitiveCall<P> = (inputs: Operands<TensorType>, output: TensorType, params: P) => RoutineCall | null;

/** The elementwise primitives with a SIMD form, in the order of the routine's operation numbers. */
export const SIMD_NAMES = elementwiseNames.filter((name) => elementwise[name].simd !== undefined);

/** Elementwise operations; items are elements. */
export const mapRoutine = routine("map", {
  operation: SIMD_NAMES,
  a: "read",
  b: "read?",
  c: "read?",
  out: "write",
});

const map = (name: ElementwiseName): PrimitiveCall<unknown> => (inputs, output) => {
  if (inputs.some(({ element }) => element !== "f32") && name !== "select") return null;
  const together = output.shape.length === 0 || output.shape[0]! === 0;
  const operand = (input: number) => input < arityOf(name) ? { input } : null;
  return mapRoutine.call(
    { items: together ? sizeOf(output.shape) : blockOf(output), cost: COST.element, grain: 4, together },
    {
      operation: name,
      ...{ a: operand(0), b: operand(1), c: operand(2), out: { output: 0 } },
    },
  );
};

const MAX_AXES = 3;

/** Elements repeated along at most three axes, of which the innermost has step 0 or 1; items are outer indices. */
export const repeatRoutine = routine("repeat", {
  source: "read",
  out: "write",
  middleLength: "u32",
  middleStep: "u32",
  innerLength: "u32",
  innerStep: "u32",
  outerStep: "u32",
});

const broadcast: PrimitiveCall<Primitives["broadcast"]> = ([{ shape: from }], { shape: to }) => {
  const ranked = from.length === to.length;
  const { lengths, steps: [steps] } = mergeAxes(to.slice(1), [ranked ? from.slice(1) : from]);
  const missing = MAX_AXES - lengths.length;
  if (to.length === 0 || missing < 0) return null;
  const [outer, middle, inner] = [...new Array<number>(missing).fill(1), ...lengths];
  const [outerStep, middleStep, innerStep] = [...new Array<number>(missing).fill(0), ...steps];
  return repeatRoutine.call({ items: outer!, cost: middle! * inner! * COST.element }, {
    // An operand without the replicas' axis, or with a single replica, serves all.
    source: { input: 0, shared: !ranked || from[0] !== to[0] },
    out: { output: 0 },
    middleLength: middle!,
    middleStep: middleStep!,
    innerLength: inner!,
    innerStep: innerStep!,
    outerStep: outerStep!,
  });
};

/** Sums of rows; items are groups. */
export const groupSumsRoutine = routine("groupSums", {
  source: "read",
  sums: "write",
  group: "u32",
  columns: "u32",
});

const sum: PrimitiveCall<Primitives["sum"]> = ([{ shape }], _, { axis }) => {
  if (sizeOf(shape) === 0) return null;
  const together = axis === 0;
  const [outer, length, inner] = aroundAxis(shape, axis);
  return groupSumsRoutine.call(
    { items: together ? outer : outer / shape[0]!, cost: length * inner * COST.element, together },
    { source: { input: 0 }, sums: { output: 0 }, group: length, columns: inner },
  );
};

/** Random numbers; items are blocks of four elements. */
export const randomRoutine = routine("random", {
  distribution: DISTRIBUTIONS,
  key: "read",
  counter: "read",
  limit: "read?",
  stream: "u32",
  count: "u32",
  out: "write",
});

const random: PrimitiveCall<Primitives["random"]> = (inputs, output, { distribution, stream }) => {
  const count = blockOf(output);
  return randomRoutine.call({ items: Math.ceil(count / 4), cost: 4 * COST.random, grain: 4 }, {
    distribution,
    key: { input: 0 },
    counter: { input: 1 },
    limit: inputs.length === 3 ? { input: 2 } : null,
    stream,
    count,
    out: { output: 0 },
  });
};

/** The primitives that have a routine. */
export const primitiveCalls: { readonly [K in PrimitiveName]?: PrimitiveCall<Primitives[K]> } = {
  ...Object.fromEntries(SIMD_NAMES.map((name) => [name, map(name)])),
  ...{ broadcast, sum, random },
};
