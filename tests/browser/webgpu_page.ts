/** What a page with the tests of WebGPU offers to the process that opened it. */

import { webgpuDevice } from "../../src/device/webgpu.ts";
import { right } from "../device/adapter.ts";
import { registered } from "./page_deno.ts";

/** Labels of the pipelines that were made; every device of the page reports to it. */
const compiled = new Set<string>();
const create = GPUDevice.prototype.createComputePipelineAsync;
GPUDevice.prototype.createComputePipelineAsync = async function (
  this: GPUDevice,
  descriptor: GPUComputePipelineDescriptor,
): Promise<GPUComputePipeline> {
  const pipeline = await create.call(this, descriptor);
  compiled.add(descriptor.label ?? "");
  return pipeline;
};

/** The device that a user's page gets. */
export async function deviceHere(): Promise<{ readonly description: string; readonly adapter: string }> {
  const device = right(await webgpuDevice()());
  device.close();
  return { description: device.description, adapter: device.adapter };
}

/** Titles of all tests, in order. */
export const titles = (): string[] => [...registered.keys()];

/** Runs a test; what went wrong with it, its first cause first, or null. */
export async function failureOf(title: string): Promise<string | null> {
  try {
    await registered.get(title)!(); // a title of `titles`
    return null;
  } catch (error) {
    const messages: string[] = [];
    let each: unknown = error;
    while (each !== undefined) {
      messages.unshift(each instanceof Error ? each.message : String(each));
      each = each instanceof Error ? each.cause : undefined;
    }
    return messages.join("\n");
  }
}

/** Every shader and entry point that the browser has compiled, as `file.wgsl entry_point`. */
export const compiledEntryPoints = (): string[] => [...compiled];
