/** The kernels on WebGPU against their definitions on the reference device; the dense ones have a file of their own. */

import { assert, fc } from "../deps.ts";
import { ADAM_CONSTANTS, adamKernel, clockKernel } from "../../src/kernels/adam.ts";
import { finiteKernel } from "../../src/kernels/finite.ts";
import { ringKernel } from "../../src/kernels/replay.ts";
import { softValueKernel } from "../../src/kernels/soft_value.ts";
import { bandwidthRule, steinKernel } from "../../src/kernels/stein.ts";
import { bits, indexOf, normal, uniform } from "../../src/random/draw.ts";
import { child, keyOf } from "../../src/random/key.ts";
import { call, input, type Kernel } from "../../src/tensor/expression.ts";
import type { Values } from "../../src/tensor/loops.ts";
import { type Program, programOf } from "../../src/tensor/program.ts";
import { f32, sizeOf, type TensorType, u32 } from "../../src/tensor/shape.ts";
import { assertClose, assertSameBits, gpuTest, runOn, runOnReference } from "../device/adapter.ts";

type Gpu = Parameters<Parameters<typeof gpuTest>[1]>[0];
type Given = Record<string, Float32Array | Uint32Array>;

const UNIT = 2 ** -23;
const length = fc.constantFrom(1, 2, 3, 4, 5, 7, 8, 13, 17, 31, 63, 64, 65);
const replicas = fc.constantFrom(1, 2, 4);

/** The kernel as a program with inputs x0, x1, … and outputs y0, y1, … */
function programFor<P>(kernel: Kernel<P>, types: readonly TensorType[], params: P): Program {
  const inputs = types.map(input);
  return programOf(
    Object.fromEntries(inputs.map((tensor, k) => [`x${k}`, tensor])),
    Object.fromEntries(call(kernel, inputs, params).map((tensor, k) => [`y${k}`, tensor])),
  );
}

/** Normal numbers, or words, for each type. */
const valuesOf = (types: readonly TensorType[], seed: number): Given =>
  Object.fromEntries(types.map(({ shape, element }, k) => {
    const key = child(keyOf(seed), k), size = sizeOf(shape);
    return [`x${k}`, element === "u32" ? bits(key, size) : Float32Array.from(normal(key, size))];
  }));

async function both<P>(
  device: Gpu,
  kernel: Kernel<P>,
  types: readonly TensorType[],
  params: P,
  values: Given,
): Promise<{ readonly found: Record<string, Values>; readonly expected: Record<string, Values> }> {
  const program = programFor(kernel, types, params);
  return { found: await runOn(device, program, values), expected: await runOnReference(program, values) };
}

/** Fails unless the kernel gives replica 2 of four the bits that it gives it alone. `typesFor` takes the replicas. */
async function assertReplicasApart<P>(
  device: Gpu,
  kernel: Kernel<P>,
  typesFor: (R: number) => readonly TensorType[],
  params: P,
  prepare: (values: Given) => Given = (values) => values,
): Promise<void> {
  const each = Array.from({ length: 4 }, (_, r) => prepare(valuesOf(typesFor(1), 100 + r)));
  const stacked = Object.fromEntries(
    Object.keys(each[0]!).map((name) => [
      name,
      each[0]![name] instanceof Uint32Array
        ? Uint32Array.from(each.flatMap((values) => [...values[name]!]))
        : Float32Array.from(each.flatMap((values) => [...values[name]!])),
    ]),
  );
  const together = await runOn(device, programFor(kernel, typesFor(4), params), stacked);
  const alone = await runOn(device, programFor(kernel, typesFor(1), params), each[2]!);
  for (const [name, values] of Object.entries(alone)) {
    assertSameBits(
      together[name]!.slice(2 * values.length, 3 * values.length),
      values,
      `${kernel.name} ${name}`,
    );
  }
}

const largest = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((a, x) => Math.max(a, Math.abs(x)), 0);
const positive = (values: Float32Array | Uint32Array): Float32Array =>
  Float32Array.from(values, (x) => 0.1 + Math.abs(x));

gpuTest("softValue on WebGPU equals its definition", (device) =>
  fc.assert(
    fc.asyncProperty(replicas, length, length, fc.boolean(), fc.nat(), async (R, B, K, densities, seed) => {
      const types = [f32(R, B, K), f32(R), ...densities ? [f32(R, B, K)] : []];
      const values = valuesOf(types, seed);
      values["x1"] = positive(values["x1"]!);
      const { found, expected } = await both(device, softValueKernel, types, { logDensity: -1.3 }, values);
      // The logarithm of a number in [1/K, 1] is good to 2^-21 or 3 units, the sum in it to K / 2, an exponential of
      // size x to 3 + 2x units where it counts (x e^-x < 0.4), an exponent to 4 units of the largest.
      const alpha = largest(values["x1"]),
        size = largest(values["x0"]!) + 2 * alpha * largest(values["x2"] ?? [1.3]);
      const absolute = alpha * (2 ** -21 + (K / 2 + 20) * UNIT) + 8 * UNIT * size;
      assertClose(found["y0"]!, expected["y0"]!, { absolute, relative: 0 });
    }),
    { numRuns: 40 },
  ));

gpuTest("softValue does not overflow where exp(Q/α) would", async (device) => {
  const types = [f32(1, 2, 3), f32(1)];
  const values = { x0: Float32Array.of(1e4, 1e4, 1e4, -1e4, -2e4, -1e4), x1: Float32Array.of(0.1) };
  const { found, expected } = await both(device, softValueKernel, types, { logDensity: 0 }, values);
  assertClose(found["y0"]!, expected["y0"]!, { absolute: 1e-6, relative: 4 * UNIT });
});

gpuTest("stein on WebGPU equals its definition", (device) =>
  fc.assert(
    fc.asyncProperty(
      fc.record({
        R: replicas,
        B: fc.constantFrom(1, 2, 5, 65),
        F: fc.constantFrom(2, 3, 8, 16),
        U: fc.constantFrom(1, 2, 7, 16),
        A: fc.constantFrom(1, 2, 3, 8),
        rule: fc.constantFrom("median" as const, "paper" as const, "decile" as const),
        seed: fc.nat(),
      }),
      async ({ R, B, F, U, A, rule, seed }) => {
        const types = [f32(R, B, F, A), f32(R, B, U, A), f32(R, B, F, A), f32(R)];
        const values = valuesOf(types, seed);
        values["x3"] = positive(values["x3"]!);
        const params = bandwidthRule(rule, F, U);
        const { found, expected } = await both(device, steinKernel, types, params, values);
        // A + 1 roundings in a distance, which differences of neighbours can double, and the quotient's 2.5 units.
        assertClose(found["y1"]!, expected["y1"]!, { absolute: 0, relative: (2 * A + 5) * UNIT });
        const perState = U * A;
        for (let state = 0; state < R * B; state++) {
          const h = expected["y1"]![state]!;
          const of = (x: Float32Array | Uint32Array, count: number): number =>
            largest(x.subarray(state * count * A, (state + 1) * count * A));
          const size = of(values["x2"]!, F) +
            2 * largest(values["x3"]) * (of(values["x0"]!, F) + of(values["x1"]!, U)) / h;
          // F terms; each κ = e^-x has 3 + 2x units of its own and x times those of x (2A + 8), and x e^-x < 0.4.
          const absolute = (F / 2 + 12 + 0.4 * (2 * A + 10)) * UNIT * size;
          const part = (y: Values): Values => y.slice(state * perState, (state + 1) * perState);
          assertClose(part(found["y0"]!), part(expected["y0"]!), { absolute, relative: 0 }, `state ${state}`);
        }
      },
    ),
    { numRuns: 40 },
  ));

gpuTest("stein's median is the definition's, coinciding particles included", async (device) => {
  const types = [f32(1, 1, 4, 1), f32(1, 1, 3, 1), f32(1, 1, 4, 1), f32(1)];
  const values = {
    x0: Float32Array.of(0, 0, 1, 3),
    x1: Float32Array.of(0, 0, 2),
    x2: Float32Array.of(1, 2, 3, 4),
    x3: Float32Array.of(1),
  };
  for (let rank = 0; rank < 12; rank++) {
    const params = { rank, divisor: 1, floor: 1e-3, scale: 1 };
    const { found, expected } = await both(device, steinKernel, types, params, values);
    assertClose(found["y1"]!, expected["y1"]!, { absolute: 0, relative: UNIT }, `rank ${rank}`);
  }
});

const adamTypes = (R: number, P: number, target: boolean): readonly TensorType[] => [
  f32(R, P),
  f32(R, P),
  f32(R, P),
  f32(R, P),
  f32(R, 3),
  f32(R, 2),
  u32(R),
  ...target ? [f32(R, P)] : [],
];

/** Makes moments, clock, rates and flags of random numbers ones that can occur. */
function adamValues(values: Given, seed: number): Given {
  const R = values["x6"]!.length;
  return {
    ...values,
    x3: positive(values["x3"]!),
    x4: Float32Array.from(
      uniform(keyOf(seed), 3 * R),
      (x, i) => i % 3 === 2 ? Math.round(x) : 0.05 + 0.95 * x,
    ),
    x5: Float32Array.from(
      uniform(keyOf(seed + 1), 2 * R),
      (x, i) => i % 2 === 0 ? 0.01 * x : x < 0.5 ? 1 : x,
    ),
    x6: values["x6"]!.map((word) => word % 3 === 0 ? 7 : 0) as Uint32Array,
  };
}

gpuTest(
  "adam on WebGPU equals its definition, with and without target, frozen replicas included",
  (device) =>
    fc.assert(
      fc.asyncProperty(
        replicas,
        fc.constantFrom(1, 3, 4, 7, 8, 64, 255, 256, 257, 1028),
        fc.boolean(),
        fc.nat(1e6),
        async (R, P, target, seed) => {
          const types = adamTypes(R, P, target), params = { ...ADAM_CONSTANTS, target };
          const values = adamValues(valuesOf(types, seed), seed);
          const { found, expected } = await both(device, adamKernel, types, params, values);
          // A step of 0.01 at most times m / √v of at most 20 / 0.3, good to 12 units; the moments to 3 units of their terms.
          const size = largest(values["x1"]!);
          const step = { absolute: 12 * UNIT * 0.01 * 100 * size, relative: 2 * UNIT };
          assertClose(found["y0"]!, expected["y0"]!, step, "parameters");
          assertClose(found["y1"]!, expected["y1"]!, {
            absolute: 3 * UNIT * (size + largest(values["x2"]!)),
            relative: 0,
          }, "first");
          assertClose(found["y2"]!, expected["y2"]!, { absolute: 0, relative: 5 * UNIT }, "second");
          if (target) {
            const moved = {
              ...step,
              absolute: step.absolute + 4 * UNIT * (largest(values["x0"]!) + largest(values["x7"]!)),
            };
            assertClose(found["y3"]!, expected["y3"]!, moved, "target");
          }
          for (let r = 0; r < R; r++) {
            if (values["x6"]![r] === 0) continue;
            const part = (x: Values): Values => x.slice(r * P, (r + 1) * P);
            assertSameBits(part(found["y0"]!), part(values["x0"]!), "frozen parameters");
            if (target) assertSameBits(part(found["y3"]!), part(values["x7"]!), "frozen target");
          }
        },
      ),
      { numRuns: 40 },
    ),
);

gpuTest("the clock on WebGPU equals its definition from the first update on", (device) =>
  fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(2_000_000), fc.nat(5)), { minLength: 1, maxLength: 5 }),
      async (clocks) => {
        const R = clocks.length;
        const values = {
          x0: Uint32Array.from(clocks, ([t]) => t % 3 === 0 ? t % 100 : t),
          x1: Uint32Array.from(clocks, ([, interval]) => interval),
        };
        const { found, expected } = await both(device, clockKernel, [u32(R), u32(R)], ADAM_CONSTANTS, values);
        assert.deepEqual([...found["y0"]], [...expected["y0"]]);
        // The exponent is rounded three times; 1 - e^x stretches its relative error by at most x e^x / (1 - e^x) ≤ 1.
        assertClose(found["y1"]!, expected["y1"]!, { absolute: 0, relative: 16 * UNIT });
      },
    ),
    { numRuns: 40 },
  ));

gpuTest("ring draws the rows that its definition draws", (device) =>
  fc.assert(
    fc.asyncProperty(
      replicas,
      length,
      fc.integer({ min: 1, max: 5000 }),
      fc.nat(),
      async (R, count, capacity, seed) => {
        const types = [u32(R, 2), u32(R), u32(R, 2), u32(R, capacity, 2)];
        const values = valuesOf(types, seed);
        values["x2"] = values["x2"]!.map((word, i) =>
          i % 2 === 0 ? word % capacity : 1 + word % capacity
        ) as Uint32Array;
        const { found, expected } = await both(
          device,
          ringKernel,
          types,
          { count, capacity, stream: 4 },
          values,
        );
        assert.deepEqual([...found["y0"]], [...expected["y0"]]);
        const word = bits([values["x0"]![0]!, values["x0"]![1]!], 1, values["x1"]![0], 4)[0]!;
        assert.equal(found["y0"]![0], (indexOf(word, values["x2"][1]!) + values["x2"][0]!) % capacity);
      },
    ),
    { numRuns: 30 },
  ));

gpuTest(
  "finite on WebGPU finds every number that is none, and keeps the first update at which it did",
  (device) =>
    fc.assert(
      fc.asyncProperty(
        replicas,
        fc.constantFrom(1, 2, 63, 127, 128, 129, 1000),
        fc.constantFrom(NaN, Infinity, -Infinity, 3.4028234663852886e38, -1e-45),
        fc.nat(),
        fc.nat(),
        fc.boolean(),
        async (R, P, value, at, seed, earlier) => {
          const types = [f32(R, P), u32(R), u32(R)];
          const values = valuesOf(types, seed);
          values["x0"]![at % (R * P)] = value;
          values["x1"] = values["x1"]!.map((word) => earlier && word % 2 === 0 ? 3 : 0) as Uint32Array;
          values["x2"] = values["x2"]!.map((word) => 1 + word % 1000) as Uint32Array;
          const { found, expected } = await both(device, finiteKernel, types, null, values);
          assert.deepEqual([...found["y0"]], [...expected["y0"]]);
          const r = Math.floor(at % (R * P) / P);
          const flagged = values["x1"][r] !== 0
            ? values["x1"][r]
            : Number.isFinite(value)
            ? 0
            : values["x2"][r];
          assert.equal(found["y0"]![r], flagged);
        },
      ),
      { numRuns: 40 },
    ),
);

gpuTest("every kernel computes replica 2 of four as it computes it alone, bit for bit", async (device) => {
  const temperature = (k: number) => (values: Given): Given => ({
    ...values,
    [`x${k}`]: positive(values[`x${k}`]!),
  });
  await assertReplicasApart(
    device,
    softValueKernel,
    (R) => [f32(R, 13, 7), f32(R), f32(R, 13, 7)],
    { logDensity: 0 },
    temperature(1),
  );
  await assertReplicasApart(
    device,
    steinKernel,
    (R) => [f32(R, 5, 8, 2), f32(R, 5, 7, 2), f32(R, 5, 8, 2), f32(R)],
    bandwidthRule("median", 8, 7),
    temperature(3),
  );
  for (const P of [68, 67]) {
    const params = { ...ADAM_CONSTANTS, target: true };
    await assertReplicasApart(device, adamKernel, (R) => adamTypes(R, P, true), params, (values) => ({
      ...adamValues(values, 9),
      x6: Uint32Array.of(0),
    }));
  }
  await assertReplicasApart(device, clockKernel, (R) => [u32(R), u32(R)], ADAM_CONSTANTS, ({ x0, x1 }) => ({
    x0: Uint32Array.of(x0[0]! % 10000),
    x1: Uint32Array.of(x1[0]! % 7),
  }));
  const ring = { count: 9, capacity: 100, stream: 4 };
  await assertReplicasApart(
    device,
    ringKernel,
    (R) => [u32(R, 2), u32(R), u32(R, 2), u32(R, 100, 2)],
    ring,
    (values) => ({
      ...values,
      x2: Uint32Array.of(3, 50),
    }),
  );
});
