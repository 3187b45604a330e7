/**
 * The multi-goal point mass: a velocity-controlled point in a square arena with four goals around it.
 *
 * The paper (section 5.1) names the task and its four symmetric goals; its constants are those of the authors' public
 * code, of which the first and the final version differ:
 *
 * | variant                | initial state      | state judged | reward                                 | terminal  |
 * |------------------------|--------------------|--------------|----------------------------------------|-----------|
 * | `final-code`           | N(0, 0.1²) clipped | after a step | -(30‖a‖² + min_g ‖s' - g‖²) + 10 at end | s' in goal |
 * | `first-code`           | the origin         | before it    | -(30‖a‖² + min_g ‖s - g‖²) + 10 at end  | s in goal  |
 * | `mixture-of-gaussians` | N(0, 0.1²) clipped | after a step | -10‖a‖² + 25(Σ_g exp(-‖s' - g‖²/2·2²) - 1) + 10 at end | s' in goal |
 *
 * with s' = clip(s + a, -7, 7) and a goal's disc of radius 1, edge excluded.
 *
 * The third is the reward that the paper's text describes ("a mixture of Gaussians with means at the goals"), for which
 * no constants have been published. **These are ours**: initial states, termination and bonus are the final code's, so
 * that the two are comparable; with height 25 a step far from every goal costs as much as a step at the origin in the
 * final code, and subtracting 25 everywhere keeps every step's reward negative, without which circling just outside a
 * goal would pay; width 2 separates the four bumps (they sum to 0.18 at the origin) and can still be felt a few steps
 * away from a goal; effort 10 preserves the four modes of the energy at the origin. The exact maximum-entropy policy at
 * temperature 10 reaches a goal within 30 steps in about 97 of 100 episodes, each goal equally often.
 *
 * Laws, tested: actions are clipped to [-1, 1]; equal keys give equal initial states; `stepMany` gives the bits of
 * `step` and allocates nothing; invalid input changes nothing.
 *
 * @module
 */

import { normal } from "../src/random/draw.ts";
import type { Key } from "../src/random/key.ts";
import { imageOf, onPlane, SQUARE, type SymmetryGroup } from "./symmetry.ts";
import { twoDecimals, type View } from "./view.ts";
import {
  type DeterministicEnvironment,
  InvalidEnvironmentInput,
  requireFinite,
  type Step,
  type StepBatch,
} from "./environment.ts";
import { aList, type Fields, oneOf, requireFields, requireFit } from "../src/given.ts";

/** The variants of the task, the default first. */
export const POINT_MASS_VARIANTS = ["final-code", "first-code", "mixture-of-gaussians"] as const;

/** The name of a variant of the task. */
export type PointMassVariant = typeof POINT_MASS_VARIANTS[number];

/** Options of the task. */
export interface PointMassOptions {
  /** The variant; default `final-code`. */
  readonly variant?: PointMassVariant;
  /** Goal positions in the arena; default {@link GOALS}. */
  readonly goals?: readonly Goal[];
}

const OPTIONS: Fields<PointMassOptions> = { variant: oneOf(...POINT_MASS_VARIANTS), goals: aList };

/** The arena is [-7, 7]². */
export const ARENA_HALF_WIDTH = 7;

/** The position of a goal. */
export type Goal = readonly [x: number, y: number];

/** Positions of the four goals. Success is counted by their order: right, left, top, bottom. */
export const GOALS: readonly Goal[] = [[5, 0], [-5, 0], [0, 5], [0, -5]];

/** A state closer to a goal than this has reached it. */
export const GOAL_RADIUS = 1;

const GOAL_BONUS = 10;
const START_DEVIATION = 0.1;
const HORIZON = 30;
const DISTANCE_EFFORT = 30;
const BUMP_EFFORT = 10;
const BUMP_HEIGHT = 25;
const BUMP_WIDTH = 2;

function squaredDistance(goal: Goal, x: number, y: number): number {
  const dx = x - goal[0], dy = y - goal[1];
  return dx * dx + dy * dy;
}

function nearestGoal(x: number, y: number, goals: readonly Goal[]): number {
  let nearest = 0;
  for (let goal = 1; goal < goals.length; goal++) {
    if (squaredDistance(goals[goal]!, x, y) < squaredDistance(goals[nearest]!, x, y)) nearest = goal;
  }
  return nearest;
}

/**
 * The raw reward of a position for the action zero, without the bonus; the figure shows its level curves.
 *
 * @param variant the task's variant
 * @param goals goal positions
 */
export function rewardAt(
  x: number,
  y: number,
  variant: PointMassVariant = "final-code",
  goals: readonly Goal[] = GOALS,
): number {
  requireFinite("A position of the point mass", [x, y], 2);
  requireFit("The variant of the point mass", variant, OPTIONS.variant, InvalidEnvironmentInput);
  return paidAt(x, y, variant, goals);
}

/** {@link rewardAt}, unchecked. */
function paidAt(x: number, y: number, variant: PointMassVariant, goals: readonly Goal[]): number {
  if (variant !== "mixture-of-gaussians") return -squaredDistance(goals[nearestGoal(x, y, goals)]!, x, y);
  let bumps = 0;
  for (let goal = 0; goal < goals.length; goal++) {
    bumps += Math.exp(-squaredDistance(goals[goal]!, x, y) / (2 * BUMP_WIDTH * BUMP_WIDTH));
  }
  return BUMP_HEIGHT * (bumps - 1);
}

/**
 * The index of the goal that a state has reached, or -1.
 *
 * @param state two numbers, the position
 * @param goals goal positions
 *
 * @example
 * ```ts
 * import { goalReached } from "./point_mass.ts";
 * import assert from "node:assert/strict";
 * assert.equal(goalReached([0.2, 4.9]), 2);
 * assert.equal(goalReached([0, 4]), -1);
 * ```
 */
export function goalReached(state: ArrayLike<number>, goals: readonly Goal[] = GOALS): number {
  requireFinite("A state of the point mass", state, 2);
  const nearest = nearestGoal(state[0]!, state[1]!, goals);
  return squaredDistance(goals[nearest]!, state[0]!, state[1]!) < GOAL_RADIUS * GOAL_RADIUS ? nearest : -1;
}

/** The rotations and reflections of the arena that map goals to goals; null if the identity is the only one. */
function symmetryOf(goals: readonly Goal[]): SymmetryGroup | null {
  const countAt = ([x, y]: Goal): number => goals.filter((goal) => goal[0] === x && goal[1] === y).length;
  const group = SQUARE.filter((g) => goals.every((goal) => countAt(imageOf(g, goal)) === countAt(goal)));
  const acts = group.map((g) => ({ name: g.name, observation: onPlane(g), action: onPlane(g) }));
  return acts.length > 1 ? acts : null;
}

function clip(value: number, bound: number): number {
  return Math.min(Math.max(value, -bound), bound);
}

/**
 * The multi-goal task. State and observation are the position; the action is the displacement of one step, clipped to
 * [-1, 1] in each component (the actuators' range).
 *
 * `step` and `stepMany` throw `InvalidEnvironmentInput` for a state or an action that is non-finite or has the wrong
 * length, before writing anything.
 *
 * @example
 * ```ts
 * import { pointMass } from "./point_mass.ts";
 * import assert from "node:assert/strict";
 * const task = pointMass();
 * const step = task.step(Float64Array.of(3.5, 0), Float32Array.of(1, 0));
 * assert.deepEqual([step.reward, step.terminated], [-30 - 0.25 + 10, true]);
 * ```
 */
export function pointMass(options: PointMassOptions = {}): DeterministicEnvironment {
  requireFields("The options of pointMass", options, OPTIONS, InvalidEnvironmentInput);
  const { variant = "final-code", goals = GOALS } = options;
  if (goals.length === 0) {
    throw new InvalidEnvironmentInput("The point mass needs at least one goal: got none");
  }
  Array.from(goals).forEach((goal, k) => { // holes included
    requireFinite(`Goal ${k} of the point mass`, goal, 2);
    if (Math.max(Math.abs(goal[0]), Math.abs(goal[1])) > ARENA_HALF_WIDTH) {
      throw new InvalidEnvironmentInput(
        `Goal ${k} of the point mass must lie in [-${ARENA_HALF_WIDTH}, ${ARENA_HALF_WIDTH}]²: got ${goal}`,
      );
    }
  });
  const effort = variant === "mixture-of-gaussians" ? BUMP_EFFORT : DISTANCE_EFFORT;
  const before = variant === "first-code", symmetry = symmetryOf(goals);

  const inGoal = (x: number, y: number): boolean =>
    squaredDistance(goals[nearestGoal(x, y, goals)]!, x, y) < GOAL_RADIUS * GOAL_RADIUS;

  /** The reward of a step from (x, y) to (nextX, nextY) by a clipped action. */
  const rewardOf = (x: number, y: number, nextX: number, nextY: number, ax: number, ay: number): number => {
    const judgedX = before ? x : nextX, judgedY = before ? y : nextY;
    const paid = paidAt(judgedX, judgedY, variant, goals) - effort * (ax * ax + ay * ay);
    return inGoal(judgedX, judgedY) ? paid + GOAL_BONUS : paid;
  };

  const initial = (key: Key): Float64Array =>
    before
      ? new Float64Array(2)
      : normal(key, 2).map((value) => clip(START_DEVIATION * value, ARENA_HALF_WIDTH));

  const step = (state: Float64Array, action: Float32Array): Step => {
    requireFinite("A state of the point mass", state, 2);
    requireFinite("An action of the point mass", action, 2);
    const x = state[0]!, y = state[1]!;
    const ax = clip(action[0]!, 1), ay = clip(action[1]!, 1);
    const nextX = clip(x + ax, ARENA_HALF_WIDTH), nextY = clip(y + ay, ARENA_HALF_WIDTH);
    return {
      state: Float64Array.of(nextX, nextY),
      reward: rewardOf(x, y, nextX, nextY, ax, ay),
      terminated: before ? inGoal(x, y) : inGoal(nextX, nextY),
    };
  };

  const stepMany = (states: Float64Array, actions: Float32Array, out: StepBatch): void => {
    const count = Math.floor(states.length / 2);
    requireFinite("The states of the point masses", states, 2 * count);
    requireFinite("The actions of the point masses", actions, 2 * count);
    for (let e = 0; e < count; e++) {
      const at = 2 * e;
      const x = states[at]!, y = states[at + 1]!;
      const ax = clip(actions[at]!, 1), ay = clip(actions[at + 1]!, 1);
      const nextX = clip(x + ax, ARENA_HALF_WIDTH), nextY = clip(y + ay, ARENA_HALF_WIDTH);
      out.rewards[e] = rewardOf(x, y, nextX, nextY, ax, ay);
      out.terminated[e] = (before ? inGoal(x, y) : inGoal(nextX, nextY)) ? 1 : 0;
      out.states[at] = nextX;
      out.states[at + 1] = nextY;
      out.observations[at] = nextX;
      out.observations[at + 1] = nextY;
    }
  };

  return {
    spec: {
      name: variant === "final-code" ? "point-mass" : `point-mass-${variant}`,
      stateSize: 2,
      observation: [{ name: "x", unit: "length" }, { name: "y", unit: "length" }],
      action: [{ name: "velocity x", unit: "length/step" }, { name: "velocity y", unit: "length/step" }],
      horizon: HORIZON,
      ...symmetry === null ? {} : { symmetry },
    },
    initial,
    observe: (state) => Float32Array.of(state[0]!, state[1]!),
    step,
    stepMany,
    view: viewOf(variant, goals),
  };
}

/** Draws the mass, its goals, and the level curves of its reward. */
function viewOf(variant: PointMassVariant, goals: readonly Goal[]): View {
  const arena = [-ARENA_HALF_WIDTH, ARENA_HALF_WIDTH] as const;
  return {
    unit: "length unit",
    interval: 0.12,
    clock: "steps",
    limbs: [[0, 0, 0.14]],
    goals: goals.map((at) => ({ at, radius: GOAL_RADIUS })),
    ground: { x: arena, y: arena, value: (x, y) => paidAt(x, y, variant, goals) },
    points: (state) => [state[0]!, state[1]!, 0],
    centre: (state) => [state[0]!, state[1]!],
    outcome: (visited, terminated) => {
      // The first public code judges the state before the last step.
      const judged = visited[Math.max(0, visited.length - (variant === "first-code" ? 2 : 1))]!;
      const distances = goals.map(([x, y]) => Math.hypot(judged[0]! - x, judged[1]! - y));
      const nearest = distances.indexOf(Math.min(...distances)), [x, y] = goals[nearest]!;
      return terminated
        ? { what: `reached the goal at (${x}, ${y})`.replaceAll("-", "−"), at: visited.length - 1 }
        : { what: "reached no goal", more: `${twoDecimals(distances[nearest]!)} from the nearest` };
    },
    caption: (state) => `x ${twoDecimals(state[0]!)}, y ${twoDecimals(state[1]!)}`,
  };
}
