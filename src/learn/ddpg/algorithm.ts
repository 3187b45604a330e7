/**
 * DDPG as an algorithm: its options, learner and settings as one value.
 *
 * @module
 */

import { E } from "../../deps.ts";
import { type Algorithm, algorithm, type Sizes, written } from "../algorithm.ts";
import { learningNumbersAt } from "../options.ts";
import { samplerPolicy } from "../policy.ts";
import { ddpgLearner, ddpgSettings } from "./learner.ts";
import { DDPG_OPTIONS, type DdpgOptions } from "./options.ts";
import type { Ddpg } from "./update.ts";

/** The choices that determine the learner's program. */
export const ddpgOf = (o: DdpgOptions, { observation, action }: Sizes): Ddpg => ({
  observation,
  action,
  hidden: o.hidden,
  normalisation: o.normalisation,
  batch: o.batch,
});

/** DDPG, the paper's baseline. */
export const DDPG: Algorithm<DdpgOptions> = algorithm<DdpgOptions>({
  name: "ddpg",
  title: "DDPG",
  style: "DDPG",
  options: DDPG_OPTIONS,
  rules: [],
  configured: (o) => ({
    learner: (sizes) => written(ddpgLearner(ddpgOf(o, sizes))),
    settings: (steps) => ddpgSettings(Array(o.replicas).fill(learningNumbersAt(o, steps))),
    noiseSet: null,
    metadata: { format: "softq 1", algorithm: "ddpg" },
    temperature: null,
    caption: "",
    memory: [{ option: "batch", what: "layers", numbers: o.batch * Math.max(...o.hidden) }],
    kept: { temperature: { rewardScale: o.rewardScale }, noise: null },
  }),
  file: {
    prefix: "policy",
    noise: false,
    outputs: 1,
    policyOf: (layout) => E.right(samplerPolicy(layout, "tanh")),
  },
  // Soft Q-learning's, which every configuration had.
  formerOptions: [
    "valueParticles",
    "fixedParticles",
    "movedParticles",
    "squash",
    "bandwidth",
    "valueSamples",
    "valueProposal",
    "critics",
    "temperature",
    "temperatureEnd",
    "temperatureSteps",
    "noiseSet",
    "noiseSetSteps",
    "noiseSeed",
  ],
});
