/** Views by ndarray: the same memory, and the program's own elements. */
import { runInNewContext } from "node:vm";
import { assert, fc } from "../deps.ts";
import { pointMass } from "../../envs/point_mass.ts";
import { E } from "../../src/deps.ts";
import { cpuDevice } from "../../src/device/cpu.ts";
import { referenceDevice } from "../../src/device/reference.ts";
import { act, read, statesOf, tensorsOf, view } from "../../src/ndarray/mod.ts";
import { child, keyOf } from "../../src/random/key.ts";
import { add, broadcast, mul, reshape } from "../../src/tensor/primitives.ts";
import { trace } from "../../src/tensor/program.ts";
import { f32 } from "../../src/tensor/shape.ts";
import { loadAgent } from "../../src/train/agent_file.ts";
import { evaluate } from "../../src/train/evaluate_agent.ts";
import { encode } from "../../src/train/safetensors.ts";
import { trainSoftQ } from "../../src/train/train.ts";
import { bundled } from "../packaging/bundle.ts";

const right = <A>(result: E.Either<unknown, A>): A => {
  assert(E.isRight(result), JSON.stringify(result));
  return result.right;
};

Deno.test("A view has the array's own memory, row-major strides, and every element where the shape says", () => {
  const shapes = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 });
  fc.assert(fc.property(shapes, fc.nat(), (shape, seed) => {
    const size = shape.reduce((product, length) => product * length, 1);
    const data = Float32Array.from({ length: size }, (_, i) => i), x = view(data, shape);
    assert(x.data === data && x.offset === 0);
    assert.deepEqual(x.stride, shape.map((_, k) => shape.slice(k + 1).reduce((a, b) => a * b, 1)));
    const at = shape.map((length, k) => (seed >> k) % length);
    const flat = at.reduce((sum, i, k) => sum + i * x.stride[k], 0);
    assert.equal(x.get(...at), flat);
    x.set(...at, -1);
    assert.equal(data[flat], -1);
    data[flat] = 7;
    assert.equal(x.get(...at), 7);
  }));
  for (const [shape, length] of [[[2, 3], 5], [[2, 3], 7], [[], 0], [[0, 2], 1]] as const) {
    assert.throws(() => view(new Float32Array(length), shape), /^RangeError: A view of the shape/);
  }
});

Deno.test("Values read from a program have its shapes and elements, in float64 and in float32", async () => {
  const program = trace({ x: f32(2, 3), y: f32(3) }, ({ x, y }) => ({
    z: add(mul(x, 10), broadcast(reshape(y, [1, 3]), [2, 3])),
    y,
  }));
  for (const device of [referenceDevice(), cpuDevice({ workers: 1 })]) {
    const executable = right(await device.compile(program)());
    executable.write("x", [1, 2, 3, 4, 5, 6]);
    executable.write("y", [0.5, 0.25, 0.125]);
    executable.run();
    const found = right(await read(executable, program, ["z", "x"])()),
      plain = right(await executable.read(["z"])());
    assert.deepEqual([found.z.shape, found.z.stride, found.x.shape], [[2, 3], [3, 1], [2, 3]]);
    assert.deepEqual([...found.z.data], [...plain.z]);
    for (const [i, j] of [[0, 0], [0, 2], [1, 1]] as const) {
      assert.equal(found.z.get(i, j), 10 * (3 * i + j + 1) + 2 ** -(j + 1));
      assert.equal(found.z.transpose(1, 0).get(j, i), found.z.get(i, j));
      assert.equal(found.z.pick(i, null).get(j), found.z.get(i, j));
    }
    assert.throws(() => read(executable, program, ["w"]), /no input or output "w"/);
    device.close();
  }
});

Deno.test("Tensors of a file, actions of a batch and states of an episode are what they are without views", async () => {
  const options = { steps: 25, minimumReplay: 10, hidden: [8], batch: 4, replicas: 2 };
  const trained = right(await trainSoftQ(pointMass(), options)());
  const tensors = right(tensorsOf(trained.save()));
  assert.deepEqual(tensors["sampler.state"].shape, [2, 3, 8]);
  assert.deepEqual(tensors["critic0.layer1"]?.shape ?? tensors["critic.layer1"].shape, [2, 9, 1]);
  const agent = right(loadAgent(trained.save()));
  const data = Float64Array.from({ length: 12 }, (_, i) => Math.sin(i)), observations = view(data, [6, 2]);
  for (
    const batch of [
      observations,
      view(data, [2, 6]).transpose(1, 0),
      observations.step(2, 1),
      observations.lo(3, 0),
    ]
  ) {
    const actions = act(agent, batch, keyOf(3), 1);
    assert.deepEqual(actions.shape, [batch.shape[0], 2]);
    for (let b = 0; b < batch.shape[0]; b++) {
      const alone = agent.act([batch.get(b, 0), batch.get(b, 1)], child(keyOf(3), b), 1);
      assert.deepEqual([actions.get(b, 0), actions.get(b, 1)], [...alone]);
    }
  }
  assert.throws(
    () => act(agent, view(data, [4, 3]), keyOf(0)),
    /must have 2 numbers: got a Float64Array of length 3/,
  );
  assert.throws(() => act(agent, view(data, [12]), keyOf(0)), /must have two axes: got 1/);
  const { episodes: [episode] } = right(await evaluate(agent, pointMass(), { episodes: 1, horizon: 5 })());
  const states = statesOf(episode, pointMass());
  assert.deepEqual(states.shape, [episode.length + 1, 2]);
  assert(states.data === episode.states);
  const refused = tensorsOf(encode({ w: { shape: [1], data: Float32Array.of(1) } }).subarray(0, 20));
  assert(E.isLeft(refused) && typeof refused.left._tag === "string");
});

Deno.test("Views are bundled for a browser, and where a page forbids code out of text mod.ts does without them", async () => {
  const forbidding = { contextCodeGeneration: { strings: false, wasm: true } };
  const scope = (): Record<string, unknown> => ({ TextEncoder, TextDecoder, atob, btoa, performance });
  const script = `import { view } from "./src/ndarray/mod.ts";
    export const found = view(Float32Array.of(1, 2, 3, 4), [2, 2]).get(1, 0);`;
  const { outputFiles: [{ text: views }] } = await bundled(script);
  assert.equal(runInNewContext(`${views}\nbundle.found`, scope()), 3);
  assert.throws(() => runInNewContext(views, scope(), forbidding), /EvalError/); // why it is a module of its own
  const { outputFiles: [{ text: library }] } = await bundled('export * from "./mod.ts";');
  assert(runInNewContext(`${library}\ntypeof bundle.trainSoftQ`, scope(), forbidding) === "function");
});
