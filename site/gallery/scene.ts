/// <reference lib="dom" />
/**
 * Drawings of bodies: from above with their trails and the world around them, and the one in front from the side.
 *
 * @module
 */

import type { View } from "../../envs/view.ts";
import { circle, inks, surfaceOf } from "../canvas.ts";
import type { Simulation } from "./simulation.ts";

/** The visible part of the world. */
export interface Camera {
  readonly x: number;
  readonly y: number;
  /** CSS pixels per unit of length. */
  readonly scale: number;
}

/** The contents of a drawing. */
export interface Shown {
  readonly simulation: Simulation;
  readonly view: View;
  readonly step: number;
  /** The body in front. */
  readonly front: number;
  /** A push being dragged, from a body to the pointer, in world units. */
  readonly push: { readonly from: readonly [number, number]; readonly to: readonly [number, number] } | null;
}

/** Half the width of a following camera's view, in units of length. */
const REACH = 5;

/** The camera that follows the body in front, or that shows all trails. */
export function cameraOf(
  { simulation, view, step, front }: Shown,
  follow: boolean,
  width: number,
  height: number,
): Camera {
  if (follow) {
    const [x, y] = view.centre(simulation.state(front, step));
    return { x, y, scale: Math.min(width, height) / (2 * REACH) };
  }
  const xs: number[] = [], ys: number[] = [];
  const include = (x: number, y: number): void => {
    xs.push(x);
    ys.push(y);
  };
  for (let k = 0; k < simulation.count; k++) {
    for (let t = 0; t <= step; t += 10) include(...pair(view.centre(simulation.state(k, t))));
    include(...pair(view.centre(simulation.state(k, step))));
  }
  for (const { at: [x, y] } of view.goals ?? []) include(x, y);
  if (view.finish !== undefined) include(view.finish, 0);
  const room = 1.8;
  const [left, right] = [Math.min(...xs) - room, Math.max(...xs) + room];
  const [low, high] = [Math.min(...ys) - room, Math.max(...ys) + room];
  return {
    x: (left + right) / 2,
    y: (low + high) / 2,
    scale: Math.min(width / (right - left), height / (high - low)),
  };
}

const pair = ([x, y]: readonly [number, number]): [number, number] => [x, y];

/** Maps a world position to a point on the canvas. */
export const onCanvas =
  ({ x, y, scale }: Camera, width: number, height: number) => (px: number, py: number): [number, number] => [
    width / 2 + (px - x) * scale,
    height / 2 - (py - y) * scale,
  ];

/** Draws a body's limbs. */
function drawBody(
  context: CanvasRenderingContext2D,
  view: View,
  scale: number,
  place: (point: number) => [number, number],
): void {
  for (const [from, to, radius] of view.limbs) {
    const [ax, ay] = place(from), [bx, by] = place(to);
    context.lineWidth = Math.max(2, 2 * radius * scale);
    context.beginPath();
    context.moveTo(ax, ay);
    context.lineTo(bx + (from === to ? 0.01 : 0), by);
    context.stroke();
  }
}

/** Draws the view from above. */
export function drawAbove(canvas: HTMLCanvasElement, shown: Shown, follow: boolean): Camera | null {
  const surface = surfaceOf(canvas);
  if (surface === null) return null;
  const { context, width, height } = surface, { simulation, view, step, front } = shown, ink = inks();
  const camera = cameraOf(shown, follow, width, height), { scale } = camera;
  const place = onCanvas(camera, width, height);
  drawGround(context, view, camera, width, height, ink);
  const order = Array.from({ length: simulation.count }, (_, k) => k).filter((k) => k !== front).concat(
    front,
  );
  for (const k of order) {
    context.strokeStyle = ink(`body-${k}`);
    context.globalAlpha = k === front ? 0.9 : 0.5;
    context.lineWidth = k === front ? 2 : 1.3;
    context.beginPath();
    for (let t = 0; t < step; t += 5) context.lineTo(...place(...pair(view.centre(simulation.state(k, t)))));
    context.lineTo(...place(...pair(view.centre(simulation.state(k, step)))));
    context.stroke();
    context.globalAlpha = simulation.ended(k, step) ? 0.25 : k === front ? 0.95 : 0.6;
    const points = view.points(simulation.state(k, step));
    drawBody(context, view, scale, (i) => place(points[3 * i]!, points[3 * i + 1]!));
  }
  context.globalAlpha = 1;
  if (shown.push !== null) {
    context.strokeStyle = ink("warning");
    context.lineWidth = 3;
    context.beginPath();
    context.moveTo(...place(...pair(shown.push.from)));
    context.lineTo(...place(...pair(shown.push.to)));
    context.stroke();
  }
  return camera;
}

/** Draws a grid of unit squares, walls, goals, the finish line and a scale bar. */
function drawGround(
  context: CanvasRenderingContext2D,
  view: View,
  camera: Camera,
  width: number,
  height: number,
  ink: (name: string) => string,
): void {
  const place = onCanvas(camera, width, height), { x, y, scale } = camera;
  const across = width / 2 / scale, along = height / 2 / scale;
  const spacing = [1, 2, 5, 10, 20, 50].find((length) => length * scale >= 18) ?? 100;
  context.strokeStyle = ink("line");
  context.lineWidth = 1;
  context.beginPath();
  for (let gx = Math.ceil((x - across) / spacing) * spacing; gx <= x + across; gx += spacing) {
    context.moveTo(place(gx, 0)[0], 0);
    context.lineTo(place(gx, 0)[0], height);
  }
  for (let gy = Math.ceil((y - along) / spacing) * spacing; gy <= y + along; gy += spacing) {
    context.moveTo(0, place(0, gy)[1]);
    context.lineTo(width, place(0, gy)[1]);
  }
  context.stroke();
  context.fillStyle = ink("muted");
  context.globalAlpha = 0.6;
  for (const wall of view.walls ?? []) {
    const [left, top] = place(wall.x[0], wall.y[1]);
    context.fillRect(left, top, (wall.x[1] - wall.x[0]) * scale, (wall.y[1] - wall.y[0]) * scale);
  }
  context.globalAlpha = 1;
  context.strokeStyle = ink("goal");
  context.lineWidth = 1.6;
  context.setLineDash([6, 5]);
  for (const { at, radius } of view.goals ?? []) circle(context, ...place(...pair(at)), radius * scale);
  if (view.finish !== undefined) {
    context.beginPath();
    context.moveTo(place(view.finish, 0)[0], 0);
    context.lineTo(place(view.finish, 0)[0], height);
    context.stroke();
  }
  context.setLineDash([]);
  context.strokeStyle = context.fillStyle = ink("ink");
  context.lineWidth = 2.5;
  context.beginPath();
  context.moveTo(12, height - 14);
  context.lineTo(12 + spacing * scale, height - 14);
  context.stroke();
  context.font = "12px system-ui, sans-serif";
  context.textAlign = "left";
  context.textBaseline = "middle";
  context.fillText(`${spacing} ${view.unit}`, 20 + spacing * scale, height - 14);
}

/** Draws the body in front from the side, on the ground. */
export function drawSide(canvas: HTMLCanvasElement, { simulation, view, step, front }: Shown): void {
  const surface = surfaceOf(canvas);
  if (surface === null) return;
  const { context, width, height } = surface, ink = inks();
  const state = simulation.state(front, step), points = view.points(state), [middle] = view.centre(state);
  const scale = Math.min(width / 6, height / 1.7), ground = height - 14;
  context.fillStyle = ink("line");
  context.fillRect(0, ground, width, 14);
  context.strokeStyle = ink("muted");
  context.lineWidth = 1;
  context.beginPath();
  for (let x = Math.ceil(middle - width / 2 / scale); x <= middle + width / 2 / scale; x++) {
    context.moveTo(width / 2 + (x - middle) * scale, ground);
    context.lineTo(width / 2 + (x - middle) * scale, ground + 7);
  }
  context.stroke();
  context.strokeStyle = ink(`body-${front}`);
  context.globalAlpha = simulation.ended(front, step) ? 0.35 : 1;
  drawBody(context, view, scale, (i) => [
    width / 2 + (points[3 * i]! - middle) * scale,
    ground - points[3 * i + 2]! * scale,
  ]);
  context.globalAlpha = 1;
}
