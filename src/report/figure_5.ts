/**
 * The paper's fifth figure: average discounted return over environment steps, mean and one standard deviation over seeds,
 * an arm a line.
 *
 * @module
 */

import { bandBetween, clippedTo, type Frame, frameOf, legendOf, lineThrough, rangeOf } from "./chart.ts";
import type { Point } from "./panel.ts";
import { deviationOf, meanOf } from "./statistics.ts";
import { figure, group, type Ink, label } from "./svg.ts";

/** One arm of the comparison: how it began and what learned. */
export interface Arm {
  /** For example `maximum-entropy initialisation`. */
  readonly name: string;
  /** Its curves, one a seed, over the same steps. */
  readonly seeds: readonly (readonly Point[])[];
}

/** All that the figure shows. */
export interface Figure5Data {
  /** The heading. */
  readonly title: string;
  /** One line below the figure. */
  readonly caption: string;
  /** At most four. */
  readonly arms: readonly Arm[];
}

/** Arms differ in colour and in dash, so that two of the same colour stay apart. */
const SIGNS: readonly { readonly ink: Ink; readonly dash?: string }[] = [
  { ink: "policy" },
  { ink: "goal" },
  { ink: "ink", dash: "7 3" },
  { ink: "level", dash: "2 3" },
];

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
    left: 76,
    top: 60 + 22 * data.arms.length,
    width: 520,
    height: 300,
    x: [0, Math.max(1, ...places.map(([x]) => x))],
    y: rangeOf(places.flatMap(([, low, high]) => [low, high])),
  };
  return figure(
    {
      scope,
      width: 626,
      height: frame.top + 390,
      title: data.title,
      description: "Average discounted return over environment steps, mean and one standard deviation: " +
        data.arms.map(({ name, seeds }) => `${name} (${seeds.length} seeds)`).join(", ") + ".",
    },
    label(frame.left, 34, data.title, { weight: "bold", size: 16 }),
    ...data.arms.map(({ name, seeds }, k) =>
      legendOf(frame.left, 58 + 22 * k, [{ ...SIGNS[k % 4], name: `${name} (${seeds.length} seeds)` }])
    ),
    clippedTo(
      frame,
      `${scope}-clip`,
      ...curves.map(({ points }, k) =>
        group(
          { class: "arm" },
          bandBetween(frame, points, SIGNS[k % 4].ink),
          lineThrough(
            frame,
            points.map(([x, low, high]): Point => [x, (low + high) / 2]),
            SIGNS[k % 4].ink,
            { "stroke-dasharray": SIGNS[k % 4].dash },
          ),
        )
      ),
    ),
    frameOf(frame, { x: "environment steps of each run", y: "average discounted return" }),
    label(frame.left, frame.top + 372, data.caption, { ink: "muted", size: 11 }),
  );
}
