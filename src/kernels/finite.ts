/**
 * The finite check: which replicas have computed a non-finite number, and at which update they first did.
 *
 * WGSL lets a compiler assume that non-finite numbers do not exist, so the shader looks at the exponent's bits.
 *
 * @module
 */

import source from "../../shaders/finite.wgsl" with { type: "text" };
import { call, type Kernel, type Tensor } from "../tensor/expression.ts";
import { gridOfReplicas, type Launch } from "../tensor/launch.ts";
import { constant, less, maximum, neg, reshape, select, sub, sum, toReal } from "../tensor/primitives.ts";
import { COST, type Routine, routine } from "../tensor/routine.ts";
import { shader } from "../tensor/shader.ts";
import {
  blockOf,
  type Operands,
  sameShape,
  ShapeMismatch,
  sizeOf,
  type TensorType,
  u32,
} from "../tensor/shape.ts";

/** The words and buffers of the shader and of the routine. */
export const FINITE_LAYOUT = {
  count: "u32",
  moreCount: "u32",
  flags: "write",
  update: "read",
  values: "read",
  more: "read",
} as const;

const finiteShader = shader("finite.wgsl", source, FINITE_LAYOUT);

/** The WebAssembly routine, which looks at no more than the values; they are one item. */
export const finiteRoutine: Routine<typeof FINITE_LAYOUT> = routine("finite", FINITE_LAYOUT);

/** What one or two tensors give launch and routine. */
const given = (values: TensorType, more?: TensorType) => ({
  count: blockOf(values),
  moreCount: more === undefined ? 0 : blockOf(more),
  flags: { output: 0 },
  update: { input: 2 },
  values: { input: 0 },
  more: more === undefined ? null : { input: 3 },
});

/** Numbers that one invocation of the shader looks at. */
const CHUNK = 128;

/** Inputs: values `[R,…]`, frozen `u32[R]`, update number `u32[R]`. Output: frozen, or the update's number where a value of the replica is not finite. */
export const finiteKernel: Kernel<null> = {
  name: "finite",
  types: (types) => {
    const [values, frozen, update] = types;
    const R = values.shape[0]!;
    if (!sameShape(frozen.shape, [R]) || !sameShape(update.shape, [R])) {
      throw new ShapeMismatch(
        "finite",
        types,
        "it needs values [R,…], frozen u32[R] and update numbers u32[R]",
      );
    }
    return [u32(R)];
  },
  definition: ([values, frozen, update]) => {
    const R = values.shape[0]!;
    const flat = reshape(values, [R, sizeOf(values.shape) / R]);
    // Comparisons with a NaN are false.
    const finite = less(maximum(flat, neg(flat)), constant(Infinity));
    const bad = less(constant(0), sum(sub(1, finite), 1));
    const already = less(constant(0), toReal(frozen));
    return [select(already, frozen, select(bad, update, frozen))];
  },
  inPlace: () => [[0, 1]],
  launches: ([values]) => [launchOf(values)],
  routine: ([values]) =>
    finiteRoutine.call({ items: 1, cost: blockOf(values) * COST.element }, given(values)),
};

/**
 * {@link finiteKernel} for two tensors at once. Inputs: values `[R,…]`, frozen `u32[R]`, update number `u32[R]`, more
 * values `[R,…]`.
 */
export const finitePairKernel: Kernel<null> = {
  name: "finitePair",
  types: ([values, frozen, update, more]) => {
    finiteKernel.types([values, frozen, update] as TensorType[] as Operands<TensorType>, null);
    return finiteKernel.types([more, frozen, update] as TensorType[] as Operands<TensorType>, null);
  },
  definition: ([values, frozen, update, more]) => {
    const [ofFirst] = call(finiteKernel, [values, frozen, update], null);
    return call(finiteKernel, [more, ofFirst, update], null);
  },
  inPlace: () => [[0, 1]],
  launches: ([values, , , more]) => [launchOf(values, more)],
};

/** The launch that looks at one or two tensors. */
function launchOf(values: TensorType, more?: TensorType): Launch {
  const chunks = [values, ...more === undefined ? [] : [more]].reduce(
    (total, tensor) => total + Math.ceil(blockOf(tensor) / CHUNK),
    0,
  );
  const grid = gridOfReplicas(chunks, values.shape[0]!);
  return finiteShader.launch(more === undefined ? "finite" : "finite_pair", grid, given(values, more));
}

/** Freezes the replicas of which a value is not finite; shapes as in {@link finiteKernel}. */
export const freezeWhereNotFinite = (
  values: Tensor,
  frozen: Tensor,
  update: Tensor,
  more?: Tensor,
): Tensor =>
  more === undefined
    ? call(finiteKernel, [values, frozen, update], null)[0]
    : call(finitePairKernel, [values, frozen, update, more], null)[0];
