/**
 * Guards of the type checker: each `@ts-expect-error` is an error itself where the line below it compiles, so that
 * these tests fail at the check, before anything runs.
 */
import { assert } from "../deps.ts";
import { E, pipe, TE } from "../../src/deps.ts";
import type { Device, DeviceError, Executable } from "../../src/device/device.ts";
import { type PrimitiveName, type Primitives, primitives, type Rule } from "../../src/tensor/primitives.ts";
import { trace } from "../../src/tensor/program.ts";
import { routine } from "../../src/tensor/routine.ts";
import { type Shader, shader } from "../../src/tensor/shader.ts";
import { f32 } from "../../src/tensor/shape.ts";

/** True where T is `any`. */
type IsAny<T> = 0 extends (1 & T) ? true : false;

Deno.test("The higher-kinded types of fp-ts are sound: what a pipe gives is not any", () => {
  const length = pipe(E.right<string, string>("four"), E.map((text) => text.length));
  const known: IsAny<typeof length> = false;
  // @ts-expect-error a number is not a string
  const wrong: E.Either<string, string> = length;
  assert.deepEqual([known, wrong], [false, E.right(4)]);
});

Deno.test("A mapped result of a device keeps its type, and its errors are the device's", () => {
  const bytes = (device: Device) =>
    pipe(device.compile(trace({ x: f32(1) }, ({ x }) => ({ x }))), TE.map((compiled) => compiled.bytes));
  const known: IsAny<ReturnType<typeof bytes>> = false;
  const right: (device: Device) => TE.TaskEither<DeviceError, number> = bytes;
  // @ts-expect-error bytes are a number, not an executable
  const wrong: (device: Device) => TE.TaskEither<DeviceError, Executable> = bytes;
  assert.deepEqual([known, typeof right, typeof wrong], [false, "function", "function"]);
});

Deno.test("A table of primitives in which one rule is missing does not compile", () => {
  const { inverse: _, ...rest } = primitives;
  // @ts-expect-error the rule of `inverse` is missing
  const incomplete: { readonly [K in PrimitiveName]: Rule<Primitives[K]> } = rest;
  assert.equal(Object.keys(incomplete).length, Object.keys(primitives).length - 1);
});

Deno.test("A rule without a derivative, or for other parameters, does not compile", () => {
  const { derivative: _, ...halfRule } = primitives.sum;
  // @ts-expect-error a rule needs its derivative
  const half: Rule<Primitives["sum"]> = halfRule;
  // @ts-expect-error a reduction's rule needs an axis, which `broadcast` does not give it
  const other: Rule<Primitives["broadcast"]> = primitives.sum;
  assert(half !== undefined && other !== undefined);
});

Deno.test("A traced function may use the inputs that were declared and no others", () => {
  const program = trace({ x: f32(1) }, (inputs) => {
    // @ts-expect-error there is no input y
    assert.equal(inputs.y, undefined);
    return { x: inputs.x };
  });
  assert.equal(program.inputs.length, 1);
});

Deno.test("A launch or a call that lacks a word, misspells one or gives it a value of another kind does not compile", () => {
  const layout = { count: "u32", law: ["even", "odd"], out: "write" } as const;
  const right = { count: 1, law: "odd", out: { output: 0 } } as const, size = [1, 1, 1] as const;
  const never = (launch: Shader<typeof layout>["launch"]) => [
    launch("run", size, right),
    // @ts-expect-error no count
    launch("run", size, { law: "odd", out: { output: 0 } }),
    // @ts-expect-error its name is count
    launch("run", size, { ...right, counts: 1 }),
    // @ts-expect-error a buffer is no number
    launch("run", size, { ...right, out: 0 }),
    // @ts-expect-error there is no such law
    launch("run", size, { ...right, law: "neither" }),
  ];
  assert.throws(() => never(shader("none.wgsl", "", layout).launch), /none\.wgsl: run is not an entry point/);
  // @ts-expect-error no law
  const call = routine("none", layout).call({ items: 1, cost: 1 }, { count: 1, out: { output: 0 } });
  assert.equal(call.routine, "none");
});
