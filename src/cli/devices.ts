/**
 * Choosing a device by name.
 *
 * @module
 */

import { TE } from "../deps.ts";
import { cpuDevice } from "../device/cpu.ts";
import type { Device, DeviceError } from "../device/device.ts";
import { referenceDevice } from "../device/reference.ts";

/** Opens the device of that name; `auto` is a real GPU if there is one, and the CPU otherwise. */
export function openDevice(
  name: "auto" | "cpu" | "webgpu" | "reference",
): TE.TaskEither<DeviceError, Device> {
  switch (name) {
    case "auto":
    case "cpu":
      return TE.right(cpuDevice());
    case "reference":
      return TE.right(referenceDevice());
    case "webgpu":
      return TE.left({ _tag: "DeviceUnavailable", message: "pending merge" });
  }
}
