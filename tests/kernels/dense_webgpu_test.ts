/**
 * The dense kernels on WebGPU against their definitions on the reference device.
 *
 * A sum of n products is good to (n + 2) 2^-24 Σ|products|; the activations have slopes of at most 1 and add 12 units of
 * their own (see `tests/device/webgpu_primitives_test.ts`).
 */

import { fc } from "../deps.ts";
import { type Activation, denseInput, denseLayer, denseWeight } from "../../src/kernels/dense.ts";
import { normal } from "../../src/random/draw.ts";
import { child, keyOf } from "../../src/random/key.ts";
import { call, input, type Kernel, type Tensor } from "../../src/tensor/expression.ts";
import * as p from "../../src/tensor/primitives.ts";
import { type Program, programOf } from "../../src/tensor/program.ts";
import { f32, type Shape, sizeOf } from "../../src/tensor/shape.ts";
import { assertSameBits, gpuTest, type Numbers, runOn, runOnReference } from "../device/adapter.ts";

type Gpu = Parameters<Parameters<typeof gpuTest>[1]>[0];

const UNIT = 2 ** -23;
const length = fc.constantFrom(1, 2, 3, 4, 5, 7, 8, 12, 13, 16, 17, 20, 31, 32, 33, 36, 64, 68);
const activation = fc.constantFrom<Activation>("identity", "relu", "tanh");
const sizes = fc.record({
  R: fc.constantFrom(1, 2, 3),
  M: length,
  N: length,
  K: length,
  bias: fc.boolean(),
  activation,
  seed: fc.nat(),
});

const valuesOf = (shapes: readonly Shape[], seed: number, replica = 0): Record<string, Float32Array> =>
  Object.fromEntries(
    shapes.map((shape, k) => [
      `x${k}`,
      Float32Array.from(normal(child(child(keyOf(seed), k), replica), sizeOf(shape))),
    ]),
  );

const programFor = <P>(kernel: Kernel<P>, shapes: readonly Shape[], params: P): Program => {
  const inputs = shapes.map((shape) => input(f32(...shape)));
  return programOf(
    Object.fromEntries(inputs.map((tensor, k) => [`x${k}`, tensor])),
    { y: call(kernel, inputs, params)[0] },
  );
};

/** Compares a kernel with its definition; `terms` is the number of products that a sum has at most. */
async function check<P>(
  device: Gpu,
  kernel: Kernel<P>,
  shapes: readonly Shape[],
  params: P,
  magnitude: (xs: readonly Tensor[]) => Tensor,
  terms: number,
  seed: number,
  values: Numbers = valuesOf(shapes, seed),
): Promise<void> {
  const program = programFor(kernel, shapes, params);
  const found = (await runOn(device, program, values))["y"]!,
    expected = (await runOnReference(program, values))["y"]!;
  const inputs = shapes.map((shape) => input(f32(...shape)));
  const sizeProgram = programOf(
    Object.fromEntries(inputs.map((tensor, k) => [`x${k}`, tensor])),
    { m: magnitude(inputs) },
  );
  const sizes = (await runOnReference(
    sizeProgram,
    Object.fromEntries(Object.entries(values).map(([name, x]) => [name, Array.from(x, Math.abs)])),
  ))["m"]!;
  for (let i = 0; i < found.length; i++) {
    const allowed = (terms + 2) * 2 ** -24 * sizes[i]! + 12 * UNIT * Math.abs(expected[i]!);
    const error = Math.abs(found[i]! - expected[i]!);
    if (!(error <= allowed)) {
      throw new Error(`element ${i} is ${found[i]}, not ${expected[i]} (error ${error}, allowed ${allowed})`);
    }
  }
}

gpuTest("dense on WebGPU equals its definition, in all variants", (device) =>
  fc.assert(
    fc.asyncProperty(
      sizes,
      fc.constantFrom(0, 1, 2, 3, 8),
      ({ R, M, N, K, bias, activation, seed }, group) => {
        const rows = group === 0 ? M : M * group;
        const shapes = [[R, rows, K], [R, K + (bias ? 1 : 0), N], ...group === 0 ? [] : [[R, M, N]]];
        const params = { activation, bias, group };
        return check(
          device,
          denseLayer,
          shapes,
          params,
          (xs) => call(denseLayer, xs, { ...params, activation: "identity" })[0],
          K + 2,
          seed,
        );
      },
    ),
    { numRuns: 150 },
  ));

gpuTest("the tiles for hardware adapters compute the dense kernels too", (device) =>
  fc.assert(
    fc.asyncProperty(sizes, async ({ R, M: m, N: n, K: k, bias, activation, seed }) => {
      const [M, N, K] = [4 * m, 4 * n, 4 * k];
      const magnitude = (kernel: typeof denseLayer) => (xs: readonly Tensor[]): Tensor =>
        call(kernel, xs.slice(0, 2), { activation: "identity", bias, group: 0 })[0];
      const w = [R, K + (bias ? 1 : 0), N];
      const params = { activation, bias, group: 0 };
      await check(device, denseLayer, [[R, M, K], w], params, magnitude(denseLayer), K + 2, seed);
      const back = (xs: readonly Tensor[]): Tensor =>
        call(denseInput, xs.slice(0, 2), { bias, mask: "identity" })[0];
      await check(device, denseInput, [[R, M, N], w], { bias, mask: "identity" }, back, N + 3, seed);
      const weight = (xs: readonly Tensor[]): Tensor => call(denseWeight, xs, { bias })[0];
      await check(device, denseWeight, [[R, M, K], [R, M, N]], { bias }, weight, M, seed);
    }),
    { numRuns: 20 },
  ), () => ({ variants: "hardware" }));

gpuTest(
  "on hardware adapters a workgroup's partial sums over many rows are the gradient of the weights",
  async (device) => {
    const compare = (
      R: number,
      rows: number,
      K: number,
      N: number,
      bias: boolean,
      seed: number,
    ): Promise<void> => {
      const weight = (xs: readonly Tensor[]): Tensor => call(denseWeight, xs, { bias })[0];
      return check(device, denseWeight, [[R, rows, K], [R, rows, N]], { bias }, weight, rows, seed);
    };
    // Each of the two ways for sure, however few cases are drawn.
    await compare(2, 256, 8, 12, true, 1);
    await compare(2, 257, 3, 1, true, 1);
    await fc.assert(
      fc.asyncProperty(
        sizes,
        fc.constantFrom(255, 256, 257, 260, 1000, 1024, 1030),
        ({ R, M, N, bias, seed }, rows) => compare(R, rows, M, N, bias, seed),
      ),
      { numRuns: 40 },
    );
  },
  () => ({ variants: "hardware" }),
);

gpuTest("denseInput on WebGPU equals its definition, in all variants", (device) =>
  fc.assert(
    fc.asyncProperty(sizes, ({ R, M, N, K, bias, activation: mask, seed }) => {
      const shapes = [[R, M, N], [R, K + (bias ? 1 : 0), N], ...mask === "identity" ? [] : [[R, M, K]]];
      const values = valuesOf(shapes, seed);
      if (mask === "tanh") values["x2"] = values["x2"]!.map(Math.tanh);
      if (mask === "relu") values["x2"] = values["x2"]!.map((y) => Math.max(y, 0));
      return check(
        device,
        denseInput,
        shapes,
        { bias, mask },
        (xs) => call(denseInput, xs.slice(0, 2), { bias, mask: "identity" })[0],
        N + 3,
        seed,
        values,
      );
    }),
    { numRuns: 100 },
  ));

gpuTest("denseWeight on WebGPU equals its definition, in all variants", (device) =>
  fc.assert(
    fc.asyncProperty(sizes, ({ R, M, N, K, bias, seed }) =>
      check(
        device,
        denseWeight,
        [[R, M, K], [R, M, N]],
        { bias },
        (xs) => call(denseWeight, xs, { bias })[0],
        M,
        seed,
      )),
    { numRuns: 100 },
  ));

for (const variants of ["software", "hardware"] as const) {
  gpuTest(
    `the dense kernels compute replica 3 of four as they compute it alone, bit for bit (shaders for ${variants})`,
    async (device) => {
      for (const [M, N, K] of [[48, 36, 20], [64, 128, 8], [13, 7, 5], [64, 1, 64], [20, 2, 68]]) {
        const cases = [
          programsOf(denseLayer, [[M, K], [K + 1, N], [M / (M % 2 === 0 ? 2 : 1), N]], {
            activation: "tanh",
            bias: true,
            group: M % 2 === 0 ? 2 : 1,
          }),
          programsOf(denseInput, [[M, N], [K + 1, N], [M, K]], { bias: true, mask: "relu" }),
          programsOf(denseWeight, [[M, K], [M, N]], { bias: true }),
        ];
        for (const { together, alone, shapes } of cases) {
          const each = Array.from({ length: 4 }, (_, r) => valuesOf(shapes, 7, r));
          const stacked = Object.fromEntries(
            shapes.map((_, k) => [`x${k}`, each.flatMap((one) => [...one[`x${k}`]!])]),
          );
          const all = (await runOn(device, together, stacked))["y"]!;
          const one = (await runOn(device, alone, each[3]!))["y"]!;
          assertSameBits(all.slice(3 * one.length), one, `${M}x${N}x${K}`);
        }
      }
    },
    () => ({ variants }),
  );
}

function programsOf<P>(
  kernel: Kernel<P>,
  shapes: readonly Shape[],
  params: P,
): { readonly together: Program; readonly alone: Program; readonly shapes: readonly Shape[] } {
  const of = (R: number): Program => programFor(kernel, shapes.map((shape) => [R, ...shape]), params);
  return { together: of(4), alone: of(1), shapes };
}

gpuTest(
  "weights that are parts of a flat vector at odd places are copied to where vectors can be read",
  (device) => {
    const kernel: Kernel<null> = {
      name: "odd",
      types: ([x]) => [f32(x.shape[0]!, x.shape[1]!, 8)],
      definition: ([x, flat]) => {
        const w = p.reshape(p.slice(flat, 1, 3, 13 * 8), [x.shape[0]!, 13, 8]);
        return call(denseLayer, [x, w], { activation: "relu", bias: true, group: 0 });
      },
    };
    return check(
      device,
      kernel,
      [[2, 16, 12], [2, 110]],
      null,
      ([x, flat]) =>
        call(denseLayer, [x, p.reshape(p.slice(flat, 1, 3, 13 * 8), [2, 13, 8])], {
          activation: "identity",
          bias: true,
          group: 0,
        })[0],
      13,
      5,
    );
  },
);
