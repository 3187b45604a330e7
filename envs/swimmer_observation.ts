/**
 * What the swimmer observes.
 *
 * @module
 */

import type { Chain } from "./dynamics/chain.ts";
import { chainCentreOfMass } from "./dynamics/chain_view.ts";
import type { Component } from "./environment.ts";

/**
 * What is observed, positions first, then velocities:
 *
 * - `full`: the coordinates x, y, heading of the first link and joint angles, their velocities, and the centre of mass
 *   (rllab's);
 * - `compact`: the same without x, y and the centre of mass (Gymnasium's);
 * - `centred` (ours): the centre of mass, the mean heading of the links and the joint angles, and their velocities, in
 *   which the swimmer is the same from both ends.
 */
export type SwimmerObservation = "full" | "compact" | "centred";

/** How an observation is read off a state. */
export interface SwimmerSensors {
  /** The numbers of an observation. */
  readonly components: readonly Component[];
  /** Writes the observation of a state from `offset` on. */
  readonly observe: (state: Float64Array, out: Float32Array | Float64Array, offset: number) => void;
}

/** The mean of the links' angles, given the first link's and the joints' from `at` on: exact for velocities too. */
function meanOfLinks(vector: Float64Array, at: number, links: number): number {
  let angle = 0, sum = 0;
  for (let k = 0; k < links; k++) sum += angle += vector[at + k]!;
  return sum / links;
}

/** The sensors of a chain of links. */
export function swimmerSensors(chain: Chain, observation: SwimmerObservation): SwimmerSensors {
  const { links, coordinates, parameters } = chain, centre = new Float64Array(4);
  const joints = Array.from({ length: links - 1 }, (_, k) => [`joint ${k + 1}`, "rad"] as const);
  const withVelocities = (
    positions: readonly (readonly [string, string])[],
    omitted: number,
  ): readonly Component[] => [
    ...positions.slice(omitted).map(([name, unit]) => ({ name, unit })),
    ...positions.map(([name, unit]) => ({ name: `${name} velocity`, unit: `${unit}/s` })),
  ];
  if (observation === "centred") {
    return {
      components: withVelocities([
        ["centre of mass x", "m"],
        ["centre of mass y", "m"],
        ["mean heading", "rad"],
        ...joints,
      ], 0),
      observe: (state, out, offset) => {
        chainCentreOfMass(chain, state, centre);
        for (let part = 0, at = offset; part < 2; part++) {
          const angles = part * coordinates + 2;
          out[at++] = centre[2 * part]!;
          out[at++] = centre[2 * part + 1]!;
          out[at++] = meanOfLinks(state, angles, links) + (part === 0 ? parameters.heading : 0);
          for (let k = 1; k < links; k++) out[at++] = state[angles + k]!;
        }
      },
    };
  }
  const full = observation === "full", omitted = full ? 0 : 2;
  return {
    components: [
      ...withVelocities([["x", "m"], ["y", "m"], ["heading", "rad"], ...joints], omitted),
      ...(full ? ["x", "y", "z"].map((axis) => ({ name: `centre of mass ${axis}`, unit: "m" })) : []),
    ],
    observe: (state, out, offset) => {
      let at = offset;
      for (let i = omitted; i < 2 * coordinates; i++) out[at++] = state[i]!;
      if (!full) return;
      chainCentreOfMass(chain, state, centre);
      out[at++] = centre[0]!;
      out[at++] = centre[1]!;
      out[at] = 0;
    },
  };
}
