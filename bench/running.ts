/**
 * Running programs to measure them, on either device: on the CPU a run is done when it returns; on WebGPU several are queued
 * and an output is awaited.
 *
 * @module
 */

import { E } from "../src/deps.ts";
import { cpuDevice } from "../src/device/cpu.ts";
import type { Device, Executable } from "../src/device/device.ts";
import { webgpuDevice } from "../src/device/webgpu.ts";
import { timed, type Work } from "./measure.ts";

/** The kinds that are measured. */
export type Kind = "cpu" | "webgpu";

/** An open device, and what it is called in a legend. */
export interface Opened {
  readonly device: Device;
  readonly name: string;
}

/** Opens the device of a kind; throws where there is none. */
export async function opened(kind: Kind): Promise<Opened> {
  if (kind === "cpu") return { device: cpuDevice(), name: "CPU device" };
  const made = await webgpuDevice()();
  if (E.isLeft(made)) throw new Error(made.left.message);
  return { device: made.right, name: `WebGPU device, ${made.right.adapter} adapter` };
}

/** Runs a program so many times and waits until it is done. */
async function finish(executable: Executable, output: string, times: number): Promise<void> {
  executable.run(times);
  const read = await executable.read([output])();
  if (E.isLeft(read)) throw new Error(read.left.message);
}

/** What is queued before an output is awaited takes so long, ms, so that waiting itself (11 ms in Deno) is a small part. */
const QUEUE = 600;

/** A compiled program as a work. On WebGPU it is run a few times here, so that its pipelines are there. */
export async function work(
  name: string,
  { kind }: Device,
  executable: Executable,
  output: string,
): Promise<Work> {
  if (kind === "cpu") return timed(name, () => executable.run());
  await finish(executable, output, 1);
  const before = performance.now();
  await finish(executable, output, 2);
  const queued = Math.max(1, Math.min(32, Math.ceil(2 * QUEUE / (performance.now() - before))));
  return {
    name,
    rate: async (seconds) => {
      const start = performance.now();
      let count = 0;
      while (performance.now() - start < 1000 * seconds) {
        await finish(executable, output, queued);
        count += queued;
      }
      return 1000 * count / (performance.now() - start);
    },
  };
}
