/**
 * Scripted gaits: actions as functions of time alone, so that a person can see the bodies move without a learned policy.
 *
 * Both were found by random search over sines, and both lose to any learned policy: they do not look where they go.
 *
 * @module
 */

import { RLLAB_QUADRUPED } from "./dynamics/quadruped_parameters.ts";

/**
 * Torques of a swimmer of `links` links that travel along the chain as a wave. Three links of rllab's swimmer reach
 * +4.0 m in 500 actions from rest.
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

/** When in the cycle each leg of the quadruped steps, rad. */
const PHASES = [-2.862, 1.56, -0.432, 1];

/**
 * Torques of the quadruped's actuators that let each leg swing and step in its turn. From its start pose rllab's
 * quadruped runs some metres in 500 actions; where to depends on the first steps.
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
