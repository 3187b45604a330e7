/**
 * The figures of docs/sampler.md: how a sampler approaches known targets in eight dimensions, a line for each setting.
 *
 * @module
 */

import { clippedTo, type Frame, frameOf, legendOf, lineThrough, type Mark } from "../../src/report/chart.ts";
import {
  figure,
  FIGURE_WIDTH,
  group,
  heading,
  type Ink,
  label,
  MARGIN,
  type Markup,
} from "../../src/report/svg.ts";
import { excess, excessEntropy, type JudgedLaw, type LawFindings, type Row } from "./found.ts";

const INKS: readonly Ink[] = ["muted", "second", "policy", "fourth", "third"];
const DASHES = ["4 4", "7 3", undefined, "10 3 2 3", "2 3"] as const;

/** An axis of a figure: a number of a row, drawn between two marks. */
interface Axis {
  readonly title: string;
  readonly of: (law: JudgedLaw, row: Row) => number;
  readonly range: readonly [number, number];
  readonly marks: readonly Mark[];
}

/** A logarithmic axis with marks at some of its numbers. */
const logarithmic = (
  title: string,
  of: Axis["of"],
  [low, high]: Axis["range"],
  marks: readonly number[],
): Axis => ({
  title,
  of: (law, row) => Math.log10(Math.max(low, of(law, row))),
  range: [Math.log10(low), Math.log10(high)],
  marks: marks.map((value): Mark => [Math.log10(value), String(value)]),
});

/** A linear axis with marks at some of its numbers. */
const linear = (title: string, of: Axis["of"], range: Axis["range"], marks: readonly number[]): Axis => ({
  title,
  of,
  range,
  marks: marks.map((value): Mark => [value, String(value).replace("-", "\u2212")]),
});

const UPDATES = logarithmic("updates", (_, { updates }) => updates, [250, 5000], [250, 1000, 5000]);

/** The lowest divergence drawn is about the estimate's noise. */
const DIVERGENCE = logarithmic("KL (nats)", excess, [0.1, 12], [0.1, 0.5, 1, 5, 10]);

const MEASURES: readonly Axis[] = [
  linear("error of shares (%)", (_, { judgement }) => 100 * judgement.shareError, [0, 22], [0, 10, 20]),
  linear("error of entropy (nats)", excessEntropy, [-2, 5], [-2, 0, 2, 4]),
  linear("error of V/α (nats)", (_, { values }) => values["mixture 8"]!.bias, [-12, 0], [-12, -6, 0]),
];

/** Seconds that a row's updates take alone on one thread, by the time of an update. */
const secondsOf = ({ milliseconds }: LawFindings): Axis =>
  logarithmic(
    "seconds on one thread",
    (_, { setting, updates }) => updates * milliseconds[setting]! / 1000,
    [0.5, 250],
    [1, 10, 100],
  );

const inEight = ({ laws }: LawFindings): readonly JudgedLaw[] =>
  laws.filter(({ dimension }) => dimension === 8);

/** The lines of a law in a frame, one for each setting. */
const linesIn = (found: LawFindings, law: JudgedLaw, frame: Frame, x: Axis, y: Axis): readonly Markup[] =>
  Object.keys(found.settings).map((setting, i) =>
    lineThrough(
      frame,
      found.rows.filter((row) => row.law === law.name && row.setting === setting)
        .map((row) => [x.of(law, row), y.of(law, row)]),
      INKS[i]!,
      { "stroke-width": 2, "stroke-dasharray": DASHES[i] },
    )
  );

/** The heading and the legend of a figure. */
const above = (found: LawFindings, title: string): readonly Markup[] => [
  heading(MARGIN, 26, title, FIGURE_WIDTH - 2 * MARGIN),
  legendOf(
    MARGIN,
    66,
    Object.keys(found.settings).map((name, i) => ({ name, ink: INKS[i]!, dash: DASHES[i] })),
  ),
];

/** The divergence from each target against updates, or against the time they take: two panels a row. */
export function divergenceFigure(found: LawFindings, against: "updates" | "time"): string {
  const x = against === "updates" ? UPDATES : secondsOf(found), laws = inEight(found);
  const left = 62, gap = 44, width = (FIGURE_WIDTH - left - gap - MARGIN) / 2, height = 120;
  const scope = against === "updates" ? "laws" : "laws-time";
  const title = against === "updates"
    ? "Accuracy of the sampler in 8 dimensions"
    : "Accuracy in 8 dimensions against time";
  const panels = laws.map((law, k) => {
    const frame: Frame = {
      left: left + (k % 2) * (width + gap),
      top: 96 + Math.floor(k / 2) * (height + 62),
      width,
      height,
      x: x.range,
      y: DIVERGENCE.range,
    };
    return group(
      { class: "panel" },
      label(frame.left, frame.top - 8, law.name, { weight: "bold", size: 12 }),
      frameOf(frame, {
        x: x.title,
        y: k % 2 === 0 ? DIVERGENCE.title : "",
        marks: [x.marks, DIVERGENCE.marks],
      }),
      clippedTo(frame, `${scope}-${k}`, ...linesIn(found, law, frame, x, DIVERGENCE)),
    );
  });
  return figure(
    {
      scope,
      width: FIGURE_WIDTH,
      height: 96 + Math.ceil(laws.length / 2) * (height + 62) - 14,
      title,
      description: "Divergence of the amortised sampler from each target distribution, in nats, against " +
        `${
          against === "updates" ? "the number of updates" : "the time of training"
        }, one line for each setting.`,
    },
    ...above(found, title),
    ...panels,
  );
}

/** The error of the modes' shares, of the entropy, and of the soft value against updates: a row for each target. */
export function measuresFigure(found: LawFindings): string {
  const laws = inEight(found), title = "Shares, entropy and soft value in 8 dimensions";
  const left = 34,
    gap = 36,
    width = (FIGURE_WIDTH - left - 2 * gap - MARGIN) / 3,
    height = 78,
    row = height + 34;
  const panels = laws.flatMap((law, k) =>
    MEASURES.flatMap((measure, c) => {
      // A single mode has no shares to err in.
      if (c === 0 && law.shares.length === 1) return [];
      const frame: Frame = {
        left: left + c * (width + gap),
        top: 118 + k * row,
        width,
        height,
        x: UPDATES.range,
        y: measure.range,
      };
      return [group(
        { class: "panel" },
        frameOf(frame, {
          numbers: [k === laws.length - 1, true],
          ...k === laws.length - 1 ? { x: UPDATES.title } : {},
          marks: [UPDATES.marks, measure.marks],
        }),
        clippedTo(frame, `laws-measures-${k}-${c}`, ...linesIn(found, law, frame, UPDATES, measure)),
      )];
    })
  );
  return figure(
    {
      scope: "laws-measures",
      width: FIGURE_WIDTH,
      height: 118 + laws.length * row + 24,
      title,
      description:
        "The largest error of a mode's share, the sampler's entropy above the target's, and the mean error " +
        "of V/α with eight samples of the mixture, against the number of updates, one line for each setting.",
    },
    ...above(found, title),
    ...MEASURES.map(({ title }, c) => label(left + c * (width + gap), 90, title, { size: 11 })),
    ...laws.map(({ name }, k) => label(left, 118 + k * row - 7, name, { weight: "bold", size: 12 })),
    ...panels,
  );
}
