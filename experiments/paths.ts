/**
 * What the quadruped's experiments have in common: paths of the centre of mass, and the sizes of their runs.
 *
 * @module
 */

import { QUADRUPED_STATE, quadrupedCentre } from "../envs/quadruped.ts";
import type { Configuration } from "../src/run/configuration.ts";
import type { Algorithm, Scale } from "../src/run/experiment.ts";
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
  return [centre[0], centre[1]];
}

/** The path of an episode's centre of mass (x, y), m, a point every `stride` steps and the last one. */
export const pathOf = (episode: Episode, stride = 1): readonly Point[] =>
  Array.from(
    { length: Math.ceil(episode.length / stride) + 1 },
    (_, k) => centreAt(episode, Math.min(k * stride, episode.length)),
  );

/** A length in whole millimetres, m. */
export const millimetres = (length: number): number => Math.round(length * 1000) / 1000;

/** What the scales change for the quadruped; `paper` is Appendix D.1 with the public code's γ. */
const QUADRUPED_SCALES: Readonly<Record<Scale, Partial<Configuration>>> = {
  smoke: {
    steps: 1000,
    horizon: 50,
    hidden: [16, 16],
    batch: 16,
    valueParticles: 8,
    fixedParticles: 4,
    movedParticles: 4,
    minimumReplay: 500,
    stepsPerUpdate: 10,
    chunk: 100,
    environments: 5,
    evaluationEpisodes: 4,
    evaluationInterval: 500,
    intermediateEpisodes: 2,
    logInterval: 500,
  },
  // Four environment steps for an update, because collecting is far cheaper; a thousand copies of the target, because each
  // is one step of value iteration and γ = 0.99 needs hundreds.
  study: {
    steps: 400_000,
    hidden: [128, 128],
    valueParticles: 32,
    stepsPerUpdate: 4,
    chunk: 500,
    environments: 5,
    minimumReplay: 10_000,
    samplerRate: 3e-4,
    rateEnd: 1,
    targetInterval: 100,
    evaluationInterval: 10_000,
    checkpointInterval: 25_000,
    logInterval: 5000,
  },
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
    explorationNoise: "ornstein-uhlenbeck",
    evaluationInterval: 10_000,
    checkpointInterval: 100_000,
    logInterval: 10_000,
  },
};

/**
 * What algorithms have of their own at `study`. With one critic at a rate of 0.001 whose target is copied, the TD error
 * stays larger than the differences between actions, and the policy follows its noise: `results/` shows both.
 */
const STUDY: Readonly<Record<Algorithm, Partial<Configuration>>> = {
  "soft-q": { temperature: 0.03, critics: 2, target: "polyak", criticRate: 3e-4 },
};

/** The preset of the quadruped's experiments. */
export const quadrupedScale = (algorithm: Algorithm, scale: Scale): Partial<Configuration> => ({
  temperature: 0.1,
  ...QUADRUPED_SCALES[scale],
  ...(scale === "study" ? STUDY[algorithm] : {}),
});
