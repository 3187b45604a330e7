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
import { isGranted, isReadable } from "./permissions.ts";
import { decideTiles, type Tuning } from "./tuning.ts";

/** Names of devices as `--device` takes them. */
export type DeviceName = "auto" | "cpu" | "webgpu" | "reference";

/**
 * Opens a device by name. `auto` is a hardware GPU if there is one, else the CPU: a software adapter is slower than the
 * CPU device and is used only for `webgpu`.
 *
 * @param workers threads of the CPU device, by default one per core; they do not affect results
 * @param tuning how a WebGPU adapter's tiles are chosen; they do not affect results either
 */
export function openDevice(
  name: DeviceName,
  workers?: number,
  tuning: Tuning = "first-use",
): TE.TaskEither<DeviceError, Device> {
  const cpu = (): Device => cpuDevice(workers === undefined ? {} : { workers });
  switch (name) {
    case "cpu":
      return TE.right(cpu());
    case "reference":
      return TE.right(referenceDevice());
    case "webgpu":
      return withoutLoaderWarning(webgpuDevice({ tiles: decideTiles(tuning) }));
    case "auto":
      return async () => canProbeSilently() || gpuIsLikely() ? await realGpu(cpu, tuning)() : E.right(cpu());
  }
}

/** A hardware GPU, else the CPU. */
const realGpu = (cpu: () => Device, tuning: Tuning): TE.TaskEither<DeviceError, Device> =>
  pipe(
    // A software adapter is closed again, so measuring it would be wasted work.
    withoutLoaderWarning(webgpuDevice({
      tiles: async (adapter) => adapter.adapter === "software" ? {} : await decideTiles(tuning)(adapter),
    })),
    TE.map((device): Device => {
      if (device.adapter === "hardware") return device;
      device.close();
      return cpu();
    }),
    TE.orElse(() => TE.right<DeviceError, Device>(cpu())),
  );

/** The session's folder for sockets, without which the Vulkan loader prints a warning to standard error. */
const RUNTIME_FOLDER = "XDG_RUNTIME_DIR";

/** Whether requesting an adapter prints nothing to standard error. */
const canProbeSilently = (): boolean =>
  Deno.build.os !== "linux" || isGranted({ name: "env", variable: RUNTIME_FOLDER });

/**
 * Whether this Linux machine may have a GPU: it has a login session, in which the loader prints no warning, or NVIDIA's
 * driver, as containers and servers without a session do.
 */
function gpuIsLikely(): boolean {
  const namesIn = (path: string): readonly string[] | null => {
    if (!isReadable(path)) return null;
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
 * Runs a task with a placeholder for the folder of sockets, which the Vulkan loader does not use but warns about if it
 * is unset. Without the permission to set the variable the warning remains.
 */
export function withoutLoaderWarning<A>(task: () => Promise<A>): () => Promise<A> {
  return async () => {
    const before = isGranted({ name: "env", variable: RUNTIME_FOLDER })
      ? Deno.env.get(RUNTIME_FOLDER)
      : "not to be changed";
    const missing = before === undefined || before === "";
    if (missing) Deno.env.set(RUNTIME_FOLDER, "/nonexistent");
    try {
      return await task();
    } finally {
      if (before === "") Deno.env.set(RUNTIME_FOLDER, before);
      else if (missing) Deno.env.delete(RUNTIME_FOLDER);
    }
  };
}
