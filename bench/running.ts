/**
 * Running programs to measure them, on either device: on the CPU a run is done when it returns; on WebGPU several are
 * queued and an output is awaited.
 *
 * @module
 */

import { E } from "../src/deps.ts";
import { cpuDevice } from "../src/device/cpu.ts";
import type { Device, Executable } from "../src/device/device.ts";
import { webgpuDevice } from "../src/device/webgpu.ts";
import { withoutLoaderWarning } from "../src/run/devices.ts";
import { type Paced, paced, timed, type Work } from "./measure.ts";

/** The kinds that are measured. */
export type Kind = "cpu" | "webgpu";

/** An open device, and its name in a legend. */
export interface Opened {
  readonly device: Device;
  readonly name: string;
}

/** Opens the device of a kind, the CPU device with a number of threads if given; throws if there is none. */
export async function opened(kind: Kind, workers?: number): Promise<Opened> {
  if (kind === "cpu") return { device: cpuDevice({ ...workers && { workers } }), name: "CPU device" };
  const made = await withoutLoaderWarning(webgpuDevice())();
  if (E.isLeft(made)) throw new Error(made.left.message);
  return { device: made.right, name: `WebGPU device, ${made.right.adapter} adapter` };
}

/** A compiled program as a work. */
export async function work(
  name: string,
  { kind }: Device,
  executable: Executable,
  output: string,
): Promise<Work> {
  return kind === "cpu" ? timed(name, () => executable.run()) : await pacedWork(name, executable, output);
}

/** A compiled program on WebGPU as a work with few waits. */
export const pacedWork = (name: string, executable: Executable, output: string): Promise<Paced> =>
  paced(name, async (times) => {
    executable.run(times);
    const read = await executable.read([output])();
    if (E.isLeft(read)) throw new Error(read.left.message);
  });
