/**
 * Kinds of flags, and those that several commands share.
 *
 * @module
 */

import { TUNINGS } from "../run/tuning.ts";

/** A flag with a value, which its function parses and may refuse. */
export interface ParsedFlag<V> {
  readonly kind: "parsed";
  readonly parse: (text: string) => V;
  readonly brief: string;
  readonly placeholder: string;
  readonly optional: true;
  /** Whether only `--help-all` shows it. */
  readonly hidden?: boolean;
  readonly proposeCompletions?: (partial: string) => readonly string[];
}

/** A flag without a value: on or off, or absent if it is optional. */
export interface Switch {
  readonly kind: "boolean";
  readonly brief: string;
  readonly default?: false;
  readonly optional?: true;
  readonly withNegated?: false;
}

/** Flags by the names of their values. */
export type FlagTable = Readonly<Record<string, ParsedFlag<unknown> | Switch>>;

/** The values that a command receives for its flags. */
export type FlagValues<F extends FlagTable> = {
  readonly [K in keyof F]: F[K] extends ParsedFlag<infer V> ? V | undefined
    : F[K] extends { readonly optional: true } ? boolean | undefined
    : boolean;
};

/** A flag whose value is parsed. */
export const parsedFlag = <V>(
  brief: string,
  placeholder: string,
  parse: (text: string) => V,
  more: Pick<ParsedFlag<V>, "hidden" | "proposeCompletions"> = {},
): ParsedFlag<V> => ({ kind: "parsed", parse, brief, placeholder, optional: true, ...more });

/** The choices that begin with a partial word. */
const among = (choices: readonly string[]) => (partial: string): readonly string[] =>
  choices.filter((choice) => choice.startsWith(partial));

/** A flag whose value is any text. */
export const textFlag = (
  brief: string,
  placeholder: string,
  hidden = false,
  choices: readonly string[] = [],
): ParsedFlag<string> =>
  parsedFlag(brief, placeholder, (text) => text, { hidden, proposeCompletions: among(choices) });

/** A flag with an integer. */
export const countFlag = (
  brief: string,
  placeholder: string,
  least: number,
  most = 2 ** 53 - 1,
): ParsedFlag<number> =>
  parsedFlag(brief, placeholder, (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < least || value > most) {
      const bounded = most < 2 ** 53 - 1 || value > most;
      throw new SyntaxError(`must be an integer from ${least}${bounded ? ` to ${most}` : ""}`);
    }
    return value;
  });

/** A flag whose value is one of a few. */
export const choiceFlag = <V extends string>(
  brief: string,
  placeholder: string,
  choices: readonly V[],
  hidden = false,
): ParsedFlag<V> =>
  parsedFlag(brief, placeholder, (text) => {
    const found = choices.find((choice) => choice === text);
    if (found === undefined) throw new SyntaxError(`must be one of ${choices.join(", ")}`);
    return found;
  }, { hidden, proposeCompletions: among(choices) });

/** A flag without a value. */
export const switchFlag = (brief: string) => ({ kind: "boolean", default: false, brief } as const);

/** A flag without a value that some commands of its kind do not accept. */
export const optionalSwitch = (
  brief: string,
) => ({ kind: "boolean", optional: true, withNegated: false, brief } as const);

/** Flags for the execution of a run that do not affect its results. */
export const PROCESS_FLAGS = {
  until: countFlag("environment steps after which it stops with a checkpoint [none]", "steps", 1),
  threads: countFlag("threads of the CPU device; they change no result [one a core]", "count", 1, 64),
  tuning: choiceFlag("a GPU's tiles: first-use, measure or default; bits stay [first-use]", "when", TUNINGS),
  collectors: countFlag(
    "workers that step environments; bits stay [cores - 1 with a GPU, else 0]",
    "count",
    0,
    64,
  ),
  stopWith: choiceFlag("input: stop with a checkpoint when standard input ends", "what", ["input"], true),
};

/** `--json` and `--quiet`, for commands that start or resume a run. */
export const VERBOSITY = {
  json: { kind: "boolean", optional: true, brief: "print one JSON document and nothing else" },
  quiet: { kind: "boolean", optional: true, brief: "print errors only" },
} as const;
