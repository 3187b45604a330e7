/** The laws of the CPU device's threads, and what it does where there are none. */
import { assert } from "../deps.ts";
import { E } from "../../src/deps.ts";
import { loadAssembly } from "../../src/device/assembly/assembly.ts";
import { PRODUCT_WORK } from "../../src/kernels/product.ts";
import { describeProduct } from "./dense_fixture.ts";
import { divisionOf, type Job } from "../../src/device/assembly/job.ts";
import { poolOf } from "../../src/device/assembly/pool.ts";
import { cpuDevice } from "../../src/device/cpu.ts";
import { dense } from "../../src/kernels/dense.ts";
import { type SoftQ, softQLayouts } from "../../src/learn/soft_q/update.ts";
import { softQLearner } from "../../src/learn/soft_q/learner.ts";
import { keyOf } from "../../src/random/key.ts";
import { uniform } from "../../src/random/draw.ts";
import { input } from "../../src/tensor/expression.ts";
import { programOf, trace } from "../../src/tensor/program.ts";
import { f32, sizeOf, type TensorType } from "../../src/tensor/shape.ts";
import { bitsOf, compiled, valuesOf } from "./evaluate.ts";

/** Large enough that its layers, its particles and its random numbers are split, small enough for a test. */
const OPTIONS: SoftQ = {
  observation: 5,
  action: 3,
  hidden: [96, 101],
  batch: 33,
  valueParticles: 17,
  fixedParticles: 9,
  movedParticles: 14,
  squash: "pre-tanh",
  bandwidth: "median",
  valueSamples: "per-state",
  valueProposal: "uniform",
  critics: 1,
};

/** The program of an update on given minibatches, and its inputs' first values. */
function updateOf(replicas: number) {
  const learner = softQLearner(OPTIONS);
  const inputsOf = (types: Readonly<Record<string, TensorType>>) =>
    Object.fromEntries(Object.entries(types).map(([name, type]) => [name, input(type)]));
  const { observation: S, action: A, batch: B } = OPTIONS, R = replicas;
  const state = inputsOf(learner.stateTypes(R)), settings = inputsOf(learner.settingTypes(R));
  const minibatch = {
    observation: input(f32(R, B, S)),
    action: input(f32(R, B, A)),
    reward: input(f32(R, B)),
    terminated: input(f32(R, B)),
    nextObservation: input(f32(R, B, S)),
  };
  const key = input({ shape: [R, 2], element: "u32" });
  const { state: next, metrics } = learner.update(state, settings, minibatch, key);
  const keys = Array.from({ length: R }, (_, r) => keyOf(r));
  const hyper = {
    temperature: 0.7,
    rewardScale: 1,
    discount: 0.99,
    criticRate: 1e-3,
    samplerRate: 1e-3,
    targetInterval: 2,
    targetRate: 1,
  };
  const drawn = Object.entries(minibatch).map(([name, { shape }], k) =>
    [
      name,
      name === "terminated" ? new Float32Array(sizeOf(shape)) : uniform(keyOf(k), sizeOf(shape)),
    ] as const
  );
  return {
    program: programOf({ ...state, ...settings, ...minibatch, key }, { ...next, ...metrics }),
    values: {
      ...learner.initial(keys),
      ...learner.settings(keys.map(() => hyper)),
      ...Object.fromEntries(drawn),
      key: keys.flat(),
    },
    outputs: [...Object.keys(next), ...Object.keys(metrics)],
  };
}

/** Waits until a condition holds, and fails after ten seconds. */
async function until(holds: () => boolean, what: string): Promise<void> {
  for (let i = 0; !holds(); i++) {
    // Patient, because on a busy machine a third thread on two cores may wait long for a turn of its own.
    assert.ok(i < 6000, `${what} took more than a minute`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

Deno.test("an update computes the same bits with 1, 2 and 3 threads, whatever the number of replicas", async () => {
  assert.ok(softQLayouts(OPTIONS).sampler.size > 0);
  for (const replicas of [1, 2, 3, 12]) {
    const { program, values, outputs } = updateOf(replicas);
    let first: Record<string, number[]> | null = null;
    for (const workers of [1, 2, 3]) {
      const device = cpuDevice({ workers });
      const executable = await compiled(device, program);
      for (const [name, given] of Object.entries(values)) executable.write(name, given);
      // The workers join at some time between the first and the last of these updates.
      for (let i = 0; i < 8; i++) {
        executable.run();
        await new Promise((resolve) => setTimeout(resolve, 15));
      }
      const found = await valuesOf(executable, outputs);
      const all = Object.fromEntries(Object.entries(found).map(([name, each]) => [name, bitsOf(each)]));
      first ??= all;
      for (const name of outputs) assert.deepEqual(all[name], first[name], `${name}, ${workers} threads`);
      executable.close();
      device.close();
    }
  }
});

/** A product in shared memory with a pool of three. */
function sharedProduct() {
  const rows = 600, columns = 64, depth = 200;
  const sizes = [rows * depth, depth * columns, rows * columns];
  const work = [4096, 4096 + PRODUCT_WORK, 4096 + 2 * PRODUCT_WORK].map((offset) =>
    offset + 16 - offset % 16
  );
  const [a, b, c] = [0, sizes[0], sizes[0] + sizes[1]].map((before) => 2 ** 21 + 4 * before);
  const pages = 64;
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  const assembly = loadAssembly(memory);
  assert.ok(assembly);
  const floats = new Float32Array(memory.buffer);
  for (let i = a / 4; i < c / 4; i++) floats[i] = Math.sin(i);
  describeProduct(assembly, 64, {
    ...{ layout: "NN", rows, columns, depth, a, b, c },
    ...{ aStride: depth, bStride: columns, cStride: columns },
  });
  const job: Job = { routine: "dense", descriptor: 64, replicas: 1, items: rows, grain: 6, cost: 1e6 };
  const result = () => floats.slice(c / 4, c / 4 + sizes[2]!);
  return { assembly, work, job, result, clear: () => void floats.fill(0, c / 4, c / 4 + sizes[2]!) };
}

Deno.test("workers share the work, stop when there is none, restart when there is, and do not change the bits", async () => {
  const { assembly, work, job, result, clear } = sharedProduct();
  assembly.routines["dense"]!(64, 0, job.items, work[0]);
  const expected = bitsOf(result());
  const pool = poolOf(3);
  const { run } = pool.attach(assembly, work).prepare(job);
  for (let round = 0; round < 2; round++) {
    run(); // starts the workers again in the second round
    await until(pool.ready, "starting the workers");
    const before = pool.tally();
    await until(() => {
      clear();
      run();
      assert.deepEqual(bitsOf(result()), expected);
      return pool.tally().every((units, k) => units > before[k]!);
    }, "taking part");
    await until(() => !pool.ready(), "retiring");
  }
  pool.close();
  clear();
  run(); // a closed pool still computes, on this thread alone
  assert.deepEqual(bitsOf(result()), expected);
});

Deno.test("a cut covers every item once, at multiples of the grain, and small jobs are not cut", () => {
  for (const items of [1, 5, 6, 7, 64, 129, 1000]) {
    for (const replicas of [1, 2, 16, 300]) {
      const job: Job = { routine: "map", descriptor: 0, replicas, items, grain: 6, cost: 1e6 };
      const division = divisionOf(job, 4);
      if (division === null) {
        assert.ok(replicas === 1 && items <= 6);
        continue;
      }
      const { split, chunk } = division;
      assert.equal(chunk % 6, 0);
      assert.ok(split * chunk >= items && (split - 1) * chunk < items);
      assert.equal(divisionOf({ ...job, cost: 100 }, 4), null);
      assert.equal(divisionOf(job, 1), null);
    }
  }
});

/** Runs `inside` while a global has another value. */
async function withGlobal<T>(name: string, value: unknown, inside: () => T | Promise<T>): Promise<T> {
  const before = Object.getOwnPropertyDescriptor(globalThis, name)!;
  Object.defineProperty(globalThis, name, { ...before, value });
  try {
    return await inside();
  } finally {
    Object.defineProperty(globalThis, name, before);
  }
}

Deno.test("a device says on what it runs, and why not on more threads", async () => {
  const descriptionWithout = (name: string): Promise<string> =>
    withGlobal(name, undefined, () => cpuDevice({ workers: 2 }).description);
  assert.match(cpuDevice({ workers: 1 }).description, /^WebAssembly (relaxed )?SIMD, 1 thread$/);
  assert.match(cpuDevice({ workers: 2 }).description, /SIMD, 2 threads$/);
  assert.match(cpuDevice({ workers: 2, variant: "plain" }).description, /^WebAssembly SIMD, 2 threads$/);
  assert.equal(cpuDevice({ variant: "none" }).description, "TypeScript");
  assert.match(await descriptionWithout("SharedArrayBuffer"), /, 1 thread \(no SharedArrayBuffer\)$/);
  assert.match(await descriptionWithout("Worker"), /, 1 thread \(no workers\)$/);
  for (const workers of [0, 1.5, 65]) assert.throws(() => cpuDevice({ workers }), RangeError);
});

Deno.test("if workers are refused or fail, the device computes on one thread and says so", async () => {
  const { program, values } = updateOf(1);
  class Refusing {
    constructor() {
      throw new Error("not here");
    }
  }
  class Failing {
    onerror: ((event: { preventDefault: () => void; message: string }) => void) | null = null;
    constructor() {
      queueMicrotask(() => this.onerror?.({ preventDefault: () => {}, message: "broken" }));
    }
    postMessage(): void {}
    terminate(): void {}
  }
  for (const [stub, message] of [[Refusing, "refused: not here"], [Failing, "failed: broken"]] as const) {
    const device = cpuDevice({ workers: 2 });
    const answer = await withGlobal("Worker", stub, () => device.compile(program)());
    assert.ok(E.isRight(answer));
    for (const [name, given] of Object.entries(values)) answer.right.write(name, given);
    answer.right.run();
    const { loss } = await valuesOf(answer.right, ["loss"]);
    assert.ok(Number.isFinite(loss[0]));
    assert.match(device.description, new RegExp(`1 thread \\(workers ${message}\\)$`));
    device.close();
  }
});

Deno.test("a program that needs more than the host gives is refused with the bytes", async () => {
  for (const variant of ["none", "relaxed"] as const) {
    const device = cpuDevice({ variant });
    const answer = await device.compile(trace({ x: f32(2, 2 ** 40) }, ({ x }) => ({ x })))();
    assert.ok(E.isLeft(answer) && answer.left._tag === "OutOfMemory");
    assert.equal(answer.left.bytes, 2 ** 43);
    assert.match(answer.left.message, /needs 8796093022208 bytes, which the host does not give/);
    device.close();
  }
});

Deno.test("a program that needs more than WebAssembly's memory is refused with the bytes and the limit", async () => {
  const program = trace({ x: f32(1, 40_000, 20_000), w: f32(1, 20_001, 40_000) }, ({ x, w }) => ({
    y: dense(x, w),
  }));
  const device = cpuDevice();
  const answer = await device.compile(program)();
  assert.ok(E.isLeft(answer) && answer.left._tag === "OutOfMemory");
  assert.equal(answer.left.limit, 2 ** 32);
  assert.ok(answer.left.bytes >= 4 * (40_000 * 20_000 + 20_001 * 40_000 + 40_000 * 40_000));
  assert.match(answer.left.message, new RegExp(`${answer.left.bytes} bytes.*${2 ** 32}`));
  device.close();
});

Deno.test("threads need no permission, and a device that nobody closes does not keep the process alive", async () => {
  const module = (path: string): string => new URL(`../../src/${path}`, import.meta.url).href;
  const script = `
    import { cpuDevice } from ${JSON.stringify(module("device/cpu.ts"))};
    import { dense } from ${JSON.stringify(module("kernels/dense.ts"))};
    import { trace } from ${JSON.stringify(module("tensor/program.ts"))};
    import { f32 } from ${JSON.stringify(module("tensor/shape.ts"))};
    const device = cpuDevice({ workers: 2 });
    const program = trace({ x: f32(1, 500, 100), w: f32(1, 101, 100) }, ({ x, w }) => ({ y: dense(x, w) }));
    const { right } = await device.compile(program)();
    for (let i = 0; i < 20; i++) {
      right.run();
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    console.log(device.description);
  `;
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-prompt", "--no-check", "--ext=ts", "-"],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  });
  const child = command.spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(script));
  await writer.close();
  const { code, stdout, stderr } = await child.output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  assert.match(new TextDecoder().decode(stdout), /SIMD, 2 threads/);
});
