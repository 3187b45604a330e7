/**
 * Scripted gaits: actions as functions of time alone, to show the bodies in motion without a learned policy.
 *
 * Both were found by random search over sines. They are open-loop.
 *
 * @module
 */

import { RLLAB_QUADRUPED } from "./dynamics/quadruped_parameters.ts";

/**
 * Torques that travel along a swimmer of `links` links as a wave. Rllab's swimmer with three links reaches +4.0 m in
 * 500 actions from rest.
 *
 * @param seconds time since the start
 * @param out `[links - 1]`
 */
export function swimmerGait(seconds: number, out: Float32Array): void {
  const angle = 2 * Math.PI * 0.261 * seconds - 1.524;
  for (let k = 0; k < out.length; k++) {
    const wave = (k === 0 ? 0.98 : 2.533) * Math.sin(angle - 0.232 * k);
    out[k] = Math.min(1, Math.max(-1, wave));
  }
}

/** Phase of each leg's step in the quadruped's gait cycle, rad. */
const PHASES = [-2.862, 1.56, -0.432, 1];

/**
 * Torques of the quadruped's actuators that make each leg swing and step in turn. From its start pose rllab's quadruped
 * runs some metres in 500 actions, in a direction that depends on the first steps.
 *
 * @param seconds time since the start
 * @param out `[8]`, in the actuators' order
 */
export function quadrupedGait(seconds: number, out: Float32Array): void {
  const { actuators, legs } = RLLAB_QUADRUPED, angle = 2 * Math.PI * 2.134 * seconds;
  for (let i = 0; i < out.length; i++) {
    const joint = actuators[i]!, leg = joint >> 1, phase = angle + PHASES[leg]!;
    out[i] = joint % 2 === 0
      ? 0.533 * Math.sin(phase)
      : legs[leg]!.bend * (0.379 * Math.sin(phase - 1.433) - 0.288);
  }
}
