/**
 * A quadruped prepared for stepping: precomputed tables, and work arrays that every step overwrites.
 *
 * The flat state has 29 numbers: torso centre x y z (world, m), quaternion w x y z, hip and ankle angle of each leg;
 * then the torso centre's velocity (world axes), angular velocity (torso axes), and the joints' velocities.
 *
 * Bodies are numbered torso 0, and for leg l the fixed limb 1 + 3l, the upper limb 2 + 3l, the lower limb 3 + 3l.
 *
 * @module
 */

import { InvalidBody } from "./invalid_body.ts";
import { type QuadrupedParameters, RLLAB_QUADRUPED } from "./quadruped_parameters.ts";
import { softnessTable } from "./soft_constraint.ts";
import { ball, capsule } from "./solids.ts";
import { STAR_LENGTH, STAR_SIZE } from "./star.ts";
import { createWalls, type Rectangle, type Walls } from "./walls.ts";
import { shown, wrongForm } from "../../src/given.ts";

/** Lengths of the state, its position part, and its velocity part. */
export const STATE_SIZE = 29, POSITION_SIZE = 15, VELOCITY_SIZE = 14;
/** Number of joints, of legs, of bodies. */
export const JOINTS = 8, QUADRUPED_LEGS = 4, BODIES = 13;

/** Posture data per leg: offsets in {@link QuadrupedWork.posture}. */
export const POSTURE_SIZE = 10;
/**
 * Upper limb's direction (x, y); ankle point (x, y); lower limb's direction and foot point (x, y, z each).
 */
export const UX = 0,
  UY = 1,
  AX = 2,
  AY = 3,
  DX = 4,
  DY = 5,
  DZ = 6,
  FX = 7,
  FY = 8,
  FZ = 9;

/** A contact's 24 Jacobian numbers: normal, first, second tangent, over base (6), hip, ankle. */
export const CONTACT_SIZE = 24;

/** A quadruped on a floor among walls. */
export interface Quadruped {
  /** Its parameters. */
  readonly parameters: QuadrupedParameters;
  /** The walls it may touch. */
  readonly walls: Walls;
  /** kg */
  readonly totalMass: number;
  /** Mass of an upper limb, kg. */
  readonly upperMass: number;
  /** Moment of inertia of an upper limb across its axis, kg m². */
  readonly upperTransverse: number;
  /** Moment of inertia of an upper limb about its axis minus across it, kg m². */
  readonly upperAxialExcess: number;
  /** Mass of a lower limb, kg. */
  readonly lowerMass: number;
  /** Moment of inertia of a lower limb across its axis, kg m². */
  readonly lowerTransverse: number;
  /** Moment of inertia of a lower limb about its axis minus across it, kg m². */
  readonly lowerAxialExcess: number;
  /** The torso with the four fixed limbs, about its centre: mass, and moments xx, xy, yy, zz. */
  readonly torso: Float64Array;
  /** `[4, 3]` cosine and sine of a leg's heading, and its bend. */
  readonly legs: Float64Array;
  /** Softness table of contacts. */
  readonly contact: Float64Array;
  /** Softness table of joint stops. */
  readonly stop: Float64Array;
  /** `[13]` mean inverse mass of each body in the straight pose: α of its contacts. */
  readonly inverseMass: Float64Array;
  /** `[8]` inverse inertia of each joint in the straight pose: α of its stops. */
  readonly inverseInertia: Float64Array;
  /** Maximum distance of any surface from the torso's centre, including the contact margin, m. */
  readonly reach: number;
  /** Work arrays, overwritten by every step. */
  readonly work: QuadrupedWork;
}

/** Work arrays of a step. */
export interface QuadrupedWork {
  /** `[9]` torso's rotation matrix, row-major. */
  readonly rotation: Float64Array;
  /** `[4, POSTURE_SIZE]` */
  readonly posture: Float64Array;
  /** `[81]` inertia as a star (star.ts) */
  readonly inertia: Float64Array;
  /** `[81]` inertia with the active rows. */
  readonly hessian: Float64Array;
  /** `[81]` factors of inertia or Hessian. */
  readonly factor: Float64Array;
  /** `[14]` Coriolis, centrifugal and gravity forces, on the left-hand side. */
  readonly bias: Float64Array;
  /** `[14]` applied minus bias forces. */
  readonly force: Float64Array;
  /** `[14]` velocities in torso axes: angular, linear, joints. */
  readonly velocity: Float64Array;
  /** `[14]` accelerations in torso axes. */
  readonly solution: Float64Array;
  /** `[14]` accelerations for the current active set. */
  readonly trial: Float64Array;
  /** `[14]` product of the inertia with a vector. */
  readonly product: Float64Array;
  /** Numbers of contacts and of stops: `[contacts, stops]`. */
  readonly count: Int32Array;
  /** The leg that a contact moves with. */
  readonly contactLeg: Int32Array;
  /** The coordinates that move a contact: 0 the base, 1 also the hip, 2 also the ankle. */
  readonly contactDepth: Int32Array;
  /** The body that a contact belongs to. */
  readonly contactBody: Int32Array;
  /** `[contacts, 24]` see {@link CONTACT_SIZE}. */
  readonly contactJacobian: Float64Array;
  /** `[contacts, 3]` point in torso axes. */
  readonly contactPoint: Float64Array;
  /** `[contacts, 9]` normal (from the limb's outside inwards), first and second tangent, torso axes. */
  readonly contactFrame: Float64Array;
  /** Distance between the surfaces, m. */
  readonly contactDistance: Float64Array;
  /** The joint of a stop. */
  readonly stopJoint: Int32Array;
  /** Sign of the joint's angle in the row. */
  readonly stopSign: Float64Array;
  /** D of each row: four edges per contact, then the stops. */
  readonly rowWeight: Float64Array;
  /** Reference accelerations. */
  readonly rowReference: Float64Array;
  /** y */
  readonly rowValue: Float64Array;
  /** Change of y. */
  readonly rowChange: Float64Array;
  /** `[8]` torques by joint, N m. */
  readonly torque: Float64Array;
  /** `[29]` state of a Runge–Kutta stage. */
  readonly stage: Float64Array;
  /** `[28]` averaged velocities, then averaged accelerations. */
  readonly rate: Float64Array;
  /** `[6]` centre of mass and its velocity, world axes. */
  readonly centre: Float64Array;
}

function checked(p: QuadrupedParameters): QuadrupedParameters {
  const wrong = wrongForm("body", p, RLLAB_QUADRUPED, ["hipRange", "ankleRange"]);
  if (wrong !== null) throw new InvalidBody(wrong);
  const demand = (held: boolean, what: string): void => {
    if (!held) throw new InvalidBody(what);
  };
  demand(
    p.integrator === "euler" || p.integrator === "rk4",
    `An integrator must be euler or rk4: got ${shown(p.integrator)}`,
  );
  const positive = [
    "torsoRadius",
    "limbRadius",
    "density",
    "hipDistance",
    "upperLength",
    "lowerLength",
    "timeStep",
    "controlRange",
  ] as const;
  for (const name of positive) {
    demand(
      p[name] > 0 && Number.isFinite(p[name]),
      `A quadruped's ${name} must be positive: got ${p[name]}`,
    );
  }
  for (const name of ["armature", "damping", "friction", "margin"] as const) {
    demand(
      p[name] >= 0 && Number.isFinite(p[name]),
      `A quadruped's ${name} must not be negative: got ${p[name]}`,
    );
  }
  for (const name of ["gravity", "gear"] as const) {
    demand(Number.isFinite(p[name]), `A quadruped's ${name} must be finite: got ${p[name]}`);
  }
  const sum = p.legs.reduce<readonly [number, number]>(
    ([x, y], leg) => [x + Math.cos(leg.heading), y + Math.sin(leg.heading)],
    [0, 0],
  );
  demand(Math.hypot(sum[0], sum[1]) < 1e-9, `The legs' directions must sum to zero: got ${sum}`);
  demand(
    p.actuators.length === JOINTS && new Set(p.actuators).size === JOINTS &&
      p.actuators.every((joint) => Number.isInteger(joint) && joint >= 0 && joint < JOINTS),
    `The actuators must name each of the joints 0 to 7 once: got ${p.actuators}`,
  );
  for (const range of [p.hipRange, p.ankleRange]) {
    demand(range === null || range[0] < range[1], `A joint's range must not be empty: got ${range}`);
  }
  return p;
}

/**
 * Prepares a quadruped for stepping on a floor among walls.
 *
 * @throws InvalidBody for a parameter out of range or overlapping walls; the message gives the value
 */
export function createQuadruped(
  parameters: QuadrupedParameters,
  walls: readonly Rectangle[] = [],
): Quadruped {
  const p = checked(parameters);
  const fixed = capsule(p.limbRadius, p.hipDistance, p.density);
  const upper = capsule(p.limbRadius, p.upperLength, p.density);
  const lower = capsule(p.limbRadius, p.lowerLength, p.density);
  const sphere = ball(p.torsoRadius, p.density);
  const legs = Float64Array.from(
    p.legs.flatMap((leg) => [Math.cos(leg.heading), Math.sin(leg.heading), leg.bend]),
  );
  const torso = Float64Array.of(sphere.mass, sphere.axial, 0, sphere.axial, sphere.axial);
  for (let leg = 0; leg < QUADRUPED_LEGS; leg++) {
    const x = legs[3 * leg]!, y = legs[3 * leg + 1]!, excess = fixed.axial - fixed.transverse;
    const away = fixed.mass * (p.hipDistance / 2) ** 2;
    torso[0]! += fixed.mass;
    torso[1]! += fixed.transverse + excess * x * x + away * y * y;
    torso[2]! += excess * x * y - away * x * y;
    torso[3]! += fixed.transverse + excess * y * y + away * x * x;
    torso[4]! += fixed.transverse + away;
  }
  const compiled = createWalls(walls);
  const contacts = 25 + 49 * compiled.count, rows = 4 * contacts + 2 * JOINTS;
  const array = (length: number): Float64Array => new Float64Array(length);
  return {
    parameters: p,
    walls: compiled,
    totalMass: torso[0]! + 4 * (upper.mass + lower.mass),
    upperMass: upper.mass,
    upperTransverse: upper.transverse,
    upperAxialExcess: upper.axial - upper.transverse,
    lowerMass: lower.mass,
    lowerTransverse: lower.transverse,
    lowerAxialExcess: lower.axial - lower.transverse,
    torso,
    legs,
    contact: softnessTable(p.contact, p.timeStep),
    stop: softnessTable(p.stop, p.timeStep),
    inverseMass: array(BODIES),
    inverseInertia: array(JOINTS),
    reach: Math.max(p.torsoRadius, p.hipDistance + p.upperLength + p.lowerLength + p.limbRadius) + p.margin,
    work: {
      rotation: array(9),
      posture: array(QUADRUPED_LEGS * POSTURE_SIZE),
      inertia: array(STAR_SIZE),
      hessian: array(STAR_SIZE),
      factor: array(STAR_SIZE),
      bias: array(STAR_LENGTH),
      force: array(STAR_LENGTH),
      velocity: array(STAR_LENGTH),
      solution: array(STAR_LENGTH),
      trial: array(STAR_LENGTH),
      product: array(STAR_LENGTH),
      count: new Int32Array(2),
      contactLeg: new Int32Array(contacts),
      contactDepth: new Int32Array(contacts),
      contactBody: new Int32Array(contacts),
      contactJacobian: array(CONTACT_SIZE * contacts),
      contactPoint: array(3 * contacts),
      contactFrame: array(9 * contacts),
      contactDistance: array(contacts),
      stopJoint: new Int32Array(2 * JOINTS),
      stopSign: array(2 * JOINTS),
      rowWeight: array(rows),
      rowReference: array(rows),
      rowValue: array(rows),
      rowChange: array(rows),
      torque: array(JOINTS),
      stage: array(STATE_SIZE),
      rate: array(2 * VELOCITY_SIZE),
      centre: array(6),
    },
  };
}
