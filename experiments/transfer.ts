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
import { quadruped, type QuadrupedOptions } from "../envs/quadruped.ts";
import { NARROW_HALLWAY, U_MAZE, WIDE_HALLWAY } from "../envs/worlds.ts";
import { processConsole } from "../src/cli/console.ts";
import { main } from "../src/cli/main.ts";
import { algorithmNamed, ALGORITHMS } from "../src/learn/algorithms.ts";
import { titled } from "../src/report/figure_3.ts";
import { figure5 } from "../src/report/figure_5.ts";
import type { Point } from "../src/report/panel.ts";
import { meanOf } from "../src/report/statistics.ts";
import type { Configuration } from "../src/run/configuration.ts";
import type { Evaluated, Scale } from "../src/run/experiment.ts";
import { NUMBER, type ValuesOf } from "../src/run/measures.ts";
import { type Changes, defineExperiment } from "../src/run/define_experiment.ts";
import { centreAt, millimetres } from "./paths.ts";
import { QUADRUPED_SCALES, steadyCritic } from "./scales.ts";

/** Fraction of the steps in which α and the set of noises are annealed: 20 of 200 epochs (Appendix D.1). */
const ANNEALED = 0.1;

/** Initial size of the set of noises (the paper gives no number): the paper's number of fixed particles. */
const NOISES = 32;

const MEASURES = {
  meanDiscountedReturn: NUMBER,
  meanReturn: NUMBER,
  /** Mean distance between start and end of the episodes, m. */
  meanDisplacement: NUMBER,
  meanEpisodeLength: NUMBER,
};

/** A number of steps, with annealing schedules for α and the noises; an algorithm uses those that it has. */
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
const SCALES: Readonly<Record<Scale, Changes>> = {
  smoke: { ...QUADRUPED_SCALES.smoke, ...annealed(1000), minimumReplay: 20, chunk: 20 }, // of 100 steps of annealing
  study: { ...QUADRUPED_SCALES.study, ...annealed(100_000), minimumReplay: 1000 },
  paper: { ...QUADRUPED_SCALES.paper, ...annealed(2_000_000), minimumReplay: 10_000 },
};

/** A run's discounted return over its steps. */
export const curveOf = (history: readonly Evaluated<ValuesOf<typeof MEASURES>>[]): readonly Point[] =>
  history.map(({ step, evaluation }): Point => [step, evaluation.meanDiscountedReturn]);

/** The mean height of a curve: the area under it divided by its length. */
export function meanHeight(curve: readonly Point[]): number {
  if (curve.length < 2) return curve[0]?.[1] ?? NaN;
  const area = curve.slice(1).reduce(
    (sum, [x, y], k) => sum + (x - curve[k]![0]) * (y + curve[k]![1]) / 2,
    0,
  );
  return area / (curve[curve.length - 1]![0] - curve[0]![0]);
}

/** How a run was initialised, in words. */
export const armOf = ({ algorithm, init }: Pick<Configuration, "algorithm" | "init">): string => {
  const { title, style } = algorithmNamed(algorithm) ?? ALGORITHMS[0];
  return init === "" ? `${title} from scratch` : `${style} initialisation`;
};

/** Control settings by the suffix of a variant's name: rllab's, or those of `pretrain`. */
const CONTROLS: Readonly<Record<string, Pick<QuadrupedOptions, "repeat" | "speed">>> = {
  "": {},
  "-0.06s": { repeat: 3 },
  "-0.06s-net": { repeat: 3, speed: "net" },
};

/** A world with control settings. */
interface Variant {
  readonly name: string;
  readonly options: QuadrupedOptions;
}

/** The U with the goal's Gaussian chosen by the rule of docs/choices.md, at α = 0.1. */
const RULED: Variant = {
  name: "u-maze-ruled-0.06s",
  options: {
    task: { kind: "goal", width: 1.5, height: 2 },
    world: U_MAZE,
    observation: "compact-position",
    repeat: 3,
  },
};

/** Each world with each of its control settings. */
const VARIANTS: readonly Variant[] = Object.entries(CONTROLS).flatMap(([ending, control]) =>
  [WIDE_HALLWAY, NARROW_HALLWAY, U_MAZE].flatMap((world): readonly Variant[] => {
    const task = { kind: world.goal === null ? "speed" : "goal" } as const;
    if (task.kind === "goal" && control.speed === "net") return []; // it does not reward speed
    const options = { task, world, observation: "compact-position", ...control } as const;
    return [{ name: `${world.name}${ending}`, options }];
  })
).concat(RULED);

/** The experiment. */
export const transfer = defineExperiment({
  name: "transfer",
  module: import.meta.url,
  brief: "Runs in a hallway or around a bend, from scratch or from a pretrained policy (--init).",
  variants: Object.fromEntries(VARIANTS.map((variant) => [variant.name, variant])),
  environment: ({ options }) => quadruped(options),
  scales: SCALES,
  algorithms: { "soft-q": steadyCritic },
  measures: MEASURES,
  summarise: (episodes) => ({
    meanDiscountedReturn: meanOf(episodes.map((episode) => episode.discountedReturn)),
    meanReturn: meanOf(episodes.map((episode) => episode.return)),
    meanDisplacement: millimetres(meanOf(episodes.map((episode) => {
      const [x0, y0] = centreAt(episode, 0), [x, y] = centreAt(episode, episode.length);
      return Math.hypot(x - x0, y - y0);
    }))),
    meanEpisodeLength: meanOf(episodes.map(({ length }) => length)),
  }),
  overall: {
    measures: { meanOfCurve: NUMBER },
    summarise: (history) => ({ meanOfCurve: meanHeight(curveOf(history)) }),
  },
  curves: (seeds, { name: world }, { caption, suffix, setting }) => {
    const arms = [...new Set(seeds.map(({ configuration }) => armOf(configuration)))];
    const file = suffix === undefined ? "figure-5" : `figure-5-${world}${suffix}`;
    const picture = figure5({
      title: titled(`Fine-tuning in the world ${world}`, setting),
      caption,
      arms: arms.map((name) => ({
        name,
        seeds: seeds.filter(({ configuration }) => armOf(configuration) === name).map(({ history }) =>
          curveOf(history)
        ),
      })),
    }, file);
    return { [`${file}.svg`]: picture };
  },
  gait: quadrupedGait,
});

if (import.meta.main) Deno.exit(await main(transfer, Deno.args, processConsole()));
