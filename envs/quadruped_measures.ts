/**
 * The position and the orientation of a quadruped in a state.
 *
 * @module
 */

import { type Quadruped, STATE_SIZE } from "./dynamics/quadruped_model.ts";
import { rotationOf } from "./dynamics/quadruped_motion.ts";
import { type QuadrupedParameters, RLLAB_QUADRUPED } from "./dynamics/quadruped_parameters.ts";
import { createQuadruped } from "./dynamics/quadruped_step.ts";
import { centreOfMass, torsoUp } from "./dynamics/quadruped_view.ts";
import { requireFinite, requireLength } from "./environment.ts";
import { isRecord } from "../src/given.ts";

/** Throws unless a state begins with finite positions and velocities; the last control may be missing. */
function requirePose(state: Float64Array): void {
  const pose = state?.length > STATE_SIZE && ArrayBuffer.isView(state)
    ? state.subarray(0, STATE_SIZE)
    : state;
  requireFinite("A state of the quadruped", pose, STATE_SIZE);
}

const bodies = new WeakMap<QuadrupedParameters, Quadruped>();

/**
 * The quadruped's centre of mass (x, y, z; m) and its velocity (x, y, z; m/s) in a state.
 *
 * @param out `[6]`, allocated if not given
 * @throws InvalidEnvironmentInput for a state that is too short or has a non-finite number
 */
export function quadrupedCentre(
  state: Float64Array,
  body: QuadrupedParameters = RLLAB_QUADRUPED,
  out: Float64Array = new Float64Array(6),
): Float64Array {
  const known = isRecord(body) && bodies.get(body) || createQuadruped(body);
  requirePose(state);
  requireLength("The output for a quadruped's centre", out, 6);
  bodies.set(body, known);
  centreOfMass(known, state, out);
  return out;
}

/** Vertical component of the torso's up-axis in a state: 1 upright, 0 on its side, -1 upside-down. */
export function quadrupedUp(state: Float64Array): number {
  requirePose(state);
  return torsoUp(state);
}

/** The torso's rotation matrix in a state, `[9]` row-major: its columns are the torso's axes in the world. */
export function quadrupedRotation(state: Float64Array): Float64Array {
  requirePose(state);
  const rotation = new Float64Array(9);
  rotationOf(state, rotation);
  return rotation;
}
