/** Plans on WebGPU: random programs compute what their equations do one by one. */
import { fc } from "../deps.ts";
import { requireBitsOfEquations } from "../tensor/naive.ts";
import { randomProgram } from "../tensor/random_programs.ts";
import { gpuTest } from "./adapter.ts";

gpuTest(
  "Three runs of a random program on WebGPU give the bits of its equations one by one",
  (device) =>
    fc.assert(
      fc.asyncProperty(
        randomProgram(14),
        fc.nat(1 << 20),
        (program, seed) => requireBitsOfEquations(device, program, seed),
      ),
      { numRuns: 25, seed: 2 },
    ),
);
