/** Shape errors name the operation and the shapes, for every operation that has any. */
import { assert, fc } from "../deps.ts";
import { adamKernel, clockKernel } from "../../src/kernels/adam.ts";
import { dense, denseInput, denseWeight } from "../../src/kernels/dense.ts";
import { freezeWhereNotFinite } from "../../src/kernels/finite.ts";
import { ringKernel } from "../../src/kernels/replay.ts";
import { transitionsKernel } from "../../src/kernels/transitions.ts";
import { softValue } from "../../src/kernels/soft_value.ts";
import { stein } from "../../src/kernels/stein.ts";
import { call, input, type Tensor } from "../../src/tensor/expression.ts";
import { pullback } from "../../src/tensor/gradient.ts";
import * as p from "../../src/tensor/primitives.ts";
import { broadcastShape, f32, ShapeMismatch, sizeOf, u32 } from "../../src/tensor/shape.ts";

const x = (...shape: number[]): Tensor => input(f32(...shape));
const n = (...shape: number[]): Tensor => input(u32(...shape));

/** What is refused, the operation that the message must begin with, and all types that it must name. */
const refused: readonly (readonly [() => unknown, string, readonly string[]])[] = [
  [() => p.add(x(2, 3), x(4)), "add", ["f32[2,3]", "f32[4]"]],
  [() => p.mul(x(2), n(2)), "mul", ["f32[2]", "u32[2]"]],
  [() => p.div(x(2, 2), x(3, 2)), "div", ["f32[2,2]", "f32[3,2]"]],
  [() => p.maximum(x(5), x(6)), "maximum", ["f32[5]", "f32[6]"]],
  [() => p.less(x(5), x(6)), "less", ["f32[5]", "f32[6]"]],
  [() => p.remainder(x(5), n(5)), "remainder", ["f32[5]", "u32[5]"]],
  [() => p.neg(n(2)), "neg", ["u32[2]"]],
  [() => p.exp(n(2)), "exp", ["u32[2]"]],
  [() => p.log(n(2)), "log", ["u32[2]"]],
  [() => p.sqrt(n(2)), "sqrt", ["u32[2]"]],
  [() => p.tanh(n(2)), "tanh", ["u32[2]"]],
  [() => p.toReal(x(2)), "toReal", ["f32[2]"]],
  [() => p.select(x(3), x(2), x(2)), "select", ["f32[3]", "f32[2]"]],
  [() => p.sum(x(2, 3), 2), "sum", ["f32[2,3]"]],
  [() => p.max(x(2, 0), 1), "max", ["f32[2,0]"]],
  [() => p.orderStatistic(x(2, 3), 1, 3), "orderStatistic", ["f32[2,3]"]],
  [() => p.broadcast(x(2, 3), [2, 4]), "broadcast", ["f32[2,3]", "f32[2,4]"]],
  [() => p.reshape(x(2, 3), [5]), "reshape", ["f32[2,3]", "f32[5]"]],
  [() => p.slice(x(2, 3), 1, 2, 2), "slice", ["f32[2,3]"]],
  [() => p.concat([x(2, 3), x(3, 3)], 1), "place", ["f32[2,3]", "f32[3,3]"]],
  [() => p.place([x(2, 3), x(2, 3)], 1, [0, 2], 9), "place", ["f32[2,3]"]],
  [() => p.dot(x(2, 3), x(4, 5)), "dot", ["f32[2,3]", "f32[4,5]"]],
  [() => p.dot(x(1, 2, 3), x(2, 3, 5)), "dot", ["f32[1,2,3]", "f32[2,3,5]"]],
  [() => p.dot(x(2, 3), x(3, 2), { transposeB: true }), "dot", ["f32[2,3]", "f32[3,2]"]],
  [() => p.gather(x(2, 3), n(3, 1)), "gather", ["f32[2,3]", "u32[3,1]"]],
  [() => p.random(n(2, 2), n(3), "uniform", 0, [4]), "random", ["u32[2,2]", "u32[3]"]],
  [() => p.logAbsDet(x(2, 3)), "logAbsDet", ["f32[2,3]"]],
  [() => p.signDet(x(2, 3)), "signDet", ["f32[2,3]"]],
  [() => p.inverse(x(9, 9)), "inverse", ["f32[9,9]"]],
  [() => p.constant([1, 2], [3]), "constant", ["f32[3]"]],
  [() => dense(x(1, 2, 3), x(1, 3, 4)), "dense", ["f32[1,2,3]", "f32[1,3,4]"]],
  [() => dense(x(1, 6, 3), x(1, 4, 5), { addend: x(1, 2, 4) }), "dense", ["f32[1,2,4]", "f32[1,4,5]"]],
  [
    () => call(denseInput, [x(1, 2, 3), x(1, 4, 5)], { bias: true, mask: "identity" }),
    "denseInput",
    ["f32[1,2,3]", "f32[1,4,5]"],
  ],
  [
    () => call(denseWeight, [x(1, 2, 3), x(2, 2, 5)], { bias: true }),
    "denseWeight",
    ["f32[1,2,3]", "f32[2,2,5]"],
  ],
  [() => softValue(x(1, 2, 3), x(2), 0), "softValue", ["f32[1,2,3]", "f32[2]"]],
  [
    () => stein(x(1, 1, 1, 2), x(1, 1, 4, 2), x(1, 1, 1, 2), x(1), "median"),
    "stein",
    ["f32[1,1,1,2]", "f32[1,1,4,2]"],
  ],
  [() => call(clockKernel, [n(2), n(3)], { beta1: 0, beta2: 0 }), "clock", ["u32[2]", "u32[3]"]],
  [
    () =>
      call(adamKernel, [x(1, 4), x(1, 5), x(1, 4), x(1, 4), x(1, 3), x(1, 2), n(1)], {
        beta1: 0,
        beta2: 0,
        epsilon: 0,
        target: false,
      }),
    "adam",
    ["f32[1,4]", "f32[1,5]"],
  ],
  [() => freezeWhereNotFinite(x(2, 3), n(3), n(2)), "finite", ["f32[2,3]", "u32[3]"]],
  [
    () => call(ringKernel, [n(2, 2), n(2), n(3, 2), n(2, 1, 2)], { count: 1, capacity: 1, stream: 1 }),
    "ring",
    ["u32[2,2]", "u32[3,2]"],
  ],
  [
    () =>
      call(transitionsKernel, [n(2, 6, 2), x(2, 9, 1), x(2, 9, 2), x(2, 9, 3)], {
        first: [0, 0, 0],
        chained: false,
        turned: false,
      }),
    "transitions",
    ["u32[2,6,2]", "f32[2,9,1]"],
  ],
  [() => pullback([x(2)], [x(3)], []), "pullback", ["f32[2]", "f32[3]"]],
];

for (const [refuse, operation, types] of refused) {
  Deno.test(`${operation} refuses ${types.join(" and ")} with a message that names both`, () => {
    assert.throws(refuse, (error: unknown) => {
      assert(error instanceof ShapeMismatch, String(error));
      assert(error.message.startsWith(`${operation} cannot take `), error.message);
      for (const type of types) assert(error.message.includes(type), error.message);
      return true;
    });
  });
}

Deno.test("Broadcasting is commutative, keeps shapes that fit, and multiplies to the larger size", () =>
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(1, 2, 3), { maxLength: 4 }),
      fc.array(fc.constantFrom(1, 2, 3), { maxLength: 4 }),
      (a, b) => {
        const c = broadcastShape(a, b);
        assert.deepEqual(broadcastShape(b, a), c);
        assert.deepEqual(broadcastShape(a, a), a);
        if (c !== null) {
          assert.deepEqual(broadcastShape(a, c), c);
          assert(sizeOf(c) >= Math.max(sizeOf(a), sizeOf(b)));
        }
      },
    ),
    { seed: 1 },
  ));
