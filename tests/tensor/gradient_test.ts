import { assert, fc } from "../deps.ts";
import { gradient } from "../../src/tensor/gradient.ts";
import { input, type Tensor } from "../../src/tensor/expression.ts";
import * as p from "../../src/tensor/primitives.ts";
import { uniform } from "../../src/random/draw.ts";
import { child, keyOf } from "../../src/random/key.ts";
import { f32, type Shape, sizeOf } from "../../src/tensor/shape.ts";
import { evaluate } from "../device/evaluate.ts";

interface Case {
  readonly title: string;
  readonly shapes: readonly Shape[];
  readonly f: (...xs: Tensor[]) => Tensor;
  /** Keeps random operands where the function is smooth. */
  readonly domain?: (x: number) => number;
}

const positive = (x: number): number => 0.5 + Math.abs(x);
const cases: readonly Case[] = [
  { title: "neg", shapes: [[3]], f: p.neg },
  { title: "exp", shapes: [[2, 3]], f: p.exp },
  { title: "log", shapes: [[4]], f: p.log, domain: positive },
  { title: "sqrt", shapes: [[4]], f: p.sqrt, domain: positive },
  { title: "tanh", shapes: [[5]], f: p.tanh },
  { title: "sin", shapes: [[5]], f: p.sin },
  { title: "add with broadcasting", shapes: [[2, 3], [3]], f: p.add },
  { title: "sub with broadcasting", shapes: [[2, 1], [3]], f: p.sub },
  { title: "mul with broadcasting", shapes: [[2, 1, 4], [3, 1]], f: p.mul },
  { title: "mul of a tensor with itself", shapes: [[3]], f: (x) => p.mul(x, x) },
  { title: "div", shapes: [[2, 3], [2, 3]], f: p.div, domain: positive },
  { title: "maximum", shapes: [[6], [6]], f: p.maximum },
  { title: "minimum", shapes: [[6], [6]], f: p.minimum },
  { title: "less inside select", shapes: [[6], [6]], f: (a, b) => p.select(p.less(a, b), p.mul(a, b), b) },
  { title: "sum", shapes: [[2, 3, 4]], f: (x) => p.sum(x, 1) },
  { title: "mean", shapes: [[2, 3]], f: (x) => p.mean(x, 0) },
  { title: "max", shapes: [[2, 5]], f: (x) => p.max(x, 1) },
  { title: "orderStatistic", shapes: [[2, 5]], f: (x) => p.orderStatistic(x, 1, 2) },
  { title: "broadcast", shapes: [[3, 1]], f: (x) => p.broadcast(x, [2, 3, 4]) },
  { title: "reshape", shapes: [[2, 6]], f: (x) => p.reshape(x, [3, 4]) },
  { title: "slice", shapes: [[3, 5]], f: (x) => p.slice(x, 1, 1, 3) },
  { title: "place", shapes: [[2, 2], [2, 1]], f: (a, b) => p.place([a, b], 1, [1, 4], 6) },
  { title: "dot NN", shapes: [[2, 3, 4], [2, 4, 5]], f: (a, b) => p.dot(a, b) },
  { title: "dot NT", shapes: [[3, 4], [5, 4]], f: (a, b) => p.dot(a, b, { transposeB: true }) },
  { title: "dot TN", shapes: [[4, 3], [4, 5]], f: (a, b) => p.dot(a, b, { transposeA: true }) },
  {
    title: "dot TT",
    shapes: [[4, 3], [5, 4]],
    f: (a, b) => p.dot(a, b, { transposeA: true, transposeB: true }),
  },
  {
    title: "gather",
    shapes: [[2, 3, 2]],
    f: (table) => p.gather(table, p.constant([0, 2, 2, 1, 1, 0, 2, 0], [2, 4], "u32")),
  },
  {
    title: "scatterAdd",
    shapes: [[2, 4, 2]],
    f: (x) => p.emit("scatterAdd", [x, p.constant([0, 2, 2, 1, 1, 0, 2, 0], [2, 4], "u32")], { rows: 3 }),
  },
  { title: "logAbsDet", shapes: [[2, 3, 3]], f: p.logAbsDet },
  { title: "inverse", shapes: [[2, 2]], f: p.inverse },
];

/** Operands between -1.5 and 1.5 from a seed: generic numbers, while fast-check's own doubles favour equal ones. */
const operands = (shapes: readonly Shape[], domain = (x: number) => x): fc.Arbitrary<number[][]> =>
  fc.nat().map((seed) =>
    shapes.map((shape, k) =>
      [...uniform(child(keyOf(seed), k), sizeOf(shape))].map((u) => domain(3 * u - 1.5))
    )
  );

for (const { title, shapes, f, domain } of cases) {
  Deno.test(`The derivative of ${title} agrees with central differences in float64`, async () => {
    const xs = shapes.map((shape) => input(f32(...shape)));
    const inputs = Object.fromEntries(xs.map((x, k) => [`x${k}`, x]));
    // A weighted sum with irregular weights, so that no error in one element hides another.
    const y = f(...xs);
    const size = sizeOf(y.shape);
    const weights = p.constant(Array.from({ length: size }, (_, i) => Math.cos(1 + 3 * i)), [size]);
    const loss = p.sum(p.mul(p.reshape(y, [size]), weights), 0);
    const gradients = gradient(loss, xs);
    const outputs = { loss, ...Object.fromEntries(gradients.map((g, k) => [`g${k}`, g])) };
    const h = 1e-5;
    await fc.assert(
      fc.asyncProperty(operands(shapes, domain), async (values) => {
        const named = (vs: number[][]) => Object.fromEntries(vs.map((v, k) => [`x${k}`, v]));
        // Away from the kinks of max, maximum and orderStatistic, and from singular matrices.
        const flat = values.flat();
        fc.pre(flat.every((a, i) => flat.every((b, j) => i === j || Math.abs(a - b) > 1e-3)));
        const at = await evaluate(inputs, named(values), outputs);
        fc.pre(Math.abs(at["loss"]![0]!) < 20 && Object.values(at).flat().every((x) => Math.abs(x) < 100));
        for (let k = 0; k < values.length; k++) {
          for (let i = 0; i < values[k]!.length; i++) {
            const moved = (step: number) =>
              named(values.map((v, m) => v.map((x, j) => m === k && j === i ? x + step : x)));
            const up = await evaluate(inputs, moved(h), { loss });
            const down = await evaluate(inputs, moved(-h), { loss });
            const difference = (up["loss"]![0]! - down["loss"]![0]!) / (2 * h);
            const found = at[`g${k}`]![i]!;
            // The truncation error is h²f‴/6 and the rounding error about 2e-16·|f|/h; both lie below 1e-7 (1 + |g|)
            // for third derivatives up to 5000, which the bounds on operands and gradients above imply.
            assert(
              Math.abs(found - difference) <= 1e-6 * (1 + Math.abs(found)),
              `element ${i} of operand ${k}: ${found} against ${difference}`,
            );
          }
        }
      }),
      { numRuns: 10, seed: 1 },
    );
  });
}
