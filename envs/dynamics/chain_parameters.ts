/**
 * The swimmers' parameters as data: a planar chain of equal links in a viscous medium.
 *
 * To build another swimmer, change a field: `{ ...RLLAB_SWIMMER, links: 5 }`.
 *
 * @module
 */

import { InvalidBody } from "./invalid_body.ts";
import { capsule } from "./solids.ts";
import { DEFAULT_SOFTNESS, type Softness } from "./soft_constraint.ts";
import { integer, requireFit } from "../../src/given.ts";

/** The integrator: semi-implicit Euler with implicit joint damping, or the classical four-stage Runge–Kutta method. */
export type Integrator = "euler" | "rk4";

/** The parameters of a chain of links in a viscous medium. SI units, angles in rad. */
export interface ChainParameters {
  /** Number of links N, at least 2. */
  readonly links: number;
  /** Mass of a link, kg. */
  readonly mass: number;
  /** A link's principal moments of inertia about its centre, kg m²: along it, across it in the plane, and vertical. */
  readonly inertia: readonly [axial: number, lateral: number, vertical: number];
  /** The first link's centre and its joint to the second, as distances along it from the chain's base point, m. */
  readonly first: readonly [centre: number, joint: number];
  /** Every other link's centre and next joint, as (signed) distances along it from its own joint, m. */
  readonly others: readonly [centre: number, joint: number];
  /** World position of the base point when the coordinates x = y = 0, m. */
  readonly origin: readonly [x: number, y: number];
  /** Direction of the first link when its angle is 0, rad. */
  readonly heading: number;
  /** Density of the medium, kg/m³. */
  readonly fluidDensity: number;
  /** Viscosity of the medium, Pa s. */
  readonly viscosity: number;
  /** Rotor inertia on x, y and the first link's angle (kg, kg, kg m²). */
  readonly rootArmature: number;
  /** Rotor inertia of each joint, kg m². */
  readonly armature: number;
  /** Joint stops at ± this angle, rad; `null` for none. */
  readonly range: number | null;
  /** Softness of the joint stops. */
  readonly stop: Softness;
  /** Controls are clipped to ± this range. */
  readonly controlRange: number;
  /** Joint torque per unit of control, N m. */
  readonly gear: number;
  /** The integrator. */
  readonly integrator: Integrator;
  /** Its time step, s. */
  readonly timeStep: number;
}

const link = capsule(0.1, 1, 1000);
const DEGREE = Math.PI / 180;

/** The swimmer of rllab (`vendor/mujoco_models/swimmer.xml`), as in the paper. */
export const RLLAB_SWIMMER: ChainParameters = {
  links: 3,
  mass: link.mass,
  inertia: [link.axial, link.transverse, link.transverse],
  first: [1, 0.5],
  others: [-0.5, -1],
  origin: [0, 0],
  heading: 0,
  fluidDensity: 4000,
  viscosity: 0.1,
  rootArmature: 0,
  armature: 0,
  range: 100 * DEGREE,
  stop: DEFAULT_SOFTNESS,
  controlRange: 50,
  gear: 1,
  integrator: "euler",
  timeStep: 0.001,
};

/**
 * The swimmer of Gymnasium (`assets/swimmer.xml`): rotor inertia on all five coordinates, stronger motors, RK4 of 10
 * ms.
 */
export const GYMNASIUM_SWIMMER: ChainParameters = {
  ...RLLAB_SWIMMER,
  rootArmature: 0.1,
  armature: 0.1,
  controlRange: 1,
  gear: 150,
  integrator: "rk4",
  timeStep: 0.01,
};

/**
 * The swimmer of the DeepMind Control Suite (`suite/swimmer.xml`): boxes of 2 × 100 × 20 mm and 10 g, joined nose to
 * tail.
 *
 * @param links N, at least 2 (the suite's tasks have 6 and 15)
 */
export function controlSuiteSwimmer(links: number): ChainParameters {
  requireFit("The links of a swimmer", links, integer(2), InvalidBody);
  const mass = 0.01, [thin, long, tall] = [0.002, 0.1, 0.02];
  return {
    links,
    mass,
    inertia: [
      mass * (thin ** 2 + tall ** 2) / 12,
      mass * (long ** 2 + tall ** 2) / 12,
      mass * (thin ** 2 + long ** 2) / 12,
    ],
    first: [0.05, 0.1],
    others: [0.05, 0.1],
    origin: [0, -0.05],
    heading: Math.PI / 2,
    fluidDensity: 3000,
    viscosity: 0,
    rootArmature: 0,
    armature: 1e-6,
    range: 2 * Math.PI / links,
    stop: { reference: [0.05, 1], impedance: [0, 0.8, 0.1, 0.5, 2] },
    controlRange: 1,
    gear: 5e-4,
    integrator: "euler",
    timeStep: 0.002,
  };
}
