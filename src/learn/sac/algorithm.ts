/**
 * Soft actor-critic as an algorithm: its options, learner and settings as one value.
 *
 * @module
 */

import { E } from "../../deps.ts";
import { type Algorithm, algorithm, type Sizes, written } from "../algorithm.ts";
import { sacLearner, sacSettings } from "./learner.ts";
import { SAC_OPTIONS, sacNumbersAt, type SacOptions } from "./options.ts";
import { squashedGaussian } from "./policy.ts";
import type { Sac } from "./update.ts";

/** The choices that determine the learner's program. */
export const sacOf = (o: SacOptions, { observation, action }: Sizes): Sac => ({
  observation,
  action,
  hidden: o.hidden,
  normalisation: o.normalisation,
  batch: o.batch,
  temperatureRule: o.temperatureRule,
});

/** Soft actor-critic, for comparison. */
export const SAC: Algorithm<SacOptions> = algorithm<SacOptions>({
  name: "sac",
  title: "soft actor-critic",
  style: "SAC",
  options: SAC_OPTIONS,
  rules: [],
  configured: (o) => {
    const isFixed = o.temperatureRule === "fixed", alpha = o.temperature / o.rewardScale;
    return {
      learner: (sizes) => written(sacLearner(sacOf(o, sizes), o.temperature)),
      settings: (steps) => sacSettings(Array(o.replicas).fill(sacNumbersAt(o, steps))),
      noiseSet: null,
      metadata: { format: "softq 1", algorithm: "sac" },
      temperature: isFixed ? alpha : null,
      caption: isFixed ? `α/reward scale ${alpha}` : `target entropy ${o.targetEntropy} · dim A`,
      memory: [{ option: "batch", what: "layers", numbers: o.batch * Math.max(...o.hidden) }],
      kept: { temperature: { rewardScale: o.rewardScale, temperature: o.temperature }, noise: null },
    };
  },
  file: {
    prefix: "policy",
    noise: false,
    outputs: 2,
    policyOf: (layout) => E.right(squashedGaussian(layout)),
  },
});
