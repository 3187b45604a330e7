/**
 * The exact soft solution of the multi-goal point mass, by soft value iteration on a grid.
 *
 * Learned policies are measured against it, in tests and on the page: it is written from the task's rules alone and
 * imports no environment and no learner.
 * The soft Bellman equation (the paper's equations 5 and 7, with rewards multiplied by 0.1 and α = 1)
 *
 *     V(s) = log ∫ exp(r(s, a, s') + γ [s' not terminal] V(s')) da,   s' = clip(s + a, -7, 7)
 *
 * has a reward that is a function of position minus c‖a‖². So exp V is the convolution of a function of s' with the
 * kernel exp(-c(a_x² + a_y²)) on the box, which is separable: one sweep costs two passes of one-dimensional sums, not a
 * double sum for each state. With grid lines at multiples of 1/n and the trapezoidal rule on the same lines, no
 * interpolation is needed; the walls replicate the border's values, since s' is clipped component by component. Where a
 * goal's edge cuts a cell, each side is weighted by its share of the cell.
 *
 * Error of V, estimated by halving the spacing (which divides it by four) at the figure's three states: 0.009 at
 * n = 12, 0.002 at n = 24 and 0.0005 at n = 48 for the final code's rules; 0.01, 0.003 and 0.0006 for the first code's.
 *
 * @module
 */

import { type ActionLaw, actionLawOf, midpointRule, valuesAt } from "./quadrature.ts";

/** A position in the arena. */
export type Place = readonly [x: number, y: number];

/** The three versions of the task. */
export type Rules = "final-code" | "first-code" | "mixture-of-gaussians";

/** Resolution, discount and reward of the solution. */
export interface SolutionOptions {
  readonly rules?: Rules;
  /** Goal positions; by default the task's own four. */
  readonly goals?: readonly Place[];
  /** n: grid lines per unit of length; the grid has (14n + 1)² states and (2n + 1)² actions. */
  readonly linesPerUnit?: number;
  readonly discount?: number;
  /** Rewards are multiplied by this; 0.1 is a temperature of 10 on raw rewards. */
  readonly rewardScale?: number;
  /** Iteration stops when no V changes by more; V is then within tolerance·γ/(1 - γ) of the fixed point. */
  readonly tolerance?: number;
}

/** V* and Q* in scaled units (α = 1). */
export interface Solution {
  /** V*(s), bilinear between grid points. */
  readonly value: (x: number, y: number) => number;
  /** Q*(s, a) for an action in the box. */
  readonly actionValue: (x: number, y: number, ax: number, ay: number) => number;
  /** The moments of π*(·|s) ∝ exp Q*(s, ·), by the 96 × 96 midpoint rule. */
  readonly actionLaw: (x: number, y: number) => ActionLaw;
  /** Number of sweeps until convergence. */
  readonly sweeps: number;
  /** The largest change in the last sweep: V is within change·γ/(1 - γ) of the fixed point of the discrete equation. */
  readonly change: number;
}

const WALL = 7;
const GOALS: readonly Place[] = [[5, 0], [-5, 0], [0, 5], [0, -5]];
const BONUS = 10;
const TOLERANCE = 1e-7;
const MAX_SWEEPS = 2000;

interface Task {
  /** Raw reward of a position. */
  readonly place: (x: number, y: number, goals: readonly Place[]) => number;
  /** c of the cost c‖a‖². */
  readonly effort: number;
  /** Whether position reward, bonus and termination are judged at the step's end or at its start. */
  readonly judged: "after" | "before";
}

function nearestSquared(x: number, y: number, goals: readonly Place[]): number {
  let least = Infinity;
  for (const [gx, gy] of goals) least = Math.min(least, (x - gx) ** 2 + (y - gy) ** 2);
  return least;
}

/** One raw step of the task. */
export interface RawStep {
  readonly x: number;
  readonly y: number;
  readonly reward: number;
  readonly ended: boolean;
}

const TASKS: Readonly<Record<Rules, Task>> = {
  "final-code": { place: (x, y, goals) => -nearestSquared(x, y, goals), effort: 30, judged: "after" },
  "first-code": { place: (x, y, goals) => -nearestSquared(x, y, goals), effort: 30, judged: "before" },
  "mixture-of-gaussians": {
    place: (x, y, goals) =>
      25 * (goals.reduce((sum, [gx, gy]) => sum + Math.exp(-((x - gx) ** 2 + (y - gy) ** 2) / 8), 0) - 1),
    effort: 10,
    judged: "after",
  },
};

/** The task's response to an action in the box, with its raw reward. */
export function rawStep(
  rules: Rules,
  x: number,
  y: number,
  ax: number,
  ay: number,
  goals: readonly Place[] = GOALS,
): RawStep {
  const task = TASKS[rules];
  const clip = (position: number): number => Math.min(Math.max(position, -WALL), WALL);
  const nextX = clip(x + ax), nextY = clip(y + ay);
  const [judgedX, judgedY] = task.judged === "after" ? [nextX, nextY] : [x, y];
  const ended = nearestSquared(judgedX, judgedY, goals) < 1;
  const paid = task.place(judgedX, judgedY, goals) - task.effort * (ax * ax + ay * ay);
  return { x: nextX, y: nextY, reward: ended ? paid + BONUS : paid, ended };
}

/** The fraction of the square of side `width` around a point that lies within 1 of a goal, by 16 × 16 samples. */
function goalShare(x: number, y: number, width: number, goals: readonly Place[]): number {
  const distance = Math.sqrt(nearestSquared(x, y, goals));
  if (distance > 1 + width) return 0;
  if (distance < 1 - width) return 1;
  let inside = 0;
  for (let i = 0; i < 16; i++) {
    for (let j = 0; j < 16; j++) {
      const dx = ((i + 0.5) / 16 - 0.5) * width, dy = ((j + 0.5) / 16 - 0.5) * width;
      if (nearestSquared(x + dx, y + dy, goals) < 1) inside++;
    }
  }
  return inside / 256;
}

/** `out[i, j] = Σ_k kernel[k] source[i, clip(j + k - n)]`, transposed, so that two calls convolve both axes. */
function convolveRowsTransposed(
  source: Float64Array,
  side: number,
  kernel: Float64Array,
  out: Float64Array,
): void {
  const reach = (kernel.length - 1) / 2;
  const padded = new Float64Array(side + 2 * reach);
  for (let i = 0; i < side; i++) {
    const row = source.subarray(i * side, (i + 1) * side);
    padded.fill(row[0]!, 0, reach);
    padded.set(row, reach);
    padded.fill(row[side - 1]!, reach + side);
    for (let j = 0; j < side; j++) {
      let sum = 0;
      for (let k = 0; k < kernel.length; k++) sum += kernel[k]! * padded[j + k]!;
      out[j * side + i] = sum;
    }
  }
}

/**
 * Solves the task. n = 24 (the default) takes about a second, n = 12 about a tenth of that.
 */
export function solveMultiGoal(options: SolutionOptions = {}): Solution {
  const { rules = "final-code", goals = GOALS, linesPerUnit = 24, discount = 0.99, rewardScale = 0.1 } =
    options;
  const { tolerance = TOLERANCE } = options;
  const task = TASKS[rules];
  const side = 2 * WALL * linesPerUnit + 1;
  const spacing = 1 / linesPerUnit;
  const effort = rewardScale * task.effort;
  const kernel = Float64Array.from({ length: 2 * linesPerUnit + 1 }, (_, k) => {
    const a = (k - linesPerUnit) * spacing;
    const end = k === 0 || k === 2 * linesPerUnit;
    return (end ? 0.5 : 1) * spacing * Math.exp(-effort * a * a);
  });
  const place = new Float64Array(side * side), ended = new Float64Array(side * side);
  for (let i = 0; i < side; i++) {
    for (let j = 0; j < side; j++) {
      const x = j * spacing - WALL, y = i * spacing - WALL;
      place[i * side + j] = rewardScale * task.place(x, y, goals);
      ended[i * side + j] = goalShare(x, y, spacing, goals);
    }
  }
  const bonus = rewardScale * BONUS;
  const after = task.judged === "after";
  const total = kernel.reduce((sum, share) => sum + share, 0) ** 2; // ∫ exp(-c‖a‖²) da: the integral of a terminal step
  const value = new Float64Array(side * side);
  const weight = new Float64Array(side * side), half = new Float64Array(side * side);
  let sweeps = 0, change = Infinity;
  while (change > tolerance && sweeps < MAX_SWEEPS) {
    for (let k = 0; k < value.length; k++) {
      const going = Math.exp(discount * value[k]!);
      weight[k] = after
        ? Math.exp(place[k]!) * (ended[k]! * Math.exp(bonus) + (1 - ended[k]!) * going)
        : going;
    }
    convolveRowsTransposed(weight, side, kernel, half);
    convolveRowsTransposed(half, side, kernel, weight);
    change = 0;
    for (let k = 0; k < value.length; k++) {
      const next = after
        ? Math.log(weight[k]!)
        : place[k]! + Math.log((1 - ended[k]!) * weight[k]! + ended[k]! * Math.exp(bonus) * total);
      change = Math.max(change, Math.abs(next - value[k]!));
      value[k] = next;
    }
    sweeps++;
  }

  const interpolated = (x: number, y: number): number => {
    const column = (x + WALL) * linesPerUnit, row = (y + WALL) * linesPerUnit;
    const j = Math.min(Math.max(Math.floor(column), 0), side - 2);
    const i = Math.min(Math.max(Math.floor(row), 0), side - 2);
    const u = column - j, v = row - i, k = i * side + j;
    return (1 - v) * ((1 - u) * value[k]! + u * value[k + 1]!) +
      v * ((1 - u) * value[k + side]! + u * value[k + side + 1]!);
  };
  const actionValue = (x: number, y: number, ax: number, ay: number): number => {
    const next = rawStep(rules, x, y, ax, ay, goals);
    return rewardScale * next.reward + (next.ended ? 0 : discount * interpolated(next.x, next.y));
  };
  const fine = midpointRule(96);
  return {
    value: interpolated,
    actionValue,
    actionLaw: (x, y) => actionLawOf(fine, valuesAt(fine, (ax, ay) => actionValue(x, y, ax, ay))),
    sweeps,
    change,
  };
}
