/**
 * The WebGPU device: float32 on hand-written WGSL, on any object with the WebGPU `GPU` interface.
 *
 * Laws, tested: equal inputs give equal bits on one adapter and driver; replica r computes the same bits whatever the
 * number of replicas; a run neither allocates nor waits; a GPU error becomes a failure of the next `read`.
 *
 * @module
 */

import { E, type TE } from "../deps.ts";
import type { AdapterKind, Tiles } from "../tensor/launch.ts";
import type { Device, DeviceError, Executable, Tune } from "./device.ts";
import { compileOnGpu } from "./webgpu/executable.ts";
import { watch } from "./webgpu/failure.ts";
import { pipelinesOf } from "./webgpu/pipelines.ts";
import { tuneOn } from "./webgpu/tuning.ts";
import { type Fields, isRecord, oneOf, thrownText, wrongFields } from "../given.ts";

/** Options of {@link webgpuDevice}. */
export interface WebgpuOptions {
  /** The source of adapters: by default `navigator.gpu`. */
  readonly gpu?: GPU;
  /** Which adapter to request if there are several. */
  readonly powerPreference?: "low-power" | "high-performance";
  /** The variants of the shaders: by default those for the adapter's kind. */
  readonly variants?: AdapterKind;
  /**
   * Tiles preferred by launches, or a function that chooses them once the adapter is known: the kernels' defaults
   * unless given. They change the duration of a program, but no bit of its results.
   */
  readonly tiles?: Tiles | ((adapter: Tunable) => Promise<Tiles>);
}

/** An adapter whose tiles are to be chosen. */
export interface Tunable {
  /** Its description. */
  readonly description: string;
  /** Whether it is a software adapter. */
  readonly adapter: AdapterKind;
  /** Measures the tiles of programs' launches on it; launches without a result keep their defaults. */
  readonly tune: Tune;
}

/** A WebGPU device, which also knows what kind of adapter it runs on. */
export interface WebgpuDevice extends Device {
  /** Always `webgpu`. */
  readonly kind: "webgpu";
  /** Whether the adapter is a software adapter. */
  readonly adapter: AdapterKind;
  /** Tiles preferred to the kernels' defaults. */
  readonly tiles: Tiles;
}

const OPTIONS: Fields<WebgpuOptions> = {
  gpu: {
    wanted: "an object with the WebGPU interface GPU, such as navigator.gpu",
    fits: (given) => isRecord(given) && typeof given["requestAdapter"] === "function",
  },
  powerPreference: oneOf("low-power", "high-performance"),
  variants: oneOf("software", "hardware"),
  tiles: {
    wanted: "an object of names of tiles, or a function that gives one",
    fits: (given) =>
      typeof given === "function" ||
      isRecord(given) && Object.values(given).every((name) => typeof name === "string"),
  },
};

const unavailable = (message: string): E.Either<DeviceError, never> =>
  E.left({ _tag: "DeviceUnavailable", message });

/**
 * Opens a WebGPU device.
 *
 * @returns `DeviceUnavailable` if there is no WebGPU, no adapter, or no device for the adapter, and for invalid options
 *
 * @example
 * ```ts
 * import { E, webgpuDevice } from "../../mod.ts";
 * import { exp, f32, trace } from "../../src/tensor/mod.ts";
 * import assert from "node:assert/strict";
 * const opened = await webgpuDevice()();
 * if (E.isLeft(opened)) {
 *   assert.equal(opened.left._tag, "DeviceUnavailable"); // no GPU here, and no software adapter
 * } else {
 *   const device = opened.right;
 *   const compiled = await device.compile(trace({ x: f32(1) }, ({ x }) => ({ y: exp(x) })))();
 *   assert.ok(E.isRight(compiled));
 *   compiled.right.write("x", [1]);
 *   compiled.right.run(1000); // queued at once; reading waits
 *   const read = await compiled.right.read(["y"])();
 *   assert.ok(E.isRight(read) && Math.abs(read.right.y[0] - Math.E) < 1e-5);
 *   device.close();
 * }
 * ```
 */
export function webgpuDevice(options: WebgpuOptions = {}): TE.TaskEither<DeviceError, WebgpuDevice> {
  return async () => {
    const wrong = wrongFields("The options of webgpuDevice", options, OPTIONS);
    if (wrong !== null) return unavailable(wrong);
    const gpu = options.gpu ?? (globalThis.navigator as Partial<Navigator> | undefined)?.gpu;
    if (gpu === undefined) {
      return unavailable("There is no WebGPU here: looked for navigator.gpu, and no gpu was given");
    }
    try {
      const adapter = await gpu.requestAdapter(
        options.powerPreference === undefined ? {} : { powerPreference: options.powerPreference },
      );
      if (adapter === null) {
        return unavailable(
          "There is no WebGPU adapter: looked for a GPU with a Vulkan, Metal or Direct3D 12 driver, " +
            "or a software one such as Mesa's llvmpipe (Debian package mesa-vulkan-drivers)",
        );
      }
      const device = await adapter.requestDevice({
        label: "softq",
        requiredLimits: {
          maxBufferSize: adapter.limits.maxBufferSize,
          maxStorageBufferBindingSize: adapter.limits.maxStorageBufferBindingSize,
        },
      });
      return E.right(await deviceOf(device, adapter.info, options));
    } catch (error) {
      return unavailable(
        `No WebGPU device could be opened: ${thrownText(error)}`,
      );
    }
  };
}

/** Whether an adapter is software: it says so, or its name is that of a known rasteriser. */
export function adapterKind(info: GPUAdapterInfo): AdapterKind {
  const software = info.isFallbackAdapter ||
    /llvmpipe|lavapipe|swiftshader|warp|basic render/i.test(nameOf(info));
  return software ? "software" : "hardware";
}

const nameOf = ({ description, vendor, architecture, device }: GPUAdapterInfo): string =>
  description || [vendor, architecture, device].filter((part) => part !== "").join(" ") || "unnamed adapter";

async function deviceOf(
  device: GPUDevice,
  info: GPUAdapterInfo,
  { variants = adapterKind(info), tiles: wanted = {} }: WebgpuOptions,
): Promise<WebgpuDevice> {
  const watched = watch(device);
  const untuned = { device, adapter: variants, pipelines: pipelinesOf(device), watch: watched };
  const tunable = { description: nameOf(info), adapter: adapterKind(info), tune: tuneOn(untuned) };
  const tiles = typeof wanted === "function" ? await wanted(tunable) : wanted;
  const context = { ...untuned, tiles };
  const executables = new Set<Executable>();
  return {
    kind: "webgpu",
    description: nameOf(info),
    adapter: adapterKind(info),
    tiles,
    compile: (program) => async () => {
      if (watched.isClosed()) return E.left({ _tag: "DeviceFailed", message: "The device has been closed" });
      const compiled = await compileOnGpu(context, program);
      if (E.isLeft(compiled)) return compiled;
      const { close, ...rest } = compiled.right;
      const executable: Executable = {
        ...rest,
        close: () => {
          executables.delete(executable);
          close();
        },
      };
      executables.add(executable);
      return E.right(executable);
    },
    close: () => {
      for (const executable of [...executables]) executable.close();
      watched.close();
      device.destroy();
    },
  };
}
