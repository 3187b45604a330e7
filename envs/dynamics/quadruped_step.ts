/**
 * Steps of the quadruped: semi-implicit Euler with implicit joint damping, and the classical Runge–Kutta method, both
 * as MuJoCo defines them for a floating base.
 *
 * Euler: v ← v + h (M + h b)⁻¹ M v̇, then q ← q ⊕ h v. Runge–Kutta: stages q ⊕ h a v; the velocities are averaged and
 * applied once, so that on a turning body the method is of second order.
 * q ⊕ h v moves the torso's centre along v and multiplies the normalised quaternion by exp(h ω / 2) from the right.
 *
 * @module
 */

import { computeMotion } from "./quadruped_motion.ts";
import {
  createQuadruped as createModel,
  JOINTS,
  POSITION_SIZE,
  STATE_SIZE,
  VELOCITY_SIZE,
} from "./quadruped_model.ts";
import type { Quadruped } from "./quadruped_model.ts";
import type { QuadrupedParameters } from "./quadruped_parameters.ts";
import { accelerate, actuate } from "./quadruped_dynamics.ts";
import { factorStar, LEGS, multiplyStar, solveStar } from "./star.ts";
import type { Rectangle } from "./walls.ts";

/**
 * Prepares a quadruped for stepping on a floor among walls, with the inverse inertias that weight its contacts and
 * stops: those of the straight pose (all joint angles 0), as in MuJoCo.
 *
 * @throws InvalidBody for a parameter out of range or overlapping walls; the message gives the value
 */
export function createQuadruped(
  parameters: QuadrupedParameters,
  walls: readonly Rectangle[] = [],
): Quadruped {
  const body = createModel(parameters, walls), { work, inverseMass, inverseInertia } = body;
  const { hipDistance, upperLength, lowerLength } = parameters;
  const straight = new Float64Array(STATE_SIZE), row = new Float64Array(VELOCITY_SIZE);
  straight[3] = 1;
  computeMotion(body, straight);
  factorStar(work.inertia, work.factor);
  for (let joint = 0; joint < JOINTS; joint++) {
    row.fill(0)[6 + joint] = 1;
    solveStar(work.factor, row, work.trial);
    inverseInertia[joint] = work.trial[6 + joint]!;
  }
  /** Mean over the three directions of the inverse mass at a distance along a leg, moved by its first joints. */
  const meanInverse = (leg: number, distance: number, depth: number): number => {
    const ex = body.legs[3 * leg]!, ey = body.legs[3 * leg + 1]!, bend = body.legs[3 * leg + 2]!;
    const beyondHip = distance - hipDistance, beyondAnkle = beyondHip - upperLength;
    const x = distance * ex, y = distance * ey;
    let sum = 0;
    for (let direction = 0; direction < 3; direction++) {
      row.fill(0);
      const nx = direction === 0 ? 1 : 0, ny = direction === 1 ? 1 : 0, nz = direction === 2 ? 1 : 0;
      row.set([y * nz, -x * nz, x * ny - y * nx, nx, ny, nz]);
      if (depth > 0) row[6 + 2 * leg] = beyondHip * (ex * ny - ey * nx);
      if (depth > 1) row[7 + 2 * leg] = -bend * beyondAnkle * nz;
      solveStar(work.factor, row, work.trial);
      for (let i = 0; i < VELOCITY_SIZE; i++) sum += row[i]! * work.trial[i]!;
    }
    return sum / 3;
  };
  inverseMass[0] = meanInverse(0, 0, 0);
  for (let leg = 0; leg < 4; leg++) {
    inverseMass[1 + 3 * leg] = meanInverse(leg, hipDistance / 2, 0);
    inverseMass[2 + 3 * leg] = meanInverse(leg, hipDistance + upperLength / 2, 1);
    inverseMass[3 + 3 * leg] = meanInverse(leg, hipDistance + upperLength + lowerLength / 2, 2);
  }
  return body;
}

/** One step of the quadruped's integrator, in place. `control` has 8 numbers in the actuators' order. */
export function stepQuadruped(body: Quadruped, state: Float64Array, control: Float64Array): void {
  actuate(body, control);
  if (body.parameters.integrator === "euler") stepEuler(body, state);
  else stepRungeKutta(body, state);
}

/** to ← from ⊕ h v for the positions; v is `[14]` at `offset` of `rates`. `to` may be `from`. */
function advance(from: Float64Array, to: Float64Array, rates: Float64Array, offset: number, h: number): void {
  to[0] = from[0]! + h * rates[offset]!;
  to[1] = from[1]! + h * rates[offset + 1]!;
  to[2] = from[2]! + h * rates[offset + 2]!;
  const wx = rates[offset + 3]!, wy = rates[offset + 4]!, wz = rates[offset + 5]!;
  let qw = from[3]!, qx = from[4]!, qy = from[5]!, qz = from[6]!;
  const scale = 1 / Math.sqrt(qw * qw + qx * qx + qy * qy + qz * qz);
  qw *= scale;
  qx *= scale;
  qy *= scale;
  qz *= scale;
  const speed = Math.sqrt(wx * wx + wy * wy + wz * wz), half = 0.5 * h * speed;
  const c = Math.cos(half), s = speed < 1e-15 ? 0 : Math.sin(half) / speed;
  const ex = s * wx, ey = s * wy, ez = s * wz;
  to[3] = qw * c - qx * ex - qy * ey - qz * ez;
  to[4] = qw * ex + qx * c + qy * ez - qz * ey;
  to[5] = qw * ey - qx * ez + qy * c + qz * ex;
  to[6] = qw * ez + qx * ey - qy * ex + qz * c;
  for (let j = 0; j < JOINTS; j++) to[7 + j] = from[7 + j]! + h * rates[offset + 6 + j]!;
}

/**
 * Adds `h` times accelerations in torso axes, rotated by `work.rotation`, to velocities (world, torso axes, joints).
 */
function accelerateBy(
  from: Float64Array,
  to: Float64Array,
  offset: number,
  x: Float64Array,
  r: Float64Array,
  h: number,
): void {
  to[offset] = from[offset]! + h * (r[0]! * x[3]! + r[1]! * x[4]! + r[2]! * x[5]!);
  to[offset + 1] = from[offset + 1]! + h * (r[3]! * x[3]! + r[4]! * x[4]! + r[5]! * x[5]!);
  to[offset + 2] = from[offset + 2]! + h * (r[6]! * x[3]! + r[7]! * x[4]! + r[8]! * x[5]!);
  to[offset + 3] = from[offset + 3]! + h * x[0]!;
  to[offset + 4] = from[offset + 4]! + h * x[1]!;
  to[offset + 5] = from[offset + 5]! + h * x[2]!;
  for (let j = 6; j < VELOCITY_SIZE; j++) to[offset + j] = from[offset + j]! + h * x[j]!;
}

function stepEuler(body: Quadruped, state: Float64Array): void {
  const { work } = body, { inertia, factor, hessian, solution, product, rotation } = work;
  const { timeStep: h, damping } = body.parameters;
  accelerate(body, state, false);
  let change = solution;
  if (damping !== 0) {
    multiplyStar(inertia, solution, product);
    hessian.set(inertia);
    for (let leg = 0; leg < 4; leg++) {
      hessian[LEGS + 3 * leg]! += h * damping;
      hessian[LEGS + 3 * leg + 2]! += h * damping;
    }
    factorStar(hessian, factor);
    solveStar(factor, product, product);
    change = product;
  }
  accelerateBy(state, state, POSITION_SIZE, change, rotation, h);
  advance(state, state, state, POSITION_SIZE, h);
}

function stepRungeKutta(body: Quadruped, state: Float64Array): void {
  const { work } = body, { stage, rate, solution, rotation } = work, h = body.parameters.timeStep;
  for (let i = 0; i < STATE_SIZE; i++) stage[i] = state[i]!;
  rate.fill(0);
  for (let part = 0; part < 4; part++) {
    accelerate(body, stage, part > 0);
    const weight = part === 0 || part === 3 ? 1 / 6 : 1 / 3;
    // `rate` holds the averaged velocity (14 numbers), then the averaged acceleration.
    for (let i = 0; i < VELOCITY_SIZE; i++) rate[i]! += weight * stage[POSITION_SIZE + i]!;
    accelerateBy(rate, rate, VELOCITY_SIZE, solution, rotation, weight);
    if (part === 3) break;
    const ahead = part === 2 ? h : 0.5 * h;
    advance(state, stage, stage, POSITION_SIZE, ahead);
    accelerateBy(state, stage, POSITION_SIZE, solution, rotation, ahead);
  }
  for (let i = 0; i < VELOCITY_SIZE; i++) state[POSITION_SIZE + i]! += h * rate[VELOCITY_SIZE + i]!;
  advance(state, state, rate, 0, h);
}
