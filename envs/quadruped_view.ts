/**
 * The drawing of the quadruped: torso and legs from above and from the side, the world's walls, and the goal.
 *
 * @module
 */

import type { Quadruped } from "./dynamics/quadruped_model.ts";
import { centreOfMass, quadrupedPoints, torsoUp } from "./dynamics/quadruped_view.ts";
import { twoDecimals, type View } from "./view.ts";
import type { World } from "./worlds.ts";

/** Radius of a goal's circle in a world that has no threshold, m. */
const GOAL_RADIUS = 0.25;

/** Points of the drawing: the torso's centre, then hip, ankle and foot of each leg. */
const POINTS = 13;

/**
 * The view of a quadruped in a world.
 *
 * @param interval duration of a step, s
 * @param goal position of the goal, m; null for none
 * @param height range of the torso's centre, m; the task terminates outside
 */
export function quadrupedView(
  body: Quadruped,
  interval: number,
  { walls, threshold }: World,
  goal: readonly [number, number] | null,
  height: readonly [least: number, greatest: number],
): View {
  const { torsoRadius, limbRadius } = body.parameters, radius = threshold ?? GOAL_RADIUS;
  const centreOf = (state: Float64Array): [x: number, y: number, z: number, vx: number, vy: number] => {
    const centre = new Float64Array(6);
    centreOfMass(body, state, centre);
    return [...centre] as ReturnType<typeof centreOf>;
  };
  return {
    unit: "m",
    interval,
    clock: "seconds",
    limbs: [
      ...[0, 1, 2, 3].flatMap((leg) => {
        const hip = 1 + 3 * leg;
        return [[0, hip, limbRadius], [hip, hip + 1, limbRadius], [hip + 1, hip + 2, limbRadius]] as const;
      }),
      [0, 0, torsoRadius] as const,
    ],
    walls,
    goals: goal === null ? [] : [{ at: goal, radius }],
    side: true,
    points: (state) => {
      const points = new Float64Array(3 * POINTS);
      quadrupedPoints(body, state, points);
      return points;
    },
    centre: (state) => {
      const [x, y] = centreOf(state);
      return [x, y];
    },
    outcome: (visited, terminated) => {
      const places = visited.map(centreOf), last = places.length - 1, [x0, y0] = places[0]!;
      const far = `${twoDecimals(Math.hypot(places[last]![0] - x0, places[last]![1] - y0))} m from the start`;
      const there = goal === null
        ? -1
        : places.findIndex(([x, y]) => Math.hypot(x - goal[0], y - goal[1]) < radius);
      if (there >= 0) return { what: "reached the goal", at: there };
      return terminated
        ? { what: visited[last]![2]! > height[1] ? "jumped too high" : "fell", at: last, more: far }
        : { what: goal === null ? "kept upright" : "did not reach the goal", more: far };
    },
    caption: (state) => {
      const [x, y, , vx, vy] = centreOf(state);
      return `centre of mass x ${twoDecimals(x)} m, y ${twoDecimals(y)} m   speed ${
        twoDecimals(Math.hypot(vx, vy))
      } m/s   torso's height ${twoDecimals(state[2]!)} m, up-axis ${twoDecimals(torsoUp(state))}`;
    },
  };
}
