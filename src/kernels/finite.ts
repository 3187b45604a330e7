/**
 * The finite check: which replicas have computed a number that is none, and at which update they first did.
 *
 * WGSL lets a compiler assume that non-finite numbers do not exist, so the shader looks at the exponent's bits.
 *
 * @module
 */

import shader from "../../shaders/finite.wgsl" with { type: "text" };
import { call, type Kernel, type Tensor } from "../tensor/expression.ts";
import { gridOf, gridOfReplicas, word } from "../tensor/launch.ts";
import { constant, less, maximum, neg, reshape, select, sub, sum, toReal } from "../tensor/primitives.ts";
import { sameShape, ShapeMismatch, sizeOf, u32 } from "../tensor/shape.ts";

/** Numbers that one invocation of the shader looks at. */
const CHUNK = 128;

/** Inputs: values `[R,…]`, frozen `u32[R]`, update number `u32[R]`. Output: frozen, or the update's number where a value of the replica is not finite. */
export const finiteKernel: Kernel<null> = {
  name: "finite",
  types: (types) => {
    const [values, frozen, update] = types;
    const R = values.shape[0];
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
    const R = values.shape[0];
    const flat = reshape(values, [R, sizeOf(values.shape) / R]);
    // Comparisons with a NaN are false.
    const finite = less(maximum(flat, neg(flat)), constant(Infinity));
    const bad = less(constant(0), sum(sub(1, finite), 1));
    const already = less(constant(0), toReal(frozen));
    return [select(already, frozen, select(bad, update, frozen))];
  },
  inPlace: () => [[0, 1]],
  scratch: ([{ shape: [R, ...rest] }]) => [R * Math.ceil(sizeOf(rest) / CHUNK)],
  launches: ([{ shape: [R, ...rest] }]) => {
    const count = sizeOf(rest), chunks = Math.ceil(count / CHUNK);
    const common = {
      file: "finite.wgsl",
      source: shader,
      uniforms: [
        ...[count, chunks, R].map(word),
        { place: { input: 0 } },
        { place: { output: 0 } },
        { place: { input: 2 } },
      ],
    };
    const words = { scratch: 0 };
    return [
      {
        ...common,
        entryPoint: "chunks",
        operands: [words, { input: 0 }],
        workgroups: gridOfReplicas(chunks, R),
      },
      {
        ...common,
        entryPoint: "flags",
        operands: [words, { output: 0 }, { input: 2 }],
        workgroups: gridOf(R),
      },
    ];
  },
};

/** Freezes the replicas of which a value is not finite; shapes as in {@link finiteKernel}. */
export const freezeWhereNotFinite = (values: Tensor, frozen: Tensor, update: Tensor): Tensor =>
  call(finiteKernel, [values, frozen, update], null)[0];
