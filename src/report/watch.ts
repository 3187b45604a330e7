/**
 * Rollouts of a policy as input of the player in {@link "./watch_page.ts"}: frames, trails, their surroundings and the
 * outcome of each.
 *
 * Laws, tested: all rollouts are complete, with at most 25 frames per second; the picture contains the whole world.
 *
 * @module
 */

import type { Ground, View } from "../../envs/view.ts";
import type { Episode } from "../train/evaluate.ts";
import { contours, line } from "./deps.ts";
import { type Grid, gridOf, levelsOf } from "./panel.ts";

/** One episode, frame by frame. */
export interface Rollout {
  /** Its label in the list. */
  readonly name: string;
  /** For each frame, x, y, z of every point. */
  readonly frames: readonly ArrayLike<number>[];
  /** For each frame, the point of the trail. */
  readonly trail: readonly (readonly [number, number])[];
  /** For each frame, a line of numbers. */
  readonly captions: readonly string[];
  /** Its outcome: a short form that episodes may share, and in full. */
  readonly outcome: { readonly what: string; readonly text: string };
}

/** Minimum duration of a frame, s; shorter steps are skipped. */
const FRAME = 0.04;

/** Number of steps between frames. */
const strideOf = ({ interval }: View): number => Math.max(1, Math.round(FRAME / interval));

/** The outcome of an episode as text. */
function outcomeOf(
  view: View,
  { states, length, terminated }: Played,
  clock: (step: number) => string,
): Rollout["outcome"] {
  const size = states.length / (length + 1);
  const visited = Array.from({ length: length + 1 }, (_, t) => states.slice(t * size, (t + 1) * size));
  const { what, at, more = "" } = view.outcome?.(visited, terminated) ??
    (terminated ? { what: "ended by itself", at: length } : { what: "ran out of time" });
  const when = at === undefined ? "" : ` at ${clock(at).replace(/^t /, "")}`;
  return { what, text: `${what}${when}${more === "" ? "" : `, ${more}`}` };
}

/** The display of an episode. */
type Played = Pick<Episode, "states" | "length" | "terminated">;

/** An episode in a view: a frame at regular intervals, and the last one. */
export function rolloutOf(view: View, episode: Played, name: string): Rollout {
  const { states, length } = episode, stride = strideOf(view), size = states.length / (length + 1);
  const steps = Array.from(
    { length: Math.ceil(length / stride) + 1 },
    (_, k) => Math.min(k * stride, length),
  );
  const shown = steps.map((step) => states.slice(step * size, (step + 1) * size));
  const clock = (step: number): string =>
    view.clock === "steps" ? `step ${step}` : `t ${(step * view.interval).toFixed(2)} s`;
  return {
    name,
    frames: shown.map(view.points),
    trail: shown.map(view.centre),
    captions: shown.map((state, k) => `${clock(steps[k]!)}   ${view.caption(state)}`),
    outcome: outcomeOf(view, episode, clock),
  };
}

const rounded = (value: number): number => Math.round(value * 1000) / 1000;

/** An axis-parallel rectangle of the world. */
interface Rectangle {
  readonly x: readonly [number, number];
  readonly y: readonly [number, number];
}

/** The bounding rectangle of places, each with a margin. */
function boundsOf(places: Iterable<readonly [x: number, y: number, room: number]>): Rectangle {
  const x: [number, number] = [Infinity, -Infinity], y: [number, number] = [Infinity, -Infinity];
  for (const [px, py, room] of places) {
    x[0] = Math.min(x[0], px - room);
    x[1] = Math.max(x[1], px + room);
    y[0] = Math.min(y[0], py - room);
    y[1] = Math.max(y[1], py + room);
  }
  return { x, y };
}

/** Margin around a body, in units of length. */
const ROOM = 1.2;

/** The visible rectangle: contains the rollouts and their whole world. */
function extentsOf(
  view: View,
  rollouts: readonly Rollout[],
): { readonly near: Rectangle; readonly whole: Rectangle } {
  const { ground, goals = [], walls = [], finish } = view;
  const room = ground === undefined ? ROOM : 0.4;
  const near = rollouts.flatMap(({ trail }) => trail.map(([x, y]) => [x, y, room] as const));
  const corners = ({ x, y }: Pick<Ground, "x" | "y">) => [[x[0], y[0], 0] as const, [x[1], y[1], 0] as const];
  const world = [
    ...goals.map(({ at: [x, y], radius }) => [x, y, radius] as const),
    ...finish === undefined ? [] : [[finish, rollouts[0]!.trail[0]![1], ROOM] as const],
    ...walls.flatMap(corners),
    ...ground === undefined ? [] : corners(ground),
  ];
  return { near: boundsOf(near), whole: boundsOf([...near, ...world]) };
}

/** Grid points of the ground along x and y. */
const GRID = 57;

/** Level curves as paths in the view's own coordinates. */
function levelPaths({ x, y, width, height, values }: Grid): readonly string[] {
  const raised = Array.from(values, (value) => Number.isFinite(value) ? value : -Number.MAX_VALUE);
  const path = line<readonly [number, number]>();
  const place = (corner: readonly number[]): readonly [number, number] => {
    const [column, row] = corner as [number, number];
    // Rings close half a cell outside the grid and are clamped to it: the ground ends at its last values.
    const share = (at: number, count: number): number => Math.min(1, Math.max(0, (at - 0.5) / (count - 1)));
    return [
      rounded(x[0] + (x[1] - x[0]) * share(column, width)),
      rounded(y[0] + (y[1] - y[0]) * share(row, height)),
    ];
  };
  return contours().size([width, height]).thresholds([...levelsOf(values, 12)])(raised)
    .map(({ coordinates }) => coordinates.flat().map((ring) => `${path(ring.map(place))}Z`).join(""))
    .filter((each) => each !== "");
}

/**
 * The player's input for rollouts.
 *
 * @throws RangeError if there is no rollout, or if the numbers of its frames, trail points and captions differ
 */
export function motionOf(view: View, rollouts: readonly Rollout[]) {
  if (rollouts.length === 0) throw new RangeError("A page of rollouts needs at least one");
  for (const { name, frames, trail, captions } of rollouts) {
    if (frames.length === 0 || trail.length !== frames.length || captions.length !== frames.length) {
      throw new RangeError(
        `Rollout "${name}" must have as many trail points and captions as frames, at least one: got ${frames.length} ` +
          `frames, ${trail.length} trail points, ${captions.length} captions`,
      );
    }
  }
  return {
    unit: view.unit,
    interval: strideOf(view) * view.interval,
    limbs: view.limbs,
    walls: view.walls ?? [],
    goals: view.goals ?? [],
    finish: view.finish ?? null,
    levels: view.ground === undefined
      ? []
      : levelPaths(gridOf(view.ground.x, view.ground.y, GRID, GRID, view.ground.value)),
    side: view.side ?? false,
    ...extentsOf(view, rollouts),
    rollouts: rollouts.map(({ name, outcome, frames, trail, captions }) => ({
      name,
      outcome,
      frames: frames.map((frame) => Array.from(frame, rounded)),
      trail: trail.map((point) => point.map(rounded)),
      captions,
    })),
  };
}
