/**
 * The quadruped's worlds as data: walls, start, goal and threshold, in metres, x to the right and y up; and a drawing.
 *
 * The paper publishes only the purpose of each world. The maze's dimensions are estimated from frames of the authors'
 * animation; all others are ours and are marked so.
 *
 * Laws, tested: no walls overlap, starts and goals are free; the maze's two passages are equally wide and only one is
 * open; drawings are to scale.
 *
 * @module
 */

import { InvalidBody } from "./dynamics/invalid_body.ts";
import { createWalls, type Rectangle } from "./dynamics/walls.ts";
import {
  aList,
  anObject,
  aNumber,
  type Fields,
  orNull,
  requireFields,
  requireFit,
  text,
} from "../src/given.ts";

/** The surroundings of a task. */
export interface World {
  /** Its name on the command line and in a configuration. */
  readonly name: string;
  /** Vertical walls, of any height. */
  readonly walls: readonly Rectangle[];
  /** Initial position of the torso's centre, m. */
  readonly start: readonly [x: number, y: number];
  /** Initial heading, rad. */
  readonly heading: number;
  /** The target of goal tasks. */
  readonly goal: readonly [x: number, y: number] | null;
  /** A body that comes closer to the goal than this, m, has solved the task. */
  readonly threshold: number | null;
  /** The rectangle that a drawing shows. */
  readonly view: Rectangle;
}

const FIELDS: Fields<World> = {
  name: text,
  walls: aList,
  start: aList,
  heading: aNumber,
  goal: orNull(aList),
  threshold: orNull(aNumber),
  view: anObject,
};

/**
 * Checks a world and returns it.
 *
 * @throws InvalidBody for overlapping or empty walls, a start or a goal inside a wall, or a non-positive threshold
 */
export function createWorld(world: World): World {
  requireFields("A world", world, FIELDS, InvalidBody);
  for (const name of Object.keys(FIELDS) as (keyof World)[]) {
    requireFit(`A world's ${name}`, world[name], FIELDS[name], InvalidBody);
  }
  createWalls(world.walls);
  createWalls([world.view]);
  const places: readonly (readonly [string, readonly [number, number] | null])[] = [
    ["start", world.start],
    ["goal", world.goal],
  ];
  for (const [name, place] of places) {
    if (place === null) continue;
    const [x, y] = place;
    if (!Number.isFinite(x) || !Number.isFinite(y)) {
      throw new InvalidBody(`The ${name} of world ${world.name} must be finite: got ${x}, ${y}`);
    }
    const wall = world.walls.findIndex((w) => x >= w.x[0] && x <= w.x[1] && y >= w.y[0] && y <= w.y[1]);
    if (wall >= 0) {
      throw new InvalidBody(`The ${name} of world ${world.name}, ${x}, ${y}, lies inside wall ${wall}`);
    }
  }
  if (world.threshold !== null && !(world.threshold > 0)) {
    throw new InvalidBody(`The threshold of world ${world.name} must be positive: got ${world.threshold}`);
  }
  return world;
}

/** Four walls, 1 m thick (ours, except for the maze's), around the room 0 ≤ x ≤ width, 0 ≤ y ≤ depth. */
function room(width: number, depth: number): readonly Rectangle[] {
  return [
    { x: [-1, width + 1], y: [-1, 0] },
    { x: [-1, width + 1], y: [depth, depth + 1] },
    { x: [-1, 0], y: [0, depth] },
    { x: [width, width + 1], y: [0, depth] },
  ];
}

/** The empty plane, for pretraining (paper, section 5.3). */
export const PLANE: World = createWorld({
  name: "plane",
  walls: [],
  start: [0, 0],
  heading: 0,
  goal: null,
  threshold: null,
  view: { x: [-10, 10], y: [-10, 10] },
});

/**
 * The maze of the exploration task (paper, section 5.2 and figure 2): two passages around a divider that look alike at
 * first, the upper one blocked by a barrier. Room (10 × 7), divider, barrier, start and target are estimated from the
 * authors' animation (`figure_4_ant_maze.gif`) by fitting a pinhole camera; the scale is uncertain by about 10 %. The
 * threshold is the smallest distance to the target from the upper passage: 5.25 - 3.5 = 1.75.
 */
export const MAZE: World = createWorld({
  name: "maze",
  walls: [
    ...room(10, 7),
    { x: [3, 8], y: [3, 4] },
    { x: [7.5, 10], y: [4, 5] },
  ],
  start: [1.2, 3.5],
  heading: 0,
  goal: [9.2, 3.5],
  threshold: 1.75,
  view: { x: [-1, 11], y: [-1, 8] },
});

/** A hallway along x, open at both ends. */
function hallway(name: string, width: number): World {
  // Ours: 80 m, so that hardly any body leaves within 10 s; the farthest episode in results/ ends at 42 m.
  const half = 40, seen = 30;
  return createWorld({
    name,
    walls: [
      { x: [-half, half], y: [width / 2, width / 2 + 1] },
      { x: [-half, half], y: [-width / 2 - 1, -width / 2] },
    ],
    start: [0, 0],
    heading: 0,
    goal: null,
    threshold: null,
    view: { x: [-seen, seen], y: [-width / 2 - 1, width / 2 + 1] },
  });
}

/** The wide hallway (paper, section 5.3). Its width, 5 m, is ours: twice the quadruped's span, so that it can turn. */
export const WIDE_HALLWAY: World = hallway("wide-hallway", 5);

/**
 * The narrow hallway (paper, section 5.3). Its width, 3 m, is ours: a little more than the quadruped's span of 2.3 m.
 */
export const NARROW_HALLWAY: World = hallway("narrow-hallway", 3);

/**
 * The U-shaped maze (paper, section 5.3): the path to the target bends around a divider. All dimensions are ours:
 * passages of 3 m as in the maze; a path of about 13 m, which rllab's best controllers run in 10 s; a threshold of two
 * torso radii.
 */
export const U_MAZE: World = createWorld({
  name: "u-maze",
  walls: [...room(8, 7), { x: [0, 5], y: [3, 4] }],
  start: [1.5, 1.5],
  heading: 0,
  goal: [1.5, 5.5],
  threshold: 0.5,
  view: { x: [-1, 9], y: [-1, 8] },
});

/** All worlds, by name. */
export const WORLDS: Readonly<Record<string, World>> = Object.fromEntries(
  [PLANE, MAZE, WIDE_HALLWAY, NARROW_HALLWAY, U_MAZE].map((world) => [world.name, world]),
);

/** Units of a drawing per metre. */
export const UNITS_PER_METRE = 40;

/**
 * A world drawn to scale as an SVG document: walls, start (cross), goal (disc), threshold (dashed circle), scale bar.
 *
 * @param paths paths to draw on it, each a list of points (x, y) in m
 */
export function drawWorld(
  world: World,
  paths: readonly (readonly (readonly [number, number])[])[] = [],
): string {
  createWorld(world);
  requireFit("The paths in a world", paths, aList);
  const { view } = world, scale = UNITS_PER_METRE;
  const width = (view.x[1] - view.x[0]) * scale, height = (view.y[1] - view.y[0]) * scale;
  const short = (value: number): string => String(Math.round(value * 100) / 100);
  const across = (x: number): string => short((x - view.x[0]) * scale);
  const down = (y: number): string => short((view.y[1] - y) * scale);
  const size = (length: number): string => short(length * scale);
  const walls = world.walls.map(({ x, y }) =>
    `<rect x="${across(x[0])}" y="${down(y[1])}" width="${size(x[1] - x[0])}" height="${
      size(y[1] - y[0])
    }" fill="#6b7280"/>`
  );
  const [sx, sy] = world.start, arm = 0.2;
  const start = `<path d="M${across(sx - arm)} ${down(sy)}H${across(sx + arm)}M${across(sx)} ${
    down(sy - arm)
  }V${down(sy + arm)}" stroke="#111827" stroke-width="3"/>`;
  const goal = world.goal === null ? [] : [
    `<circle cx="${across(world.goal[0])}" cy="${down(world.goal[1])}" r="${size(0.25)}" fill="#dc2626"/>`,
    ...(world.threshold === null ? [] : [
      `<circle cx="${across(world.goal[0])}" cy="${down(world.goal[1])}" r="${
        size(world.threshold)
      }" fill="none" stroke="#dc2626" stroke-width="1.5" stroke-dasharray="6 4"/>`,
    ]),
  ];
  const lines = paths.map((path) =>
    `<polyline points="${
      path.map(([x, y]) => `${across(x)},${down(y)}`).join(" ")
    }" fill="none" stroke="#2563eb" stroke-width="1.5"/>`
  );
  const barX = view.x[0] + 0.25, barY = view.y[0] + 0.25;
  const line = `<path d="M${across(barX)} ${down(barY)}H${across(barX + 1)}"`;
  const bar = [
    `${line} stroke="#fff" stroke-width="8"/>`, // a light rim keeps the bar readable on walls
    `${line} stroke="#111827" stroke-width="4"/>`,
    `<text x="${across(barX + 0.5)}" y="${down(barY + 0.15)}" font-family="sans-serif" font-size="12" ` +
    `text-anchor="middle" stroke="#fff" stroke-width="4" paint-order="stroke">1 m</text>`,
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${short(width)} ${short(height)}" width="${
    short(width)
  }" height="${short(height)}" role="img" aria-label="World ${world.name}">\n` +
    `<rect width="100%" height="100%" fill="#f9fafb"/>\n` +
    [...walls, ...goal, start, ...lines, ...bar].join("\n") + "\n</svg>\n";
}
