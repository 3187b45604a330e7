/**
 * The paper's seventh figure: paths of the pretrained quadruped, in a panel for each seed.
 *
 * @module
 */

import { figure7, thinned, type TracePanel } from "../src/report/figure_7.ts";
import type { Point } from "../src/report/panel.ts";
import type { Files, FinishedRun } from "../src/run/define_experiment.ts";
import { algorithmOf } from "../src/run/experiment.ts";
import type { ValuesOf } from "../src/run/measures.ts";
import type { Episode } from "../src/train/evaluate.ts";
import { pathOf } from "./paths.ts";
import type { MEASURES } from "./pretrain_measures.ts";

/** Steps between two points of a path in the figure, and number of paths shown. */
const STRIDE = 10, SHOWN = 40;

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

const centimetres = (length: number): number => Math.round(length * 100) / 100;

/** Least distance between two points of a path in the files, m: at most a pixel of the figure. */
const APART = 0.1;

/** The paths of a run's final evaluation, from the start, m, rounded to centimetres. */
const tracesOf = (episodes: readonly Episode[]): readonly (readonly Point[])[] =>
  episodes.slice(0, SHOWN).map((episode) => {
    const path = pathOf(episode, STRIDE), [x0, y0] = path[0]!;
    return thinned(path.map(([x, y]): Point => [centimetres(x - x0), centimetres(y - y0)]), APART);
  });

/** Figure 7 of a finished run, and the paths from which it can be redrawn. */
export function pathFigure(
  { configuration: c, episodes, seeds }: FinishedRun<typeof MEASURES, unknown>,
): Files {
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
      panels: panels.map(({ heading, traces, evaluation }) =>
        panelOf(c.algorithm, heading, traces, evaluation)
      ),
    }),
    "traces.json": `${JSON.stringify(panels.map(({ heading, traces }) => ({ heading, traces })))}\n`,
  };
}
