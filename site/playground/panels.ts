/// <reference lib="dom" />
/**
 * The panels of the playground: the plane with rollouts, the landscape of Q over actions, and the field of soft values.
 *
 * @module
 */

import { type Goal, GOAL_RADIUS, type PointMassVariant, rewardAt } from "../../envs/point_mass.ts";
import {
  type backdrops,
  caption,
  circle,
  disc,
  drawLevels,
  inks,
  levelPaths,
  surfaceOf,
  toSurface,
} from "../canvas.ts";
import { LIMITS } from "./options.ts";
import type { Landscape, Rollouts, ValueField } from "./protocol.ts";
import { rounded } from "./readings.ts";

const FONT = "12px system-ui, 'Segoe UI', 'Liberation Sans', sans-serif";

/** Points per axis of the reward's grid. */
const REWARD_SIDE = 57;

/** Level curves of the reward over positions. */
export function rewardLevels(
  variant: PointMassVariant,
  goals: readonly Goal[],
): ReturnType<typeof levelPaths> {
  const at = (k: number): number => LIMITS.arena * (2 * k / (REWARD_SIDE - 1) - 1);
  const values = Array.from(
    { length: REWARD_SIDE ** 2 },
    (_, k) => rewardAt(at(k % REWARD_SIDE), at(Math.floor(k / REWARD_SIDE)), variant, goals),
  );
  return levelPaths({ side: REWARD_SIDE, values }, 12);
}

/** Marks the viewed state with a ring that stands out on any background. */
function mark(context: CanvasRenderingContext2D, x: number, y: number, ink: (name: string) => string): void {
  context.globalAlpha = 1;
  context.lineWidth = 5;
  context.strokeStyle = ink("paper");
  circle(context, x, y, 7);
  context.lineWidth = 2.4;
  context.strokeStyle = ink("ink");
  circle(context, x, y, 7);
}

/** Draws the goals with their numbers. */
function drawGoals(
  context: CanvasRenderingContext2D,
  place: (x: number, y: number) => [number, number],
  unit: number,
  goals: readonly Goal[],
  ink: (name: string) => string,
): void {
  context.font = `bold ${FONT}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  goals.forEach(([gx, gy], k) => {
    const [x, y] = place(gx, gy);
    context.strokeStyle = context.fillStyle = ink(`goal-${k}`);
    context.lineWidth = 1.6;
    context.setLineDash([5, 4]);
    circle(context, x, y, GOAL_RADIUS * unit);
    context.setLineDash([]);
    disc(context, x, y, 9);
    context.fillStyle = ink("paper");
    context.fillText(String(k + 1), x, y + 0.5);
  });
}

/** Draws the plane: reward, rollouts in the colours of the goals that they reach, goals, and the viewed state. */
export function drawPlane(
  canvas: HTMLCanvasElement,
  levels: ReturnType<typeof levelPaths>,
  backdrop: ReturnType<typeof backdrops>,
  rollouts: Rollouts | null,
  goals: readonly Goal[],
  looked: Goal,
): void {
  const surface = surfaceOf(canvas);
  if (surface === null) return;
  const { context, width } = surface, ink = inks(), place = toSurface(surface, LIMITS.arena);
  backdrop(surface, levels, ink("level"));
  if (rollouts !== null) {
    const { places, starts } = rollouts;
    context.lineWidth = 1.5;
    rollouts.goals.forEach((goal, k) => {
      context.strokeStyle = context.fillStyle = goal < 0 ? ink("muted") : ink(`goal-${goal}`);
      context.globalAlpha = goal < 0 ? 0.45 : 0.65;
      context.beginPath();
      for (let i = starts[k]!; i < starts[k + 1]!; i++) {
        context.lineTo(...place(places[2 * i]!, places[2 * i + 1]!));
      }
      context.stroke();
      const end = 2 * (starts[k + 1]! - 1);
      disc(context, ...place(places[end]!, places[end + 1]!), 2.2);
    });
    context.globalAlpha = 1;
  }
  drawGoals(context, place, width / (2 * LIMITS.arena), goals, ink);
  mark(context, ...place(...looked), ink);
}

/** Draws Q over the action square with sampled actions, or with the Stein particles and their directions. */
export function drawLandscape(canvas: HTMLCanvasElement, landscape: Landscape): void {
  const surface = surfaceOf(canvas);
  if (surface === null) return;
  const { context, width } = surface, ink = inks(), place = toSurface(surface, 1);
  const { side, q, actions, particles } = landscape;
  drawLevels(surface, levelPaths({ side, values: q }, 12), ink("level"));
  context.strokeStyle = ink("line");
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(...place(0, -1));
  context.lineTo(...place(0, 1));
  context.moveTo(...place(-1, 0));
  context.lineTo(...place(1, 0));
  context.stroke();
  context.fillStyle = ink("policy");
  context.globalAlpha = particles === null ? 0.75 : 0.2;
  for (let k = 0; k < actions.length; k += 2) disc(context, ...place(actions[k]!, actions[k + 1]!), 2.6);
  context.globalAlpha = 1;
  if (particles !== null) {
    const arrows = (directions: Float32Array, colour: string): void => {
      context.strokeStyle = colour;
      context.lineWidth = 1.8;
      context.beginPath();
      for (let k = 0; k < directions.length; k += 2) {
        const x = particles.actions[k]!, y = particles.actions[k + 1]!;
        const dx = directions[k]!, dy = directions[k + 1]!, length = Math.hypot(dx, dy);
        // Long arrows are truncated: their direction is what matters.
        const share = length > 0.3 ? 0.3 / length : 1;
        context.moveTo(...place(x, y));
        context.lineTo(...place(x + share * dx, y + share * dy));
      }
      context.stroke();
    };
    arrows(particles.attraction, ink("third"));
    arrows(particles.repulsion, ink("repulsion"));
    context.fillStyle = ink("ink");
    for (let k = 0; k < particles.actions.length; k += 2) {
      disc(context, ...place(particles.actions[k]!, particles.actions[k + 1]!), 3.4);
    }
  }
  context.font = FONT;
  context.textBaseline = "alphabetic";
  context.textAlign = "left";
  const least = q.reduce((a, b) => Math.min(a, b)), most = q.reduce((a, b) => Math.max(a, b));
  caption(context, `Q from ${rounded(least)} to ${rounded(most)}`, 8, width - 8, ink("ink"), ink("ground"));
}

/** Draws the soft values over positions, with goals and the viewed state. */
export function drawField(
  canvas: HTMLCanvasElement,
  field: ValueField,
  goals: readonly Goal[],
  looked: Goal,
): void {
  const surface = surfaceOf(canvas);
  if (surface === null) return;
  const { context, width } = surface, ink = inks(), place = toSurface(surface, LIMITS.arena);
  drawLevels(surface, levelPaths({ side: field.side, values: field.value }, 14), ink("level"));
  drawGoals(context, place, width / (2 * LIMITS.arena), goals, ink);
  mark(context, ...place(...looked), ink);
  context.font = FONT;
  context.textBaseline = "alphabetic";
  context.textAlign = "left";
  const least = field.value.reduce((a, b) => Math.min(a, b)),
    most = field.value.reduce((a, b) => Math.max(a, b));
  caption(context, `V from ${rounded(least)} to ${rounded(most)}`, 8, width - 8, ink("ink"), ink("ground"));
}
