/** The update that peers are compared with. */
import { assert } from "../deps.ts";
import { fixtureOf, layersOf, stepProgram } from "../../bench/peers/fixture.ts";
import { startPython, TOLERANCE } from "../../bench/peers/python.ts";
import {
  type Configuration,
  CONFIGURATIONS,
  optionsOf,
  softQTraining,
  STUDIED,
} from "../../bench/setting.ts";
import { pretrain } from "../../experiments/pretrain.ts";
import { E } from "../../src/deps.ts";
import { cpuDevice } from "../../src/device/cpu.ts";
import { referenceDevice } from "../../src/device/reference.ts";
import { softQLayouts } from "../../src/learn/soft_q/update.ts";
import { decode, encode } from "../../src/train/safetensors.ts";
import { softQOf } from "../../src/learn/soft_q/algorithm.ts";
import { sizesOf } from "../../src/train/training.ts";
import { runProgram } from "../device/evaluate.ts";
import type { Block } from "../../src/learn/network.ts";

/** One critic with a copied target and uniform value samples. */
const PLAIN: Configuration = {
  ...CONFIGURATIONS[1]!,
  hidden: 12,
  batch: 8,
  fixed: 4,
  moved: 4,
  values: 6,
};

/** Two critics, a target that follows, a mixture as the proposal, and another bandwidth. */
const STUDY: Configuration = { ...STUDIED[0]!, hidden: 12, batch: 8, fixed: 4, moved: 4 };

async function fixtureOnCpu(configuration: Configuration): Promise<Uint8Array> {
  const device = cpuDevice({ workers: 1 });
  const bytes = await fixtureOf(device, configuration);
  device.close();
  return bytes;
}

for (const [name, configuration] of [["one critic", PLAIN], ["the study's options", STUDY]] as const) {
  Deno.test(`The fixture's update with ${name} is the one that its own parameters, minibatch and noise give in float64`, async () => {
    const file = decode(await fixtureOnCpu(configuration));
    assert(E.isRight(file));
    const { tensors } = file.right, options = optionsOf(configuration, "default", 1);
    const o = softQOf(options, sizesOf(configuration.environment)), layouts = softQLayouts(o);
    // The flat vectors again: rows of the first matrix are the sample's, then the state's; a bias is a last row.
    const flat = (entry: string, layout: typeof layouts.critic, size = layout.size): Float32Array => {
      const out = new Float32Array(size), length = 2 * (layout.blocks.length - 1);
      for (let network = 0; network < size / layout.size; network++) {
        const of = (k: number) => tensors[`${entry}.${network * length + k}`].data as Float32Array;
        const [sample, state, ...layers] = layout.blocks as [Block, Block, ...Block[]];
        const put = (numbers: readonly number[] | Float32Array, { start }: Block) =>
          out.set(numbers, network * layout.size + start);
        put(of(0).subarray(0, sample.rows * sample.columns), sample);
        put([...of(0).subarray(sample.rows * sample.columns), ...of(1)], state);
        layers.forEach((block, k) => put([...of(2 * k + 2), ...of(2 * k + 3)], block));
      }
      return out;
    };
    const critics = ["critic", "criticFirst", "criticSecond", "criticTarget"]
      .map((entry) => [entry, flat(`before.${entry}`, layouts.critic, layouts.criticSize)]);
    const samplers = ["sampler", "samplerFirst", "samplerSecond"]
      .map((entry) => [entry, flat(`before.${entry}`, layouts.sampler)]);
    const given = Object.entries(tensors).filter(([entry]) => entry.startsWith("given."));
    const { updates } = JSON.parse(file.right.metadata.sizes);
    const found = await runProgram(referenceDevice(), stepProgram(o), {
      ...Object.fromEntries([...critics, ...samplers]),
      ...softQTraining(configuration.environment, options).settings(0)[0]!,
      updates: [updates],
      frozen: [0],
      ...Object.fromEntries(given.map(([entry, { data }]) => [entry.slice(6), data])),
    });
    for (
      const [entry, layout] of [
        ["critic", layouts.critic],
        ["criticTarget", layouts.critic],
        ["samplerFirst", layouts.sampler],
      ] as const
    ) {
      const numbers = Float32Array.from(found[entry]!);
      for (let start = 0, at = 0; start < numbers.length; start += layout.size) {
        for (const { data } of layersOf(layout, numbers.subarray(start, start + layout.size))) {
          const written = tensors[`after.${entry}.${at++}`].data;
          const largest = Math.max(...[...written].map(Math.abs), 1e-9);
          // What the peers are held to; float32's own error in these sums of some dozen products is a tenth of it.
          data.forEach((x, i) =>
            assert(
              Math.abs(x - written[i]) <= TOLERANCE * largest,
              `${entry} ${at - 1}: ${x}, ${written[i]}`,
            )
          );
        }
      }
    }
    assert(
      Math.abs(found["loss"]![0]! - tensors["after.loss"].data[0]) <=
        TOLERANCE * Math.abs(found["loss"]![0]!),
    );
    // The update has changed something, or equal numbers would say nothing; a copied target is not due.
    const changes = (entry: string): boolean =>
      tensors[`after.${entry}.0`].data.some((x, i) => x !== tensors[`before.${entry}.0`].data[i]);
    assert(changes("critic"));
    assert(changes("criticTarget") === (options.target === "polyak"));
  });
}

Deno.test("The study's update that is measured is the one of its preset", () => {
  const [study, wider] = STUDIED as [Configuration, Configuration];
  const preset = pretrain.preset("soft-q", "study", "speed-0.06s-net");
  const { capacity: _, ...options } = optionsOf(study, "default", 1);
  for (const [name, value] of Object.entries(options)) {
    assert.deepEqual(value, preset[name as keyof typeof preset], name);
  }
  // What makes it another update than those beside which the peers are measured.
  const { valueProposal, critics, target, bandwidth, batch } = options;
  assert.deepEqual([valueProposal, critics, target, bandwidth, batch], [
    "mixture",
    2,
    "polyak",
    "decile",
    128,
  ]);
  assert.deepEqual([sizesOf(study.environment).observation, study.hidden, wider.hidden], [27, 64, 128]);
});

/** Whether there is a Python with PyTorch. */
const hasTorch = await new Deno.Command("python3", {
  args: [
    "-c",
    "import importlib.util as u, sys; sys.exit(not (u.find_spec('torch') and u.find_spec('numpy')))",
  ],
  stdout: "null",
  stderr: "null",
}).output().then(({ success }) => success, () => false);

if (hasTorch) {
  Deno.test("PyTorch makes the study's update with softq's numbers, and another one with others", async () => {
    const bytes = await fixtureOnCpu(STUDY), file = decode(bytes);
    assert(E.isRight(file));
    const { tensors, metadata } = file.right;
    const sizes = JSON.stringify({ ...JSON.parse(metadata.sizes), width: 0.6 });
    const errorOf = async (fixture: Uint8Array): Promise<number> => {
      const path = await Deno.makeTempFile({ suffix: ".safetensors" });
      await Deno.writeFile(path, fixture);
      const request = { library: "torch", fixture: path, mode: "eager", device: "cpu", threads: 1 } as const;
      const peer = await startPython(request, AbortSignal.timeout(300_000));
      await Deno.remove(path);
      assert(peer.status === "ready", peer.status === "absent" ? peer.reason : "");
      await peer.close();
      return peer.error;
    };
    const [same, other] = await Promise.all([bytes, encode(tensors, { ...metadata, sizes })].map(errorOf));
    assert(same! <= TOLERANCE && other! > TOLERANCE, `${same}, ${other}`);
  });
}
