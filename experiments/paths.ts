/**
 * Paths of the quadruped's centre of mass.
 *
 * @module
 */

import { RLLAB_QUADRUPED } from "../envs/dynamics/quadruped_parameters.ts";
import { createQuadruped } from "../envs/dynamics/quadruped_step.ts";
import { centreOfMass } from "../envs/dynamics/quadruped_view.ts";
import { QUADRUPED_STATE } from "../envs/quadruped.ts";
import type { Point } from "../src/report/panel.ts";
import type { Episode } from "../src/train/evaluate.ts";

/** The centre of mass (x, y), m, after a number of an episode's steps. */
function centreAfter({ states }: Episode): (steps: number) => Point {
  const body = createQuadruped(RLLAB_QUADRUPED), centre = new Float64Array(6);
  return (steps) => {
    centreOfMass(body, states.subarray(steps * QUADRUPED_STATE, (steps + 1) * QUADRUPED_STATE), centre);
    return [centre[0]!, centre[1]!];
  };
}

/**
 * The path of an episode's centre of mass (x, y), m: every `stride`-th point, and the last one; NaN where the
 * episode's last state is not finite.
 */
export function pathOf(episode: Episode, stride = 1): readonly Point[] {
  const centre = centreAfter(episode), count = Math.ceil(episode.length / stride) + 1;
  return Array.from({ length: count }, (_, k) => centre(Math.min(k * stride, episode.length)));
}

/** The net displacement of an episode's centre of mass (x, y), m. */
export function displacementOf(episode: Episode): Point {
  const centre = centreAfter(episode), [x0, y0] = centre(0), [x, y] = centre(episode.length);
  return [x - x0, y - y0];
}
