/**
 * The swimmer's symmetries, as signed permutations of its observations and actions.
 *
 * - _Mirror image of y_: every angle, and y, changes its sign.
 * - _Exchange of head and tail_: the links are numbered from the other end, and the plane turns by 180°. Link k has
 *   the heading that link N + 1 - k had, so that joint angles, their velocities and torques are reversed in order and
 *   sign; the centre of mass and its velocity change their sign, and the mean heading of the links stays. Only the
 *   `centred` observation has these coordinates, and only where either way pays the same.
 *
 * In these coordinates the equations of motion are exactly symmetric. The integrator steps the first link's base point
 * and not the centre of mass, so that a step of 1 ms is symmetric up to its own error, which is of second order.
 *
 * @module
 */

import type { ChainParameters } from "./dynamics/chain_parameters.ts";
import type { SwimmerObservation } from "./swimmer_observation.ts";
import { blocks, composed, identityOn, type SignedPermutation, type SymmetryGroup } from "./symmetry.ts";

const AHEAD = identityOn(1), ASIDE: SignedPermutation = { from: [0], sign: [-1] };

/** Reverses the order and the sign of a vector. */
const reversed = (size: number): SignedPermutation => ({
  from: Array.from({ length: size }, (_, k) => size - 1 - k),
  sign: new Array<number>(size).fill(-1),
});

/** Whether a body is the same seen from its other end. */
const sameFromBehind = ({ first, others, rootArmature }: ChainParameters): boolean => {
  const half = Math.abs(first[0] - first[1]);
  return rootArmature === 0 && Math.abs(others[0]) === half && Math.abs(others[1]) === 2 * half;
};

/**
 * The symmetries of a swimmer along x, the identity first; null for a body that does not lie along x in its zero pose,
 * which is not its own mirror image.
 *
 * @param eitherWay whether the reward is the same for the opposite velocity of the centre of mass
 */
export function swimmerSymmetry(
  body: ChainParameters,
  observation: SwimmerObservation,
  eitherWay: boolean,
): SymmetryGroup | null {
  if (Math.sin(body.heading) !== 0 || body.origin[1] !== 0) return null;
  const joints = body.links - 1;
  const bent = Array.from({ length: body.links }, () => ASIDE); // heading and joints
  const mirror = {
    name: "mirror image of y",
    observation: blocks([
      ...observation === "compact" ? [] : [AHEAD, ASIDE],
      ...bent,
      ...[AHEAD, ASIDE, ...bent],
      ...observation === "full" ? [AHEAD, ASIDE, AHEAD] : [],
    ]),
    action: blocks(bent.slice(1)),
  };
  const identity = {
    name: "identity",
    observation: identityOn(mirror.observation.from.length),
    action: identityOn(joints),
  };
  if (observation !== "centred" || !eitherWay || !sameFromBehind(body)) return [identity, mirror];
  const half = [ASIDE, ASIDE, AHEAD, reversed(joints)];
  const exchange = {
    name: "exchange of head and tail",
    observation: blocks([...half, ...half]),
    action: reversed(joints),
  };
  return [identity, mirror, exchange, {
    name: "mirror image of y, exchange of head and tail",
    observation: composed(mirror.observation, exchange.observation),
    action: composed(mirror.action, exchange.action),
  }];
}
