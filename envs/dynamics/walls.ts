/**
 * Vertical walls: rectangles in the horizontal plane, of unlimited height.
 *
 * A limb touches a wall where one of its end spheres is near the rectangle (a face or a corner), and where a corner's
 * vertical edge is near the limb between its ends. Inside a rectangle, the nearest face with a free outer side counts;
 * a corner counts only if no other wall touches it.
 *
 * Laws, tested against an independent closest-point search: the distance of a point is that to the rectangle's closest
 * point; the distance of a limb across a corner is that of the closest point of its axis; distances change sign
 * continuously as an axis passes a corner.
 *
 * @module
 */

import { InvalidBody } from "./invalid_body.ts";
import { wrongForm } from "../../src/given.ts";

/** A wall's extent along the world's x and y, m. */
export interface Rectangle {
  /** Interval along x. */
  readonly x: readonly [from: number, to: number];
  /** Interval along y. */
  readonly y: readonly [from: number, to: number];
}

/** Walls prepared for contact detection. */
export interface Walls {
  /** Number of walls. */
  readonly count: number;
  /** `[count, 4]` x from, x to, y from, y to. */
  readonly bounds: Float64Array;
  /** `[count, 4]` 1 if no other wall touches the corner (low low, high low, low high, high high), else 0. */
  readonly free: Uint8Array;
  /** Result of the last query: distance, outward normal x, y, and position along a limb. */
  readonly found: Float64Array;
}

const overlap = (a: readonly [number, number], b: readonly [number, number]): number =>
  Math.min(a[1], b[1]) - Math.max(a[0], b[0]);

const RECTANGLE: Rectangle = { x: [0, 1], y: [0, 1] };

/**
 * Prepares walls for contact detection.
 *
 * @throws InvalidBody if a wall is empty or non-finite, or two walls overlap (they may touch)
 */
export function createWalls(rectangles: readonly Rectangle[]): Walls {
  const show = ({ x, y }: Rectangle): string => `x ${x[0]} to ${x[1]}, y ${y[0]} to ${y[1]}`;
  Array.from(rectangles).forEach((wall, i) => { // holes included
    const wrong = wrongForm(`wall ${i}`, wall, RECTANGLE);
    if (wrong !== null) throw new InvalidBody(wrong);
    if (![...wall.x, ...wall.y].every(Number.isFinite) || wall.x[0] >= wall.x[1] || wall.y[0] >= wall.y[1]) {
      throw new InvalidBody(
        `A wall must have a finite, positive width and length: wall ${i} is ${show(wall)}`,
      );
    }
    rectangles.slice(0, i).forEach((other, j) => {
      if (overlap(wall.x, other.x) > 0 && overlap(wall.y, other.y) > 0) {
        throw new InvalidBody(
          `Walls must not overlap: wall ${j} (${show(other)}) and wall ${i} (${show(wall)})`,
        );
      }
    });
  });
  const count = rectangles.length;
  const bounds = Float64Array.from(rectangles.flatMap(({ x, y }) => [...x, ...y]));
  const free = new Uint8Array(4 * count);
  rectangles.forEach((wall, i) => {
    for (let corner = 0; corner < 4; corner++) {
      const x = wall.x[corner & 1]!, y = wall.y[corner >> 1]!;
      const held = rectangles.some((other, j) =>
        j !== i && x >= other.x[0] && x <= other.x[1] && y >= other.y[0] && y <= other.y[1] &&
        (overlap(wall.x, other.x) > 0 || overlap(wall.y, other.y) > 0)
      );
      free[4 * i + corner] = held ? 0 : 1;
    }
  });
  return { count, bounds, free, found: new Float64Array(4) };
}

/** Whether a point lies inside a wall other than `except` (on the border counts as outside). */
function inOther(walls: Walls, except: number, x: number, y: number): boolean {
  const { bounds, count } = walls;
  for (let w = 0; w < count; w++) {
    const at = 4 * w;
    if (
      w !== except && x > bounds[at]! && x < bounds[at + 1]! && y > bounds[at + 2]! && y < bounds[at + 3]!
    ) {
      return true;
    }
  }
  return false;
}

/** Whether a segment intersects a rectangle's interior. */
function crosses(
  x0: number,
  x1: number,
  y0: number,
  y1: number,
  ax: number,
  ay: number,
  bx: number,
  by: number,
): boolean {
  let from = 0, to = 1;
  for (let axis = 0; axis < 2; axis++) {
    const start = axis === 0 ? ax : ay, step = axis === 0 ? bx - ax : by - ay;
    const low = axis === 0 ? x0 : y0, high = axis === 0 ? x1 : y1;
    if (step === 0) {
      if (start <= low || start >= high) return false;
      continue;
    }
    const first = (low - start) / step, second = (high - start) / step;
    from = Math.max(from, Math.min(first, second));
    to = Math.min(to, Math.max(first, second));
  }
  return from < to;
}

/** Distance beyond a face of the point that tests whether the face is free, m. */
const BEYOND = 1e-6;

/**
 * Writes the signed distance from a point to a wall, and the outward normal, to `walls.found`.
 *
 * @returns the corner (0 to 3) that is closest, 4 for a face, or -1 if the closest corner touches another wall
 */
export function pointToWall(walls: Walls, wall: number, x: number, y: number): number {
  const { bounds, found } = walls, at = 4 * wall;
  const x0 = bounds[at]!, x1 = bounds[at + 1]!, y0 = bounds[at + 2]!, y1 = bounds[at + 3]!;
  const cx = x < x0 ? x0 : x > x1 ? x1 : x, cy = y < y0 ? y0 : y > y1 ? y1 : y;
  const dx = x - cx, dy = y - cy;
  if (dx !== 0 && dy !== 0) {
    const corner = (dx > 0 ? 1 : 0) + (dy > 0 ? 2 : 0), distance = Math.sqrt(dx * dx + dy * dy);
    found[0] = distance;
    found[1] = dx / distance;
    found[2] = dy / distance;
    return walls.free[at + corner] === 1 ? corner : -1;
  }
  if (dx !== 0 || dy !== 0) {
    found[0] = Math.abs(dx + dy);
    found[1] = Math.sign(dx);
    found[2] = Math.sign(dy);
    return 4;
  }
  let best = Infinity;
  for (let face = 0; face < 4; face++) {
    const depth = face === 0 ? x - x0 : face === 1 ? x1 - x : face === 2 ? y - y0 : y1 - y;
    if (depth >= best) continue;
    const outX = face === 0 ? x0 - BEYOND : face === 1 ? x1 + BEYOND : x;
    const outY = face === 2 ? y0 - BEYOND : face === 3 ? y1 + BEYOND : y;
    if (inOther(walls, wall, outX, outY)) continue;
    best = depth;
    found[0] = -depth;
    found[1] = face === 0 ? -1 : face === 1 ? 1 : 0;
    found[2] = face === 2 ? -1 : face === 3 ? 1 : 0;
  }
  return best === Infinity ? -1 : 4;
}

/**
 * Writes the signed distance from a limb's axis (a to b, seen from above) to a wall's corner between its ends, the
 * outward normal, and the position along the limb (0 to 1) to `walls.found`.
 *
 * @returns whether the corner lies between the limb's ends
 */
export function limbToCorner(
  walls: Walls,
  wall: number,
  corner: number,
  ax: number,
  ay: number,
  bx: number,
  by: number,
): boolean {
  const { bounds, found } = walls, at = 4 * wall;
  const x0 = bounds[at]!, x1 = bounds[at + 1]!, y0 = bounds[at + 2]!, y1 = bounds[at + 3]!;
  const outX = (corner & 1) === 1 ? 1 : -1, outY = (corner & 2) === 2 ? 1 : -1;
  const px = outX > 0 ? x1 : x0, py = outY > 0 ? y1 : y0;
  const dx = bx - ax, dy = by - ay, square = dx * dx + dy * dy;
  if (square < 1e-18) return false;
  const t = ((px - ax) * dx + (py - ay) * dy) / square;
  if (!(t > 0 && t < 1) || walls.free[at + corner] === 0) return false;
  const length = Math.sqrt(square);
  let nx = -dy / length, ny = dx / length;
  if (nx * outX < 0 || ny * outY < 0) {
    nx = -nx;
    ny = -ny;
    if (nx * outX < 0 || ny * outY < 0) return false;
  }
  const distance = nx * (ax - px) + ny * (ay - py);
  // An axis that cuts off the corner counts only while both its ends are outside; otherwise the end inside counts.
  if (distance < 0) {
    if (ax > x0 && ax < x1 && ay > y0 && ay < y1) return false;
    if (bx > x0 && bx < x1 && by > y0 && by < y1) return false;
    // An axis that passes beyond the wall's centre belongs to the opposite corner.
    if (distance <= -0.5 * (Math.abs(nx) * (x1 - x0) + Math.abs(ny) * (y1 - y0))) return false;
    // An axis that does not cross the rectangle at all belongs to the face that it has passed.
    if (!crosses(x0, x1, y0, y1, ax, ay, bx, by)) return false;
  }
  found[0] = distance;
  found[1] = nx;
  found[2] = ny;
  found[3] = t;
  return true;
}
