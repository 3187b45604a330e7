/**
 * Text equivalents of the panels, for accessibility and for tests.
 *
 * @module
 */

import type { Goal } from "../../envs/point_mass.ts";
import type { Exact } from "./exact_worker.ts";
import { LIMITS } from "./options.ts";
import type { Measured, Rollouts, ValueField, View } from "./protocol.ts";

/** A number, rounded to the precision of the page. */
export const rounded = (value: number): string =>
  (Math.abs(value) >= 10 ? value.toFixed(0) : value.toFixed(1)).replace("-", "−");

const hundredths = (value: number): string => value.toFixed(2).replace("-", "−");

const percent = (share: number): string => `${Math.round(100 * share)} %`;

/** The viewed state. */
export const positionText = ([x, y]: Goal): string =>
  `(${x.toFixed(1)}, ${y.toFixed(1)})`.replaceAll("-", "−");

/** The goals that episodes reach. */
export function rolloutsReading({ goals }: Rollouts, count: number): string {
  const reached = Array.from(
    { length: count },
    (_, g) => goals.reduce((n, each) => n + (each === g ? 1 : 0), 0),
  );
  const all = reached.reduce((a, b) => a + b, 0);
  return `${all} of ${goals.length} reach a goal: ${reached.map((n, g) => `goal ${g + 1}: ${n}`).join(", ")}`;
}

/** The spread of sampled actions. */
export function landscapeReading({ landscape: { actions, particles } }: View): string {
  const count = actions.length / 2;
  const mean = [0, 0], square = [0, 0];
  actions.forEach((a, k) => {
    mean[k % 2]! += a / count;
    square[k % 2]! += a * a / count;
  });
  const deviation = square.map((s, k) => Math.sqrt(Math.max(0, s - mean[k]! ** 2)).toFixed(2));
  return `${count} actions with standard deviations ${deviation[0]} and ${deviation[1]}` +
    (particles === null ? "" : `; ${particles.actions.length / 2} moving particles`);
}

/** The value at the viewed state. */
export function fieldReading({ side, value }: ValueField, [x, y]: Goal, tempered: boolean): string {
  const index = (at: number): number => Math.round((at / LIMITS.arena + 1) / 2 * (side - 1));
  const found = rounded(value[index(y) * side + index(x)]!);
  return tempered
    ? `V at the ringed state is ${found}`
    : `The largest Q at the ringed state is ${found}: without a temperature there is no soft value`;
}

/** The last evaluation compared with the exact solution. */
export function curvesReading(measured: Measured | null, exact: Exact | null): string {
  if (measured === null) return "Curves begin with the first evaluation.";
  const shares = ({ goalShares }: Pick<Measured, "goalShares">): string =>
    `${percent(goalShares.reduce((a, b) => a + b, 0))} reach a goal (${goalShares.map(percent).join(", ")})`;
  const entropy = (value: number | null): string => value === null ? "" : `, entropy ${hundredths(value)}`;
  const found = `return ${rounded(measured.meanReturn)}${entropy(measured.entropy)}, ${shares(measured)}`;
  const best = exact === null
    ? ""
    : `. The exact solution: return ${rounded(exact.meanReturn)}, entropy ${hundredths(exact.entropy)}, ${
      shares(exact)
    }`;
  return `After ${measured.step} steps: ${found}${best}`;
}
