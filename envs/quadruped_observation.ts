/**
 * The quadruped's observations: rllab's 125 numbers, Gymnasium's 105, or the compact 27 or 29 without contact forces.
 *
 * @module
 */

import type { Quadruped } from "./dynamics/quadruped_model.ts";
import { STATE_SIZE } from "./dynamics/quadruped_model.ts";
import { rotationOf } from "./dynamics/quadruped_motion.ts";
import { centreOfMass, CONTACT_FORCES, contactForces } from "./dynamics/quadruped_view.ts";
import type { Component } from "./environment.ts";

/** The observations of a quadruped. */
export const QUADRUPED_OBSERVATIONS: readonly QuadrupedObservation[] = [
  "full",
  "compact",
  "compact-position",
];

/**
 * `full` is the variant's own. `compact` has the positions without x and y, and the velocities: 27 numbers, recommended
 * for most runs. `compact-position` adds x and y: 29 numbers, for tasks with a goal or walls.
 */
export type QuadrupedObservation = "full" | "compact" | "compact-position";

const LEGS = [1, 2, 3, 4], AXES = ["x", "y", "z"];
const JOINTS = LEGS.flatMap((leg) => [`hip ${leg}`, `ankle ${leg}`]);
const PARTS = [
  "world",
  "torso",
  ...LEGS.flatMap((leg) => [`fixed limb ${leg}`, `upper limb ${leg}`, `lower limb ${leg}`]),
];

const component = (unit: string) => (name: string): Component => ({ name, unit });

const POSITIONS: readonly Component[] = [
  ...AXES.map((axis) => `torso ${axis}`).map(component("m")),
  ...["w", "x", "y", "z"].map((part) => `torso quaternion ${part}`).map(component("1")),
  ...JOINTS.map(component("rad")),
];
const VELOCITIES: readonly Component[] = [
  ...AXES.map((axis) => `torso velocity ${axis}`).map(component("m/s")),
  ...AXES.map((axis) => `torso angular velocity ${axis}`).map(component("rad/s")),
  ...JOINTS.map((joint) => `${joint} velocity`).map(component("rad/s")),
];
const FORCES: readonly Component[] = PARTS.flatMap((part) => [
  ...AXES.map((axis) => `${part} contact torque ${axis}, clipped to ± 1`).map(component("N m")),
  ...AXES.map((axis) => `${part} contact force ${axis}, clipped to ± 1`).map(component("N")),
]);
const ROTATION: readonly Component[] = [0, 1, 2].flatMap((row) =>
  [0, 1, 2].map((column) => `torso rotation ${row} ${column}`).map(component("1"))
);
const CENTRE: readonly Component[] = AXES.map((axis) => `centre of mass ${axis}`).map(component("m"));

/** The components of an observation and the function that writes them. */
export function observationOf(
  body: Quadruped,
  variant: "rllab" | "gymnasium",
  observation: QuadrupedObservation,
): {
  readonly components: readonly Component[];
  readonly write: (state: Float64Array, out: Float32Array | Float64Array, offset: number) => void;
} {
  const full = observation === "full", rllab = variant === "rllab";
  const first = observation === "compact-position" || (full && rllab) ? 0 : 2;
  const firstForce = rllab ? 0 : 6;
  const control = new Float64Array(8), forces = new Float64Array(CONTACT_FORCES);
  const centre = new Float64Array(6), rotation = new Float64Array(9);
  return {
    components: [
      ...POSITIONS.slice(first),
      ...VELOCITIES,
      ...(full ? FORCES.slice(firstForce) : []),
      ...(full && rllab ? [...ROTATION, ...CENTRE] : []),
    ],
    write: (state, out, offset) => {
      let at = offset;
      for (let i = first; i < STATE_SIZE; i++) out[at++] = state[i]!;
      if (!full) return;
      for (let i = 0; i < 8; i++) control[i] = state[STATE_SIZE + i]!;
      contactForces(body, state, control, forces);
      for (let i = firstForce; i < CONTACT_FORCES; i++) out[at++] = Math.min(1, Math.max(-1, forces[i]!));
      if (!rllab) return;
      rotationOf(state, rotation);
      for (let i = 0; i < 9; i++) out[at++] = rotation[i]!;
      centreOfMass(body, state, centre);
      for (let i = 0; i < 3; i++) out[at++] = centre[i]!;
    },
  };
}
