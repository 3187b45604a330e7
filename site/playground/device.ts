/**
 * The choice of the page's device, with its reason.
 *
 * @module
 */

import { E } from "../../src/deps.ts";
import { cpuDevice } from "../../src/device/cpu.ts";
import type { Device } from "../../src/device/device.ts";
import { type WebgpuDevice, webgpuDevice } from "../../src/device/webgpu.ts";

/** A device, and the reason for its choice in a sentence. */
export interface Chosen {
  readonly device: Device;
  readonly reason: string;
}

/** The message about a software adapter that the address requests. */
const SOFTWARE = "But this browser found no GPU, only a software adapter, which computes on the processor: " +
  "four goals take minutes here, and seconds with WebAssembly. Without “device=webgpu” in the address the page uses WebAssembly.";

/** A single thread, since a page served without special headers has no shared memory. */
const assembly = (reason: string): Chosen => ({ device: cpuDevice({ workers: 1 }), reason });

/**
 * Opens a device by name. `auto` is WebGPU if the browser has a real GPU, and WebAssembly otherwise: a software WebGPU
 * adapter is slower than WebAssembly, and is used only on request by `webgpu`.
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
  const hardware = device.adapter === "hardware";
  if (name === "webgpu") {
    return { device, reason: `The address asks for it.${hardware ? "" : ` ${SOFTWARE}`}` };
  }
  if (hardware) return { device, reason: "This browser has WebGPU on a GPU." };
  device.close();
  return assembly(
    `This browser's WebGPU runs on the processor (${device.description}), where WebAssembly is faster.`,
  );
}
