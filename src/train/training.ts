/**
 * The training of an algorithm with its options in an environment, for runs and for `trainWith`.
 *
 * @module
 */

import type { Environment } from "../../envs/environment.ts";
import type { Configured, Sizes } from "../learn/algorithm.ts";
import type { WrittenSettings } from "../learn/learner.ts";
import { type Breach, shown } from "../learn/option.ts";
import { capacityOf, type LearningOptions } from "../learn/options.ts";
import type { Training } from "./loop.ts";

/** The paper's exploration noise (Appendix D.1). */
export const EXPLORATION_NOISE = { theta: 0.15, sigma: 0.3 } as const;

/** Lengths of an environment's observations and actions. */
export const sizesOf = ({ spec }: Environment): Sizes => ({
  observation: spec.observation.length,
  action: spec.action.length,
});

/** Steps after which an episode is truncated: the option, or the environment's own horizon if it is 0. */
export const horizonOf = ({ spec }: Environment, { horizon }: Pick<LearningOptions, "horizon">): number =>
  horizon === 0 ? spec.horizon : horizon;

/** The options that do not apply to an environment. */
export const environmentBreaches = (
  { spec }: Environment,
  { symmetry }: Pick<LearningOptions, "symmetry">,
): readonly Breach[] =>
  symmetry === "none" || spec.symmetry !== undefined ? [] : [{
    field: "symmetry",
    sentence: (name) =>
      `${name("symmetry")} must be none for the environment "${spec.name}", of which no symmetry is known: ` +
      `got ${shown(symmetry)}`,
  }];

/**
 * The training of an algorithm in an environment.
 *
 * @param recorded whether it belongs to a run: the replay then keeps a journal for checkpoints, and updates compute
 * diagnostics
 */
export function trainingOf(
  environment: Environment,
  { options: o, learner, settings, noiseSet }: Configured,
  recorded = false,
): Training<WrittenSettings> {
  return {
    noiseSet,
    journal: recorded,
    environment,
    learner: learner(sizesOf(environment), recorded),
    seed: o.seed,
    replicas: o.replicas,
    environments: o.environments,
    steps: o.steps,
    chunk: o.chunk,
    stepsPerUpdate: o.stepsPerUpdate,
    minimumReplay: o.minimumReplay,
    capacity: capacityOf(o),
    horizon: horizonOf(environment, o),
    symmetry: o.symmetry === "none" ? null : environment.spec.symmetry ?? null,
    explorationNoise: o.explorationNoise === "none" ? null : EXPLORATION_NOISE,
    settings: (steps) => [settings(steps)],
  };
}
