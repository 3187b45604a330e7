/**
 * The list of algorithms. Another one is a line here; nothing else knows an algorithm by name.
 *
 * @module
 */

import { E } from "../deps.ts";
import type { Algorithm, Configured } from "./algorithm.ts";
import { DDPG } from "./ddpg/algorithm.ts";
import {
  type Breach,
  isPlain,
  type OptionsInvalid,
  optionsInvalid,
  optionsWithoutEffect,
  type OptionTable,
  rowOf,
  shown,
  unknownName,
} from "./option.ts";
import type { LearningOptions } from "./options.ts";
import { SAC } from "./sac/algorithm.ts";
import { SOFT_Q } from "./soft_q/algorithm.ts";
import { namesIn } from "../given.ts";

/** The algorithms; the first one is the default. */
export const ALGORITHMS = [SOFT_Q, DDPG, SAC] as const;

/** The intersection of the members of a union. */
export type Intersection<U> = (U extends unknown ? (u: U) => void : never) extends (i: infer I) => void ? I
  : never;

/** The options of all algorithms together: each belongs to at least one. */
export type AnyOptions = Intersection<(typeof ALGORITHMS)[number]["defaults"]>;

/** The names of the algorithms. */
export const ALGORITHM_NAMES: readonly string[] = ALGORITHMS.map(({ name }) => name);

/** The names of the options of all algorithms. */
export const OPTION_NAMES: readonly string[] = [
  ...new Set(ALGORITHMS.flatMap(({ options }) => Object.keys(options))),
];

/** The algorithm with a name. */
export const algorithmNamed = (name: string): Algorithm | undefined =>
  ALGORITHMS.find((each) => each.name === name);

/** The algorithms that have an option. */
export const algorithmsWith = (option: string): readonly Algorithm[] =>
  ALGORITHMS.filter(({ options }) => rowOf(options, option) !== undefined);

/**
 * Names that are not options of an algorithm: another's, or unknown.
 *
 * @param more rows in addition to the algorithm's
 */
export const unknownNames = (
  { name: own, options }: Algorithm,
  given: Readonly<Record<string, unknown>>,
  more: OptionTable = {},
): readonly Breach[] =>
  namesIn(given).filter((name) => (rowOf(options, name) ?? rowOf(more, name)) === undefined).sort().map(
    (name) => {
      const owners = algorithmsWith(name).map((each) => each.name);
      return owners.length === 0 ? unknownName(name, OPTION_NAMES, Object.keys(more)) : {
        field: name,
        sentence: (called) => `${called(name)} belongs to ${owners.join(", ")}: ${own} has no use for it`,
      };
    },
  );

/**
 * An algorithm with the given options instead of its defaults, or everything that is wrong with them.
 *
 * @param given an object of options; anything else is rejected with a sentence
 */
export const configured = <O extends LearningOptions>(
  algorithm: Algorithm<O>,
  given: unknown,
): E.Either<OptionsInvalid, Configured<O>> => {
  if (!isPlain(given)) {
    return E.left(optionsInvalid([{
      field: "options",
      sentence: () => `The options must be a plain object: got ${shown(given)}`,
    }]));
  }
  const complete = { ...algorithm.defaults, ...given };
  const unknown = unknownNames(algorithm, { ...given }), result = algorithm.configured(complete);
  const idle = optionsWithoutEffect(algorithm.options, { ...given }, complete);
  return E.isLeft(result) || unknown.length + idle.length > 0
    ? E.left(optionsInvalid([...unknown, ...E.isLeft(result) ? result.left : [], ...idle]))
    : result;
};
