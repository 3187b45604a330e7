/**
 * The swimmer with a finish line (section 5.2 of the paper): swimming in either direction is rewarded, and swimming far
 * enough forward is rewarded more. A policy that commits to a direction early may never discover it. Figures 3a and 6.
 *
 *     deno run --allow-read --allow-write=runs experiments/swimmer.ts --help
 *
 * @module
 */

import { swimmerGait } from "../envs/gaits.ts";
import { FINISH_POSITION, swimmer as swimmerEnvironment, type SwimmerOptions } from "../envs/swimmer.ts";
import { processConsole } from "../src/terminal/console.ts";
import { main } from "../src/cli/main.ts";
import { figure3, titled } from "../src/report/figure_3.ts";
import { figure6, type SpreadRow } from "../src/report/figure_6.ts";
import type { Point } from "../src/report/panel.ts";
import { meanOf } from "../src/report/statistics.ts";
import { defineExperiment, type ShownSeed } from "../src/run/define_experiment.ts";
import { bodyScales, intervalSettings } from "./scales.ts";
import { measured, measuredOverall, MEASURES, OVERALL } from "./swimmer_measures.ts";

/** Position of the finish line, m, and control settings that differ from rllab's. */
interface Variant extends Pick<SwimmerOptions, "repeat" | "speed" | "observation"> {
  /** Null: there is no line, and both ways pay the same. */
  readonly position: number | null;
}

/**
 * Other lines show the sensitivity to our choice. 0.2 s is four of rllab's steps, and a nineteenth of the period of the
 * scripted gait; `net` rewards the displacement of an interval; `centred` observes the body in coordinates that treat
 * both ends alike, so that with `--symmetry body` both directions are learned together. All are ours. Variants without
 * a line show how far a policy swims at a temperature; the line and the temperature are chosen from them together.
 */
const VARIANTS: Readonly<Record<string, Variant>> = {
  "finish-line": { position: FINISH_POSITION },
  "finish-line-1.5m": { position: 1.5 },
  "finish-line-3m": { position: 3 },
  "finish-line-0.2s": { position: FINISH_POSITION, repeat: 4 },
  "finish-line-0.2s-net": { position: FINISH_POSITION, repeat: 4, speed: "net" },
  "ruled-0.2s-net-centred": { position: 2.2, repeat: 4, speed: "net", observation: "centred" },
  "undirected-0.2s-net": { position: null, repeat: 4, speed: "net" },
  "undirected-0.2s-net-centred": { position: null, repeat: 4, speed: "net", observation: "centred" },
};

/** The greatest forward distance so far, after each evaluation. */
function farthestSoFar({ history }: ShownSeed<typeof MEASURES>): readonly Point[] {
  let best = -Infinity;
  return history.map(({ step, evaluation }): Point => [step, best = Math.max(best, evaluation.farthest)]);
}

const spreadOf = ({ configuration, seed, history }: ShownSeed<typeof MEASURES>): SpreadRow => ({
  algorithm: configuration.algorithm,
  seed,
  evaluations: history.map(({ step, evaluation: { distances } }) =>
    [step, Math.min(...distances), meanOf(distances), Math.max(...distances)] as const
  ),
});

/** The experiment. */
export const swimmer = defineExperiment({
  name: "swimmer",
  module: import.meta.url,
  brief: "Swims along a line on which one way pays more, but only from a finish line on.",
  variants: VARIANTS,
  environment: ({ position, ...control }) =>
    swimmerEnvironment({
      task: position === null ? { kind: "undirected" } : { kind: "finish-line", position },
      ...control,
    }),
  scales: bodyScales({
    smoke: { steps: 2000, environments: 10, evaluationEpisodes: 3, evaluationInterval: 1000 },
    // Reward scale: the public code's. With its earlier 100, a policy commits to the direction that it found first
    // before it has explored the other: `results/` shows both.
    study: {
      steps: 1_000_000,
      hidden: [64, 64],
      valueParticles: 16,
      stepsPerUpdate: 10,
      rewardScale: 30,
      checkpointInterval: 50_000,
      logInterval: 10_000,
      evaluationEpisodes: 50,
    },
    // The target update interval is the paper's "5000 epochs", read as steps, since a run has 500 epochs. The public
    // code has 3000 steps, later 1000.
    paper: { targetInterval: 5000 },
  }),
  // A deterministic policy has no temperature to weigh rewards against.
  algorithms: { ddpg: () => ({ rewardScale: 1 }), sac: () => ({ rewardScale: 1, batch: 64 }) },
  settings: ({ repeat = 1 }, scale) => ({
    ...intervalSettings(repeat, scale),
    ...repeat > 1 && scale === "study" ? { rewardScale: 1, temperature: 0.01 } : {},
  }),
  measures: MEASURES,
  summarise: (episodes, { position }) => measured(episodes, position ?? Infinity),
  overall: { measures: OVERALL, summarise: measuredOverall },
  curves: (seeds, { position: finish }, { caption, suffix = "", setting }) => ({
    [`figure-6${suffix}.svg`]: figure6({
      title: titled("Swimmer: where each evaluation's episodes ended", setting),
      caption,
      finish,
      rows: seeds.map(spreadOf),
    }),
    [`figure-3a${suffix}.svg`]: figure3({
      title: titled("Swimmer: the farthest forward so far", setting),
      caption,
      measure: "greatest forward distance so far (m)",
      threshold: finish === null ? null : { value: finish, meaning: "finish line" },
      runs: seeds.map((seed) => ({ algorithm: seed.configuration.algorithm, points: farthestSoFar(seed) })),
    }, "figure-3a"),
  }),
  gait: swimmerGait,
});

if (import.meta.main) Deno.exit(await main(swimmer, Deno.args, processConsole()));
