/** Tiles of WebGPU launches: which is preferred, and that none of them changes a bit. */

import { assert } from "../deps.ts";
import { webgpuDevice } from "../../src/device/webgpu.ts";
import { denseInput, denseLayer, denseWeight } from "../../src/kernels/dense.ts";
import { firstLayerWeight } from "../../src/kernels/first_layer.ts";
import { productLaunch } from "../../src/kernels/product.ts";
import { bandwidthRule, steinKernel } from "../../src/kernels/stein.ts";
import { tunedPrograms } from "../../src/kernels/tuned.ts";
import { normal } from "../../src/random/draw.ts";
import { child, keyOf } from "../../src/random/key.ts";
import { call, input, type Kernel } from "../../src/tensor/expression.ts";
import { type AdapterKind, type Launch, tiled, type Tiles } from "../../src/tensor/launch.ts";
import { mul } from "../../src/tensor/primitives.ts";
import { type Program, programOf, trace } from "../../src/tensor/program.ts";
import { shader } from "../../src/tensor/shader.ts";
import { f32, type Shape, sizeOf } from "../../src/tensor/shape.ts";
import { assertSameBits, gpuTest, left, right, runOn } from "./adapter.ts";

const product = (M: number, N: number): Launch =>
  productLaunch({
    ...{ transposition: "NN", replicas: 1, sizes: [M, N, 8], bias: false, group: 0 },
    ...{ activation: "identity", third: null },
  }, "software");

Deno.test("a launch takes the tile that is preferred for its subject, and its own where none is or it does not have that one", () => {
  const launch = product(512, 512), { subject, own, others } = launch.tiling!;
  assert.equal(subject, "dense NN, many results");
  assert.equal(product(64, 64).tiling!.subject, "dense NN, few results");
  assert(Object.keys(others).length >= 3 && !Object.hasOwn(others, own));
  for (const [tile, other] of Object.entries(others)) {
    assert.deepEqual(tiled(launch, { [subject]: tile }), other());
  }
  for (
    const tiles of [{}, { [subject]: own }, { [subject]: "toString" }, {
      "dense NT, many results": "small 64",
    }]
  ) {
    assert.equal(tiled(launch, tiles), launch);
  }
});

const RELU = { activation: "relu", bias: true, group: 4 }, MASK = { bias: true, mask: "tanh" };

/** A kernel that has tiles on a kind of adapter, and operands. */
type Tiled = readonly [Kernel, unknown, readonly Shape[], AdapterKind];

/** A product of each layout, with all that may follow it, on sizes that no tile divides, and what shares long sums. */
const TILED: readonly Tiled[] = [
  [denseLayer as Kernel, RELU, [[2, 36, 20], [2, 21, 44], [2, 9, 44]], "software"],
  [denseInput as Kernel, MASK, [[2, 36, 20], [2, 45, 20], [2, 36, 44]], "software"],
  [denseWeight as Kernel, { bias: true }, [[2, 20, 36], [2, 20, 44]], "software"],
  [denseWeight as Kernel, { bias: true }, [[2, 300, 36], [2, 300, 44]], "hardware"],
  [denseWeight as Kernel, { bias: true }, [[2, 301, 35], [2, 301, 3]], "hardware"],
  [firstLayerWeight as Kernel, null, [[2, 60, 5], [2, 12, 9], [2, 60, 36]], "hardware"],
  [
    steinKernel as Kernel,
    bandwidthRule("median", 5, 7),
    [[2, 3, 5, 2], [2, 3, 7, 2], [2, 3, 5, 2], [2]],
    "software",
  ],
];

for (const [kernel, params, shapes, variants] of TILED) {
  gpuTest(`${kernel.name} gives the same bits in every tile: ${variants}, ${shapes[0]}`, async () => {
    const device = right(await webgpuDevice({ variants })());
    const inputs = shapes.map((shape) => input(f32(...shape)));
    const named = Object.fromEntries(inputs.map((tensor, k) => [`x${k}`, tensor]));
    const program = programOf(named, { y: call(kernel, inputs, params)[0] });
    const numbers = Object.fromEntries(
      shapes.map((shape, k) => [`x${k}`, Float32Array.from(normal(child(keyOf(3), k), sizeOf(shape)))]),
    );
    const { y: expected } = await runOn(device, program, numbers);
    const { tiling } = (kernel.launches!(
      inputs.map(({ type }) => type) as never,
      kernel.types(inputs.map(({ type }) => type) as never, params) as never,
      params,
      variants,
    ))[0]!;
    for (const tile of Object.keys(tiling!.others)) {
      const other = right(await webgpuDevice({ variants, tiles: { [tiling!.subject]: tile } })());
      const { y } = await runOn(other, program, numbers);
      assertSameBits(y!, expected!, tile);
      other.close();
    }
    device.close();
  });
}

const SCALE = `struct Scale {
  count: u32,
  out: vec2<u32>,
  x: vec2<u32>,
}
@group(0) @binding(0) var<uniform> u: Scale;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;
@group(0) @binding(2) var<storage, read> x: array<f32>;
override factor: u32 = 2u;
@compute @workgroup_size(64)
fn scale(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x < u.count) {
    out[u.out.x + id.x] = f32(factor) * x[u.x.x + id.x];
  }
}
`;

/** Doubles eight numbers, in tiles of which one triples them. */
const doubled: Kernel<null> = {
  name: "doubled",
  types: ([x]) => [x],
  wants: "it needs anything",
  definition: ([x]) => [mul(x, 2)],
  launches: () => {
    const scale = shader("scale.wgsl", SCALE, { count: "u32", out: "write", x: "read" });
    const by = (factor: number): Launch =>
      scale.launch("scale", [1, 1, 1], { count: 8, out: { output: 0 }, x: { input: 0 } }, {
        constants: { factor },
      });
    const tiling = { subject: "doubled", own: "first", others: { right: () => by(2), wrong: () => by(3) } };
    return [{ ...by(2), tiling }];
  },
};

const doubling = (): Program => trace({ x: f32(8) }, ({ x }) => ({ y: call(doubled, [x], null)[0] }));

/** What the tuning of an adapter prefers. */
async function tuned(
  programs: readonly Program[],
  milliseconds: number,
  now: () => number,
): Promise<Tiles> {
  const device = right(
    await webgpuDevice({ tiles: ({ tune }) => tune(programs, milliseconds, now) })(),
  );
  device.close();
  return device.tiles;
}

/** A clock by which everything takes less time than what came before it: what is measured last seems the fastest. */
function hurrying(): () => number {
  let time = 0, step = 1;
  return () => time += step *= 0.9;
}

gpuTest("a faster tile is preferred, but none that gives other bits", async () => {
  assert.deepEqual(await tuned([doubling()], 1e6, hurrying()), { doubled: "right" });
});

gpuTest("no tile is preferred that is hardly faster, and none where the time is over", async () => {
  let time = 0;
  assert.deepEqual(await tuned([doubling()], 1e6, () => time += 1), {});
  assert.deepEqual(await tuned([doubling(), ...tunedPrograms()], 0, hurrying()), {});
});

gpuTest(
  "what decides on the tiles is told the adapter, and a program in an unknown tile runs in its own",
  async () => {
    let told = "";
    const device = right(
      await webgpuDevice({
        tiles: ({ description, adapter }) => {
          told = `${description} ${adapter}`;
          return Promise.resolve({ doubled: "no such tile" });
        },
      })(),
    );
    assert.equal(told, `${device.description} ${device.adapter}`);
    const { y } = await runOn(device, doubling(), { x: [1, 2, 3, 4, 5, 6, 7, 8] });
    assert.deepEqual([...y!], [2, 4, 6, 8, 10, 12, 14, 16]);
    device.close();
  },
);

Deno.test("if tiles cannot be chosen, the device is unavailable", async () => {
  const gpu = {
    requestAdapter: () =>
      Promise.resolve({
        limits: { maxBufferSize: 1, maxStorageBufferBindingSize: 1 },
        info: { description: "test" },
        requestDevice: () =>
          Promise.resolve({ lost: new Promise(() => {}), addEventListener: () => {}, destroy: () => {} }),
      }),
  } as unknown as GPU;
  const error = left(await webgpuDevice({ gpu, tiles: () => Promise.reject(new Error("no clock")) })());
  assert.equal(error._tag, "DeviceUnavailable");
  assert(error.message.includes("no clock"));
});
