/**
 * The quadruped's constants as data: a ball with four legs of three capsules, two joints each.
 *
 * A user builds another body of the family by changing a field: `{ ...RLLAB_QUADRUPED, lowerLength: 0.4 }`.
 *
 * @module
 */

import type { Integrator } from "./chain_parameters.ts";
import { DEFAULT_SOFTNESS, type Softness } from "./soft_constraint.ts";

/** One leg: where it points when its hip angle is 0, and which sense of its ankle's angle lowers the foot. */
export interface LegParameters {
  /** Angle of the leg's direction in the torso's horizontal plane, rad. */
  readonly heading: number;
  /** +1 if a positive ankle angle lowers the foot, else -1. */
  readonly bend: 1 | -1;
}

/** Every constant of a quadruped. SI units, angles in rad. */
export interface QuadrupedParameters {
  readonly torsoRadius: number;
  readonly limbRadius: number;
  /** Density of every part, kg/m³. */
  readonly density: number;
  /** From the torso's centre to a hip, from hip to ankle, from ankle to foot, m. */
  readonly hipDistance: number;
  readonly upperLength: number;
  readonly lowerLength: number;
  /** Four legs, whose directions sum to zero. */
  readonly legs: readonly [LegParameters, LegParameters, LegParameters, LegParameters];
  /** Joint stops; the ankle's are in the sense that lowers the foot. `null` for none. */
  readonly hipRange: readonly [number, number] | null;
  readonly ankleRange: readonly [number, number] | null;
  readonly stop: Softness;
  /** Rotor inertia (kg m²) and damping (N m s) of each joint. */
  readonly armature: number;
  readonly damping: number;
  /** Contacts with floor and walls: softness, coefficient of sliding friction (0: none), and the distance at which they begin, m. */
  readonly contact: Softness;
  readonly friction: number;
  readonly margin: number;
  /** Whether there is a floor at z = 0. */
  readonly floor: boolean;
  /** Downward acceleration, m/s². */
  readonly gravity: number;
  /** A control in ± this range; beyond it the actuator gives its greatest torque. */
  readonly controlRange: number;
  /** Joint torque per unit of control, N m. */
  readonly gear: number;
  /** For each actuator the joint it drives (hip 1, ankle 1, hip 2, … are joints 0, 1, 2, …). */
  readonly actuators: readonly number[];
  readonly integrator: Integrator;
  readonly timeStep: number;
}

const DEGREE = Math.PI / 180;

/** The quadruped of rllab (`vendor/mujoco_models/ant.xml`), as in the paper: one RK4 step of 20 ms an action, soft contacts. */
export const RLLAB_QUADRUPED: QuadrupedParameters = {
  torsoRadius: 0.25,
  limbRadius: 0.08,
  density: 5,
  hipDistance: Math.hypot(0.2, 0.2),
  upperLength: Math.hypot(0.2, 0.2),
  lowerLength: Math.hypot(0.4, 0.4),
  legs: [
    { heading: 45 * DEGREE, bend: 1 },
    { heading: 135 * DEGREE, bend: -1 },
    { heading: 225 * DEGREE, bend: -1 },
    { heading: 315 * DEGREE, bend: 1 },
  ],
  hipRange: [-30 * DEGREE, 30 * DEGREE],
  ankleRange: [30 * DEGREE, 70 * DEGREE],
  stop: DEFAULT_SOFTNESS,
  armature: 1,
  damping: 1,
  contact: { reference: [0.02, 1], impedance: [0.8, 0.8, 0.01, 0.5, 2] },
  friction: 1,
  margin: 0.01,
  floor: true,
  gravity: 9.81,
  controlRange: 150,
  gear: 1,
  actuators: [6, 7, 0, 1, 2, 3, 4, 5],
  integrator: "rk4",
  timeStep: 0.02,
};

/** The quadruped of Gymnasium (`assets/ant.xml`): MuJoCo's default contacts, RK4 of 10 ms, actions in ± 1. */
export const GYMNASIUM_QUADRUPED: QuadrupedParameters = {
  ...RLLAB_QUADRUPED,
  contact: DEFAULT_SOFTNESS,
  controlRange: 1,
  gear: 150,
  timeStep: 0.01,
};
