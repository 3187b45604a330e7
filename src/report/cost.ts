/**
 * The cost of an update: a panel for each size that grows, on logarithmic axes, with a line for each device.
 *
 * Laws, tested: every measured point is drawn at its place, and points on a line of slope one lie along the guide; all
 * panels share one scale of cost; values without a logarithm are omitted; equal input gives equal text.
 *
 * @module
 */

import {
  clippedTo,
  type Frame,
  frameOf,
  LEGEND_ROW,
  legendRows,
  lineThrough,
  type Mark,
  project,
  rangeOf,
} from "./chart.ts";
import { styleOf } from "./line_style.ts";
import type { Point } from "./panel.ts";
import {
  CAPTION,
  coordinate,
  element,
  figure,
  FIGURE_WIDTH,
  group,
  type Ink,
  joined,
  label,
  LINE_HEIGHT,
  lines,
  MARGIN,
  type Markup,
  paint,
  rowsOf,
} from "./svg.ts";

/** The sizes that grow, in the order of the panels. */
export const COST_AXES = {
  hidden: { title: "Hidden width", unit: "units in each of two layers", growth: 1 },
  batch: { title: "Batch", unit: "transitions in a minibatch", growth: 1 },
  particles: { title: "Particles", unit: "of each of the three kinds", growth: 1 },
  // Costs are per replica, so that a cost proportional to the number of replicas is level.
  replicas: { title: "Replicas", unit: "replicas in one program", growth: 0 },
  action: { title: "Action", unit: "numbers in an action", growth: 1 },
  observation: { title: "Observation", unit: "numbers in an observation", growth: 1 },
  replay: { title: "Replay", unit: "transitions kept", growth: 1 },
  // Not of an update, but of 100 environment steps, acting included.
  environments: { title: "Environments", unit: "environments (ms/100 steps)", growth: 0 },
} as const;

/** Name of a size that grows. */
export type CostAxis = keyof typeof COST_AXES;

/** A measured point. */
export interface CostPoint {
  /** The size that grows. */
  readonly axis: CostAxis;
  /** Its value. */
  readonly value: number;
  /** Name of the device in the legend. */
  readonly device: string;
  /** Milliseconds per update of one replica, or per 100 environment steps: the median over the rounds. */
  readonly milliseconds: number;
  /** The least and the greatest of the rounds, in the same unit. */
  readonly spread: readonly [number, number];
  /** What the largest parts of its memory come to, of all replicas, MB; absent where it was not told. */
  readonly megabytes?: number;
}

/** The data of the figure. */
export interface CostData {
  /** The heading. */
  readonly title: string;
  /** Captions below the figure: the machine of each run. */
  readonly captions: readonly string[];
  /** The sizes that the other panels hold fixed. */
  readonly base: Readonly<Record<CostAxis, number>>;
  /** The points, by increasing value. */
  readonly points: readonly CostPoint[];
}

/** Layout of the panels, in pixels. */
const LEFT = 60, ACROSS = 172, DOWN = 170, COLUMN = 194, ROW = 246;

const positive = (value: number): boolean => value > 0 && Number.isFinite(value);

/** The place of a value and a cost on logarithmic axes: x doubles with each unit, y grows tenfold. */
const logarithms = (value: number, milliseconds: number): Point => [
  Math.log2(value),
  Math.log10(milliseconds),
];

/** Ticks at 1, 2 and 5 times the powers of ten, or at the powers alone if those are too many. */
function costMarks([low, high]: readonly [number, number]): readonly Mark[] {
  const powers = Array.from({ length: Math.ceil(high) - Math.floor(low) + 1 }, (_, k) => Math.floor(low) + k);
  const marksAt = (digits: readonly number[]): readonly Mark[] =>
    powers.flatMap((power) => digits.map((digit) => digit * 10 ** power))
      .map((value): Mark => [Math.log10(value), coordinate(value)])
      .filter(([at]) => at >= low && at <= high);
  const fine = marksAt([1, 2, 5]), coarse = marksAt([1]);
  return fine.length > 8 ? coarse : fine;
}

/** A size in few letters: a power of ten as such where it is long. */
const sizeText = (value: number): string =>
  value >= 10_000 && Number.isInteger(Math.log10(value)) ? `1e${Math.log10(value)}` : String(value);

/** Marks at the sizes, or at every second of them where all would touch. */
function sizeMarks(values: readonly number[]): readonly Mark[] {
  const shown = values.length > 6 ? values.filter((_, k) => k % 2 === 0) : values;
  return shown.map((value): Mark => [Math.log2(value), sizeText(value)]);
}

/** A point's mark: devices differ in shape as well as in colour. */
function markOf([x, y]: Point, shape: number, ink: Ink, title: string): Markup {
  const meaning = element("title", {}, title);
  return shape % 2 === 0
    ? element("circle", { cx: x, cy: y, r: 4, ...paint({ fill: ink }) }, meaning)
    : element("rect", { x: x - 4, y: y - 4, width: 8, height: 8, ...paint({ fill: ink }) }, meaning);
}

/** The line of one device, with a bar at each point from the least round to the greatest. */
function lineOf(frame: Frame, points: readonly CostPoint[], k: number): Markup {
  const { ink } = styleOf(k), dash = k % 2 === 0 ? undefined : "7 3";
  const places = points.map(({ value, milliseconds }) => logarithms(value, milliseconds));
  return group(
    { class: "device", "data-device": points[0]?.device },
    lineThrough(frame, places, ink, { "stroke-width": 2, "stroke-dasharray": dash }),
    ...points.map(({ value, milliseconds, spread, device }, i) => {
      const title = `${device}, ${value}: ${coordinate(Number(milliseconds.toPrecision(3)))} ms`;
      const bar = spread.every(positive)
        ? [lineThrough(frame, spread.map((each) => logarithms(value, each)), ink)]
        : [];
      return joined([...bar, markOf(project(frame, places[i]!), k, ink, title)]);
    }),
  );
}

/** The guide of proportional growth through the base's point. */
function guideOf(frame: Frame, base: CostPoint, growth: number): Markup {
  const [x0, y0] = logarithms(base.value, base.milliseconds);
  const perDoubling = growth * Math.log10(2);
  const line = frame.x.map((x): Point => [x, y0 + perDoubling * (x - x0)]);
  return lineThrough(frame, line, "muted", { class: "guide stroke-muted", "stroke-dasharray": "2 4" });
}

/** The figure as the text of an SVG file. */
export function costFigure({ title, captions, base, points }: CostData, scope = "cost"): string {
  const shown = points.filter(({ value, milliseconds }) => positive(value) && positive(milliseconds));
  const devices = [...new Set(shown.map(({ device }) => device))];
  const fixed =
    `${base.hidden} hidden units, ${base.batch} transitions, ${base.particles} particles of each ` +
    `kind, ${base.replicas} ${base.replicas === 1 ? "replica" : "replicas"}, actions of ${base.action} and ` +
    `observations of ${base.observation} numbers, a replay of ${base.replay}`;
  const key = `One size grows, the others stay: ${fixed}. Bars: least to greatest round.`;
  const legendTop = 46 + LINE_HEIGHT * rowsOf(key, CAPTION).length;
  const top = legendTop + LEGEND_ROW * (devices.length + 1) + 22;
  const y = rangeOf(
    shown.flatMap(({ milliseconds, spread }) => [milliseconds, ...spread.filter(positive)]).map(Math.log10),
    0.1,
  );
  const panels = (Object.keys(COST_AXES) as CostAxis[]).map((axis, k) => {
    const here = shown.filter((point) => point.axis === axis), { title, unit, growth } = COST_AXES[axis];
    const values = [...new Set(here.map(({ value }) => value))];
    const frame: Frame = {
      left: LEFT + COLUMN * (k % 2),
      top: top + ROW * Math.floor(k / 2),
      width: ACROSS,
      height: DOWN,
      x: rangeOf(values.map(Math.log2), 0.08),
      y,
    };
    const atBase = here.find(({ value, device }) => value === base[axis] && device === devices[0]);
    const lines = devices.map((device, i) => lineOf(frame, here.filter((p) => p.device === device), i));
    const marks = [sizeMarks(values), costMarks(y)] as const;
    return group(
      { class: "panel", "data-axis": axis },
      label(frame.left, frame.top - 10, title, { weight: "bold", size: 13 }),
      // All panels share one scale of cost, labelled once per row.
      frameOf(frame, {
        x: unit,
        ...k % 2 === 0 ? { y: "ms per update of one replica" } : {},
        marks,
        numbers: [true, k % 2 === 0],
      }),
      clippedTo(
        frame,
        `${scope}-${axis}-clip`,
        ...atBase === undefined ? [] : [guideOf(frame, atBase, growth)],
        ...lines,
      ),
    );
  });
  const bottom = top + Math.ceil(panels.length / 2) * ROW - 14,
    below = captions.flatMap((line) => rowsOf(line, CAPTION));
  return figure(
    {
      scope,
      width: FIGURE_WIDTH,
      height: bottom + LINE_HEIGHT * below.length,
      title,
      description: `Milliseconds per update of one replica, on logarithmic axes, against ` +
        `${Object.values(COST_AXES).map(({ title }) => title.toLowerCase()).join(", ")}, on ${
          devices.join(" and ")
        }. Held fixed: ${fixed}.`,
    },
    label(MARGIN, 26, title, { weight: "bold", size: 16 }),
    lines(MARGIN, 44, key, CAPTION, { ink: "muted", size: 11 }),
    legendRows(MARGIN, legendTop, [
      ...devices.map((name, k) => ({ name, ink: styleOf(k).ink, ...k % 2 === 0 ? {} : { dash: "7 3" } })),
      {
        name: "in proportion (replicas, environments: level)",
        ink: "muted",
        dash: "2 4",
      },
    ]),
    ...panels,
    ...below.map((line, k) => label(MARGIN, bottom + LINE_HEIGHT * k, line, { ink: "muted", size: 11 })),
  );
}
