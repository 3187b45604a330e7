/// <reference lib="dom" />
/**
 * Drawing on canvases: sizes, colours by role, and level curves.
 *
 * @module
 */

import { levelsOf } from "../src/report/panel.ts";
import { contours } from "./deps.ts";

/** A function on a square, sampled on a grid of `side` points per axis; row-major, lowest row first. */
export interface SquareGrid {
  /** The square is [-half, half]². */
  readonly half: number;
  readonly side: number;
  readonly values: ArrayLike<number>;
}

/** A canvas ready for drawing: cleared, in units of CSS pixels. */
export interface Surface {
  readonly context: CanvasRenderingContext2D;
  readonly width: number;
  readonly height: number;
}

/** Colours by role, from the current style sheet. */
export function inks(): (name: string) => string {
  const style = getComputedStyle(document.documentElement), known = new Map<string, string>();
  return (name) => {
    const value = known.get(name) ?? style.getPropertyValue(`--${name}`).trim();
    known.set(name, value);
    return value;
  };
}

/** Resizes a canvas to its layout box and clears it; null if it is not shown. */
export function surfaceOf(canvas: HTMLCanvasElement): Surface | null {
  const width = canvas.clientWidth, height = canvas.clientHeight, ratio = globalThis.devicePixelRatio || 1;
  const context = canvas.getContext("2d");
  if (context === null || width === 0 || height === 0) return null;
  const wide = Math.round(width * ratio), tall = Math.round(height * ratio);
  if (canvas.width !== wide || canvas.height !== tall) {
    canvas.width = wide;
    canvas.height = tall;
  }
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  context.lineCap = context.lineJoin = "round";
  return { context, width, height };
}

/** Maps a point in [-half, half]² to a point on a surface, y upwards. */
export const toSurface = (
  { width, height }: Pick<Surface, "width" | "height">,
  half: number,
): (x: number, y: number) => [number, number] =>
(x, y) => [width * (x / half + 1) / 2, height * (1 - y / half) / 2];

/** Level curves as closed paths in [0, 1]², y downwards; and their levels. */
export function levelPaths(
  { side, values }: Pick<SquareGrid, "side" | "values">,
  count: number,
): readonly { readonly level: number; readonly path: Path2D }[] {
  const raised = Array.from(values, (value) => Number.isFinite(value) ? value : -Number.MAX_VALUE);
  return contours().size([side, side]).thresholds([...levelsOf(values, count)])(raised)
    .map(({ value, coordinates }) => {
      const path = new Path2D();
      for (const ring of coordinates.flat()) {
        // d3 places value (i, j) at (i + 1/2, j + 1/2).
        ring.forEach((corner, k) => {
          const [column, row] = corner as [number, number];
          const x = (column - 0.5) / (side - 1), y = 1 - (row - 0.5) / (side - 1);
          if (k === 0) path.moveTo(x, y);
          else path.lineTo(x, y);
        });
        path.closePath();
      }
      return { level: value, path };
    });
}

/** Draws level curves, each with a faint fill, so that the fills accumulate towards the maximum. */
export function drawLevels(
  { context, width, height }: Surface,
  levels: readonly { readonly path: Path2D }[],
  colour: string,
): void {
  context.save();
  context.scale(width, height);
  context.fillStyle = context.strokeStyle = colour;
  context.lineWidth = 0.7 / width;
  for (const { path } of levels) {
    context.globalAlpha = 0.06;
    context.fill(path, "evenodd");
    context.globalAlpha = 0.5;
    context.stroke(path);
  }
  context.restore();
}

/** Draws constant level curves from an image that is rendered once per size and colour. */
export function backdrops(): (
  surface: Surface,
  levels: readonly { readonly path: Path2D }[],
  colour: string,
) => void {
  const picture = document.createElement("canvas");
  let of: readonly unknown[] = [];
  return ({ context, width, height }, levels, colour) => {
    const ratio = context.canvas.width / width, from = [levels, colour, width, height, ratio];
    const pen = picture.getContext("2d");
    if (pen === null) return;
    if (from.some((each, k) => each !== of[k])) {
      of = from;
      picture.width = context.canvas.width;
      picture.height = context.canvas.height;
      pen.setTransform(ratio, 0, 0, ratio, 0, 0);
      drawLevels({ context: pen, width, height }, levels, colour);
    }
    context.drawImage(picture, 0, 0, width, height);
  };
}

/** A filled disc. */
export function disc(context: CanvasRenderingContext2D, x: number, y: number, radius: number): void {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fill();
}

/** A circle's outline. */
export function circle(context: CanvasRenderingContext2D, x: number, y: number, radius: number): void {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.stroke();
}

/** A line of text outlined in the background colour, so that it is legible on curves. */
export function caption(
  context: CanvasRenderingContext2D,
  text: string,
  x: number,
  y: number,
  ink: string,
  ground: string,
): void {
  context.lineWidth = 3;
  context.strokeStyle = ground;
  context.strokeText(text, x, y);
  context.fillStyle = ink;
  context.fillText(text, x, y);
}
