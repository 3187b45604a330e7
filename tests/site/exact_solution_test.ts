/** The exact solution that the playground draws and tells. */

import { GOALS } from "../../envs/point_mass.ts";
import { HORIZON } from "../../site/playground/options.ts";
import { solve } from "../../site/playground/exact_worker.ts";
import { solveMultiGoal } from "../../src/exact/multi_goal.ts";
import { rollout } from "../../src/exact/multi_goal_policy.ts";
import { child, keyOf } from "../../src/random/key.ts";
import { assert } from "../deps.ts";

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
const deviation = (values: readonly number[]): number => {
  const middle = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - middle) ** 2)));
};

Deno.test("The page's exact solution agrees with other episodes of the solution on a finer grid", () => {
  const temperature = 3, rewardScale = 1 / temperature, count = 100;
  const drawn = solve({ id: 4, variant: "final-code", goals: GOALS, temperature });
  assert.equal(drawn.id, 4);
  const finer = solveMultiGoal({ rewardScale, linesPerUnit: 10, tolerance: 1e-3 });
  const episodes = Array.from(
    { length: count },
    (_, k) => rollout(finer.actionValue, child(keyOf(1), k), { rewardScale, horizon: HORIZON }),
  );
  // Five standard errors of a difference of two such means, of the page's 500 episodes and 60 states.
  const returns = episodes.map(({ rawReturn }) => rawReturn);
  const tolerance = 5 * deviation(returns) * Math.sqrt(1 / 500 + 1 / count);
  assert(Math.abs(drawn.meanReturn - mean(returns)) < tolerance, `${drawn.meanReturn}, not ${mean(returns)}`);
  GOALS.forEach(([x, y], g) => {
    const share = mean(episodes.map(({ path, ended }) => {
      const [u, v] = path.at(-1)!;
      return ended && Math.hypot(u - x, v - y) <= 1.000001 ? 1 : 0;
    }));
    const bound = 5 * Math.sqrt(0.25 * (1 / 500 + 1 / count));
    assert(
      Math.abs(drawn.goalShares[g]! - share) < bound,
      `goal ${g + 1}: ${drawn.goalShares[g]}, not ${share}`,
    );
  });
  const entropies = episodes.slice(0, 60).map(({ path }, k) =>
    finer.actionLaw(...path[k % (path.length - 1)]!).entropy
  );
  assert(
    Math.abs(drawn.entropy - mean(entropies)) < 5 * deviation(entropies) * Math.sqrt(2 / 60),
    `${drawn.entropy}, not ${mean(entropies)}`,
  );
});
