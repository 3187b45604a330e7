/**
 * Pretraining the quadruped on the empty plane (section 5.3 of the paper): speed in any direction pays, so that a
 * maximum-entropy policy learns to run in all of them. Figure 7.
 *
 *     deno run --allow-read --allow-write=runs experiments/pretrain.ts --help
 *
 * @module
 */

import { quadruped } from "../envs/quadruped.ts";
import { quadrupedGait } from "../envs/gaits.ts";
import type { Configuration } from "../src/run/configuration.ts";
import { processConsole } from "../src/cli/console.ts";
import {
  type Algorithm,
  algorithmOf,
  type Experiment,
  type Finished,
  presetOf,
  type Scale,
} from "../src/run/experiment.ts";
import type { JsonObject } from "../src/run/json.ts";
import { main } from "../src/cli/main.ts";
import { figure7, type TracePanel } from "../src/report/figure_7.ts";
import type { Point } from "../src/report/panel.ts";
import { meanOf, octantsOf, quantileOf, resultantLength } from "../src/report/statistics.ts";
import type { Episode } from "../src/train/evaluate.ts";
import { centreAt, millimetres, pathOf, quadrupedScale } from "./paths.ts";

/**
 * Reward of each step beside the speed, by variant. The paper names none. Ours, to be tried: 0.5, about the speed of random
 * torques, so that staying up is worth as much as moving.
 */
const SURVIVAL: Readonly<Record<string, number>> = { speed: 0, "speed-survival": 0.5 };

/** Points of a path in the figure are so many steps apart, and so many paths are shown. */
const STRIDE = 10, SHOWN = 40;

const preset = (algorithm: Algorithm, scale: Scale): Configuration =>
  presetOf("pretrain", algorithm, scale, {
    variant: "speed",
    horizon: 500,
    ...quadrupedScale(algorithm, scale),
  });

/** The net displacement of an episode, m. */
function displacementOf(episode: Episode): Point {
  const [x0, y0] = centreAt(episode, 0), [x, y] = centreAt(episode, episode.length);
  return [x - x0, y - y0];
}

/** How far, and in which directions, the episodes went. */
function summarise(episodes: readonly Episode[]): JsonObject {
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
}

/** A panel of figure 7. */
export const panelOf = (
  heading: string,
  traces: readonly (readonly Point[])[],
  summary: JsonObject,
): TracePanel => ({
  heading,
  note: `median ${Number(summary.medianDisplacement).toFixed(1)} m, ${summary.octants} of 8 octants, ` +
    `resultant ${Number(summary.resultantLength).toFixed(2)}`,
  traces,
});

/** The paths of a run's final evaluation, from the start, in millimetres' precision, m. */
const tracesOf = (episodes: readonly Episode[]): readonly (readonly Point[])[] =>
  episodes.slice(0, SHOWN).map((episode) => {
    const path = pathOf(episode, STRIDE), [x0, y0] = path[0];
    return path.map(([x, y]): Point => [millimetres(x - x0), millimetres(y - y0)]);
  });

function figures({ configuration: c, episodes, history }: Finished): Readonly<Record<string, string>> {
  const { algorithm: { title }, temperature } = algorithmOf(c);
  const name = temperature === null ? title : `α = ${temperature}`;
  const panels = episodes.map((each, r) => {
    const { evaluation } = history[r][history[r].length - 1];
    return { heading: `${name}, seed ${c.seed + r}`, traces: tracesOf(each), evaluation };
  });
  return {
    "figure-7.svg": figure7({
      title: "Paths of the pretrained quadruped",
      caption: `${c.steps} environment steps, an update every ${c.stepsPerUpdate}, ${c.variant}`,
      columns: panels.map(({ heading, traces, evaluation }) => [panelOf(heading, traces, evaluation)]),
    }),
    "traces.json": `${JSON.stringify(panels.map(({ heading, traces }) => ({ heading, traces })))}\n`,
  };
}

/** The experiment. */
export const pretrain: Experiment = {
  name: "pretrain",
  brief: "Learns to run in any direction, to start other tasks from (--init).",
  variants: Object.keys(SURVIVAL),
  preset,
  environment: (variant) =>
    quadruped({ task: { kind: "speed" }, observation: "compact", costs: { survival: SURVIVAL[variant] } }),
  gait: quadrupedGait,
  summarise,
  figures,
};

if (import.meta.main) Deno.exit(await main(pretrain, Deno.args, processConsole()));
