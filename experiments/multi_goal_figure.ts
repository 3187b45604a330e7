/**
 * The data of the paper's first figure for a multi-goal run: its episodes, and Q and the policy's actions at three
 * states.
 *
 * @module
 */

import { ARENA_HALF_WIDTH, GOAL_RADIUS, GOALS, type PointMassVariant, rewardAt } from "../envs/point_mass.ts";
import { hostNetwork } from "../src/learn/host_network.ts";
import { criticLayout } from "../src/learn/network.ts";
import { normal } from "../src/random/draw.ts";
import { child, stream } from "../src/random/key.ts";
import type { Figure1Data } from "../src/report/figure_1.ts";
import { type Grid, gridOf, type Point } from "../src/report/panel.ts";
import type { MeasureTable } from "../src/run/measures.ts";
import { algorithmOf } from "../src/run/experiment.ts";
import { sizesOf } from "../src/train/training.ts";
import type { FinishedRun } from "../src/run/define_experiment.ts";
import { thousandths } from "./rounding.ts";

/** The states of the figure's right half (the authors' plotting code). */
const SHOWN_STATES: readonly Point[] = [[-2.5, 0], [0, 0], [2.5, 2.5]];
const SHOWN_EPISODES = 60;
const SHOWN_ACTIONS = 100;

/** Rounds to five significant digits, as the magnitude of Q depends on the reward scale. */
const fiveDigits = (x: number): number => Number(x.toPrecision(5));

const roundedGrid = (grid: Grid, round: (x: number) => number): Grid => ({
  ...grid,
  values: Array.from(grid.values, round),
});

/**
 * The data of figure 1 for replica 0; about 100 kB as JSON. Except for Q, they are rounded to thousandths: a tenth
 * of the figure's pixel is three thousandths.
 */
export function figureData(finished: FinishedRun<MeasureTable, PointMassVariant>): Figure1Data {
  const { configuration, variant, learner, state, episodes, seeds, keys, environment } = finished;
  const { algorithm, caption } = algorithmOf(configuration);
  const { hidden, normalisation } = configuration;
  const network = hostNetwork(criticLayout({ ...sizesOf(environment), hidden, normalisation }));
  const parameters = state["critic"] as Float32Array, sampler = state[learner.policyEntry] as Float32Array;
  const q = new Float32Array(1), action = new Float32Array(2);
  const key = stream(keys[0]!, "evaluation");
  const panels = SHOWN_STATES.map((shown, s) => ({
    state: shown,
    q: roundedGrid(
      gridOf([-1, 1], [-1, 1], 41, 41, (x, y) => {
        network.apply(parameters, 0, [x, y], shown, q);
        return q[0]!;
      }),
      fiveDigits,
    ),
    actions: Array.from({ length: SHOWN_ACTIONS }, (_, k): Point => {
      learner.policy.act(sampler, 0, shown, normal(child(child(key, s), k), learner.policy.noise), action);
      return [thousandths(action[0]!), thousandths(action[1]!)];
    }),
  }));
  const trajectories = episodes[0]!.slice(0, SHOWN_EPISODES).map(({ states }) =>
    Array.from(
      { length: states.length / 2 },
      (_, t): Point => [thousandths(states[2 * t]!), thousandths(states[2 * t + 1]!)],
    )
  );
  const arena = [-ARENA_HALF_WIDTH, ARENA_HALF_WIDTH] as const;
  return {
    title: `A ${algorithm.style} policy on the multi-goal task`,
    caption: [
      algorithm.title[0]!.toUpperCase() + algorithm.title.slice(1),
      `seed ${configuration.seed}`,
      `${seeds[0]!.history.at(-1)?.step ?? configuration.steps} steps`,
      ...caption === "" ? [] : [caption],
    ].join(", "),
    reward: roundedGrid(gridOf(arena, arena, 57, 57, (x, y) => rewardAt(x, y, variant)), thousandths),
    goals: GOALS,
    goalRadius: GOAL_RADIUS,
    trajectories,
    panels,
  };
}
