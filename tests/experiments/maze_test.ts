/** What the maze's runs come to over their evaluations. */
import { assert } from "../deps.ts";
import { maze } from "../../experiments/maze.ts";
import type { Evaluated } from "../../src/run/experiment.ts";

/** Evaluations ten steps apart; each as the shares of the upper passage, of the lower one and of success. */
const history = (...shares: readonly (readonly [number, number, number])[]): readonly Evaluated[] =>
  shares.map(([upperShare, lowerShare, reachedShare], k) => ({
    step: 10 * (k + 1),
    evaluation: {
      upperShare,
      lowerShare,
      reachedShare,
      leastDistance: 5 - k,
      leastDistances: [5 - k],
      meanReturn: 0,
      meanDiscountedReturn: 0,
      meanEpisodeLength: 1,
    },
  }));

Deno.test("The passages seen before success are those of the evaluations before it, without it and what follows", () => {
  assert.deepEqual(maze.overall!(history([0.5, 0, 0], [0.25, 0.5, 0], [0, 1, 0.25], [1, 1, 0])), {
    leastDistance: 2,
    firstSuccess: 30,
    upperShareBefore: 0.375,
    lowerShareBefore: 0.25,
  });
});

Deno.test("Without success all evaluations count, and with success in the first there is none before it", () => {
  assert.deepEqual(maze.overall!(history([0.5, 0, 0], [0, 1, 0])), {
    leastDistance: 4,
    firstSuccess: null,
    upperShareBefore: 0.25,
    lowerShareBefore: 0.5,
  });
  assert.deepEqual(maze.overall!(history([0, 1, 1], [0, 1, 1])), {
    leastDistance: 4,
    firstSuccess: 10,
    upperShareBefore: null,
    lowerShareBefore: null,
  });
});
