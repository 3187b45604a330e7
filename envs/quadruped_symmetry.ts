/**
 * The quadruped's symmetries on the empty plane: the body is invariant under quarter turns and reflections, so that a
 * transformed world with renumbered legs is another state of the same body.
 *
 * World vectors transform with the world. The torso's rotation R becomes M R Mᵀ, because the body's own axes are
 * relabelled too: the quaternion's vector part and the angular velocity in torso axes transform as pseudovectors.
 *
 * @module
 */

import type { QuadrupedParameters } from "./dynamics/quadruped_parameters.ts";
import type { QuadrupedObservation } from "./quadruped_observation.ts";
import {
  blocks,
  handedness,
  identityOn,
  imageOf,
  onPlane,
  onPseudovector,
  onVector,
  type PlaneSymmetry,
  type SignedPermutation,
  SQUARE,
  type Symmetry,
  type SymmetryGroup,
} from "./symmetry.ts";

/** Legs have the same heading if the cosine of the angle between them is 1 within this tolerance. */
const SAME_HEADING = 1e-12;

/** For each leg the leg that takes its place; null if a leg's image is not a leg. */
function legsOf(g: PlaneSymmetry, { legs }: QuadrupedParameters): readonly number[] | null {
  const directions = legs.map(({ heading }) => [Math.cos(heading), Math.sin(heading)] as const);
  const places = directions.map((direction) => {
    const [x, y] = imageOf(g, direction);
    return directions.findIndex(([cx, cy]) => 1 - (x * cx + y * cy) < SAME_HEADING);
  });
  return places.includes(-1) ? null : places;
}

/** The action on the joints: hip and ankle of each leg in turn. */
function onJoints(
  g: PlaneSymmetry,
  { legs }: QuadrupedParameters,
  places: readonly number[],
): SignedPermutation {
  const from: number[] = [], sign: number[] = [];
  places.forEach((place, leg) => {
    from[2 * place] = 2 * leg;
    from[2 * place + 1] = 2 * leg + 1;
    sign[2 * place] = handedness(g); // hips turn about the vertical
    sign[2 * place + 1] = legs[leg]!.bend * legs[place]!.bend; // the sense that lowers a foot lowers its image
  });
  return { from, sign };
}

/** The action on a rotation matrix, row-major: M R Mᵀ. */
function onRotation(g: PlaneSymmetry): SignedPermutation {
  const { from, sign } = onVector(g);
  return {
    from: from.flatMap((row) => from.map((column) => 3 * row + column)),
    sign: sign.flatMap((row) => sign.map((column) => row * column)),
  };
}

/** The action on the bodies' torques and forces: world (if observed), torso, and three limbs of each leg. */
function onForces(g: PlaneSymmetry, places: readonly number[], world: boolean): SignedPermutation {
  const wrench = blocks([onPseudovector(g), onVector(g)]), first = world ? 2 : 1;
  const bodies = Array.from({ length: first + 12 }, (_, body) => body);
  places.forEach((place, leg) => {
    for (let limb = 0; limb < 3; limb++) bodies[first + 3 * place + limb] = first + 3 * leg + limb;
  });
  return {
    from: bodies.flatMap((body) => wrench.from.map((index) => 6 * body + index)),
    sign: bodies.flatMap(() => wrench.sign),
  };
}

/** The action on an observation. */
function onObservation(
  g: PlaneSymmetry,
  body: QuadrupedParameters,
  places: readonly number[],
  variant: "rllab" | "gymnasium",
  observation: QuadrupedObservation,
): SignedPermutation {
  const full = observation === "full", rllab = variant === "rllab", joints = onJoints(g, body, places);
  const placed = observation === "compact-position" || (full && rllab);
  return blocks([
    ...placed ? [onPlane(g)] : [],
    identityOn(2), // height, and the quaternion's w
    onPseudovector(g),
    joints,
    onVector(g),
    onPseudovector(g),
    joints,
    ...full ? [onForces(g, places, rllab)] : [],
    ...full && rllab ? [onRotation(g), onVector(g)] : [],
  ]);
}

/** The action on the actuators' torques. */
function onAction(g: PlaneSymmetry, body: QuadrupedParameters, places: readonly number[]): SignedPermutation {
  const joints = onJoints(g, body, places), { actuators } = body;
  return {
    from: actuators.map((joint) => actuators.indexOf(joints.from[joint]!)),
    sign: actuators.map((joint) => joints.sign[joint]!),
  };
}

/**
 * The symmetries of a quadruped on the empty plane that preserve its reward; null if the identity is the only one.
 *
 * @param keeps whether a rotation or reflection of the plane preserves the reward
 */
export function quadrupedSymmetry(
  body: QuadrupedParameters,
  variant: "rllab" | "gymnasium",
  observation: QuadrupedObservation,
  keeps: (g: PlaneSymmetry) => boolean,
): SymmetryGroup | null {
  const { hipRange } = body;
  const hipsAlike = hipRange === null || hipRange[0] === -hipRange[1];
  const group = SQUARE.flatMap((g): Symmetry[] => {
    const places = legsOf(g, body);
    if (places === null || !keeps(g) || (handedness(g) < 0 && !hipsAlike)) return [];
    return [{
      name: g.name,
      observation: onObservation(g, body, places, variant, observation),
      action: onAction(g, body, places),
    }];
  });
  return group.length > 1 ? group : null;
}
