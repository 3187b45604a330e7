/** Runs a program or an expression once on a device; what the tests of kernels, tensors and learners stand on. */
import { assert } from "../kernels/deps.ts";
import { E } from "../../src/deps.ts";
import type { Device, Executable } from "../../src/device/device.ts";
import { referenceDevice } from "../../src/device/reference.ts";
import type { Tensor } from "../../src/tensor/expression.ts";
import type { Values } from "../../src/tensor/loops.ts";
import { type Program, programOf } from "../../src/tensor/program.ts";

/** Compiles a program, and fails the test where the device refuses it. */
export async function compiled(device: Device, program: Program): Promise<Executable> {
  const answer = await device.compile(program)();
  assert(E.isRight(answer), E.isLeft(answer) ? answer.left.message : "");
  return answer.right;
}

/** Values of outputs or inputs. */
export async function valuesOf(
  executable: Executable,
  names: readonly string[],
): Promise<Record<string, Values>> {
  const answer = await executable.read(names)();
  assert(E.isRight(answer), E.isLeft(answer) ? answer.left.message : "");
  return { ...answer.right };
}

/** Writes inputs, runs once and reads all outputs. */
export async function runProgram(
  device: Device,
  program: Program,
  inputs: Readonly<Record<string, ArrayLike<number>>>,
): Promise<Record<string, Values>> {
  const executable = await compiled(device, program);
  for (const [name, values] of Object.entries(inputs)) executable.write(name, values);
  executable.run();
  const found = await valuesOf(executable, program.outputs.map(({ name }) => name));
  executable.close();
  return found;
}

/** Values of expressions for given values of their inputs, by default in float64. */
export async function evaluate(
  inputs: Readonly<Record<string, Tensor>>,
  values: Readonly<Record<string, ArrayLike<number>>>,
  outputs: Readonly<Record<string, Tensor>>,
  device: Device = referenceDevice(),
): Promise<Record<string, number[]>> {
  const found = await runProgram(device, programOf(inputs, outputs), values);
  return Object.fromEntries(Object.entries(found).map(([name, given]) => [name, [...given]]));
}

/** Values as 32-bit words, so that equal means the same bits: NaN equals itself and 0 differs from -0. */
export const bitsOf = (values: Values): number[] =>
  values instanceof Uint32Array
    ? Array.from(values)
    : Array.from(new Uint32Array(Float32Array.from(values).buffer));
