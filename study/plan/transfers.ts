/**
 * The plan's runs of transfer.
 *
 * @module
 */

import type { PlannedRun } from "../planned_run.ts";
import { FIRST, run, RUNNING, RUNNING_DDPG, STEADY, STEADY_DDPG } from "./settings.ts";

/** The first fine-tuned runs began learning only after α and the noises had been fully annealed. */
export const LATE = { minimumReplay: "10000" };

/** Three of the four arms of figure 5 in the wide hallway, as first planned: pretraining had hardly learned to move. */
export const firstTransfers = [
  run("transfer-wide-hallway-maximum-entropy", "transfer", 15, {
    ...FIRST,
    ...LATE,
    init: "results/pretrain-soft-q-0",
    seeds: "0..1",
  }),
  run("transfer-wide-hallway-ddpg", "transfer", 2, {
    algorithm: "ddpg",
    ...LATE,
    init: "results/pretrain-ddpg-0",
    seeds: "0..1",
  }),
  run("transfer-wide-hallway-ddpg-scratch", "transfer", 3, { algorithm: "ddpg", ...LATE, seeds: "0..1" }),
];

/** The four arms in one world, from the pretraining run that moves far. */
export const transfersIn = (
  world: string,
  setting: string,
  more: PlannedRun["flags"],
): readonly PlannedRun[] => {
  const flags = { variant: world, seeds: "0..1", ...more };
  return [
    run(`transfer-${world}-maximum-entropy-${setting}`, "transfer", 15, {
      ...flags,
      ...STEADY,
      init: RUNNING,
    }),
    run(`transfer-${world}-soft-q-scratch-${setting}`, "transfer", 15, { ...flags, ...STEADY }),
    run(`transfer-${world}-ddpg-${setting}`, "transfer", 3, { ...flags, ...STEADY_DDPG, init: RUNNING_DDPG }),
    run(`transfer-${world}-ddpg-scratch-${setting}`, "transfer", 3, { ...flags, ...STEADY_DDPG }),
  ];
};

/** The arm in the U that was run before the noises were annealed during learning. */
export const firstInU = run("transfer-u-maze-ddpg-steady", "transfer", 3, {
  ...STEADY_DDPG,
  ...LATE,
  variant: "u-maze",
  seeds: "0..1",
  init: RUNNING_DDPG,
});

/**
 * The four arms in one world from the policies that run in all directions at the longer interval; three seeds a process.
 * In a hallway α starts as the pretrained policy's, in the U by the second rule (docs/choices.md: 100 α). There learning
 * begins after 20 000 steps: begun after 1000, it unlearned the gait before the replay buffer held a way around the bend.
 * α and the noises are annealed for longer.
 */
export const feltTransfersIn = (world: string): readonly PlannedRun[] => {
  const u = world === "u-maze", variant = u ? "u-maze-ruled-0.06s" : `${world}-0.06s-net`;
  const annealing = u ? { minimumReplay: "20000", steps: "60000" } : { steps: "50000" };
  const flags = {
    variant,
    ...annealing,
    evaluationInterval: "5000",
    intermediateEpisodes: "20",
    evaluationEpisodes: "40",
    checkpointInterval: "10000",
    seeds: "0..2",
  };
  const softQ = u
    ? { temperature: "0.02", temperatureSteps: "40000", noiseSetSteps: "40000" }
    : { temperature: "0.01" };
  return [
    run(`transfer-${world}-maximum-entropy-runner`, "transfer", 25, {
      ...flags,
      ...softQ,
      samplerAverage: "0.005",
      init: "results/pretrain-soft-q-0.01-symmetry-continued-0",
    }),
    run(`transfer-${world}-soft-q-scratch-runner`, "transfer", 25, {
      ...flags,
      ...softQ,
      samplerAverage: "0.005",
    }),
    run(`transfer-${world}-ddpg-runner`, "transfer", 8, {
      ...flags,
      algorithm: "ddpg",
      init: "results/pretrain-ddpg-symmetry-0",
    }),
    run(`transfer-${world}-ddpg-scratch-runner`, "transfer", 8, { ...flags, algorithm: "ddpg" }),
  ];
};
