/** Random numbers on WebGPU: the host's bits, and the published vectors of Philox 4x32-10. */

import { assert, fc } from "../deps.ts";
import { bits, indexOf, normal, uniform } from "../../src/random/draw.ts";
import randomShader from "../../shaders/random.wgsl" with { type: "text" };
import { call, input, type Kernel, type Tensor } from "../../src/tensor/expression.ts";
import type { Distribution, Values } from "../../src/tensor/loops.ts";
import * as p from "../../src/tensor/primitives.ts";
import { programOf } from "../../src/tensor/program.ts";
import { shader } from "../../src/tensor/shader.ts";
import { type Shape, u32 } from "../../src/tensor/shape.ts";
import { assertClose, gpuTest, runOn } from "./adapter.ts";

const word = fc.integer({ min: 0, max: 0xffffffff });
const length = fc.constantFrom(1, 2, 3, 4, 5, 7, 63, 64, 65, 257, 1023);

interface Draw {
  readonly keys: readonly (readonly [number, number])[];
  readonly counters: readonly number[];
  readonly stream: number;
  readonly shape: Shape;
  readonly distribution: Distribution;
  readonly limits?: readonly number[];
}

async function draw(
  device: Parameters<Parameters<typeof gpuTest>[1]>[0],
  { keys, counters, stream, shape, distribution, limits }: Draw,
): Promise<Values> {
  const R = keys.length;
  const given: Record<string, Tensor> = { key: input(u32(R, 2)), counter: input(u32(R)) };
  if (limits !== undefined) given["limit"] = input(u32(R));
  const y = p.random(given["key"]!, given["counter"]!, distribution, stream, shape, given["limit"]);
  const program = programOf(given, { y });
  const values = { key: keys.flat(), counter: counters, ...limits === undefined ? {} : { limit: limits } };
  return (await runOn(device, program, values))["y"]!;
}

const replicas = fc.array(fc.record({ key: fc.tuple(word, word), counter: word, limit: word }), {
  minLength: 1,
  maxLength: 4,
});

/** The shader's own function, entered where any counter and key can be given. */
const block: Kernel<null> = {
  name: "block",
  types: () => [u32(1, 4)],
  definition: () => [p.constant(0, [1, 4], "u32")],
  launches: () => [
    shader(
      "random.wgsl",
      `${randomShader}
@compute @workgroup_size(1)
fn block() {
  let words = philox(vec4<u32>(counters[0], counters[1], counters[2], counters[3]), vec2<u32>(keys[0], keys[1]));
  for (var k = 0u; k < 4u; k++) {
    out[u.out.x + k] = words[k];
  }
}
`,
      {
        count: "u32",
        each: "u32",
        blocks: "u32",
        stream: "u32",
        out: "write",
        keys: "read",
        counters: "read",
        limits: "read",
      },
    ).launch("block", [1, 1, 1], {
      ...{ count: 0, each: 0, blocks: 0, stream: 0, limits: null },
      ...{ out: { output: 0 }, keys: { input: 0 }, counters: { input: 1 } },
    }),
  ],
};

gpuTest("the shader gives the published vectors of Philox 4x32-10", async (device) => {
  const key = input(u32(1, 2)), counter = input(u32(1, 4));
  const program = programOf({ key, counter }, { y: call(block, [key, counter], null)[0] });
  const ones = 0xffffffff;
  const answers = [
    [[0, 0, 0, 0], [0, 0], [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]],
    [[ones, ones, ones, ones], [ones, ones], [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd]],
    [
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xa4093822, 0x299f31d0],
      [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
    ],
  ];
  for (const [counter, key, expected] of answers) {
    const { y } = await runOn(device, program, { key, counter });
    assert.deepEqual([...y], expected);
  }
});

gpuTest("bits on WebGPU are the host's", (device) =>
  fc.assert(
    fc.asyncProperty(replicas, word, length, async (drawn, stream, n) => {
      const keys = drawn.map(({ key }) => key), counters = drawn.map(({ counter }) => counter);
      const found = await draw(device, { keys, counters, stream, shape: [n], distribution: "bits" });
      const expected = keys.flatMap((key, r) => [...bits(key, n, counters[r], stream)]);
      assert.deepEqual([...found], expected);
    }),
    { numRuns: 30 },
  ));

gpuTest("indices on WebGPU are the host's", (device) =>
  fc.assert(
    fc.asyncProperty(replicas, length, async (drawn, n) => {
      const keys = drawn.map(({ key }) => key), counters = drawn.map(({ counter }) => counter);
      const limits = drawn.map(({ limit }) => limit);
      const found = await draw(device, {
        keys,
        counters,
        stream: 4,
        shape: [n],
        distribution: "index",
        limits,
      });
      const expected = keys.flatMap((key, r) =>
        Array.from(bits(key, n, counters[r], 4), (each) => indexOf(each, limits[r]!))
      );
      assert.deepEqual([...found], expected);
    }),
    { numRuns: 20 },
  ));

gpuTest("uniform numbers on WebGPU are the host's", (device) =>
  fc.assert(
    fc.asyncProperty(replicas, length, async (drawn, n) => {
      const keys = drawn.map(({ key }) => key), counters = drawn.map(({ counter }) => counter);
      const found = await draw(device, { keys, counters, stream: 5, shape: [n, 2], distribution: "uniform" });
      assert.deepEqual([...found], keys.flatMap((key, r) => [...uniform(key, 2 * n, counters[r], 5)]));
    }),
    { numRuns: 20 },
  ));

gpuTest("normal numbers on WebGPU are the host's to a few units in the last place", async (device) => {
  const count = 1 << 18;
  const found = await draw(device, {
    keys: [[3, 4], [5, 6]],
    counters: [7, 8],
    stream: 9,
    shape: [count],
    distribution: "normal",
  });
  const expected = Float64Array.from([...normal([3, 4], count, 7, 9), ...normal([5, 6], count, 8, 9)]);
  // The radius is good to 8 units of 2^-24: 4 of the logarithm, halved by the root, and 4.5 of the root's own; the angle,
  // at most a quarter of a turn, and its series to 4, of which the product with a radius of at most 5.8 makes the
  // absolute part.
  assertClose(found, expected, { absolute: 4 * 5.8 * 2 ** -24, relative: 8 * 2 ** -24 });
});
