/**
 * Which device a page learns on, and why.
 *
 * @module
 */

import { E } from "../../src/deps.ts";
import { cpuDevice } from "../../src/device/cpu.ts";
import type { Device } from "../../src/device/device.ts";
import { type WebgpuDevice, webgpuDevice } from "../../src/device/webgpu.ts";

/** A device, and a sentence that says why it is this one. */
export interface Chosen {
  readonly device: Device;
  readonly reason: string;
}

/** A page that is served without special headers has no shared memory, so one thread is all there is. */
const assembly = (reason: string): Chosen => ({ device: cpuDevice({ workers: 1 }), reason });

/**
 * Opens the device of a name. `auto` is WebGPU where the browser has a real GPU, and WebAssembly otherwise: a WebGPU that
 * itself runs on the processor is slower than WebAssembly, and is taken only where `webgpu` is asked for.
 *
 * @param open opens WebGPU
 */
export async function chooseDevice(
  name: "auto" | "cpu" | "webgpu",
  open: () => Promise<E.Either<{ readonly message: string }, WebgpuDevice>> = webgpuDevice(),
): Promise<Chosen> {
  if (name === "cpu") return assembly("The address asks for it.");
  const opened = await open();
  if (E.isLeft(opened)) {
    const absent = (globalThis.navigator as Partial<Navigator> | undefined)?.gpu === undefined;
    return assembly(absent ? "This browser has no WebGPU." : "This browser's WebGPU found no GPU.");
  }
  const device = opened.right;
  if (name === "webgpu") return { device, reason: "The address asks for it." };
  if (device.adapter === "hardware") return { device, reason: "This browser has WebGPU on a GPU." };
  device.close();
  return assembly(
    `This browser's WebGPU runs on the processor (${device.description}), where WebAssembly is faster.`,
  );
}
