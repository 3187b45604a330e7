/**
 * A chart: a frame of any proportions with linear scales, axes with labels and units, lines, bands and thresholds.
 *
 * Laws, tested: values outside the frame's range are clipped and never drawn off the page; equal input gives equal
 * text.
 *
 * @module
 */

import { scaleLinear } from "./deps.ts";
import type { Point } from "./panel.ts";
import {
  type Attributes,
  coordinate,
  element,
  group,
  type Ink,
  joined,
  label,
  type Markup,
  paint,
} from "./svg.ts";

/** A frame on the page with the ranges of its axes. */
export interface Frame {
  /** Left edge on the page, in pixels. */
  readonly left: number;
  /** Top edge on the page, in pixels. */
  readonly top: number;
  /** Width on the page, in pixels. */
  readonly width: number;
  /** Height on the page, in pixels. */
  readonly height: number;
  /** Least and greatest value along x. */
  readonly x: readonly [number, number];
  /** Least and greatest value along y, upwards. */
  readonly y: readonly [number, number];
}

/** A place on the page, to a tenth of a pixel. */
export function project({ left, top, width, height, x, y }: Frame, [px, py]: Point): Point {
  const right = scaleLinear(x, [left, left + width])(px), down = scaleLinear(y, [top + height, top])(py);
  return [Math.round(right * 10) / 10, Math.round(down * 10) / 10];
}

/** Relative differences below this are rounding errors. */
const ROUNDING = 1e-6;

/** The range of values with padding; a flat or an empty range is widened. */
export function rangeOf(values: readonly number[], room = 0.06): readonly [number, number] {
  const finite = values.filter(Number.isFinite);
  if (finite.length === 0) return [0, 1];
  const least = finite.reduce((a, b) => Math.min(a, b)), greatest = finite.reduce((a, b) => Math.max(a, b));
  const size = Math.max(Math.abs(least), Math.abs(greatest));
  if (greatest - least > ROUNDING * size) {
    const span = greatest - least;
    return [least - room * span, greatest + room * span];
  }
  // A constant is drawn in the middle, with a scale that shows the size of a change.
  const half = size === 0 ? 1 : size / 4;
  return [least - half, greatest + half];
}

/** A tick on an axis: its place and its label. */
export type Mark = readonly [value: number, text: string];

/** The labels of a frame. */
export interface FrameLabels {
  /** Label of x, with the unit. */
  readonly x?: string;
  /** Label of y, with the unit. */
  readonly y?: string;
  /** Approximate number of ticks along x and y; by default 6 and 5. */
  readonly ticks?: readonly [number, number];
  /** Whether ticks along x and y are labelled; by default both. */
  readonly numbers?: readonly [boolean, boolean];
  /** The ticks along x and y, for axes that are not linear in their labels. */
  readonly marks?: readonly [readonly Mark[], readonly Mark[]];
}

/** Ticks at round numbers, with as many digits as distinguish neighbours. */
export function marksOn(range: readonly [number, number], count: number): readonly Mark[] {
  const ticks = scaleLinear(range, [0, 1]).ticks(count);
  const size = Math.max(0, ...ticks.map(Math.abs));
  // A single tick has no neighbour: the range determines its digits.
  const step = ticks.length > 1 ? ticks[1]! - ticks[0]! : Math.abs(range[1] - range[0]) || 1;
  const [unit, suffix] = size >= 1e6 ? [1e6, " M"] : size >= 1e4 ? [1e3, " k"] : [1, ""];
  // A step of 0.02 takes two digits, one of 0.025 three: up to what the logarithm says and one more.
  const least = Math.max(0, -Math.floor(Math.log10(step / unit) + 1e-9));
  const exact = (digits: number): boolean =>
    ticks.every((value) =>
      Math.abs(Number((value / unit).toFixed(digits)) - value / unit) < 1e-3 * step / unit
    );
  const digits = exact(least) ? least : least + 1;
  return ticks.map((value): Mark => {
    const text = digits > 6
      ? value.toExponential(3)
      : `${(value / unit).toFixed(digits)}${value === 0 ? "" : suffix}`;
    return [value, (Number(text) === 0 ? "0" : text).replace("-", "\u2212")];
  });
}

/** The frame with its two axes. */
export function frameOf(frame: Frame, labels: FrameLabels): Markup {
  const { x, y, ticks = [6, 5], numbers = [true, true] } = labels;
  const marks = labels.marks ?? [marksOn(frame.x, ticks[0]), marksOn(frame.y, ticks[1])];
  const { left, top, width, height } = frame, bottom = top + height;
  const stroke = paint({ stroke: "muted" });
  return group(
    { class: "axes" },
    element("rect", { x: left, y: top, width, height, ...paint({ fill: "none", stroke: "muted" }) }),
    ...marks[0].flatMap(([value, written]) => {
      const [at] = project(frame, [value, frame.y[0]]);
      const mark = element("line", { x1: at, y1: bottom, x2: at, y2: bottom + 5, ...stroke });
      const text = label(at, bottom + 18, written, { anchor: "middle", ink: "muted", size: 11 });
      return numbers[0] ? [mark, text] : [mark];
    }),
    group(
      { class: "y-marks" },
      ...marks[1].flatMap(([value, written]) => {
        const [, at] = project(frame, [frame.x[0], value]);
        const mark = element("line", { x1: left - 5, y1: at, x2: left, y2: at, ...stroke });
        const text = label(left - 8, at + 4, written, { anchor: "end", ink: "muted", size: 11 });
        return numbers[1] ? [mark, text] : [mark];
      }),
    ),
    ...x === undefined ? [] : [label(left + width / 2, bottom + 38, x, { anchor: "middle" })],
    ...y === undefined ? [] : [label(left - 48, top + height / 2, y, { anchor: "middle", rotate: -90 })],
  );
}

/** Content clipped to the frame. `id` must be unique in the page. */
export const clippedTo = (
  { left, top, width, height }: Frame,
  id: string,
  ...children: readonly Markup[]
): Markup =>
  joined([
    element("clipPath", { id }, element("rect", { x: left, y: top, width, height })),
    group({ "clip-path": `url(#${id})` }, ...children),
  ]);

/** A line through points, as the data of a path. */
export const pathOf = (frame: Frame, points: readonly Point[]): string =>
  points.filter((point) => point.every(Number.isFinite)).map((point, k) =>
    `${k === 0 ? "M" : "L"}${project(frame, point).map(coordinate).join(" ")}`
  ).join("");

/** A number of tenths as short as SVG allows. */
const shortTenths = (value: number): string =>
  coordinate(Math.round(10 * value) / 10).replace(/^(-?)0\./, "$1.");

/** {@link pathOf} with each point relative to the one before it: half as long where points are close. */
export const relativePathOf = (frame: Frame, points: readonly Point[]): string => {
  const places = points.filter((point) => point.every(Number.isFinite)).map((point) => project(frame, point));
  return places.map(([x, y], k) => {
    if (k === 0) return `M${coordinate(x)} ${coordinate(y)}`;
    const [beforeX, beforeY] = places[k - 1]!, dx = shortTenths(x - beforeX), dy = shortTenths(y - beforeY);
    const between = (left: string, right: string): string =>
      right.startsWith("-") ? left + right : `${left} ${right}`;
    return k === 1 ? `l${between(dx, dy)}` : between("", between(dx, dy));
  }).join("");
};

/** An open line through points. */
export const lineThrough = (
  frame: Frame,
  points: readonly Point[],
  ink: Ink,
  attributes: Attributes = {},
): Markup =>
  element("path", {
    d: pathOf(frame, points),
    ...paint({ fill: "none", stroke: ink }),
    "stroke-width": 1.6,
    "stroke-linejoin": "round",
    ...attributes,
  });

/** The band between two lines over the same values of x. */
export const bandBetween = (
  frame: Frame,
  points: readonly (readonly [x: number, low: number, high: number])[],
  ink: Ink,
): Markup => {
  const high = points.map(([x, , y]): Point => [x, y]), low = points.map(([x, y]): Point => [x, y]).reverse();
  const d = pathOf(frame, [...high, ...low]);
  return element("path", { d: d === "" ? "" : `${d}Z`, ...paint({ fill: ink }), "fill-opacity": 0.22 });
};

/** A dashed horizontal line across the frame; its meaning, unless given elsewhere, stands at the left on a side of it. */
export function threshold(
  frame: Frame,
  value: number,
  meaning: string | null,
  side: "above" | "below" = "above",
): Markup {
  const [x1, y] = project(frame, [frame.x[0], value]), [x2] = project(frame, [frame.x[1], value]);
  return group(
    { class: "threshold" },
    element("line", {
      x1,
      y1: y,
      x2,
      y2: y,
      "stroke-dasharray": "6 4",
      "stroke-width": 1.4,
      ...paint({ stroke: "ink" }),
    }),
    ...meaning === null ? [] : [label(x1 + 6, side === "above" ? y - 6 : y + 14, meaning, { size: 11 })],
  );
}

/** An entry of a legend: a name and its symbol. */
export interface LegendEntry {
  readonly name: string;
  readonly ink: Ink;
  readonly dash?: string | undefined;
}

/** Height of a row of a legend. */
export const LEGEND_ROW = 19;

/** A short stroke with a name. */
const legendEntry = (x: number, y: number, { name, ink, dash }: LegendEntry): Markup =>
  joined([
    element("line", {
      x1: x,
      y1: y,
      x2: x + 24,
      y2: y,
      "stroke-width": 2.4,
      "stroke-dasharray": dash,
      ...paint({ stroke: ink }),
    }),
    label(x + 32, y + 4, name),
  ]);

/** A legend: short strokes with names, side by side. */
export function legendOf(left: number, top: number, entries: readonly LegendEntry[]): Markup {
  const ends = entries.map(({ name }) => 52 + 6.6 * name.length);
  const at = (k: number): number => ends.slice(0, k).reduce((x, width) => x + width, left);
  return group({ class: "legend" }, ...entries.map((entry, k) => legendEntry(at(k), top, entry)));
}

/** A legend with one entry per row, for long names. */
export const legendRows = (left: number, top: number, entries: readonly LegendEntry[]): Markup =>
  group({ class: "legend" }, ...entries.map((entry, k) => legendEntry(left, top + LEGEND_ROW * k, entry)));
