/**
 * The seeds of a study's runs, and the settings that they were run in, beside the paper's.
 *
 * @module
 */

import { algorithmNamed, ALGORITHMS } from "../src/learn/algorithms.ts";
import { SOFT_Q } from "../src/learn/soft_q/algorithm.ts";
import type { Configuration } from "../src/run/configuration.ts";
import type { Algorithm } from "../src/run/experiment.ts";
import type { JsonObject } from "../src/run/json.ts";
import type { Outcome } from "./runner.ts";
import { EXPERIMENTS } from "../experiments/all.ts";

/** The run that another one started from, or nothing. */
export const initOf = (c: JsonObject): string => String(c.init ?? "");

/** Groups by a text, in the order in which the texts appear. */
export function grouped<A>(items: readonly A[], by: (item: A) => string): readonly (readonly A[])[] {
  const groups = new Map<string, A[]>();
  for (const item of items) groups.set(by(item), [...groups.get(by(item)) ?? [], item]);
  return [...groups.values()];
}

/** One seed of one run. */
export interface Seed {
  readonly outcome: Outcome;
  readonly configuration: JsonObject;
  /** Its part of `summary.json`. */
  readonly evaluation: JsonObject;
  /** Its `overall`, or nothing. */
  readonly overall: JsonObject;
  /** Whether it stopped being finite, alone or with all others of its run: it has no numbers that count. */
  readonly failed: boolean;
}

/** All seeds of the runs of an experiment, failed ones among them. */
export const seedsOf = (outcomes: readonly Outcome[], experiment: string): readonly Seed[] =>
  outcomes.filter(({ configuration }) => configuration.experiment === experiment).flatMap((outcome) =>
    (outcome.summary.evaluation as readonly JsonObject[]).map((evaluation) => ({
      outcome,
      configuration: outcome.configuration,
      evaluation,
      overall: (evaluation.overall ?? {}) as JsonObject,
      failed: evaluation.failed !== undefined || evaluation.frozenAt !== undefined,
    }))
  );

/** What learned, in words. */
export const algorithmOf = ({ algorithm }: JsonObject): string =>
  (algorithmNamed(String(algorithm)) ?? ALGORITHMS[0]).title;

/** Whether what learned is the paper's own algorithm. */
export const isSoftQ = ({ algorithm }: JsonObject): boolean => algorithm === SOFT_Q.name;

/** Seeds that have numbers. */
export const finite = (seeds: readonly Seed[]): readonly Seed[] => seeds.filter(({ failed }) => !failed);

/** How many seeds there are, and how many of them failed. */
export function countOf(seeds: readonly Seed[]): string {
  const failed = seeds.length - finite(seeds).length;
  return `${seeds.length} seed${seeds.length === 1 ? "" : "s"}${
    failed === 0 ? "" : `, of which ${failed} failed`
  }`;
}

/** Numbers of a configuration in which runs may differ from the paper, with the words around them. */
const COMPARED: readonly (readonly [field: keyof Configuration, before: string, after: string])[] = [
  ["hidden", "layers of ", ""],
  ["stepsPerUpdate", "environment steps an update: ", ""],
  ["minimumReplay", "", " transitions before learning"],
  ["temperature", "α = ", ""],
  ["rewardScale", "reward scale ", ""],
  ["discount", "γ = ", ""],
  ["critics", "critics: ", ""],
  ["valueParticles", "K_V = ", ""],
  ["movedParticles", "K = ", ""],
  ["fixedParticles", "M = ", ""],
  ["batch", "", " states a minibatch"],
  ["horizon", "episodes of at most ", " steps"],
  ["criticRate", "critic's rate ", ""],
  ["samplerRate", "sampler's or policy's rate ", ""],
  ["explorationNoise", "exploration noise: ", ""],
];

/** How a target follows, in words. */
const followsOf = (c: JsonObject): string =>
  c.target === "polyak" ? `follows by ${c.targetRate}` : `copied every ${c.targetInterval} updates`;

/** Steps of a configuration, and its sizes and rates where the paper's, in brackets, are others. */
function sizesOf(c: JsonObject): readonly string[] {
  const experiment = EXPERIMENTS.find(({ name }) => name === c.experiment)!;
  const paper = experiment.preset(c.algorithm as Algorithm, "paper") as unknown as JsonObject;
  const beside = (ours: unknown, theirs: unknown): string =>
    String(ours) === String(theirs) ? String(ours) : `${ours} (${theirs})`;
  const { options } = algorithmNamed(String(c.algorithm)) ?? ALGORITHMS[0];
  return [
    `${algorithmOf(c)}, ${c.scale ?? "study"}: ${beside(c.steps, paper.steps)} steps`,
    ...COMPARED.filter(([field]) =>
      Object.hasOwn(options, field) && String(c[field]) !== String(paper[field])
    )
      .map(([field, before, after]) => `${before}${beside(c[field], paper[field])}${after}`),
    `target ${beside(followsOf(c), followsOf(paper))}`,
  ];
}

/** What runs were, in words: with the updates that they made. */
export function settingOf(seeds: readonly Seed[]): string {
  const { configuration, outcome } = finite(seeds)[0] ?? seeds[0];
  const [scale, ...sizes] = sizesOf(configuration);
  return [scale, `${outcome.summary.updates} updates`, ...sizes].join("; ");
}

/** Seeds of one version of the task and one setting, in the order in which they appear. */
export const bySetting = (seeds: readonly Seed[]): readonly (readonly Seed[])[] =>
  grouped(seeds, ({ configuration: c }) => [c.variant, initOf(c), ...sizesOf(c)].join());
