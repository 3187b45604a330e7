/**
 * The peak of a device: rates of a loop that only multiplies and adds in registers, on all threads of
 * the CPU device or all of an adapter's invocations. No product reaches them, because products also read and write.
 *
 * @module
 */

import type { Device } from "../src/device/device.ts";
import { adapterKind } from "../src/device/webgpu.ts";
import { withoutLoaderWarning } from "../src/run/devices.ts";
import { paced, type Work } from "./measure.ts";
import { type MultiplyAdd, STEP_FLOPS } from "./peak_module.ts";

/** A device's loop of multiply-adds: its repetitions per second, and the operations of one. */
export interface Peak {
  readonly work: Work;
  readonly flops: number;
  /** Ends its threads or device. */
  readonly close: () => void;
}

/** Steps of a thread between two readings of the clock: about a millisecond. */
const STEPS = 100_000;

/** The request to a thread: its duration, the kind of multiply-add, and the number of steps of one repetition. */
export interface Order {
  readonly seconds: number;
  readonly kind: MultiplyAdd;
  readonly steps: number;
}

/** Number of threads that the CPU device uses. */
const threadsOf = ({ description }: Device): number => Number(/(\d+) threads?/.exec(description)?.[1] ?? 1);

/** The processor's peak with WebAssembly's vectors of four floats, on as many threads as the device uses. */
function cpuPeak(device: Device): Peak {
  const kind = device.description.includes("relaxed") ? "relaxed" : "plain";
  const workers = Array.from(
    { length: threadsOf(device) },
    () => new Worker(new URL("./peak_worker.ts", import.meta.url), { type: "module" }),
  );
  const turnsOf = (worker: Worker, seconds: number): Promise<number> =>
    new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = ({ message }) => reject(new Error(message));
      worker.postMessage({ seconds, kind, steps: STEPS } satisfies Order);
    });
  const rate = async (seconds: number): Promise<number> => {
    const rates = await Promise.all(workers.map((worker) => turnsOf(worker, seconds)));
    return rates.reduce((total, each) => total + each, 0);
  };
  return {
    work: { name: "peak", rate },
    flops: STEPS * STEP_FLOPS,
    close: () => workers.forEach((worker) => worker.terminate()),
  };
}

/** Workgroups of a dispatch: enough to keep an adapter of that kind busy for about a millisecond. */
const GROUPS = { software: 256, hardware: 8192 } as const;

/** Of the shader: invocations of a workgroup, iterations of their loop and steps of an iteration. */
const SIZE = 64, TURNS = 64, TURN = 32;

/** Sums of four floats that an invocation carries: the number at which a software adapter was fastest (of 1 to 4). */
const SUMS = 3;

const each = (count: number, line: (k: number) => string, join = " "): string =>
  Array.from({ length: count }, (_, k) => line(k)).join(join);

/** Each sum tends to 1 and stays finite. It is stored, so that no compiler can remove the loop. */
const SHADER = `
@group(0) @binding(0) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(${SIZE})
fn peak(@builtin(global_invocation_id) id: vec3<u32>) {
  let x = vec4<f32>(0.999) - vec4<f32>(f32(id.x) * 1e-9);
  let y = vec4<f32>(1) - x;
  ${each(SUMS, (k) => `var s${k} = y * ${k}.0;`)}
  for (var i = 0u; i < ${TURNS}u; i++) {
    ${each(TURN * SUMS, (k) => `s${k % SUMS} = fma(s${k % SUMS}, x, y);`)}
  }
  let s = ${each(SUMS, (k) => `s${k}`, " + ")};
  out[id.x] = s.x + s.y + s.z + s.w;
}`;

/** An adapter's invocations. */
async function webgpuPeak(): Promise<Peak> {
  const adapter = await withoutLoaderWarning(() => navigator.gpu.requestAdapter())();
  if (adapter === null) throw new Error("There is no WebGPU adapter");
  const device = await adapter.requestDevice(), groups = GROUPS[adapterKind(adapter.info)];
  const pipeline = device.createComputePipeline({
    layout: "auto",
    compute: { module: device.createShaderModule({ code: SHADER }), entryPoint: "peak" },
  });
  const buffer = device.createBuffer({ size: 4 * groups * SIZE, usage: GPUBufferUsage.STORAGE });
  const group = device.createBindGroup({
    layout: pipeline.getBindGroupLayout(0),
    entries: [{ binding: 0, resource: { buffer } }],
  });
  const work = await paced("peak", async (times) => {
    const encoder = device.createCommandEncoder(), pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, group);
    for (let k = 0; k < times; k++) pass.dispatchWorkgroups(groups);
    pass.end();
    device.queue.submit([encoder.finish()]);
    await device.queue.onSubmittedWorkDone();
  });
  return { work, flops: groups * SIZE * TURNS * TURN * SUMS * 4 * 2, close: () => device.destroy() };
}

/** The loop for a device; throws if there is no adapter. */
export const peakOf = (device: Device): Promise<Peak> =>
  device.kind === "webgpu" ? webgpuPeak() : Promise.resolve(cpuPeak(device));
