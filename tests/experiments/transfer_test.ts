/** What episodes in the U and in the hallways are measured by. */
import { assert } from "../deps.ts";
import { wayLeft } from "../../experiments/transfer_measures.ts";
import { transfer } from "../../experiments/transfer.ts";
import { quadruped, QUADRUPED_STATE } from "../../envs/quadruped.ts";
import { U_MAZE } from "../../envs/worlds.ts";
import { keyOf } from "../../src/random/key.ts";
import { pathOf } from "../../experiments/paths.ts";
import type { Episode } from "../../src/train/evaluate.ts";

/** An episode whose centre of mass is at the given places. */
function through(places: readonly (readonly [number, number])[]): Episode {
  const start = quadruped({ task: { kind: "goal" }, world: U_MAZE }).initial(keyOf(0));
  const states = new Float64Array(places.length * QUADRUPED_STATE);
  const length = places.length - 1;
  const episode: Episode = {
    return: 0,
    discountedReturn: 0,
    length,
    terminated: false,
    states,
  };
  places.forEach((_, k) => states.set(start, k * QUADRUPED_STATE));
  const [cx, cy] = pathOf(episode)[0]!;
  places.forEach(([x, y], k) => {
    states[k * QUADRUPED_STATE]! += x - cx;
    states[k * QUADRUPED_STATE + 1]! += y - cy;
  });
  return episode;
}

const U = "u-maze-ruled-0.06s", GOAL = U_MAZE.goal!;

/** The way from one corner of the divider's end to the other, and on to the goal. */
const LAST = Math.hypot(GOAL[0] - 5, GOAL[1] - 4);

Deno.test("The way left in the U leads around the divider's end, by one corner or two, and is straight beyond it", () => {
  assert.equal(wayLeft([1.5, 1.5], GOAL), Math.hypot(3.5, 1.5) + 1 + LAST);
  assert.equal(wayLeft([7, 3], GOAL), Math.hypot(2, 1) + LAST);
  assert.equal(wayLeft([5, 3], GOAL), 1 + LAST);
  assert.equal(wayLeft([5, 4], GOAL), LAST);
  assert.equal(wayLeft([6.5, 6], GOAL), Math.hypot(5, 0.5));
  assert.equal(wayLeft([7.5, 3.9], GOAL), Math.hypot(6, 1.6));
  assert.equal(wayLeft(GOAL, GOAL), 0);
});

Deno.test("In the U an episode has come around once its centre is beyond the divider, and the nearest one counts", () => {
  const stays = through([[1.5, 1.5], [6, 2], [5, 3.5], [5.5, 1]]);
  const around = through([[1.5, 1.5], [6.5, 4.1], [1.5, 6], [7, 1.5]]);
  const of = (...episodes: readonly Episode[]) => {
    const { leastDistance, aroundShare } = transfer.summarise(episodes, U);
    return [leastDistance, aroundShare];
  };
  assert.deepEqual(of(stays, stays, stays, around), [0.5, 0.25]);
  assert.deepEqual(of(stays), [Math.round(1000 * (0.5 + LAST)) / 1000, 0]);
});

Deno.test("A world without a goal has no such measures, and the best evaluation's share is that of a seed", () => {
  const hall = transfer.summarise([through([[0, 0], [1, 0]])], "wide-hallway-0.06s-net");
  assert.deepEqual([hall["leastDistance"], hall["aroundShare"], hall["meanDisplacement"]], [null, null, 1]);
  const seen = (...shares: readonly (number | null)[]) =>
    transfer.overall!(shares.map((aroundShare, k) => ({
      step: k,
      evaluation: { ...hall, aroundShare, leastDistance: null },
    })))["aroundShare"];
  assert.equal(seen(0, 0.5, 0.25), 0.5);
  assert.equal(seen(null, null), null);
});
