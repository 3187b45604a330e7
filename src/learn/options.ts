/**
 * The options of all algorithms, the rules between them, and the quantities derived from them.
 *
 * @module
 */

import type { OptionRule, OptionsOf } from "./option.ts";

/** Rows of the options of all algorithms; an algorithm's table may change their defaults. */
export const LEARNING_OPTIONS = {
  seed: {
    kind: "integer",
    default: 0,
    from: 0,
    to: 9_007_199_254_740_991,
    description: "seed of replica 0; replica r has seed + r",
    source: "ours",
    common: true,
    affects: "loop",
  },
  replicas: {
    kind: "integer",
    default: 1,
    from: 1,
    description: "seeds trained side by side in one program",
    source: "ours",
    common: true,
    affects: "program",
  },
  steps: {
    kind: "integer",
    default: 10_000,
    from: 1,
    description: "environment steps of each replica",
    source: "ours; paper: 100 epochs of 10000",
    unit: "environment steps",
    common: true,
    affects: "loop",
  },
  environments: {
    kind: "integer",
    default: 1,
    from: 1,
    description: "environments of each replica",
    source: "paper",
    common: true,
    affects: "loop",
  },
  chunk: {
    kind: "integer",
    default: 25,
    from: 1,
    description: "environment steps between two exchanges with the device",
    details: "the policy that acts is one to two chunks old",
    source: "ours",
    unit: "environment steps",
    affects: "loop",
  },
  stepsPerUpdate: {
    kind: "integer",
    default: 1,
    from: 1,
    description: "environment steps per update",
    source: "paper and codes",
    unit: "environment steps",
    affects: "loop",
  },
  minimumReplay: {
    kind: "integer",
    default: 100,
    from: 1,
    description: "transitions before learning begins",
    source: "codes; paper: 10000",
    unit: "transitions",
    affects: "loop",
  },
  capacity: {
    kind: "integer",
    default: 0,
    from: 0,
    description: "capacity of the replay, transitions; 0: as many as steps, at most a million",
    source: "paper and codes: a million",
    unit: "transitions",
    affects: "program",
  },
  horizon: {
    kind: "integer",
    default: 0,
    from: 0,
    description: "steps after which an episode is truncated; 0: the environment's own limit",
    details: "the target still bootstraps there",
    source: "ours; multi-goal 30 (codes; paper: 20)",
    unit: "environment steps",
    affects: "loop",
  },
  symmetry: {
    kind: "choice",
    default: "none",
    of: ["none", "body"],
    before: "none",
    description: "symmetry transformation of a minibatch's transitions",
    details: "body: each transition is transformed by a random symmetry of the environment",
    source: "ours",
    affects: "program",
  },
  hidden: {
    kind: "integers",
    default: [128, 128],
    most: 64, // so that a program of the deepest networks is compiled within half a second
    description: "widths of the hidden layers, as in 128,128",
    details: "ReLU",
    source: "final code; paper: 200,200",
    common: true,
    affects: "program",
  },
  normalisation: {
    kind: "choice",
    default: "none",
    of: ["none", "layer"],
    before: "none",
    description: "normalisation of hidden layers, before their activation",
    details:
      "`layer`: before their ReLU the sums of each hidden layer are shifted and scaled to mean 0 and variance 1 over its " +
      "units (layer normalisation), in all networks, without gain and bias of its own: those of the layers are enough",
    source: "paper and codes: none; layer: Ba, Kiros, Hinton, arXiv 1607.06450",
    affects: "program",
  },
  batch: {
    kind: "integer",
    default: 64,
    from: 1,
    description: "transitions in a minibatch",
    source: "paper and codes",
    unit: "transitions",
    common: true,
    affects: "program",
  },
  rewardScale: {
    kind: "number",
    default: 1,
    above: 0,
    description: "factor by which rewards are multiplied",
    source: "ours; multi-goal 0.1 (both codes; with α = 1 the same as the paper's α = 10)",
    common: true,
    affects: "data",
  },
  discount: {
    kind: "number",
    default: 0.99,
    from: 0,
    to: 1,
    description: "γ",
    source: "both codes; the paper does not say",
    unit: "parts a step",
    affects: "data",
  },
  criticRate: {
    kind: "number",
    default: 1e-3,
    above: 0,
    description: "step size of the critic",
    source: "paper; final code: 3e-4",
    affects: "data",
  },
  samplerRate: {
    kind: "number",
    default: 1e-3,
    above: 0,
    description: "step size of the sampler, or of the policy",
    source: "first code; paper: 1e-4, final code: 3e-4",
    affects: "data",
  },
  rateEnd: {
    kind: "number",
    default: 0.1,
    above: 0,
    description: "final step sizes as a fraction of the initial ones (log-linear schedule)",
    details: "1: constant",
    source: "ours; paper and codes: 1",
    affects: "data",
  },
  target: {
    kind: "choice",
    default: "copy",
    of: ["copy", "polyak"],
    description: "how the target network is updated",
    details: "`copy` every `targetInterval` updates, or `polyak`: each update moves it by `targetRate`",
    source: "paper; softlearning: polyak",
    affects: "data",
  },
  targetInterval: {
    kind: "integer",
    default: 250,
    from: 1,
    description: "updates between two copies of the target",
    source: "ours; paper and codes: 1000",
    unit: "updates",
    needs: { option: "target", value: "copy" },
    affects: "data",
  },
  targetRate: {
    kind: "number",
    default: 0.005,
    above: 0,
    to: 1,
    description: "τ, the rate of Polyak averaging",
    source: "softlearning",
    unit: "parts an update",
    needs: { option: "target", value: "polyak" },
    affects: "data",
  },
  explorationNoise: {
    kind: "choice",
    default: "none",
    of: ["none", "ornstein-uhlenbeck"],
    description: "exploration noise added to actions (θ 0.15, σ 0.3)",
    details: "`ornstein-uhlenbeck`: x ← x - 0.15 x + 0.3 N(0,1) per step, in units of the action",
    source: "both codes; Appendix D.1: Ornstein–Uhlenbeck",
    affects: "loop",
  },
} as const;

/** Options of any algorithm; `docs/options.md` gives their sources. */
export type LearningOptions = OptionsOf<typeof LEARNING_OPTIONS>;

/** The replay's capacity: the one given, or as many as steps, at most a million. */
export const capacityOf = ({ capacity, steps }: Pick<LearningOptions, "capacity" | "steps">): number =>
  capacity === 0 ? Math.min(steps, 1e6) : capacity;

/** Whether the seeds of all replicas are exact integers. */
export const seedsFit = (seed: number, replicas: number): boolean =>
  seed <= Number.MAX_SAFE_INTEGER - (replicas - 1);

const multiple = (
  of: "environments" | "stepsPerUpdate" | "chunk",
  field: "chunk" | "steps",
): OptionRule<LearningOptions> => ({
  between: [field, of],
  holds: (o) => o[field] % o[of] === 0,
  wanted: (o, name) => `must be a multiple of ${name(of)} (${o[of]})`,
});

/** The rules between the options of all algorithms. */
export const LEARNING_RULES: readonly OptionRule<LearningOptions>[] = [
  multiple("environments", "chunk"),
  multiple("stepsPerUpdate", "chunk"),
  multiple("chunk", "steps"),
  {
    between: ["seed", "replicas"],
    holds: (o) => seedsFit(o.seed, o.replicas),
    wanted: (o, name) => `must leave room below 2^53 for the seeds of ${name("replicas")} (${o.replicas})`,
  },
  {
    between: ["minimumReplay", "steps"],
    holds: (o) => o.minimumReplay <= o.steps,
    wanted: (o, name) => `must not exceed ${name("steps")} (${o.steps})`,
  },
  {
    between: ["capacity", "minimumReplay", "steps"],
    holds: (o) => capacityOf(o) >= Math.min(o.minimumReplay, o.steps),
    wanted: (o, name) => `must hold at least ${name("minimumReplay")} (${o.minimumReplay}) transitions`,
  },
];

/** The numbers of any algorithm, for one replica at one time. */
export interface LearningNumbers {
  /** Factor by which rewards are multiplied; 1/α of the authors' code, which has no α. */
  readonly rewardScale: number;
  /** γ */
  readonly discount: number;
  /** Step size of the critic's ADAM. */
  readonly criticRate: number;
  /** Step size of the ADAM of the sampler, or of the policy. */
  readonly samplerRate: number;
  /** Updates from one target update to the next: n for a copy every n updates, 1 for a Polyak average. */
  readonly targetInterval: number;
  /** τ, the fraction by which the target then moves: 1 for a copy, less for a Polyak average. */
  readonly targetRate: number;
}

/** Log-linear interpolation: `from` at share 0 and `to` at share 1. */
export const logLinear = (from: number, to: number, share: number): number => from * (to / from) ** share;

/** The numbers of any algorithm after `steps` environment steps. */
export function learningNumbersAt(o: LearningOptions, steps: number): LearningNumbers {
  const decay = logLinear(1, o.rateEnd, Math.min(1, steps / o.steps));
  return {
    rewardScale: o.rewardScale,
    discount: o.discount,
    criticRate: o.criticRate * decay,
    samplerRate: o.samplerRate * decay,
    targetInterval: o.target === "copy" ? o.targetInterval : 1,
    targetRate: o.target === "copy" ? 1 : o.targetRate,
  };
}
