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
import type { Configuration } from "../src/run/configuration.ts";
import {
  type Algorithm,
  algorithmOf,
  type Experiment,
  type Finished,
  presetOf,
  type Scale,
} from "../src/run/experiment.ts";
import type { JsonObject } from "../src/run/json.ts";
import { processConsole } from "../src/cli/console.ts";
import { main } from "../src/cli/main.ts";
import { criticLayout, hostNetwork } from "../src/learn/network.ts";
import { normal } from "../src/random/draw.ts";
import { child, stream } from "../src/random/key.ts";
import { figure1, type Figure1Data } from "../src/report/figure_1.ts";
import { type Grid, gridOf, type Point } from "../src/report/panel.ts";
import type { Episode } from "../src/train/evaluate.ts";
import { sizesOf } from "../src/train/training.ts";

/** The states of the figure's right half (the authors' plotting code). */
const SHOWN_STATES: readonly Point[] = [[-2.5, 0], [0, 0], [2.5, 2.5]];
const SHOWN_EPISODES = 60;
const SHOWN_ACTIONS = 100;

/** What a scale changes. */
const SCALES: Readonly<Record<Scale, Partial<Configuration>>> = {
  smoke: {
    steps: 400,
    hidden: [32, 32],
    valueParticles: 16,
    fixedParticles: 8,
    movedParticles: 8,
    evaluationEpisodes: 40,
    evaluationInterval: 200,
    intermediateEpisodes: 20,
    logInterval: 100,
  },
  study: {
    steps: 10_000,
    evaluationEpisodes: 400,
    evaluationInterval: 2000,
    intermediateEpisodes: 50,
    checkpointInterval: 2500,
    logInterval: 500,
  },
  // Appendix D.1; ξ and reward scale as in `study`, of which α = 10 is the same.
  paper: {
    steps: 1_000_000,
    hidden: [200, 200],
    fixedParticles: 100,
    movedParticles: 100,
    minimumReplay: 10_000,
    samplerRate: 1e-4,
    rateEnd: 1,
    targetInterval: 1000,
    horizon: 20,
    temperature: 10,
    rewardScale: 1,
    explorationNoise: "ornstein-uhlenbeck",
    evaluationEpisodes: 400,
    evaluationInterval: 10_000,
    intermediateEpisodes: 50,
    checkpointInterval: 50_000,
    logInterval: 10_000,
  },
};

const preset = (algorithm: Algorithm, scale: Scale): Configuration =>
  presetOf("multi-goal", algorithm, scale, {
    variant: "final-code",
    horizon: 30,
    rewardScale: 0.1,
    ...SCALES[scale],
  });

/** The goal at which an episode ended, or -1. The first public code judges the state that the last step left. */
const goalOf = ({ states, terminated, length }: Episode, variant: string): number => {
  const last = variant === "first-code" ? length - 1 : length;
  return terminated ? goalReached(states.subarray(2 * last, 2 * last + 2)) : -1;
};

/** Shares of the goals, returns and lengths. */
function summarise(episodes: readonly Episode[], variant: string): JsonObject {
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

/** In thousandths: a tenth of the figure's pixel is three of them. */
const rounded = (x: number): number => Math.round(x * 1000) / 1000;

/** With five digits: how large Q is depends on the reward scale. */
const fiveDigits = (x: number): number => Number(x.toPrecision(5));

const roundedGrid = (grid: Grid, round: (x: number) => number): Grid => ({
  ...grid,
  values: Array.from(grid.values, round),
});

/** What figure 1 shows of replica 0, rounded; about 100 kB as JSON. */
function figureData({ configuration, learner, state, episodes, keys, environment }: Finished): Figure1Data {
  const variant = configuration.variant as PointMassVariant;
  const { algorithm, caption } = algorithmOf(configuration);
  const network = hostNetwork(criticLayout({ ...sizesOf(environment), hidden: configuration.hidden }));
  const parameters = state.critic as Float32Array, sampler = state[learner.policyEntry] as Float32Array;
  const q = new Float32Array(1), action = new Float32Array(2);
  const key = stream(keys[0], "evaluation");
  const panels = SHOWN_STATES.map((shown, s) => ({
    state: shown,
    q: roundedGrid(
      gridOf([-1, 1], [-1, 1], 41, 41, (x, y) => {
        network.apply(parameters, 0, [x, y], shown, q);
        return q[0];
      }),
      fiveDigits,
    ),
    actions: Array.from({ length: SHOWN_ACTIONS }, (_, k): Point => {
      learner.policy.act(sampler, 0, shown, normal(child(child(key, s), k), learner.policy.noise), action);
      return [rounded(action[0]), rounded(action[1])];
    }),
  }));
  const trajectories = episodes[0].slice(0, SHOWN_EPISODES).map(({ states }) =>
    Array.from(
      { length: states.length / 2 },
      (_, t): Point => [rounded(states[2 * t]), rounded(states[2 * t + 1])],
    )
  );
  const arena = [-ARENA_HALF_WIDTH, ARENA_HALF_WIDTH] as const;
  return {
    title: `A ${algorithm.style} policy on the multi-goal task`,
    caption: [
      algorithm.title[0].toUpperCase() + algorithm.title.slice(1),
      `seed ${configuration.seed}`,
      `${configuration.steps} steps`,
      ...caption === "" ? [] : [caption],
    ].join(", "),
    reward: roundedGrid(gridOf(arena, arena, 57, 57, (x, y) => rewardAt(x, y, variant)), rounded),
    goals: GOALS,
    goalRadius: GOAL_RADIUS,
    trajectories,
    panels,
  };
}

/** Figure 1 of replica 0, and the data that it can be drawn from again. */
function figures(finished: Finished): Readonly<Record<string, string>> {
  const data = figureData(finished);
  return { "figure-1.svg": figure1(data), "figure-1.json": `${JSON.stringify(data)}\n` };
}

/** The experiment. */
export const multiGoal: Experiment = {
  name: "multi-goal",
  brief: "Learns a policy that reaches the four goals of a plane: all of them (soft-q), or one (ddpg).",
  variants: POINT_MASS_VARIANTS,
  preset,
  environment: (variant) => pointMass({ variant: variant as PointMassVariant }),
  summarise,
  figures,
};

if (import.meta.main) Deno.exit(await main(multiGoal, Deno.args, processConsole()));
