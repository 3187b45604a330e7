/**
 * Learning curves: a thin line for every seed; the interquartile mean over the seeds of a run with a bootstrap band;
 * and diamonds for final evaluations, which have more episodes.
 *
 * Laws, tested: the thick line is the interquartile mean of the seeds at its step; a run of one seed has one line and
 * no band; a constant is drawn level; equal input gives equal text.
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
  project,
  rangeOf,
} from "./chart.ts";
import { type LineStyle, styleOf } from "./line_style.ts";
import type { Point } from "./panel.ts";
import { interquartileMean, stratifiedBootstrap } from "./statistics.ts";
import { coordinate, element, figure, FIGURE_WIDTH, group, label, type Markup, paint } from "./svg.ts";

/** The curves of one run. */
export interface RunCurves {
  /** The run's name in the legend. */
  readonly name: string;
  /** For each seed its points, by increasing step. */
  readonly seeds: readonly SeedCurve[];
  /** Its line style; that of its index among the runs unless given. */
  readonly style?: LineStyle;
}

/** The curve of one seed. */
export interface SeedCurve {
  readonly seed: number;
  /** The intermediate evaluations. */
  readonly points: readonly Point[];
  /** The final evaluation, if there is one. */
  readonly final?: Point;
}

/** A figure of curves. */
export interface CurvesData {
  /** Class name, unique in the page. */
  readonly scope: string;
  readonly title: string;
  /** The axis' label, with the unit. */
  readonly quantity: string;
  /** The range of possible values, if known, which the axis then shows. */
  readonly range?: readonly [number, number];
  readonly runs: readonly RunCurves[];
}

/** Maximum length of a name in a legend. */
const LONGEST = 22;

/**
 * Shortens names: removes the common words at their beginnings and ends, and the middle of those that are still too
 * long.
 */
export function distinctNames(names: readonly string[]): readonly string[] {
  const words = names.map((name) => name.split("-"));
  const least = Math.min(...words.map(({ length }) => length));
  const same = (at: (of: readonly string[]) => string | undefined): boolean =>
    names.length > 1 && new Set(words.map(at)).size === 1;
  let start = 0, end = 0;
  while (start < least - 1 && same((of) => of[start])) start++;
  while (start + end < least - 1 && same((of) => of[of.length - 1 - end])) end++;
  return words.map((of) => {
    const name = of.slice(start, of.length - end).join("-"), half = LONGEST / 2;
    return name.length <= LONGEST ? name : `${name.slice(0, half)}…${name.slice(1 - half)}`;
  });
}

/** Maximum number of steps at which a band is drawn; more cannot be distinguished. */
const BAND_POINTS = 120;
/** Number of bootstrap samples per point. */
const DRAWS = 300;

/** A step with the interquartile mean over seeds and its interval. */
export type Summary = readonly [step: number, mean: number, low: number, high: number];

/** The interquartile mean over the seeds at each step that all have, with a 95 % bootstrap interval. */
export function summarised({ seeds }: RunCurves): readonly Summary[] {
  const bySeed = seeds.map(({ points }) => new Map(points.filter((point) => point.every(Number.isFinite))));
  const steps = [...bySeed[0]?.keys() ?? []].filter((step) => bySeed.every((values) => values.has(step)));
  const every = Math.max(1, Math.ceil(steps.length / BAND_POINTS));
  return steps.filter((_, k) => k % every === 0 || k === steps.length - 1).map((step): Summary => {
    const values = bySeed.map((each) => each.get(step)!); // every seed has these steps
    const [low, high] = stratifiedBootstrap([values], child(keyOf(0), step), 0.95, DRAWS);
    return [step, interquartileMean(values), low, high];
  });
}

/** How the k-th run is drawn. */
export const runStyle = (run: RunCurves, k: number): LineStyle => run.style ?? styleOf(k);

/** Size of a figure, of which three fit in a row with readable labels. */
const WIDTH = FIGURE_WIDTH, LEFT = 66, TOP = 44, HEIGHT = 190;

/** A diamond around a place. */
const diamond = ([x, y]: Point, r: number): string =>
  `M${coordinate(x - r)} ${coordinate(y)}L${coordinate(x)} ${coordinate(y - r)}L${coordinate(x + r)} ${
    coordinate(y)
  }L${coordinate(x)} ${coordinate(y + r)}Z`;

/** The line and the final evaluation of one seed. */
function seedOf(frame: Frame, run: RunCurves, { seed, points, final }: SeedCurve, k: number): Markup {
  const { ink, dash } = runStyle(run, k), several = run.seeds.length > 1;
  return group(
    { class: "seed", "data-run": run.name, "data-seed": seed },
    element("title", {}, `${run.name}, seed ${seed}`),
    lineThrough(frame, points, ink, {
      "stroke-width": several ? 0.9 : 2,
      "stroke-opacity": several ? 0.5 : 1,
      "stroke-dasharray": dash,
    }),
    // A single evaluation has no line.
    ...points.length === 1
      ? [element("circle", {
        cx: project(frame, points[0]!)[0],
        cy: project(frame, points[0]!)[1],
        r: 3,
        ...paint({ fill: ink }),
      })]
      : [],
    ...final === undefined ? [] : [element("path", {
      ...paint({ fill: ink, stroke: "paper" }),
      class: `final fill-${ink} stroke-paper`,
      d: diamond(project(frame, final), several ? 4 : 5.5),
      "fill-opacity": several ? 0.7 : 1,
      "stroke-width": 0.8,
    })],
  );
}

/** The lines of one run. */
function linesOf(frame: Frame, run: RunCurves, summary: readonly Summary[], k: number): Markup {
  const { ink, dash } = runStyle(run, k);
  return group(
    { class: "run", "data-run": run.name },
    ...run.seeds.map((each) => seedOf(frame, run, each, k)),
    ...run.seeds.length > 1
      ? [lineThrough(frame, summary.map(([step, mean]): Point => [step, mean]), ink, {
        class: `mean stroke-${ink}`,
        "stroke-width": 2.6,
        "stroke-dasharray": dash,
      })]
      : [],
  );
}

/** Padding inside the frame, in pixels, so that marks at the end of a range are not clipped. */
const MARGIN = 0.03;

/** The frame of the curves. */
export function frameFor({ runs, range }: Pick<CurvesData, "runs" | "range">): Frame {
  const points = runs.flatMap(({ seeds }) =>
    seeds.flatMap(({ points, final }) => final === undefined ? points : [...points, final])
  );
  const steps = points.map(([step]) => step).reduce((a, b) => Math.max(a, b), 1);
  const room = range === undefined ? 0 : MARGIN * (range[1] - range[0]);
  return {
    left: LEFT,
    top: TOP,
    width: WIDTH - LEFT - 16,
    height: HEIGHT,
    x: [0, steps * (1 + MARGIN)],
    y: range === undefined ? rangeOf(points.map(([, y]) => y)) : [range[0] - room, range[1] + room],
  };
}

/** The figure as SVG. */
export function curvesFigure(data: CurvesData): string {
  const { scope, title, quantity, runs } = data, frame = frameFor(data);
  const summaries = runs.map((run) => run.seeds.length > 1 ? summarised(run) : []);
  const named = runs.length > 1, most = Math.max(...runs.map(({ seeds }) => seeds.length));
  const ends = runs.some(({ seeds }) => seeds.some(({ final }) => final !== undefined));
  const key = [
    most > 1 ? "thin: a seed; thick: interquartile mean; band: 95 %" : "one seed each",
    ...ends ? ["◆ final"] : [],
  ].join("; ");
  const bottom = TOP + HEIGHT + 62, columns = 2;
  // A run without this quantity has no curve, and so no place in the legend.
  const names = distinctNames(runs.map(({ name }) => name));
  const drawn = runs.map((run, k) => ({ name: run.name, short: names[k]!, style: runStyle(run, k), run }))
    .filter(({ run: { seeds } }) =>
      seeds.some(({ points, final }) => points.length > 0 || final !== undefined)
    );
  const rows = named ? Math.ceil(drawn.length / columns) : 0;
  return figure(
    {
      scope,
      width: WIDTH,
      height: bottom + 22 * rows,
      title,
      description: `${quantity} against environment steps for ${
        drawn.map(({ name }) => name).join(", ")
      }; ${key}`,
    },
    label(LEFT, 18, title, { weight: "bold", size: 14 }),
    label(LEFT, 35, key, { ink: "muted", size: 11 }),
    frameOf(frame, { x: "environment steps of a seed", y: quantity, ticks: [5, 5] }),
    // Bands first, so that none covers a line of another run.
    clippedTo(
      frame,
      `${scope}-clip`,
      ...summaries.map((summary, k) =>
        group(
          { class: "band", "data-run": runs[k]!.name },
          bandBetween(
            frame,
            summary.map(([step, , low, high]) => [step, low, high] as const),
            runStyle(runs[k]!, k).ink,
          ),
        )
      ),
      ...runs.map((run, k) => linesOf(frame, run, summaries[k]!, k)),
    ),
    ...Array.from({ length: rows }, (_, row) =>
      group(
        {},
        ...drawn.slice(row * columns, (row + 1) * columns).map(({ short, style: { ink, dash } }, i) =>
          legendOf(LEFT + i * 190, bottom + 22 * row, [
            { name: short, ink, ...dash === undefined ? {} : { dash } },
          ])
        ),
      )),
  );
}
