/** The update that peers are compared with. */
import { assert } from "../deps.ts";
import { fixtureOf, layersOf, stepProgram } from "../../bench/peers/fixture.ts";
import { CONFIGURATIONS, optionsOf, softQTraining } from "../../bench/setting.ts";
import { E } from "../../src/deps.ts";
import { cpuDevice } from "../../src/device/cpu.ts";
import { referenceDevice } from "../../src/device/reference.ts";
import { softQLayouts } from "../../src/learn/soft_q/update.ts";
import { decode } from "../../src/train/safetensors.ts";
import { softQOf } from "../../src/learn/soft_q/algorithm.ts";
import { sizesOf } from "../../src/train/training.ts";
import { runProgram } from "../device/evaluate.ts";
import type { Block } from "../../src/learn/network.ts";

const SMALL = { ...CONFIGURATIONS[1]!, hidden: 12, batch: 8, fixed: 4, moved: 4, values: 6 };

Deno.test("The fixture's update is the one that its own parameters, minibatch and noise give in float64", async () => {
  const device = cpuDevice(), file = decode(await fixtureOf(device, SMALL));
  device.close();
  assert(E.isRight(file));
  const { tensors } = file.right, options = optionsOf(SMALL, "default", 1);
  const o = softQOf(options, sizesOf(SMALL.environment)), layouts = softQLayouts(o);
  // The flat vectors again: rows of the first matrix are the sample's, then the state's; a bias is a last row.
  const flat = (name: string, layout: typeof layouts.critic): Float32Array => {
    const out = new Float32Array(layout.size),
      of = (k: number) => tensors[`${name}.${k}`].data as Float32Array;
    const [sample, state, ...layers] = layout.blocks as [Block, Block, ...Block[]];
    out.set(of(0).subarray(0, sample.rows * sample.columns), sample.start);
    out.set([...of(0).subarray(sample.rows * sample.columns), ...of(1)], state.start);
    layers.forEach(({ start }, k) => out.set([...of(2 * k + 2), ...of(2 * k + 3)], start));
    return out;
  };
  const entries = ["critic", "criticFirst", "criticSecond", "criticTarget"].map((name) =>
    [name, layouts.critic] as const
  );
  const state = Object.fromEntries([
    ...entries,
    ...["sampler", "samplerFirst", "samplerSecond"].map((name) => [name, layouts.sampler] as const),
  ].map(([name, layout]) => [name, flat(`before.${name}`, layout)]));
  const given = Object.entries(tensors).filter(([name]) => name.startsWith("given."));
  const { updates } = JSON.parse(file.right.metadata.sizes);
  const found = await runProgram(referenceDevice(), stepProgram(o), {
    ...state,
    ...softQTraining(SMALL.environment, options).settings(0)[0]!,
    updates: [updates],
    frozen: [0],
    ...Object.fromEntries(given.map(([name, { data }]) => [name.slice(6), data])),
  });
  for (const [name, layout] of [["critic", layouts.critic], ["samplerFirst", layouts.sampler]] as const) {
    layersOf(layout, Float32Array.from(found[name]!)).forEach(({ data }, k) => {
      const written = tensors[`after.${name}.${k}`].data,
        largest = Math.max(...[...written].map(Math.abs), 1e-9);
      // What the peers are held to; float32's own error in these sums of some dozen products is a tenth of it.
      data.forEach((x, i) =>
        assert(Math.abs(x - written[i]) <= 1e-5 * largest, `${name} ${k}: ${x}, ${written[i]}`)
      );
    });
  }
  assert(Math.abs(found["loss"]![0]! - tensors["after.loss"].data[0]) <= 1e-5 * Math.abs(found["loss"]![0]!));
  // The update has changed something, or equal numbers would say nothing.
  assert(tensors["after.critic.0"].data.some((x, i) => x !== tensors["before.critic.0"].data[i]));
});
