/**
 * The plan's ablation: which of the changes at the longer control interval makes a quadruped run, one change a run, and
 * the temperatures of figure 7 with the new value estimator.
 *
 * @module
 */

import type { PlannedRun } from "../planned_run.ts";
import { run } from "./settings.ts";
import { RLLAB_LEARNING, SYMMETRIC } from "./pretraining.ts";

/** How the runs' names begin. */
export const ABLATION = "pretrain-ablation-";

/** A change of the base's settings. */
interface AblationChange {
  /** What it is, in words. */
  readonly words: string;
  readonly flags: PlannedRun["flags"];
}

/** The changes by the part of the runs' names: the first changes nothing; then one setting each, then all, then α. */
export const CHANGES: Readonly<Record<string, AblationChange>> = {
  "base": { words: "none (α = 0.03)", flags: {} },
  "no-symmetry": { words: "minibatches without the body's symmetry", flags: { symmetry: "none" } },
  "instantaneous-speed": {
    words: "the instantaneous speed is rewarded, not the net displacement",
    flags: { variant: "speed-0.06s" },
  },
  "rllab-interval": {
    words: "control every 0.02 s, instantaneous speed, γ = 0.99",
    flags: { variant: "speed", ...RLLAB_LEARNING },
  },
  "discount": { words: "γ = 0.99, not 0.97", flags: { discount: "0.99" } },
  "recent-replay": {
    words: "the last 50 000 transitions are replayed, not all",
    flags: { capacity: "50000" },
  },
  "uniform-values": {
    words: "32 uniform value samples, not 8 of the mixture",
    flags: { valueProposal: "uniform", valueParticles: "32" },
  },
  "median-bandwidth": { words: "the median's bandwidth, not the decile's", flags: { bandwidth: "median" } },
  "sampler-rate": {
    words: "the sampler's step size is 0.003, ten times the critic's, not equal to it",
    flags: { samplerRate: "0.003" },
  },
  "few-states": {
    words: "64 states with 16 samples each, not 128 with 8",
    flags: { batch: "64", valueParticles: "16", fixedParticles: "16", movedParticles: "16" },
  },
  "last-sampler": {
    words: "the last sampler is evaluated, not the averaged one",
    flags: { samplerAverage: "0" },
  },
  "paper": {
    words:
      "all of these but the replay, and one critic with a copied target: the paper's settings with these networks",
    flags: {
      variant: "speed",
      stepsPerUpdate: "1",
      hidden: "64,64",
      symmetry: "none",
      temperature: "0.1",
      batch: "64",
      valueProposal: "uniform",
      valueParticles: "50",
      fixedParticles: "32",
      movedParticles: "32",
      bandwidth: "median",
      samplerAverage: "0",
      critics: "1",
      target: "copy",
      targetInterval: "1000",
      criticRate: "0.001",
    },
  },
  "alpha-1": { words: "α = 1", flags: { temperature: "1" } },
  "alpha-0.1": { words: "α = 0.1", flags: { temperature: "0.1" } },
  "alpha-0.01": { words: "α = 0.01", flags: { temperature: "0.01" } },
  "alpha-0.003": { words: "α = 0.003", flags: { temperature: "0.003" } },
};

/** A run of about 100 000 updates for each change and seed, the first seeds first. */
export const ablation = ["0", "1"].flatMap((seed) =>
  Object.entries(CHANGES).map(([change, { flags }]) =>
    run(`${ABLATION}${change}-${seed}`, "pretrain", 8, {
      ...SYMMETRIC,
      temperature: "0.03",
      samplerAverage: "0.005",
      steps: "110000",
      evaluationInterval: "20000",
      logInterval: "10000",
      checkpointInterval: "20000",
      seeds: `${seed}..${seed}`,
      ...flags,
    })
  )
);

/** The paper's settings, as in the ablation, for 10⁶ updates: beside the runs of as many at the longer interval. */
export const paperAtLength = run("pretrain-soft-q-0.1-paper-0", "pretrain", 180, {
  ...SYMMETRIC,
  ...CHANGES["paper"]!.flags,
  steps: "1009500",
  evaluationInterval: "50000",
  logInterval: "20000",
  checkpointInterval: "20000",
});
