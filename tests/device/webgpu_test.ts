/** The WebGPU device's laws: determinism, replicas, resources, and failures as values. */

import { assert } from "../deps.ts";
import { adapterKind, webgpuDevice } from "../../src/device/webgpu.ts";
import { bits, normal } from "../../src/random/draw.ts";
import { keyOf } from "../../src/random/key.ts";
import { call, type Kernel, type Tensor } from "../../src/tensor/expression.ts";
import { gradient } from "../../src/tensor/gradient.ts";
import { shader } from "../../src/tensor/shader.ts";
import * as p from "../../src/tensor/primitives.ts";
import { type Program, trace } from "../../src/tensor/program.ts";
import { f32, sizeOf, u32 } from "../../src/tensor/shape.ts";
import {
  assertClose,
  assertSameBits,
  evaluate,
  gpuTest,
  left,
  right,
  runOn,
  runOnReference,
} from "./adapter.ts";
import { type CountingGpu, countingGpu } from "./counting_gpu.ts";

/** A little learner: a layer, its gradient, a step; its state and its counter stay on the device. */
const learner = (R: number, rows = 150): Program =>
  trace(
    { w: f32(R, 7, 5), x: f32(R, rows, 7), t: u32(R), key: u32(R, 2), odd: f32(R, 3) },
    ({ w, x, t, key, odd }) => {
      const y = p.tanh(p.dot(x, w));
      const loss = p.mean(p.mean(p.mul(y, y), 2), 1);
      const [g] = gradient(loss, [w]);
      const noise = p.random(key, t, "normal", 3, [7, 5]);
      const parts = p.concat([p.mul(odd, 0.5), p.exp(odd), p.mul(p.exp(odd), p.exp(odd))], 1);
      return {
        w: p.sub(w, p.mul(p.add(g, p.mul(noise, 0.1)), 0.3)),
        t: p.add(t, 1),
        odd: p.mul(odd, 0.9),
        loss,
        parts,
        medians: p.orderStatistic(p.reshape(y, [R, rows * 5]), 1, 20),
        total: p.sum(p.sum(x, 2), 1),
      };
    },
  );

/** Inputs of the learner for some of its replicas. */
function learnerInputs(replicas: readonly number[], rows = 150): Record<string, ArrayLike<number>> {
  const each = (name: number, size: number): number[] =>
    replicas.flatMap((r) => [...normal(keyOf(10 * r + name), size)]);
  return {
    w: each(1, 35),
    x: each(2, rows * 7),
    t: replicas.map((r) => 5 + r),
    key: replicas.flatMap((r) => [...bits(keyOf(r), 2)]),
    odd: each(3, 3),
  };
}

async function learn(
  device: Parameters<Parameters<typeof gpuTest>[1]>[0],
  replicas: readonly number[],
  updates: number,
): Promise<Awaited<ReturnType<typeof evaluate>>> {
  const program = learner(replicas.length);
  const executable = right(await device.compile(program)());
  for (const [name, values] of Object.entries(learnerInputs(replicas))) executable.write(name, values);
  executable.run(updates);
  const found = right(await executable.read(program.outputs.map(({ name }) => name))());
  executable.close();
  return found;
}

gpuTest("a learner's update on WebGPU equals the reference's", async (device) => {
  const found = await runOn(device, learner(2), learnerInputs([0, 1]));
  const expected = await runOnReference(learner(2), learnerInputs([0, 1]));
  // Sums of 750 terms of size 1 at most, and exponentials of numbers below 4: 11 units.
  for (const name of Object.keys(expected)) {
    assertClose(found[name]!, expected[name]!, { absolute: 2e-5, relative: 3e-6 }, name);
  }
});

gpuTest("two runs of the same program with the same inputs give the same bits", async (device) => {
  const first = await learn(device, [0, 1, 2], 70), second = await learn(device, [0, 1, 2], 70);
  for (const name of Object.keys(first)) assertSameBits(second[name]!, first[name]!, name);
});

gpuTest("replica r of four computes the bits that it computes alone", async (device) => {
  const together = await learn(device, [0, 1, 2, 3], 20);
  for (const r of [0, 3]) {
    const alone = await learn(device, [r], 20);
    for (const name of Object.keys(alone)) {
      const size = alone[name]!.length;
      assertSameBits(together[name]!.slice(r * size, (r + 1) * size), alone[name]!, name);
    }
  }
});

gpuTest(
  "running n times equals running once n times, whatever the number that a submit holds",
  async (device) => {
    const program = trace({ t: u32(1), x: f32(1, 3) }, ({ t, x }) => ({ t: p.add(t, 1), x: p.add(x, 0.25) }));
    const executable = right(await device.compile(program)());
    executable.run(130);
    executable.run();
    executable.run(0);
    const { t, x } = right(await executable.read(["t", "x"])());
    assert.deepEqual([...t], [131]);
    assert.deepEqual([...x], [131 / 4, 131 / 4, 131 / 4]);
  },
);

gpuTest(
  "inputs are zero at first, can be written in part, and are read as they were written",
  async (device) => {
    const program = trace({ x: f32(2, 3), u: u32(5) }, ({ x, u }) => ({ y: p.add(x, 1), v: u }));
    const executable = right(await device.compile(program)());
    executable.write("x", [5, 6], 4);
    executable.write("u", [0xffffffff, 0x7fc00001], 1);
    executable.run();
    const { x, y, u, v } = right(await executable.read(["x", "y", "u", "v"])());
    assert.deepEqual([...x], [0, 0, 0, 0, 5, 6]);
    assert.deepEqual([...y], [1, 1, 1, 1, 6, 7]);
    assert.deepEqual([...u], [0, 0xffffffff, 0x7fc00001, 0, 0]);
    assert.deepEqual([...v], [...u]);
    assert.throws(() => executable.write("z", [1]), RangeError);
    assert.throws(() => executable.write("x", [1, 2], 5), RangeError);
    assert.throws(() => executable.read(["w" as "x"])(), RangeError);
  },
);

gpuTest("a reading gives the values that were queued when it was asked for", async (device) => {
  const program = trace({ t: u32(1) }, ({ t }) => ({ t: p.add(t, 1) }));
  const executable = right(await device.compile(program)());
  executable.run();
  const first = executable.read(["t"])();
  executable.run(2);
  const second = executable.read(["t"])();
  assert.deepEqual([[...right(await first).t], [...right(await second).t]], [[1], [3]]);
});

gpuTest("parts of a concatenation may be computed from one another", async (device) => {
  const program = trace({ x: f32(3, 4) }, ({ x }) => {
    const a = p.mul(x, 2), b = p.add(a, a), c = p.mul(a, b);
    return { y: p.concat([a, b, c, a, x], 1) };
  });
  const x = [...normal(keyOf(4), 12)];
  const found = await runOn(device, program, { x }), expected = await runOnReference(program, { x });
  assertClose(found["y"]!, expected["y"]!, { absolute: 0, relative: 3 * 2 ** -24 });
});

gpuTest("arrays of more than 65535 workgroups are computed to the end", async (device) => {
  const n = 65536 * 64 + 100;
  const program = trace({ x: f32(n) }, ({ x }) => ({ y: p.slice(p.add(x, 1), 0, n - 300, 300) }));
  const executable = right(await device.compile(program)());
  executable.write("x", Float32Array.from({ length: 300 }, (_, i) => i), n - 300);
  executable.run();
  const { y } = right(await executable.read(["y"])());
  assert.deepEqual([...y], Array.from({ length: 300 }, (_, i) => i + 1));
});

gpuTest("empty tensors are computed without a dispatch", async (device) => {
  const program = trace(
    { x: f32(2, 0), y: f32(2, 3) },
    ({ x, y }) => ({ z: p.concat([p.add(x, 1), y], 1), x }),
  );
  const found = await runOn(device, program, { x: [], y: [1, 2, 3, 4, 5, 6] });
  assert.deepEqual([[...found["z"]], [...found["x"]]], [[1, 2, 3, 4, 5, 6], []]);
});

/** A kernel that adds one to its input; in place where the plan allows it. */
const increment: Kernel<{ readonly source: string }> = {
  name: "increment",
  types: ([x]) => [x],
  definition: ([x]) => [p.add(x, 1)],
  inPlace: () => [[0, 0]],
  launches: ([x], _, { source }) => [
    shader("increment.wgsl", source, { count: "u32", half: "f32", x: "write" }).launch(
      "increment",
      [Math.ceil(sizeOf(x.shape) / 4 / 64), 1, 1],
      { count: sizeOf(x.shape), half: 0.5, x: { output: 0 } },
      { constants: { step: 1 }, vectors: true },
    ),
  ],
};
const INCREMENT = `
struct Increment { count: u32, half: f32, x: vec2<u32> }
@group(0) @binding(0) var<uniform> u: Increment;
@group(0) @binding(1) var<storage, read_write> x: array<vec4<f32>>;
override step: f32;
@compute @workgroup_size(64)
fn increment(@builtin(global_invocation_id) id: vec3<u32>) {
  if (4u * id.x < u.count) { x[u.x.x / 4u + id.x] += vec4<f32>(step - u.half + 0.5); }
}`;

gpuTest(
  "a kernel in place finds its operand in its output, merged by the plan or copied by the device",
  async (device) => {
    const program = trace({ x: f32(1, 8), y: f32(1, 11) }, ({ x, y }) => {
      const add = (tensor: Tensor): Tensor => call(increment, [tensor], { source: INCREMENT })[0];
      const twice = add(add(x));
      // The operand starts at element 3, which no vector does.
      return { x: twice, kept: p.mul(x, 1), odd: add(p.slice(y, 1, 3, 8)), old: y };
    });
    const executable = right(await device.compile(program)());
    const found = await evaluate(executable, program, {
      x: [0, 1, 2, 3, 4, 5, 6, 7],
      y: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
    });
    assert.deepEqual([...found["x"]], [2, 3, 4, 5, 6, 7, 8, 9]);
    assert.deepEqual([...found["kept"]], [0, 1, 2, 3, 4, 5, 6, 7]);
    assert.deepEqual([...found["odd"]], [4, 5, 6, 7, 8, 9, 10, 11]);
    assert.deepEqual([...found["old"]], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  },
);

const incrementProgram = (source: string): Program =>
  trace({ x: f32(1, 8) }, ({ x }) => ({ y: call(increment, [x], { source })[0] }));

gpuTest("an invalid shader is rejected with the compiler's message, its file and line", async (device) => {
  const source = INCREMENT.replace("vec4<f32>(step - u.half", "vec4<u32>(step - u.half");
  const error = left(await device.compile(incrementProgram(source))());
  assert(error._tag === "ShaderRejected");
  assert.equal(error.file, "increment.wgsl");
  assert.equal(error.line, source.split("\n").findIndex((line) => line.includes("vec4<u32>")) + 1);
  assert.match(error.message, /increment\.wgsl:8.*\n?.*\w+/);
});

gpuTest("a missing entry point is rejected with the file's name", async (device) => {
  const error = left(await device.compile(incrementProgram(INCREMENT.replace("fn increment", "fn other")))());
  assert(error._tag === "ShaderRejected");
  assert.equal(error.file, "increment.wgsl");
  assert.match(error.message, /increment/);
});

gpuTest("a device works on after a rejected shader", async (device) => {
  left(await device.compile(incrementProgram("nonsense"))());
  const { y } = await runOn(device, incrementProgram(INCREMENT), { x: [1, 2, 3, 4, 5, 6, 7, 8] });
  assert.deepEqual([...y], [2, 3, 4, 5, 6, 7, 8, 9]);
});

gpuTest(
  "a program beyond the device's limits is refused before anything is allocated, with the bytes",
  async (device) => {
    const program = trace({ x: f32(2, 2 ** 30) }, ({ x }) => ({ x }));
    const error = left(await device.compile(program)());
    assert(error._tag === "OutOfMemory");
    assert.equal(error.bytes, 2 ** 33);
    assert(error.limit > 0 && error.limit < error.bytes);
    assert.match(error.message, /8589934592 bytes/);
  },
);

/** An object with some of its methods replaced. */
const replacing = <T extends object>(target: T, methods: Readonly<Record<string, unknown>>): T =>
  new Proxy(target, {
    get: (_, name) => {
      if (typeof name === "string" && name in methods) return methods[name];
      const member = Reflect.get(target, name, target);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });

/** A GPU whose driver has no memory left for the first program. */
const exhaustedGpu = (): GPU =>
  replacing(navigator.gpu, {
    requestAdapter: async () => {
      const adapter = (await navigator.gpu.requestAdapter())!; // there is one: the test runs
      return replacing(adapter, {
        requestDevice: async (descriptor: GPUDeviceDescriptor) => {
          const device = await adapter.requestDevice(descriptor), scopes: GPUErrorFilter[] = [];
          let full = true;
          return replacing(device, {
            pushErrorScope: (filter: GPUErrorFilter) => {
              scopes.push(filter);
              device.pushErrorScope(filter);
            },
            popErrorScope: async () => {
              const fails = full && scopes.pop() === "out-of-memory";
              if (fails) full = false;
              const found = await device.popErrorScope();
              return fails ? new GPUOutOfMemoryError("no room") : found;
            },
          });
        },
      });
    },
  });

gpuTest(
  "memory that the driver alone knows to be missing is an error with the bytes, and the device works on",
  async (device) => {
    const program = incrementProgram(INCREMENT);
    const error = left(await device.compile(program)());
    assert(error._tag === "OutOfMemory");
    assert(error.bytes >= 64 && error.limit > error.bytes, `${error.bytes}, ${error.limit}`);
    assert.match(error.message, /no memory left: no room/);
    const { y } = await runOn(device, program, { x: [1, 2, 3, 4, 5, 6, 7, 8] });
    assert.deepEqual([...y], [2, 3, 4, 5, 6, 7, 8, 9]);
  },
  () => ({ gpu: exhaustedGpu() }),
);

let counting: CountingGpu;
const counted = (): { readonly gpu: GPU } => {
  counting = countingGpu();
  return { gpu: counting.gpu };
};

gpuTest("a thousand runs and their readings make no buffer, pipeline or bind group", async (device) => {
  const program = learner(2, 8);
  const executable = right(await device.compile(program)());
  for (const [name, values] of Object.entries(learnerInputs([0, 1], 8))) executable.write(name, values);
  executable.run();
  right(await executable.read(["loss"])());
  const before = { ...counting.counts };
  assert(before.buffers > 0 && before.groups > 0 && before.pipelines > 0);
  for (let k = 0; k < 10; k++) {
    executable.run(100);
    executable.write("odd", [1, 2, 3]);
    right(await executable.read(["loss"])());
  }
  assert.deepEqual(counting.counts, before);
}, counted);

gpuTest("a second program reuses the pipelines of the first", async (device) => {
  right(await device.compile(learner(1))());
  const { pipelines, modules } = counting.counts;
  right(await device.compile(learner(3))());
  assert.deepEqual([counting.counts.pipelines, counting.counts.modules], [pipelines, modules]);
}, counted);

gpuTest(
  "closing a device destroys every buffer of every program, and closing twice does nothing",
  async (device) => {
    const first = right(await device.compile(learner(1))());
    const second = right(await device.compile(learner(2))());
    second.run();
    right(await second.read(["loss", "w"])());
    assert(second.bytes > 4 * sizeOf([2, 150, 7]));
    first.close();
    first.close();
    assert.equal(left(await first.read(["loss"])())._tag, "DeviceFailed");
    device.close();
    device.close();
    second.run();
    assert.equal(left(await second.read(["loss"])())._tag, "DeviceFailed");
    assert.equal(left(await device.compile(learner(1))())._tag, "DeviceFailed");
    assert.equal(counting.counts.destroyed, counting.counts.buffers);
  },
  counted,
);

gpuTest(
  "the loss of the device is a value: of the next reading, and of the next compilation",
  async (device) => {
    const executable = right(await device.compile(learner(1))());
    executable.run();
    counting.devices[0]!.destroy();
    executable.run();
    const error = left(await executable.read(["loss"])());
    assert.equal(error._tag, "DeviceLost");
    assert.match(error.message, /destroyed/);
    executable.run(10);
    executable.write("t", [1]);
    assert.equal(left(await executable.read(["loss"])())._tag, "DeviceLost");
    assert.equal(left(await device.compile(learner(1))())._tag, "DeviceLost");
  },
  counted,
);

gpuTest("an error that nobody awaited is a value of the next reading", async (device) => {
  const executable = right(await device.compile(learner(1))());
  counting.devices[0]!.createBuffer({ size: 4, usage: 0xffff });
  const error = left(await executable.read(["loss"])());
  assert.equal(error._tag, "DeviceFailed");
  assert(error.message.length > 10);
}, counted);

Deno.test("without WebGPU or without an adapter the device is unavailable, and says what it looked for", async () => {
  const none = { requestAdapter: () => Promise.resolve(null) } as unknown as GPU;
  const error = left(await webgpuDevice({ gpu: none })());
  assert.equal(error._tag, "DeviceUnavailable");
  assert.match(error.message, /adapter: looked for/);
  const broken = { requestAdapter: () => Promise.reject(new Error("no driver")) } as unknown as GPU;
  assert.match(left(await webgpuDevice({ gpu: broken })()).message, /no driver/);
});

Deno.test("software adapters are known by their flag or by their name", () => {
  const info = { vendor: "", architecture: "", device: "", description: "", isFallbackAdapter: false };
  const kind = (change: Partial<GPUAdapterInfo>): string =>
    adapterKind({ ...info, ...change } as GPUAdapterInfo);
  assert.equal(kind({ isFallbackAdapter: true }), "software");
  assert.equal(kind({ description: "llvmpipe (LLVM 15.0.6, 256 bits)" }), "software");
  assert.equal(kind({ architecture: "swiftshader" }), "software");
  assert.equal(kind({ vendor: "nvidia", description: "NVIDIA H200" }), "hardware");
});
