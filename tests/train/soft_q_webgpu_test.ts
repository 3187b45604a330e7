/** Soft Q training on WebGPU from a script's point of view: through `mod.ts`, from options to a policy that acts. */

import { assert } from "../deps.ts";
import { keyOf, loadAgent, pointMass, trainSoftQ } from "../../mod.ts";
import { gpuTest, right } from "../device/adapter.ts";

gpuTest(
  "A short soft Q training on WebGPU ends with finite numbers and a policy that can be kept",
  async (device) => {
    const options = {
      steps: 100,
      minimumReplay: 25,
      hidden: [8],
      batch: 4,
      rewardScale: 0.1,
      valueParticles: 4,
      fixedParticles: 4,
      movedParticles: 4,
      targetInterval: 10,
    };
    const losses: number[] = [];
    const trained = right(
      await trainSoftQ(pointMass(), options, {
        device,
        onProgress: ({ updates, metrics }) => void (updates > 0 && losses.push(metrics["loss"]![0]!)),
      })(),
    );
    // Each of the four chunks ends with an update, and each update finds other parameters than the one before it.
    assert.equal(new Set(losses).size, 4, `${losses}`);
    for (const [name, values] of [...Object.entries(trained.metrics), ["losses", losses] as const]) {
      assert(values.length > 0 && [...values].every(Number.isFinite), `${name}: ${values}`);
    }
    const agent = right(loadAgent(trained.save()));
    for (const observation of [[0, 0], [5, 0], [-3, 4]]) {
      const action = agent.act(observation, keyOf(1));
      assert.deepEqual(action, trained.agent.act(observation, keyOf(1)));
      assert(action.length === 2 && action.every((a) => Math.abs(a) <= 1), `${action}`);
    }
  },
);
