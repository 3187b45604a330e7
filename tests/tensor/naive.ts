/**
 * Runs programs naively, equation by equation; a device's plan, slots and order of computation must not change the
 * result.
 */
import { assert } from "../deps.ts";
import type { Device } from "../../src/device/device.ts";
import { referenceDevice } from "../../src/device/reference.ts";
import type { Values } from "../../src/tensor/loops.ts";
import type { Program, Variable } from "../../src/tensor/program.ts";
import { sizeOf } from "../../src/tensor/shape.ts";
import { bitsOf, compiled, runProgram, valuesOf } from "../device/evaluate.ts";
import { numbers } from "../kernels/case.ts";

/** One run, each equation as a separate program on the device; constants are folded in float64. */
async function naively(
  device: Device,
  program: Program,
  inputs: Readonly<Record<string, Values>>,
): Promise<Record<string, Values>> {
  const values: Values[] = [], constant = new Set<Variable>();
  for (const { name, variable } of program.inputs) values[variable] = inputs[name]!;
  for (const { operation, inputs, outputs } of program.equations) {
    const isConstant = operation.kind === "primitive" && inputs.every((v) => constant.has(v));
    if (isConstant) outputs.forEach((v) => constant.add(v));
    const types = [...inputs, ...outputs].map((v) => program.types[v]!);
    const single: Program = {
      inputs: inputs.map((_, k) => ({ name: `x${k}`, variable: k })),
      outputs: outputs.map((_, k) => ({ name: `y${k}`, variable: inputs.length + k })),
      equations: [{
        operation,
        inputs: inputs.map((_, k) => k),
        outputs: outputs.map((_, k) => inputs.length + k),
      }],
      types,
    };
    const given = Object.fromEntries(inputs.map((v, k) => [`x${k}`, values[v]!]));
    const found = await runProgram(isConstant ? referenceDevice() : device, single, given);
    outputs.forEach((v, k) => values[v] = found[`y${k}`]!);
  }
  return Object.fromEntries(program.outputs.map(({ name, variable }) => [name, values[variable]!]));
}

const start = (program: Program, seed: number): Record<string, Values> =>
  Object.fromEntries(program.inputs.map(({ name, variable }, k) => {
    const { shape, element } = program.types[variable]!, size = sizeOf(shape);
    const values = element === "u32"
      ? Uint32Array.from({ length: size }, (_, i) => (seed >> i) & 3)
      : Float64Array.from(numbers(seed, k, size));
    return [name, values];
  }));

/** Fails unless three runs of a program on a device give the bits of its equations run one by one on that device. */
export async function requireBitsOfEquations(device: Device, program: Program, seed: number): Promise<void> {
  const executable = await compiled(device, program);
  let given = start(program, seed);
  for (const [name, values] of Object.entries(given)) executable.write(name, values);
  for (let t = 0; t < 3; t++) {
    executable.run();
    const wanted = await naively(device, program, given);
    const found = await valuesOf(executable, program.outputs.map(({ name }) => name));
    const bits = (values: Values): number[] => device.kind === "reference" ? [...values] : bitsOf(values);
    for (const { name } of program.outputs) {
      assert.deepEqual(bits(found[name]!), bits(wanted[name]!), `output "${name}" of run ${t}`);
    }
    given = Object.fromEntries(Object.entries(given).map(([name, values]) => [name, wanted[name] ?? values]));
    const kept = await valuesOf(executable, program.inputs.map(({ name }) => name));
    for (const { name } of program.inputs) assert.deepEqual([...kept[name]], [...given[name]]);
  }
  executable.close();
}
