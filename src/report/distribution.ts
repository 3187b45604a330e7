/**
 * Distributions over episodes for each seed: of a number, or of a few modes.
 *
 * Laws, tested: every episode has a dot at its number; the lengths of a seed's bars are its shares; seeds are never
 * averaged.
 *
 * @module
 */

import { type Frame, frameOf, project, rangeOf } from "./chart.ts";
import { distinctNames } from "./curves.ts";
import type { Point } from "./panel.ts";
import { percentText } from "./quantities.ts";
import { quantileOf } from "./statistics.ts";
import {
  type Child,
  element,
  figure,
  FIGURE_WIDTH,
  group,
  type Ink,
  joined,
  label,
  type Markup,
  paint,
} from "./svg.ts";

/** The numbers of one seed. */
export interface SeedValues {
  /** Name of its run. */
  readonly run: string;
  /** The run's colour. */
  readonly ink: Ink;
  readonly seed: number;
  /** A number for each episode, or the shares of the modes. */
  readonly values: readonly number[];
}

/** A figure of distributions. */
export interface DistributionData {
  /** Class name, unique in the page. */
  readonly scope: string;
  readonly title: string;
  /** The axis' label, with the unit. */
  readonly quantity: string;
  readonly seeds: readonly SeedValues[];
  /** Whether to label seeds with their runs' names. */
  readonly named: boolean;
  /** Names of the modes, in order; their indices unless given. */
  readonly cases?: readonly string[] | undefined;
}

const WIDTH = FIGURE_WIDTH, TOP = 44, ROW = 22;

/** Approximate width of a letter, in pixels. */
const LETTER = 6.2;

/** The labels of the rows. */
function namesOf({ seeds, named }: DistributionData): readonly string[] {
  const runs = [...new Set(seeds.map(({ run }) => run))], short = distinctNames(runs);
  return seeds.map(({ run, seed }) => named ? `${short[runs.indexOf(run)]}, ${seed}` : `seed ${seed}`);
}

/** The figure around its rows. */
function rowsFigure(
  data: DistributionData,
  key: { readonly shown: Child; readonly text: string },
  frame: Frame,
  axis: { readonly x: string; readonly marks?: boolean },
  ...rows: readonly Markup[]
): string {
  const { scope, title } = data;
  return figure(
    {
      scope,
      width: WIDTH,
      height: frame.top + frame.height + 50,
      title,
      description: `${axis.x}, ${key.text}`,
    },
    label(16, 18, title, { weight: "bold", size: 14 }),
    label(16, 35, key.shown, { ink: "muted", size: 11 }),
    frameOf(frame, { x: axis.x, numbers: [true, false], ticks: [5, 0] }),
    ...namesOf(data).map((name, row) =>
      label(frame.left - 8, frame.top + ROW * (row + 0.5) + 4, name, {
        anchor: "end",
        size: 11,
      })
    ),
    ...rows,
  );
}

/** The frame of rows, its left edge after the longest name. */
const frameAround = (data: DistributionData, x: readonly [number, number]): Frame => {
  const names = namesOf(data), left = 24 + LETTER * Math.max(...names.map(({ length }) => length));
  return { left, top: TOP, width: WIDTH - left - 16, height: ROW * names.length, x, y: [names.length, 0] };
};

/** The offset of the k-th of n dots across its row: evenly spread, in an order unrelated to the numbers. */
const spread = (k: number): number => (k * 0.618034) % 1 - 0.5;

const EPISODES_KEY = "a dot: an episode; bar: the middle half; stroke: median";

/** A number for each episode: dots, with the quartiles as a bar and the median as a stroke. */
export function episodesFigure(data: DistributionData): string {
  const { seeds, quantity } = data, frame = frameAround(data, rangeOf(seeds.flatMap(({ values }) => values)));
  const rows = seeds.map(({ run, ink, seed, values }, row) => {
    const at = (x: number, y: number): Point => project(frame, [x, row + 0.5 + y]);
    const [low, middle, high] = [0.25, 0.5, 0.75].map((p) => quantileOf(values, p)) as [
      number,
      number,
      number,
    ];
    const [x1, y1] = at(low, -0.28), [x2, y2] = at(high, 0.28), [xm] = at(middle, 0);
    return group(
      { class: "distribution", "data-run": run, "data-seed": seed },
      element("rect", {
        x: x1,
        y: y1,
        width: Math.max(1, x2 - x1),
        height: y2 - y1,
        ...paint({ fill: ink }),
        "fill-opacity": 0.25,
      }),
      group(
        { ...paint({ fill: ink }), "fill-opacity": 0.6 },
        ...values.map((value, k) => {
          const [cx, cy] = at(value, 0.62 * spread(k));
          return element("circle", { cx, cy, r: 1.8 });
        }),
      ),
      element("line", { x1: xm, y1, x2: xm, y2, ...paint({ stroke: ink }), "stroke-width": 2.2 }),
    );
  });
  return rowsFigure(
    data,
    { shown: EPISODES_KEY, text: EPISODES_KEY },
    frame,
    { x: quantity },
    ...rows,
  );
}

/** Opacities of the modes in their run's colour, and the readable ink on each. */
const SHADES: readonly (readonly [opacity: number, text: Ink])[] = [
  [1, "paper"],
  [0.55, "ink"],
  [0.3, "ink"],
  [0.13, "ink"],
];

const shadeOf = (k: number): (typeof SHADES)[number] => SHADES[k % SHADES.length]!;

/** The legend of the modes. */
const casesKey = (names: readonly string[]): { readonly shown: Child; readonly text: string } => ({
  shown: joined([
    element("tspan", {}, "the final evaluation:"),
    ...names.flatMap((name, k) => [
      element("tspan", { ...paint({ fill: "ink" }), "fill-opacity": shadeOf(k)[0] }, " \u25a0 "),
      element("tspan", {}, name),
    ]),
  ]),
  text: `the final evaluation: ${names.join(", ")}`,
});

/** Shares of a few modes: a stacked bar for each seed in its run's colour, so that a seed with a single mode shows. */
export function modesFigure(data: DistributionData): string {
  const { seeds, quantity } = data, frame = frameAround(data, [0, 1]);
  const count = Math.max(...seeds.map(({ values }) => values.length));
  const names = Array.from({ length: count }, (_, k) => data.cases?.[k] ?? String(k + 1));
  const rows = seeds.map(({ run, ink, seed, values }, row) => {
    let from = 0;
    return group(
      { class: "modes", "data-run": run, "data-seed": seed },
      ...values.map((value, k) => {
        const [x1, y1] = project(frame, [from, row + 0.14]),
          [x2, y2] = project(frame, [from + value, row + 0.86]);
        const [opacity, text] = shadeOf(k);
        from += value;
        return group(
          {},
          element("title", {}, `${run}, seed ${seed}, ${names[k]}: ${percentText(value)}`),
          element("rect", {
            x: x1,
            y: y1,
            width: Math.max(0, x2 - x1),
            height: y2 - y1,
            "data-share": value,
            ...paint({ fill: ink, stroke: ink }),
            "fill-opacity": opacity,
            "stroke-width": 0.8,
          }),
          ...x2 - x1 > 6 + LETTER * names[k]!.length
            ? [
              label((x1 + x2) / 2, (y1 + y2) / 2 + 4, names[k]!, {
                anchor: "middle",
                size: 11,
                ink: text,
              }),
            ]
            : [],
        );
      }),
    );
  });
  return rowsFigure(data, casesKey(names), frame, { x: quantity }, ...rows);
}
