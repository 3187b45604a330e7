/**
 * The options of soft actor-critic, and the values that they take over time.
 *
 * @module
 */

import type { OptionsOf } from "../option.ts";
import {
  LEARNING_OPTIONS,
  type LearningNumbers,
  learningNumbersAt,
  type LearningOptions,
} from "../options.ts";

/** Rows of soft actor-critic's own options, and of those with its own defaults. */
export const SAC_OWN_OPTIONS = {
  hidden: {
    ...LEARNING_OPTIONS.hidden,
    default: [256, 256],
    source: "Table 1 of arXiv 1812.05905",
  },
  batch: { ...LEARNING_OPTIONS.batch, default: 256, source: "Table 1 of arXiv 1812.05905" },
  criticRate: {
    ...LEARNING_OPTIONS.criticRate,
    default: 3e-4,
    description: "step size of the critics",
    source: "Table 1 of arXiv 1812.05905",
  },
  samplerRate: {
    ...LEARNING_OPTIONS.samplerRate,
    default: 3e-4,
    description: "step size of the policy",
    source: "Table 1 of arXiv 1812.05905",
  },
  rateEnd: { ...LEARNING_OPTIONS.rateEnd, default: 1, source: "arXiv 1812.05905: step sizes are constant" },
  target: {
    ...LEARNING_OPTIONS.target,
    default: "polyak",
    description: "how the target networks are updated",
    source: "Table 1 of arXiv 1812.05905",
  },
  targetRate: { ...LEARNING_OPTIONS.targetRate, source: "Table 1 of arXiv 1812.05905" },
  temperatureRule: {
    kind: "choice",
    default: "automatic",
    of: ["automatic", "fixed"],
    description: "whether α is learned or fixed",
    details: "`automatic`: α is adapted to the target entropy (equation 18)",
    source: "arXiv 1812.05905; version 1: fixed, as a reward scale",
    affects: "program",
  },
  temperature: {
    kind: "number",
    default: 1,
    above: 0,
    description: "α, the weight of the entropy: the initial one, or the only one if it is fixed",
    source: "the authors' code",
    unit: "scaled reward",
    common: true,
    affects: "data",
  },
  temperatureRate: {
    kind: "number",
    default: 3e-4,
    above: 0,
    description: "step size of log α",
    source: "Table 1 of arXiv 1812.05905",
    needs: { option: "temperatureRule", value: "automatic" },
    affects: "data",
  },
  targetEntropy: {
    kind: "number",
    default: -1,
    to: 0.6931471805599453,
    description: "target entropy per action component",
    details: "at most log 2, that of the uniform distribution",
    source: "Table 1 of arXiv 1812.05905: -dim A in all",
    unit: "nats",
    needs: { option: "temperatureRule", value: "automatic" },
    affects: "data",
  },
} as const;

/** Rows of all options of soft actor-critic. */
export const SAC_OPTIONS:
  & Omit<typeof LEARNING_OPTIONS, keyof typeof SAC_OWN_OPTIONS>
  & typeof SAC_OWN_OPTIONS = {
    ...LEARNING_OPTIONS,
    ...SAC_OWN_OPTIONS,
  };

/** Options of soft actor-critic; `docs/options.md` gives their sources. */
export type SacOptions = LearningOptions & OptionsOf<typeof SAC_OWN_OPTIONS>;

/** The numbers of one replica at one time. */
export interface SacNumbers extends LearningNumbers {
  /** α if it is fixed. */
  readonly temperature: number;
  /** Step size of log α. */
  readonly temperatureRate: number;
  /** H̄ for each component of an action, in nats. */
  readonly targetEntropy: number;
}

/** The numbers after `steps` environment steps. */
export function sacNumbersAt(o: SacOptions, steps: number): SacNumbers {
  const numbers = learningNumbersAt(o, steps);
  return {
    ...numbers,
    temperature: o.temperature,
    temperatureRate: o.temperatureRate * (numbers.criticRate / o.criticRate),
    targetEntropy: o.targetEntropy,
  };
}
