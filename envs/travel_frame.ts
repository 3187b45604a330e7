/**
 * The frame of travel: a canonical frame in which a body moves within 45° of a heading, whichever way it moves.
 *
 * @module
 */

import type { BodyTask } from "./body_task.ts";
import { type FrameMarks, inCanonicalFrame } from "./canonical_frame.ts";
import { InvalidBody } from "./dynamics/invalid_body.ts";
import { QUARTER_TURNS, quarterTurnsToX, type SymmetryGroup } from "./symmetry.ts";

/** A body's frame of travel. */
export interface TravelFrame {
  /** The symmetries of the body alone, whatever surrounds it. */
  readonly symmetry: SymmetryGroup;
  /** The heading of its travel in the frame, rad, counter-clockwise from +x. */
  readonly heading: number;
  /** The velocity in the world, x and y, m/s; the next call may overwrite it. */
  readonly velocity: (state: Float64Array) => ArrayLike<number>;
}

/** The direction of a frame's x axis in the world, by the number of quarter turns that take the world to the frame. */
const AXIS: FrameMarks = {
  components: ["x", "y"].map((axis) => ({ name: `frame's x axis, world's ${axis}`, unit: "1" })),
  values: [[1, 0], [0, -1], [-1, 0], [0, 1]],
};

const turnsIn = (group: SymmetryGroup): SymmetryGroup =>
  group.filter(({ name }) => QUARTER_TURNS.includes(name));

/**
 * The task in the frame of travel. If quarter turns do not preserve it, the frame is observed too.
 *
 * @throws InvalidBody for a body that quarter turns do not preserve
 */
export function inTravelFrame(task: BodyTask, { symmetry, heading, velocity }: TravelFrame): BodyTask {
  const turns = turnsIn(symmetry), all = QUARTER_TURNS.length;
  if (turns.length < all) throw new InvalidBody("A frame of travel needs a body that quarter turns preserve");
  const preserved = turnsIn(task.spec.symmetry ?? []).length === all;
  const east = Math.cos(heading), north = Math.sin(heading);
  return inCanonicalFrame(task, turns, (state) => {
    const { 0: vx = 0, 1: vy = 0 } = velocity(state);
    return quarterTurnsToX(east * vx + north * vy, east * vy - north * vx);
  }, preserved ? undefined : AXIS);
}
