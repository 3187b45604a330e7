/**
 * The paper's seventh figure: paths of the centre of mass of pretrained policies, one panel per run, all to one scale.
 *
 * @module
 */

import { clippedTo, type Frame, frameOf, project, relativePathOf } from "./chart.ts";
import { algorithmStyle } from "./line_style.ts";
import type { Point } from "./panel.ts";
import {
  CAPTION,
  element,
  figure,
  FIGURE_WIDTH,
  group,
  heading,
  label,
  LINE_HEIGHT,
  lines,
  MARGIN,
  paint,
  rowsOf,
} from "./svg.ts";

/** The paths of one run. */
export interface TracePanel {
  /** Name of the algorithm, which determines the colour. */
  readonly algorithm: string;
  /** Heading of the panel, for example `α = 0.1, seed 0`. */
  readonly heading: string;
  /** A summary of the paths, in a few words. */
  readonly note: string;
  /** The paths, m from the start. */
  readonly traces: readonly (readonly Point[])[];
}

/** The data of the figure. */
export interface Figure7Data {
  /** The heading. */
  readonly title: string;
  /** The caption, below the figure. */
  readonly caption: string;
  /** Drawn row by row, two side by side. */
  readonly panels: readonly TracePanel[];
}

/** Distance within which a path's points are merged, in pixels. */
const CLOSE = 3;

/** Explanation of the number in the panels' notes. */
const RESULTANT =
  "resultant: length of the mean of the headings' unit vectors, 0 in all directions alike, 1 all in one";

/** A path without the points that are closer than `close` to the last one before them; its end stays. */
export function thinned(trace: readonly Point[], close: number): readonly Point[] {
  const kept: Point[] = [];
  trace.forEach((point, k) => {
    const last = kept[kept.length - 1];
    if (
      last === undefined || k === trace.length - 1 ||
      Math.hypot(point[0] - last[0], point[1] - last[1]) >= close
    ) kept.push(point);
  });
  return kept;
}

/** Two columns: the names of settings are long. */
const COLUMNS = 2, SIZE = 172, GAP = 24, LEFT = 60;

/** The first row's place under the figure's title, and what lies between two rows, both without their headings. */
const TOP = 48, BETWEEN = 30;

/** Number of lines above a panel, at least: two of its heading and two of its note. */
const LINES = 4;

/** Maximum length of a panel's heading. */
const HEADING = 26;

/** A panel's heading, and its note in one line or two. */
function wordsOf({ heading, note }: TracePanel) {
  const name = heading.replace(/ (?=\d+$)/, "\u00a0"); // a seed's number stays with its word
  const comma = note.indexOf(", ");
  return { name, notes: comma < 0 ? [note] : [note.slice(0, comma), note.slice(comma + 2)] };
}

/** The places of the rows' frames, below the highest words of each, by the numbers of lines above the panels. */
function topsOf(above: readonly number[]): readonly number[] {
  const tops: number[] = [];
  for (let k = 0; k === 0 || k < above.length; k += COLUMNS) {
    const words = Math.max(LINES, ...above.slice(k, k + COLUMNS)) * LINE_HEIGHT;
    tops.push(words + (k === 0 ? TOP : tops[tops.length - 1]! + SIZE + BETWEEN));
  }
  return tops;
}

/** The figure as the text of an SVG file. */
export function figure7(data: Figure7Data, scope = "figure-7"): string {
  const finite = (point: Point): boolean => point.every(Number.isFinite);
  const reach = data.panels.flatMap(({ traces }) => traces.flat().filter(finite)).reduce(
    (most, [x, y]) => Math.max(most, Math.abs(x), Math.abs(y)),
    1,
  ) * 1.05;
  const all = data.panels.map((panel) => ({ ...panel, ...wordsOf(panel) }));
  const tops = topsOf(all.map(({ name, notes }) => notes.length + rowsOf(name, HEADING).length));
  const bottom = tops[tops.length - 1]! + SIZE, caption = `${data.caption}; ${RESULTANT}`;
  const panels = all.map(({ algorithm, name, notes, traces }, k) => {
    const { ink } = algorithmStyle(algorithm), c = k % COLUMNS, r = Math.floor(k / COLUMNS);
    const frame: Frame = {
      left: LEFT + c * (SIZE + GAP),
      top: tops[r]!,
      width: SIZE,
      height: SIZE,
      x: [-reach, reach],
      y: [-reach, reach],
    };
    const ends = traces.flatMap((trace) => trace.filter(finite).slice(-1));
    const centre = frame.left + SIZE / 2, middle = frame.top + SIZE / 2;
    return group(
      { class: "traces" },
      // Headings of settings with long names take two lines.
      lines(
        frame.left,
        frame.top - 8 - LINE_HEIGHT * (notes.length + rowsOf(name, HEADING).length - 1),
        name,
        HEADING,
        { weight: "bold", size: 11.5 },
      ),
      ...notes.map((each, n) =>
        label(frame.left, frame.top - 8 - LINE_HEIGHT * (notes.length - 1 - n), each, {
          ink: "muted",
          size: 11,
        })
      ),
      clippedTo(
        frame,
        `${scope}-${c}-${r}`,
        group(
          {
            ...paint({ fill: "none", stroke: ink }),
            "stroke-width": 1.1,
            "stroke-linejoin": "round",
            "stroke-opacity": 0.5,
          },
          ...traces.map((trace) =>
            element("path", {
              d: relativePathOf(frame, thinned(trace.filter(finite), CLOSE * 2 * reach / SIZE)),
            })
          ),
        ),
        group(
          paint({ fill: ink }),
          ...ends.map((end) => {
            const [cx, cy] = project(frame, end);
            return element("circle", { cx, cy, r: 1.8 });
          }),
        ),
        element("circle", { cx: centre, cy: middle, r: 3.5, ...paint({ fill: "ink" }) }),
      ),
      frameOf(frame, {
        ticks: [5, 5],
        numbers: [true, c === 0],
        ...k + COLUMNS >= all.length ? { x: "x (m)" } : {},
        ...c === 0 ? { y: "y (m)" } : {},
      }),
    );
  });
  return figure(
    {
      scope,
      width: FIGURE_WIDTH,
      height: bottom + 58 + LINE_HEIGHT * rowsOf(caption, CAPTION).length,
      title: data.title,
      description: `Paths of the centre of mass in metres from the start: ` +
        all.map(({ heading, note }) => `${heading}: ${note}`).join("; ") + ".",
    },
    heading(MARGIN, 28, data.title, FIGURE_WIDTH - 2 * MARGIN),
    ...panels,
    lines(MARGIN, bottom + 58, caption, CAPTION, { ink: "muted", size: 11 }),
  );
}
