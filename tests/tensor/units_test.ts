/** Units of work, and the primitives' rules on ranges: however a rule is divided, it gives the bits of the whole. */
import { assert, fc } from "../deps.ts";
import type { Values } from "../../src/tensor/loops.ts";
import {
  type PrimitiveName,
  type Primitives,
  primitives,
  type Rule,
  workOf,
} from "../../src/tensor/primitives.ts";
import { f32, type Operands, sizeOf, type TensorType, u32 } from "../../src/tensor/shape.ts";
import { MAX_OPERATIONS, unitsOf, wholeOf, type Work } from "../../src/tensor/units.ts";

Deno.test("Units cover a work in order, and none is larger than the most unless it is a single item", () => {
  fc.assert(
    fc.property(fc.nat(3000), fc.double({ min: 0, max: 2 * MAX_OPERATIONS, noNaN: true }), (items, cost) => {
      const units = unitsOf({ items, cost });
      let end = 0;
      for (const { from, to } of units) {
        assert.equal(from, end);
        assert(to > from && (to === from + 1 || (to - from) * cost <= MAX_OPERATIONS));
        end = to;
      }
      assert.equal(end, items);
    }),
  );
});

type Application<K extends PrimitiveName> = readonly [types: readonly TensorType[], params: Primitives[K]];

const one = [f32(3, 4, 5)], two = [...one, ...one], square = [f32(2, 5, 3, 3)];

/** Applications of every primitive. */
const applications: { readonly [K in PrimitiveName]: readonly Application<K>[] } = {
  constant: [
    [[], { values: [2.5], shape: [3, 7], element: "f32" }],
    [[], { values: [1, 2, 3, 4, 5, 6], shape: [2, 3], element: "u32" }],
  ],
  neg: [[one, {}]],
  exp: [[one, {}]],
  log: [[one, {}]],
  sqrt: [[one, {}]],
  tanh: [[one, {}]],
  sin: [[one, {}]],
  add: [[two, {}], [[u32(9), u32(9)], {}]],
  mul: [[two, {}]],
  div: [[two, {}]],
  maximum: [[two, {}]],
  less: [[two, {}]],
  remainder: [[[u32(9), u32(9)], {}]],
  toReal: [[[u32(9)], {}]],
  select: [[[...two, ...one], {}]],
  sum: [0, 1, 2].map((axis) => [one, { axis }]),
  max: [0, 1, 2].map((axis) => [one, { axis }]),
  orderStatistic: [0, 1, 2].map((axis) => [one, { axis, rank: 1 }]),
  broadcast: [
    [[f32(1, 4, 1)], { shape: [3, 4, 5] }],
    [[f32(5)], { shape: [2, 3, 5] }],
    [[f32(3, 1, 5)], { shape: [3, 4, 5] }],
  ],
  reshape: [[one, { shape: [12, 5] }], [[f32(100)], { shape: [100] }]],
  slice: [0, 1, 2].map((axis) => [one, { axis, start: 1, size: 2 }]),
  place: [0, 1, 2].map((axis) => [two, { axis, starts: [1, 6], size: 12 }]),
  dot: [
    [[f32(2, 3, 4), f32(2, 4, 5)], { transposeA: false, transposeB: false }],
    [[f32(2, 3, 4), f32(2, 5, 4)], { transposeA: false, transposeB: true }],
    [[f32(2, 4, 3), f32(2, 4, 5)], { transposeA: true, transposeB: false }],
    [[f32(2, 4, 3), f32(2, 5, 4)], { transposeA: true, transposeB: true }],
  ],
  gather: [[[f32(2, 6, 3), u32(2, 5)], {}], [[f32(2, 6), u32(2, 5)], {}]],
  scatterAdd: [[[f32(2, 5, 3), u32(2, 5)], { rows: 4 }]],
  random: (["bits", "uniform", "normal", "index"] as const).map((distribution) => [
    [u32(3, 2), u32(3), ...distribution === "index" ? [u32(3)] : []],
    { shape: [3, 7], stream: 5, distribution },
  ]),
  stopGradient: [[one, {}]],
  logAbsDet: [[square, {}]],
  signDet: [[square, {}]],
  inverse: [[square, {}]],
};

for (const name of Object.keys(applications) as readonly PrimitiveName[]) {
  Deno.test(`Ranges of ${name} that follow one another give the bits of the whole`, () => {
    const rule = primitives[name] as Rule<unknown>;
    for (const [types, params] of applications[name] as readonly Application<PrimitiveName>[]) {
      const operands = types as Operands<TensorType>, output = rule.type(operands, params);
      const inputs = types.map((type, k): Values => {
        const size = sizeOf(type.shape);
        return type.element === "u32"
          ? Uint32Array.from({ length: size }, (_, i) => (7 * i + k) % 6)
          : Float64Array.from({ length: size }, (_, i) => Math.sin(12.9898 * i + k));
      }) as Operands<Values>;
      const work: Work = workOf(rule, operands, output, params);
      const room = (): Values =>
        output.element === "u32"
          ? new Uint32Array(sizeOf(output.shape)).fill(77)
          : new Float64Array(sizeOf(output.shape)).fill(77);
      const whole = room();
      rule.evaluate(inputs, whole, operands, params, wholeOf(work));
      assert(work.items > 1 && !whole.includes(77));
      for (const step of [1, 2, 3, 5, 7, work.items - 1]) {
        const parts = room();
        for (let from = 0; from < work.items; from += step) {
          rule.evaluate(inputs, parts, operands, params, { from, to: Math.min(from + step, work.items) });
        }
        assert.deepEqual(parts, whole, `${step} at a time`);
      }
    }
  });
}
