/** The WebAssembly routines against float64, and the laws of `src/device/assembly/assembly.ts`. */
import { loadAssembly, supportedVariant, type Variant } from "../../src/device/assembly/assembly.ts";
import {
  compileModule,
  compileRow,
  generatedSources,
  modulesText,
  rowModuleText,
  SHARED_FLAGS,
} from "../../src/build/assembly.ts";
import { groupSumsRoutine } from "../../src/device/cpu_primitives.ts";
import { adamRoutine } from "../../src/kernels/adam.ts";
import { PRODUCT_WORK } from "../../src/kernels/product.ts";
import { softValueRoutine } from "../../src/kernels/soft_value.ts";
import { moduleBytes } from "../../src/device/assembly/module_bytes.ts";
import { assert, fc } from "../deps.ts";
import {
  anyCase,
  at,
  type Case,
  denseWorkBytes,
  describe,
  describeProduct,
  Fixture,
  numbers,
  OPERANDS,
  VARIANTS,
} from "./dense_fixture.ts";

const UNIT_ROUNDOFF = 2 ** -24;
const PLAIN_CASE: Case = {
  layout: "NN",
  rows: 1,
  columns: 1,
  depth: 1,
  bias: false,
  group: null,
  activation: "identity",
  mask: null,
  gap: 0,
  seed: 1,
};

/** One page of memory with the routines. */
function freshMemory(variant: Variant) {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const assembly = loadAssembly(memory, { variant });
  assert.ok(assembly);
  return { assembly, floats: new Float32Array(memory.buffer) };
}

/** The float views' bits, so that a comparison sees every one of them. */
function bits(values: Float32Array): Uint32Array {
  return new Uint32Array(values.buffer, values.byteOffset, values.length);
}

for (const variant of VARIANTS) {
  Deno.test(`dense (${variant}) equals the float64 product within float32's rounding, for every layout and epilogue`, () => {
    fc.assert(
      fc.property(anyCase, (test) => {
        const fixture = new Fixture(test, variant);
        const result = fixture.run();
        const elements = result.length;
        // All elements of small results, a sample that reaches every row and column of large ones.
        const step = elements <= 500 ? 1 : 37;
        for (let i = elements - 1; i >= 0; i -= step) {
          const m = Math.floor(i / test.columns), n = i % test.columns;
          const { value, tolerance } = fixture.expected(m, n);
          const error = Math.abs(result[i] as number - value);
          assert.ok(
            error <= tolerance,
            `element (${m}, ${n}): ${result[i]} instead of ${value} ± ${tolerance}`,
          );
        }
      }),
      { numRuns: 300 },
    );
  });

  Deno.test(`dense (${variant}) computes the same bits however the rows are split`, () => {
    fc.assert(
      fc.property(anyCase, fc.array(fc.nat(), { minLength: 1, maxLength: 4 }), (test, numbersOfCuts) => {
        const whole = new Fixture(test, variant).run();
        const fixture = new Fixture(test, variant);
        const cuts = numbersOfCuts.map((cut) => cut % (fixture.allRows + 1)).sort((x, y) => x - y);
        assert.deepEqual(bits(fixture.run(cuts)), bits(whole));
      }),
      { numRuns: 200 },
    );
  });

  Deno.test(`dense (${variant}) computes the same bits for a matrix inside a larger one`, () => {
    fc.assert(
      fc.property(
        anyCase,
        fc.nat(40),
        fc.nat(40),
        fc.nat(),
        fc.nat(),
        (test, moreRows, moreColumns, skip, shift) => {
          const rows = test.rows + moreRows, columns = test.columns + moreColumns;
          const large = new Fixture({ ...test, rows, columns, group: null }, variant);
          const row = skip % (moreRows + 1), column = shift % (moreColumns + 1);
          const { a, aStride, b, bStride, bias, mask } = large.product;
          const small = loadAssembly(large.memory, { variant });
          assert.ok(small);
          const result = large.run();
          const descriptor = 0;
          describeProduct(small, descriptor, {
            ...large.product,
            rows: test.rows,
            columns: test.columns,
            a: a + 4 * (test.layout === "TN" ? row : row * aStride),
            b: b + 4 * (test.layout === "NT" ? column * bStride : column),
            ...(bias === undefined ? {} : { bias: bias + 4 * column }),
            ...(mask === undefined
              ? {}
              : { mask: { ...mask, offset: mask.offset + 4 * (row * mask.stride + column) } }),
          });
          small.routines["dense"]!(descriptor, 0, test.rows, large.work);
          const inner = large.result();
          for (let m = 0; m < test.rows; m++) {
            const own = inner.subarray(m * columns, m * columns + test.columns);
            const other = result.subarray(
              (row + m) * columns + column,
              (row + m) * columns + column + test.columns,
            );
            assert.deepEqual(Uint32Array.from(bits(own)), Uint32Array.from(bits(other)));
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  Deno.test(`dense (${variant}) reads nothing beyond an operand at the memory's end and writes nothing but C`, () => {
    fc.assert(
      fc.property(anyCase, fc.constantFrom(...OPERANDS), (test, last) => {
        const fixture = new Fixture({ ...test, gap: Math.min(test.gap, 1) }, variant, last);
        const before = fixture.surroundings();
        fixture.run();
        assert.deepEqual(bits(fixture.surroundings()), bits(before));
      }),
      { numRuns: 200 },
    );
  });

  Deno.test(`dense (${variant}) keeps the same bits after the engine has recompiled it`, () => {
    const fixture = new Fixture(
      { ...PLAIN_CASE, rows: 67, columns: 45, depth: 300, activation: "tanh" },
      variant,
    );
    const first = fixture.run();
    for (let i = 0; i < 500; i++) fixture.run();
    assert.deepEqual(bits(fixture.run()), bits(first));
  });

  Deno.test(`dense (${variant}) has a tanh within 8 * 2^-24 of its value, near zero and at saturation too`, () => {
    const count = 4096;
    const test: Case = { ...PLAIN_CASE, columns: count, activation: "tanh" };
    const fixture = new Fixture(test, variant);
    const random = numbers(7);
    const { a, b, c } = fixture.product;
    fixture.floats[a / 4] = 1;
    for (let i = 0; i < count; i++) {
      const exponent = 12 * random.next().value - 8;
      fixture.floats[b / 4 + i] = random.next().value * 10 ** exponent;
    }
    fixture.floats.set([0, -0, Infinity, -Infinity, 30, -30, 1e-38, NaN], b / 4);
    fixture.run();
    for (let i = 0; i < count; i++) {
      const exact = Math.tanh(fixture.floats[b / 4 + i] as number);
      const error = Math.abs(fixture.floats[c / 4 + i] as number - exact);
      if (Number.isNaN(exact)) assert.ok(Number.isNaN(fixture.floats[c / 4 + i]));
      else {assert.ok(
          error <= 8 * UNIT_ROUNDOFF * Math.abs(exact) + 2 ** -149,
          `tanh ${fixture.floats[b / 4 + i]}`,
        );}
      assert.ok(!(Math.abs(fixture.floats[c / 4 + i] as number) > 1));
    }
  });

  Deno.test(`adam (${variant}) follows the float64 recursion, with each kind of target`, () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 70 }),
        fc.integer({ min: 1, max: 2000 }),
        fc.constantFrom("none", "copy", "polyak"),
        fc.integer({ min: 1, max: 2 ** 30 }),
        (count, step, mode, seed) => checkAdam(variant, count, step, mode, seed),
      ),
      { numRuns: 200 },
    );
  });

  Deno.test(`softValue (${variant}) equals the float64 formula, at the end of the memory too`, () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 70 }),
        fc.double({ min: 0.01, max: 100, noNaN: true }),
        fc.double({ min: -50, max: 50, noNaN: true }),
        (rows, count, given, middle) => {
          const { assembly, floats } = freshMemory(variant);
          const temperature = 512, value = 1024, work = 4096;
          const alpha = floats[temperature / 4] = Math.fround(given);
          const source = 65536 - 4 * rows * count;
          const random = numbers(rows * 100 + count);
          for (let i = source / 4; i < floats.length; i++) floats[i] = middle + 5 * random.next().value;
          describe(assembly, 64, softValueRoutine, {
            ...{ states: rows, samples: count, logDensity: 0, density: null },
            ...{ value: at(value), q: at(source), temperature: at(temperature) },
          });
          assembly.routines["softValue"]!(64, 0, rows, work);
          for (let row = 0; row < rows; row++) {
            const values = Array.from(floats.subarray(source / 4 + row * count).subarray(0, count));
            const largest = Math.max(...values), least = Math.min(...values);
            const size = Math.max(Math.abs(largest), Math.abs(least));
            const mean = values.reduce((sum, x) => sum + Math.exp((x - largest) / alpha), 0) / count;
            const exact = largest + alpha * Math.log(mean);
            // A term's relative error is that of exp (4 units) and of its argument, which is a difference of rounded
            // quotients; alpha times it is the result's.
            const tolerance = UNIT_ROUNDOFF *
              (5 * alpha + 4 * size + 2 * (largest - least) + Math.abs(exact));
            const found = floats[value / 4 + row] as number;
            assert.ok(Math.abs(found - exact) <= tolerance, `${found} instead of ${exact}`);
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  Deno.test(`groupSums (${variant}) adds consecutive rows in rising order`, () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 2, max: 40 }),
        (groups, group, columns) => {
          const { assembly, floats } = freshMemory(variant);
          const source = 65536 - 4 * groups * group * columns, target = 1024;
          const random = numbers(groups + 7 * group + 49 * columns);
          for (let i = source / 4; i < floats.length; i++) floats[i] = random.next().value;
          describe(assembly, 64, groupSumsRoutine, { source: at(source), sums: at(target), group, columns });
          assembly.routines["groupSums"]!(64, 0, groups, 0);
          for (let g = 0; g < groups; g++) {
            for (let n = 0; n < columns; n++) {
              let sum = floats[source / 4 + g * group * columns + n] as number;
              for (let i = 1; i < group; i++) {
                sum = Math.fround(sum + (floats[source / 4 + (g * group + i) * columns + n] as number));
              }
              assert.equal(floats[target / 4 + g * columns + n], sum);
            }
          }
          assert.equal(floats[target / 4 + groups * columns], 0);
        },
      ),
      { numRuns: 100 },
    );
  });

  Deno.test(`the ${variant} module runs on a shared memory with the same bits`, () => {
    const shape = { ...PLAIN_CASE, rows: 13, columns: 11, depth: 9 };
    const fixture = new Fixture(shape, variant);
    const expected = fixture.run();
    const pages = fixture.memory.buffer.byteLength / 65536;
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
    const floats = new Float32Array(memory.buffer);
    floats.set(fixture.floats);
    floats.fill(0, fixture.product.c / 4, fixture.product.c / 4 + expected.length);
    const assembly = loadAssembly(memory, { variant });
    assert.ok(assembly);
    assembly.routines["dense"]!(0, 0, shape.rows, fixture.work);
    const start = fixture.product.c / 4;
    assert.deepEqual(bits(floats.slice(start, start + expected.length)), bits(expected));
  });

  Deno.test(`the rewritten import of the ${variant} module is what the compiler makes of a shared memory`, async () => {
    assert.deepEqual(moduleBytes(variant, true), await compileModule(variant, SHARED_FLAGS));
  });
}

Deno.test("compiling the AssemblyScript gives the committed modules, byte for byte", async () => {
  const modules = { relaxed: await compileModule("relaxed"), plain: await compileModule("plain") };
  const committed = (name: string) =>
    Deno.readTextFile(new URL(`../../src/device/assembly/${name}`, import.meta.url));
  assert.equal(modulesText(modules), await committed("modules.ts"));
  assert.equal(rowModuleText(await compileRow()), await committed("row_module.ts"));
});

Deno.test("the descriptors' classes and the elementwise cases are those that the layouts and the rows give", async () => {
  for (const [name, text] of Object.entries(generatedSources())) {
    const committed = await Deno.readTextFile(
      new URL(`../../src/device/assembly/source/${name}`, import.meta.url),
    );
    assert.equal(text, committed, `${name}: run \`deno task build-assembly\``);
  }
});

Deno.test("no product needs more scratch memory than a call asks for", () => {
  fc.assert(fc.property(anyCase, (test) => denseWorkBytes(test) <= PRODUCT_WORK));
  assert.ok(denseWorkBytes({ layout: "TN", rows: 9999, columns: 9999, depth: 9999 }) <= PRODUCT_WORK);
});

Deno.test("a runtime that refuses SIMD gets no routines, one without relaxed SIMD the plain variant", () => {
  const validate = WebAssembly.validate;
  const memory = new WebAssembly.Memory({ initial: 1 });
  try {
    WebAssembly.validate = () => false;
    assert.equal(supportedVariant(), null);
    assert.equal(loadAssembly(memory), null);
    const relaxed = moduleBytes("relaxed", false).length;
    WebAssembly.validate = (bytes) => bytes.byteLength !== relaxed && validate(bytes);
    assert.equal(loadAssembly(memory)?.variant, "plain");
  } finally {
    WebAssembly.validate = validate;
  }
});

/** One step from random moments, each quantity against float64 within the rounding of its few operations. */
function checkAdam(variant: Variant, count: number, step: number, mode: string, seed: number): void {
  const { assembly, floats } = freshMemory(variant);
  const bytes = 4 * count;
  // The five vectors end where the memory ends.
  const [parameters, gradient, firstMoment, secondMoment, target] = [5, 4, 3, 2, 1].map((i) =>
    65536 - i * bytes
  ) as [
    number,
    number,
    number,
    number,
    number,
  ];
  const random = numbers(seed);
  for (let i = parameters / 4; i < floats.length; i++) floats[i] = random.next().value;
  for (let i = 0; i < count; i++) {
    floats[secondMoment / 4 + i] = Math.abs(floats[secondMoment / 4 + i] as number) + 1e-3;
  }
  const before = floats.slice();
  const beta1 = 0.9, beta2 = 0.999, learningRate = 3e-4, epsilon = 1e-8, rate = mode === "polyak" ? 0.01 : 1;
  const correction1 = 1 - beta1 ** step, correction2 = 1 - beta2 ** step;
  const clock = 512, rates = 1024, frozen = 1536;
  before.set([correction1, correction2, 1], clock / 4);
  before.set([learningRate, rate], rates / 4);
  floats.set(before);
  describe(assembly, 64, adamRoutine, {
    ...{ count, beta1, beta2, rest1: 1 - beta1, rest2: 1 - beta2, epsilon },
    ...{ p: at(parameters), m: at(firstMoment), v: at(secondMoment), g: at(gradient) },
    ...{
      clock: at(clock),
      rates: at(rates),
      frozen: at(frozen),
      targets: mode === "none" ? null : at(target),
    },
  });
  const cut = (count >> 3) << 2;
  assembly.routines["adam"]!(64, 0, cut, 0);
  assembly.routines["adam"]!(64, cut, count, 0);
  floats.fill(0, 16, 36);
  assert.deepEqual(bits(floats.slice(0, parameters / 4)), bits(before.slice(0, parameters / 4)));
  for (let i = 0; i < count; i++) {
    const old = (offset: number) => before[offset / 4 + i] as number;
    const now = (offset: number) => floats[offset / 4 + i] as number;
    const g = old(gradient);
    const m = beta1 * old(firstMoment) + (1 - beta1) * g;
    const v = beta2 * old(secondMoment) + (1 - beta2) * g * g;
    const change = learningRate * (m / correction1) / (Math.sqrt(v / correction2) + epsilon);
    const p = old(parameters) - change;
    const scale = Math.abs(old(firstMoment)) + Math.abs(g);
    assert.ok(Math.abs(now(firstMoment) - m) <= 4 * UNIT_ROUNDOFF * scale);
    assert.ok(Math.abs(now(secondMoment) - v) <= 4 * UNIT_ROUNDOFF * v);
    const changeError = 8 * UNIT_ROUNDOFF * Math.abs(change) * (1 + scale / Math.abs(m));
    assert.ok(Math.abs(now(parameters) - p) <= changeError + UNIT_ROUNDOFF * Math.abs(p));
    if (mode === "none") assert.equal(now(target), old(target));
    if (mode === "copy") assert.equal(now(target), now(parameters));
    if (mode === "polyak") {
      const follows = old(target) + rate * (now(parameters) - old(target));
      assert.ok(Math.abs(now(target) - follows) <= 4 * UNIT_ROUNDOFF * (Math.abs(old(target)) + Math.abs(p)));
    }
  }
}
