/** A tenth of the endurance run: 100 000 steps a world; `deno task test-long` runs a million beside the referee. */

import { WORLDS } from "../../envs/worlds.ts";
import { assert } from "../deps.ts";
import { endure } from "./endurance.ts";
import { readRecording } from "./recorded.ts";

interface Depths {
  readonly tenth: Record<string, { readonly deepest: number; readonly quantile: number }>;
}

for (const world of Object.values(WORLDS)) {
  Deno.test(`100 000 steps of random torques in world ${world.name} stay finite, inside, and as shallow as MuJoCo's`, () => {
    const referee = readRecording<Depths>("referee_depths").tenth[world.name];
    const { steps, notFinite, passed, deepest, quantile } = endure(world, 10, 10_000);
    assert.deepEqual({ steps, notFinite, passed }, { steps: 100_000, notFinite: 0, passed: 0 });
    assert.ok(deepest <= 1.2 * referee.deepest, `${deepest} m against ${referee.deepest} m`);
    assert.ok(quantile <= 1.1 * referee.quantile, `${quantile} m against ${referee.quantile} m`);
  });
}
