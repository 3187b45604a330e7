/** Every kernel on the CPU device, in all its variants, against its definition in float64. */
import { fc } from "../deps.ts";
import { cpuDevice } from "../../src/device/cpu.ts";
import { CASES, compareWithReference, CPU, requireWellFormed } from "./cases.ts";

for (const variant of ["relaxed", "plain", "none"] as const) {
  for (const [kernel, cases] of Object.entries(CASES)) {
    Deno.test(`${kernel} equals its definition within float32's rounding on the CPU device (${variant})`, async () => {
      const device = cpuDevice({ variant });
      await fc.assert(
        fc.asyncProperty(cases, async (test) => {
          requireWellFormed(test);
          await compareWithReference(test, device, CPU);
        }),
        { numRuns: 60, seed: 2 },
      );
    });
  }
}
