/** A piece is short whatever the program: large operations are divided, and what they compute does not depend on it. */
import { assert } from "../deps.ts";
import { pointMass } from "../../envs/point_mass.ts";
import { divisionOf, type Job, MAX_UNIT } from "../../src/device/assembly/job.ts";
import { cpuDevice } from "../../src/device/cpu.ts";
import { callsOf } from "../../src/device/cpu_routines.ts";
import type { Device, Executable } from "../../src/device/device.ts";
import { referenceDevice } from "../../src/device/reference.ts";
import type { Pieces } from "../../src/device/pieces.ts";
import { call, nameOf } from "../../src/tensor/expression.ts";
import { expand } from "../../src/tensor/expand.ts";
import {
  add,
  dot,
  mul,
  type PrimitiveName,
  primitives,
  type Rule,
  workOf,
} from "../../src/tensor/primitives.ts";
import { plan } from "../../src/tensor/plan.ts";
import { trace } from "../../src/tensor/program.ts";
import { f32, type Operands, replicasOf, sizeOf, type TensorType } from "../../src/tensor/shape.ts";
import { MAX_OPERATIONS, unitsOf } from "../../src/tensor/units.ts";
import { dense, denseInput, denseWeight } from "../../src/kernels/dense.ts";
import type { Values } from "../../src/tensor/loops.ts";
import { updateProgram } from "../../src/train/loop.ts";
import { softQTraining } from "../learn/training.ts";
import { bitsOf, compiled, valuesOf } from "./evaluate.ts";

Deno.test("No unit of an update is expected to take longer than a few milliseconds, whatever the network and the threads", () => {
  for (
    const options of [
      { hidden: [64, 64], batch: 64 },
      { hidden: [512, 512], batch: 512, replicas: 4 },
      { hidden: [2048, 2048], batch: 256, critics: 2, valueProposal: "mixture" },
      { hidden: [300, 4096], batch: 1024, replicas: 3, normalisation: "layer" },
    ] as const
  ) {
    const { program } = updateProgram(softQTraining(pointMass(), { steps: 1000, ...options }));
    const { steps, types } = plan(
      expand(program, ({ kind, ...operation }) =>
        kind === "kernel" && "kernel" in operation &&
        (operation.kernel.calls ?? operation.kernel.loop) !== undefined),
    );
    let longest = 0, jobs = 0;
    for (const step of steps) {
      if (step.kind === "copy") continue;
      const { operation, inputs, outputs } = step.equation;
      const results = outputs.map((v) => types[v]!);
      const calls = callsOf(operation, inputs.map((v) => types[v]!), results);
      // What has no routine looks at no more than a minibatch's observations and actions.
      if (calls.length === 0) assert(results.every(({ shape }) => sizeOf(shape) < 50_000), operation.kind);
      for (const { routine, items, cost, grain = 1, together = false } of calls) {
        const replicas = together ? 1 : replicasOf(results[0]!);
        const job: Job = { routine, descriptor: 0, replicas, items, grain, cost: replicas * items * cost };
        for (const threads of [1, 2, 16]) {
          const { chunk } = divisionOf(job, threads) ?? { chunk: replicas * items };
          longest = Math.max(longest, cost * Math.max(0, chunk - grain));
        }
        jobs++;
      }
    }
    assert(jobs > 20);
    assert(longest <= MAX_UNIT, `${longest / 1e6} ms`);
  }
});

Deno.test("Nor is any unit if everything is computed by definitions: rows are divided, and copies", () => {
  for (
    const options of [
      { hidden: [512, 512], batch: 512, replicas: 4 },
      { hidden: [64, 64], batch: 128, critics: 2, valueProposal: "mixture" },
      { hidden: [2048, 2048], batch: 64 },
    ] as const
  ) {
    const { program } = updateProgram(softQTraining(pointMass(), { steps: 1000, ...options }));
    const { equations, types } = expand(program, () => false);
    let divided = 0;
    for (const { operation, inputs, outputs: [out] } of equations) {
      const name = nameOf(operation), rule = primitives[name as PrimitiveName] as Rule<unknown>;
      const work = workOf(
        rule,
        inputs.map((v) => types[v]) as Operands<TensorType>,
        types[out!]!,
        operation.params,
      );
      const units = unitsOf(work);
      divided += Number(units.length > 1);
      // A single item is a sum over one replica's parameters at most.
      for (const { from, to } of units) {
        assert((to - from) * work.cost <= MAX_OPERATIONS || to - from === 1 && work.cost < 2 ** 23, name);
      }
    }
    assert(divided > 20, `${divided}`);
  }
});

for (
  const [name, open] of [
    ["reference", referenceDevice],
    ["TypeScript", () => cpuDevice({ variant: "none" })],
  ] as const
) {
  Deno.test(`A run in pieces has one for every unit of its operations, and the bits of a whole run: ${name}`, async () => {
    const device = open(), rows = 600;
    const program = trace({ x: f32(2, rows, 40), w: f32(2, 40, 40), n: f32(2, 1) }, ({ x, w, n }) => ({
      x: dot(x, w),
      n: add(n, 1),
    }));
    const [whole, cut] = [await compiled(device, program), await compiled(device, program)];
    for (const each of [whole, cut]) {
      each.write("x", numbers(1, 2 * rows * 40));
      each.write("w", numbers(2, 2 * 40 * 40));
    }
    whole.run();
    const pieces = [...cut.runInPieces!()].length, units = Math.ceil(2 * rows * 40 * 40 / MAX_OPERATIONS);
    assert(pieces >= units, `${pieces} pieces`);
    const [found, wanted] = [await valuesOf(cut, ["x", "n"]), await valuesOf(whole, ["x", "n"])];
    assert(same(Object.values(found), Object.values(wanted)));
    device.close();
  });
}

/** Some numbers between -1 and 1. */
function numbers(seed: number, count: number): Float32Array {
  const out = new Float32Array(count);
  for (let i = 0; i < count; i++) out[i] = (seed * 271 + i * 7919) % 1999 / 1000 - 1;
  return out;
}

/** The leading rows and columns of a matrix. */
const corner = (values: Float32Array, width: number, rows: number, columns: number): Float32Array =>
  Float32Array.from(
    { length: rows * columns },
    (_, i) => values[Math.floor(i / columns) * width + i % columns]!,
  );

Deno.test("A large product, which takes several calls, has the bits of a part of it that takes one", async () => {
  const device = cpuDevice({ workers: 2 });
  const run = async (
    program: ReturnType<typeof trace>,
    given: Readonly<Record<string, Float32Array>>,
  ): Promise<Float32Array> => {
    const executable = await compiled(device, program);
    for (const [name, values] of Object.entries(given)) executable.write(name, values);
    executable.run();
    const { out } = await valuesOf(executable, ["out"]);
    executable.close();
    return out as Float32Array;
  };
  // Depths and widths on both sides of where a part ends, and rows that are left over at the end of a tile.
  const M = 301, few = 14;
  for (const [K, N] of [[900, 767], [520, 1030]] as const) {
    const x = numbers(1, M * K),
      w = numbers(2, (K + 1) * N),
      addend = numbers(3, M * N),
      g = numbers(4, M * N);
    const layer = (rows: number) =>
      trace({ x: f32(1, rows, K), w: f32(1, K + 1, N), addend: f32(1, rows, N) }, ({ x, w, addend }) => ({
        out: dense(x, w, { activation: "tanh", addend }),
      }));
    const whole = await run(layer(M), { x, w, addend });
    const part = await run(layer(few), { x: x.subarray(0, few * K), w, addend: addend.subarray(0, few * N) });
    assert.deepEqual(bitsOf(whole.subarray(0, few * N)), bitsOf(part), "NN");

    const input = (rows: number) =>
      trace({ g: f32(1, rows, N), w: f32(1, K + 1, N), y: f32(1, rows, K) }, ({ g, w, y }) => ({
        out: call(denseInput, [g, w, y], { bias: true, mask: "relu" })[0],
      }));
    const wholeInput = await run(input(M), { g, w, y: x });
    const partInput = await run(input(few), { g: g.subarray(0, few * N), w, y: x.subarray(0, few * K) });
    assert.deepEqual(bitsOf(wholeInput.subarray(0, few * K)), bitsOf(partInput), "NT");

    // The gradient of the weights has its depth in the rows of both operands.
    const depth = 1100, below = numbers(5, depth * M), above = numbers(6, depth * N);
    const weight = (rows: number, columns: number) =>
      trace({ x: f32(1, depth, rows), g: f32(1, depth, columns) }, ({ x, g }) => ({
        out: call(denseWeight, [x, g], { bias: true })[0],
      }));
    const wholeWeight = await run(weight(M, N), { x: below, g: above });
    const partWeight = await run(weight(few, N), { x: corner(below, M, depth, few), g: above });
    assert.deepEqual(bitsOf(wholeWeight.subarray(0, few * N)), bitsOf(partWeight.subarray(0, few * N)), "TN");
    assert.deepEqual(bitsOf(wholeWeight.subarray(M * N)), bitsOf(partWeight.subarray(few * N)), "bias");
  }
  device.close();
});

/** A program with a state that is passed through two layers, and another that is counted. */
const passing = (rows: number, width: number) =>
  trace({ x: f32(2, rows, width), w: f32(2, width + 1, width), n: f32(2, 1) }, ({ x, w, n }) => {
    const y = dense(dense(x, w, { activation: "tanh" }), w, { activation: "tanh" });
    return { x: y, n: add(n, 1), w: mul(w, 0.999), seen: add(n, 10) };
  });

/** Prepares it, with numbers of its own. */
async function ready(device: Device, seed: number, rows = 500, width = 300): Promise<Executable> {
  const executable = await compiled(device, passing(rows, width));
  executable.write("x", numbers(seed, 2 * rows * width));
  executable.write("w", numbers(seed + 1, 2 * (width + 1) * width));
  return executable;
}

const NAMES = ["x", "w", "n", "seen"];

/** All its values. */
const stateOf = async (executable: Executable): Promise<readonly Values[]> =>
  Object.values(await valuesOf(executable, NAMES));

/** Whether all values are the same, bit for bit. */
const same = (a: readonly Values[], b: readonly Values[]): boolean =>
  a.every((values, k) => values.every((x, i) => Object.is(x, b[k]![i])));

/** Carries out so many pieces; whether the computation has ended. */
function advance(pieces: Pieces<void>, count: number): boolean {
  for (let k = 0; k < count; k++) if (pieces.next().done) return true;
  return false;
}

/** Devices, and a program's rows and width that keep them busy for long enough. */
const DEVICES: readonly (readonly [string, () => Device, rows: number, width: number])[] = [
  ["one thread", () => cpuDevice({ workers: 1 }), 500, 300],
  ["three threads", () => cpuDevice({ workers: 3 }), 500, 300],
  ["TypeScript", () => cpuDevice({ variant: "none" }), 60, 20],
];

for (const [name, open, rows, width] of DEVICES) {
  Deno.test(`A run that is abandoned at any of its pieces leaves the values before it: ${name}`, async () => {
    const device = open();
    const [whole, left] = [await ready(device, 1, rows, width), await ready(device, 1, rows, width)];
    const pieces = [...whole.runInPieces!()];
    assert(pieces.every((value) => value === undefined), `${pieces}`);
    const first = await stateOf(whole);
    // Workers start while nothing is computed.
    await new Promise((resolve) => setTimeout(resolve, 50));
    left.run();
    assert(same(await stateOf(left), first));
    // Two replicas of four outputs are kept first, one a piece; then come at least four operations.
    for (const count of [1, 8, 9, 10, 11, 12]) {
      const going = left.runInPieces!();
      assert(!advance(going, count), `${count}`);
      going.return();
      assert(same(await stateOf(left), first), `left at piece ${count}`);
    }
    whole.run();
    assert(advance(left.runInPieces!(), 100_000));
    assert(same(await stateOf(left), await stateOf(whole)));
    device.close();
  });
}

Deno.test("Programs of one device may be run in turns, piece by piece, and closed amid a run", async () => {
  const device = cpuDevice({ workers: 3 });
  const alone = [await ready(device, 1), await ready(device, 5)];
  alone.forEach((each) => each.run(2));
  await new Promise((resolve) => setTimeout(resolve, 50));
  const mixed = [await ready(device, 1), await ready(device, 5)];
  for (let round = 0; round < 2; round++) {
    const runs = mixed.map((each) => each.runInPieces!());
    for (let going = [...runs]; going.length > 0;) going = going.filter((each) => !advance(each, 1));
  }
  for (const k of [0, 1]) assert(same(await stateOf(mixed[k]!), await stateOf(alone[k]!)));
  const amid = mixed[0]!.runInPieces!();
  advance(amid, 3);
  mixed[0]!.close();
  mixed[1]!.run();
  alone[1]!.run();
  assert(same(await stateOf(mixed[1]!), await stateOf(alone[1]!)));
  advance(mixed[1]!.runInPieces!(), 3);
  device.close();
});
