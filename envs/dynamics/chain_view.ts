/**
 * Quantities derived from a chain's state: centre of mass, momentum, energy, the medium's power, equations of motion.
 *
 * The functions overwrite the chain's work arrays, as a step does, and do not change the state.
 *
 * @module
 */

import type { Chain } from "./chain.ts";
import { accelerateChain } from "./chain_motion.ts";

/**
 * Writes the centre of mass (x, y; world, m) and its velocity (x, y; m/s) of a state.
 *
 * @param out `[4]`
 */
export function chainCentreOfMass(chain: Chain, state: Float64Array, out: Float64Array): void {
  const { links, coordinates, first, totalMass, parameters } = chain;
  let x = 0, y = 0, vx = 0, vy = 0, angle = parameters.heading, turning = 0;
  for (let k = 0; k < links; k++) {
    angle += state[2 + k]!;
    turning += state[coordinates + 2 + k]!;
    const c = first[k]! * Math.cos(angle), s = first[k]! * Math.sin(angle);
    x += c;
    y += s;
    vx -= s * turning;
    vy += c * turning;
  }
  out[0] = parameters.origin[0] + state[0]! + x / totalMass;
  out[1] = parameters.origin[1] + state[1]! + y / totalMass;
  out[2] = state[coordinates]! + vx / totalMass;
  out[3] = state[coordinates + 1]! + vy / totalMass;
}

/**
 * Writes the ends of each link in world coordinates, m: x and y of one end, then of the other.
 *
 * @param out `[N, 4]` from `offset`
 */
export function chainEnds(chain: Chain, state: Float64Array, out: Float64Array, offset = 0): void {
  const { links, centre, next, parameters } = chain;
  let angle = parameters.heading, x = parameters.origin[0] + state[0]!, y = parameters.origin[1] + state[1]!;
  for (let k = 0; k < links; k++) {
    angle += state[2 + k]!;
    const c = Math.cos(angle), s = Math.sin(angle);
    // The half length of a link is the distance from its centre to the next joint.
    const half = Math.abs(centre[k]! - next[k]!), at = offset + 4 * k;
    out[at] = x + c * (centre[k]! - half);
    out[at + 1] = y + s * (centre[k]! - half);
    out[at + 2] = x + c * (centre[k]! + half);
    out[at + 3] = y + s * (centre[k]! + half);
    x += c * next[k]!;
    y += s * next[k]!;
  }
}

/** The equations of motion in the state's coordinates (x, y, first angle, joint angles). */
export interface ChainEquations {
  /** `[N + 2][N + 2]`, including the rotors'. */
  readonly inertia: readonly Float64Array[];
  /** Coriolis and centrifugal forces, on the left-hand side. */
  readonly bias: Float64Array;
  /** Forces of the medium, on the right-hand side. */
  readonly medium: Float64Array;
  /** Accelerations under the control. */
  readonly acceleration: Float64Array;
}

/** The equations of motion at a state, under a control. */
export function chainEquations(chain: Chain, state: Float64Array, control: Float64Array): ChainEquations {
  accelerateChain(chain, state, control);
  const { links: n, coordinates: size, first, reduced, fixed, centre, next, totalMass, work } = chain;
  const { sine, cosine, speed, forceX, forceY, torque } = work;
  const carried = totalMass + chain.parameters.rootArmature;
  const absolute = Array.from({ length: size }, () => new Float64Array(size));
  const bias = new Float64Array(size), medium = new Float64Array(size);
  absolute[0]![0] = absolute[1]![1] = carried;
  for (let k = 0; k < n; k++) {
    const across = [-sine[k]!, cosine[k]];
    for (let axis = 0; axis < 2; axis++) {
      absolute[axis]![2 + k] = absolute[2 + k]![axis] = first[k]! * across[axis]!;
      bias[axis]! -= first[k]! * speed[k]! ** 2 * (axis === 0 ? cosine[k]! : sine[k]!);
    }
    medium[0]! += forceX[k]!;
    medium[1]! += forceY[k]!;
    medium[2 + k] = torque[k]!;
    for (let l = 0; l < n; l++) {
      const second = reduced[k * n + l]! + first[k]! * first[l]! / carried;
      absolute[2 + k]![2 + l] = second * (cosine[k]! * cosine[l]! + sine[k]! * sine[l]!) + fixed[k * n + l]!;
      bias[2 + k]! += second * (sine[k]! * cosine[l]! - cosine[k]! * sine[l]!) * speed[l]! ** 2;
    }
    for (let i = k; i < n; i++) {
      medium[2 + k]! += (i === k ? centre[k]! : next[k]!) * (cosine[k]! * forceY[i]! - sine[k]! * forceX[i]!);
    }
  }
  // A joint's angle turns its own link and all subsequent links.
  const collect = (vector: Float64Array): void => {
    for (let k = n - 2; k >= 0; k--) vector[2 + k]! += vector[3 + k]!;
  };
  absolute.forEach(collect);
  for (let column = 0; column < size; column++) {
    for (let k = n - 2; k >= 0; k--) absolute[2 + k]![column]! += absolute[3 + k]![column]!;
  }
  collect(bias);
  collect(medium);
  return { inertia: absolute, bias, medium, acceleration: Float64Array.from(work.acceleration) };
}

/** Energy and momentum of a state, and the medium's power. */
export interface ChainMomentum {
  /** J, including the rotors'. */
  readonly kinetic: number;
  /** kg m/s, of the links. */
  readonly linear: readonly [number, number];
  /** kg m²/s about the centre of mass, of the links. */
  readonly angular: number;
  /** W, never positive. */
  readonly mediumPower: number;
}

/** Energy and momentum of a state. */
export function chainMomentum(chain: Chain, state: Float64Array): ChainMomentum {
  const { coordinates: size, links, totalMass, parameters } = chain;
  const { inertia, medium } = chainEquations(chain, state, new Float64Array(links - 1));
  const velocity = state.subarray(size);
  let kinetic = 0, mediumPower = 0;
  for (let i = 0; i < size; i++) {
    mediumPower += medium[i]! * velocity[i]!;
    for (let j = 0; j < size; j++) kinetic += 0.5 * velocity[i]! * inertia[i]![j]! * velocity[j]!;
  }
  const centre = new Float64Array(4);
  chainCentreOfMass(chain, state, centre);
  const along = inertia[2]!.reduce((sum, entry, i) => sum + entry * velocity[i]!, 0);
  const x = centre[0]! - parameters.origin[0] - state[0]!, y = centre[1]! - parameters.origin[1] - state[1]!;
  return {
    kinetic,
    linear: [totalMass * centre[2]!, totalMass * centre[3]!],
    // The row of the first angle is the angular momentum about the base point, including the first rotor's.
    angular: along - parameters.rootArmature * velocity[2]! - totalMass * (x * centre[3]! - y * centre[2]!),
    mediumPower,
  };
}
