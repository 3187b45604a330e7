/// <reference lib="dom" />
/**
 * Learning curves, with the exact solution's values as dashed lines.
 *
 * @module
 */

import { caption, inks, surfaceOf } from "../canvas.ts";
import { spreadLabels } from "./label_spacing.ts";
import { boxesOf } from "./boxes.ts";
import type { Exact } from "./exact_worker.ts";
import { type Algorithm, ALGORITHMS } from "./options.ts";
import { rounded } from "./readings.ts";
import type { Measured } from "./protocol.ts";

/** The evaluations of one learner. */
export interface Learned {
  readonly algorithm: Algorithm;
  readonly measured: readonly Measured[];
}

/** A line of a plot. */
interface Line {
  readonly points: readonly (readonly [number, number])[];
  readonly ink: string;
  readonly dash: readonly number[];
  readonly name: string;
}

/** A plot: its lines, its exact values, and the minimum range of its axis. */
interface Plot {
  readonly title: string;
  readonly lines: readonly Line[];
  readonly exact: readonly { readonly value: number; readonly ink: string }[];
  readonly span: readonly [number, number] | null;
}

/** Dash patterns of the algorithms' lines, in the order of their list. */
const DASHES: readonly (readonly number[])[] = [[], [2, 3], [8, 3]];

const FONT = "11px system-ui, 'Segoe UI', 'Liberation Sans', sans-serif";

/** The three plots. */
export function plotsOf(
  learned: readonly Learned[],
  focused: Algorithm,
  exact: Exact | null,
): readonly Plot[] {
  const line = (
    { algorithm, measured }: Learned,
    ink: string,
    value: (each: Measured) => number | null,
    name: string,
  ): Line => ({
    points: measured.flatMap((each): [number, number][] => {
      const found = value(each);
      return found === null ? [] : [[each.step, found]];
    }),
    ink,
    dash: DASHES[ALGORITHMS.indexOf(algorithm) % DASHES.length]!,
    name,
  });
  const front = learned.filter(({ algorithm }) => algorithm === focused);
  const shares = front.flatMap((each) =>
    (each.measured[0]?.goalShares ?? []).map((_, g) =>
      line(each, `goal-${g}`, ({ goalShares }) => goalShares[g] ?? null, String(g + 1))
    )
  );
  return [
    {
      title: "Return of an episode (mean of 100)",
      lines: learned.map((each) => line(each, "ink", ({ meanReturn }) => meanReturn, each.algorithm)),
      exact: exact === null ? [] : [{ value: exact.meanReturn, ink: "ink" }],
      span: null,
    },
    {
      title: "Share of episodes that reach each goal",
      lines: shares,
      exact: exact === null ? [] : exact.goalShares.map((value, g) => ({ value, ink: `goal-${g}` })),
      span: [0, 0.6],
    },
    {
      title: "Entropy of exp(Q/α), nats",
      lines: learned.map((each) => line(each, "ink", ({ entropy }) => entropy, each.algorithm)),
      exact: exact === null ? [] : [{ value: exact.entropy, ink: "ink" }],
      span: [-0.5, 1.45],
    },
  ];
}

/** Draws plots over the number of steps. */
export function drawCurves(canvas: HTMLCanvasElement, plots: readonly Plot[]): void {
  const surface = surfaceOf(canvas);
  if (surface === null) return;
  const { context, width, height } = surface, ink = inks(), boxes = boxesOf(width, height, plots.length);
  const last = Math.max(
    500,
    ...plots.flatMap(({ lines }) => lines.map(({ points }) => points.at(-1)?.[0] ?? 0)),
  );
  context.font = FONT;
  plots.forEach(({ title, lines, exact, span }, p) => {
    const { left, top, wide, tall } = boxes[p]!, right = left + wide;
    const across = (step: number): number => left + wide * step / last;
    const values = [
      ...lines.flatMap(({ points }) => points.map(([, value]) => value)),
      ...exact.map(({ value }) => value),
    ].filter(Number.isFinite);
    const low = Math.min(...values, span?.[0] ?? Infinity),
      high = Math.max(...values, span?.[1] ?? -Infinity);
    const [least, most] = low < high ? [low, high] : [low - 1, low + 1];
    const down = (value: number): number => top + tall * (1 - (value - least) / (most - least));
    context.textBaseline = "alphabetic";
    context.textAlign = "left";
    context.fillStyle = ink("muted");
    context.fillText(title, left, top - 5);
    context.strokeStyle = ink("line");
    context.lineWidth = 1;
    context.strokeRect(left, top, wide, tall);
    if (Number.isFinite(least + most)) {
      context.textAlign = "right";
      context.textBaseline = "top";
      context.fillText(rounded(most), left - 5, top);
      context.textBaseline = "bottom";
      context.fillText(rounded(least), left - 5, top + tall);
    }
    context.save();
    context.beginPath();
    context.rect(left, top - 1, wide, tall + 2);
    context.clip();
    context.setLineDash([6, 5]);
    context.globalAlpha = 0.75;
    context.lineWidth = 1.2;
    for (const { value, ink: name } of exact) {
      context.strokeStyle = ink(name);
      context.beginPath();
      context.moveTo(left, down(value));
      context.lineTo(right, down(value));
      context.stroke();
    }
    context.globalAlpha = 1;
    context.lineWidth = 1.9;
    for (const { points, ink: name, dash } of lines) {
      context.setLineDash([...dash]);
      context.strokeStyle = ink(name);
      context.beginPath();
      for (const [step, value] of points) context.lineTo(across(step), down(value));
      context.stroke();
    }
    context.setLineDash([]);
    context.restore();
    context.textBaseline = "middle";
    context.textAlign = "right";
    if (lines.length > 1) {
      const ends = lines.flatMap(({ points, ink: name, name: text }) => {
        const [step, value] = points.at(-1) ?? [0, 0];
        return points.length > 1 ? [{ text, name, x: across(step) - 3, y: down(value) }] : [];
      });
      for (const { text, name, x, y } of spreadLabels(ends, top + 6, top + tall - 6)) {
        caption(context, text, x, y, ink(name), ink("paper"));
      }
    }
    if (boxes.at(-1)!.top === top) {
      context.fillStyle = ink("muted");
      context.textBaseline = "bottom";
      context.textAlign = "left";
      context.fillText("0", left, height - 2);
      context.textAlign = "right";
      context.fillText(`${last} steps`, right, height - 2);
    }
  });
}
