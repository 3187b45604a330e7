/**
 * One update on WebGPU: its dispatches by name, each with its time by the GPU's own clock and its rate; and the host's
 * cost of a submission and of a wait.
 *
 *     deno run -A bench/kernels.ts [--rounds N] [--json FILE]
 *
 * @module
 */

import { E } from "../src/deps.ts";
import { type WebgpuDevice, webgpuDevice, type WebgpuOptions } from "../src/device/webgpu.ts";
import { lower } from "../src/device/webgpu/lower.ts";
import { pairIndependent } from "../src/device/webgpu/pairs.ts";
import { nameOf } from "../src/tensor/expression.ts";
import type { AdapterKind } from "../src/tensor/launch.ts";
import { plan } from "../src/tensor/plan.ts";
import type { Program } from "../src/tensor/program.ts";
import { type Operands, sizeOf, type TensorType } from "../src/tensor/shape.ts";
import { withoutLoaderWarning } from "../src/run/devices.ts";
import { commandLine, machine, median, short, table, writeResults } from "./measure.ts";
import { profiled } from "./profile.ts";
import { type Configuration, CONFIGURATIONS, updateOn } from "./setting.ts";

/** All dispatches of one name in one update. */
export interface KernelResult {
  readonly name: string;
  readonly dispatches: number;
  readonly microseconds: number;
  /** Of the matrix products; null if there are none. */
  readonly gigaflopsPerSecond: number | null;
  /** Of what is read and written; the replay buffer counts by the rows drawn from it. */
  readonly gigabytesPerSecond: number;
}

/** The host's costs of an update. */
export interface HostCosts {
  readonly adapter: string;
  /** Host's time for encoding and submitting, in a submission of {@link QUEUED} updates, µs per update. */
  readonly encodeMicroseconds: number;
  /** The same of an update that is submitted alone, µs; not in results before 2026-11-27. */
  readonly aloneMicroseconds?: number;
  /** Time of a reading with nothing to wait for, ms. */
  readonly waitMilliseconds: number;
}

/** One configuration's update. */
export interface KernelsResult extends HostCosts {
  readonly configuration: string;
  readonly kernels: readonly KernelResult[];
}

/** How often the host's costs are measured. */
const HOST_ROUNDS = 21;

/** Updates of one submission. */
const QUEUED = 64;

/** Operations and bytes of a program's equations by name. */
function workOf(
  program: Program,
  adapter: AdapterKind,
): ReadonlyMap<string, { readonly flops: number; readonly bytes: number }> {
  const { steps, types, program: { inputs } } = plan(
    pairIndependent(lower(program), adapter),
  );
  const replay = new Set(
    inputs.filter(({ name }) => name.startsWith("replay.")).map(({ variable }) => variable),
  );
  const work = new Map<string, { flops: number; bytes: number }>();
  const add = (name: string, flops: number, elements: number): void => {
    const { flops: before, bytes } = work.get(name) ?? { flops: 0, bytes: 0 };
    work.set(name, { flops: before + flops, bytes: bytes + 4 * elements });
  };
  for (const step of steps) {
    if (step.kind === "copy") add("copy", 0, 2 * sizeOf(types[step.from]!.shape));
    else {
      const { operation, inputs: read, outputs } = step.equation;
      const flops = operation.kind === "kernel"
        ? operation.kernel.flops?.(read.map((v) => types[v]) as Operands<TensorType>, operation.params) ?? 0
        : 0;
      const elements = [...read.filter((v) => !replay.has(v)), ...outputs]
        .reduce((total, v) => total + sizeOf(types[v]!.shape), 0);
      add(nameOf(operation), flops, elements);
    }
  }
  return work;
}

async function opened(options: WebgpuOptions = {}): Promise<WebgpuDevice> {
  const device = await withoutLoaderWarning(webgpuDevice(options))();
  if (E.isLeft(device)) throw new Error(device.left.message);
  return device.right;
}

/** Times of an update's dispatches, median over the rounds of each name's sum. */
export async function dispatchesOf(
  configuration: Configuration,
  rounds: number,
): Promise<readonly KernelResult[]> {
  const profile = await profiled();
  if (profile === null) throw new Error("The adapter has no timestamps: feature timestamp-query");
  const device = await opened({ gpu: profile.gpu });
  const { executable, program } = await updateOn(device, configuration, "default");
  const times = new Map<string, number[]>(), counts = new Map<string, number>();
  for (let round = -2; round < rounds; round++) { // the first two compile pipelines
    executable.run();
    const sums = new Map<string, number>();
    counts.clear();
    for (const { label, nanoseconds } of await profile.last()) {
      sums.set(label, (sums.get(label) ?? 0) + nanoseconds / 1000);
      counts.set(label, (counts.get(label) ?? 0) + 1);
    }
    if (round >= 0) { for (const [label, sum] of sums) times.set(label, [...times.get(label) ?? [], sum]); }
  }
  device.close();
  const work = workOf(program, device.adapter);
  return [...times].map(([name, sums]): KernelResult => {
    const microseconds = median(sums), { flops, bytes } = work.get(name) ?? { flops: 0, bytes: 0 };
    return {
      name,
      dispatches: counts.get(name) ?? 0,
      microseconds,
      gigaflopsPerSecond: flops === 0 ? null : flops / microseconds / 1000,
      gigabytesPerSecond: bytes / microseconds / 1000,
    };
  }).sort((a, b) => b.microseconds - a.microseconds);
}

/**
 * Host's costs: encoding and submitting an update among many, and waiting for nothing. The sizes are small, because the
 * host's work depends on the number of dispatches alone, and a software adapter would take too long.
 */
export async function hostCosts(configuration: Configuration, rounds: number): Promise<HostCosts> {
  const small = { ...configuration, hidden: 16, batch: 4, fixed: 4, moved: 4, values: 4 };
  const device = await opened(), { executable } = await updateOn(device, small, "default");
  const read = async (): Promise<void> => {
    const values = await executable.read(["loss"])();
    if (E.isLeft(values)) throw new Error(values.left.message);
  };
  const encode: number[] = [], alone: number[] = [], wait: number[] = [];
  executable.run(2);
  await read();
  for (let round = 0; round < rounds; round++) {
    const begun = performance.now();
    executable.run(QUEUED);
    encode.push(1000 * (performance.now() - begun) / QUEUED);
    await read();
    const single = performance.now();
    executable.run();
    alone.push(1000 * (performance.now() - single));
    await read();
    const idle = performance.now();
    await read();
    wait.push(performance.now() - idle);
  }
  const { description } = device;
  device.close();
  return {
    adapter: description,
    encodeMicroseconds: median(encode),
    aloneMicroseconds: median(alone),
    waitMilliseconds: median(wait),
  };
}

/** The results as tables. */
export const kernelsTables = (results: readonly KernelsResult[]): string =>
  results.map(({ configuration, adapter, encodeMicroseconds, waitMilliseconds, kernels }) => {
    const total = kernels.reduce((sum, { microseconds }) => sum + microseconds, 0);
    const count = kernels.reduce((sum, { dispatches }) => sum + dispatches, 0);
    return `**${configuration}** on ${adapter}: ${count} dispatches, ${
      short(total / 1000)
    } ms of the GPU's time; ` +
      `encoding and submitting ${short(encodeMicroseconds)} µs an update, waiting for nothing ${
        short(waitMilliseconds)
      } ms\n\n${
        table(
          ["dispatches of", "number", "µs", "share", "GFLOP/s", "GB/s"],
          kernels.map((each) => [
            each.name,
            String(each.dispatches),
            short(each.microseconds),
            `${(100 * each.microseconds / total).toFixed(0)} %`,
            each.gigaflopsPerSecond === null ? "–" : short(each.gigaflopsPerSecond),
            short(each.gigabytesPerSecond),
          ]),
        )
      }`;
  }).join("\n\n");

if (import.meta.main) {
  const { json, rounds } = commandLine({ rounds: 7, seconds: 0 });
  const results: KernelsResult[] = [];
  for (const configuration of CONFIGURATIONS) {
    const kernels = await dispatchesOf(configuration, rounds);
    const host = await hostCosts(configuration, HOST_ROUNDS);
    results.push({ configuration: configuration.name, ...host, kernels });
  }
  const { processor, cores, load } = machine();
  console.log(`${processor}, ${cores} cores, load ${load}\n\n${kernelsTables(results)}`);
  if (json !== null) await writeResults(json, "kernels", results);
}
