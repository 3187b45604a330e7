/** Minibatches under a symmetry group: images of transitions, the element drawn for each, on all devices. */
import { assert } from "../deps.ts";
import { permuted, type SymmetryGroup } from "../../envs/symmetry.ts";
import { quadruped } from "../../envs/quadruped.ts";
import { cpuDevice } from "../../src/device/cpu.ts";
import type { Device } from "../../src/device/device.ts";
import { referenceDevice } from "../../src/device/reference.ts";
import { E } from "../../src/deps.ts";
import { bits, indexOf } from "../../src/random/draw.ts";
import { keyOf, STREAMS } from "../../src/random/key.ts";
import { input } from "../../src/tensor/expression.ts";
import { programOf } from "../../src/tensor/program.ts";
import { u32 } from "../../src/tensor/shape.ts";
import { drawMinibatch } from "../../src/train/minibatch.ts";
import {
  appendRow,
  appendTransition,
  emptyReplay,
  fieldsOf,
  flush,
  replayInputs,
  type ReplaySpec,
} from "../../src/train/replay.ts";
import { webgpuDevice } from "../../src/device/webgpu.ts";
import { runsGpuTests } from "../device/adapter.ts";
import { compiled, valuesOf } from "../device/evaluate.ts";

const { spec: { symmetry, observation, action } } = quadruped({
  task: { kind: "speed" },
  observation: "compact",
});
const GROUP = symmetry as SymmetryGroup, S = observation.length, A = action.length;
const BATCH = 60, CAPACITY = 50;
const FIELDS = ["observation", "action", "reward", "terminated", "nextObservation"] as const;

type Drawn = Readonly<Record<typeof FIELDS[number], readonly number[]>>;

/** Numbers that say where they are from; exact in float32. */
const observationOf = (seed: number, row: number): number[] =>
  Array.from({ length: S }, (_, i) => (1 + i) / 32 + 4 * row + 1024 * seed);
const actionOf = (seed: number, number: number): number[] =>
  Array.from({ length: A }, (_, i) => (1 + i) / 32 + 4 * number + 1024 * seed);

/** What replicas of these seeds draw at an update, in segments of so many bytes. */
async function draw(
  device: Device,
  seeds: readonly number[],
  group: SymmetryGroup | null,
  update: number,
  bytes = 1 << 20,
): Promise<readonly Drawn[]> {
  const spec: ReplaySpec = { replicas: seeds.length, capacity: CAPACITY, observation: S, action: A };
  const replay = { ...emptyReplay(spec), fields: fieldsOf(spec, bytes) },
    types = replayInputs(spec, replay.fields);
  const inputs = Object.fromEntries(Object.entries(types).map(([name, type]) => [name, input(type)]));
  const key = input(u32(seeds.length, 2)), counter = input(u32(seeds.length));
  const minibatch = drawMinibatch(spec, replay.fields, inputs, key, counter, BATCH, group);
  const executable = await compiled(device, programOf({ ...inputs, key, counter }, { ...minibatch }));
  seeds.forEach((seed, r) => {
    let from = appendRow(replay, r, observationOf(seed, 0));
    for (let k = 0; k < CAPACITY; k++) {
      const to = appendRow(replay, r, observationOf(seed, k + 1));
      appendTransition(replay, r, from, to, actionOf(seed, k), k / 2, k % 7 === 6);
      from = to;
    }
  });
  flush(replay, executable);
  executable.write("key", seeds.flatMap((seed) => [...keyOf(seed)]));
  executable.write("counter", seeds.map(() => update));
  executable.run();
  const found = await valuesOf(executable, FIELDS);
  executable.close();
  return seeds.map((_, r): Drawn => {
    const of = (name: typeof FIELDS[number]) => {
      const size = found[name]!.length / seeds.length;
      return [...found[name]!.subarray(r * size, (r + 1) * size)];
    };
    return {
      observation: of("observation"),
      action: of("action"),
      reward: of("reward"),
      terminated: of("terminated"),
      nextObservation: of("nextObservation"),
    };
  });
}

/** The element of each transition that a replica's key draws at an update. */
const elementsOf = (seed: number, update: number): readonly number[] =>
  [...bits(keyOf(seed), BATCH, update, STREAMS.symmetry)].map((word) => indexOf(word, GROUP.length));

const row = (values: readonly number[], b: number, width: number) => values.slice(b * width, (b + 1) * width);

/** Fails unless `found` is `plain` with each transition turned by the element that was drawn for it. */
function check(found: Drawn, plain: Drawn, seed: number, update: number): void {
  elementsOf(seed, update).forEach((g, b) => {
    const { observation, action } = GROUP[g]!;
    for (const name of ["observation", "nextObservation"] as const) {
      assert.deepEqual(row(found[name], b, S), permuted(observation, row(plain[name], b, S)), `${name} ${b}`);
    }
    assert.deepEqual(row(found.action, b, A), permuted(action, row(plain.action, b, A)));
  });
  assert.deepEqual([found.reward, found.terminated], [plain.reward, plain.terminated]);
}

async function everywhere(device: Device): Promise<void> {
  for (const update of [0, 1, 77]) {
    const [plain] = await draw(device, [3], null, update) as [
      Readonly<
        Record<"action" | "observation" | "reward" | "terminated" | "nextObservation", readonly number[]>
      >,
    ];
    const [alone] = await draw(device, [3], GROUP, update) as [
      Readonly<
        Record<"action" | "observation" | "reward" | "terminated" | "nextObservation", readonly number[]>
      >,
    ];
    check(alone, plain, 3, update);
    // Which replicas there are, and how the fields are cut into segments, changes no bit.
    const many = await draw(device, [2, 3, 4], GROUP, update);
    assert.deepEqual(many[1], alone);
    assert.deepEqual((await draw(device, [3], GROUP, update, 4 * S * 7))[0], alone);
    assert.deepEqual((await draw(device, [2, 3, 4], GROUP, update, 4 * S * 20))[1], alone);
    // The identity alone is no symmetry at all.
    assert.deepEqual((await draw(device, [3], GROUP.slice(0, 1), update))[0], plain);
  }
}

Deno.test("A minibatch holds images of transitions under the elements drawn for them: reference", () =>
  everywhere(referenceDevice()));

for (const variant of ["relaxed", "plain", "none"] as const) {
  Deno.test(`A minibatch holds images of transitions under the elements drawn for them: CPU (${variant})`, async () => {
    const device = cpuDevice({ variant, workers: 1 });
    await everywhere(device);
    device.close();
  });
}

Deno.test({
  name: "A minibatch holds images of transitions under the elements drawn for them: WebGPU",
  ignore: !runsGpuTests,
  fn: async () => {
    const device = await webgpuDevice()();
    assert(E.isRight(device));
    await everywhere(device.right);
    device.right.close();
  },
});

Deno.test("Every element is drawn as often as the others", () => {
  const counts = new Array<number>(GROUP.length).fill(0), updates = 400;
  for (let update = 0; update < updates; update++) elementsOf(5, update).forEach((g) => counts[g]!++);
  const expected = updates * BATCH / GROUP.length;
  const chiSquared = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  // χ² with seven degrees of freedom exceeds 29.9 with probability 1e-4; the draws are fixed.
  assert(chiSquared < 29.9, `${chiSquared}`);
});
