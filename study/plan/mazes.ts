/**
 * The plan's mazes.
 *
 * @module
 */

import type { PlannedRun } from "../planned_run.ts";
import { FIRST, run, RUNNING, RUNNING_DDPG, SHORT, STEADY, STEADY_DDPG } from "./settings.ts";

/**
 * Mazes: soft Q-learning as first planned, with the remedies that helped pretraining, also at a lower temperature; then
 * with a reward of longer reach, from scratch and from running policies.
 */
export const mazes = [
  run("maze-soft-q-0", "maze", 28, { ...FIRST, ...SHORT, seeds: "0..1" }),
  run("maze-soft-q-steady-0", "maze", 28, { ...STEADY, ...SHORT, seeds: "0..1" }),
  run("maze-soft-q-0.01-steady-0", "maze", 28, { ...STEADY, ...SHORT, temperature: "0.01", seeds: "0..1" }),
  run("maze-ddpg-0", "maze", 5, { algorithm: "ddpg", ...SHORT, seeds: "0..1" }),
  run("maze-ddpg-steady-0", "maze", 5, { ...STEADY_DDPG, ...SHORT, seeds: "0..1" }),
  run("maze-soft-q-steady-5m-0", "maze", 28, { ...STEADY, ...SHORT, variant: "gaussian-5m", seeds: "0..1" }),
  run("maze-ddpg-steady-5m-0", "maze", 5, {
    ...STEADY_DDPG,
    ...SHORT,
    variant: "gaussian-5m",
    seeds: "0..1",
  }),
  run("maze-soft-q-steady-5m-pretrained-0", "maze", 28, {
    ...STEADY,
    ...SHORT,
    variant: "gaussian-5m",
    init: RUNNING,
    seeds: "0..1",
  }),
  run("maze-ddpg-steady-5m-pretrained-0", "maze", 5, {
    ...STEADY_DDPG,
    ...SHORT,
    variant: "gaussian-5m",
    init: RUNNING_DDPG,
    seeds: "0..1",
  }),
];

/** Mazes with the reward by the rule, from the policy that runs in all directions; a process a seed. */
export const ruledMazes = ["0", "1"].map((seed) =>
  run(`maze-soft-q-ruled-pretrained-${seed}`, "maze", 20, {
    variant: "ruled-0.06s",
    init: "results/pretrain-soft-q-0.01-symmetry-0",
    steps: "150000",
    checkpointInterval: "15000",
    evaluationInterval: "10000",
    seeds: `${seed}..${seed}`,
  })
);

/**
 * Mazes with the height that is felt (docs/choices.md: 200 α), from the policy that runs 24 m in all directions, and one
 * with a third of it; a process a seed.
 */
export const feltMazes = [["0.01", "0"], ["0.01", "1"], ["0.01", "2"], ["0.01", "3"], ["0.03", "0"]].map((
  [temperature, seed],
) =>
  run(`maze-soft-q-ruled-${temperature}-runner-${seed}`, "maze", 20, {
    variant: "ruled-0.06s",
    temperature: temperature!,
    samplerAverage: "0.005",
    init: "results/pretrain-soft-q-0.01-symmetry-continued-0",
    steps: "210000",
    checkpointInterval: "15000",
    evaluationInterval: "15000",
    intermediateEpisodes: "20",
    seeds: `${seed}..${seed}`,
    ...seed === "0" ? { device: "auto" } : {},
  })
);

/**
 * The same height over α at the paper's temperature: rewards times ten, so that values have the size that critics know
 * from pretraining.
 */
const atPaperTemperature = (start: string, seed: string, flags: PlannedRun["flags"]) =>
  run(`maze-soft-q-ruled-0.1-${start}-${seed}`, "maze", 22, {
    ...flags,
    temperature: "0.1",
    rewardScale: "10",
    samplerAverage: "0.005",
    steps: "180000",
    checkpointInterval: "15000",
    evaluationInterval: "15000",
    intermediateEpisodes: "20",
    seeds: `${seed}..${seed}`,
  });

/** From the policy that runs 26 m, in its frame of travel; and, in the world's frame, from the one that runs 24 m. */
export const mazesAtPaperTemperature = [
  ...["0", "1", "2", "3"].map((seed) =>
    atPaperTemperature("travel", seed, {
      variant: "ruled-0.06s-travel-66",
      init: "results/pretrain-soft-q-0.1-travel-0",
    })
  ),
  atPaperTemperature("runner", "0", {
    variant: "ruled-0.06s",
    init: "results/pretrain-soft-q-0.01-symmetry-continued-0",
  }),
];

/** The second rule's reward for the other algorithms, each from its own pretraining. */
export const feltMazesOfOthers = ["ddpg", "sac"].map((algorithm) =>
  run(`maze-${algorithm}-ruled-runner-0`, "maze", 30, {
    algorithm,
    variant: "ruled-0.06s",
    init: `results/pretrain-${algorithm}-symmetry-0`,
    steps: "210000",
    checkpointInterval: "15000",
    evaluationInterval: "15000",
    intermediateEpisodes: "20",
    seeds: "0..3",
  })
);
