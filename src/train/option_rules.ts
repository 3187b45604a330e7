/**
 * What must hold for the options of a training: each alone, and between them.
 *
 * @module
 */

import { capacityOf, type LearningOptions } from "./options.ts";

/** A rule that options break. */
export interface BrokenRule {
  /** The option that is wrong. */
  readonly field: string;
  /** What would be right, with other options named by `name`. */
  readonly wanted: (name: (field: string) => string) => string;
}

/** Options that a training cannot be made from. */
export interface OptionsInvalid {
  /** The tag. */
  readonly _tag: "OptionsInvalid";
  /** The option that is wrong. */
  readonly field: string;
  /** The option, its value and what would be right. */
  readonly message: string;
}

/** Numbers that are checked where they are given: integers from a least one, or real numbers in a range. */
const COUNTS: Readonly<Record<string, number>> = {
  seed: 0,
  replicas: 1,
  steps: 1,
  environments: 1,
  chunk: 1,
  stepsPerUpdate: 1,
  minimumReplay: 1,
  capacity: 0,
  horizon: 1,
  batch: 1,
  valueParticles: 1,
  fixedParticles: 2,
  movedParticles: 1,
  temperatureSteps: 0,
  targetInterval: 1,
};
const POSITIVE: readonly string[] = [
  "temperature",
  "rewardScale",
  "criticRate",
  "samplerRate",
  "rateEnd",
  "targetRate",
];

const rule = (field: string, wanted: BrokenRule["wanted"]): BrokenRule => ({ field, wanted });

/** The first rule that options break, or null. */
export function brokenRule(o: LearningOptions): BrokenRule | null {
  for (const [field, value] of Object.entries(o) as [string, unknown][]) {
    const least = COUNTS[field];
    if (least !== undefined && !(Number.isSafeInteger(value) && (value as number) >= least)) {
      return rule(field, () => `must be an integer from ${least}`);
    }
    if (POSITIVE.includes(field) && !(Number.isFinite(value) && (value as number) > 0)) {
      return rule(field, () => "must be a number above 0");
    }
  }
  if (!(o.discount >= 0 && o.discount <= 1)) return rule("discount", () => "must be a number from 0 to 1");
  if (!(o.targetRate <= 1)) return rule("targetRate", () => "must be at most 1");
  if (o.hidden.length === 0 || !o.hidden.every((width) => Number.isSafeInteger(width) && width >= 1)) {
    return rule("hidden", () => "must be positive integers");
  }
  return brokenRelation(o);
}

/** The first rule between options that they break, or null. */
export function brokenRelation(o: LearningOptions): BrokenRule | null {
  const multiple = (of: "environments" | "stepsPerUpdate" | "chunk"): BrokenRule["wanted"] => (name) =>
    `must be a multiple of ${name(of)} (${o[of]})`;
  if (o.chunk % o.environments !== 0) return rule("chunk", multiple("environments"));
  if (o.chunk % o.stepsPerUpdate !== 0) return rule("chunk", multiple("stepsPerUpdate"));
  if (o.steps % o.chunk !== 0) return rule("steps", multiple("chunk"));
  if (o.seed + o.replicas > 2 ** 53) return rule("seed", () => "must leave room for the replicas' seeds");
  if (o.minimumReplay > o.steps) {
    return rule("minimumReplay", (name) => `must not exceed ${name("steps")} (${o.steps})`);
  }
  if (capacityOf(o) < o.minimumReplay) {
    return rule(
      "capacity",
      (name) => `must hold at least ${name("minimumReplay")} (${o.minimumReplay}) transitions`,
    );
  }
  return null;
}

/** The options, unless they break a rule. */
export function optionsError(o: LearningOptions): OptionsInvalid | null {
  const broken = brokenRule(o);
  if (broken === null) return null;
  const { field, wanted } = broken;
  const given = (o as unknown as Readonly<Record<string, unknown>>)[field];
  return {
    _tag: "OptionsInvalid",
    field,
    message: `${field} ${wanted((name) => name)}: got ${String(given)}`,
  };
}
