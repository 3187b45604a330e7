/**
 * Common settings of the experiments with bodies at each scale.
 *
 * @module
 */

import type { Scale } from "../src/run/experiment.ts";
import type { Changes } from "../src/run/define_experiment.ts";

const SHARED: Readonly<Record<Scale, Changes>> = {
  smoke: {
    horizon: 50,
    hidden: [16, 16],
    batch: 16,
    valueParticles: 8,
    fixedParticles: 4,
    movedParticles: 4,
    minimumReplay: 500,
    stepsPerUpdate: 10,
    chunk: 100,
    intermediateEpisodes: 2,
  },
  // Collecting is far cheaper than updating, hence several environment steps per update. Copying the target is one step
  // of value iteration, and γ = 0.99 needs hundreds of them (a run of the paper has 1000 to 5000), hence the short
  // interval.
  study: {
    chunk: 500,
    environments: 5,
    minimumReplay: 10_000,
    samplerRate: 3e-4,
    rateEnd: 1,
    targetInterval: 100,
    evaluationInterval: 10_000,
  },
  // Appendix D.1 with the public code's γ.
  paper: {
    steps: 5_000_000,
    hidden: [200, 200],
    fixedParticles: 32,
    movedParticles: 32,
    minimumReplay: 10_000,
    chunk: 500,
    samplerRate: 1e-4,
    rateEnd: 1,
    targetInterval: 1000,
    temperature: 0.1,
    explorationNoise: "ornstein-uhlenbeck",
    evaluationInterval: 10_000,
    checkpointInterval: 100_000,
    logInterval: 10_000,
  },
};

/** The changes of each scale for bodies, with those of one experiment. */
export const bodyScales = (own: Readonly<Record<Scale, Changes>>): Readonly<Record<Scale, Changes>> => ({
  smoke: { ...SHARED.smoke, ...own.smoke },
  study: { ...SHARED.study, ...own.study },
  paper: { ...SHARED.paper, ...own.paper },
});

/** The changes of each scale for the quadruped. */
export const QUADRUPED_SCALES: Readonly<Record<Scale, Changes>> = bodyScales({
  smoke: {
    steps: 1000,
    environments: 5,
    temperature: 0.1,
    evaluationEpisodes: 4,
    evaluationInterval: 500,
    logInterval: 500,
  },
  study: {
    steps: 400_000,
    hidden: [128, 128],
    valueParticles: 32,
    stepsPerUpdate: 4,
    temperature: 0.1,
    checkpointInterval: 25_000,
    logInterval: 5000,
  },
  paper: {},
});

/**
 * The settings of soft Q-learning for the quadruped at `study`. With one critic, learning rate 0.001 and a copied
 * target, the TD error stays larger than the differences between actions, and the policy fits the noise: `results/`
 * shows both.
 */
export const steadyCritic = (scale: Scale): Changes =>
  scale === "study" ? { temperature: 0.03, critics: 2, target: "polyak", criticRate: 3e-4 } : {};

/** γ at the longer control intervals: its horizon in seconds is about that of 0.99 at rllab's. */
const DISCOUNT = 0.97;

/**
 * The settings at a longer control interval, where an action's effect exceeds the critic's error. At `study` a
 * minibatch has twice as many states and a quarter of the samples per state, since eight of the mixture err as much as
 * hundreds of uniform ones (bench/README.md).
 *
 * @param repeat number of rllab's steps in an interval
 */
export const intervalSettings = (repeat = 1, scale: Scale): Changes =>
  repeat === 1 ? {} : {
    discount: DISCOUNT,
    ...scale !== "study" ? {} : {
      steps: 300_000,
      stepsPerUpdate: 1,
      hidden: [64, 64],
      batch: 128,
      valueProposal: "mixture",
      mixtureCentres: 4,
      valueParticles: 8,
      fixedParticles: 8,
      movedParticles: 8,
      bandwidth: "decile",
      critics: 2,
      target: "polyak",
      criticRate: 3e-4,
      evaluationInterval: 20_000,
    },
  };
