/**
 * The adapter's peak rates, and how closely softq's products approach them: a loop of multiply-adds in registers,
 * copies in its memory, and one large product compared with those of an update's size.
 *
 * @module
 */

import { E } from "../../src/deps.ts";
import type { Device } from "../../src/device/device.ts";
import { trace } from "../../src/tensor/program.ts";
import { f32, type Operands, type TensorType } from "../../src/tensor/shape.ts";
import { interleaved, paced, short, type Work } from "../measure.ts";
import { peakOf } from "../peak.ts";
import { productsOf } from "../products.ts";
import { opened, work } from "../running.ts";
import { DONE, type Section } from "./section.ts";

/** Rows, columns and depth of the products, and their number of replicas. */
const PRODUCTS = [[2048, 200, 200, 1], [1024, 128, 128, 1], [2048, 200, 200, 16], [64, 200, 200, 1]] as const;

/** Bytes of the buffers that are copied. */
const COPIED = { software: 32 * 2 ** 20, hardware: 256 * 2 ** 20 } as const;

/** A copy in a shader, four numbers per invocation. */
const COPY = `
@group(0) @binding(0) var<storage, read> source: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> copy: array<vec4<f32>>;

@compute @workgroup_size(256)
fn copy_all(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let k = id.y * groups.x * 256u + id.x;
  if (k < arrayLength(&copy)) { copy[k] = source[k]; }
}`;

/** A measured work, and what it does per repetition. */
interface Rated {
  readonly work: Work;
  /** Floating-point operations, or bytes read and written. */
  readonly amount: number;
  readonly unit: "GFLOP/s" | "GB/s";
}

/** Copies of a buffer: by the queue, and by a shader. */
async function copies(
  kind: "software" | "hardware",
): Promise<{ readonly rated: Rated[]; readonly close: () => void }> {
  const adapter = await navigator.gpu.requestAdapter();
  if (adapter === null) throw new Error("There is no WebGPU adapter");
  const size = Math.min(COPIED[kind], adapter.limits.maxStorageBufferBindingSize);
  const device = await adapter.requestDevice({
    requiredLimits: { maxBufferSize: size, maxStorageBufferBindingSize: size },
  });
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
  const [source, target] = [0, 1].map(() => device.createBuffer({ size, usage })) as [GPUBuffer, GPUBuffer];
  const pipeline = device.createComputePipeline({
    layout: "auto",
    compute: { module: device.createShaderModule({ code: COPY }), entryPoint: "copy_all" },
  });
  const group = device.createBindGroup({
    layout: pipeline.getBindGroupLayout(0),
    entries: [source, target].map((buffer, binding) => ({ binding, resource: { buffer } })),
  });
  const groups = Math.ceil(size / 16 / 256), columns = Math.min(groups, 32768);
  const submit = (encode: (encoder: GPUCommandEncoder) => void) => async (times: number): Promise<void> => {
    const encoder = device.createCommandEncoder();
    for (let k = 0; k < times; k++) encode(encoder);
    device.queue.submit([encoder.finish()]);
    await device.queue.onSubmittedWorkDone();
  };
  const byQueue = submit((encoder) => encoder.copyBufferToBuffer(source, 0, target, 0, size));
  const byShader = submit((encoder) => {
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, group);
    pass.dispatchWorkgroups(columns, Math.ceil(groups / columns));
    pass.end();
  });
  const megabytes = Math.round(size / 2 ** 20);
  return {
    rated: [
      {
        work: await paced(`copy of ${megabytes} MiB by the queue`, byQueue),
        amount: 2 * size,
        unit: "GB/s",
      },
      {
        work: await paced(`copy of ${megabytes} MiB by a shader`, byShader),
        amount: 2 * size,
        unit: "GB/s",
      },
    ],
    close: () => device.destroy(),
  };
}

/** The products of one size, in the three layouts. */
async function products(device: Device, [M, N, K, R]: typeof PRODUCTS[number]): Promise<readonly Rated[]> {
  const rated: Rated[] = [];
  for (const { layout, shapes, kernel } of productsOf(M, N, K)) {
    const [a, b] = shapes.map(([, ...rest]) => f32(R, ...rest)) as Operands<TensorType>;
    const compiled = await device.compile(trace({ a, b }, ({ a, b }) => ({ y: kernel(a, b) })))();
    if (E.isLeft(compiled)) throw new Error(compiled.left.message);
    const name = `product ${layout} ${M} × ${N} × ${K}${R === 1 ? "" : `, ${R} replicas`}`;
    rated.push({
      work: await work(name, device, compiled.right, "y"),
      amount: 2 * M * N * K * R,
      unit: "GFLOP/s",
    });
  }
  return rated;
}

/** One row: a rate, and its fraction of the loop's rate or of the queue's copy in the same rounds. */
interface Rate {
  readonly name: string;
  readonly rate: number;
  readonly unit: Rated["unit"];
  readonly share: number;
}

const ROUNDS = 5;

/** Measures works alternately; the others of a unit are compared with its first. */
async function ratesOf(all: readonly Rated[], seconds: number): Promise<readonly Rate[]> {
  const turn = Math.max(0.01, Math.min(0.3, seconds / (all.length * (ROUNDS + 1))));
  const measured = await interleaved(all.map((each) => each.work), { rounds: ROUNDS, seconds: turn });
  return all.map(({ amount, unit }, k) => {
    const first = all.findIndex((each) => each.unit === unit), rate = measured[k]!.median * amount / 1e9;
    return {
      name: measured[k]!.name === "peak" ? "loop of multiply-adds" : measured[k]!.name,
      rate,
      unit,
      share: rate / (measured[first]!.median * all[first]!.amount / 1e9),
    };
  });
}

/** Measures the peaks, then the products together with the loop, size by size. */
export const ratesSection: Section = () =>
  Promise.resolve(async ({ left, tell }) => {
    const { device } = await opened("webgpu");
    const software = "adapter" in device && device.adapter === "software";
    const peak = await peakOf(device), copied = await copies(software ? "software" : "hardware");
    const loop: Rated = { work: peak.work, amount: peak.flops, unit: "GFLOP/s" };
    const rows: Rate[] = [], late: string[] = [];
    const say = (): void =>
      tell({
        tables: [{
          title:
            `Medians of ${ROUNDS} turns; the share is of the loop's rate or of the queue's copy in the same turns` +
            (late.length === 0 ? "" : `; no time was left for products of ${late.join(" and ")}`),
          header: ["what", "rate", "unit", "share"],
          rows: rows.map((row) => [row.name, short(row.rate), row.unit, `${(100 * row.share).toFixed(0)} %`]),
        }],
        data: rows,
      });
    let longest = 0;
    const taking = async <A>(what: () => Promise<A>): Promise<A> => {
      const from = performance.now(), result = await what();
      longest = Math.max(longest, (performance.now() - from) / 1000);
      return result;
    };
    rows.push(...await taking(() => ratesOf([loop, ...copied.rated], left() / 5)));
    say();
    copied.close();
    for (const [k, size] of PRODUCTS.entries()) {
      const [M, N, K, R] = size;
      if (left() < longest) {
        late.push(`${M} × ${N} × ${K}${R === 1 ? "" : `, ${R} replicas`}`);
      } else {
        rows.push(
          ...await taking(async () => {
            const all = [loop, ...await products(device, size)];
            return (await ratesOf(all, left() / (PRODUCTS.length - k + 1))).slice(1);
          }),
        );
      }
      say();
    }
    peak.close();
    device.close();
    return DONE;
  });
