/**
 * The quadruped's contacts with floor and walls, detected and weighted as in MuJoCo.
 *
 * Every capsule meets a plane with its two end spheres, so hips and ankles are counted twice (once for each of the two
 * limbs that meet there). A contact's point lies half-way between the two surfaces; its frame is the normal, a first
 * tangent (along the limb on the floor; world y, or z where the normal is mostly y, for ball and walls), and a second.
 * Friction is a pyramid of four edges n ± μ t; each is a soft one-sided row (soft_constraint.ts) with the inverse
 * inertia α (1 + μ²) and the weight 1 / (2 μ² R).
 *
 * Laws, tested: distances, points, frames, weights and reference accelerations of recorded states equal MuJoCo's to
 * 1e-10.
 *
 * @module
 */

import { AX, AY, CONTACT_SIZE, DX, DY, DZ, FX, FY, FZ, POSTURE_SIZE, UX, UY } from "./quadruped_model.ts";
import type { Quadruped } from "./quadruped_model.ts";
import { DAMPING, impedance, STIFFNESS } from "./soft_constraint.ts";
import { limbToCorner, pointToWall } from "./walls.ts";

/** Lists the contacts of the posture in the work arrays and computes their rows' weights. */
export function findContacts(body: Quadruped, state: Float64Array): void {
  body.work.count[0] = 0;
  if (body.parameters.floor && state[2]! < body.reach) touchFloor(body, state[2]!);
  if (body.walls.count > 0) touchWalls(body, state[0]!, state[1]!);
}

/** End spheres against the floor z = 0. */
function touchFloor(body: Quadruped, height: number): void {
  const { posture, rotation } = body.work, { legs } = body;
  const { torsoRadius, limbRadius, hipDistance, margin } = body.parameters;
  const nx = rotation[6]!, ny = rotation[7]!, nz = rotation[8]!;
  if (height - torsoRadius < margin) {
    const distance = height - torsoRadius;
    add(body, 0, 0, 0, 0, 0, 0, distance, torsoRadius, nx, ny, nz, rotation[3]!, rotation[4]!, rotation[5]!);
  }
  const low = limbRadius + margin;
  for (let leg = 0; leg < 4; leg++) {
    const ex = legs[3 * leg]!, ey = legs[3 * leg + 1]!, at = POSTURE_SIZE * leg, first = 1 + 3 * leg;
    if (height < low) {
      add(body, leg, 0, first, 0, 0, 0, height - limbRadius, limbRadius, nx, ny, nz, ex, ey, 0);
    }
    const hipX = hipDistance * ex, hipY = hipDistance * ey, hip = height + nx * hipX + ny * hipY;
    const ux = posture[at + UX]!, uy = posture[at + UY]!;
    if (hip < low) {
      add(body, leg, 0, first, hipX, hipY, 0, hip - limbRadius, limbRadius, nx, ny, nz, ex, ey, 0);
      add(body, leg, 1, first + 1, hipX, hipY, 0, hip - limbRadius, limbRadius, nx, ny, nz, ux, uy, 0);
    }
    const ankleX = posture[at + AX]!, ankleY = posture[at + AY]!, ankle = height + nx * ankleX + ny * ankleY;
    const dx = posture[at + DX]!, dy = posture[at + DY]!, dz = posture[at + DZ]!;
    if (ankle < low) {
      add(body, leg, 1, first + 1, ankleX, ankleY, 0, ankle - limbRadius, limbRadius, nx, ny, nz, ux, uy, 0);
      add(body, leg, 2, first + 2, ankleX, ankleY, 0, ankle - limbRadius, limbRadius, nx, ny, nz, dx, dy, dz);
    }
    const footX = posture[at + FX]!, footY = posture[at + FY]!, footZ = posture[at + FZ]!;
    const foot = height + nx * footX + ny * footY + nz * footZ;
    if (foot < low) {
      add(
        body,
        leg,
        2,
        first + 2,
        footX,
        footY,
        footZ,
        foot - limbRadius,
        limbRadius,
        nx,
        ny,
        nz,
        dx,
        dy,
        dz,
      );
    }
  }
}

/** Ball and limbs against every wall within reach. */
function touchWalls(body: Quadruped, x: number, y: number): void {
  const { posture } = body.work, { legs, walls, reach } = body;
  const { torsoRadius, limbRadius, hipDistance, margin } = body.parameters;
  for (let wall = 0; wall < walls.count; wall++) {
    const at = 4 * wall, { bounds } = walls;
    if (
      x < bounds[at]! - reach || x > bounds[at + 1]! + reach || y < bounds[at + 2]! - reach ||
      y > bounds[at + 3]! + reach
    ) continue;
    if (pointToWall(walls, wall, x, y) >= 0 && walls.found[0]! - torsoRadius < margin) {
      addWall(body, 0, 0, 0, 0, 0, 0, torsoRadius);
    }
    for (let leg = 0; leg < 4; leg++) {
      const hipX = hipDistance * legs[3 * leg]!, hipY = hipDistance * legs[3 * leg + 1]!;
      const from = POSTURE_SIZE * leg, first = 1 + 3 * leg;
      const ankleX = posture[from + AX]!, ankleY = posture[from + AY]!;
      const footX = posture[from + FX]!, footY = posture[from + FY]!, footZ = posture[from + FZ]!;
      touchLimb(body, wall, leg, 0, first, x, y, 0, 0, 0, hipX, hipY, 0, limbRadius);
      touchLimb(body, wall, leg, 1, first + 1, x, y, hipX, hipY, 0, ankleX, ankleY, 0, limbRadius);
      touchLimb(body, wall, leg, 2, first + 2, x, y, ankleX, ankleY, 0, footX, footY, footZ, limbRadius);
    }
  }
}

/** One limb, from a to b in torso axes, against one wall. */
function touchLimb(
  body: Quadruped,
  wall: number,
  leg: number,
  depth: number,
  part: number,
  x: number,
  y: number,
  ax: number,
  ay: number,
  az: number,
  bx: number,
  by: number,
  bz: number,
  radius: number,
): void {
  const { walls } = body, { rotation } = body.work, near = radius + body.parameters.margin;
  const { bounds } = walls, at = 4 * wall;
  const fromX = x + rotation[0]! * ax + rotation[1]! * ay + rotation[2]! * az;
  const fromY = y + rotation[3]! * ax + rotation[4]! * ay + rotation[5]! * az;
  const toX = x + rotation[0]! * bx + rotation[1]! * by + rotation[2]! * bz;
  const toY = y + rotation[3]! * bx + rotation[4]! * by + rotation[5]! * bz;
  if (
    (fromX < bounds[at]! - near && toX < bounds[at]! - near) ||
    (fromX > bounds[at + 1]! + near && toX > bounds[at + 1]! + near) ||
    (fromY < bounds[at + 2]! - near && toY < bounds[at + 2]! - near) ||
    (fromY > bounds[at + 3]! + near && toY > bounds[at + 3]! + near)
  ) return;
  let beside = 0;
  for (let corner = 0; corner < 4; corner++) {
    if (!limbToCorner(walls, wall, corner, fromX, fromY, toX, toY)) continue;
    beside |= 1 << corner;
    if (walls.found[0]! >= near) continue;
    const t = walls.found[3]!;
    addWall(body, leg, depth, part, ax + t * (bx - ax), ay + t * (by - ay), az + t * (bz - az), radius);
  }
  const atFrom = pointToWall(walls, wall, fromX, fromY);
  if (atFrom >= 0 && walls.found[0]! < near && (atFrom === 4 || (beside & (1 << atFrom)) === 0)) {
    addWall(body, leg, depth, part, ax, ay, az, radius);
  }
  const atTo = pointToWall(walls, wall, toX, toY);
  if (atTo >= 0 && walls.found[0]! < near && (atTo === 4 || (beside & (1 << atTo)) === 0)) {
    addWall(body, leg, depth, part, bx, by, bz, radius);
  }
}

/** Adds a contact with the wall that the last query found. */
function addWall(
  body: Quadruped,
  leg: number,
  depth: number,
  part: number,
  x: number,
  y: number,
  z: number,
  radius: number,
): void {
  const r = body.work.rotation, { found } = body.walls;
  const nx = found[1]!, ny = found[2]!;
  const row = Math.abs(ny) < 0.5 ? 3 : 6;
  add(
    body,
    leg,
    depth,
    part,
    x,
    y,
    z,
    found[0]! - radius,
    radius,
    r[0]! * nx + r[3]! * ny,
    r[1]! * nx + r[4]! * ny,
    r[2]! * nx + r[5]! * ny,
    r[row]!,
    r[row + 1]!,
    r[row + 2]!,
  );
}

/**
 * Adds a contact of a sphere.
 *
 * @param depth the coordinates that move it: 0 the base, 1 also the leg's hip, 2 also its ankle
 * @param part the body it belongs to
 * @param x the sphere's centre, torso axes, m (with `y`, `z`)
 * @param distance between the surfaces, m
 * @param nx the outward normal of the obstacle, torso axes (with `ny`, `nz`)
 * @param tx a vector that determines the first tangent (with `ty`, `tz`)
 */
function add(
  body: Quadruped,
  leg: number,
  depth: number,
  part: number,
  x: number,
  y: number,
  z: number,
  distance: number,
  radius: number,
  nx: number,
  ny: number,
  nz: number,
  tx: number,
  ty: number,
  tz: number,
): void {
  const { work, legs, contact } = body, { friction, margin, hipDistance } = body.parameters;
  const index = work.count[0]!++;
  const back = radius + 0.5 * distance;
  const px = x - back * nx, py = y - back * ny, pz = z - back * nz;
  const along = tx * nx + ty * ny + tz * nz;
  tx -= along * nx;
  ty -= along * ny;
  tz -= along * nz;
  const length = Math.sqrt(tx * tx + ty * ty + tz * tz);
  if (length < 1e-15) {
    // A limb perpendicular to the floor has no direction in it: MuJoCo takes the world's x.
    tx = work.rotation[0]!;
    ty = work.rotation[1]!;
    tz = work.rotation[2]!;
  } else {
    tx /= length;
    ty /= length;
    tz /= length;
  }
  const frame = 9 * index, { contactFrame } = work;
  contactFrame[frame] = nx;
  contactFrame[frame + 1] = ny;
  contactFrame[frame + 2] = nz;
  contactFrame[frame + 3] = tx;
  contactFrame[frame + 4] = ty;
  contactFrame[frame + 5] = tz;
  contactFrame[frame + 6] = ny * tz - nz * ty;
  contactFrame[frame + 7] = nz * tx - nx * tz;
  contactFrame[frame + 8] = nx * ty - ny * tx;
  work.contactPoint[3 * index] = px;
  work.contactPoint[3 * index + 1] = py;
  work.contactPoint[3 * index + 2] = pz;
  work.contactLeg[index] = leg;
  work.contactDepth[index] = depth;
  work.contactBody[index] = part;
  work.contactDistance[index] = distance;

  const { contactJacobian, posture, velocity } = work;
  const hipX = px - hipDistance * legs[3 * leg]!, hipY = py - hipDistance * legs[3 * leg + 1]!;
  const bend = legs[3 * leg + 2]!, at = POSTURE_SIZE * leg;
  const ankleX = px - posture[at + AX]!, ankleY = py - posture[at + AY]!;
  const axisX = -bend * posture[at + UY]!, axisY = bend * posture[at + UX]!;
  let normalSpeed = 0, firstSpeed = 0, secondSpeed = 0;
  for (let direction = 0; direction < 3; direction++) {
    const from = frame + 3 * direction, to = CONTACT_SIZE * index + 8 * direction;
    const ax = contactFrame[from]!, ay = contactFrame[from + 1]!, az = contactFrame[from + 2]!;
    const j0 = py * az - pz * ay, j1 = pz * ax - px * az, j2 = px * ay - py * ax;
    const hip = depth > 0 ? hipX * ay - hipY * ax : 0;
    const ankle = depth > 1 ? axisX * (ankleY * az - pz * ay) + axisY * (pz * ax - ankleX * az) : 0;
    contactJacobian[to] = j0;
    contactJacobian[to + 1] = j1;
    contactJacobian[to + 2] = j2;
    contactJacobian[to + 3] = ax;
    contactJacobian[to + 4] = ay;
    contactJacobian[to + 5] = az;
    contactJacobian[to + 6] = hip;
    contactJacobian[to + 7] = ankle;
    const speed = j0 * velocity[0]! + j1 * velocity[1]! + j2 * velocity[2]! + ax * velocity[3]! +
      ay * velocity[4]! + az * velocity[5]! + hip * velocity[6 + 2 * leg]! + ankle * velocity[7 + 2 * leg]!;
    if (direction === 0) normalSpeed = speed;
    else if (direction === 1) firstSpeed = speed;
    else secondSpeed = speed;
  }

  const residual = distance - margin, d = impedance(contact, residual);
  const inverse = body.inverseMass[part]! * (1 - d) / d, row = 4 * index;
  // Without friction the four edges coincide and share the weight of one row.
  const weight = friction === 0
    ? 1 / (4 * inverse)
    : 1 / (2 * friction * friction * (1 + friction * friction) * inverse);
  const spring = contact[STIFFNESS]! * d * residual, damping = contact[DAMPING]!;
  for (let edge = 0; edge < 4; edge++) work.rowWeight[row + edge] = weight;
  work.rowReference[row] = -damping * (normalSpeed + friction * firstSpeed) - spring;
  work.rowReference[row + 1] = -damping * (normalSpeed - friction * firstSpeed) - spring;
  work.rowReference[row + 2] = -damping * (normalSpeed + friction * secondSpeed) - spring;
  work.rowReference[row + 3] = -damping * (normalSpeed - friction * secondSpeed) - spring;
}
