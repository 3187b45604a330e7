/**
 * A run's deviations from rllab's control, from the paper's minibatches and from copied targets, in words.
 *
 * @module
 */

import { algorithmNamed } from "../src/learn/algorithms.ts";
import type { Configuration } from "../src/run/configuration.ts";

/** Control interval, measure of speed, observation and frame, from the suffix of a variant's name. */
const CONTROL_SUFFIX = /-([\d.]+)s(-net)?(-centred)?(-travel(?:-\d+)?)?$/;

/** Whether a run is controlled in every one of rllab's steps of 0.02 s, which most variants' names do not say. */
export const isAtRllabInterval = ({ variant }: Pick<Configuration, "variant">): boolean =>
  (CONTROL_SUFFIX.exec(variant)?.[1] ?? "0.02") === "0.02";

/** A variant's name without the heading of its frame of travel, which is each seed's own. */
export const withoutHeading = (variant: string): string => variant.replace(/(-travel)-\d+$/, "$1");

/** Whether a run's task is observed in a frame of travel. */
export const isTravelling = ({ variant }: Pick<Configuration, "variant">): boolean =>
  withoutHeading(variant) !== variant;

/** The control interval, the measure of speed, the observation and its frame if they are not rllab's, and the symmetry. */
export function controlsOf(
  { variant, symmetry }: Pick<Configuration, "variant" | "symmetry">,
): readonly string[] {
  const [, seconds, net, centred, travel] = CONTROL_SUFFIX.exec(variant) ?? [];
  return [
    ...seconds === undefined ? [] : [`controlled every ${seconds} s`],
    ...net === undefined ? [] : ["net displacement rewarded"],
    ...centred === undefined ? [] : ["observed from the centre"],
    ...travel === undefined ? [] : ["observed in the frame of travel"],
    ...symmetry === "body" ? ["minibatches under the body's symmetry"] : [],
  ];
}

/** {@link controlsOf} as a part of a file's name. */
export function controlPart({ variant, symmetry }: Pick<Configuration, "variant" | "symmetry">): string {
  const ending = CONTROL_SUFFIX.exec(withoutHeading(variant))?.[0].slice(1);
  return [...ending === undefined ? [] : [ending], ...symmetry === "body" ? ["symmetry"] : []].join("-");
}

/** Whether targets are Polyak averages although the algorithm's default is copying. */
export const isSteady = ({ algorithm, target }: Pick<Configuration, "algorithm" | "target">): boolean =>
  target === "polyak" && algorithmNamed(algorithm)?.defaults.target !== "polyak";
