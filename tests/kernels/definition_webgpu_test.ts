/** Every kernel on WebGPU, in all its variants, against its definition, within what the WGSL specification promises. */
import { fc } from "../deps.ts";
import { gpuTest } from "../device/adapter.ts";
import { CASES, compareWithReference, WEBGPU } from "./cases.ts";

for (const [kernel, cases] of Object.entries(CASES)) {
  for (const variants of ["software", "hardware"] as const) {
    gpuTest(
      `${kernel} on WebGPU equals its definition within WGSL's accuracy (shaders for ${variants})`,
      (device) =>
        fc.assert(fc.asyncProperty(cases, (test) => compareWithReference(test, device, WEBGPU)), {
          numRuns: 30,
          seed: 3,
        }),
      () => ({ variants }),
    );
  }
}
