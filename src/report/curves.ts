/**
 * Learning curves: every seed as a thin line; over the seeds of a run the interquartile mean with a bootstrap band.
 *
 * Laws, tested: the thick line is the interquartile mean of the seeds at its step; a run of one seed has one line and no
 * band; equal input gives equal text.
 *
 * @module
 */

import { child, keyOf } from "../random/key.ts";
import {
  bandBetween,
  clippedTo,
  type Frame,
  frameOf,
  legendOf,
  lineThrough,
  placeOf,
  rangeOf,
} from "./chart.ts";
import type { Point } from "./panel.ts";
import { interquartileMean, stratifiedBootstrap } from "./statistics.ts";
import { element, figure, group, type Ink, label, type Markup, paint } from "./svg.ts";

/** The curves of one run. */
export interface RunCurves {
  /** The run's name in the legend. */
  readonly name: string;
  /** For each seed its points, by rising step. */
  readonly seeds: readonly { readonly seed: number; readonly points: readonly Point[] }[];
}

/** A figure of curves. */
export interface CurvesData {
  /** Class name, unique in the page. */
  readonly scope: string;
  readonly title: string;
  /** What stands at the axis, with the unit. */
  readonly quantity: string;
  readonly runs: readonly RunCurves[];
}

/** Colours and dashes of runs, told apart by both. */
export const RUN_STYLES: readonly { readonly ink: Ink; readonly dash?: string }[] = [
  { ink: "policy" },
  { ink: "goal" },
  { ink: "third" },
  { ink: "fourth" },
  { ink: "policy", dash: "7 3" },
  { ink: "goal", dash: "7 3" },
  { ink: "third", dash: "7 3" },
  { ink: "fourth", dash: "7 3" },
];

/** The style of the k-th run. */
export const styleOf = (k: number): (typeof RUN_STYLES)[number] => RUN_STYLES[k % RUN_STYLES.length];

/** Steps at which a band is drawn, at most: more cannot be told apart. */
const BAND_POINTS = 120;
/** Draws of the bootstrap of one point. */
const DRAWS = 300;

/** A step with the interquartile mean over seeds and its interval. */
export type Summary = readonly [step: number, mean: number, low: number, high: number];

/** The interquartile mean over the seeds at each step that all have, with a 95 % bootstrap interval. */
export function summarised({ seeds }: RunCurves): readonly Summary[] {
  const bySeed = seeds.map(({ points }) => new Map(points.filter((point) => point.every(Number.isFinite))));
  const steps = [...bySeed[0]?.keys() ?? []].filter((step) => bySeed.every((values) => values.has(step)));
  const every = Math.max(1, Math.ceil(steps.length / BAND_POINTS));
  return steps.filter((_, k) => k % every === 0 || k === steps.length - 1).map((step): Summary => {
    const values = bySeed.map((each) => each.get(step)!); // the steps were chosen so
    const [low, high] = stratifiedBootstrap([values], child(keyOf(0), step), 0.95, DRAWS);
    return [step, interquartileMean(values), low, high];
  });
}

/** Small enough to stand three in a row with letters that can be read. */
const WIDTH = 440, LEFT = 66, TOP = 44, HEIGHT = 190;

/** The lines of one run. */
function linesOf(frame: Frame, run: RunCurves, summary: readonly Summary[], k: number): Markup {
  const { ink, dash } = styleOf(k), several = run.seeds.length > 1;
  return group(
    { class: "run", "data-run": run.name },
    ...run.seeds.map(({ seed, points }) =>
      group(
        { class: "seed", "data-seed": seed },
        element("title", {}, `${run.name}, seed ${seed}`),
        lineThrough(frame, points, ink, {
          "stroke-width": several ? 0.9 : 2,
          "stroke-opacity": several ? 0.5 : 1,
          "stroke-dasharray": dash,
        }),
      )
    ),
    ...several
      ? [lineThrough(frame, summary.map(([step, mean]): Point => [step, mean]), ink, {
        class: `mean stroke-${ink}`,
        "stroke-width": 2.6,
        "stroke-dasharray": dash,
      })]
      : [],
    // A single evaluation has no line to show.
    ...run.seeds.filter(({ points }) => points.length === 1).map(({ points: [point] }) => {
      const [cx, cy] = placeOf(frame, point);
      return element("circle", { cx, cy, r: 3, ...paint({ fill: ink }) });
    }),
  );
}

/** The figure as SVG. */
export function curvesFigure({ scope, title, quantity, runs }: CurvesData): string {
  const points = runs.flatMap(({ seeds }) => seeds.flatMap(({ points }) => points));
  const steps = points.map(([step]) => step);
  const frame: Frame = {
    left: LEFT,
    top: TOP,
    width: WIDTH - LEFT - 16,
    height: HEIGHT,
    x: [0, steps.reduce((a, b) => Math.max(a, b), 1)],
    y: rangeOf(points.map(([, y]) => y)),
  };
  const summaries = runs.map((run) => run.seeds.length > 1 ? summarised(run) : []);
  const named = runs.length > 1, most = Math.max(...runs.map(({ seeds }) => seeds.length));
  const key = most > 1 ? "thin: a seed; thick: interquartile mean; band: 95 % bootstrap" : "one seed each";
  const bottom = TOP + HEIGHT + 62, columns = 2;
  const rows = named ? Math.ceil(runs.length / columns) : 0;
  return figure(
    {
      scope,
      width: WIDTH,
      height: bottom + 22 * rows,
      title,
      description: `${quantity} against environment steps for ${
        runs.map(({ name }) => name).join(", ")
      }; ${key}`,
    },
    label(LEFT, 18, title, { weight: "bold", size: 14 }),
    label(LEFT, 35, key, { ink: "muted", size: 11 }),
    frameOf(frame, { x: "environment steps of a seed", y: quantity, ticks: [5, 5] }),
    // Bands first: none may cover a line of another run.
    clippedTo(
      frame,
      `${scope}-clip`,
      ...summaries.map((summary, k) =>
        bandBetween(frame, summary.map(([step, , low, high]) => [step, low, high] as const), styleOf(k).ink)
      ),
      ...runs.map((run, k) => linesOf(frame, run, summaries[k], k)),
    ),
    ...Array.from({ length: rows }, (_, row) =>
      group(
        {},
        ...runs.slice(row * columns, (row + 1) * columns).map(({ name }, i) => {
          const { ink, dash } = styleOf(row * columns + i);
          const short = name.length > 20 ? `…${name.slice(-19)}` : name;
          return legendOf(LEFT + i * 190, bottom + 22 * row, [
            { name: short, ink, ...dash === undefined ? {} : { dash } },
          ]);
        }),
      )),
  );
}
