/**
 * softq: energy-based policies for continuous control. Soft Q-learning with a sampler trained by amortised Stein
 * variational gradient descent, as programs that run on a CPU or on WebGPU.
 *
 * @module
 */

export * from "./src/tensor/shape.ts";
export { call, input, type Tensor } from "./src/tensor/expression.ts";
export * from "./src/tensor/primitives.ts";
export { check, inline, print, type Program, programOf, trace } from "./src/tensor/program.ts";
export { grad, gradient, pullback } from "./src/tensor/gradient.ts";
export { plan } from "./src/tensor/plan.ts";
export type { Device, DeviceError, Executable } from "./src/device/device.ts";
export { referenceDevice } from "./src/device/reference.ts";
