/**
 * A panel: a frame with two linear scales, axes with ticks, labels and units, a clip, and level curves of a grid.
 *
 * Laws, tested: a grid's values are drawn at their coordinates; thresholds are round numbers at equal steps strictly
 * inside the range of the finite values.
 *
 * @module
 */

import { contours, line, scaleLinear } from "./deps.ts";
import { type Child, coordinate, element, group, joined, label, type Markup, paint } from "./svg.ts";

/** A point in the units of the axes. */
export type Point = readonly [number, number];

/** A function's values on a regular grid. */
export interface Grid {
  /** Coordinates of the first and the last column. */
  readonly x: readonly [number, number];
  /** Coordinates of the first and the last row. */
  readonly y: readonly [number, number];
  /** Columns, at least 2. */
  readonly width: number;
  /** Rows, at least 2. */
  readonly height: number;
  /** `[height, width]` row-major; non-finite values lie below every level. */
  readonly values: ArrayLike<number>;
}

/** The grid of a function. */
export function gridOf(
  x: readonly [number, number],
  y: readonly [number, number],
  width: number,
  height: number,
  f: (x: number, y: number) => number,
): Grid {
  const at = (range: readonly [number, number], i: number, count: number): number =>
    range[0] + (range[1] - range[0]) * i / (count - 1);
  return {
    x,
    y,
    width,
    height,
    values: Float64Array.from(
      { length: width * height },
      (_, k) => f(at(x, k % width, width), at(y, Math.floor(k / width), height)),
    ),
  };
}

/** A frame on the page with the ranges of its axes. */
export interface Panel {
  /** Left edge on the page, in pixels. */
  readonly left: number;
  /** Top edge on the page, in pixels. */
  readonly top: number;
  /** Width and height on the page, in pixels. */
  readonly size: number;
  /** Least and greatest value along x. */
  readonly x: readonly [number, number];
  /** Least and greatest value along y, upwards. */
  readonly y: readonly [number, number];
}

/** A place on the page, to a tenth of a pixel. */
export function onPage(panel: Panel, [x, y]: Point): Point {
  const { left, top, size } = panel;
  const right = scaleLinear(panel.x, [left, left + size])(x),
    down = scaleLinear(panel.y, [top + size, top])(y);
  return [Math.round(right * 10) / 10, Math.round(down * 10) / 10];
}

/** An axis: at most about `ticks` round numbers, and a label with the unit. */
export interface Axis {
  /** Label of the axis. */
  readonly label?: Child;
  /** Approximate number of ticks. */
  readonly ticks: number;
  /** Whether ticks are labelled. */
  readonly numbers?: boolean;
}

function tickText(value: number): string {
  return coordinate(value).replace("-", "\u2212");
}

/** The frame of a panel with its two axes. */
export function axes(panel: Panel, x: Axis, y: Axis): Markup {
  const { left, top, size } = panel;
  const bottom = top + size;
  const pieces: Markup[] = [
    element("rect", {
      x: left,
      y: top,
      width: size,
      height: size,
      ...paint({ fill: "none", stroke: "muted" }),
    }),
  ];
  const mark = (x1: number, y1: number, x2: number, y2: number): Markup =>
    element("line", { x1, y1, x2, y2, ...paint({ stroke: "muted" }) });
  for (const value of scaleLinear(panel.x, [0, 1]).ticks(x.ticks)) {
    const [at] = onPage(panel, [value, panel.y[0]]);
    pieces.push(mark(at, bottom, at, bottom + 5));
    if (x.numbers ?? true) {
      pieces.push(label(at, bottom + 18, tickText(value), { anchor: "middle", ink: "muted", size: 11 }));
    }
  }
  for (const value of scaleLinear(panel.y, [0, 1]).ticks(y.ticks)) {
    const [, at] = onPage(panel, [panel.x[0], value]);
    pieces.push(mark(left - 5, at, left, at));
    if (y.numbers ?? true) {
      pieces.push(label(left - 8, at + 4, tickText(value), { anchor: "end", ink: "muted", size: 11 }));
    }
  }
  if (x.label) pieces.push(label(left + size / 2, bottom + 36, x.label, { anchor: "middle" }));
  if (y.label) {
    pieces.push(label(left - 44, top + size / 2, y.label, { anchor: "middle", rotate: -90 }));
  }
  return group({ class: "axes" }, ...pieces);
}

/** Content clipped to a panel's frame. `id` must be unique in the page. */
export function clipped(panel: Panel, id: string, ...children: readonly Markup[]): Markup {
  const { left, top, size } = panel;
  return joined([
    element("clipPath", { id }, element("rect", { x: left, y: top, width: size, height: size })),
    group({ "clip-path": `url(#${id})` }, ...children),
  ]);
}

/** About `count` levels at equal round steps between the least and the largest finite value; none if they are equal. */
export function levelsOf(values: ArrayLike<number>, count: number): readonly number[] {
  let least = Infinity, largest = -Infinity;
  for (let k = 0; k < values.length; k++) {
    if (!Number.isFinite(values[k])) continue;
    least = Math.min(least, values[k]!);
    largest = Math.max(largest, values[k]!);
  }
  if (!(least < largest)) return [];
  return scaleLinear([least, largest], [0, 1]).ticks(count).filter((level) =>
    level > least && level < largest
  );
}

/** The step between levels, at least two, as text. */
export const levelStep = (levels: readonly number[]): string => coordinate(levels[1]! - levels[0]!);

/**
 * A path's points without those on a horizontal or vertical line between their neighbours, such as nearly all of a
 * contour's along the edge of its grid; the path looks the same.
 */
function corners(points: readonly Point[]): readonly Point[] {
  const kept: Point[] = [];
  points.forEach((point, k) => {
    const last = kept.at(-1), next = points[k + 1];
    const between = (along: 0 | 1, across: 0 | 1): boolean =>
      last !== undefined && next !== undefined && last[across] === point[across] &&
      point[across] === next[across] &&
      (point[along] - last[along]) * (next[along] - point[along]) >= 0;
    if (!between(0, 1) && !between(1, 0)) kept.push(point);
  });
  return kept;
}

/**
 * The level curves of a grid: one closed path per level, each with a faint fill; the fills accumulate with height.
 */
export function levelCurves(panel: Panel, grid: Grid, levels: readonly number[]): Markup {
  const { x, y, width, height, values } = grid;
  if (values.length !== width * height || width < 2 || height < 2) {
    throw new RangeError(`A grid of ${width} columns and ${height} rows has ${values.length} values`);
  }
  const raised = Array.from(values, (value) => Number.isFinite(value) ? value : -Number.MAX_VALUE);
  // The contour of d3 has value (i, j) at (i + 1/2, j + 1/2) and closes half a cell outside, where the clip hides it.
  const place = (corner: readonly number[]): Point => {
    const [column, row] = corner as Point;
    return onPage(panel, [
      x[0] + (x[1] - x[0]) * (column - 0.5) / (width - 1),
      y[0] + (y[1] - y[0]) * (row - 0.5) / (height - 1),
    ]);
  };
  const path = line<Point>();
  const shapes = contours().size([width, height]).thresholds([...levels])(raised);
  return group(
    {
      class: "levels fill-level stroke-level",
      fill: paint({ fill: "level" })["fill"],
      stroke: paint({ stroke: "level" })["stroke"],
      "fill-opacity": 0.042,
      "stroke-opacity": 0.7,
      "stroke-width": 0.7,
      "fill-rule": "evenodd",
    },
    ...shapes.filter(({ coordinates }) => coordinates.length > 0).map(({ coordinates }) =>
      element("path", { d: coordinates.flat().map((ring) => `${path(corners(ring.map(place)))}Z`).join("") })
    ),
  );
}

/** A sequence of points as one open line. */
export function polyline(
  panel: Panel,
  points: readonly Point[],
  attributes: Parameters<typeof element>[1],
): Markup {
  const path = line<Point>();
  return element("path", { d: path(points.map((point) => onPage(panel, point))) ?? "", ...attributes });
}

/** Points as dots of the same radius, in pixels. */
export function dots(
  panel: Panel,
  points: readonly Point[],
  radius: number,
  attributes: Parameters<typeof group>[0],
): Markup {
  return group(
    attributes,
    ...points.map((point) => {
      const [cx, cy] = onPage(panel, point);
      return element("circle", { cx, cy, r: radius });
    }),
  );
}
