/**
 * Devices: where programs run.
 *
 * @module
 */

export * from "./device.ts";
export { referenceDevice } from "./reference.ts";
export type { Variant } from "./assembly/assembly.ts";
export { cpuDevice, type CpuOptions } from "./cpu.ts";
export { type Tunable, type WebgpuDevice, webgpuDevice, type WebgpuOptions } from "./webgpu.ts";
export type { Pace, Pieces, Stopped } from "./pieces.ts";
