/**
 * The paper's sixth figure: where the episodes of each evaluation ended, one row per run.
 *
 * A band spans the least and the greatest distance of an evaluation's episodes. A policy that explores both ways has a
 * band on both sides of zero; a deterministic one has hardly any.
 *
 * @module
 */

import { bandBetween, clippedTo, type Frame, frameOf, lineThrough, rangeOf, threshold } from "./chart.ts";
import { algorithmStyle } from "./line_style.ts";
import { counted } from "./quantities.ts";
import type { Point } from "./panel.ts";
import {
  CAPTION,
  figure,
  FIGURE_WIDTH,
  group,
  heading,
  label,
  LINE_HEIGHT,
  lines,
  MARGIN,
  rowsOf,
} from "./svg.ts";

/** One run's evaluations. */
export interface SpreadRow {
  /** Name of the algorithm. */
  readonly algorithm: string;
  /** Its seed. */
  readonly seed: number;
  /** Environment steps, least, mean and greatest distance, m. */
  readonly evaluations: readonly (readonly [step: number, least: number, mean: number, greatest: number])[];
}

/** The data of the figure. */
export interface Figure6Data {
  /** The heading. */
  readonly title: string;
  /** The caption, below the figure. */
  readonly caption: string;
  /** Position of the finish line, m, if there is one. */
  readonly finish: number | null;
  /** One row per run. */
  readonly rows: readonly SpreadRow[];
}

/** A row's height, the space above it for its label, and the place of the first row. */
const ROW = 62, ABOVE = 22, TOP = 92, LEFT = 50, WIDTH = FIGURE_WIDTH - LEFT - 16;

/** What a row shows, written under the title. */
const KEY = "distance at an episode's end (m; forward is up): least to greatest, and mean",
  DASHED = "; dashed: the finish line";

/** The figure as the text of an SVG file. */
export function figure6(data: Figure6Data, scope = "figure-6"): string {
  const all = data.rows.flatMap(({ evaluations }) => evaluations);
  const y = rangeOf(
    [...all.flatMap(([, least, , greatest]) => [least, greatest]), data.finish ?? 0, 0],
    0.12,
  );
  const x = [0, Math.max(1, ...all.map(([step]) => step))] as const;
  const bottom = TOP + data.rows.length * (ROW + ABOVE) - ABOVE;
  const rows = data.rows.map(({ algorithm, seed, evaluations }, k) => {
    const frame: Frame = { left: LEFT, top: TOP + k * (ROW + ABOVE), width: WIDTH, height: ROW, x, y };
    const isLast = k === data.rows.length - 1, { ink, name } = algorithmStyle(algorithm);
    return group(
      { class: "row" },
      label(LEFT, frame.top - 6, `${name}, seed ${seed}`, { weight: "bold", size: 11 }),
      clippedTo(
        frame,
        `${scope}-row-${k}`,
        lineThrough(frame, [[x[0], 0], [x[1], 0]], "muted", { "stroke-width": 0.8 }),
        bandBetween(frame, evaluations.map(([step, least, , greatest]) => [step, least, greatest]), ink),
        lineThrough(frame, evaluations.map(([step, , mean]): Point => [step, mean]), ink),
        ...data.finish === null ? [] : [threshold(frame, data.finish, null)],
      ),
      frameOf(frame, {
        ticks: [6, 3],
        numbers: [isLast, true],
        ...isLast ? { x: "environment steps" } : {},
      }),
    );
  });
  return figure(
    {
      scope,
      width: FIGURE_WIDTH,
      height: bottom + 58 + LINE_HEIGHT * rowsOf(data.caption, CAPTION).length,
      title: data.title,
      description:
        `Forward distance in metres of each evaluation's episodes, least to greatest and mean, for ` +
        counted(data.rows.length, "run") +
        (data.finish === null ? "." : `; finish line at ${data.finish} m.`),
    },
    heading(MARGIN, 28, data.title, FIGURE_WIDTH - 2 * MARGIN),
    lines(MARGIN, 49, data.finish === null ? KEY : KEY + DASHED, CAPTION, { ink: "muted", size: 11 }),
    ...rows,
    lines(MARGIN, bottom + 58, data.caption, CAPTION, { ink: "muted", size: 11 }),
  );
}
