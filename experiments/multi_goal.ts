/**
 * The multi-goal point mass (section 5.1 of the paper): a policy that keeps all four ways of reaching a goal, and the
 * paper's first figure.
 *
 *     deno run --allow-read --allow-write=runs experiments/multi_goal.ts --help
 *
 * @module
 */

import {
  ARENA_HALF_WIDTH,
  GOAL_RADIUS,
  goalReached,
  GOALS,
  POINT_MASS_VARIANTS,
  pointMass,
  type PointMassVariant,
  rewardAt,
} from "../envs/point_mass.ts";
import type { Configuration } from "../src/cli/configuration.ts";
import type { Experiment, Finished, Json } from "../src/cli/experiment.ts";
import { processConsole } from "../src/cli/console.ts";
import { main } from "../src/cli/main.ts";
import { hostNetwork } from "../src/learn/network.ts";
import { softQLayouts } from "../src/learn/soft_q.ts";
import { normal } from "../src/random/draw.ts";
import { child, stream } from "../src/random/key.ts";
import { figure1 } from "../src/report/figure_1.ts";
import { gridOf, type Point } from "../src/report/panel.ts";
import type { Episode } from "../src/train/evaluate.ts";
import { SOFT_Q_DEFAULTS, softQOf } from "../src/train/soft_q_training.ts";

/** The states of the figure's right half (the authors' plotting code). */
const SHOWN_STATES: readonly Point[] = [[-2.5, 0], [0, 0], [2.5, 2.5]];
const SHOWN_EPISODES = 60;
const SHOWN_ACTIONS = 100;

const DEFAULTS: Configuration = {
  ...SOFT_Q_DEFAULTS,
  experiment: "multi-goal",
  algorithm: "soft-q",
  device: "auto",
  variant: "final-code",
  steps: 10_000,
  horizon: 30,
  rewardScale: 0.1,
  evaluationEpisodes: 400,
  evaluationInterval: 2000,
  checkpointInterval: 2500,
  logInterval: 500,
};

/** The goal at which an episode ended, or -1. The first public code judges the state that the last step left. */
const goalOf = ({ states, terminated, length }: Episode, variant: string): number => {
  const last = variant === "first-code" ? length - 1 : length;
  return terminated ? goalReached(states.subarray(2 * last, 2 * last + 2)) : -1;
};

/** Shares of the goals, returns and lengths. */
function summarise(episodes: readonly Episode[], variant: string): { readonly [key: string]: Json } {
  const counts = GOALS.map((_, g) => episodes.filter((episode) => goalOf(episode, variant) === g).length);
  const successes = counts.reduce((total, count) => total + count, 0);
  const mean = (values: readonly number[]): number =>
    values.reduce((total, x) => total + x, 0) / values.length;
  return {
    successRate: successes / episodes.length,
    goalShares: counts.map((count) => successes === 0 ? 0 : count / successes),
    meanReturn: mean(episodes.map((episode) => episode.return)),
    meanEpisodeLength: mean(episodes.map((episode) => episode.length)),
  };
}

/** Figure 1 of replica 0. */
function figures(
  { configuration, learner, state, episodes, keys, environment }: Finished,
): Readonly<Record<string, string>> {
  const variant = configuration.variant as PointMassVariant;
  const { critic } = softQLayouts(softQOf(configuration, environment));
  const network = hostNetwork(critic);
  const parameters = state.critic as Float32Array, sampler = state[learner.policyEntry] as Float32Array;
  const q = new Float32Array(1), action = new Float32Array(2);
  const key = stream(keys[0], "evaluation");
  const panels = SHOWN_STATES.map((shown, s) => ({
    state: shown,
    q: gridOf([-1, 1], [-1, 1], 41, 41, (x, y) => {
      network.apply(parameters, 0, [x, y], shown, q);
      return q[0];
    }),
    actions: Array.from({ length: SHOWN_ACTIONS }, (_, k): Point => {
      learner.policy.act(sampler, 0, shown, normal(child(child(key, s), k), learner.policy.noise), action);
      return [action[0], action[1]];
    }),
  }));
  const trajectories = episodes[0].slice(0, SHOWN_EPISODES).map(({ states }) =>
    Array.from({ length: states.length / 2 }, (_, t): Point => [states[2 * t], states[2 * t + 1]])
  );
  const arena = [-ARENA_HALF_WIDTH, ARENA_HALF_WIDTH] as const;
  return {
    "figure-1.svg": figure1({
      title: "A maximum-entropy policy on the multi-goal task",
      caption:
        `Soft Q-learning, seed ${configuration.seed}, ${configuration.steps} steps, ${configuration.squash}, ` +
        `α/reward scale ${configuration.temperature / configuration.rewardScale}`,
      reward: gridOf(arena, arena, 57, 57, (x, y) => rewardAt(x, y, variant)),
      goals: GOALS,
      goalRadius: GOAL_RADIUS,
      trajectories,
      panels,
    }),
  };
}

/** The experiment. */
export const multiGoal: Experiment = {
  name: "multi-goal",
  brief: "Learns a policy that reaches all four goals of a plane, with soft Q-learning.",
  variants: POINT_MASS_VARIANTS,
  defaults: DEFAULTS,
  environment: (variant) => pointMass({ variant: variant as PointMassVariant }),
  summarise,
  figures,
};

if (import.meta.main) Deno.exit(await main(multiGoal, Deno.args, processConsole()));
