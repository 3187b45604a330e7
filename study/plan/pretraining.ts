/**
 * The plan's pretraining runs.
 *
 * @module
 */

import type { PlannedRun } from "../planned_run.ts";
import { FIRST, LONG, MANY_STATES, POLICY, run, SHORT, STEADY, STEADY_DDPG } from "./settings.ts";

/**
 * Pretraining: first as planned; then remedies because that missed its criterion: other temperatures (the authors'
 * later Ant has reward scale 300, equivalent to α = 0.003), a survival reward, two critics, a slower critic, more
 * steps, minibatches of more states.
 */
export const pretrained = [
  run("pretrain-soft-q-0", "pretrain", 28, { ...FIRST, ...SHORT, seeds: "0..1" }, POLICY),
  run("pretrain-ddpg-0", "pretrain", 2, { algorithm: "ddpg", ...SHORT }, POLICY),
  ...["1", "0.01", "10"].map((temperature) =>
    run(`pretrain-soft-q-${temperature}-0`, "pretrain", 12, { ...FIRST, ...SHORT, temperature })
  ),
  run("pretrain-soft-q-0.003-survival-two-critics-0", "pretrain", 15, {
    ...FIRST,
    ...SHORT,
    temperature: "0.003",
    variant: "speed-survival",
    critics: "2",
  }),
  run("pretrain-soft-q-0.01-survival-0", "pretrain", 12, {
    ...FIRST,
    ...SHORT,
    temperature: "0.01",
    variant: "speed-survival",
  }),
  run("pretrain-soft-q-0.01-two-critics-0", "pretrain", 15, {
    ...FIRST,
    ...SHORT,
    temperature: "0.01",
    critics: "2",
  }),
  run("pretrain-soft-q-0.03-steady-0", "pretrain", 15, { ...STEADY, ...SHORT }, POLICY),
  run("pretrain-soft-q-0.03-steady-continued-0", "pretrain", 15, {
    ...STEADY,
    ...SHORT,
    init: "results/pretrain-soft-q-0.03-steady-0",
  }, POLICY),
  run("pretrain-soft-q-0.1-steady-0", "pretrain", 25, { ...STEADY, ...LONG, temperature: "0.1" }),
  run("pretrain-soft-q-0.1-steady-1", "pretrain", 25, {
    ...STEADY,
    ...LONG,
    temperature: "0.1",
    seeds: "1..1",
  }),
  run("pretrain-soft-q-0.3-steady-0", "pretrain", 25, { ...STEADY, ...LONG, temperature: "0.3" }),
  run("pretrain-soft-q-0.1-steady-discount-0.95-0", "pretrain", 15, {
    ...STEADY,
    ...SHORT,
    temperature: "0.1",
    discount: "0.95",
  }),
  run("pretrain-ddpg-steady-0", "pretrain", 6, { ...STEADY_DDPG, ...LONG }, POLICY),
  // Soft actor-critic, which users compare with; a process a seed.
  ...["0", "1", "2"].map((seed) =>
    run(`pretrain-sac-${seed}`, "pretrain", 6, {
      algorithm: "sac",
      ...LONG,
      seeds: `${seed}..${seed}`,
      batch: "64",
    })
  ),
  run("pretrain-soft-q-0.01-steady-0", "pretrain", 15, { ...STEADY, ...SHORT, temperature: "0.01" }),
  run("pretrain-soft-q-0.03-steady-many-states-0", "pretrain", 15, { ...STEADY, ...SHORT, ...MANY_STATES }),
];

/** The preset of the longer control interval, with minibatches under the body's symmetry. */
export const SYMMETRIC = {
  variant: "speed-0.06s-net",
  symmetry: "body",
  evaluationEpisodes: "100",
  intermediateEpisodes: "20",
};

/** That preset's settings of learning, for rllab's control interval. */
export const RLLAB_LEARNING = {
  stepsPerUpdate: "1",
  hidden: "64,64",
  batch: "128",
  valueProposal: "mixture",
  mixtureCentres: "4",
  valueParticles: "8",
  fixedParticles: "8",
  movedParticles: "8",
  bandwidth: "decile",
};

/**
 * Pretraining of one seed at the paper's temperature, continued at a lower one, at last with an averaged sampler, and
 * ended at the paper's temperature again: 10⁶ updates in four runs.
 */
const annealedSeed = (seed: string) => {
  const seeds: PlannedRun["flags"] = seed === "0" ? {} : { seeds: `${seed}..${seed}` };
  return [
    run(`pretrain-soft-q-0.1-symmetry-${seed}`, "pretrain", 80, {
      ...SYMMETRIC,
      ...seeds,
      temperature: "0.1",
      bandwidth: "median",
      steps: "457500",
      evaluationInterval: "25000",
      checkpointInterval: "10000",
    }, POLICY),
    run(`pretrain-soft-q-0.01-symmetry-${seed}`, "pretrain", 50, {
      ...SYMMETRIC,
      ...seeds,
      temperature: "0.01",
      init: `results/pretrain-soft-q-0.1-symmetry-${seed}`,
      logInterval: "10000",
      checkpointInterval: "20000",
    }, POLICY),
    run(`pretrain-soft-q-0.01-symmetry-continued-${seed}`, "pretrain", 30, {
      ...SYMMETRIC,
      ...seeds,
      temperature: "0.01",
      samplerAverage: "0.005",
      steps: "200000",
      init: `results/pretrain-soft-q-0.01-symmetry-${seed}`,
      logInterval: "10000",
      checkpointInterval: "20000",
    }, POLICY),
    run(`pretrain-soft-q-0.1-symmetry-ended-${seed}`, "pretrain", 10, {
      ...SYMMETRIC,
      ...seeds,
      temperature: "0.1",
      samplerAverage: "0.005",
      steps: "80500",
      init: `results/pretrain-soft-q-0.01-symmetry-continued-${seed}`,
      logInterval: "10000",
      checkpointInterval: "20000",
    }),
  ];
};

/** Settings of the runs at the paper's temperature that learn from recent transitions. */
const RECENT: PlannedRun["flags"] = {
  ...SYMMETRIC,
  temperature: "0.1",
  samplerAverage: "0.005",
  capacity: "50000",
  evaluationInterval: "20000",
  checkpointInterval: "20000",
};

/**
 * Pretraining of one seed at the paper's temperature throughout, from recent transitions: first without the symmetry,
 * under which a body learns to run more slowly, then with it, so that it runs in all directions; before that the runner
 * fills the replay, so that there are good transitions to turn.
 */
const recentSeed = (seed: string) => {
  const recent = { ...RECENT, ...seed === "0" ? {} : { seeds: `${seed}..${seed}` } };
  const name = "pretrain-soft-q-0.1-recent";
  return [
    run(`${name}-${seed}`, "pretrain", 18, { ...recent, symmetry: "none", steps: "180000" }, POLICY),
    run(`${name}-continued-${seed}`, "pretrain", 25, {
      ...recent,
      symmetry: "none",
      steps: "250000",
      init: `results/${name}-${seed}`,
    }, POLICY),
    run(`${name}-symmetry-${seed}`, "pretrain", 30, {
      ...recent,
      capacity: "200000",
      minimumReplay: "50000",
      steps: "300000",
      init: `results/${name}-continued-${seed}`,
    }, POLICY),
    // One seed alone to 10⁶: by then the frame of travel had been found, which leaves the gait as it is.
    ...seed !== "0" ? [] : [
      run(`${name}-symmetry-continued-0`, "pretrain", 40, {
        ...recent,
        steps: "348500",
        init: `results/${name}-symmetry-0`,
      }),
    ],
  ];
};

/**
 * A recent seed's runner, which runs mostly one way, in the frame of its travel, where it runs in four directions. 10⁶
 * updates at the paper's temperature throughout, and a few at rllab's interval.
 */
const travellingSeed = (seed: string, heading: number) => {
  const travelling: PlannedRun["flags"] = {
    ...RECENT,
    ...seed === "0" ? {} : { seeds: `${seed}..${seed}` },
    variant: `speed-0.06s-net-travel-${heading}`,
    symmetry: "none",
  };
  const name = "pretrain-soft-q-0.1-travel";
  return [
    run(`${name}-${seed}`, "pretrain", 30, {
      ...travelling,
      steps: "250000",
      init: `results/pretrain-soft-q-0.1-recent-continued-${seed}`,
    }, POLICY),
    run(`${name}-continued-${seed}`, "pretrain", 40, {
      ...travelling,
      steps: "358000",
      init: `results/${name}-${seed}`,
    }, POLICY),
    // Then also with a new action in every one of rllab's steps, and the paper's reward.
    run(`${name}-rllab-${seed}`, "pretrain", 10, {
      ...travelling,
      ...RLLAB_LEARNING,
      variant: `speed-0.02s-travel-${heading}`,
      capacity: "0",
      steps: "70000",
      init: `results/${name}-continued-${seed}`,
      evaluationInterval: "10000",
    }),
  ];
};

/**
 * Pretraining at the longer interval: at the paper's temperature, where bodies run fast and turn often, and continued
 * at lower ones, at last also at rllab's interval.
 */
export const pretrainedAtLongInterval = [
  ...annealedSeed("0"),
  run("pretrain-soft-q-0.03-symmetry-0", "pretrain", 50, {
    ...SYMMETRIC,
    temperature: "0.03",
    init: "results/pretrain-soft-q-0.1-symmetry-0",
    logInterval: "10000",
    checkpointInterval: "20000",
  }),
  ...annealedSeed("1"),
  run("pretrain-soft-q-0.03-symmetry-average-1", "pretrain", 60, {
    ...SYMMETRIC,
    temperature: "0.03",
    samplerAverage: "0.005",
    steps: "400000",
    logInterval: "10000",
    checkpointInterval: "20000",
    seeds: "1..1",
  }),
  ...recentSeed("0"),
  ...recentSeed("1"),
  ...travellingSeed("0", 66),
  ...travellingSeed("1", 281),
  // With a new action in every one of rllab's steps.
  run("pretrain-soft-q-0.01-rllab-continued-0", "pretrain", 10, {
    variant: "speed",
    symmetry: "body",
    temperature: "0.01",
    samplerAverage: "0.005",
    init: "results/pretrain-soft-q-0.01-symmetry-continued-0",
    steps: "70000",
    ...RLLAB_LEARNING,
    evaluationInterval: "10000",
    evaluationEpisodes: "100",
    intermediateEpisodes: "20",
    logInterval: "10000",
    checkpointInterval: "20000",
  }),
  // The other algorithms as long, each with its own exploration.
  ...["ddpg", "sac"].map((algorithm) =>
    run(`pretrain-${algorithm}-symmetry-0`, "pretrain", 12, {
      ...SYMMETRIC,
      algorithm,
      logInterval: "10000",
      checkpointInterval: "20000",
    }, POLICY)
  ),
];
