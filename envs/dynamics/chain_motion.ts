/**
 * Accelerations and time steps of a chain; the equations are in chain.ts.
 *
 * @module
 */

import { addJoint, type Chain, fillMatrix } from "./chain.ts";
import { DAMPING, impedance, searchLine, STIFFNESS } from "./soft_constraint.ts";
import { factorise, substitute } from "./symmetric.ts";

/** Maximum number of active sets in Newton's method on the stops; two or three are usual. */
const NEWTON_ITERATIONS = 50;

/**
 * Writes the acceleration `[ẍ, ÿ, ψ̈₀, joint accelerations]` of a state to `chain.work.acceleration`.
 *
 * @param state `[2 (N + 2)]`
 * @param control `[N - 1]`, clamped to the actuators' range
 */
export function accelerateChain(chain: Chain, state: Float64Array, control: Float64Array): void {
  const n = chain.links, size = chain.coordinates;
  const { centre, next, first, reduced, drag } = chain;
  const { sine, cosine, speed, forceX, forceY, torque, matrix, factor, right, solution, acceleration } =
    chain.work;
  const { gear, controlRange, rootArmature, heading } = chain.parameters;
  const carried = chain.totalMass + rootArmature;

  // Absolute angles and speeds; the medium's force on each link, from the base outwards.
  let angle = heading, turning = 0, pointX = state[size]!, pointY = state[size + 1]!;
  let totalX = 0, totalY = 0;
  for (let k = 0; k < n; k++) {
    angle += state[2 + k]!;
    turning += state[size + 2 + k]!;
    const c = Math.cos(angle), s = Math.sin(angle);
    sine[k] = s;
    cosine[k] = c;
    speed[k] = turning;
    const across = centre[k]! * turning;
    const vx = pointX - across * s, vy = pointY + across * c;
    const along = c * vx + s * vy, sideways = c * vy - s * vx;
    const pushAlong = -(drag[0]! * Math.abs(along) + drag[3]!) * along;
    const pushSideways = -(drag[1]! * Math.abs(sideways) + drag[4]!) * sideways;
    const fx = c * pushAlong - s * pushSideways, fy = s * pushAlong + c * pushSideways;
    forceX[k] = fx;
    forceY[k] = fy;
    torque[k] = -(drag[2]! * Math.abs(turning) + drag[5]!) * turning;
    totalX += fx;
    totalY += fy;
    pointX -= next[k]! * turning * s;
    pointY += next[k]! * turning * c;
  }

  // Right-hand side over the absolute angles, from the tip inwards.
  let outerX = 0, outerY = 0;
  for (let k = n - 1; k >= 0; k--) {
    const s = sine[k]!, c = cosine[k]!, a = centre[k]!, b = next[k]!;
    const pushX = a * forceX[k]! + b * outerX, pushY = a * forceY[k]! + b * outerY;
    let sum = torque[k]! + (c * pushY - s * pushX) - first[k]! * (c * totalY - s * totalX) / carried;
    for (let l = 0; l < n; l++) {
      const w = speed[l]!;
      sum -= reduced[k * n + l]! * (s * cosine[l]! - c * sine[l]!) * w * w;
    }
    right[k] = sum;
    outerX += forceX[k]!;
    outerY += forceY[k]!;
  }
  for (let k = 1; k < n; k++) {
    const requested = control[k - 1]!;
    const clamped = requested > controlRange
      ? controlRange
      : requested < -controlRange
      ? -controlRange
      : requested;
    right[k]! += gear * clamped;
    right[k - 1]! -= gear * clamped;
  }

  fillMatrix(chain);
  for (let i = 0; i < matrix.length; i++) factor[i] = matrix[i]!;
  for (let k = 0; k < n; k++) solution[k] = right[k]!;
  factorise(factor, n);
  substitute(factor, n, solution);
  const rows = chain.parameters.range === null ? 0 : findStops(chain, state);
  if (rows > 0) holdStops(chain, rows);

  // The base point's acceleration, and joint accelerations from absolute ones.
  let sumX = totalX, sumY = totalY;
  for (let k = 0; k < n; k++) {
    const w = speed[k]!, inward = first[k]! * w * w, across = first[k]! * solution[k]!;
    sumX += inward * cosine[k]! + across * sine[k]!;
    sumY += inward * sine[k]! - across * cosine[k]!;
  }
  acceleration[0] = sumX / carried;
  acceleration[1] = sumY / carried;
  acceleration[2] = solution[0]!;
  for (let k = 1; k < n; k++) acceleration[2 + k] = solution[k]! - solution[k - 1]!;
}

/** Lists the joints beyond their stops; returns their number. */
function findStops(chain: Chain, state: Float64Array): number {
  const n = chain.links, size = chain.coordinates, range = chain.parameters.range as number;
  const { stop, inverseInertia } = chain, { rowJoint, rowSign, rowWeight, rowReference } = chain.work;
  let rows = 0;
  for (let k = 1; k < n; k++) {
    const angle = state[2 + k]!;
    const residual = range - Math.abs(angle);
    if (residual >= 0) continue;
    const sign = angle < 0 ? 1 : -1;
    const d = impedance(stop, residual);
    rowJoint[rows] = k;
    rowSign[rows] = sign;
    rowWeight[rows] = d / ((1 - d) * inverseInertia[k - 1]!);
    rowReference[rows] = -stop[DAMPING]! * sign * state[size + 2 + k]! - stop[STIFFNESS]! * d * residual;
    rows++;
  }
  return rows;
}

/**
 * Newton's method on the convex problem of soft_constraint.ts, starting from the accelerations without stops in
 * `solution`. For a fixed active set the problem is linear; if the set is unchanged after a full step, the minimum is
 * exact.
 */
function holdStops(chain: Chain, rows: number): void {
  const n = chain.links;
  const { matrix, factor, right, solution, trial } = chain.work;
  const { rowJoint, rowSign, rowWeight, rowReference, rowValue, rowChange } = chain.work;
  for (let i = 0; i < rows; i++) {
    const k = rowJoint[i]!;
    rowValue[i] = rowSign[i]! * (solution[k]! - solution[k - 1]!) - rowReference[i]!;
  }
  for (let iteration = 0; iteration < NEWTON_ITERATIONS; iteration++) {
    for (let i = 0; i < matrix.length; i++) factor[i] = matrix[i]!;
    for (let k = 0; k < n; k++) trial[k] = right[k]!;
    for (let i = 0; i < rows; i++) {
      if (rowValue[i]! >= 0) continue;
      const k = rowJoint[i]!, pull = rowWeight[i]! * rowReference[i]! * rowSign[i]!;
      addJoint(factor, n, k, rowWeight[i]!);
      trial[k]! += pull;
      trial[k - 1]! -= pull;
    }
    factorise(factor, n);
    substitute(factor, n, trial);
    let settled = true;
    for (let i = 0; i < rows; i++) {
      const k = rowJoint[i]!;
      const value = rowSign[i]! * (trial[k]! - trial[k - 1]!) - rowReference[i]!;
      if ((value < 0) !== (rowValue[i]! < 0)) settled = false;
      rowChange[i] = value - rowValue[i]!;
    }
    if (settled) {
      solution.set(trial);
      return;
    }
    let curvature = 0;
    for (let k = 0; k < n; k++) {
      let sum = 0.5 * matrix[k * n + k]! * (trial[k]! - solution[k]!);
      for (let l = 0; l < k; l++) sum += matrix[k * n + l]! * (trial[l]! - solution[l]!);
      curvature += 2 * sum * (trial[k]! - solution[k]!);
    }
    // Along the step H dx = -g, so the quadratic part's slope follows from its curvature and the active rows.
    let slope = -curvature;
    for (let i = 0; i < rows; i++) {
      if (rowValue[i]! < 0) slope -= rowWeight[i]! * rowChange[i]! * (rowValue[i]! + rowChange[i]!);
    }
    const s = searchLine(rowValue, rowChange, rowWeight, rows, slope, curvature);
    for (let k = 0; k < n; k++) solution[k]! += s * (trial[k]! - solution[k]!);
    for (let i = 0; i < rows; i++) rowValue[i]! += s * rowChange[i]!;
  }
}

/** One step of the chain's integrator, in place. */
export function stepChain(chain: Chain, state: Float64Array, control: Float64Array): void {
  if (chain.parameters.integrator === "euler") stepChainEuler(chain, state, control);
  else stepChainRungeKutta(chain, state, control);
}

/** v ← v + h v̇, then q ← q + h v. */
function stepChainEuler(chain: Chain, state: Float64Array, control: Float64Array): void {
  const size = chain.coordinates, h = chain.parameters.timeStep, { acceleration } = chain.work;
  accelerateChain(chain, state, control);
  for (let i = 0; i < size; i++) {
    const velocity = state[size + i]! + h * acceleration[i]!;
    state[size + i] = velocity;
    state[i]! += h * velocity;
  }
}

/** The classical Runge–Kutta method on (q, v). */
function stepChainRungeKutta(chain: Chain, state: Float64Array, control: Float64Array): void {
  const size = chain.coordinates, h = chain.parameters.timeStep;
  const { acceleration, stage, positionRate, velocityRate } = chain.work;
  stage.set(state);
  positionRate.fill(0);
  velocityRate.fill(0);
  for (let part = 0; part < 4; part++) {
    accelerateChain(chain, stage, control);
    const weight = part === 0 || part === 3 ? 1 / 6 : 1 / 3;
    const ahead = part === 2 ? h : 0.5 * h;
    for (let i = 0; i < size; i++) {
      const velocity = stage[size + i]!, change = acceleration[i]!;
      positionRate[i]! += weight * velocity;
      velocityRate[i]! += weight * change;
      stage[i] = state[i]! + ahead * velocity;
      stage[size + i] = state[size + i]! + ahead * change;
    }
  }
  for (let i = 0; i < size; i++) {
    state[i]! += h * positionRate[i]!;
    state[size + i]! += h * velocityRate[i]!;
  }
}
