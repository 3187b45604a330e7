/**
 * Tests that need a WebGPU adapter. Where there is none they are reported as ignored, with the reason in their title;
 * with `SOFTQ_REQUIRE_WEBGPU=1` in the environment they run, and fail.
 *
 * @module
 */

import { assert } from "../deps.ts";
import { E } from "../../src/deps.ts";
import type { Executable } from "../../src/device/device.ts";
import { referenceDevice } from "../../src/device/reference.ts";
import { type WebgpuDevice, webgpuDevice, type WebgpuOptions } from "../../src/device/webgpu.ts";
import type { Values } from "../../src/tensor/loops.ts";
import type { Program } from "../../src/tensor/program.ts";

const required = Deno.env.get("SOFTQ_REQUIRE_WEBGPU") === "1";
// Without a folder for its sockets, of which it has no need, the loader of Vulkan drivers complains in every process.
if (Deno.env.get("XDG_RUNTIME_DIR") === undefined) Deno.env.set("XDG_RUNTIME_DIR", "/nonexistent");
const adapter = await navigator.gpu?.requestAdapter() ?? null;

/** Whether GPU tests run here. */
export const runsGpuTests: boolean = required || adapter !== null;

/** Registers a test that needs a WebGPU adapter; it gets an open device, which is closed after it. */
export function gpuTest(
  title: string,
  test: (device: WebgpuDevice) => Promise<void>,
  options: () => WebgpuOptions = () => ({}),
): void {
  Deno.test({
    name: runsGpuTests ? title : `${title} (ignored: there is no WebGPU adapter here)`,
    ignore: !runsGpuTests,
    fn: async () => {
      const device = right(await webgpuDevice(options())());
      try {
        await test(device);
      } finally {
        device.close();
      }
    },
  });
}

/** The value of a success; fails the test otherwise. */
export function right<A>(result: E.Either<{ readonly _tag: string; readonly message: string }, A>): A {
  assert(E.isRight(result), E.isLeft(result) ? `${result.left._tag}: ${result.left.message}` : "");
  return result.right;
}

/** The error of a failure; fails the test otherwise. */
export function left<L>(result: E.Either<L, unknown>): L {
  assert(E.isLeft(result), "expected a failure");
  return result.left;
}

/** Numbers by input. */
export type Numbers = Readonly<Record<string, ArrayLike<number>>>;

/** Writes inputs, runs once and reads all outputs of a compiled program. */
export async function evaluate(
  executable: Executable,
  program: Program,
  inputs: Numbers,
): Promise<Record<string, Values>> {
  for (const [name, values] of Object.entries(inputs)) executable.write(name, values);
  executable.run();
  return right(await executable.read(program.outputs.map(({ name }) => name))());
}

/** What a program gives on a device. */
export async function runOn(
  device: Pick<WebgpuDevice, "compile">,
  program: Program,
  inputs: Numbers,
): Promise<Record<string, Values>> {
  const executable = right(await device.compile(program)());
  try {
    return await evaluate(executable, program, inputs);
  } finally {
    executable.close();
  }
}

/** What a program gives on the reference device, for inputs rounded to float32 as a GPU receives them. */
export const runOnReference = (program: Program, inputs: Numbers): Promise<Record<string, Values>> =>
  runOn(
    referenceDevice(),
    program,
    Object.fromEntries(program.inputs.map(({ name, variable }) => [
      name,
      program.types[variable]!.element === "u32" ? inputs[name]! : Float32Array.from(inputs[name]!),
    ])),
  );

/** An absolute and a relative part of an error that is allowed. */
export interface Tolerance {
  readonly absolute: number;
  readonly relative: number;
}

/** Fails unless every number is within the tolerance of the expected one. */
export function assertClose(
  found: Values,
  expected: Values,
  { absolute, relative }: Tolerance,
  what = "",
): void {
  assert.equal(found.length, expected.length, what);
  for (let i = 0; i < found.length; i++) {
    const error = Math.abs(found[i]! - expected[i]!);
    const allowed = absolute + relative * Math.abs(expected[i]!);
    // A NaN error is no error below the bound.
    assert(
      error <= allowed || found[i] === expected[i],
      `${what} element ${i}: ${found[i]} instead of ${expected[i]} (error ${error}, allowed ${allowed})`,
    );
  }
}

/** Fails unless two results have the same bits. */
export function assertSameBits(found: Values, expected: Values, what = ""): void {
  assert.equal(found.length, expected.length, what);
  const words = (values: Values): Uint32Array =>
    new Uint32Array(values.buffer, values.byteOffset, values.length);
  const a = words(found), b = words(expected);
  for (let i = 0; i < a.length; i++) {
    assert.equal(a[i], b[i], `${what} element ${i}: ${found[i]} instead of ${expected[i]}`);
  }
}
