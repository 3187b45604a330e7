/**
 * The playground's options as data: their preset, and the corresponding training and command line.
 *
 * Law, tested: with one temperature and the task's own goals, the page's training has the bits of the command's run.
 *
 * @module
 */

import {
  ARENA_HALF_WIDTH,
  type Goal,
  GOALS,
  POINT_MASS_VARIANTS,
  pointMass,
  type PointMassVariant,
} from "../../envs/point_mass.ts";
import { E } from "../../src/deps.ts";
import type { Configured } from "../../src/learn/algorithm.ts";
import { ALGORITHM_NAMES, algorithmNamed } from "../../src/learn/algorithms.ts";
import type { WrittenSettings } from "../../src/learn/learner.ts";
import type { Normalisation } from "../../src/learn/network.ts";
import { rowOf } from "../../src/learn/option.ts";
import type { SacOptions } from "../../src/learn/sac/options.ts";
import type { SoftQOptions } from "../../src/learn/soft_q/options.ts";
import { interfaceMetadata } from "../../src/train/initial_parameters.ts";
import type { Training } from "../../src/train/loop.ts";
import { trainingOf as trainingWith } from "../../src/train/training.ts";

/** The name of an algorithm, as on the command line. */
export type Algorithm = string;

/** The names of the algorithms that the page trains: all of them. */
export const ALGORITHMS: readonly Algorithm[] = ALGORITHM_NAMES;

/** An algorithm's title, for the beginning of a line. */
export function titleOf(algorithm: Algorithm): string {
  const title = algorithmNamed(algorithm)?.title ?? algorithm;
  return title.charAt(0).toUpperCase() + title.slice(1);
}

/** Ways of keeping actions within their bounds. */
export const SQUASHES = ["pre-tanh", "post-tanh", "bounds-penalty"] as const;

/** Proposal distributions of the soft value's samples. */
export const PROPOSALS = ["uniform", "mixture", "sampler"] as const;

/** Rules of the Stein kernel's bandwidth. */
export const BANDWIDTHS = ["median", "paper", "decile"] as const;

/** A temperature, and the environment step from which it applies. */
export interface Temperature {
  /** The first step with this temperature. */
  readonly from: number;
  /** α, in units of the task's own reward. */
  readonly value: number;
}

/** Options of the task and the algorithm. */
export interface PlayOptions {
  /** Seed of all randomness. */
  readonly seed: number;
  /** The task's variant. */
  readonly variant: PointMassVariant;
  /** Goal positions. */
  readonly goals: readonly Goal[];
  /** The temperatures in the order of their steps, the first from step 0. */
  readonly temperatures: readonly Temperature[];
  /** See `SoftQ.squash`. */
  readonly squash: typeof SQUASHES[number];
  /** See `SoftQ.valueProposal`. */
  readonly proposal: typeof PROPOSALS[number];
  /** See `SoftQ.bandwidth`. */
  readonly bandwidth: typeof BANDWIDTHS[number];
  /** Widths of the hidden layers of all networks. */
  readonly hidden: readonly number[];
  /** Normalisation before the ReLU. */
  readonly normalisation: Normalisation;
}

/** The preset: four goals in a few seconds of WebAssembly on one core. */
export const PLAY_DEFAULTS: PlayOptions = {
  seed: 0,
  variant: "final-code",
  goals: GOALS,
  temperatures: [{ from: 0, value: 10 }],
  squash: "pre-tanh",
  proposal: "uniform",
  bandwidth: "median",
  hidden: [64, 64],
  normalisation: "none",
};

/** Bounds of the values in a page's address. */
export const LIMITS = {
  temperature: [0.5, 50],
  goals: [1, 8],
  width: [8, 256],
  layers: [1, 4],
  steps: [0, 200_000],
  arena: ARENA_HALF_WIDTH,
} as const;

/** Reward scale: the study's. */
export const REWARD_SCALE = 0.1;

/** Time limit of an episode, steps. */
export const HORIZON = 30;

/** One update per step, so that learning can be followed; the command line's default chunk is 25. */
const COMMON = {
  chunk: 1,
  steps: LIMITS.steps[1],
  capacity: 20_000,
  horizon: HORIZON,
  rewardScale: REWARD_SCALE,
  rateEnd: 1,
  // The experiment's settings, which for some algorithms differ from their defaults.
  batch: 64,
  criticRate: 1e-3,
  samplerRate: 1e-3,
} as const;

/** Soft Q-learning's numbers of particles. */
const PARTICLES = { valueParticles: 32, fixedParticles: 16, movedParticles: 16 } as const;

/** The temperature of the update after `steps` environment steps. */
export const temperatureAt = (temperatures: readonly Temperature[], steps: number): number =>
  (temperatures.findLast(({ from }) => from < steps) ?? temperatures[0]!).value;

/** The temperature schedule with a new temperature from a step on; later changes are dropped. */
export const changedTemperature = (
  temperatures: readonly Temperature[],
  from: number,
  value: number,
): readonly Temperature[] => [...temperatures.filter((each) => each.from < from), { from, value }];

/** The learner's options; an algorithm uses those that it has. */
const changesOf = (o: PlayOptions): Partial<SoftQOptions & SacOptions> => ({
  ...COMMON,
  ...PARTICLES,
  seed: o.seed,
  hidden: o.hidden,
  normalisation: o.normalisation,
  squash: o.squash,
  valueProposal: o.proposal,
  bandwidth: o.bandwidth,
  temperature: o.temperatures[0]!.value * REWARD_SCALE,
  // Soft actor-critic would tune its temperature automatically; here it uses the selected one, as soft Q-learning does.
  temperatureRule: "fixed",
});

/** An algorithm with the options of the page. */
function algorithmOf(o: PlayOptions, name: Algorithm): Configured {
  const known = algorithmNamed(name);
  if (known === undefined) throw new RangeError(`Unknown algorithm: ${name}`);
  const { options, defaults, configured } = known;
  const own = Object.entries(changesOf(o)).filter(([option]) => rowOf(options, option) !== undefined);
  const made = configured({ ...defaults, ...Object.fromEntries(own) });
  if (E.isLeft(made)) throw new Error(`The page's options are wrong: ${made.left.map(({ field }) => field)}`);
  return made.right;
}

/** Whether an algorithm has a temperature. */
export const hasTemperature = (o: PlayOptions, name: Algorithm): boolean =>
  algorithmOf(o, name).temperature !== null;

/** The task. */
export const taskOf = (o: PlayOptions) => pointMass({ variant: o.variant, goals: o.goals });

/**
 * The training of an algorithm.
 *
 * @param temperatures the temperature schedule; by default the options' own
 */
export function trainingOf(
  o: PlayOptions,
  algorithm: Algorithm,
  temperatures: () => readonly Temperature[] = () => o.temperatures,
): Training<WrittenSettings> {
  // Recorded runs compute diagnostics; their journal serves checkpoints, which the page does not write.
  const training = { ...trainingWith(taskOf(o), algorithmOf(o, algorithm), true), journal: false };
  return {
    ...training,
    settings: (steps) =>
      training.settings(steps).map((each) => ({
        ...each,
        ...each["temperature"] === undefined
          ? {}
          : { temperature: [temperatureAt(temperatures(), steps) * REWARD_SCALE] },
      })),
  };
}

/** The metadata of a policy file. */
export const metadataOf = (o: PlayOptions, algorithm: Algorithm): Record<string, string> => ({
  ...algorithmOf(o, algorithm).metadata,
  ...interfaceMetadata(taskOf(o).spec),
});

/** The equivalent command; null if there is none. */
export function commandOf(o: PlayOptions, algorithm: Algorithm, steps: number): string | null {
  if (o.temperatures.length > 1 || JSON.stringify(o.goals) !== JSON.stringify(GOALS) || steps === 0) {
    return null;
  }
  const flags: readonly (readonly [string, string | number])[] = [
    ["algorithm", algorithm],
    ["device", "cpu"],
    ["seed", o.seed],
    ["variant", o.variant],
    ["steps", steps],
    ["chunk", COMMON.chunk],
    ["capacity", COMMON.capacity],
    ["hidden", o.hidden.join(",")],
    ...o.normalisation === "none" ? [] : [["normalisation", o.normalisation] as const],
    ["rateEnd", COMMON.rateEnd],
    ["temperature", o.temperatures[0]!.value * REWARD_SCALE],
    ["temperatureRule", "fixed"],
    ["valueParticles", PARTICLES.valueParticles],
    ["squash", o.squash],
    ["valueProposal", o.proposal],
    ["bandwidth", o.bandwidth],
  ];
  const { options } = algorithmOf(o, algorithm).algorithm, ofRun = ["algorithm", "device", "variant"];
  const own = flags.filter(([name]) => ofRun.includes(name) || rowOf(options, name) !== undefined);
  const written = own.map(([name, value]) =>
    `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} ${value}`
  );
  return `deno task softq train multi-goal ${written.join(" ")}`;
}

/** Whether a string is the name of a variant of the task. */
export const isVariant = (text: string): text is PointMassVariant =>
  (POINT_MASS_VARIANTS as readonly string[]).includes(text);
