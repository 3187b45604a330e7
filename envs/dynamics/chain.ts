/**
 * The mechanics of a planar chain of links in a viscous medium: the swimmer.
 *
 * With the base point r, absolute angles ψ and unit vectors u_k = (cos ψ_k, sin ψ_k), the centre of link i is
 * c_i = r + Σ_k G_ik u_k with constant G. Let A_k = Σ_i m G_ik, B_kl = Σ_i m G_ik G_il. The accelerations obey
 *
 *     M r̈ + Σ_k A_k ψ̈_k u_k' = Σ_k A_k ω_k² u_k + F,           u_k' = (-sin ψ_k, cos ψ_k)
 *     A_k u_k'·r̈ + Σ_l (B_kl cos(ψ_k - ψ_l) + δ_kl I) ψ̈_l = -Σ_l B_kl sin(ψ_k - ψ_l) ω_l² + torques_k
 *
 * Eliminating r̈ leaves N equations for ψ̈ with B_kl - A_k A_l / M instead of B_kl. The medium acts on each link by
 * MuJoCo's inertia-box model: quadratic and linear drag on an equivalent box, axis by axis.
 * Joint stops are soft one-sided rows (soft_constraint.ts).
 *
 * The flat state is `[x, y, ψ₀, joint angles (N-1), and their 2 + N velocities]`, 2 (N + 2) numbers. Stepping writes to
 * the state and to the chain's own work arrays and allocates nothing.
 *
 * Laws, tested: equal to MuJoCo to 1e-10 (accelerations) and 1e-9 (trajectories); a mirrored state gives the mirrored
 * motion; without a medium, momentum is conserved; the medium only dissipates; RK4 is of order 2 or better.
 *
 * @module
 */

import { type ChainParameters, RLLAB_SWIMMER } from "./chain_parameters.ts";
import { InvalidBody } from "./invalid_body.ts";
import { softnessTable } from "./soft_constraint.ts";
import { factorise, substitute } from "./symmetric.ts";
import { shown, wrongForm } from "../../src/given.ts";

/** A chain prepared for stepping: precomputed tables, and work arrays that every step overwrites. */
export interface Chain {
  /** Its parameters. */
  readonly parameters: ChainParameters;
  /** N */
  readonly links: number;
  /** N + 2 */
  readonly coordinates: number;
  /** kg */
  readonly totalMass: number;
  /** `[N]` distance from a link's joint to its centre, m. */
  readonly centre: Float64Array;
  /** `[N]` distance from a link's joint to the next, m. */
  readonly next: Float64Array;
  /** `[N]` A. */
  readonly first: Float64Array;
  /** `[N, N]` B - A Aᵀ / M, with M including the root's rotor inertia. */
  readonly reduced: Float64Array;
  /** `[N, N]` inertia that is independent of the posture: the links' own, and the rotors'. */
  readonly fixed: Float64Array;
  /** `[6]` drag coefficients: quadratic along, across and rotational; linear along, across and rotational. */
  readonly drag: Float64Array;
  /** Softness table of the joint stops. */
  readonly stop: Float64Array;
  /** `[N - 1]` inverse inertia of each joint in the straight pose: α of the stops. */
  readonly inverseInertia: Float64Array;
  /** Work arrays, overwritten by every step. */
  readonly work: ChainWork;
}

/** Work arrays of a step. */
export interface ChainWork {
  /** `[N]` sines of the absolute angles. */
  readonly sine: Float64Array;
  /** `[N]` cosines of the absolute angles. */
  readonly cosine: Float64Array;
  /** `[N]` absolute angular velocities, rad/s. */
  readonly speed: Float64Array;
  /** `[N]` the medium's force along x, N. */
  readonly forceX: Float64Array;
  /** `[N]` the medium's force along y, N. */
  readonly forceY: Float64Array;
  /** `[N]` the medium's torque, N m. */
  readonly torque: Float64Array;
  /** `[N, N]` reduced inertia, lower triangle. */
  readonly matrix: Float64Array;
  /** `[N, N]` its factors. */
  readonly factor: Float64Array;
  /** `[N]` right-hand side. */
  readonly right: Float64Array;
  /** `[N]` absolute angular accelerations. */
  readonly solution: Float64Array;
  /** `[N]` absolute angular accelerations for the current active set of stops. */
  readonly trial: Float64Array;
  /** Rows of the joint stops (soft_constraint.ts): the joint, 1 to N - 1. */
  readonly rowJoint: Int32Array;
  /** Sign of the joint's angle in the row. */
  readonly rowSign: Float64Array;
  /** D */
  readonly rowWeight: Float64Array;
  /** Reference acceleration, rad/s². */
  readonly rowReference: Float64Array;
  /** y */
  readonly rowValue: Float64Array;
  /** Change of y. */
  readonly rowChange: Float64Array;
  /** `[N + 2]` accelerations in the state's coordinates. */
  readonly acceleration: Float64Array;
  /** State of a Runge–Kutta stage. */
  readonly stage: Float64Array;
  /** Averaged velocities. */
  readonly positionRate: Float64Array;
  /** Averaged accelerations. */
  readonly velocityRate: Float64Array;
}

function checked(parameters: ChainParameters): ChainParameters {
  const wrong = wrongForm("body", parameters, RLLAB_SWIMMER, ["range"]);
  if (wrong !== null) throw new InvalidBody(wrong);
  const { links, mass, inertia, timeStep, range, controlRange, gear } = parameters;
  const demand = (held: boolean, what: string): void => {
    if (!held) throw new InvalidBody(what);
  };
  demand(
    parameters.integrator === "euler" || parameters.integrator === "rk4",
    `An integrator must be euler or rk4: got ${shown(parameters.integrator)}`,
  );
  demand(Number.isInteger(links) && links >= 2, `A chain needs at least 2 links: got ${links}`);
  demand(mass > 0 && Number.isFinite(mass), `A link's mass must be positive: got ${mass}`);
  const [a, b, c] = inertia;
  demand(
    a > 0 && b > 0 && c > 0 && a + b > c && b + c > a && c + a > b,
    `A link's moments of inertia must be positive and obey the triangle inequality: got ${inertia}`,
  );
  demand(timeStep > 0 && Number.isFinite(timeStep), `A time step must be positive: got ${timeStep}`);
  for (const name of ["fluidDensity", "viscosity", "armature", "rootArmature"] as const) {
    const value = parameters[name];
    demand(value >= 0 && Number.isFinite(value), `A chain's ${name} must not be negative: got ${value}`);
  }
  const places = [...parameters.first, ...parameters.others, ...parameters.origin, parameters.heading];
  demand(
    places.every(Number.isFinite),
    `A chain's lengths, origin and heading must be finite: got ${places}`,
  );
  demand(controlRange > 0, `A control's range must be positive: got ${controlRange}`);
  demand(Number.isFinite(gear), `A gear must be finite: got ${gear}`);
  demand(range === null || range > 0, `A joint's range must be positive or null: got ${range}`);
  return parameters;
}

/** Drag coefficients of MuJoCo's inertia-box model for a link with the given mass, moments and medium. */
function boxDrag(parameters: ChainParameters): Float64Array {
  const { mass, inertia: [axial, lateral, vertical], fluidDensity, viscosity } = parameters;
  const long = Math.sqrt(6 * (lateral + vertical - axial) / mass);
  const wide = Math.sqrt(6 * (vertical + axial - lateral) / mass);
  const tall = Math.sqrt(6 * (axial + lateral - vertical) / mass);
  const diameter = (long + wide + tall) / 3;
  return Float64Array.of(
    fluidDensity * wide * tall / 2,
    fluidDensity * long * tall / 2,
    fluidDensity * tall * (long ** 4 + wide ** 4) / 64,
    3 * Math.PI * viscosity * diameter,
    3 * Math.PI * viscosity * diameter,
    Math.PI * viscosity * diameter ** 3,
  );
}

/**
 * Prepares a chain for stepping.
 *
 * @throws InvalidBody for fewer than 2 links or a parameter out of range; the message gives the value
 */
export function createChain(parameters: ChainParameters): Chain {
  const { links: n, mass, inertia, first, others, rootArmature, armature, timeStep } = checked(parameters);
  const centre = Float64Array.from({ length: n }, (_, k) => k === 0 ? first[0] : others[0]);
  const next = Float64Array.from({ length: n }, (_, k) => k === 0 ? first[1] : others[1]);
  const lever = (i: number, k: number): number => k < i ? next[k]! : k === i ? centre[k]! : 0;
  const totalMass = n * mass, carried = totalMass + rootArmature;
  const firstMoment = new Float64Array(n), reduced = new Float64Array(n * n), fixed = new Float64Array(n * n);
  for (let k = 0; k < n; k++) {
    for (let i = 0; i < n; i++) firstMoment[k]! += mass * lever(i, k);
  }
  for (let k = 0; k < n; k++) {
    for (let l = 0; l < n; l++) {
      let second = 0;
      for (let i = 0; i < n; i++) second += mass * lever(i, k) * lever(i, l);
      reduced[k * n + l] = second - firstMoment[k]! * firstMoment[l]! / carried;
    }
    fixed[k * n + k]! += inertia[2];
  }
  fixed[0]! += rootArmature;
  for (let k = 1; k < n; k++) addJoint(fixed, n, k, armature);
  const array = (length: number): Float64Array => new Float64Array(length);
  const chain: Chain = {
    parameters,
    links: n,
    coordinates: n + 2,
    totalMass,
    centre,
    next,
    first: firstMoment,
    reduced,
    fixed,
    drag: boxDrag(parameters),
    stop: softnessTable(parameters.stop, timeStep),
    inverseInertia: array(n - 1),
    work: {
      sine: array(n),
      cosine: array(n),
      speed: array(n),
      forceX: array(n),
      forceY: array(n),
      torque: array(n),
      matrix: array(n * n),
      factor: array(n * n),
      right: array(n),
      solution: array(n),
      trial: array(n),
      rowJoint: new Int32Array(n),
      rowSign: array(n),
      rowWeight: array(n),
      rowReference: array(n),
      rowValue: array(n),
      rowChange: array(n),
      acceleration: array(n + 2),
      stage: array(2 * (n + 2)),
      positionRate: array(n + 2),
      velocityRate: array(n + 2),
    },
  };
  measureInverseInertia(chain);
  return chain;
}

/** Adds `weight` to a joint's relative acceleration in a matrix over the absolute angles. */
export function addJoint(matrix: Float64Array, n: number, joint: number, weight: number): void {
  const before = joint - 1;
  matrix[before * n + before]! += weight;
  matrix[joint * n + joint]! += weight;
  matrix[before * n + joint]! -= weight;
  matrix[joint * n + before]! -= weight;
}

/** Computes α of each joint: its acceleration per unit of torque in the straight pose, everything else free. */
function measureInverseInertia(chain: Chain): void {
  const n = chain.links, { work } = chain;
  work.cosine.fill(1);
  work.sine.fill(0);
  fillMatrix(chain);
  work.factor.set(work.matrix);
  factorise(work.factor, n);
  for (let k = 1; k < n; k++) {
    work.solution.fill(0);
    work.solution[k] = 1;
    work.solution[k - 1] = -1;
    substitute(work.factor, n, work.solution);
    chain.inverseInertia[k - 1] = work.solution[k]! - work.solution[k - 1]!;
  }
}

/**
 * Fills in the lower triangle of the reduced inertia over the absolute angles, from the work arrays' sines and cosines.
 */
export function fillMatrix(chain: Chain): void {
  const n = chain.links, { reduced, fixed } = chain, { matrix, sine, cosine } = chain.work;
  for (let k = 0; k < n; k++) {
    const sk = sine[k]!, ck = cosine[k]!;
    for (let l = 0; l <= k; l++) {
      const kl = k * n + l;
      matrix[kl] = reduced[kl]! * (ck * cosine[l]! + sk * sine[l]!) + fixed[kl]!;
    }
  }
}
