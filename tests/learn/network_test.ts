/** Networks: layouts, initial weights, and the host's network against the program's. */
import { assert, fc } from "../deps.ts";
import { hostNetwork } from "../../src/learn/host_network.ts";
import {
  flatten,
  forward,
  initialise,
  type Layout,
  layoutOf,
  type Network,
  type Normalisation,
  weightsOf,
} from "../../src/learn/network.ts";
import { samplerPolicy } from "../../src/learn/policy.ts";
import { keyOf } from "../../src/random/key.ts";
import { input } from "../../src/tensor/expression.ts";
import { f32 } from "../../src/tensor/shape.ts";
import { evaluate } from "../device/evaluate.ts";
import { numbers, seed } from "../kernels/case.ts";

const anyNetwork: fc.Arbitrary<Network> = fc.record({
  sample: fc.integer({ min: 1, max: 3 }),
  state: fc.integer({ min: 1, max: 4 }),
  hidden: fc.array(fc.constantFrom(1, 3, 5, 8), { maxLength: 3 }),
  output: fc.integer({ min: 1, max: 3 }),
  activation: fc.constantFrom<Network["activation"]>("relu", "tanh", "identity"),
  normalisation: fc.constantFrom<Normalisation>("none", "layer"),
});

Deno.test("A layout's blocks start at multiples of 4, follow each other without overlap and fill the vector", () =>
  fc.assert(
    fc.property(anyNetwork, (network) => {
      const { blocks, size } = layoutOf(network);
      let end = 0;
      for (const { start, rows, columns } of blocks) {
        assert(start % 4 === 0 && start >= end && start - end < 4);
        end = start + rows * columns;
      }
      assert(size % 4 === 0 && size >= end && size - end < 4);
      assert.equal(blocks.length, network.hidden.length + 2);
    }),
    { seed: 1 },
  ));

Deno.test("The host's network computes the program's output, for K samples of each state", () =>
  fc.assert(
    fc.asyncProperty(
      anyNetwork,
      fc.constantFrom(1, 2),
      fc.constantFrom(1, 3),
      seed,
      async (network, B, K, seed) => {
        const layout = layoutOf(network), R = 2, { sample: A, state: S, output: N } = network;
        const parameters = input(f32(R, layout.size)),
          sample = input(f32(R, B * K, A)),
          state = input(f32(R, B, S));
        const given = {
          parameters: numbers(seed, 0, R * layout.size, -1, 1),
          sample: numbers(seed, 1, R * B * K * A),
          state: numbers(seed, 2, R * B * S),
        };
        const { y } = await evaluate({ parameters, sample, state }, given, {
          y: forward(layout, weightsOf(layout, parameters), sample, state),
        });
        const host = hostNetwork(layout),
          out = new Float32Array(N),
          flat = Float32Array.from(given.parameters);
        for (let i = 0; i < R * B * K; i++) {
          const r = Math.floor(i / (B * K)), b = Math.floor(i / K);
          host.apply(
            flat,
            r * layout.size,
            given.sample.slice(i * A, (i + 1) * A),
            given.state.slice(b * S, (b + 1) * S),
            out,
          );
          // Both compute in float64; the host's result is rounded once.
          out.forEach((value, k) => {
            const wanted = y[i * N + k]!;
            assert(
              Math.abs(value - wanted) <= 2 ** -23 * Math.abs(wanted) + 1e-12,
              `${value} instead of ${wanted}`,
            );
          });
        }
      },
    ),
    { numRuns: 60, seed: 2 },
  ));

Deno.test("Taking a vector apart and putting it together again gives the vector, with zeros in its gaps", () =>
  fc.assert(
    fc.asyncProperty(fc.array(anyNetwork, { minLength: 1, maxLength: 2 }), seed, async (networks, seed) => {
      const layouts = networks.map(layoutOf), size = layouts.reduce((sum, layout) => sum + layout.size, 0);
      const p = input(f32(2, size));
      let offset = 0;
      const weights = layouts.flatMap((layout: Layout) => {
        offset += layout.size;
        return weightsOf(layout, p, offset - layout.size);
      });
      const values = numbers(seed, 0, 2 * size, 1, 2);
      const { again } = await evaluate({ p }, { p: values }, { again: flatten(layouts, weights) });
      again.forEach((value, i) => assert(value === values[i] || value === 0));
      const used = layouts.flatMap(({ blocks }) => blocks.map(({ rows, columns }) => rows * columns));
      assert.equal(again.filter((value) => value !== 0).length, 2 * used.reduce((a, b) => a + b));
    }),
    { numRuns: 30, seed: 3 },
  ));

Deno.test("Initial weights are uniform with variance 2 / (fan-in + fan-out), biases and gaps are zero", () => {
  const layout = layoutOf({ sample: 40, state: 60, hidden: [100, 120], output: 90, activation: "relu" });
  const p = new Float32Array(layout.size);
  initialise(layout, keyOf(1), p);
  for (const { role, start, rows, columns } of layout.blocks) {
    const fanIn = role === "sample" ? rows : rows - 1, count = fanIn * columns;
    const weights = p.subarray(start, start + count), variance = 2 / (fanIn + columns);
    const found = weights.reduce((sum, w) => sum + w * w, 0) / count;
    // The square of a uniform number has deviation 2/√5 of its mean: five standard errors.
    assert(
      Math.abs(found - variance) <= 5 * variance * 0.9 / Math.sqrt(count),
      `${found} instead of ${variance}`,
    );
    assert(weights.every((w) => Math.abs(w) <= Math.sqrt(3 * variance) * (1 + 2 ** -23)));
    assert(p.subarray(start + count, start + rows * columns).every((bias) => bias === 0));
  }
});

Deno.test("The sampler's policy is the bounded network: tanh or clipping, without writing to its arguments", () => {
  const layout = layoutOf({ sample: 2, state: 2, hidden: [4], output: 2, activation: "relu" });
  const p = Float32Array.from(numbers(3, 0, layout.size, -4, 4)), before = p.slice();
  const raw = new Float32Array(2), bounded = new Float32Array(2);
  hostNetwork(layout).apply(p, 0, [0.7, -1], [2, 1], raw);
  samplerPolicy(layout, "tanh").act(p, 0, [2, 1], [0.7, -1], bounded);
  assert.deepEqual([...bounded], [...raw].map((u) => Math.fround(Math.tanh(u))));
  samplerPolicy(layout, "clip").act(p, 0, [2, 1], [0.7, -1], bounded);
  assert.deepEqual([...bounded], [...raw].map((u) => Math.max(-1, Math.min(1, u))));
  assert.deepEqual(p, before);
});
