/**
 * The options of DDPG.
 *
 * @module
 */

import { LEARNING_OPTIONS, type LearningOptions } from "../options.ts";

/** Rows of the options with DDPG's own defaults or descriptions. */
export const DDPG_OWN_OPTIONS = {
  samplerRate: {
    ...LEARNING_OPTIONS.samplerRate,
    description: "step size of the policy",
    source: "as soft Q-learning's; paper: 1e-4",
  },
  explorationNoise: {
    ...LEARNING_OPTIONS.explorationNoise,
    default: "ornstein-uhlenbeck",
    source: "Appendix D.1: a deterministic policy explores only by noise",
  },
} as const;

/** Rows of all options of DDPG. */
export const DDPG_OPTIONS:
  & Omit<typeof LEARNING_OPTIONS, keyof typeof DDPG_OWN_OPTIONS>
  & typeof DDPG_OWN_OPTIONS = {
    ...LEARNING_OPTIONS,
    ...DDPG_OWN_OPTIONS,
  };

/** Options of DDPG; `docs/options.md` gives their sources. */
export type DdpgOptions = LearningOptions;
