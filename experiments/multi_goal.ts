/**
 * The multi-goal point mass (section 5.1 of the paper): a policy that retains all four ways of reaching a goal, and the
 * paper's first figure.
 *
 *     deno run --allow-read --allow-write=runs experiments/multi_goal.ts --help
 *
 * @module
 */

import { POINT_MASS_VARIANTS, pointMass } from "../envs/point_mass.ts";
import { processConsole } from "../src/terminal/console.ts";
import { main } from "../src/cli/main.ts";
import { figure1 } from "../src/report/figure_1.ts";
import { type Changes, defineExperiment } from "../src/run/define_experiment.ts";
import { figureData } from "./multi_goal_figure.ts";
import { measured, MEASURES } from "./multi_goal_measures.ts";

/** From the final public code: its reward scale 0.1 at α = 1 is equivalent to the paper's α = 10. */
const COMMON: Changes = { rewardScale: 0.1 };

/** The experiment. */
export const multiGoal = defineExperiment({
  name: "multi-goal",
  module: import.meta.url,
  brief: "Learns a policy that reaches the four goals of a plane: all of them (soft-q), or one (ddpg).",
  variants: Object.fromEntries(POINT_MASS_VARIANTS.map((variant) => [variant, variant])),
  environment: (variant) => pointMass({ variant }),
  scales: {
    smoke: {
      ...COMMON,
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
      ...COMMON,
      steps: 10_000,
      evaluationEpisodes: 400,
      evaluationInterval: 2000,
      intermediateEpisodes: 50,
      checkpointInterval: 2500,
      logInterval: 500,
    },
    // Appendix D.1; ξ and reward scale as in `study`, which is equivalent to α = 10.
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
  },
  // A small fixed temperature, at which committing to one goal is optimal, and soft Q-learning's rates and minibatch.
  algorithms: {
    sac: (scale) => ({
      temperatureRule: "fixed",
      temperature: 0.05,
      ...scale === "study" ? { hidden: [64, 64], batch: 64, criticRate: 1e-3, samplerRate: 1e-3 } : {},
    }),
  },
  measures: MEASURES,
  summarise: measured,
  // Figure 1 of replica 0, and the data from which it can be redrawn.
  figures: (finished) => {
    const data = figureData(finished);
    return { "figure-1.svg": figure1(data), "figure-1.json": `${JSON.stringify(data)}\n` };
  },
});

if (import.meta.main) Deno.exit(await main(multiGoal, Deno.args, processConsole()));
