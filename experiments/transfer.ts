/**
 * Fine-tuning a pretrained quadruped in a hallway or around a bend (section 5.3 of the paper): does it help to have
 * learned to run in all directions? Figure 5. With `--init RUN` the networks of a run of `pretrain` are the start, without
 * it the arm that learns from scratch.
 *
 *     deno run --allow-read --allow-write=runs experiments/transfer.ts --init RUN --help
 *
 * @module
 */

import { quadruped } from "../envs/quadruped.ts";
import { NARROW_HALLWAY, U_MAZE, WIDE_HALLWAY, type World } from "../envs/worlds.ts";
import { quadrupedGait } from "../envs/gaits.ts";
import { algorithmNamed, ALGORITHMS } from "../src/learn/algorithms.ts";
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
import { figure5 } from "../src/report/figure_5.ts";
import type { Point } from "../src/report/panel.ts";
import { meanOf } from "../src/report/statistics.ts";
import type { Episode } from "../src/train/evaluate.ts";
import { centreAt, millimetres, quadrupedScale } from "./paths.ts";

const WORLDS: Readonly<Record<string, World>> = Object.fromEntries(
  [WIDE_HALLWAY, NARROW_HALLWAY, U_MAZE].map((world) => [world.name, world]),
);

/** Share of the steps in which α and the noises shrink: 20 of 200 epochs (Appendix D.1). */
const ANNEALED = 0.1;

/**
 * Transitions before learning begins: few, so that what shrinks does so while it is learned from. (Of the paper's 200 000
 * steps of annealing its 10 000 are few.)
 */
const MINIMUM_REPLAY: Readonly<Record<Scale, number>> = { smoke: 20, study: 1000, paper: 10_000 };

/** The set of noises at the start (the paper gives no number): as many as fixed particles of the paper. */
const NOISES = 32;

const preset = (algorithm: Algorithm, scale: Scale): Configuration => {
  const sizes = {
    ...quadrupedScale(algorithm, scale),
    ...(scale === "paper" ? { steps: 2_000_000 } : scale === "study" ? { steps: 100_000 } : {}),
  };
  const steps = sizes.steps ?? 0;
  return presetOf("transfer", algorithm, scale, {
    variant: WIDE_HALLWAY.name,
    horizon: 500,
    ...sizes,
    minimumReplay: MINIMUM_REPLAY[scale],
    ...(scale === "smoke" ? { chunk: 20 } : {}), // of 100 steps of annealing
    // Of which an algorithm takes what it has.
    temperatureEnd: 0.001,
    temperatureSteps: ANNEALED * steps,
    noiseSet: NOISES,
    noiseSetSteps: ANNEALED * steps,
  });
};

/** The return, discounted and not, and how far the episodes went. */
function summarise(episodes: readonly Episode[]): JsonObject {
  const distances = episodes.map((episode) => {
    const [x0, y0] = centreAt(episode, 0), [x, y] = centreAt(episode, episode.length);
    return Math.hypot(x - x0, y - y0);
  });
  return {
    meanDiscountedReturn: meanOf(episodes.map((episode) => episode.discountedReturn)),
    meanReturn: meanOf(episodes.map((episode) => episode.return)),
    meanDisplacement: millimetres(meanOf(distances)),
    meanEpisodeLength: meanOf(episodes.map(({ length }) => length)),
  };
}

/** A run's discounted return over its steps. */
export const curveOf = (history: readonly Evaluated[]): readonly Point[] =>
  history.map(({ step, evaluation }): Point => [step, Number(evaluation.meanDiscountedReturn)]);

/** The mean height of a run's curve: the area under it divided by its length. */
export function meanHeight(curve: readonly Point[]): number {
  if (curve.length < 2) return curve[0]?.[1] ?? NaN;
  const area = curve.slice(1).reduce((sum, [x, y], k) => sum + (x - curve[k][0]) * (y + curve[k][1]) / 2, 0);
  return area / (curve[curve.length - 1][0] - curve[0][0]);
}

const overall = (history: readonly Evaluated[]): JsonObject => ({
  meanOfCurve: meanHeight(curveOf(history)),
});

/** How a run began, in words. */
export const armOf = ({ algorithm, init }: Pick<Configuration, "algorithm" | "init">): string => {
  const { title, style } = algorithmNamed(algorithm) ?? ALGORITHMS[0];
  return init === "" ? `${title} from scratch` : `${style} initialisation`;
};

const figures = ({ configuration: c, history }: Finished): Readonly<Record<string, string>> => ({
  "figure-5.svg": figure5({
    title: `Fine-tuning in the world ${c.variant}`,
    caption: `${c.steps} environment steps, an update every ${c.stepsPerUpdate}, ` +
      `${c.intermediateEpisodes} episodes an evaluation`,
    arms: [{ name: armOf(c), seeds: history.map(curveOf) }],
  }),
});

/** The experiment. */
export const transfer: Experiment = {
  name: "transfer",
  brief: "Runs in a hallway or around a bend, from scratch or from a pretrained policy (--init).",
  variants: Object.keys(WORLDS),
  preset,
  environment: (variant) =>
    quadruped({
      task: { kind: variant === U_MAZE.name ? "goal" : "speed" },
      world: WORLDS[variant],
      observation: "compact-position",
    }),
  gait: quadrupedGait,
  summarise,
  overall,
  figures,
};

if (import.meta.main) Deno.exit(await main(transfer, Deno.args, processConsole()));
