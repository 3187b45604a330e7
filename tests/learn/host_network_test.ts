/** Acting on the host: every way to compute a row gives the bits of the plain sum. */
import { assert, fc } from "../deps.ts";
import { rowArithmetic } from "../../src/device/assembly/row.ts";
import { hostNetwork } from "../../src/learn/host_network.ts";
import { layoutOf, NORMALISATIONS } from "../../src/learn/network.ts";
import { numbers } from "../kernels/case.ts";

const anyNumber = fc.oneof(
  { weight: 6, arbitrary: fc.double({ noNaN: true, min: -4, max: 4 }) },
  { weight: 2, arbitrary: fc.constantFrom(0, -0) },
  { weight: 1, arbitrary: fc.constantFrom(NaN, Infinity, -Infinity, 1e308, 5e-324) },
);

Deno.test("WebAssembly adds a row with the bits of one input after another, whatever the numbers and sizes", () => {
  const anyRow = fc.record({ rows: fc.integer({ min: 0, max: 11 }), columns: fc.integer({ min: 1, max: 9 }) })
    .chain((size) =>
      fc.record({
        size: fc.constant(size),
        start: fc.integer({ min: 0, max: 5 }),
        inputs: fc.array(anyNumber, { minLength: size.rows, maxLength: size.rows }),
        weights: fc.array(anyNumber, {
          minLength: size.rows * size.columns,
          maxLength: size.rows * size.columns,
        }),
        sums: fc.array(anyNumber, { minLength: size.columns, maxLength: size.columns }),
      })
    );
  fc.assert(
    fc.property(anyRow, ({ size: { rows, columns }, start, inputs, weights, sums }) => {
      const wanted = Float64Array.from(sums), w = Float32Array.from(weights);
      for (let i = 0; i < rows; i++) {
        if (inputs[i] !== 0) {
          for (let j = 0; j < columns; j++) wanted[j] += inputs[i] * w[i * columns + j];
        }
      }
      for (const room of [rowArithmetic(105, 12), rowArithmetic(105, 12, null)]) {
        room.weights.set(w, start);
        room.inputs.set(inputs);
        room.sums.set(sums);
        room.accumulate(start, rows, columns);
        assert.deepEqual([...room.sums.slice(0, columns)], [...wanted]); // which tells 0 from -0
        assert(room.sums.slice(columns).every((x) => x === 0), "written beyond the sums");
      }
    }),
    { numRuns: 500 },
  );
});

for (const normalisation of NORMALISATIONS) {
  Deno.test(`A network that holds its parameters gives the same as one without, also if several alternate (normalisation ${normalisation})`, () => {
    const layout = layoutOf({
      sample: 3,
      state: 2,
      hidden: [7, 5],
      output: 3,
      activation: "relu",
      normalisation,
    });
    const network = hostNetwork(layout),
      all = [1, 2].map((seed) => Float32Array.from(numbers(seed, 0, 2 * layout.size, -1, 1)));
    const held = all.map((parameters) => network.withParameters(parameters));
    const sample = [0.3, -1, 0], state = [2, -0.5];
    const output = (write: (out: Float32Array) => void): readonly number[] => {
      const out = new Float32Array(3);
      write(out);
      return [...out];
    };
    for (const k of [0, 1, 0, 0, 1]) {
      for (const offset of [0, layout.size]) {
        assert.deepEqual(
          output((out) => held[k](offset, sample, state, out)),
          output((out) => hostNetwork(layout).apply(all[k], offset, sample, state, out)),
        );
        network.apply(all[1 - k], offset, sample, state, new Float32Array(3)); // it holds nothing afterwards
      }
    }
    // Numbers that have changed are seen by whoever holds them anew.
    all[0].fill(0);
    assert.deepEqual(output((out) => network.withParameters(all[0])(0, sample, state, out)), [0, 0, 0]);
  });
}
