/**
 * The plan's swimmers.
 *
 * @module
 */

import { POLICY, run, STEADY_DDPG } from "./settings.ts";

const STEADY_SWIMMER = { critics: "2", target: "polyak", criticRate: "0.0003" };

/** The swimmer's first number of steps, half of the current preset's, and the reward scale of most of those runs. */
const HALF = { steps: "500000" }, HUNDRED = { ...HALF, rewardScale: "100" };

/** A nearer finish line. */
const NEARER = { variant: "finish-line-1.5m" };

/** Five times as many updates per step as the first swimmers. */
const DENSE = { stepsPerUpdate: "2" };

/**
 * Swimmers: first with the target copied every 500 updates and the public code's reward scale; then with more frequent
 * copies and its other reward scale, with a steady critic, with a nearer line, with more updates; then with the first
 * scale again and twice the steps, as in the current preset.
 */
export const swimmers = [
  run("swimmer-ddpg-0", "swimmer", 5, { algorithm: "ddpg", ...HALF, seeds: "0..2", targetInterval: "500" }),
  run("swimmer-soft-q-0", "swimmer", 25, { ...HALF, seeds: "0..2", targetInterval: "500" }),
  ...[0, 3].flatMap((first) => {
    const seeds = `${first}..${first + 2}`;
    return [
      run(`swimmer-soft-q-copy-100-${first}`, "swimmer", 25, { ...HUNDRED, seeds }),
      run(`swimmer-ddpg-copy-100-${first}`, "swimmer", 5, { algorithm: "ddpg", ...HALF, seeds }),
    ];
  }),
  run("swimmer-soft-q-steady-0", "swimmer", 12, { ...STEADY_SWIMMER, ...HUNDRED, seeds: "0..2" }),
  run("swimmer-soft-q-line-1.5-0", "swimmer", 7, { ...HUNDRED, ...NEARER, seeds: "0..2" }),
  run("swimmer-ddpg-line-1.5-0", "swimmer", 3, { algorithm: "ddpg", ...HALF, ...NEARER, seeds: "0..2" }),
  run("swimmer-soft-q-steady-dense-0", "swimmer", 50, {
    ...STEADY_SWIMMER,
    ...HUNDRED,
    ...DENSE,
    seeds: "0..2",
  }),
  run("swimmer-soft-q-30-steady-dense-0", "swimmer", 50, {
    ...STEADY_SWIMMER,
    ...HALF,
    ...DENSE,
    seeds: "0..2",
  }),
  run("swimmer-ddpg-steady-dense-0", "swimmer", 10, { ...STEADY_DDPG, ...HALF, ...DENSE, seeds: "0..2" }),
  run("swimmer-soft-q-30-copy-100-0", "swimmer", 7, { ...HALF, seeds: "0..2" }),
  run("swimmer-soft-q-30-line-1.5-0", "swimmer", 7, { ...HALF, ...NEARER, seeds: "0..2" }),
  run("swimmer-soft-q-30-million-0", "swimmer", 14, { seeds: "0..2" }),
  run("swimmer-ddpg-million-0", "swimmer", 5, { algorithm: "ddpg", seeds: "0..2" }),
  ...[0, 3].flatMap((first) => {
    const seeds = `${first}..${first + 2}`, keeps = first === 0 ? POLICY : [];
    return [
      run(`swimmer-soft-q-30-million-line-1.5-${first}`, "swimmer", 14, { ...NEARER, seeds }, keeps),
      run(`swimmer-ddpg-million-line-1.5-${first}`, "swimmer", 5, { algorithm: "ddpg", ...NEARER, seeds }),
    ];
  }),
  // Soft actor-critic, which users compare with; a process a seed.
  ...["0", "1", "2"].map((seed) =>
    run(`swimmer-sac-${seed}`, "swimmer", 4, {
      algorithm: "sac",
      seeds: `${seed}..${seed}`,
      checkpointInterval: "0",
    })
  ),
];

/** Evaluations by which a temperature is judged, after 300 000 updates. */
const UNDIRECTED = {
  steps: "305000",
  minimumReplay: "5000",
  evaluationInterval: "25000",
  evaluationEpisodes: "100",
  intermediateEpisodes: "20",
  logInterval: "12500",
  checkpointInterval: "0",
};

/**
 * Swimmers without a line at several temperatures, from which the line and the temperature are chosen: as rllab's
 * observes itself, and from its centre.
 */
export const undirectedSwimmers = [
  ...["0.03", "0.01", "0.003", "0.001"].map((temperature) => ["", temperature] as const),
  ...["0.03", "0.01"].map((temperature) => ["-centred", temperature] as const),
].map(([observed, temperature]) =>
  run(`swimmer-soft-q-undirected${observed}-${temperature}-0`, "swimmer", 18, {
    variant: `undirected-0.2s-net${observed}`,
    symmetry: "body",
    temperature,
    ...UNDIRECTED,
  }, observed === "-centred" && temperature === "0.01" ? POLICY : [])
);

/** DDPG's swimmer without a line. */
export const undirectedDeterministicSwimmer = run("swimmer-ddpg-undirected-centred-0", "swimmer", 8, {
  algorithm: "ddpg",
  variant: "undirected-0.2s-net-centred",
  symmetry: "body",
  ...UNDIRECTED,
}, POLICY);

/**
 * Swimmers with the line of the rule (docs/choices.md), from the policies that swim both ways without one; six seeds a
 * process.
 */
export const ruledSwimmers = [
  ["soft-q", "results/swimmer-soft-q-undirected-centred-0.01-0"],
  ["ddpg", "results/swimmer-ddpg-undirected-centred-0"],
].map(([algorithm, init]) =>
  run(`swimmer-${algorithm}-ruled-0`, "swimmer", 25, {
    algorithm: algorithm!,
    variant: "ruled-0.2s-net-centred",
    symmetry: "body",
    init: init!,
    steps: "65000",
    minimumReplay: "5000",
    evaluationInterval: "2500",
    evaluationEpisodes: "100",
    intermediateEpisodes: "20",
    logInterval: "2500",
    checkpointInterval: "20000",
    seeds: "0..5",
  })
);
