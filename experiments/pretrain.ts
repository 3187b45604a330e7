/**
 * Pretraining the quadruped on the empty plane (section 5.3 of the paper): speed in any direction is rewarded, so that
 * a maximum-entropy policy learns to run in all directions. Figure 7.
 *
 *     deno run --allow-read --allow-write=runs experiments/pretrain.ts --help
 *
 * @module
 */

import { quadrupedGait } from "../envs/gaits.ts";
import { quadruped, type QuadrupedOptions } from "../envs/quadruped.ts";
import { processConsole } from "../src/terminal/console.ts";
import { main } from "../src/cli/main.ts";
import { defineExperiment } from "../src/run/define_experiment.ts";
import { pathFigure } from "./pretrain_figure.ts";
import { measured, MEASURES } from "./pretrain_measures.ts";
import { intervalSettings, QUADRUPED_SCALES, steadyCritic } from "./scales.ts";

/** A frame of travel by its heading in degrees. */
const headed = (degrees: number): { readonly heading: number } => ({ heading: degrees * Math.PI / 180 });

/**
 * Reward and control interval of each variant. `speed` is the paper's, which rewards speed alone; the others are ours.
 * A survival reward of 0.5 per step is about the speed under random torques, so that staying upright is worth as much
 * as moving. With a control interval of 0.06 s (three of rllab's steps) the effect of an action exceeds the critic's
 * error; γ then counts intervals, and 0.97 has the horizon of 0.99 at 0.02 s. `net` rewards the displacement of an
 * interval. `travel` observes in a frame of travel, where a body that runs in one direction runs in four: the number is
 * the heading, degrees; 66 and 281 are the mean headings of two policies that were trained in the world's frame.
 */
const VARIANTS: Readonly<Record<string, Pick<QuadrupedOptions, "costs" | "frame" | "repeat" | "speed">>> = {
  speed: {},
  "speed-survival": { costs: { survival: 0.5 } },
  "speed-0.06s": { repeat: 3 },
  "speed-0.06s-net": { repeat: 3, speed: "net" },
  ...Object.fromEntries([0, 66, 281].map((degrees) => [
    `speed-0.06s-net-travel-${degrees}`,
    { repeat: 3, speed: "net", frame: headed(degrees) },
  ])),
  ...Object.fromEntries([66, 281].map((degrees) => [
    `speed-0.02s-travel-${degrees}`,
    { frame: headed(degrees) },
  ])),
};

/** The experiment. */
export const pretrain = defineExperiment({
  name: "pretrain",
  module: import.meta.url,
  brief: "Learns to run in any direction, to start other tasks from (--init).",
  variants: VARIANTS,
  environment: (options) => quadruped({ task: { kind: "speed" }, observation: "compact", ...options }),
  scales: QUADRUPED_SCALES,
  algorithms: { "soft-q": steadyCritic },
  settings: ({ repeat }, scale) => intervalSettings(repeat, scale),
  measures: MEASURES,
  summarise: measured,
  figures: pathFigure,
  gait: quadrupedGait,
});

if (import.meta.main) Deno.exit(await main(pretrain, Deno.args, processConsole()));
