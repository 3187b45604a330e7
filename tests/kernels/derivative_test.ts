/** The kernels' derivatives: those they bring against those of their definitions, and both against differences. */
import { assert, fc } from "../deps.ts";
import { type Activation, denseInput, denseLayer, denseWeight } from "../../src/kernels/dense.ts";
import {
  layerNormalisationKernel,
  layerNormalisationPullback,
} from "../../src/kernels/layer_normalisation.ts";
import { mixture } from "../../src/kernels/mixture.ts";
import { softValueKernel } from "../../src/kernels/soft_value.ts";
import { bandwidthRule, steinKernel } from "../../src/kernels/stein.ts";
import { call, input, type Kernel, type Tensor } from "../../src/tensor/expression.ts";
import { gradient } from "../../src/tensor/gradient.ts";
import { add, constant, mul, reshape, sum } from "../../src/tensor/primitives.ts";
import { f32, type Operands, type Shape, sizeOf } from "../../src/tensor/shape.ts";
import { evaluate } from "../device/evaluate.ts";
import { numbers, seed } from "./case.ts";

interface Test {
  readonly kernel: Kernel;
  readonly params: unknown;
  readonly shapes: readonly Shape[];
  readonly values: readonly (readonly number[])[];
}

/** A sum of all elements with irregular weights, so that no error in one hides another. */
const weighted = (tensor: Tensor): Tensor => {
  const size = sizeOf(tensor.shape);
  const weights = Array.from({ length: size }, (_, i) => Math.cos(1 + 3 * i));
  return sum(mul(reshape(tensor, [size]), constant(weights, [size])), 0);
};

/** The gradients by the kernel and by its definition, and central differences of the definition. */
async function compare({ kernel, params, shapes, values }: Test): Promise<void> {
  const xs = shapes.map((shape) => input(f32(...shape)));
  const inputs = Object.fromEntries(xs.map((x, k) => [`x${k}`, x]));
  const given = Object.fromEntries(values.map((list, k) => [`x${k}`, list]));
  const loss = weighted(call(kernel, xs, params)[0]);
  const defined = weighted(kernel.definition(xs as Operands<Tensor>, params)[0]!);
  const own = gradient(loss, xs), ofDefinition = gradient(defined, xs);
  const found = await evaluate(inputs, given, {
    ...Object.fromEntries(own.map((g, k) => [`own${k}`, g])),
    ...Object.fromEntries(ofDefinition.map((g, k) => [`defined${k}`, g])),
  });
  const h = 1e-5;
  for (let k = 0; k < xs.length; k++) {
    // Two orders of the same float64 sums of at most 100 terms below 10: 1e-13 of 1000 at most.
    found[`own${k}`]!.forEach((g, i) => {
      const other = found[`defined${k}`]![i]!;
      assert(Math.abs(g - other) <= 1e-10, `element ${i} of operand ${k}: ${g} against ${other}`);
    });
    // Every 7th element: differences cost two runs each.
    for (let i = 0; i < values[k]!.length; i += 7) {
      const at = async (step: number): Promise<number> => {
        const moved = values[k]!.map((x, j) => j === i ? x + step : x);
        return (await evaluate(inputs, { ...given, [`x${k}`]: moved }, { defined }))["defined"]![0]!;
      };
      const difference = (await at(h) - await at(-h)) / (2 * h), g = found[`own${k}`]![i]!;
      // Truncation h² f‴/6 ≤ 2e-11 f‴ and rounding 2e-16 |f| / h ≤ 2e-11 |f|.
      assert(
        Math.abs(g - difference) <= 1e-6 * (1 + Math.abs(g)),
        `${g} against the difference ${difference}`,
      );
    }
  }
}

const size = fc.constantFrom(1, 2, 3, 4, 5, 7);
const R = fc.constantFrom(1, 2);

const dense = fc.record({
  R,
  groups: size,
  group: fc.constantFrom(0, 1, 2, 3),
  N: size,
  K: size,
  bias: fc.boolean(),
  activation: fc.constantFrom<Activation>("identity", "relu", "tanh"),
  seed,
}).map(({ R, groups, group, N, K, bias, activation, seed }): Test => {
  const M = groups * Math.max(1, group);
  const shapes = [[R, M, K], [R, K + (bias ? 1 : 0), N], ...group > 0 ? [[R, groups, N]] : []];
  return {
    kernel: denseLayer as Kernel,
    params: { activation, bias, group },
    shapes,
    values: shapes.map((shape, k) => numbers(seed, k, sizeOf(shape))),
  };
});

/** The two products of a dense layer's derivative, which second derivatives differentiate again. */
const products = fc.record({ R, M: size, N: size, K: size, bias: fc.boolean(), tn: fc.boolean(), seed })
  .map(({ R, M, N, K, bias, tn, seed }): Test => {
    const rows = K + (bias ? 1 : 0);
    const shapes = tn ? [[R, M, K], [R, M, N]] : [[R, M, N], [R, rows, N], [R, M, K]];
    return {
      kernel: (tn ? denseWeight : denseInput) as Kernel,
      params: tn ? { bias } : { bias, mask: "tanh" },
      shapes,
      values: shapes.map((shape, k) => numbers(seed, k, sizeOf(shape))),
    };
  });

const softValue = fc.record({ R, B: size, K: size, perSample: fc.boolean(), seed }).map(
  ({ R, B, K, perSample, seed }): Test => {
    const shapes = [[R, B, K], [R], ...perSample ? [[R, B, K]] : []];
    return {
      kernel: softValueKernel as Kernel,
      params: { logDensity: -1.5 },
      shapes,
      values: shapes.map((shape, k) => numbers(seed, k, sizeOf(shape), k === 1 ? 0.5 : -1.5)),
    };
  },
);

/** Layer normalisation, and its derivative, which second derivatives differentiate again. */
const layerNormalisation = fc.record({
  R,
  M: size,
  N: size,
  activation: fc.constantFrom<Activation>("identity", "relu", "tanh"),
  again: fc.boolean(),
  seed,
}).map(({ R, M, N, activation, again, seed }): Test => {
  const shapes = Array.from({ length: again ? 2 : 1 }, () => [R, M, N]);
  return {
    kernel: (again ? layerNormalisationPullback : layerNormalisationKernel) as Kernel,
    params: { activation },
    shapes,
    // Far enough apart that a row's deviation is not small, where differences would need a smaller step.
    values: shapes.map((_, k) => numbers(seed, k, R * M * N).map((x, i) => x + (i % 2 === 0 ? 3 : -3))),
  };
});

const cases: Readonly<Record<string, fc.Arbitrary<Test>>> = {
  "dense in all its variants": dense,
  "denseInput and denseWeight": products,
  "the soft value": softValue,
  "layer normalisation": layerNormalisation,
};

for (const [title, tests] of Object.entries(cases)) {
  Deno.test(`The derivative of ${title} equals that of its definition, and central differences`, () =>
    fc.assert(fc.asyncProperty(tests, compare), { numRuns: 40, seed: 3 }));
}

Deno.test("The derivative of the soft value is the law exp(Q/α)/q, normalised over the samples", async () => {
  const q = input(f32(1, 1, 3)), alpha = input(f32(1)), density = input(f32(1, 1, 3));
  const [value] = call(softValueKernel, [q, alpha, density], { logDensity: 0 });
  const [slope] = gradient(value, [q]);
  const given = { q: [1, 2, -1], alpha: [0.5], density: [-0.3, 0.2, -1] };
  const { slope: found } = await evaluate({ q, alpha, density }, given, { slope });
  const weights = given.q.map((x, k) => Math.exp(x / 0.5 - given.density[k]!));
  const total = weights.reduce((a, b) => a + b);
  found.forEach((g, k) => assert(Math.abs(g - weights[k]! / total) < 1e-14));
});

Deno.test("No derivative flows through the Stein kernel's bandwidth", async () => {
  const [x, y, score] = [0, 1, 2].map(() => input(f32(1, 1, 2, 1))) as Operands<Tensor>,
    alpha = input(f32(1));
  const inputs = { x, y, score, alpha };
  const [, bandwidth] = call(steinKernel, Object.values(inputs), bandwidthRule("median", 2, 2));
  const given = { x: [-0.4, 0.3], y: [0.1, 0.9], score: [1, 2], alpha: [1] };
  const { dx, dy } = await evaluate(inputs, given, {
    dx: gradient(bandwidth, [x])[0]!,
    dy: gradient(bandwidth, [y])[0]!,
  });
  assert.deepEqual([dx.map(Math.abs), dy.map(Math.abs)], [[0, 0], [0, 0]]);
});

Deno.test("No derivative flows through the mixture's samples or densities, by the kernel or by its definition", async () => {
  const given = { centres: [0.1, -0.4, 0.7], normal: [0.3, -1, 0.2, 1.5], uniform: [0.5, -0.25] };
  const centres = input(f32(1, 1, 3, 1)), normal = input(f32(1, 1, 4, 1)), uniform = input(f32(1, 1, 2, 1));
  const drawn = mixture(centres, normal, uniform, 0, "median");
  const kernel = drawn.action.source!.operation as { readonly kernel: Kernel; readonly params: unknown };
  const defined = kernel.kernel.definition(
    [centres, normal, uniform] as Tensor[] as Operands<Tensor>,
    kernel.params,
  );
  for (const [action, density] of [[drawn.action, drawn.logDensity], defined]) {
    const slopes = gradient(add(weighted(action), weighted(density)), [centres, normal, uniform]);
    const found = await evaluate({ centres, normal, uniform }, given, {
      a: slopes[0],
      b: slopes[1],
      c: slopes[2],
    });
    for (const values of Object.values(found)) values.forEach((slope) => assert.equal(slope, 0));
  }
});
