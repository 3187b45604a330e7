/** The laws of plans: live values share no memory, and running a plan gives the values that the equations define. */
import { assert, fc } from "../deps.ts";
import { cpuDevice } from "../../src/device/cpu.ts";
import type { Device } from "../../src/device/device.ts";
import { referenceDevice } from "../../src/device/reference.ts";
import { adamKernel } from "../../src/kernels/adam.ts";
import { call, input, type Tensor } from "../../src/tensor/expression.ts";
import { type Plan, plan } from "../../src/tensor/plan.ts";
import * as p from "../../src/tensor/primitives.ts";
import { type Program, programOf } from "../../src/tensor/program.ts";
import { f32, type Operands, u32 } from "../../src/tensor/shape.ts";
import { compiled, valuesOf } from "../device/evaluate.ts";
import { requireBitsOfEquations } from "./naive.ts";
import { randomProgram } from "./random_programs.ts";
import { runOnTags } from "./shadow.ts";

Deno.test("In plans of random programs no value is overwritten while it is wanted, and kernels work in place only where they allow it", () =>
  fc.assert(fc.property(randomProgram(25), (program) => runOnTags(plan(program), 2)), {
    numRuns: 1500,
    seed: 1,
  }));

const devices: readonly (readonly [string, () => Device])[] = [
  ["the reference device", referenceDevice],
  ["the CPU device", () => cpuDevice()],
  ["the CPU device without WebAssembly", () => cpuDevice({ variant: "none" })],
];

for (const [name, open] of devices) {
  Deno.test(`Three runs of a random program on ${name} give the bits of its equations one by one`, () =>
    fc.assert(
      fc.asyncProperty(
        randomProgram(18),
        fc.nat(1 << 20),
        (program, seed) => requireBitsOfEquations(open(), program, seed),
      ),
      { numRuns: 80, seed: 2 },
    ));
}

/** Values of the outputs of each of three runs. */
async function threeRuns(
  program: Program,
  inputs: Record<string, number[]>,
): Promise<Record<string, number[]>[]> {
  const executable = await compiled(referenceDevice(), program);
  for (const [name, values] of Object.entries(inputs)) executable.write(name, values);
  const seen: Record<string, number[]>[] = [];
  for (let t = 0; t < 3; t++) {
    executable.run();
    const found = await valuesOf(executable, program.outputs.map(({ name }) => name));
    seen.push(Object.fromEntries(Object.entries(found).map(([name, values]) => [name, [...values]])));
  }
  return seen;
}

Deno.test("Two inputs that are each other's next value are exchanged by every run", async () => {
  const a = input(f32(2)), b = input(f32(2));
  const seen = await threeRuns(programOf({ a, b }, { a: b, b: a, old: b, sum: p.add(a, b) }), {
    a: [1, 2],
    b: [3, 4],
  });
  assert.deepEqual(seen, [
    { a: [3, 4], b: [1, 2], old: [3, 4], sum: [4, 6] },
    { a: [1, 2], b: [3, 4], old: [1, 2], sum: [4, 6] },
    { a: [3, 4], b: [1, 2], old: [3, 4], sum: [4, 6] },
  ]);
});

Deno.test("An output that is its own input passes through, and an alias of it keeps the old value", async () => {
  const a = input(f32(1, 4)), n = input(f32(1, 2));
  const half = p.slice(a, 1, 1, 2);
  const program = programOf({ a, n }, { a, half, n: half, before: p.reshape(n, [2]) });
  assert.deepEqual(await threeRuns(program, { a: [1, 2, 3, 4], n: [9, 9] }), [
    { a: [1, 2, 3, 4], half: [2, 3], n: [2, 3], before: [9, 9] },
    { a: [1, 2, 3, 4], half: [2, 3], n: [2, 3], before: [2, 3] },
    { a: [1, 2, 3, 4], half: [2, 3], n: [2, 3], before: [2, 3] },
  ]);
});

Deno.test("An input's next value of another type is refused with both types", () => {
  const a = input(f32(2));
  assert.throws(() => plan(programOf({ a }, { a: p.sum(a, 0) })), /next value of input "a".*types differ/);
});

const slotOf = ({ program, places }: Plan, name: string): number | undefined =>
  places[[...program.inputs, ...program.outputs].find((n) => n.name === name)!.variable]?.slot;

Deno.test("ADAM's carried state is updated in its own memory, and a value that is still read is not", () => {
  const [x, g, m, v] = Array.from({ length: 4 }, () => input(f32(1, 3))) as Operands<Tensor>;
  const rest = [p.constant(1, [1, 3]), p.constant(1, [1, 2]), p.constant(0, [1], "u32")];
  const params = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, target: false };
  const next = call(adamKernel, [x, g, m, v, ...rest], params);
  const carried = plan(programOf({ x, g, m, v }, { x: next[0], m: next[1], v: next[2] }));
  assert.equal(carried.steps.length, 1);
  assert.equal(slotOf(carried, "x"), carried.places[carried.outputs[0]!.variable]!.slot);
  assert(carried.slots.length <= 4 + 3, "three values have no slot of their own");
  const wanted = plan(programOf({ x, g, m, v }, { x: next[0], old: p.neg(x), m: next[1] }));
  runOnTags(wanted, 2);
});

Deno.test("Values whose lifetimes do not overlap share a slot", () => {
  const a = input(f32(1, 64));
  let x = a;
  for (let k = 0; k < 50; k++) x = p.tanh(p.add(p.neg(x), a));
  const { slots } = plan(programOf({ a }, { y: x }));
  assert(slots.length <= 4, `${slots.length} slots`);
});

Deno.test("A place without gaps computes its parts at their final positions", () => {
  const a = input(f32(2, 3)), flags = input(u32(2));
  const whole = p.concat([p.tanh(a), p.neg(a)], 1);
  assert(plan(programOf({ a, flags }, { whole })).steps.every((step) => step.kind === "compute"));
});
