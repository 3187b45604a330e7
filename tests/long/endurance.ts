/** A million steps of random torques in every world, ours and the referee's side by side. Some minutes a world. */

import { WORLDS } from "../../envs/worlds.ts";
import { assert } from "../deps.ts";
import { endure, endureReferee } from "../envs/endurance.ts";

for (const world of Object.values(WORLDS)) {
  Deno.test(`a million steps of random torques in world ${world.name} stay finite, inside, and as shallow as MuJoCo's`, () => {
    const ours = endure(world, 100, 10_000), referee = endureReferee(world, 100, 10_000);
    console.log(`${world.name}: ours ${JSON.stringify(ours)}, the referee's ${JSON.stringify(referee)}`);
    assert.equal(ours.steps, 1_000_000);
    assert.deepEqual([ours.notFinite, ours.passed], [0, 0]);
    assert.ok(ours.deepest <= 1.2 * referee.deepest, `${ours.deepest} m against ${referee.deepest} m`);
    assert.ok(ours.quantile <= 1.1 * referee.quantile, `${ours.quantile} m against ${referee.quantile} m`);
  });
}
