/** Random programs on WebGPU: what is dispatched is allowed, and computes what each equation computes by itself. */

import { assert, fc } from "../deps.ts";
import { lower } from "../../src/device/webgpu/lower.ts";
import { pairIndependent } from "../../src/device/webgpu/pairs.ts";
import { schedule } from "../../src/device/webgpu/schedule.ts";
import type { WebgpuDevice } from "../../src/device/webgpu.ts";
import { uniform } from "../../src/random/draw.ts";
import type { Values } from "../../src/tensor/loops.ts";
import { plan } from "../../src/tensor/plan.ts";
import type { Program, Variable } from "../../src/tensor/program.ts";
import { sizeOf } from "../../src/tensor/shape.ts";
import { randomProgram } from "../tensor/random_programs.ts";
import { assertSameBits, gpuTest, right, runOn, runOnReference } from "./adapter.ts";

Deno.test("no dispatch of a random program binds a written buffer twice or exceeds what every device has", () =>
  fc.assert(
    fc.property(
      randomProgram(25),
      fc.constantFrom("software" as const, "hardware" as const),
      (program, adapter) => {
        const layout = plan(pairIndependent(lower(program), adapter));
        const { temporaries, dispatches } = schedule(layout, adapter);
        for (const { label, bindings: numbered, words, workgroups } of dispatches) {
          const bindings = numbered.filter((bound) => bound !== null);
          const written = bindings.filter(({ written }) => written).map(({ buffer }) => buffer);
          const bound = bindings.map(({ buffer }) => buffer);
          for (const buffer of written) {
            assert.equal(
              bound.filter((other) => other === buffer).length,
              1,
              `${label} binds a written buffer twice`,
            );
          }
          assert(written.length > 0 && bound.length <= 8, label);
          assert(bound.every((buffer) => buffer < layout.slots.length + temporaries.length), label);
          assert(words.length > 0 && words.length <= 16384 / 4, label);
          assert(workgroups.every((count) => count >= 1 && count <= 65535), label);
        }
      },
    ),
    { numRuns: 500, seed: 4 },
  ));

/** One run, each equation as a program of its own; what depends on constants alone in float64, as plans fold it. */
async function naively(
  device: WebgpuDevice,
  program: Program,
  inputs: Readonly<Record<string, Values>>,
): Promise<Record<string, Values>> {
  const values: Values[] = [], constant = new Set<Variable>();
  for (const { name, variable } of program.inputs) values[variable] = inputs[name]!;
  for (const { operation, inputs, outputs } of program.equations) {
    const folded = operation.kind === "primitive" && inputs.every((v) => constant.has(v));
    if (folded) outputs.forEach((v) => constant.add(v));
    const single: Program = {
      inputs: inputs.map((_, k) => ({ name: `x${k}`, variable: k })),
      outputs: outputs.map((_, k) => ({ name: `y${k}`, variable: inputs.length + k })),
      equations: [{
        operation,
        inputs: inputs.map((_, k) => k),
        outputs: outputs.map((_, k) => inputs.length + k),
      }],
      types: [...inputs, ...outputs].map((v) => program.types[v]!),
    };
    const given = Object.fromEntries(inputs.map((v, k) => [`x${k}`, values[v]!]));
    const found = folded ? await runOnReference(single, given) : await runOn(device, single, given);
    outputs.forEach((v, k) => values[v] = found[`y${k}`]!);
  }
  return Object.fromEntries(
    program.outputs.map(({ name, variable }) => [
      name,
      program.types[variable]!.element === "u32"
        ? Uint32Array.from(values[variable]!)
        : Float32Array.from(values[variable]!),
    ]),
  );
}

gpuTest(
  "random programs give the bits on WebGPU that their equations give one by one, run after run",
  (device) =>
    fc.assert(
      fc.asyncProperty(randomProgram(12), fc.nat(1 << 20), async (program, seed) => {
        let state: Record<string, Values> = Object.fromEntries(program.inputs.map(({ name, variable }, k) => {
          const { shape, element } = program.types[variable]!, drawn = uniform([seed, k], sizeOf(shape));
          return [
            name,
            element === "u32"
              ? Uint32Array.from(drawn, (x) => 3 * x)
              : Float32Array.from(drawn, (x) => 3 * x - 1.5),
          ];
        }));
        const executable = right(await device.compile(program)());
        for (const [name, values] of Object.entries(state)) executable.write(name, values);
        for (let run = 0; run < 2; run++) {
          executable.run();
          const found = right(await executable.read(program.outputs.map(({ name }) => name))());
          const expected = await naively(device, program, state);
          for (const { name } of program.outputs) {
            assertSameBits(found[name]!, expected[name]!, `run ${run}, ${name}`);
          }
          const carried = Object.entries(state).map((
            [name, values],
          ): [string, Values] => [name, expected[name] ?? values]);
          state = Object.fromEntries(carried);
        }
        executable.close();
      }),
      { numRuns: 25, seed: 5 },
    ),
);
