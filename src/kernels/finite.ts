/**
 * The finiteness check: which replicas have computed a non-finite number, and at which update they first did.
 *
 * WGSL lets a compiler assume that non-finite numbers do not exist, so the shader tests the exponent's bits.
 *
 * @module
 */

import source from "../../shaders/finite.wgsl" with { type: "text" };
import { call, type Kernel, type Tensor } from "../tensor/expression.ts";
import { gridOfReplicas } from "../tensor/launch.ts";
import { constant, less, maximum, neg, reshape, select, sub, sum, toReal } from "../tensor/primitives.ts";
import { COST, type Routine, routine } from "../tensor/routine.ts";
import { shader } from "../tensor/shader.ts";
import { blockOf, type Operands, sameShape, sizeOf, type TensorType, u32 } from "../tensor/shape.ts";

/** The words and buffers of the shader and of the routine. */
export const FINITE_LAYOUT = {
  count: "u32",
  moreCount: "u32",
  flags: "write",
  update: "read",
  values: "read",
  more: "read?",
} as const;

const finiteShader = shader("finite.wgsl", source, FINITE_LAYOUT);

/** The WebAssembly routine; all values are one item. */
export const finiteRoutine: Routine<typeof FINITE_LAYOUT> = routine("finite", FINITE_LAYOUT);

const given = ([values, , , more]: Operands<TensorType | undefined>) => ({
  count: blockOf(values!),
  moreCount: more === undefined ? 0 : blockOf(more),
  flags: { output: 0 },
  update: { input: 2 },
  values: { input: 0 },
  more: more === undefined ? null : { input: 3 },
});

/** Numbers that one invocation of the shader tests. */
const CHUNK = 128;

/** Whether a replica has a non-finite value, `[R]`. */
function spoilt(values: Tensor): Tensor {
  const R = values.shape[0]!, flat = reshape(values, [R, sizeOf(values.shape) / R]);
  // Comparisons with a NaN are false.
  const finite = less(maximum(flat, neg(flat)), constant(Infinity));
  return less(constant(0), sum(sub(1, finite), 1));
}

/**
 * Inputs: values `[R,…]`, frozen `u32[R]`, update number `u32[R]`, and optionally more values `[R,…]`. Output:
 * frozen, or the update's number for a replica with a non-finite value.
 */
export const finiteKernel: Kernel<null> = {
  name: "finite",
  types: ([values, frozen, update, more]: Operands<TensorType | undefined>) => {
    const R = values!.shape[0]!, fits = [frozen, update].every((each) => sameShape(each!.shape, [R]));
    return fits && (more === undefined || more.shape[0] === R) ? [u32(R)] : null;
  },
  wants: "it needs values [R,…], frozen u32[R], update numbers u32[R] and maybe more values [R,…]",
  definition: ([values, frozen, update, ...more]) => {
    const bad = more.map(spoilt).reduce(maximum, spoilt(values));
    return [select(less(constant(0), toReal(frozen)), frozen, select(bad, update, frozen))];
  },
  inPlace: () => [[0, 1]],
  launches: (types) => {
    const fields = given(types);
    const chunks = Math.ceil(fields.count / CHUNK) + Math.ceil(fields.moreCount / CHUNK);
    return [finiteShader.launch("finite", gridOfReplicas(chunks, types[0].shape[0]!), fields)];
  },
  calls: (types) => {
    const fields = given(types);
    return [finiteRoutine.call({ items: 1, cost: (fields.count + fields.moreCount) * COST.element }, fields)];
  },
};

/** Freezes the replicas that have a non-finite value; shapes as in {@link finiteKernel}. */
export const freezeWhereNotFinite = (
  values: Tensor,
  frozen: Tensor,
  update: Tensor,
  ...more: readonly Tensor[]
): Tensor => call(finiteKernel, [values, frozen, update, ...more], null)[0];
