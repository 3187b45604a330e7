/** A tenth of the endurance run: 100 000 steps a world; `deno task test-long` runs a million beside the referee. */

import { createChain } from "../../envs/dynamics/chain.ts";
import { stepChain } from "../../envs/dynamics/chain_motion.ts";
import { RLLAB_SWIMMER } from "../../envs/dynamics/chain_parameters.ts";
import { WORLDS } from "../../envs/worlds.ts";
import { uniform } from "../../src/random/draw.ts";
import { keyOf } from "../../src/random/key.ts";
import { assert } from "../deps.ts";
import { endure } from "./endurance.ts";
import { readRecording } from "./recorded.ts";

interface Depths {
  readonly tenth: Record<string, { readonly deepest: number; readonly quantile: number }>;
}

for (const world of Object.values(WORLDS)) {
  Deno.test(`100 000 steps of random torques in world ${world.name} stay finite, inside, and as shallow as MuJoCo's`, () => {
    const referee = readRecording<Depths>("referee_depths").tenth[world.name]!;
    const { steps, notFinite, passed, deepest, quantile } = endure(world, 10, 10_000);
    assert.deepEqual({ steps, notFinite, passed }, { steps: 100_000, notFinite: 0, passed: 0 });
    assert.ok(deepest <= 1.2 * referee.deepest, `${deepest} m against ${referee.deepest} m`);
    assert.ok(quantile <= 1.1 * referee.quantile, `${quantile} m against ${referee.quantile} m`);
  });
}

Deno.test("a million steps of the swimmer under random torques stay finite and near the joints' stops", () => {
  const chain = createChain(RLLAB_SWIMMER);
  for (let seed = 0; seed < 20; seed++) {
    const state = new Float64Array(10), torques = uniform(keyOf(seed), 2000);
    for (let t = 0; t < 50_000; t++) {
      const action = Math.floor(t / 50), control = torques.subarray(2 * action, 2 * action + 2);
      stepChain(chain, state, control.map((unit) => 50 * (2 * unit - 1)));
      // A stop of 20 ms gives way by less than a tenth of a radian to ± 50 N m.
      assert.ok(
        Math.abs(state[3]!) < 1.85 && Math.abs(state[4]!) < 1.85,
        `seed ${seed}, step ${t}: ${state}`,
      );
    }
    assert.ok(state.every(Number.isFinite));
  }
});
