/**
 * Sentences for parsing errors of the command line, which say what would be right.
 *
 * @module
 */

import { fieldExpectation, type FieldName, fieldOf, FIELDS, flagOf } from "../run/configuration.ts";
import { SHELLS } from "./completion.ts";
import { ArgumentScannerError, formatMessageForArgumentScannerError } from "./deps.ts";
import { commandAt, flagsOf, namesIn, type Route } from "./routes.ts";
import { noSuchName, shown } from "../given.ts";

/** What to give for a missing argument, by its name in the usage. */
const WANTED: Readonly<Record<string, string>> = {
  run: 'its folder, such as runs/multi-goal-1 ("softq list" shows those that there are)',
  file: "the JSON of a sweep, as docs/sweeps.md describes it",
  sweep: "its folder, such as runs/alpha, or with --nats its name",
  trial: 'the sweep\'s folder first, then its trials ("softq sweep status" names them)',
  shell: `${SHELLS.slice(0, -1).join(", ")} or ${SHELLS.at(-1)}`,
};

/** What a flag without a value should be given. */
function valueMissing(flag: string): string {
  const field = fieldOf(flag), name = flagOf(field);
  return Object.hasOwn(FIELDS, field)
    ? `${name} must be ${fieldExpectation(field as FieldName)}: got no value`
    : `${name} needs a value`;
}

/**
 * The sentence for the first word like `--flag=`, or with a line break behind the sign, which the parser would not
 * recognise as a flag; null if there is none.
 */
export function unreadableFlagText(words: readonly string[]): string | null {
  for (const word of words) {
    const [, flag, value] = /^(--[a-zA-Z][\w-]*)=([^]*)$/.exec(word) ?? [];
    if (flag === undefined || value === undefined) continue;
    if (value === "") return valueMissing(flag);
    if (/[\n\r\u2028\u2029]/.test(value)) {
      return `${flagOf(fieldOf(flag))} must be on one line where it follows "=": got ${shown(value)}`;
    }
  }
  return null;
}

/** The flags of a command that its help shows, as fields. */
const shownFlags = (root: Route, words: readonly string[]): readonly string[] =>
  Object.entries(flagsOf(commandAt(root, words)))
    .filter(([, flag]) => !("hidden" in flag) || flag.hidden !== true).map(([name]) => name);

/** The sentence for a flag that a command does not take: those that it takes, and the commands that have it. */
function unknownFlagText(root: Route, words: readonly string[], given: string): string {
  const field = fieldOf(given), names = [...shownFlags(root, words).map(flagOf), "--help"];
  const owners = namesIn(root).filter((name) => shownFlags(root, [name]).includes(field));
  const all = [...Object.hasOwn(FIELDS, field) ? ["train"] : [], ...owners].map((name) => `softq ${name}`);
  const elsewhere = all.length === 0 ? "" : `; ${all.join(", ")} ${all.length === 1 ? "has" : "have"} one`;
  return `${noSuchName("option", flagOf(field), names).replace(":", " here:")}${elsewhere}`;
}

/** The sentence for an error of the parser; null for any other error. */
export const mistakeText = (error: unknown, root: Route, words: readonly string[]): string | null =>
  error instanceof ArgumentScannerError
    ? formatMessageForArgumentScannerError(error, {
      FlagNotFoundError: ({ input }) => unknownFlagText(root, words, input),
      ArgumentParseError: ({ externalFlagNameOrPlaceholder: name, exception, input }) => {
        const what = Object.hasOwn(WANTED, name) ? `The ${name}` : flagOf(name);
        const why = exception instanceof Error ? exception.message : String(exception);
        const wanted = /^Cannot convert .* to a boolean$/s.test(why)
          ? "must be true or false, or stand alone"
          : why;
        return `${what} ${wanted}: got ${shown(input)}`;
      },
      UnsatisfiedFlagError: ({ externalFlagName }) => valueMissing(externalFlagName),
      UnexpectedFlagError: ({ externalFlagName, previousInput, input }) =>
        `${flagOf(fieldOf(externalFlagName))} stands twice: "${previousInput}" and "${input}"`,
      InvalidNegatedFlagSyntaxError: ({ externalFlagName, valueText }) =>
        `${flagOf(fieldOf(externalFlagName))} takes no value: got "${valueText}"`,
      UnexpectedPositionalError: ({ expectedCount, input }) =>
        `"${input}" is one word too many: ${
          expectedCount === 0 ? "flags begin with --" : `there may be ${expectedCount} beside flags`
        }`,
      UnsatisfiedPositionalError: ({ placeholder }) =>
        `Name a ${placeholder}: ${WANTED[placeholder] ?? "--help shows where it stands"}`,
      AliasNotFoundError: ({ input }) => `There is no option "-${input}": names of options begin with --`,
    })
    : null;
