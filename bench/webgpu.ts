/**
 * Matrix products on WebGPU: the dense kernels in their three layouts beside a plain 4 × 4 tile that reads number by
 * number (the `dot` primitive) and the CPU device. Run with `deno bench -A bench/webgpu.ts`; GFLOP/s are printed at the
 * end, from the fastest iteration.
 *
 * An iteration runs a product many times and waits once, because waiting alone takes 11 ms in Deno; the time of a wait
 * is measured first and subtracted.
 *
 * @module
 */

import { cpuDevice } from "../src/device/cpu.ts";
import type { Device, Executable } from "../src/device/device.ts";
import { webgpuDevice } from "../src/device/webgpu.ts";
import { normal } from "../src/random/draw.ts";
import { input } from "../src/tensor/expression.ts";
import { programOf } from "../src/tensor/program.ts";
import { f32, sizeOf } from "../src/tensor/shape.ts";
import { withoutLoaderWarning } from "../src/run/devices.ts";
import { median } from "./measure.ts";
import { type Product, productsOf } from "./products.ts";

async function compile(device: Device, f: Product["kernel"], shapes: Product["shapes"]): Promise<Executable> {
  const a = input(f32(...shapes[0])), b = input(f32(...shapes[1]));
  const compiled = await device.compile(programOf({ a, b }, { y: f(a, b) }))();
  if (compiled._tag === "Left") throw new Error(compiled.left.message);
  compiled.right.write("a", normal([1, 2], sizeOf(shapes[0])));
  compiled.right.write("b", normal([3, 4], sizeOf(shapes[1])));
  return compiled.right;
}

/** The time of a wait with nothing to wait for, ms: the median of five. */
async function waitingOf(device: Device): Promise<number> {
  const executable = await compile(device, (a) => a, [[1], [1]]), times: number[] = [];
  for (let k = 0; k < 6; k++) {
    const before = performance.now();
    await executable.read(["y"])();
    if (k > 0) times.push(performance.now() - before);
  }
  executable.close();
  return median(times);
}

function register(device: Device, title: string, f: Product["kernel"], product: Product, size: string): void {
  const [M, N, K] = size.split("×").map(Number) as [number, number, number];
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
    const rate = flops * times / (fastest - (device.kind === "webgpu" ? idle : 0)) / 1e6;
    console.log(`${product.layout} ${size.padEnd(13)} ${title.padEnd(12)} ${rate.toFixed(1)} GFLOP/s`);
  });
}

const gpu = await withoutLoaderWarning(webgpuDevice())();
const cpu = cpuDevice();
const idle = gpu._tag === "Right" ? await waitingOf(gpu.right) : 0;
if (gpu._tag === "Left") console.log(gpu.left.message);
else console.log(`${gpu.right.description}; ${cpu.description}`);

for (const size of ["2048×200×200", "1024×128×128", "64×200×200"]) {
  const [M, N, K] = size.split("×").map(Number) as [number, number, number];
  for (const product of productsOf(M, N, K)) {
    if (gpu._tag === "Right") {
      register(gpu.right, "plain tile", product.plain, product, size);
      register(gpu.right, "dense", product.kernel, product, size);
    }
    register(cpu, "cpu", product.kernel, product, size);
  }
}
