/** Walls against an independent closest point between a segment and a rectangle. */

import { InvalidBody } from "../../../envs/dynamics/invalid_body.ts";
import { findContacts } from "../../../envs/dynamics/quadruped_contact.ts";
import { computeMotion } from "../../../envs/dynamics/quadruped_motion.ts";
import { STATE_SIZE } from "../../../envs/dynamics/quadruped_model.ts";
import { RLLAB_QUADRUPED } from "../../../envs/dynamics/quadruped_parameters.ts";
import { createQuadruped } from "../../../envs/dynamics/quadruped_step.ts";
import { quadrupedPoints } from "../../../envs/dynamics/quadruped_view.ts";
import { createWalls, limbToCorner, pointToWall, type Rectangle } from "../../../envs/dynamics/walls.ts";
import { normal, uniform } from "../../../src/random/draw.ts";
import { child, keyOf } from "../../../src/random/key.ts";
import { assert, fc } from "../../deps.ts";

type Point = readonly [number, number];

/** Distance between two segments in the plane that do not cross: the least over ends of the one to the other. */
function pointToSegment(p: Point, a: Point, b: Point): number {
  const dx = b[0] - a[0], dy = b[1] - a[1], square = dx * dx + dy * dy;
  const t = square === 0 ? 0 : Math.min(1, Math.max(0, ((p[0] - a[0]) * dx + (p[1] - a[1]) * dy) / square));
  return Math.hypot(p[0] - a[0] - t * dx, p[1] - a[1] - t * dy);
}

/** Distance from a segment to a rectangle, 0 if they meet: over the rectangle's four sides, independent of our code. */
function segmentToRectangle(a: Point, b: Point, { x, y }: Rectangle): number {
  const inside = (p: Point): boolean => p[0] >= x[0] && p[0] <= x[1] && p[1] >= y[0] && p[1] <= y[1];
  if (inside(a) || inside(b)) return 0;
  const corners: Point[] = [[x[0], y[0]], [x[1], y[0]], [x[1], y[1]], [x[0], y[1]]];
  const turn = (p: Point, q: Point, r: Point): number =>
    (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0]);
  let least = Infinity;
  corners.forEach((c, i) => {
    const d = corners[(i + 1) % 4]!;
    if (turn(a, b, c) * turn(a, b, d) < 0 && turn(c, d, a) * turn(c, d, b) < 0) least = 0;
    least = Math.min(least, pointToSegment(c, a, b), pointToSegment(a, c, d), pointToSegment(b, c, d));
  });
  return least;
}

const BLOCK: Rectangle = { x: [-1, 1], y: [-0.5, 0.5] };
const coordinate = fc.double({ min: -3, max: 3, noNaN: true });

/** Least distance over what our queries find for a limb. */
function found(a: Point, b: Point): number {
  const walls = createWalls([BLOCK]);
  let least = Infinity;
  for (const [x, y] of [a, b]) if (pointToWall(walls, 0, x, y) >= 0) least = Math.min(least, walls.found[0]!);
  for (let corner = 0; corner < 4; corner++) {
    if (limbToCorner(walls, 0, corner, a[0], a[1], b[0], b[1])) least = Math.min(least, walls.found[0]!);
  }
  return least;
}

Deno.test("a limb outside a wall has the distance of the closest points of axis and rectangle", () => {
  fc.assert(
    fc.property(coordinate, coordinate, coordinate, coordinate, (ax, ay, bx, by) => {
      const expected = segmentToRectangle([ax, ay], [bx, by], BLOCK);
      if (expected === 0) return;
      assert.ok(Math.abs(found([ax, ay], [bx, by]) - expected) < 1e-12, `${expected}`);
    }),
    { numRuns: 3000 },
  );
});

Deno.test("normals lead out of the wall, are of length 1, and the distance falls along them", () => {
  const walls = createWalls([BLOCK]);
  fc.assert(
    fc.property(coordinate, coordinate, (x, y) => {
      if (pointToWall(walls, 0, x, y) < 0) return;
      const [distance, nx, ny] = walls.found;
      assert.ok(Math.abs(Math.hypot(nx, ny) - 1) < 1e-14);
      pointToWall(walls, 0, x + 1e-6 * nx, y + 1e-6 * ny);
      assert.ok(Math.abs(walls.found[0]! - distance - 1e-6) < 1e-12);
    }),
    { numRuns: 1000 },
  );
});

Deno.test("an axis that is pushed past a corner has a distance that changes sign without a jump", () => {
  const walls = createWalls([BLOCK]);
  let last = Infinity;
  for (let push = -0.3; push < 0.3; push += 0.001) {
    // A limb at 45° across the corner (1, 0.5), moved along the diagonal into the wall.
    const x = 1 - push * Math.SQRT1_2, y = 0.5 - push * Math.SQRT1_2;
    assert.ok(limbToCorner(walls, 0, 3, x - 0.5, y + 0.5, x + 0.5, y - 0.5));
    assert.ok(Math.abs(walls.found[0]! + push) < 1e-12);
    assert.ok(walls.found[0]! < last);
    last = walls.found[0]!;
    assert.ok(walls.found[1]! > 0.7 && walls.found[2]! > 0.7);
  }
});

Deno.test("far corners, and corners that touch another wall, do not hold a limb", () => {
  const long = createWalls([{ x: [-20, 20], y: [0, 1] }]);
  // A limb that pokes into the middle of a long wall has both ends' face contacts but no corner.
  for (let corner = 0; corner < 4; corner++) {
    assert.equal(limbToCorner(long, 0, corner, 0, -0.4, 0.02, 0.2), false);
  }
  const pair = createWalls([{ x: [0, 1], y: [0, 1] }, { x: [1, 2], y: [0, 1] }]);
  assert.equal(limbToCorner(pair, 0, 3, 0.8, 1.05, 1.3, 1.05), false);
  // Inside near the seam, the way out is up through the free face and not into the neighbour.
  assert.equal(pointToWall(pair, 0, 0.99, 0.95), 4);
  assert.deepEqual([...pair.found.subarray(0, 3)].map((x) => Math.round(x * 1e6) / 1e6), [-0.05, 0, 1]);
});

Deno.test("the quadruped's wall contacts are the closest points of its limbs' axes", () => {
  const post: Rectangle = { x: [0.7, 1.7], y: [0.7, 1.7] };
  const body = createQuadruped({ ...RLLAB_QUADRUPED, floor: false }, [post]), { work } = body;
  const points = new Float64Array(39);
  let met = 0, corners = 0;
  for (let seed = 0; seed < 3000; seed++) {
    const key = keyOf(seed), draws = normal(key, STATE_SIZE), place = uniform(child(key, 1), 2);
    const state = new Float64Array(STATE_SIZE);
    state.set([1.4 * place[0]! - 0.5, 1.4 * place[1]! - 0.5, 1, 1, 0, 0, 0, 0, 1, 0, -1, 0, -1, 0, 1]);
    for (let i = 3; i < 15; i++) state[i]! += 0.4 * draws[i]!;
    computeMotion(body, state);
    findContacts(body, state);
    const contacts = Array.from({ length: work.count[0]! }, (_, c) => ({
      part: work.contactBody[c]!,
      distance: work.contactDistance[c]!,
    }));
    quadrupedPoints(body, state, points);
    for (let leg = 0; leg < 4; leg++) {
      const at = (index: number): Point => [points[3 * index]!, points[3 * index + 1]!];
      const ends = [at(0), at(1 + 3 * leg), at(2 + 3 * leg), at(3 + 3 * leg)];
      for (let limb = 0; limb < 3; limb++) {
        const expected = segmentToRectangle(ends[limb]!, ends[limb + 1]!, post) - RLLAB_QUADRUPED.limbRadius;
        const own = contacts.filter(({ part }) => part === 1 + 3 * leg + limb);
        if (expected <= -RLLAB_QUADRUPED.limbRadius) continue; // the axis itself cuts the wall: no distance to compare
        const least = Math.min(Infinity, ...own.map(({ distance }) => distance));
        if (expected >= RLLAB_QUADRUPED.margin) assert.equal(own.length, 0);
        else assert.ok(Math.abs(least - expected) < 1e-12, `seed ${seed}: ${least} against ${expected}`);
        if (own.length > 0) {
          met++;
          const nearEnd = [ends[limb]!, ends[limb + 1]!].some((end) =>
            Math.abs(segmentToRectangle(end, end, post) - RLLAB_QUADRUPED.limbRadius - least) < 1e-9
          );
          if (!nearEnd) corners++;
        }
      }
    }
  }
  assert.ok(met > 300 && corners > 50, `${met} contacts seen, ${corners} of them between a limb's ends`);
});

Deno.test("empty and overlapping walls are refused with their place and extent", () => {
  assert.throws(() => createWalls([{ x: [0, 0], y: [0, 1] }]), /wall 0 is x 0 to 0/);
  assert.throws(() => createWalls([{ x: [0, NaN], y: [0, 1] }]), InvalidBody);
  assert.throws(
    () => createWalls([{ x: [0, 2], y: [0, 2] }, { x: [1, 3], y: [1, 3] }]),
    /Walls must not overlap: wall 0 \(x 0 to 2, y 0 to 2\) and wall 1/,
  );
  assert.equal(createWalls([{ x: [0, 1], y: [0, 1] }, { x: [1, 2], y: [0, 1] }]).count, 2);
});
