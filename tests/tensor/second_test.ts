/** Second derivatives, including those of kernels, and the guarantees of the backward pass. */
import { assert } from "../deps.ts";
import { dense } from "../../src/kernels/dense.ts";
import { softValue } from "../../src/kernels/soft_value.ts";
import { call, input, type Kernel, nameOf, type Tensor } from "../../src/tensor/expression.ts";
import { grad, gradient, pullback } from "../../src/tensor/gradient.ts";
import * as p from "../../src/tensor/primitives.ts";
import { programOf, trace } from "../../src/tensor/program.ts";
import { f32, type Operands, type Shape, sizeOf } from "../../src/tensor/shape.ts";
import { evaluate } from "../device/evaluate.ts";
import { numbers } from "../kernels/case.ts";

const weighted = (tensor: Tensor): Tensor => {
  const size = sizeOf(tensor.shape);
  const weights = Array.from({ length: size }, (_, i) => Math.cos(1 + 3 * i));
  return p.sum(p.mul(p.reshape(tensor, [size]), p.constant(weights, [size])), 0);
};

/** A kernel without a derivative of its own. */
const cube: Kernel<null> = {
  name: "cube",
  types: ([type]) => [type],
  definition: ([x]) => [p.mul(x, p.mul(x, x))],
};

const cases: Readonly<Record<string, readonly [readonly Shape[], (...xs: Tensor[]) => Tensor]>> = {
  "a tanh layer with bias": [[[1, 3, 2], [1, 3, 4]], (x, w) => dense(x, w, { activation: "tanh" })],
  "two layers, relu under tanh": [
    [[2, 3, 2], [2, 3, 5], [2, 6, 2]],
    (x, w, v) => dense(dense(x, w, { activation: "relu" }), v, { activation: "tanh" }),
  ],
  "a layer with an addend": [
    [[1, 4, 2], [1, 2, 3], [1, 2, 3]],
    (x, w, a) => dense(x, w, { bias: false, addend: a, activation: "tanh" }),
  ],
  "the soft value": [[[1, 2, 4], [1, 2, 4]], (q, d) => softValue(q, p.constant(0.8, [1]), d)],
  "a kernel without a derivative of its own": [[[2, 3]], (x) => call(cube, [x], null)[0]],
  "the logarithm of a determinant": [[[1, 3, 3]], p.logAbsDet],
  "an inverse": [[[1, 2, 2]], p.inverse],
  "a quotient of roots and logarithms": [
    [[3], [3]],
    (a, b) => p.div(p.sqrt(p.add(p.mul(a, a), 1)), p.log(p.add(p.exp(b), 2))),
  ],
};

for (const [title, [shapes, f]] of Object.entries(cases)) {
  Deno.test(`The derivative of the derivative of ${title} agrees with differences of the derivative`, async () => {
    const xs = shapes.map((shape) => input(f32(...shape)));
    const inputs = Object.fromEntries(xs.map((x, k) => [`x${k}`, x]));
    const values = shapes.map((shape, k) => numbers(7, k, sizeOf(shape)));
    const first = gradient(weighted(f(...xs)), xs);
    const penalty = first.map((g) => weighted(p.mul(g, g))).reduce(p.add);
    const second = gradient(penalty, xs);
    const at = (moved: number[][]): Promise<Record<string, number[]>> =>
      evaluate(inputs, Object.fromEntries(moved.map((v, k) => [`x${k}`, v])), {
        penalty,
        ...Object.fromEntries(second.map((g, k) => [`g${k}`, g])),
      });
    const here = await at(values), h = 1e-5;
    for (let k = 0; k < values.length; k++) {
      for (let i = 0; i < values[k]!.length; i++) {
        const shifted = (step: number) =>
          values.map((v, m) => v.map((x, j) => m === k && j === i ? x + step : x));
        const difference =
          ((await at(shifted(h)))["penalty"]![0]! - (await at(shifted(-h)))["penalty"]![0]!) / (2 * h);
        const found = here[`g${k}`]![i]!;
        // As for first derivatives: truncation h² f‴/6 and rounding 2e-16 |f| / h, with |f| below 1000.
        assert(
          Math.abs(found - difference) <= 2e-6 * (1 + Math.abs(found)),
          `element ${i} of operand ${k}: ${found} against ${difference}`,
        );
      }
    }
  });
}

Deno.test("The cotangent of a layer below joins the product that it comes from", () => {
  const x = input(f32(1, 3, 2)), w = input(f32(1, 3, 5)), v = input(f32(1, 6, 2));
  const y = dense(dense(x, w, { activation: "relu" }), v);
  const { equations } = programOf({ x, w, v }, { dw: gradient(weighted(y), [w])[0] });
  const names = equations.map(({ operation }) => nameOf(operation));
  assert.deepEqual(names.filter((name) => name.startsWith("dense")), ["dense", "denseInput", "denseWeight"]);
  assert(!names.includes("less"), "the mask is a product of its own");
});

Deno.test("Replicas do not touch each other: the gradient of a vector of losses is each one's own", async () => {
  const w = input(f32(3, 2)), loss = p.sum(p.mul(w, p.mul(w, w)), 1);
  const { g } = await evaluate({ w }, { w: [1, 2, 3, 4, 5, 6] }, { g: gradient(loss, [w])[0] });
  assert.deepEqual(g, [3, 12, 27, 48, 75, 108]);
});

Deno.test("A derivative by an intermediate tensor stops there, and by an input that is not used is zero", async () => {
  const x = input(f32(2)), unused = input(f32(3));
  const u = p.mul(x, x), y = p.mul(u, u);
  const [du, none] = gradient(y, [u, unused]);
  const found = await evaluate({ x, unused }, { x: [2, 3], unused: [1, 1, 1] }, { du, none });
  assert.deepEqual(found, { du: [8, 18], none: [0, 0, 0] });
});

Deno.test("Nothing flows through stopGradient, words or comparisons", async () => {
  const x = input(f32(2));
  const y = p.add(p.mul(p.stopGradient(x), x), p.mul(p.less(x, 1), 5));
  const { g } = await evaluate({ x }, { x: [0.5, 3] }, { g: gradient(y, [x])[0] });
  assert.deepEqual(g, [0.5, 3]);
});

Deno.test("pullback is linear in its cotangents", async () => {
  const x = input(f32(1, 2, 3)), w = input(f32(1, 4, 2));
  const y = dense(x, w, { activation: "tanh" });
  const [a, b] = [0, 1].map(() => input(f32(1, 2, 2))) as Operands<Tensor>;
  const of = (cotangent: Tensor): Tensor => pullback([y], [cotangent], [x])[0];
  const { both, apart } = await evaluate({ x, w, a, b }, {
    x: numbers(1, 0, 6),
    w: numbers(1, 1, 8),
    a: numbers(1, 2, 4),
    b: numbers(1, 3, 4),
  }, { both: of(p.add(p.mul(a, 2), b)), apart: p.add(p.mul(of(a), 2), of(b)) });
  both.forEach((g, i) => assert(Math.abs(g - apart[i]!) < 1e-13));
});

Deno.test("grad adds its outputs by name, and names what the program does not have", () => {
  const program = trace({ x: f32(2), w: f32(2) }, ({ x, w }) => ({ y: p.sum(p.mul(x, w), 0), z: p.neg(x) }));
  const twice = grad(grad(program, "y", ["x"]), "dy/dx", ["w"]);
  assert.deepEqual(twice.outputs.map(({ name }) => name), ["y", "z", "dy/dx", "ddy/dx/dw"]);
  assert.throws(() => grad(program, "q", ["x"]), /no output named "q"/);
  assert.throws(() => grad(program, "y", ["v"]), /no input named "v"/);
});
