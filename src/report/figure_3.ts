/**
 * The paper's third figure: the best value of each run since the start of training, one line per run.
 *
 * Swimmer: greatest forward distance, with the finish line. Maze: least distance to the goal, with the least that the
 * blocked passage allows. A run has explored once its line has crossed the threshold.
 *
 * @module
 */

import { ALGORITHM_NAMES } from "../learn/algorithms.ts";
import {
  clippedTo,
  type Frame,
  frameOf,
  LEGEND_ROW,
  legendRows,
  lineThrough,
  rangeOf,
  threshold,
} from "./chart.ts";
import { algorithmStyle } from "./line_style.ts";
import type { Point } from "./panel.ts";
import { counted } from "./quantities.ts";
import { CAPTION, figure, FIGURE_WIDTH, group, heading, LINE_HEIGHT, lines, MARGIN, rowsOf } from "./svg.ts";

/** The best values of a run. */
export interface BestLine {
  /** Name of the algorithm. */
  readonly algorithm: string;
  /** Environment steps, and the best value so far; drawn as a step function. */
  readonly points: readonly Point[];
}

/** The data of the figure. */
export interface Figure3Data {
  /** The heading. */
  readonly title: string;
  /** The caption, below the figure. */
  readonly caption: string;
  /** Label of the measure, with its unit. */
  readonly measure: string;
  /** The threshold and its meaning, if there is one. */
  readonly threshold: { readonly value: number; readonly meaning: string } | null;
  /** One line per run. */
  readonly runs: readonly BestLine[];
}

/** A title with the setting that distinguishes its figure from similar ones. */
export const titled = (title: string, setting = ""): string =>
  setting === "" ? title : `${title} (${setting})`;

/** A step function through points. */
const stepped = (points: readonly Point[]): readonly Point[] =>
  points.flatMap(([x, y], k): readonly Point[] => k === 0 ? [[x, y]] : [[x, points[k - 1]![1]], [x, y]]);

/** The side of the threshold on which fewer runs begin, so that its meaning stands clear of most of them. */
const sideOf = (value: number, runs: readonly BestLine[]): "above" | "below" => {
  const over = runs.filter(({ points }) => (points[0]?.[1] ?? -Infinity) > value).length;
  return 2 * over > runs.length ? "below" : "above";
};

/** The figure as the text of an SVG file. */
export function figure3(data: Figure3Data, scope = "figure-3"): string {
  const places = data.runs.flatMap(({ points }) => points);
  const present = ALGORITHM_NAMES.filter((algorithm) => data.runs.some((run) => run.algorithm === algorithm));
  const frame: Frame = {
    left: 60,
    top: 50 + LEGEND_ROW * present.length,
    width: FIGURE_WIDTH - 76,
    height: 220,
    // A little wider, so that the last step down or up stands clear of the frame.
    x: [0, 1.02 * Math.max(1, ...places.map(([x]) => x))],
    y: rangeOf([...places.map(([, y]) => y), ...data.threshold === null ? [] : [data.threshold.value]], 0.1),
  };
  const caption = rowsOf(data.caption, CAPTION), bottom = frame.top + frame.height + 58;
  return figure(
    {
      scope,
      width: FIGURE_WIDTH,
      height: bottom + LINE_HEIGHT * caption.length,
      title: data.title,
      description: `${data.measure} reached so far over environment steps, one line for each of ` +
        counted(data.runs.length, "run") +
        (data.threshold === null
          ? "."
          : `; threshold at ${data.threshold.value}: ${data.threshold.meaning}.`),
    },
    heading(MARGIN, 28, data.title, FIGURE_WIDTH - 2 * MARGIN),
    legendRows(
      frame.left,
      52,
      present.map((algorithm) => ({
        ...algorithmStyle(algorithm),
        name: `${algorithmStyle(algorithm).name} (${
          counted(data.runs.filter((r) => r.algorithm === algorithm).length, "run")
        })`,
      })),
    ),
    clippedTo(
      frame,
      `${scope}-clip`,
      group(
        { class: "runs" },
        ...data.runs.map(({ algorithm, points }) =>
          lineThrough(frame, stepped(points), algorithmStyle(algorithm).ink, {
            "stroke-dasharray": algorithmStyle(algorithm).dash,
            "stroke-opacity": 0.8,
          })
        ),
      ),
      ...data.threshold === null ? [] : [
        threshold(
          frame,
          data.threshold.value,
          data.threshold.meaning,
          sideOf(data.threshold.value, data.runs),
        ),
      ],
    ),
    frameOf(frame, { x: "environment steps of each run", y: data.measure }),
    lines(MARGIN, bottom, data.caption, CAPTION, { ink: "muted", size: 11 }),
  );
}
