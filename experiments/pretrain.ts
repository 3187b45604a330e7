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
import { processConsole } from "../src/cli/console.ts";
import { main } from "../src/cli/main.ts";
import { figure7, type TracePanel } from "../src/report/figure_7.ts";
import type { Point } from "../src/report/panel.ts";
import { meanOf, octantsOf, quantileOf, resultantLength } from "../src/report/statistics.ts";
import { algorithmOf } from "../src/run/experiment.ts";
import { NUMBER, NUMBERS, type ValuesOf } from "../src/run/measures.ts";
import type { Episode } from "../src/train/evaluate.ts";
import { defineExperiment } from "../src/run/define_experiment.ts";
import { centreAt, millimetres, pathOf } from "./paths.ts";
import { QUADRUPED_SCALES, steadyCritic } from "./scales.ts";

/**
 * Reward and control interval of each variant. `speed` is the paper's, which rewards speed alone; the others are ours.
 * A survival reward of 0.5 per step is about the speed under random torques, so that staying upright is worth as much
 * as moving. With a control interval of 0.06 s (three of rllab's steps) the effect of an action exceeds the critic's
 * error; γ then counts intervals, and 0.97 has the horizon of 0.99 at 0.02 s. `net` rewards the displacement of an
 * interval.
 */
const VARIANTS: Readonly<Record<string, Pick<QuadrupedOptions, "costs" | "repeat" | "speed">>> = {
  speed: {},
  "speed-survival": { costs: { survival: 0.5 } },
  "speed-0.06s": { repeat: 3 },
  "speed-0.06s-net": { repeat: 3, speed: "net" },
};

/** Steps between two points of a path in the figure; number of paths shown. */
const STRIDE = 10, SHOWN = 40;

const MEASURES = {
  /** Net displacements of the episodes, m. */
  displacements: NUMBERS,
  medianDisplacement: NUMBER,
  quartilesOfDisplacement: NUMBERS,
  /** Directions of the displacements, rad. */
  headings: NUMBERS,
  octants: NUMBER,
  resultantLength: NUMBER,
  survivedShare: NUMBER,
  meanEpisodeLength: NUMBER,
  meanReturn: NUMBER,
  meanDiscountedReturn: NUMBER,
};

/** The net displacement of an episode, m. */
function displacementOf(episode: Episode): Point {
  const [x0, y0] = centreAt(episode, 0), [x, y] = centreAt(episode, episode.length);
  return [x - x0, y - y0];
}

/** A panel of figure 7. */
export const panelOf = (
  algorithm: string,
  heading: string,
  traces: readonly (readonly Point[])[],
  { medianDisplacement, octants, resultantLength }: ValuesOf<typeof MEASURES>,
): TracePanel => ({
  algorithm,
  heading,
  note: `median ${medianDisplacement.toFixed(1)} m, ${octants} of 8 octants, resultant ${
    resultantLength.toFixed(2)
  }`,
  traces,
});

/** The paths of a run's final evaluation, from the start, m, rounded to millimetres. */
const tracesOf = (episodes: readonly Episode[]): readonly (readonly Point[])[] =>
  episodes.slice(0, SHOWN).map((episode) => {
    const path = pathOf(episode, STRIDE), [x0, y0] = path[0]!;
    return path.map(([x, y]): Point => [millimetres(x - x0), millimetres(y - y0)]);
  });

/** The experiment. */
export const pretrain = defineExperiment({
  name: "pretrain",
  module: import.meta.url,
  brief: "Learns to run in any direction, to start other tasks from (--init).",
  // See VARIANTS for the rewards that the paper does not give.
  variants: VARIANTS,
  environment: (options) => quadruped({ task: { kind: "speed" }, observation: "compact", ...options }),
  scales: QUADRUPED_SCALES,
  algorithms: { "soft-q": steadyCritic },
  measures: MEASURES,
  summarise: (episodes) => {
    const displacements = episodes.map(displacementOf);
    const lengths = displacements.map(([x, y]) => Math.hypot(x, y));
    const headings = displacements.map(([x, y]) => Math.atan2(y, x));
    return {
      medianDisplacement: millimetres(quantileOf(lengths, 0.5)),
      quartilesOfDisplacement: [0.25, 0.75].map((p) => millimetres(quantileOf(lengths, p))),
      displacements: lengths.map(millimetres),
      headings: headings.map(millimetres),
      octants: octantsOf(headings),
      resultantLength: resultantLength(headings),
      survivedShare: episodes.filter(({ terminated }) => !terminated).length / episodes.length,
      meanEpisodeLength: meanOf(episodes.map(({ length }) => length)),
      meanReturn: meanOf(episodes.map((episode) => episode.return)),
      meanDiscountedReturn: meanOf(episodes.map((episode) => episode.discountedReturn)),
    };
  },
  figures: ({ configuration: c, episodes, seeds }) => {
    const { algorithm: { title }, temperature } = algorithmOf(c);
    const name = temperature === null ? title : `α = ${temperature}`;
    const panels = seeds.map(({ seed, history }, r) => ({
      heading: `${name}, seed ${seed}`,
      traces: tracesOf(episodes[r]!),
      evaluation: history[history.length - 1]!.evaluation,
    }));
    return {
      "figure-7.svg": figure7({
        title: "Paths of the pretrained quadruped",
        caption: `${
          seeds[0]!.history.at(-1)?.step ?? c.steps
        } environment steps, an update every ${c.stepsPerUpdate}, ${c.variant}`,
        columns: panels.map((
          { heading, traces, evaluation },
        ) => [panelOf(c.algorithm, heading, traces, evaluation)]),
      }),
      "traces.json": `${JSON.stringify(panels.map(({ heading, traces }) => ({ heading, traces })))}\n`,
    };
  },
  gait: quadrupedGait,
});

if (import.meta.main) Deno.exit(await main(pretrain, Deno.args, processConsole()));
