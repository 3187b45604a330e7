/**
 * Choosing a device by name.
 *
 * @module
 */

import { E, pipe, TE } from "../deps.ts";
import { cpuDevice } from "../device/cpu.ts";
import type { Device, DeviceError } from "../device/device.ts";
import { referenceDevice } from "../device/reference.ts";
import { webgpuDevice } from "../device/webgpu.ts";

/** Names of devices as `--device` takes them. */
export type DeviceName = "auto" | "cpu" | "webgpu" | "reference";

/**
 * Opens the device of that name. `auto` is a real GPU if there is one, and the CPU otherwise: a software adapter is
 * slower than the CPU device and used only where `webgpu` is asked for.
 *
 * @param workers threads of the CPU device, by default one a core; they change no result
 */
export function openDevice(name: DeviceName, workers?: number): TE.TaskEither<DeviceError, Device> {
  const cpu = (): Device => cpuDevice(workers === undefined ? {} : { workers });
  switch (name) {
    case "cpu":
      return TE.right(cpu());
    case "reference":
      return TE.right(referenceDevice());
    case "webgpu":
      return quietly(webgpuDevice());
    case "auto":
      return async () => mayLookQuietly() || gpuIsLikely() ? await realGpu(cpu)() : E.right(cpu());
  }
}

/** A real GPU, and the CPU where there is none. */
const realGpu = (cpu: () => Device): TE.TaskEither<DeviceError, Device> =>
  pipe(
    quietly(webgpuDevice()),
    TE.map((device): Device => {
      if (device.adapter === "hardware") return device;
      device.close();
      return cpu();
    }),
    TE.orElse(() => TE.right<DeviceError, Device>(cpu())),
  );

/** The folder for sockets of a session, without which the loader of Vulkan drivers complains on standard error. */
const SOCKETS = "XDG_RUNTIME_DIR";

/** Whether nothing is written to standard error when an adapter is looked for. */
const mayLookQuietly = (): boolean => Deno.build.os !== "linux" || mayUse({ name: "env", variable: SOCKETS });

/** Whether a permission has been given; never worth a question. */
const mayUse = (permission: Deno.PermissionDescriptor): boolean =>
  Deno.permissions.querySync(permission).state === "granted";

/**
 * Whether there may be a GPU on this Linux machine, as far as may be seen: a login session, in which the loader does not
 * complain, or NVIDIA's driver, which containers and servers have without one.
 */
function gpuIsLikely(): boolean {
  const namesIn = (path: string): readonly string[] | null => {
    if (!mayUse({ name: "read", path })) return null;
    try {
      return Array.from(Deno.readDirSync(path), ({ name }) => name);
    } catch {
      return [];
    }
  };
  const sessions = namesIn("/run/user");
  const drivers = ["/usr/share/vulkan/icd.d", "/etc/vulkan/icd.d"].map(namesIn);
  return sessions === null || sessions.length > 0 ||
    drivers.flat().some((name) => name?.startsWith("nvidia"));
}

/**
 * Looks for an adapter while the loader of Vulkan drivers finds a folder for its sockets; it needs none, and there need not be
 * any. Without the permission to say so the loader complains.
 */
export function quietly<A>(task: () => Promise<A>): () => Promise<A> {
  return async () => {
    const before = mayUse({ name: "env", variable: SOCKETS }) ? Deno.env.get(SOCKETS) : "not to be changed";
    const missing = before === undefined || before === "";
    if (missing) Deno.env.set(SOCKETS, "/nonexistent");
    try {
      return await task();
    } finally {
      if (before === "") Deno.env.set(SOCKETS, before);
      else if (missing) Deno.env.delete(SOCKETS);
    }
  };
}
