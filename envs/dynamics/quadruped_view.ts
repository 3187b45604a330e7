/**
 * Quantities derived from a quadruped's state: poses, momentum, energy, contact forces.
 *
 * The functions overwrite the body's work arrays, as a step does, and do not change the state.
 *
 * Laws, tested: centre of mass, momentum and contact forces equal recorded ones; the forces on a body at rest sum to
 * its weight.
 *
 * @module
 */

import { accelerate, actuate, evaluateRows } from "./quadruped_dynamics.ts";
import { computeMotion } from "./quadruped_motion.ts";
import { AX, AY, BODIES, FX, FY, FZ, POSTURE_SIZE, VELOCITY_SIZE } from "./quadruped_model.ts";
import type { Quadruped } from "./quadruped_model.ts";
import { multiplyStar } from "./star.ts";

/** Vertical component of the torso's up-axis: 1 upright, 0 on its side, -1 upside-down. */
export function torsoUp(state: Float64Array): number {
  const w = state[3]!, x = state[4]!, y = state[5]!, z = state[6]!;
  return (w * w - x * x - y * y + z * z) / (w * w + x * x + y * y + z * z);
}

/**
 * Writes the centre of mass (x, y, z; world, m) and its velocity (x, y, z; world, m/s) of a state.
 *
 * @param out `[6]`
 */
export function centreOfMass(body: Quadruped, state: Float64Array, out: Float64Array): void {
  computeMotion(body, state);
  const { inertia, velocity, product, rotation: r } = body.work, mass = body.totalMass;
  // The rows of the linear coordinates hold the first moment (quadruped_motion.ts).
  const cx = inertia[12]! / mass, cy = inertia[15]! / mass, cz = inertia[7]! / mass;
  multiplyStar(inertia, velocity, product);
  for (let i = 0; i < 3; i++) {
    out[i] = state[i]! + r[3 * i]! * cx + r[3 * i + 1]! * cy + r[3 * i + 2]! * cz;
    out[3 + i] = (r[3 * i]! * product[3]! + r[3 * i + 1]! * product[4]! + r[3 * i + 2]! * product[5]!) / mass;
  }
}

/** Energy and momentum of a state. */
export interface QuadrupedMomentum {
  /** J, including the rotors'. */
  readonly kinetic: number;
  /** J, zero for the centre of mass at height 0. */
  readonly potential: number;
  /** kg m/s, world. */
  readonly linear: readonly [number, number, number];
  /** kg m²/s about the centre of mass, world, of the links (the rotors' inertia has no reaction on the base). */
  readonly angular: readonly [number, number, number];
}

const cross = (a: readonly number[], b: readonly number[]): [number, number, number] => [
  a[1]! * b[2]! - a[2]! * b[1]!,
  a[2]! * b[0]! - a[0]! * b[2]!,
  a[0]! * b[1]! - a[1]! * b[0]!,
];

/** Energy and momentum of a state. */
export function quadrupedMomentum(body: Quadruped, state: Float64Array): QuadrupedMomentum {
  const centre = new Float64Array(6);
  centreOfMass(body, state, centre);
  const { velocity, product, rotation: r } = body.work, mass = body.totalMass;
  let kinetic = 0;
  for (let i = 0; i < VELOCITY_SIZE; i++) kinetic += 0.5 * velocity[i]! * product[i]!;
  const turn = (x: number, y: number, z: number): [number, number, number] => [
    r[0]! * x + r[1]! * y + r[2]! * z,
    r[3]! * x + r[4]! * y + r[5]! * z,
    r[6]! * x + r[7]! * y + r[8]! * z,
  ];
  const linear = turn(product[3]!, product[4]!, product[5]!),
    about = turn(product[0]!, product[1]!, product[2]!);
  const lever = [centre[0]! - state[0]!, centre[1]! - state[1]!, centre[2]! - state[2]!];
  const orbital = cross(lever, linear);
  return {
    kinetic,
    potential: mass * body.parameters.gravity * centre[2]!,
    linear,
    angular: [about[0] - orbital[0], about[1] - orbital[1], about[2] - orbital[2]],
  };
}

/** Length of the output of {@link contactForces}. */
export const CONTACT_FORCES = 6 * (BODIES + 1);

/**
 * Writes the external contact forces on each body in MuJoCo's order and form (`cfrc_ext`): for the world (always zero)
 * and the 13 bodies, the torque about the whole body's centre of mass (N m) and the force (N), world axes.
 *
 * Contact forces depend on the actuators' torques, so the control at the state is an argument.
 *
 * @param out `[84]` from `offset`
 */
export function contactForces(
  body: Quadruped,
  state: Float64Array,
  control: Float64Array,
  out: Float32Array | Float64Array,
  offset = 0,
): void {
  const { centre } = body.work;
  for (let i = 0; i < CONTACT_FORCES; i++) out[offset + i] = 0;
  centreOfMass(body, state, centre);
  actuate(body, control);
  accelerate(body, state, false);
  const { count, solution, rowValue, rowWeight, contactFrame, contactPoint, contactBody, rotation: r } =
    body.work;
  const { friction } = body.parameters;
  evaluateRows(body, solution, rowValue);
  for (let c = 0; c < count[0]!; c++) {
    const row = 4 * c, frame = 9 * c, weight = rowWeight[row]!;
    const f0 = rowValue[row]! < 0 ? -weight * rowValue[row]! : 0;
    const f1 = rowValue[row + 1]! < 0 ? -weight * rowValue[row + 1]! : 0;
    const f2 = rowValue[row + 2]! < 0 ? -weight * rowValue[row + 2]! : 0;
    const f3 = rowValue[row + 3]! < 0 ? -weight * rowValue[row + 3]! : 0;
    const n = f0 + f1 + f2 + f3, t = friction * (f0 - f1), u = friction * (f2 - f3);
    const x = n * contactFrame[frame]! + t * contactFrame[frame + 3]! + u * contactFrame[frame + 6]!;
    const y = n * contactFrame[frame + 1]! + t * contactFrame[frame + 4]! + u * contactFrame[frame + 7]!;
    const z = n * contactFrame[frame + 2]! + t * contactFrame[frame + 5]! + u * contactFrame[frame + 8]!;
    const fx = r[0]! * x + r[1]! * y + r[2]! * z;
    const fy = r[3]! * x + r[4]! * y + r[5]! * z;
    const fz = r[6]! * x + r[7]! * y + r[8]! * z;
    const px = contactPoint[3 * c]!, py = contactPoint[3 * c + 1]!, pz = contactPoint[3 * c + 2]!;
    const lx = state[0]! + r[0]! * px + r[1]! * py + r[2]! * pz - centre[0]!;
    const ly = state[1]! + r[3]! * px + r[4]! * py + r[5]! * pz - centre[1]!;
    const lz = state[2]! + r[6]! * px + r[7]! * py + r[8]! * pz - centre[2]!;
    const at = offset + 6 * (contactBody[c]! + 1);
    out[at]! += ly * fz - lz * fy;
    out[at + 1]! += lz * fx - lx * fz;
    out[at + 2]! += lx * fy - ly * fx;
    out[at + 3]! += fx;
    out[at + 4]! += fy;
    out[at + 5]! += fz;
  }
}

/** Inertia matrix, bias and acceleration of a state. */
export interface QuadrupedEquations {
  /** `[14][14]` */
  readonly inertia: readonly Float64Array[];
  /** `[14]` */
  readonly bias: Float64Array;
  /** `[14]` */
  readonly acceleration: Float64Array;
}

/**
 * The equations of motion in the state's own velocities (torso centre in world axes, angular velocity in torso axes,
 * joints): inertia including the rotors', Coriolis, centrifugal and gravity forces, and the acceleration under a
 * control.
 */
export function quadrupedEquations(
  body: Quadruped,
  state: Float64Array,
  control: Float64Array,
): QuadrupedEquations {
  actuate(body, control);
  accelerate(body, state, false);
  const { inertia, bias, solution, rotation: r } = body.work;
  /** Converts from torso axes, angular part first, to the state's order and axes. */
  const outwards = (x: Float64Array): Float64Array => {
    const y = Float64Array.from(x);
    for (let i = 0; i < 3; i++) {
      y[i] = r[3 * i]! * x[3]! + r[3 * i + 1]! * x[4]! + r[3 * i + 2]! * x[5]!;
      y[3 + i] = x[i]!;
    }
    return y;
  };
  const rows = Array.from({ length: VELOCITY_SIZE }, (_, i) => {
    const unit = new Float64Array(VELOCITY_SIZE), column = new Float64Array(VELOCITY_SIZE);
    if (i < 3) unit.set([r[3 * i]!, r[3 * i + 1]!, r[3 * i + 2]!], 3);
    else unit[i < 6 ? i - 3 : i] = 1;
    multiplyStar(inertia, unit, column);
    return outwards(column);
  });
  return { inertia: rows, bias: outwards(bias), acceleration: outwards(solution) };
}

/**
 * Writes the points of a drawing of the body, world axes, m: torso centre, then for each leg hip, ankle, foot.
 *
 * @param out `[13, 3]` from `offset`
 */
export function quadrupedPoints(body: Quadruped, state: Float64Array, out: Float64Array, offset = 0): void {
  computeMotion(body, state);
  const { rotation: r, posture } = body.work, { legs } = body, { hipDistance } = body.parameters;
  const put = (index: number, x: number, y: number, z: number): void => {
    for (let i = 0; i < 3; i++) {
      out[offset + 3 * index + i] = state[i]! + r[3 * i]! * x + r[3 * i + 1]! * y + r[3 * i + 2]! * z;
    }
  };
  put(0, 0, 0, 0);
  for (let leg = 0; leg < 4; leg++) {
    const at = POSTURE_SIZE * leg;
    put(1 + 3 * leg, hipDistance * legs[3 * leg]!, hipDistance * legs[3 * leg + 1]!, 0);
    put(2 + 3 * leg, posture[at + AX]!, posture[at + AY]!, 0);
    put(3 + 3 * leg, posture[at + FX]!, posture[at + FY]!, posture[at + FZ]!);
  }
}
