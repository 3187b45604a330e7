/**
 * The quadruped's smooth mechanics in the moving torso frame: posture, inertia and bias forces.
 *
 * Unknowns are x = (ω̇, a, joint accelerations) with a the torso centre's acceleration, both in torso axes. Leg l
 * points along e when its hip angle θ is 0; with z the torso's up-axis, φ the ankle's angle in the sense that lowers
 * the foot,
 *
 *     upper limb u = cos θ e + sin θ z×e,   ankle axis w = ± z×u,   lower limb d = cos φ u - sin φ z.
 *
 * A capsule's inertia depends on its axis alone, I = I_t 1 + (I_a - I_t) u uᵀ, so no leg needs a rotation matrix. The
 * ankle moves its limb in the vertical plane through the leg, and the hip moves it across that plane: hip and ankle are
 * coupled only through the base, and a leg's own 2 × 2 inertia is diagonal.
 *
 * Laws, tested: equal to MuJoCo's inertia and bias to 1e-10; the inertia is positive definite.
 *
 * @module
 */

import { AX, AY, DX, DY, DZ, FX, FY, FZ, POSTURE_SIZE, UX, UY } from "./quadruped_model.ts";
import type { Quadruped } from "./quadruped_model.ts";
import { COUPLING, LEGS } from "./star.ts";

/** Writes the torso's rotation matrix (row-major) from the normalised quaternion of a state. */
export function rotationOf(state: Float64Array, rotation: Float64Array): void {
  let w = state[3]!, x = state[4]!, y = state[5]!, z = state[6]!;
  const scale = 1 / Math.sqrt(w * w + x * x + y * y + z * z);
  w *= scale;
  x *= scale;
  y *= scale;
  z *= scale;
  rotation[0] = w * w + x * x - y * y - z * z;
  rotation[1] = 2 * (x * y - w * z);
  rotation[2] = 2 * (x * z + w * y);
  rotation[3] = 2 * (x * y + w * z);
  rotation[4] = w * w - x * x + y * y - z * z;
  rotation[5] = 2 * (y * z - w * x);
  rotation[6] = 2 * (x * z - w * y);
  rotation[7] = 2 * (y * z + w * x);
  rotation[8] = w * w - x * x - y * y + z * z;
}

/** Writes rotation, posture, inertia, bias forces and the velocities in torso axes of a state to the work arrays. */
export function computeMotion(body: Quadruped, state: Float64Array): void {
  const { rotation, posture, inertia, bias, velocity } = body.work;
  const { hipDistance, upperLength, lowerLength, armature, gravity } = body.parameters;
  const { torso, legs } = body;
  const m1 = body.upperMass, t1 = body.upperTransverse, e1 = body.upperAxialExcess;
  const m2 = body.lowerMass, t2 = body.lowerTransverse, e2 = body.lowerAxialExcess;
  const h1 = 0.5 * upperLength, h2 = 0.5 * lowerLength;
  rotationOf(state, rotation);
  const r = rotation;

  const vx = state[15]!, vy = state[16]!, vz = state[17]!;
  const wx = state[18]!, wy = state[19]!, wz = state[20]!;
  velocity[0] = wx;
  velocity[1] = wy;
  velocity[2] = wz;
  velocity[3] = r[0]! * vx + r[3]! * vy + r[6]! * vz;
  velocity[4] = r[1]! * vx + r[4]! * vy + r[7]! * vz;
  velocity[5] = r[2]! * vx + r[5]! * vy + r[8]! * vz;

  // With x = 0 every part accelerates as on a rotating torso whose centre is held against gravity.
  const ox = gravity * r[6]!, oy = gravity * r[7]!, oz = gravity * r[8]!;
  const turning = wx * wx + wy * wy + wz * wz;
  const m0 = torso[0]!, ixx = torso[1]!, ixy = torso[2]!, iyy = torso[3]!, izz = torso[4]!;
  const lx = ixx * wx + ixy * wy, ly = ixy * wx + iyy * wy, lz = izz * wz;
  let nx = wy * lz - wz * ly, ny = wz * lx - wx * lz, nz = wx * ly - wy * lx;
  let fx = m0 * ox, fy = m0 * oy, fz = m0 * oz;

  // Base's inertia: second moments about the torso's centre, and the first moment.
  let jxx = ixx, jxy = ixy, jxz = 0, jyy = iyy, jyz = 0, jzz = izz;
  let sx = 0, sy = 0, sz = 0;

  for (let leg = 0; leg < 4; leg++) {
    const ex = legs[3 * leg]!, ey = legs[3 * leg + 1]!, bend = legs[3 * leg + 2]!;
    const hipAngle = state[7 + 2 * leg]!, ankleAngle = bend * state[8 + 2 * leg]!;
    const hipSpeed = state[21 + 2 * leg]!, ankleSpeed = state[22 + 2 * leg]!;
    velocity[6 + 2 * leg] = hipSpeed;
    velocity[7 + 2 * leg] = ankleSpeed;
    const ch = Math.cos(hipAngle), sh = Math.sin(hipAngle);
    const ca = Math.cos(ankleAngle), sa = Math.sin(ankleAngle);
    const ux = ch * ex - sh * ey, uy = ch * ey + sh * ex;
    const ax = hipDistance * ex + upperLength * ux, ay = hipDistance * ey + upperLength * uy;
    const dx = ca * ux, dy = ca * uy, dz = -sa;
    const at = POSTURE_SIZE * leg;
    posture[at + UX] = ux;
    posture[at + UY] = uy;
    posture[at + AX] = ax;
    posture[at + AY] = ay;
    posture[at + DX] = dx;
    posture[at + DY] = dy;
    posture[at + DZ] = dz;
    posture[at + FX] = ax + lowerLength * dx;
    posture[at + FY] = ay + lowerLength * dy;
    posture[at + FZ] = lowerLength * dz;

    // Centres of the upper (1) and the lower limb (2).
    const c1x = hipDistance * ex + h1 * ux, c1y = hipDistance * ey + h1 * uy;
    const rx = h2 * dx, ry = h2 * dy, rz = h2 * dz;
    const c2x = ax + rx, c2y = ay + ry, c2z = rz;

    jxx += t1 + t2 + e1 * ux * ux + e2 * dx * dx + m1 * c1y * c1y + m2 * (c2y * c2y + c2z * c2z);
    jxy += e1 * ux * uy + e2 * dx * dy - m1 * c1x * c1y - m2 * c2x * c2y;
    jxz += e2 * dx * dz - m2 * c2x * c2z;
    jyy += t1 + t2 + e1 * uy * uy + e2 * dy * dy + m1 * c1x * c1x + m2 * (c2x * c2x + c2z * c2z);
    jyz += e2 * dy * dz - m2 * c2y * c2z;
    jzz += t1 + t2 + e2 * dz * dz + m1 * (c1x * c1x + c1y * c1y) + m2 * (c2x * c2x + c2y * c2y);
    sx += m1 * c1x + m2 * c2x;
    sy += m1 * c1y + m2 * c2y;
    sz += m2 * c2z;

    // Forces of a unit acceleration of the hip (across the leg) and of the ankle (in the leg's plane).
    const across = upperLength + h2 * ca;
    const p1x = -m1 * h1 * uy, p1y = m1 * h1 * ux, p2x = -m2 * across * uy, p2y = m2 * across * ux;
    const column = COUPLING + 12 * leg;
    inertia[column] = e2 * dz * dx - c2z * p2y;
    inertia[column + 1] = e2 * dz * dy + c2z * p2x;
    inertia[column + 2] = t1 + t2 + e2 * sa * sa + c1x * p1y - c1y * p1x + c2x * p2y - c2y * p2x;
    inertia[column + 3] = p1x + p2x;
    inertia[column + 4] = p1y + p2y;
    inertia[column + 5] = 0;
    const kx = -bend * m2 * h2 * sa * ux, ky = -bend * m2 * h2 * sa * uy, kz = -bend * m2 * h2 * ca;
    const axisX = -bend * uy, axisY = bend * ux;
    inertia[column + 6] = t2 * axisX + c2y * kz - c2z * ky;
    inertia[column + 7] = t2 * axisY + c2z * kx - c2x * kz;
    inertia[column + 8] = c2x * ky - c2y * kx;
    inertia[column + 9] = kx;
    inertia[column + 10] = ky;
    inertia[column + 11] = kz;
    const block = LEGS + 3 * leg;
    inertia[block] = t1 + t2 + e2 * sa * sa + m1 * h1 * h1 + m2 * across * across + armature;
    inertia[block + 1] = 0;
    inertia[block + 2] = t2 + m2 * h2 * h2 + armature;

    // Newton–Euler, outward pass: hip point, upper limb, ankle point, lower limb.
    const alongHip = hipDistance * (wx * ex + wy * ey);
    const hx = ox + wx * alongHip - hipDistance * ex * turning;
    const hy = oy + wy * alongHip - hipDistance * ey * turning;
    const hz = oz + wz * alongHip;
    const w1z = wz + hipSpeed;
    const g1x = hipSpeed * wy, g1y = -hipSpeed * wx;
    const along1 = wx * ux + wy * uy, turning1 = wx * wx + wy * wy + w1z * w1z;
    const q1x = wx * along1 - ux * turning1;
    const q1y = wy * along1 - uy * turning1;
    const q1z = g1x * uy - g1y * ux + w1z * along1;
    const f1x = m1 * (hx + h1 * q1x), f1y = m1 * (hy + h1 * q1y), f1z = m1 * (hz + h1 * q1z);
    const spin1 = e1 * (ux * g1x + uy * g1y), wobble1 = e1 * along1;
    const n1x = t1 * g1x + spin1 * ux - wobble1 * w1z * uy;
    const n1y = t1 * g1y + spin1 * uy + wobble1 * w1z * ux;
    const n1z = wobble1 * (wx * uy - wy * ux);

    const w2x = wx + ankleSpeed * axisX, w2y = wy + ankleSpeed * axisY;
    const g2x = g1x - ankleSpeed * w1z * axisY;
    const g2y = g1y + ankleSpeed * w1z * axisX;
    const g2z = ankleSpeed * (wx * axisY - wy * axisX);
    const along2 = w2x * dx + w2y * dy + w1z * dz, turning2 = w2x * w2x + w2y * w2y + w1z * w1z;
    const q2x = g2y * dz - g2z * dy + w2x * along2 - dx * turning2;
    const q2y = g2z * dx - g2x * dz + w2y * along2 - dy * turning2;
    const q2z = g2x * dy - g2y * dx + w1z * along2 - dz * turning2;
    const f2x = m2 * (hx + upperLength * q1x + h2 * q2x);
    const f2y = m2 * (hy + upperLength * q1y + h2 * q2y);
    const f2z = m2 * (hz + upperLength * q1z + h2 * q2z);
    const spin2 = e2 * (dx * g2x + dy * g2y + dz * g2z), wobble2 = e2 * along2;
    const n2x = t2 * g2x + spin2 * dx + wobble2 * (w2y * dz - w1z * dy);
    const n2y = t2 * g2y + spin2 * dy + wobble2 * (w1z * dx - w2x * dz);
    const n2z = t2 * g2z + spin2 * dz + wobble2 * (w2x * dy - w2y * dx);

    // Inward pass: each joint carries everything beyond it, the base carries everything.
    nx += n1x + n2x + c1y * f1z + c2y * f2z - c2z * f2y;
    ny += n1y + n2y - c1x * f1z + c2z * f2x - c2x * f2z;
    nz += n1z + n2z + c1x * f1y - c1y * f1x + c2x * f2y - c2y * f2x;
    fx += f1x + f2x;
    fy += f1y + f2y;
    fz += f1z + f2z;
    const lx2 = upperLength * ux + rx, ly2 = upperLength * uy + ry;
    bias[6 + 2 * leg] = n1z + n2z + h1 * (ux * f1y - uy * f1x) + lx2 * f2y - ly2 * f2x;
    bias[7 + 2 * leg] = axisX * (n2x + ry * f2z - rz * f2y) + axisY * (n2y + rz * f2x - rx * f2z);
  }
  bias[0] = nx;
  bias[1] = ny;
  bias[2] = nz;
  bias[3] = fx;
  bias[4] = fy;
  bias[5] = fz;

  const mass = body.totalMass;
  inertia[0] = jxx;
  inertia[1] = jxy;
  inertia[2] = jyy;
  inertia[3] = jxz;
  inertia[4] = jyz;
  inertia[5] = jzz;
  // A force on the centre of mass turns the base by its lever: rows of the linear coordinates hold the first moment.
  inertia[6] = 0;
  inertia[7] = sz;
  inertia[8] = -sy;
  inertia[9] = mass;
  inertia[10] = -sz;
  inertia[11] = 0;
  inertia[12] = sx;
  inertia[13] = 0;
  inertia[14] = mass;
  inertia[15] = sy;
  inertia[16] = -sx;
  inertia[17] = 0;
  inertia[18] = 0;
  inertia[19] = 0;
  inertia[20] = mass;
}
