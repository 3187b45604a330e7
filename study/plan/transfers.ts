/**
 * The plan's runs of transfer.
 *
 * @module
 */

import type { PlannedRun } from "../planned_run.ts";
import { FIRST, run, RUNNING, RUNNING_DDPG, STEADY, STEADY_DDPG } from "./settings.ts";

/** The first fine-tuned runs began learning only after α and the noises had been fully annealed. */
export const LATE = { minimumReplay: "10000" };

/** The four arms of figure 5 in the wide hallway, as first planned: pretraining had hardly learned to move. */
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
