/** Worlds: their laws, errors and drawings. */

import { InvalidBody } from "../../envs/dynamics/invalid_body.ts";
import {
  createWorld,
  drawWorld,
  MAZE,
  NARROW_HALLWAY,
  U_MAZE,
  UNITS_PER_METRE,
  WIDE_HALLWAY,
  WORLDS,
} from "../../envs/worlds.ts";
import { assert } from "../deps.ts";
import type { Operands } from "../../src/tensor/shape.ts";
import type { Rectangle } from "../../envs/dynamics/walls.ts";

/** Free cells of a 0.25 m grid that a torso (radius 0.25) can reach from the start. */
function reachable(world: typeof MAZE): (x: number, y: number) => boolean {
  const free = (x: number, y: number): boolean =>
    !world.walls.some((w) => {
      const dx = Math.max(w.x[0] - x, 0, x - w.x[1]), dy = Math.max(w.y[0] - y, 0, y - w.y[1]);
      return Math.hypot(dx, dy) < 0.25;
    });
  const key = (i: number, j: number): string => `${i},${j}`;
  const cell = (x: number, y: number): [number, number] => [Math.round(4 * x), Math.round(4 * y)];
  const seen = new Set<string>(), queue = [cell(...world.start)];
  while (queue.length > 0) {
    const [i, j] = queue.pop() as [number, number];
    if (seen.has(key(i, j)) || Math.abs(i) > 200 || Math.abs(j) > 200 || !free(i / 4, j / 4)) continue;
    seen.add(key(i, j));
    queue.push([i + 1, j], [i - 1, j], [i, j + 1], [i, j - 1]);
  }
  return (x, y) => seen.has(key(...cell(x, y)));
}

Deno.test("the maze's two passages are equally wide, and only the lower one leads to the goal", () => {
  const [bottom, top, , , divider, barrier] = MAZE.walls as Operands<Rectangle>;
  assert.equal(divider.y[0] - bottom.y[1], top.y[0] - divider.y[1]);
  assert.equal(divider.y[0] + divider.y[1], 2 * MAZE.start[1]);
  const canReach = reachable(MAZE), goal = MAZE.goal as readonly [number, number];
  assert.ok(canReach(5, 1.5) && canReach(5, 5.5) && canReach(...goal));
  const blocked = { ...MAZE, walls: [...MAZE.walls, { x: [4, 4.5], y: [0, 3] }] as const };
  assert.ok(!reachable(blocked)(...goal), "with the lower passage closed there is no way");
  // The threshold is the closest that a torso can come above the barrier.
  assert.equal(MAZE.threshold, barrier.y[1] + 0.25 - goal[1]);
});

Deno.test("the hallways lead both ways, the U leads round, and the narrow one is narrower", () => {
  for (const hall of [WIDE_HALLWAY, NARROW_HALLWAY]) {
    const canReach = reachable(hall);
    assert.ok(canReach(19, 0) && canReach(-19, 0));
  }
  assert.ok(NARROW_HALLWAY.walls[0]!.y[0] < WIDE_HALLWAY.walls[0]!.y[0]);
  const goal = U_MAZE.goal as readonly [number, number];
  assert.ok(reachable(U_MAZE)(...goal));
  const blocked = { ...U_MAZE, walls: [...U_MAZE.walls, { x: [5, 8], y: [3, 4] }] as const };
  assert.ok(!reachable(blocked)(...goal));
});

Deno.test("a start or goal inside a wall, overlapping walls and empty thresholds are refused by name and value", () => {
  const inWall = (parts: Partial<typeof MAZE>) => () => createWorld({ ...MAZE, ...parts });
  assert.throws(
    inWall({ start: [5, 3.5] }),
    (error: unknown) =>
      error instanceof InvalidBody && /start of world maze, 5, 3.5, lies inside wall 4/.test(error.message),
  );
  assert.throws(inWall({ goal: [8, 4.5] }), /goal of world maze, 8, 4.5, lies inside wall 5/);
  assert.throws(inWall({ start: [NaN, 0] }), /must be finite: got NaN, 0/);
  assert.throws(inWall({ threshold: 0 }), /threshold of world maze must be positive: got 0/);
  assert.throws(inWall({ walls: [{ x: [0, 2], y: [0, 2] }, { x: [1, 2], y: [1, 2] }] }), /must not overlap/);
});

Deno.test("a world's picture is to scale: walls, start and goal are at their positions", () => {
  for (const world of Object.values(WORLDS)) {
    const svg = drawWorld(world, [[world.start, [world.start[0] + 1, world.start[1]]]]);
    assert.ok(svg.startsWith("<svg") && svg.trimEnd().endsWith("</svg>"));
    const rects = [...svg.matchAll(/<rect x="([-\d.]+)" y="([-\d.]+)" width="([\d.]+)" height="([\d.]+)"/g)];
    assert.equal(rects.length, world.walls.length);
    rects.forEach((found, i) => {
      const [x, y, width, height] = found.slice(1).map((text) => Number(text) / UNITS_PER_METRE) as [
        number,
        number,
        number,
        number,
      ];
      const wall = world.walls[i]!, close = (a: number, b: number): boolean => Math.abs(a - b) < 1e-3;
      assert.ok(close(x + world.view.x[0], wall.x[0]) && close(world.view.y[1] - y, wall.y[1]));
      assert.ok(close(width, wall.x[1] - wall.x[0]) && close(height, wall.y[1] - wall.y[0]));
    });
    assert.equal(svg.includes("<circle"), world.goal !== null);
    assert.ok(svg.includes("<polyline"));
  }
});
