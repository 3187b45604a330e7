/**
 * Paths of the quadruped's centre of mass.
 *
 * @module
 */

import { RLLAB_QUADRUPED } from "../envs/dynamics/quadruped_parameters.ts";
import type { Quadruped } from "../envs/dynamics/quadruped_model.ts";
import { createQuadruped } from "../envs/dynamics/quadruped_step.ts";
import { centreOfMass } from "../envs/dynamics/quadruped_view.ts";
import { QUADRUPED_STATE } from "../envs/quadruped.ts";
import type { Point } from "../src/report/panel.ts";
import type { Episode } from "../src/train/evaluate.ts";

const centre = new Float64Array(6);
let body: Quadruped | null = null;

/** The centre of mass (x, y), m, after `step` steps of an episode; NaN where its last state is not finite. */
export function centreAt({ states }: Episode, step: number): Point {
  body ??= createQuadruped(RLLAB_QUADRUPED);
  centreOfMass(body, states.subarray(step * QUADRUPED_STATE, (step + 1) * QUADRUPED_STATE), centre);
  return [centre[0]!, centre[1]!];
}

/** The path of an episode's centre of mass (x, y), m: every `stride`-th point, and the last one. */
export const pathOf = (episode: Episode, stride = 1): readonly Point[] =>
  Array.from(
    { length: Math.ceil(episode.length / stride) + 1 },
    (_, k) => centreAt(episode, Math.min(k * stride, episode.length)),
  );

/** A length in m, rounded to whole millimetres. */
export const millimetres = (length: number): number => Math.round(length * 1000) / 1000;
