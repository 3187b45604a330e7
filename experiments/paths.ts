/**
 * Paths of the quadruped's centre of mass.
 *
 * @module
 */

import { QUADRUPED_STATE, quadrupedCentre } from "../envs/quadruped.ts";
import type { Point } from "../src/report/panel.ts";
import type { Episode } from "../src/train/evaluate.ts";

const centre = new Float64Array(6);

/** The centre of mass (x, y), m, after `step` steps of an episode. */
export function centreAt({ states }: Episode, step: number): Point {
  quadrupedCentre(
    states.subarray(step * QUADRUPED_STATE, (step + 1) * QUADRUPED_STATE),
    undefined,
    centre,
  );
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
