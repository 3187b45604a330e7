/**
 * Soft Q-learning as an algorithm: its options, learner and settings as one value.
 *
 * @module
 */

import { E } from "../../deps.ts";
import { keyOf } from "../../random/key.ts";
import { type Algorithm, algorithm, type MemoryPart, type Sizes, written } from "../algorithm.ts";
import { shown } from "../option.ts";
import { samplerPolicy } from "../policy.ts";
import { boundOf, softQLearner, softQSettings } from "./learner.ts";
import {
  noiseCountAt,
  noiseSeedOf,
  SOFT_Q_OPTIONS,
  SOFT_Q_RULES,
  softQNumbersAt,
  type SoftQOptions,
} from "./options.ts";
import type { SoftQ } from "./update.ts";

/** The choices that shape the learner's program: options with the same names. */
export const softQOf = (o: SoftQOptions, { observation, action }: Sizes): SoftQ => ({
  ...o,
  observation,
  action,
});

/** The layers of the largest network evaluation, and the distances between particles. */
function memoryOf(o: SoftQOptions): readonly MemoryPart[] {
  const particles = ["valueParticles", "fixedParticles", "movedParticles"] as const;
  const most = particles.reduce((a, b) => o[b] > o[a] ? b : a);
  return [
    {
      option: o.batch >= o[most] ? "batch" : most,
      what: "layers",
      numbers: o.batch * o[most] * Math.max(...o.hidden),
    },
    {
      option: "fixedParticles",
      what: "distances of particles",
      numbers: o.batch * o.fixedParticles * o.movedParticles,
    },
  ];
}

/** Soft Q-learning. */
export const SOFT_Q: Algorithm<SoftQOptions> = algorithm<SoftQOptions>({
  name: "soft-q",
  title: "soft Q-learning",
  style: "maximum-entropy",
  options: SOFT_Q_OPTIONS,
  rules: SOFT_Q_RULES,
  configured: (o) => ({
    learner: (sizes, diagnostics) => written(softQLearner(softQOf(o, sizes), diagnostics)),
    settings: (steps) =>
      softQSettings(Array.from({ length: o.replicas }, (_, r) => softQNumbersAt(o, steps, r)), o.noiseSet),
    noiseSet: o.noiseSet === 0 ? null : {
      size: o.noiseSet,
      count: (steps) => noiseCountAt(o, steps),
      key: (replica) => keyOf(noiseSeedOf(o) + replica),
    },
    metadata: { format: "softq 1", squash: o.squash },
    temperature: o.temperature / o.rewardScale,
    caption: `${o.squash}, α/reward scale ${o.temperature / o.rewardScale}`,
    memory: memoryOf(o),
    kept: {
      temperature: {
        rewardScale: o.rewardScale,
        temperature: softQNumbersAt(o, o.steps).temperature,
        temperatureEnd: 0,
      },
      noise: { noiseSet: noiseCountAt(o, o.steps), noiseSetSteps: 0, noiseSeed: noiseSeedOf(o) },
    },
  }),
  file: {
    prefix: "sampler",
    noise: true,
    outputs: 1,
    policyOf: (layout, { squash = "" }) => {
      const { of } = SOFT_Q_OPTIONS.squash, known = of.find((each) => each === squash);
      return known === undefined
        ? E.left(`The file's squash must be one of ${of.join(", ")}: got ${shown(squash)}`)
        : E.right(samplerPolicy(layout, boundOf(known)));
    },
  },
});
