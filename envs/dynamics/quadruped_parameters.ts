/**
 * The quadruped's parameters as data: a ball with four legs of three capsules and two joints each.
 *
 * To build another body of the family, change a field: `{ ...RLLAB_QUADRUPED, lowerLength: 0.4 }`.
 *
 * @module
 */

import type { Integrator } from "./chain_parameters.ts";
import { DEFAULT_SOFTNESS, type Softness } from "./soft_constraint.ts";

/** One leg: its direction at hip angle 0, and the sense of the ankle's angle that lowers the foot. */
export interface LegParameters {
  /** Angle of the leg's direction in the torso's horizontal plane, rad. */
  readonly heading: number;
  /** +1 if a positive ankle angle lowers the foot, else -1. */
  readonly bend: 1 | -1;
}

/** The parameters of a quadruped. SI units, angles in rad. */
export interface QuadrupedParameters {
  /** Radius of the torso's ball, m. */
  readonly torsoRadius: number;
  /** Radius of every limb, m. */
  readonly limbRadius: number;
  /** Density of every part, kg/m³. */
  readonly density: number;
  /** Distance from the torso's centre to a hip, m. */
  readonly hipDistance: number;
  /** Distance from hip to ankle, m. */
  readonly upperLength: number;
  /** Distance from ankle to foot, m. */
  readonly lowerLength: number;
  /** Four legs; their directions must sum to zero. */
  readonly legs: readonly [LegParameters, LegParameters, LegParameters, LegParameters];
  /** Stops of the hips; `null` for none. */
  readonly hipRange: readonly [number, number] | null;
  /** Stops of the ankles, in the sense that lowers the foot; `null` for none. */
  readonly ankleRange: readonly [number, number] | null;
  /** Softness of the joint stops. */
  readonly stop: Softness;
  /** Rotor inertia of each joint, kg m². */
  readonly armature: number;
  /** Damping of each joint, N m s. */
  readonly damping: number;
  /** Softness of contacts with floor and walls. */
  readonly contact: Softness;
  /** Coefficient of sliding friction; 0 for none. */
  readonly friction: number;
  /** Distance at which contacts begin, m. */
  readonly margin: number;
  /** Whether there is a floor at z = 0. */
  readonly floor: boolean;
  /** Downward acceleration, m/s². */
  readonly gravity: number;
  /** Controls are clipped to ± this range. */
  readonly controlRange: number;
  /** Joint torque per unit of control, N m. */
  readonly gear: number;
  /** The joint that each actuator drives (hip 1, ankle 1, hip 2, … are joints 0, 1, 2, …). */
  readonly actuators: readonly number[];
  /** The integrator. */
  readonly integrator: Integrator;
  /** Its time step, s. */
  readonly timeStep: number;
}

const DEGREE = Math.PI / 180;

/**
 * The quadruped of rllab (`vendor/mujoco_models/ant.xml`), as in the paper: one RK4 step of 20 ms per action, soft
 * contacts.
 */
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
