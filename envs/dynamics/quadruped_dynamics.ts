/**
 * The quadruped's acceleration under torques, contacts and joint stops: Newton's method on a strictly convex problem.
 *
 * Every contact moves with the base and one leg, and every stop with one joint, so the Hessian keeps the star structure
 * (star.ts). For a fixed active set the problem is linear,
 *
 *     (M + Σ D J Jᵀ) x = τ - c + Σ D a_ref J        over the active rows,
 *
 * and if the set is unchanged after a full step, its solution is the exact minimum. Otherwise an exact line search
 * along the step makes progress (soft_constraint.ts).
 *
 * Laws, tested: at the solution the gradient vanishes, forces push and never pull, and an active row has the slack that
 * its softness allows; accelerations agree with recorded ones to 1e-9.
 *
 * @module
 */

import { findContacts } from "./quadruped_contact.ts";
import { computeMotion } from "./quadruped_motion.ts";
import { CONTACT_SIZE, JOINTS } from "./quadruped_model.ts";
import type { Quadruped } from "./quadruped_model.ts";
import { DAMPING, impedance, searchLine, STIFFNESS } from "./soft_constraint.ts";
import { COUPLING, factorStar, LEGS, multiplyStar, solveStar, STAR_LENGTH, STAR_SIZE } from "./star.ts";

/** Maximum number of active sets in Newton's method; one or two are usual, 8 the most seen in 10⁶ steps. */
const NEWTON_ITERATIONS = 50;

/** Writes the joint torques of a control, clamped to the actuators' range. */
export function actuate(body: Quadruped, control: Float64Array): void {
  const { actuators, controlRange, gear } = body.parameters, { torque } = body.work;
  for (let i = 0; i < JOINTS; i++) {
    const requested = control[i]!;
    const clamped = requested > controlRange
      ? controlRange
      : requested < -controlRange
      ? -controlRange
      : requested;
    torque[actuators[i]!] = gear * clamped;
  }
}

/**
 * Writes the acceleration of a state under the torques in the work arrays to `work.solution`, in torso axes:
 * angular (3), torso centre (3), joints (8).
 *
 * @param warm start from the acceleration in `work.solution` (of a nearby state) instead of the acceleration without
 * contacts; the result is the same minimum
 */
export function accelerate(body: Quadruped, state: Float64Array, warm: boolean): void {
  computeMotion(body, state);
  findContacts(body, state);
  const { work } = body, { bias, force, torque, velocity, count, solution } = work;
  const { damping } = body.parameters;
  for (let i = 0; i < 6; i++) force[i] = -bias[i]!;
  for (let j = 0; j < JOINTS; j++) force[6 + j] = torque[j]! - damping * velocity[6 + j]! - bias[6 + j]!;
  count[1] = 0;
  findStops(body, state);
  const rows = 4 * count[0]! + count[1];
  if (rows === 0 || !warm) {
    factorStar(work.inertia, work.factor);
    solveStar(work.factor, force, solution);
  }
  if (rows > 0) hold(body, rows);
}

/** Lists the joints beyond their stops; the ankles' angles are positive in the sense that lowers the foot. */
function findStops(body: Quadruped, state: Float64Array): void {
  const { hipRange, ankleRange } = body.parameters, { legs } = body;
  for (let leg = 0; leg < 4; leg++) {
    if (hipRange !== null) {
      const angle = state[7 + 2 * leg]!;
      if (angle < hipRange[0]) addStop(body, 2 * leg, 1, angle - hipRange[0]);
      if (angle > hipRange[1]) addStop(body, 2 * leg, -1, hipRange[1] - angle);
    }
    if (ankleRange !== null) {
      const bend = legs[3 * leg + 2]!, angle = bend * state[8 + 2 * leg]!;
      if (angle < ankleRange[0]) addStop(body, 2 * leg + 1, bend, angle - ankleRange[0]);
      if (angle > ankleRange[1]) addStop(body, 2 * leg + 1, -bend, ankleRange[1] - angle);
    }
  }
}

function addStop(body: Quadruped, joint: number, sign: number, residual: number): void {
  const { stop, inverseInertia, work } = body;
  const index = work.count[1]!++, row = 4 * work.count[0]! + index;
  const d = impedance(stop, residual);
  work.stopJoint[index] = joint;
  work.stopSign[index] = sign;
  work.rowWeight[row] = d / ((1 - d) * inverseInertia[joint]!);
  work.rowReference[row] = -stop[DAMPING]! * sign * work.velocity[6 + joint]! -
    stop[STIFFNESS]! * d * residual;
}

/** Writes y = J x - a_ref of every row for an acceleration x; a row with y < 0 pushes with -D y. */
export function evaluateRows(body: Quadruped, x: Float64Array, values: Float64Array): void {
  const { work } = body, { count, contactJacobian: j, contactLeg, rowReference, stopJoint, stopSign } = work;
  const { friction } = body.parameters, contacts = count[0]!, stops = count[1]!;
  for (let c = 0; c < contacts; c++) {
    const at = CONTACT_SIZE * c, leg = contactLeg[c]!, row = 4 * c;
    const x0 = x[0]!, x1 = x[1]!, x2 = x[2]!, x3 = x[3]!, x4 = x[4]!, x5 = x[5]!;
    const hip = x[6 + 2 * leg]!, ankle = x[7 + 2 * leg]!;
    const normal = j[at]! * x0 + j[at + 1]! * x1 + j[at + 2]! * x2 + j[at + 3]! * x3 + j[at + 4]! * x4 +
      j[at + 5]! * x5 + j[at + 6]! * hip + j[at + 7]! * ankle;
    const first = friction * (j[at + 8]! * x0 + j[at + 9]! * x1 + j[at + 10]! * x2 + j[at + 11]! * x3 +
      j[at + 12]! * x4 + j[at + 13]! * x5 + j[at + 14]! * hip + j[at + 15]! * ankle);
    const second = friction * (j[at + 16]! * x0 + j[at + 17]! * x1 + j[at + 18]! * x2 + j[at + 19]! * x3 +
      j[at + 20]! * x4 + j[at + 21]! * x5 + j[at + 22]! * hip + j[at + 23]! * ankle);
    values[row] = normal + first - rowReference[row]!;
    values[row + 1] = normal - first - rowReference[row + 1]!;
    values[row + 2] = normal + second - rowReference[row + 2]!;
    values[row + 3] = normal - second - rowReference[row + 3]!;
  }
  for (let s = 0; s < stops; s++) {
    const row = 4 * contacts + s;
    values[row] = stopSign[s]! * x[6 + stopJoint[s]!]! - rowReference[row]!;
  }
}

/** Newton's method from the acceleration in `solution`. */
function hold(body: Quadruped, rows: number): void {
  const { work } = body, { inertia, hessian, factor, force, solution, trial, product, count } = work;
  const { rowWeight, rowValue, rowChange } = work;
  evaluateRows(body, solution, rowValue);
  for (let iteration = 0; iteration < NEWTON_ITERATIONS; iteration++) {
    for (let i = 0; i < STAR_SIZE; i++) hessian[i] = inertia[i]!;
    for (let i = 0; i < STAR_LENGTH; i++) trial[i] = force[i]!;
    for (let c = 0; c < count[0]!; c++) pushContact(body, c);
    for (let s = 0; s < count[1]!; s++) pushStop(body, s);
    factorStar(hessian, factor);
    solveStar(factor, trial, trial);
    evaluateRows(body, trial, rowChange);
    let settled = true;
    for (let i = 0; i < rows; i++) {
      if ((rowChange[i]! < 0) !== (rowValue[i]! < 0)) settled = false;
      rowChange[i]! -= rowValue[i]!;
    }
    if (settled) {
      for (let i = 0; i < STAR_LENGTH; i++) solution[i] = trial[i]!;
      return;
    }
    for (let i = 0; i < STAR_LENGTH; i++) trial[i]! -= solution[i]!;
    multiplyStar(inertia, trial, product);
    let curvature = 0;
    for (let i = 0; i < STAR_LENGTH; i++) curvature += product[i]! * trial[i]!;
    // Along the step H dx = -g, so the smooth part's slope follows from its curvature and the active rows.
    let slope = -curvature;
    for (let i = 0; i < rows; i++) {
      if (rowValue[i]! < 0) slope -= rowWeight[i]! * rowChange[i]! * (rowValue[i]! + rowChange[i]!);
    }
    const s = searchLine(rowValue, rowChange, rowWeight, rows, slope, curvature);
    for (let i = 0; i < STAR_LENGTH; i++) solution[i]! += s * trial[i]!;
    for (let i = 0; i < rows; i++) rowValue[i]! += s * rowChange[i]!;
  }
}

/** Adds a contact's active edges to Hessian and right-hand side. */
function pushContact(body: Quadruped, c: number): void {
  const { work } = body, { hessian, trial, rowValue, rowWeight, rowReference, contactJacobian: j } = work;
  const { friction } = body.parameters, row = 4 * c, weight = rowWeight[row]!;
  const e0 = rowValue[row]! < 0 ? weight : 0, e1 = rowValue[row + 1]! < 0 ? weight : 0;
  const e2 = rowValue[row + 2]! < 0 ? weight : 0, e3 = rowValue[row + 3]! < 0 ? weight : 0;
  const nn = e0 + e1 + e2 + e3;
  if (nn === 0) return;
  const p0 = e0 * rowReference[row]!, p1 = e1 * rowReference[row + 1]!;
  const p2 = e2 * rowReference[row + 2]!, p3 = e3 * rowReference[row + 3]!;
  const pushN = p0 + p1 + p2 + p3, push1 = friction * (p0 - p1), push2 = friction * (p2 - p3);
  const n1 = friction * (e0 - e1), n2 = friction * (e2 - e3);
  const w11 = friction * friction * (e0 + e1), w22 = friction * friction * (e2 + e3);
  const at = CONTACT_SIZE * c, leg = work.contactLeg[c]!, depth = work.contactDepth[c];
  for (let i = 0, k = 0; i < 6; i++) {
    const a = j[at + i]!, b = j[at + 8 + i]!, d = j[at + 16 + i]!;
    const vn = nn * a + n1 * b + n2 * d, v1 = n1 * a + w11 * b, v2 = n2 * a + w22 * d;
    trial[i]! += pushN * a + push1 * b + push2 * d;
    for (let m = 0; m <= i; m++, k++) {
      hessian[k]! += vn * j[at + m]! + v1 * j[at + 8 + m]! + v2 * j[at + 16 + m]!;
    }
  }
  if (depth === 0) return;
  const column = COUPLING + 12 * leg, block = LEGS + 3 * leg;
  const ha = j[at + 6]!, hb = j[at + 14]!, hd = j[at + 22]!;
  const hn = nn * ha + n1 * hb + n2 * hd, h1 = n1 * ha + w11 * hb, h2 = n2 * ha + w22 * hd;
  trial[6 + 2 * leg]! += pushN * ha + push1 * hb + push2 * hd;
  for (let i = 0; i < 6; i++) {
    hessian[column + i]! += hn * j[at + i]! + h1 * j[at + 8 + i]! + h2 * j[at + 16 + i]!;
  }
  hessian[block]! += hn * ha + h1 * hb + h2 * hd;
  if (depth === 1) return;
  const aa = j[at + 7]!, ab = j[at + 15]!, ad = j[at + 23]!;
  const an = nn * aa + n1 * ab + n2 * ad, a1 = n1 * aa + w11 * ab, a2 = n2 * aa + w22 * ad;
  trial[7 + 2 * leg]! += pushN * aa + push1 * ab + push2 * ad;
  for (let i = 0; i < 6; i++) {
    hessian[column + 6 + i]! += an * j[at + i]! + a1 * j[at + 8 + i]! + a2 * j[at + 16 + i]!;
  }
  hessian[block + 1]! += an * ha + a1 * hb + a2 * hd;
  hessian[block + 2]! += an * aa + a1 * ab + a2 * ad;
}

/** Adds an active stop to Hessian and right-hand side. */
function pushStop(body: Quadruped, s: number): void {
  const { work } = body, row = 4 * work.count[0]! + s;
  if (work.rowValue[row]! >= 0) return;
  const joint = work.stopJoint[s]!, weight = work.rowWeight[row]!;
  work.hessian[LEGS + 3 * (joint >> 1) + ((joint & 1) === 1 ? 2 : 0)]! += weight;
  work.trial[6 + joint]! += weight * work.rowReference[row]! * work.stopSign[s]!;
}
