/** The laws of programs: tracing, printing, checking, inlining, and equal applications computed once. */
import { assert, fc } from "../deps.ts";
import { referenceDevice } from "../../src/device/reference.ts";
import { denseLayer } from "../../src/kernels/dense.ts";
import { call, input } from "../../src/tensor/expression.ts";
import type { Kernel } from "../../src/tensor/expression.ts";
import * as p from "../../src/tensor/primitives.ts";
import { check, inline, print, type Program, programOf, trace } from "../../src/tensor/program.ts";
import { f32, u32 } from "../../src/tensor/shape.ts";
import { runProgram } from "../device/evaluate.ts";
import { numbers, seed } from "../kernels/case.ts";
import { randomProgram } from "./random_programs.ts";

Deno.test("Tracing the same function gives the same program, in which check finds nothing wrong", () => {
  const make = (): Program =>
    trace({ x: f32(2, 3), w: f32(2, 3, 4) }, ({ x, w }) => ({
      y: p.sum(p.tanh(p.dot(p.reshape(x, [2, 1, 3]), w)), 2),
      z: p.log(p.add(p.exp(x), 1)),
    }));
  assert.deepEqual(make(), make());
  assert.deepEqual(check(make()), []);
});

Deno.test("check finds nothing wrong with random programs, and a program inlined in itself is itself", () =>
  fc.assert(
    fc.property(randomProgram(30), (program) => {
      assert.deepEqual(check(program), []);
      const inputs = Object.fromEntries(
        program.inputs.map(({ name, variable }) => [name, input(program.types[variable]!)]),
      );
      assert.equal(print(programOf(inputs, inline(program, inputs))), print(program));
    }),
    { numRuns: 100, seed: 1 },
  ));

Deno.test("A program is printed with its types, operands and parameters, one equation a line", () => {
  const program = trace({ x: f32(2, 3), k: u32(2) }, ({ x, k }) => ({
    y: p.slice(p.maximum(p.mul(x, x), 0.5), 1, 1, 2),
    n: p.toReal(k),
  }));
  assert.equal(
    print(program),
    [
      "x: f32[2,3], k: u32[2] → y: f32[2,2], n: f32[2]",
      "  a: f32[2,3] = mul x x",
      '  b: f32[] = constant values=[0.5] shape=[] element="f32"',
      "  c: f32[2,3] = broadcast b shape=[2,3]",
      "  d: f32[2,3] = maximum a c",
      "  y: f32[2,2] = slice d axis=1 start=1 size=2",
      "  n: f32[2] = toReal k",
    ].join("\n"),
  );
  const layer = trace({ x: f32(1, 2, 3), w: f32(1, 3, 4) }, ({ x, w }) => ({
    y: call(denseLayer, [x, w], { activation: "relu", bias: false, group: 0 })[0],
  }));
  assert.match(print(layer), /y: f32\[1,2,4\] = dense x w activation="relu" bias=false group=0$/);
});

Deno.test("Equal applications become one equation, and unused ones none", () => {
  const program = trace({ x: f32(3) }, ({ x }) => {
    p.exp(x);
    return { y: p.add(p.mul(x, x), p.mul(x, x)), z: p.mul(x, x) };
  });
  assert.deepEqual(program.equations.map(({ outputs }) => outputs.length), [1, 1]);
});

Deno.test("Constants that differ stay apart: NaN, both infinities, both zeros and large words", async () => {
  const values = [NaN, Infinity, -Infinity, 0, -0, 1e300];
  const x = input(f32(1));
  const program = programOf(
    { x },
    Object.fromEntries(values.map((value, k) => [`y${k}`, p.add(x, p.constant(value, [1]))])),
  );
  const found = await runProgram(referenceDevice(), program, { x: [-0] });
  values.forEach((value, k) => assert(Object.is(found[`y${k}`]![0], value), `${value}`));
});

Deno.test("Kernels of one name and other parameters, or primitives of one name, stay apart", () => {
  const program = trace({ x: f32(1, 2, 3), w: f32(1, 3, 4) }, ({ x, w }) => ({
    a: call(denseLayer, [x, w], { activation: "relu", bias: false, group: 0 })[0],
    b: call(denseLayer, [x, w], { activation: "tanh", bias: false, group: 0 })[0],
    c: p.sum(x, 1),
    d: p.sum(x, 2),
  }));
  assert.equal(program.equations.length, 4);
});

Deno.test("Two kernels of one name that are not one record are computed each", async () => {
  const times = (factor: number): Kernel<null> => ({
    name: "times",
    types: ([type]) => [type],
    definition: ([x]) => [p.mul(x, factor)],
  });
  const two = times(2), three = times(3);
  const program = trace({ x: f32(1) }, ({ x }) => ({
    a: call(two, [x], null)[0],
    b: call(three, [x], null)[0],
    c: call(two, [x], null)[0],
  }));
  assert.equal(program.equations.length, 2);
  const found = await runProgram(referenceDevice(), program, { x: [5] });
  assert.deepEqual([found["a"]![0], found["b"]![0], found["c"]![0]], [10, 15, 10]);
});

Deno.test("A chain of ten thousand equations is traced, printed, differentiated and run without recursion", async () => {
  const program = trace({ x: f32(1) }, ({ x }) => {
    let y = x;
    for (let k = 0; k < 10_000; k++) y = p.add(y, x);
    return { y };
  });
  assert.equal(print(program).split("\n").length, 10_001);
  assert.deepEqual([...(await runProgram(referenceDevice(), program, { x: [0.5] }))["y"]], [5000.5]);
});

Deno.test("inline gives what the function gives", () =>
  fc.assert(
    fc.asyncProperty(seed, async (seed) => {
      const f = (x: ReturnType<typeof input>) => p.sum(p.mul(p.tanh(x), p.add(x, 2)), 1);
      const square = trace({ x: f32(2, 3) }, ({ x }) => ({ y: f(x) }));
      const outer = (direct: boolean): Program =>
        trace({ a: f32(2, 3) }, ({ a }) => {
          const inner = p.neg(a);
          return { z: p.exp(direct ? f(inner) : inline(square, { x: inner })["y"]!) };
        });
      const given = { a: numbers(seed, 0, 6) };
      assert.deepEqual(
        await runProgram(referenceDevice(), outer(false), given),
        await runProgram(referenceDevice(), outer(true), given),
      );
    }),
    { numRuns: 10, seed: 2 },
  ));

Deno.test("inline names the input that is missing or has another type", () => {
  const program = trace({ x: f32(2, 3) }, ({ x }) => ({ y: p.neg(x) }));
  assert.throws(() => inline(program, {}), /needs an input named "x"/);
  assert.throws(
    () => inline(program, { x: input(f32(3, 2)) }),
    /input "x" cannot take f32\[3,2\].*f32\[2,3\]/,
  );
});

Deno.test("A program that uses an input it does not declare is refused", () => {
  const x = input(f32(2)), other = input(f32(2));
  assert.throws(() => programOf({ x }, { y: p.add(x, other) }), /an input f32\[2\] that it does not declare/);
});

Deno.test("check names each breach: order, types, repeated variables and names, outputs without equation", () => {
  const operation = { kind: "primitive", name: "neg", params: {} } as const;
  const x = { name: "x", variable: 0 };
  const types = [f32(2), f32(2), f32(3)];
  const breaches = (part: Partial<Program>): string =>
    check({ inputs: [x], outputs: [], equations: [], types, ...part }).join("; ");
  assert.match(
    breaches({ equations: [{ operation, inputs: [1], outputs: [1] }] }),
    /Equation 0 \(neg\) uses variable 1 before it is computed/,
  );
  assert.match(
    breaches({ equations: [{ operation, inputs: [0], outputs: [2] }] }),
    /Equation 0 \(neg\) gives another type than variable 2 has/,
  );
  assert.match(
    breaches({ equations: [{ operation, inputs: [0], outputs: [0] }] }),
    /computes variable 0 again/,
  );
  assert.match(breaches({ outputs: [{ name: "y", variable: 1 }] }), /Output "y" is never computed/);
  assert.match(breaches({ inputs: [x, x] }), /Two inputs are named "x"/);
  const sum = { ...operation, name: "sum", params: { axis: 4 } };
  assert.match(
    breaches({ equations: [{ operation: sum, inputs: [0], outputs: [1] }] }),
    /Equation 0 \(sum\): sum cannot take f32\[2\]: the axis must be from 0 to 0, not 4/,
  );
});

Deno.test("The letters of intermediate values never stand for an input or an output", () => {
  const program = trace({ a: f32(2), b: f32(2) }, ({ a, b }) => ({ c: p.add(p.mul(a, b), p.neg(a)) }));
  const names = print(program).split("\n").slice(1).map((line) => line.trim().split(":")[0]);
  assert.equal(new Set([...names, "a", "b"]).size, names.length + 2);
});
