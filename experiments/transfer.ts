/**
 * Fine-tuning a pretrained quadruped in a hallway or around a bend (section 5.3 of the paper): does it help to have
 * learned to run in all directions? Figure 5. With `--init RUN` learning starts from the networks of a run of
 * `pretrain`; without it, from scratch.
 *
 *     deno run --allow-read --allow-write=runs experiments/transfer.ts --init RUN --help
 *
 * @module
 */

import { quadrupedGait } from "../envs/gaits.ts";
import { quadruped } from "../envs/quadruped.ts";
import { processConsole } from "../src/terminal/console.ts";
import { main } from "../src/cli/main.ts";
import { algorithmNamed, ALGORITHMS } from "../src/learn/algorithms.ts";
import { titled } from "../src/report/figure_3.ts";
import { figure5 } from "../src/report/figure_5.ts";
import type { Configuration } from "../src/run/configuration.ts";
import type { Scale } from "../src/run/experiment.ts";
import { type Changes, defineExperiment } from "../src/run/define_experiment.ts";
import { intervalSettings, QUADRUPED_SCALES, steadyCritic } from "./scales.ts";
import { curveOf, measured, measuredOverall, MEASURES, OVERALL } from "./transfer_measures.ts";
import { VARIANTS } from "./transfer_variants.ts";

/** Fraction of the steps in which α and the set of noises are annealed: 20 of 200 epochs (Appendix D.1). */
const ANNEALED = 0.1;

/** Initial size of the set of noises (the paper gives no number): the paper's number of fixed particles. */
const NOISES = 32;

/** A number of steps, with annealing schedules for α and the noises; an algorithm without them ignores these. */
const annealed = (steps: number): Changes => ({
  steps,
  temperatureEnd: 0.001,
  temperatureSteps: ANNEALED * steps,
  noiseSet: NOISES,
  noiseSetSteps: ANNEALED * steps,
});

/**
 * Learning begins after few transitions, so that α and the noises are annealed during learning. (The paper's 10 000 are
 * few compared with its 200 000 steps of annealing.)
 */
const STUDY = { ...annealed(100_000), minimumReplay: 1000 };

const SCALES: Readonly<Record<Scale, Changes>> = {
  smoke: { ...QUADRUPED_SCALES.smoke, ...annealed(1000), minimumReplay: 20, chunk: 20 }, // of 100 steps of annealing
  study: { ...QUADRUPED_SCALES.study, ...STUDY },
  paper: { ...QUADRUPED_SCALES.paper, ...annealed(2_000_000), minimumReplay: 10_000 },
};

/** How a run was initialised, in words. */
export const armOf = ({ algorithm, init }: Pick<Configuration, "algorithm" | "init">): string => {
  const { title, style } = algorithmNamed(algorithm) ?? ALGORITHMS[0];
  return init === "" ? `${title} from scratch` : `${style} initialisation`;
};

/** The experiment. */
export const transfer = defineExperiment({
  name: "transfer",
  module: import.meta.url,
  brief: "Runs in a hallway or around a bend, from scratch or from a pretrained policy (--init).",
  variants: Object.fromEntries(VARIANTS.map((variant) => [variant.name, variant])),
  environment: ({ options }) => quadruped(options),
  scales: SCALES,
  algorithms: { "soft-q": steadyCritic },
  settings: ({ options: { repeat }, by }, scale) => ({
    ...intervalSettings(repeat, scale),
    ...scale === "study" ? STUDY : {},
    ...by,
  }),
  measures: MEASURES,
  summarise: (episodes, { options: { world } }) => measured(episodes, world),
  overall: { measures: OVERALL, summarise: measuredOverall },
  curves: (seeds, { name: world }, { caption, suffix, setting }) => {
    const arms = [...new Set(seeds.map(({ configuration }) => armOf(configuration)))];
    const file = suffix === undefined ? "figure-5" : `figure-5-${world}${suffix}`;
    const picture = figure5({
      title: titled(`Fine-tuning in the world ${world}`, setting),
      caption,
      arms: arms.map((name) => {
        const own = seeds.filter(({ configuration }) => armOf(configuration) === name);
        const { algorithm, init } = own[0]!.configuration;
        return { algorithm, scratch: init === "", name, seeds: own.map(({ history }) => curveOf(history)) };
      }),
    }, file);
    return { [`${file}.svg`]: picture };
  },
  gait: quadrupedGait,
});

if (import.meta.main) Deno.exit(await main(transfer, Deno.args, processConsole()));
