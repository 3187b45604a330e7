/**
 * The options of soft Q-learning, and the numbers that follow from them at each time.
 *
 * @module
 */

import { type Key, keyOf } from "../../random/key.ts";
import { COUNTER_MAX, type OptionRule, type OptionsOf } from "../option.ts";
import { MIXTURE_DEFAULTS, mixtureCounts } from "./proposal.ts";
import {
  LEARNING_OPTIONS,
  type LearningNumbers,
  learningNumbersAt,
  type LearningOptions,
  logLinear,
  seedsFit,
} from "../options.ts";

/** Rows of the options that soft Q-learning adds to those of all algorithms. */
export const SOFT_Q_OWN_OPTIONS = {
  valueParticles: {
    kind: "integer",
    default: 50,
    from: 1,
    description: "action samples per soft value",
    details: "K_V",
    source: "paper; codes: 16",
    affects: "program",
  },
  fixedParticles: {
    kind: "integer",
    default: 16,
    from: 2,
    description: "fixed particles, over which the Stein direction averages",
    details: "M",
    source: "codes: half of 32; paper: 32, multi-goal 100",
    affects: "program",
  },
  movedParticles: {
    kind: "integer",
    default: 16,
    from: 1,
    description: "moved particles, at which the Stein direction is evaluated",
    details: "K",
    source: "codes: half of 32; paper: 32, multi-goal 100",
    affects: "program",
  },
  samplerSteps: {
    kind: "integer",
    default: 1,
    from: 1,
    to: 1000,
    before: 1,
    description: "sampler updates per critic update",
    details: "each with fresh noise",
    source: "paper and codes",
    unit: "updates",
    affects: "program",
  },
  samplerAverage: {
    kind: "number",
    default: 0,
    from: 0,
    to: 1,
    before: 0,
    description: "rate of a moving average of the sampler's parameters; 0: none",
    details:
      "if there is one, it replaces the sampler for acting, in training, in evaluations and in saved policies: it explores " +
      "and scores more steadily. Value proposals and Stein directions still use the sampler itself",
    source: "ours; paper and codes: none",
    affects: "program",
  },
  squash: {
    kind: "choice",
    default: "pre-tanh",
    of: ["pre-tanh", "post-tanh", "bounds-penalty"],
    description: "how actions are bounded",
    details:
      "`pre-tanh`: Stein particles are u of a = tanh u, with the change of variables; the policy is then exp(Q/α). " +
      "`post-tanh`: particles are a, with Σ log(1 - a²) added to Q/α (the policy is then exp(Q/α)·Π(1 - a²)). " +
      "`bounds-penalty`: a is unbounded, and outside the box Q is replaced by a slope of 10",
    source: "ours; final code: post-tanh, first code: bounds-penalty",
    affects: "program",
  },
  bandwidth: {
    kind: "choice",
    default: "median",
    of: ["median", "paper", "decile"],
    description: "rule of the Stein kernel's bandwidth",
    details:
      "kernel exp(-‖x-y‖²/h), h for each state from the squared distances of its particles: `median` divides their lower " +
      "median by log M and has a floor of 1e-3, `paper` by 2 log(M + 1); `decile` divides their lowest decile by log M, " +
      "a distance within a mode if modes are far apart",
    source: "both codes; Appendix D.1: paper; decile: ours",
    affects: "program",
  },
  valueSamples: {
    kind: "choice",
    default: "per-state",
    of: ["per-state", "shared"],
    description: "value samples: one set per state or for all",
    details: "`shared`: one set of samples for the whole minibatch",
    source: "Algorithm 1; both codes: shared",
    affects: "program",
  },
  valueProposal: {
    kind: "choice",
    default: "uniform",
    of: ["uniform", "mixture", "sampler"],
    description: "proposal of the value samples",
    details:
      "`uniform` on [-1,1]^d; `mixture`: Gaussians around `mixtureCentres` draws of the policy, mixed with the uniform " +
      "distribution and weighted by the balance heuristic, which is unbiased for any policy in any dimension; `sampler`: " +
      "the policy itself, with its density by equation 33, for at most 8 action dimensions. Where the Jacobian's " +
      "determinant is below 1e-6, `sampler` falls back to the uniform distribution (the fraction is logged as " +
      "`proposalFallback`; a fraction s of a state's samples makes its value up to α log(1 + s) too high, because their " +
      "density under the policy is unknown). Caution: `sampler` is biased where ξ ↦ a is not one-to-one, and samplers do " +
      "fold during training: values are then up to α log 2 per fold too high, at every state. The logged " +
      "`proposalFolds` and `proposalExcess` reveal it; both are near 0 while it can be trusted",
    source: "both codes; Appendix C.2: sampler; ours: mixture",
    affects: "program",
  },
  mixtureCentres: {
    kind: "integer",
    default: MIXTURE_DEFAULTS.mixtureCentres,
    from: 1,
    before: MIXTURE_DEFAULTS.mixtureCentres,
    description: "Gaussians around draws of the policy",
    source: "ours",
    needs: { option: "valueProposal", value: "mixture" },
    affects: "program",
  },
  mixtureWidth: {
    kind: "number",
    default: MIXTURE_DEFAULTS.mixtureWidth,
    from: 0,
    before: MIXTURE_DEFAULTS.mixtureWidth,
    description: "σ before the tanh; 0: from the draws",
    details:
      "0: σ² = h/2 for each state, with h by the rule `bandwidth` from the distances between its draws",
    source: "ours; measured on the quadruped",
    needs: { option: "valueProposal", value: "mixture" },
    affects: "program",
  },
  mixtureShare: {
    kind: "number",
    default: MIXTURE_DEFAULTS.mixtureShare,
    above: 0,
    to: 1,
    before: MIXTURE_DEFAULTS.mixtureShare,
    description: "fraction of value samples from them",
    details: "rounded to whole samples; the total weight of the uniform ones is logged as `uniformWeight`",
    source: "ours",
    needs: { option: "valueProposal", value: "mixture" },
    affects: "program",
  },
  critics: {
    kind: "choice",
    default: 1,
    of: [1, 2],
    description: "number of critics; of two, the minimum is used",
    source: "paper; softlearning: 2",
    affects: "program",
  },
  temperature: {
    kind: "number",
    default: 1,
    above: 0,
    description: "α, the weight of the entropy",
    source: "ours; paper: 10 for multi-goal and 0.1 elsewhere; the codes have no α and scale rewards by 1/α",
    unit: "scaled reward",
    common: true,
    affects: "data",
  },
  temperatureEnd: {
    kind: "number",
    default: 0,
    from: 0,
    description: "α at the end of a log-linear schedule; 0: constant",
    source: "Appendix D.1: only fine-tuning has one",
    unit: "scaled reward",
    affects: "data",
  },
  temperatureSteps: {
    kind: "integer",
    default: 0,
    from: 0,
    description: "its length in steps; 0: the whole run",
    source: "Appendix D.1: 20 epochs",
    unit: "environment steps",
    needs: { option: "temperatureEnd" },
    affects: "data",
  },
  noiseSet: {
    kind: "integer",
    default: 0,
    from: 0,
    before: 0,
    description: "size of the fixed set of noises ξ that the sampler gets; 0: no set",
    details: "in updates, acting and evaluation; without a set, ξ ~ N(0, I)",
    source: "Appendix D.1: only fine-tuning has a set, of unstated size",
    affects: "program",
  },
  noiseSetSteps: {
    kind: "integer",
    default: 0,
    from: 0,
    before: 0,
    description: "environment steps over which it shrinks to one; 0: it does not shrink",
    source: "Appendix D.1: 20 epochs",
    unit: "environment steps",
    affects: "data",
  },
  noiseSeed: {
    kind: "integer",
    default: -1,
    from: -1,
    to: 9_007_199_254_740_991,
    before: -1,
    description: "seed of replica 0's noises; -1: as --seed",
    source: "ours",
    needs: { option: "noiseSet" },
    affects: "data",
  },
} as const;

/** Rows of all options of soft Q-learning. */
export const SOFT_Q_OPTIONS: typeof LEARNING_OPTIONS & typeof SOFT_Q_OWN_OPTIONS = {
  ...LEARNING_OPTIONS,
  ...SOFT_Q_OWN_OPTIONS,
};

/** Options of soft Q-learning; `docs/options.md` gives their sources. */
export type SoftQOptions = LearningOptions & OptionsOf<typeof SOFT_Q_OWN_OPTIONS>;

/** The rules between them. */
export const SOFT_Q_RULES: readonly OptionRule<SoftQOptions>[] = [
  {
    between: ["samplerSteps", "steps", "stepsPerUpdate"],
    holds: (o) => o.samplerSteps * (o.steps / o.stepsPerUpdate) <= COUNTER_MAX,
    wanted: (o, name) =>
      `must come to at most ${COUNTER_MAX} updates in ${name("steps")} (${o.steps}) by ${
        name("stepsPerUpdate")
      } ` +
      `(${o.stepsPerUpdate})`,
  },
  {
    between: ["mixtureCentres", "valueProposal", "valueParticles", "mixtureShare"],
    holds: (o) => o.valueProposal !== "mixture" || o.mixtureCentres <= mixtureCounts(o).gaussians,
    wanted: (o, name) =>
      `must not exceed the Gaussian samples, ${name("mixtureShare")} (${o.mixtureShare}) of ` +
      `${name("valueParticles")} (${o.valueParticles})`,
  },
  {
    between: ["mixtureCentres", "valueProposal", "mixtureWidth"],
    holds: (o) => o.valueProposal !== "mixture" || o.mixtureWidth > 0 || o.mixtureCentres >= 2,
    wanted: (_, name) => `must be at least 2 where ${name("mixtureWidth")} is 0`,
  },
  {
    between: ["noiseSetSteps", "noiseSet"],
    holds: (o) => o.noiseSetSteps === 0 || o.noiseSet > 0,
    wanted: (_, name) => `needs ${name("noiseSet")}, the size at the start`,
  },
  {
    between: ["noiseSeed", "replicas"],
    holds: (o) => seedsFit(o.noiseSeed, o.replicas),
    wanted: (o, name) => `must leave room below 2^53 for the seeds of ${name("replicas")} (${o.replicas})`,
  },
];

/** The numbers of one replica at one time. */
export interface SoftQNumbers extends LearningNumbers {
  /** Number of noises of the fixed set in use, if there is one. */
  readonly noiseCount?: number;
  /** The key from which the fixed set is drawn, if there is one. */
  readonly noiseKey?: Key;
  /** α */
  readonly temperature: number;
  /** The rate at which the sampler's average follows it, if there is one. */
  readonly samplerAverage?: number;
}

/** Number of noises of the fixed set in use after `steps` environment steps: from all of them to one. */
export const noiseCountAt = (o: Pick<SoftQOptions, "noiseSet" | "noiseSetSteps">, steps: number): number =>
  o.noiseSetSteps === 0
    ? o.noiseSet
    : Math.round(o.noiseSet + (1 - o.noiseSet) * Math.min(1, steps / o.noiseSetSteps));

/** Seed of the set of noises of replica 0. */
export const noiseSeedOf = ({ noiseSeed, seed }: Pick<SoftQOptions, "noiseSeed" | "seed">): number =>
  noiseSeed < 0 ? seed : noiseSeed;

/** The numbers of a replica after `steps` environment steps. */
export function softQNumbersAt(o: SoftQOptions, steps: number, replica = 0): SoftQNumbers {
  const annealed = Math.min(1, steps / (o.temperatureSteps === 0 ? o.steps : o.temperatureSteps));
  return {
    ...learningNumbersAt(o, steps),
    temperature: o.temperatureEnd === 0
      ? o.temperature
      : logLinear(o.temperature, o.temperatureEnd, annealed),
    samplerAverage: o.samplerAverage,
    noiseCount: noiseCountAt(o, steps),
    noiseKey: keyOf(noiseSeedOf(o) + replica),
  };
}
