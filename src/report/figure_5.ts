/**
 * The paper's fifth figure: average discounted return over environment steps, mean and one standard deviation over
 * seeds, one line per arm.
 *
 * @module
 */

import {
  bandBetween,
  clippedTo,
  type Frame,
  frameOf,
  LEGEND_ROW,
  legendRows,
  lineThrough,
  rangeOf,
} from "./chart.ts";
import { algorithmStyle, type LineStyle } from "./line_style.ts";
import type { Point } from "./panel.ts";
import { counted } from "./quantities.ts";
import { deviationOf, meanOf } from "./statistics.ts";
import { CAPTION, figure, FIGURE_WIDTH, group, heading, LINE_HEIGHT, lines, MARGIN, rowsOf } from "./svg.ts";

/** An arm of the comparison: initialisation and algorithm. */
export interface Arm {
  /** Name of the algorithm, which determines the colour. */
  readonly algorithm: string;
  /** Whether it starts from random networks, which is drawn dotted. */
  readonly scratch: boolean;
  /** For example `maximum-entropy initialisation`. */
  readonly name: string;
  /** Its curves, one per seed, over the same steps. */
  readonly seeds: readonly (readonly Point[])[];
}

/** The data of the figure. */
export interface Figure5Data {
  /** The heading. */
  readonly title: string;
  /** The caption, below the figure. */
  readonly caption: string;
  /** At most four. */
  readonly arms: readonly Arm[];
}

/** Arms differ in colour and in dash, so that two of the same colour are distinguishable. */
const SCRATCH = "2 3";

/** The line style of an arm: its algorithm's colour, dotted for a policy trained from scratch. */
const signOf = ({ algorithm, scratch }: Arm): LineStyle => ({
  ink: algorithmStyle(algorithm).ink,
  ...scratch ? { dash: SCRATCH } : {},
});

/** The figure as the text of an SVG file. */
export function figure5(data: Figure5Data, scope = "figure-5"): string {
  const curves = data.arms.map(({ name, seeds }) => ({
    name,
    points: (seeds[0] ?? []).map(([x], k) => {
      const values = seeds.map((seed) => seed[k]?.[1] ?? NaN).filter(Number.isFinite);
      const mean = meanOf(values), spread = deviationOf(values);
      return [x, mean - spread, mean + spread] as const;
    }),
  }));
  const places = curves.flatMap(({ points }) => points);
  const frame: Frame = {
    left: 60,
    top: 50 + LEGEND_ROW * data.arms.length,
    width: FIGURE_WIDTH - 76,
    height: 220,
    x: [0, Math.max(1, ...places.map(([x]) => x))],
    y: rangeOf(places.flatMap(([, low, high]) => [low, high])),
  };
  const bottom = frame.top + frame.height + 58;
  return figure(
    {
      scope,
      width: FIGURE_WIDTH,
      height: bottom + LINE_HEIGHT * rowsOf(data.caption, CAPTION).length,
      title: data.title,
      description: "Average discounted return over environment steps, mean and one standard deviation: " +
        data.arms.map(({ name, seeds }) => `${name} (${counted(seeds.length, "seed")})`).join(", ") + ".",
    },
    heading(MARGIN, 28, data.title, FIGURE_WIDTH - 2 * MARGIN),
    legendRows(
      frame.left,
      52,
      data.arms.map((arm) => ({
        ...signOf(arm),
        name: `${arm.name} (${counted(arm.seeds.length, "seed")})`,
      })),
    ),
    clippedTo(
      frame,
      `${scope}-clip`,
      ...curves.map(({ points }, k) =>
        group(
          { class: "arm" },
          bandBetween(frame, points, signOf(data.arms[k]!).ink),
          lineThrough(
            frame,
            points.map(([x, low, high]): Point => [x, (low + high) / 2]),
            signOf(data.arms[k]!).ink,
            { "stroke-dasharray": signOf(data.arms[k]!).dash },
          ),
        )
      ),
    ),
    frameOf(frame, { x: "environment steps of each run", y: "average discounted return" }),
    lines(MARGIN, bottom, data.caption, CAPTION, { ink: "muted", size: 11 }),
  );
}
