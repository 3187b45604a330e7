/**
 * Scripted policies for viewing a body or a world: zero, random, or the experiment's gait.
 *
 * @module
 */

import type { NoiseSource, Policy } from "../learn/policy.ts";
import { uniform } from "../random/draw.ts";
import { child, type Key } from "../random/key.ts";
import { type Episode, playEpisode } from "../train/evaluate.ts";
import type { Environment } from "../../envs/environment.ts";

/** A gait: writes the action, in [-1, 1], at a time since the start, s. */
export type Gait = (seconds: number, action: Float32Array) => void;

/** Names of the scripted policies. */
export const SCRIPTS = ["random", "zero", "gait"] as const;

/** The name of a scripted policy. */
export type Script = typeof SCRIPTS[number];

/** A policy without parameters, with its source of noise. */
interface Scripted {
  readonly policy: Policy;
  readonly noise: NoiseSource;
}

const scripted = (
  act: (given: ArrayLike<number>, action: Float32Array) => void,
  noise: NoiseSource,
): Scripted => ({
  policy: { size: 0, noise: 0, act: (_, __, ___, given, action) => act(given, action) },
  noise,
});

/** A script's policy; a gait takes the index of the step instead of noise. */
const scriptedPolicy = (script: Script, { spec, view }: Environment, gait: Gait): Scripted => {
  const count = spec.action.length, interval = view?.interval ?? 1;
  switch (script) {
    case "zero":
      return scripted((_, action) => void action.fill(0), () => new Float64Array(0));
    case "random":
      return scripted(
        (given, action) => action.set(Array.from(given, (unit) => 2 * unit - 1)),
        (key, step) => uniform(key, count, step),
      );
    case "gait":
      return scripted(
        (given, action) => gait(given[0]! * interval, action),
        (_, step) => Float64Array.of(step),
      );
  }
};

/** Plays `count` episodes of a script. */
export const playScript = (
  script: Script,
  environment: Environment,
  gait: Gait,
  horizon: number,
  count: number,
  key: Key,
): readonly Episode[] => {
  const evaluation = { environment, horizon, discount: 1, ...scriptedPolicy(script, environment, gait) };
  return Array.from(
    { length: count },
    (_, k) => playEpisode(evaluation, new Float32Array(0), 0, child(key, k)),
  );
};
