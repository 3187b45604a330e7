/**
 * Options that all algorithms have, and what is made of them.
 *
 * @module
 */

import type { Environment } from "../../envs/environment.ts";
import type { Learner } from "../learn/learner.ts";
import type { DdpgHyper } from "../learn/ddpg/learner.ts";
import type { NoiseSet } from "./collect.ts";
import type { Training } from "./loop.ts";

/** Options of any algorithm. `README.md` says where each comes from. */
export interface LearningOptions {
  /** Widths of the hidden layers of critic and policy. */
  readonly hidden: readonly number[];
  /** Transitions in a minibatch. */
  readonly batch: number;
  /** Seed of replica 0; replica r has seed + r. */
  readonly seed: number;
  /** Seeds trained side by side. */
  readonly replicas: number;
  /** Environment steps of each replica. */
  readonly steps: number;
  /** Environments of each replica. */
  readonly environments: number;
  /** Environment steps of each replica between two exchanges with the device. */
  readonly chunk: number;
  /** Environment steps for one update. */
  readonly stepsPerUpdate: number;
  /** Transitions before learning begins. */
  readonly minimumReplay: number;
  /** Transitions kept for each replica; 0: as many as steps, at most a million. */
  readonly capacity: number;
  /** Steps after which an episode is cut off; the target then still bootstraps. */
  readonly horizon: number;
  /** Factor of the rewards. */
  readonly rewardScale: number;
  /** γ */
  readonly discount: number;
  /** Step size of the critic's ADAM at the start. */
  readonly criticRate: number;
  /** Step size of the ADAM of the sampler, or of DDPG's policy, at the start. */
  readonly samplerRate: number;
  /** Both step sizes at the end, as a share of those at the start (log-linear). */
  readonly rateEnd: number;
  /** How the target networks follow: `copy` every `targetInterval` updates, or `polyak` by `targetRate` at each. */
  readonly target: "copy" | "polyak";
  /** Updates from one copy to the next. */
  readonly targetInterval: number;
  /** τ of `polyak`. */
  readonly targetRate: number;
  /** Noise added to actions while collecting: none, or Ornstein–Uhlenbeck with {@link EXPLORATION_NOISE}. */
  readonly explorationNoise: "none" | "ornstein-uhlenbeck";
}

/** Options with which a small task is learned in minutes on a laptop. */
export const LEARNING_DEFAULTS: LearningOptions = {
  seed: 0,
  replicas: 1,
  steps: 10_000,
  environments: 1,
  chunk: 25,
  stepsPerUpdate: 1,
  minimumReplay: 100,
  capacity: 0,
  horizon: 1000,
  hidden: [128, 128],
  batch: 64,
  rewardScale: 1,
  discount: 0.99,
  criticRate: 1e-3,
  samplerRate: 1e-3,
  rateEnd: 0.1,
  target: "copy",
  targetInterval: 250,
  targetRate: 0.005,
  explorationNoise: "none",
};

/** The paper's noise for exploration (Appendix D.1). */
export const EXPLORATION_NOISE = { theta: 0.15, sigma: 0.3 } as const;

/** `from` at share 0 and `to` at share 1, a straight line in the logarithm. */
export const logLinear = (from: number, to: number, share: number): number => from * (to / from) ** share;

/** The replay's capacity: the one given, or as many as steps, at most a million. */
export const capacityOf = ({ capacity, steps }: Pick<LearningOptions, "capacity" | "steps">): number =>
  capacity === 0 ? Math.min(steps, 1e6) : capacity;

/** The numerical settings of any algorithm after `steps` environment steps. */
export function learningSettingsAt(o: LearningOptions, steps: number): DdpgHyper {
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

/** The training of a learner; its replicas' settings may differ. */
export const trainingWith = <S>(
  environment: Environment,
  learner: Learner<S>,
  o: LearningOptions,
  settingsAt: (steps: number, replica: number) => S,
  journal: boolean,
  noiseSet: NoiseSet | null = null,
): Training<S> => ({
  noiseSet,
  journal,
  environment,
  learner,
  seed: o.seed,
  replicas: o.replicas,
  environments: o.environments,
  steps: o.steps,
  chunk: o.chunk,
  stepsPerUpdate: o.stepsPerUpdate,
  minimumReplay: o.minimumReplay,
  capacity: capacityOf(o),
  horizon: o.horizon,
  explorationNoise: o.explorationNoise === "none" ? null : EXPLORATION_NOISE,
  settings: (steps) => Array.from({ length: o.replicas }, (_, r) => settingsAt(steps, r)),
});

/** The settings of all replicas as they are written to the device, by name. */
export type WrittenSettings = Readonly<Record<string, readonly number[]>>;

/** The same training with its settings in the device's form, so that trainings of all algorithms are of one type. */
export const sealed = <S>(training: Training<S>): Training<WrittenSettings> => ({
  ...training,
  learner: { ...training.learner, settings: ([written]) => written },
  settings: (steps) => [training.learner.settings(training.settings(steps))],
});
