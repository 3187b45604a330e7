/**
 * The swimmer with a finish line (section 5.2 of the paper): swimming either way pays, and swimming far enough forward
 * pays more. Who commits to a direction early may never find out. Figures 3a and 6.
 *
 *     deno run --allow-read --allow-write=runs experiments/swimmer.ts --help
 *
 * @module
 */

import { FINISH_POSITION, swimmer as swimmerEnvironment, swimmerCentre } from "../envs/swimmer.ts";
import { swimmerGait } from "../envs/gaits.ts";
import type { Configuration } from "../src/run/configuration.ts";
import { processConsole } from "../src/cli/console.ts";
import {
  type Algorithm,
  type Evaluated,
  type Experiment,
  type Finished,
  presetOf,
  type Scale,
} from "../src/run/experiment.ts";
import type { JsonObject } from "../src/run/json.ts";
import { main } from "../src/cli/main.ts";
import { figure3 } from "../src/report/figure_3.ts";
import { figure6, type SpreadRow } from "../src/report/figure_6.ts";
import type { Point } from "../src/report/panel.ts";
import { meanOf } from "../src/report/statistics.ts";
import type { Episode } from "../src/train/evaluate.ts";

/** Where the finish line is, m; the two others show how much depends on our choice. */
const FINISH_LINES: Readonly<Record<string, number>> = {
  "finish-line": FINISH_POSITION,
  "finish-line-1.5m": 1.5,
  "finish-line-3m": 3,
};

/** Length of the state: five coordinates and their velocities. */
const STATE = 10;

/** Beyond this an episode counts as having explored a direction, m. */
const EXPLORED = 0.5;

const SCALES: Readonly<Record<Scale, Partial<Configuration>>> = {
  smoke: {
    steps: 2000,
    horizon: 50,
    hidden: [16, 16],
    batch: 16,
    valueParticles: 8,
    fixedParticles: 4,
    movedParticles: 4,
    minimumReplay: 500,
    stepsPerUpdate: 10,
    chunk: 100,
    environments: 10,
    evaluationEpisodes: 3,
    evaluationInterval: 1000,
    intermediateEpisodes: 2,
  },
  // Collecting is far cheaper than updating: ten environment steps for an update. A copied target is one step of value
  // iteration, and γ = 0.99 needs hundreds of them (a run of the paper has 1000 to 5000): the interval between two copies is
  // short enough for that. Reward scale: the public code's. With its earlier 100 a policy swims the way that it found first
  // before it has seen much of the other: `results/` shows both.
  study: {
    steps: 1_000_000,
    hidden: [64, 64],
    valueParticles: 16,
    stepsPerUpdate: 10,
    chunk: 500,
    environments: 5,
    minimumReplay: 10_000,
    samplerRate: 3e-4,
    rateEnd: 1,
    targetInterval: 100,
    rewardScale: 30,
    evaluationInterval: 10_000,
    checkpointInterval: 50_000,
    logInterval: 10_000,
    evaluationEpisodes: 50,
  },
  // Appendix D.1; γ is the public code's. The interval of target updates is the paper's "5000 epochs", read as steps: a run
  // has 500 epochs. The public code has 3000 steps, and later 1000.
  paper: {
    steps: 5_000_000,
    hidden: [200, 200],
    fixedParticles: 32,
    movedParticles: 32,
    minimumReplay: 10_000,
    chunk: 500,
    samplerRate: 1e-4,
    rateEnd: 1,
    targetInterval: 5000,
    temperature: 0.1,
    explorationNoise: "ornstein-uhlenbeck",
    evaluationInterval: 10_000,
    checkpointInterval: 100_000,
    logInterval: 10_000,
  },
};

/** What an algorithm has of its own: a deterministic policy has no temperature to weigh rewards against. */
const OWN: Readonly<Record<Algorithm, Partial<Configuration>>> = { ddpg: { rewardScale: 1 } };

const preset = (algorithm: Algorithm, scale: Scale): Configuration =>
  presetOf("swimmer", algorithm, scale, {
    variant: "finish-line",
    horizon: 500,
    ...SCALES[scale],
    ...OWN[algorithm],
  });

const rounded = (metres: number): number => Math.round(metres * 1000) / 1000;

/** The centre of mass's x after `step` steps of an episode, m. */
const forwardAt = ({ states }: Episode, step: number): number =>
  swimmerCentre(states.subarray(step * STATE, (step + 1) * STATE))[0];

/** Distances at the ends of the episodes, the farthest that was reached in any, and the returns. */
function summarise(episodes: readonly Episode[], variant: string): JsonObject {
  const distances = episodes.map((episode) => rounded(forwardAt(episode, episode.length)));
  const farthest = episodes.map((episode) =>
    Array.from({ length: episode.length + 1 }, (_, t) => forwardAt(episode, t)).reduce((a, b) =>
      Math.max(a, b)
    )
  );
  const share = (holds: (x: number) => boolean, values: readonly number[]): number =>
    values.filter(holds).length / values.length;
  return {
    distances,
    meanDistance: rounded(meanOf(distances)),
    farthest: rounded(Math.max(...farthest)),
    forwardShare: share((x) => x > EXPLORED, distances),
    backwardShare: share((x) => x < -EXPLORED, distances),
    crossedShare: share((x) => x > FINISH_LINES[variant], farthest),
    meanReturn: meanOf(episodes.map((episode) => episode.return)),
    meanDiscountedReturn: meanOf(episodes.map((episode) => episode.discountedReturn)),
  };
}

const numberOf = ({ evaluation }: Evaluated, name: string): number => Number(evaluation[name]);

/** The best so far after each evaluation. */
const bestSoFar = (history: readonly Evaluated[]): readonly Point[] => {
  let best = -Infinity;
  return history.map((each): Point => [each.step, best = Math.max(best, numberOf(each, "farthest"))]);
};

/** When a run first crossed the line in an evaluation, and whether one policy swam both ways before. */
function overall(history: readonly Evaluated[]): JsonObject {
  const crossing = history.findIndex((each) => numberOf(each, "crossedShare") > 0);
  const before = crossing < 0 ? history : history.slice(0, crossing);
  const last = history[history.length - 1];
  return {
    bestDistance: Math.max(...history.map((each) => numberOf(each, "farthest"))),
    firstCrossing: crossing < 0 ? null : history[crossing].step,
    bothWaysBeforeCrossing: before.some((each) =>
      numberOf(each, "forwardShare") > 0 && numberOf(each, "backwardShare") > 0
    ),
    endsForward: numberOf(last, "meanDistance") > EXPLORED,
    endsBackward: numberOf(last, "meanDistance") < -EXPLORED,
  };
}

/** The row of a run in figure 6. */
const rowOf = (algorithm: Algorithm, seed: number, history: readonly Evaluated[]): SpreadRow => ({
  algorithm,
  seed,
  evaluations: history.map((each) => {
    const distances = each.evaluation.distances as readonly number[];
    return [each.step, Math.min(...distances), meanOf(distances), Math.max(...distances)];
  }),
});

/** A run of which a figure shows a line. */
export interface Shown {
  readonly algorithm: Algorithm;
  readonly seed: number;
  readonly history: readonly Evaluated[];
}

/** Figures 3a and 6 of any number of runs on one variant. */
export const figuresOf = (
  runs: readonly Shown[],
  variant: string,
  caption: string,
): Readonly<Record<string, string>> => ({
  "figure-3a.svg": figure3({
    title: "Swimmer: the farthest forward so far",
    caption,
    measure: "greatest forward distance so far (m)",
    threshold: { value: FINISH_LINES[variant], meaning: "finish line" },
    runs: runs.map(({ algorithm, history }) => ({ algorithm, points: bestSoFar(history) })),
  }, "figure-3a"),
  "figure-6.svg": figure6({
    title: "Swimmer: where each evaluation's episodes ended",
    caption,
    finish: FINISH_LINES[variant],
    rows: runs.map(({ algorithm, seed, history }) => rowOf(algorithm, seed, history)),
  }),
});

const figures = ({ configuration: c, history }: Finished): Readonly<Record<string, string>> =>
  figuresOf(
    history.map((each, r) => ({ algorithm: c.algorithm, seed: c.seed + r, history: each })),
    c.variant,
    `${c.steps} environment steps, an update every ${c.stepsPerUpdate}, ` +
      `${c.intermediateEpisodes} episodes an evaluation`,
  );

/** The experiment. */
export const swimmer: Experiment = {
  name: "swimmer",
  brief: "Swims along a line on which one way pays more, but only from a finish line on.",
  variants: Object.keys(FINISH_LINES),
  preset,
  environment: (variant) =>
    swimmerEnvironment({ task: { kind: "finish-line", position: FINISH_LINES[variant] } }),
  gait: swimmerGait,
  summarise,
  overall,
  figures,
};

if (import.meta.main) Deno.exit(await main(swimmer, Deno.args, processConsole()));
