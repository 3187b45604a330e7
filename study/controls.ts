/**
 * A run's deviations from rllab's control, from the paper's minibatches and from copied targets, in words.
 *
 * @module
 */

import { algorithmNamed } from "../src/learn/algorithms.ts";
import type { Configuration } from "../src/run/configuration.ts";

/** Control interval and measure of speed, from the suffix of a variant's name. */
const CONTROL_SUFFIX = /-([\d.]+)s(-net)?$/;

/** The control interval if it is not rllab's, the measure of speed if it is not the paper's, and the symmetry. */
export function controlsOf(
  { variant, symmetry }: Pick<Configuration, "variant" | "symmetry">,
): readonly string[] {
  const [, seconds, net] = CONTROL_SUFFIX.exec(variant) ?? [];
  return [
    ...seconds === undefined ? [] : [`controlled every ${seconds} s`],
    ...net === undefined ? [] : ["paid for net displacement"],
    ...symmetry === "body" ? ["minibatches turned by the body's symmetry"] : [],
  ];
}

/** The same as a part of a file's name. */
export function controlPart({ variant, symmetry }: Pick<Configuration, "variant" | "symmetry">): string {
  const ending = CONTROL_SUFFIX.exec(variant)?.[0].slice(1);
  return [...ending === undefined ? [] : [ending], ...symmetry === "body" ? ["symmetry"] : []].join("-");
}

/** Whether targets are Polyak averages although the algorithm's default is copying. */
export const isSteady = ({ algorithm, target }: Pick<Configuration, "algorithm" | "target">): boolean =>
  target === "polyak" && algorithmNamed(algorithm)?.defaults.target !== "polyak";
