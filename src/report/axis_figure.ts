/**
 * The effect of one axis of a sweep on a score: a dot for each trial, and for each value the interquartile mean of its
 * trials with a 95 % interval. Several panels side by side share the axis of the score.
 *
 * Laws, tested: every trial with a score is one dot; dots of one value have the same place up to a small offset; the
 * bar is the interquartile mean of the value's dots.
 *
 * @module
 */

import { type Frame, frameOf, type Mark, marksOn, project, rangeOf } from "./chart.ts";
import { styleOf } from "./line_style.ts";
import { element, figure, group, type Ink, label, type Markup, paint } from "./svg.ts";
import { meanOverSeeds } from "./mean_over_seeds.ts";

/** A trial in the panel. */
export interface AxisPoint {
  /** Name of the trial. */
  readonly name: string;
  readonly value: number | string;
  readonly score: number;
  /** Whether it belongs to the best setting, which is marked in the colour that it has in the table and the curves. */
  readonly best: boolean;
}

/** A panel. */
export interface AxisData {
  /** Class name, unique in the page. */
  readonly scope: string;
  /** The axis. */
  readonly axis: string;
  /** The score, with its unit. */
  readonly quantity: string;
  /** Range of the score over all panels. */
  readonly range: readonly [number, number];
  readonly points: readonly AxisPoint[];
}

const WIDTH = 320, LEFT = 66, TOP = 30, HEIGHT = 180;

/** The maximum number of values at equal distances; more are drawn on a scale. */
const MAX_VALUES = 9;

/** The places of values along x, and their labels. */
function scaleOf(values: readonly (number | string)[]): {
  readonly range: readonly [number, number];
  readonly at: (value: number | string) => number;
  readonly marks: readonly Mark[];
  readonly width: number;
} {
  const distinct = [...new Set(values)].toSorted((a, b) =>
    typeof a === "number" && typeof b === "number" ? a - b : String(a) < String(b) ? -1 : 1
  );
  const numbers = distinct.filter((value) => typeof value === "number");
  if (distinct.length <= MAX_VALUES || numbers.length < distinct.length) {
    return {
      range: [-0.6, distinct.length - 0.4],
      at: (value) => distinct.indexOf(value),
      marks: distinct.map((value, k): Mark => [k, String(value).replace("-", "\u2212").slice(0, 12)]),
      width: 0.32,
    };
  }
  const least = numbers[0]!, greatest = numbers[numbers.length - 1]!;
  const log = least > 0 && greatest / least >= 20;
  const of = (x: number): number => log ? Math.log10(x) : x;
  const range = rangeOf([of(least), of(greatest)]);
  const marks = log
    ? Array.from({ length: Math.floor(range[1]) - Math.ceil(range[0]) + 1 }, (_, k): Mark => {
      const power = Math.ceil(range[0]) + k;
      return [power, String(Number((10 ** power).toPrecision(3))).replace("-", "\u2212")];
    })
    : marksOn(range, 5);
  return { range, at: (value) => of(Number(value)), marks, width: 0 };
}

/** The bar of one value: the interquartile mean and its interval. */
function barOf(frame: Frame, at: number, half: number, scores: readonly number[]): Markup {
  const typical = meanOverSeeds(scores)!; // scores is not empty
  const [x1, y] = project(frame, [at - half, typical.mean]), [x2] = project(frame, [at + half, typical.mean]);
  const { interval } = typical;
  return group(
    { class: "typical" },
    ...interval === null ? [] : [element("rect", {
      x: x1,
      y: project(frame, [at, interval[1]])[1],
      width: x2 - x1,
      height: Math.max(1, project(frame, [at, interval[0]])[1] - project(frame, [at, interval[1]])[1]),
      ...paint({ fill: "muted" }),
      "fill-opacity": 0.2,
    })],
    element("line", { x1, y1: y, x2, y2: y, "stroke-width": 2.6, ...paint({ stroke: "muted" }) }),
  );
}

/** The panel as SVG. */
export function axisFigure({ scope, axis, quantity, range, points }: AxisData): string {
  const scale = scaleOf(points.map(({ value }) => value));
  const frame: Frame = {
    left: LEFT,
    top: TOP,
    width: WIDTH - LEFT - 14,
    height: HEIGHT,
    x: scale.range,
    y: range,
  };
  const groups = Map.groupBy(points, ({ value }) => value);
  const dots = [...groups].flatMap(([value, of]) =>
    of.map(({ name, score, best }, k) => {
      // Side by side as far as possible, since equal scores would overlap.
      const shift = of.length < 2 ? 0 : scale.width * 0.8 * (2 * k / (of.length - 1) - 1);
      const [cx, cy] = project(frame, [scale.at(value) + shift, score]);
      const ink: Ink = best ? styleOf(0).ink : "muted";
      return element(
        "circle",
        {
          ...paint({ fill: ink }),
          class: `${best ? "best" : "trial"} fill-${ink}`,
          cx,
          cy,
          r: best ? 4.2 : 3,
          "fill-opacity": 0.85,
        },
        element("title", {}, `${name}: ${Number(score.toPrecision(5))}`),
      );
    })
  );
  return figure(
    {
      scope,
      width: WIDTH,
      height: TOP + HEIGHT + 48,
      title: `${quantity} by ${axis}`,
      description: `Dots: trials; bars: interquartile means over the trials of a value with 95 % intervals`,
    },
    label(LEFT, 18, axis, { weight: "bold", size: 14 }),
    frameOf(frame, { x: axis, y: quantity, marks: [scale.marks, marksOn(range, 5)] }),
    ...scale.width === 0
      ? []
      : [...groups].map(([value, of]) =>
        barOf(frame, scale.at(value), scale.width, of.map(({ score }) => score))
      ),
    ...dots,
  );
}
