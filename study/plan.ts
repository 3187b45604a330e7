/**
 * The plan of the study: the list of runs behind `results/`, by claim. To add seeds or settings, add lines.
 *
 * @module
 */

import { type PlannedRun, roundRobin } from "./planned_run.ts";
import { feltMazes, feltMazesOfOthers, mazes, mazesAtPaperTemperature, ruledMazes } from "./plan/mazes.ts";
import { ablation, paperAtLength } from "./plan/ablation.ts";
import { pretrained, pretrainedAtLongInterval } from "./plan/pretraining.ts";
import { run } from "./plan/settings.ts";
import {
  ruledSwimmers,
  swimmers,
  undirectedDeterministicSwimmer,
  undirectedSwimmers,
} from "./plan/swimmers.ts";
import { feltTransfersIn, firstInU, firstTransfers, LATE, transfersIn } from "./plan/transfers.ts";

const multiGoals = [
  run("multi-goal-soft-q-0", "multi-goal", 12, { seeds: "0..4" }, ["figure-1.svg"]),
  run("multi-goal-soft-q-5", "multi-goal", 12, { seeds: "5..9" }),
];

/** DDPG's, with the initial states of the two public codes. */
const deterministicMultiGoals = ["final-code", "first-code"].map((variant) =>
  [0, 5].map((first) =>
    run(`multi-goal-ddpg-${variant}-${first}`, "multi-goal", 1, {
      algorithm: "ddpg",
      variant,
      seeds: `${first}..${first + 4}`,
    }, variant === "final-code" && first === 0 ? ["figure-1.svg"] : [])
  )
);

/** Soft actor-critic's, at a small fixed temperature. */
const actorCriticMultiGoals = [
  run("multi-goal-sac-0", "multi-goal", 2, { algorithm: "sac", seeds: "0..4" }),
];

/** The runs of each claim, as the report lists them. */
const GROUPS: readonly (readonly PlannedRun[])[] = [
  multiGoals,
  ...deterministicMultiGoals,
  actorCriticMultiGoals,
  swimmers,
  [...undirectedSwimmers, undirectedDeterministicSwimmer, ...ruledSwimmers],
  pretrained,
  pretrainedAtLongInterval,
  mazes,
  [...ruledMazes, ...feltMazes, ...mazesAtPaperTemperature, ...feltMazesOfOthers],
  firstTransfers,
  ...["wide-hallway", "narrow-hallway"].map((world) => transfersIn(world, "steady", LATE)),
  [firstInU],
  ...["wide-hallway", "narrow-hallway", "u-maze"].map((world) => transfersIn(world, "annealed", {})),
  ...["wide-hallway", "narrow-hallway", "u-maze"].map(feltTransfersIn),
  [...ablation, paperAtLength],
];

/** All runs, claim by claim. */
export const STUDY: readonly PlannedRun[] = GROUPS.flat();

/** All runs in the order of execution: every claim's first run comes early. */
export const SCHEDULE: readonly PlannedRun[] = roundRobin(GROUPS);
