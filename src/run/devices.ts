/**
 * Choosing a device by name.
 *
 * @module
 */

import { pipe, TE } from "../deps.ts";
import { cpuDevice } from "../device/cpu.ts";
import type { Device, DeviceError } from "../device/device.ts";
import { referenceDevice } from "../device/reference.ts";
import { webgpuDevice } from "../device/webgpu.ts";

/** Names of devices as `--device` takes them. */
export type DeviceName = "auto" | "cpu" | "webgpu" | "reference";

/**
 * Opens the device of that name. `auto` is a real GPU if there is one, and the CPU otherwise: a software adapter is
 * slower than the CPU device and used only where `webgpu` is asked for.
 */
export function openDevice(name: DeviceName): TE.TaskEither<DeviceError, Device> {
  switch (name) {
    case "cpu":
      return TE.right(cpuDevice());
    case "reference":
      return TE.right(referenceDevice());
    case "webgpu":
      return webgpuDevice();
    case "auto":
      return pipe(
        webgpuDevice(),
        TE.map((device): Device => {
          if (device.adapter === "hardware") return device;
          device.close();
          return cpuDevice();
        }),
        TE.orElse(() => TE.right<DeviceError, Device>(cpuDevice())),
      );
  }
}
