/**
 * Matrix products on WebGPU: the dense kernels in their three layouts beside a plain 4 × 4 tile that reads number by
 * number (the `dot` primitive) and the CPU device. Run with `deno bench -A bench/webgpu.ts`; GFLOP/s are printed at the
 * end, from the fastest iteration.
 *
 * An iteration runs a product many times and waits once, because waiting alone takes 11 ms in Deno.
 *
 * @module
 */

import { cpuDevice } from "../src/device/cpu.ts";
import type { Device, Executable } from "../src/device/device.ts";
import { webgpuDevice } from "../src/device/webgpu.ts";
import { denseInput, denseLayer, denseWeight } from "../src/kernels/dense.ts";
import { normal } from "../src/random/draw.ts";
import { call, input, type Tensor } from "../src/tensor/expression.ts";
import { dot } from "../src/tensor/primitives.ts";
import { programOf } from "../src/tensor/program.ts";
import { f32, type Shape, sizeOf } from "../src/tensor/shape.ts";

interface Product {
  readonly layout: "NN" | "NT" | "TN";
  readonly shapes: readonly [Shape, Shape];
  readonly kernel: (a: Tensor, b: Tensor) => Tensor;
  readonly plain: (a: Tensor, b: Tensor) => Tensor;
}

/** The products of a layer of K inputs and N outputs on M rows: forward, and the two of its derivative. */
const productsOf = (M: number, N: number, K: number): readonly Product[] => [
  {
    layout: "NN",
    shapes: [[1, M, K], [1, K, N]],
    kernel: (x, w) => call(denseLayer, [x, w], { activation: "identity", bias: false, group: 0 })[0],
    plain: (x, w) => dot(x, w),
  },
  {
    layout: "NT",
    shapes: [[1, M, N], [1, K, N]],
    kernel: (g, w) => call(denseInput, [g, w], { bias: false, mask: "identity" })[0],
    plain: (g, w) => dot(g, w, { transposeB: true }),
  },
  {
    layout: "TN",
    shapes: [[1, M, K], [1, M, N]],
    kernel: (x, g) => call(denseWeight, [x, g], { bias: false })[0],
    plain: (x, g) => dot(x, g, { transposeA: true }),
  },
];

async function compile(device: Device, f: Product["kernel"], shapes: Product["shapes"]): Promise<Executable> {
  const a = input(f32(...shapes[0])), b = input(f32(...shapes[1]));
  const compiled = await device.compile(programOf({ a, b }, { y: f(a, b) }))();
  if (compiled._tag === "Left") throw new Error(compiled.left.message);
  compiled.right.write("a", normal([1, 2], sizeOf(shapes[0])));
  compiled.right.write("b", normal([3, 4], sizeOf(shapes[1])));
  return compiled.right;
}

function register(device: Device, title: string, f: Product["kernel"], product: Product, size: string): void {
  const [M, N, K] = size.split("×").map(Number);
  const flops = 2 * M * N * K;
  const times = Math.max(1, Math.round(1e9 / flops));
  let executable: Executable | null = null;
  let fastest = Infinity;
  Deno.bench({
    name: `${title}, ${times} times`,
    group: `${product.layout} ${size}`,
    baseline: title === "plain tile",
    n: 20,
    warmup: 2,
    fn: async (timer) => {
      executable ??= await compile(device, f, product.shapes);
      await executable.read(["y"])();
      const before = performance.now();
      timer.start();
      executable.run(times);
      await executable.read(["y"])();
      timer.end();
      fastest = Math.min(fastest, performance.now() - before);
    },
  });
  globalThis.addEventListener("unload", () => {
    if (executable === null) return;
    const wait = device.kind === "webgpu" ? 11 : 0;
    const rate = flops * times / (fastest - wait) / 1e6;
    console.log(`${product.layout} ${size.padEnd(13)} ${title.padEnd(12)} ${rate.toFixed(1)} GFLOP/s`);
  });
}

const gpu = await webgpuDevice()();
const cpu = cpuDevice();
if (gpu._tag === "Left") console.log(gpu.left.message);
else console.log(`${gpu.right.description}; ${cpu.description}`);

for (const size of ["2048×200×200", "1024×128×128", "64×200×200"]) {
  const [M, N, K] = size.split("×").map(Number);
  for (const product of productsOf(M, N, K)) {
    if (gpu._tag === "Right") {
      register(gpu.right, "plain tile", product.plain, product, size);
      register(gpu.right, "dense", product.kernel, product, size);
    }
    register(cpu, "cpu", product.kernel, product, size);
  }
}
