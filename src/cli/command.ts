/**
 * A command as a value: its description, its flags and arguments, and what it does with them. The types of its
 * parameters follow from its flags.
 *
 * @module
 */

import type { Experiment } from "../run/experiment.ts";
import type { Connect } from "../sweep/place.ts";
import type { Console } from "../terminal/console.ts";
import {
  buildCommand,
  type Command,
  type CommandContext,
  type FlagParametersForType,
  type TypedCommandParameters,
  type TypedPositionalParameters,
} from "./deps.ts";
import type { FlagTable, FlagValues } from "./flags.ts";
import { withUsage } from "./routes.ts";

/** What a command may use. */
export interface Invocation {
  readonly experiments: readonly Experiment[];
  /** Connects to servers; null if a separate program is started for them. */
  readonly connect: Connect | null;
  readonly console: Console;
  /** Stores the exit code. */
  readonly exit: (code: number) => void;
}

/** An argument: its name in the usage, and what it is. */
export interface Argument {
  readonly placeholder: string;
  readonly brief: string;
  /** Parses its text; any is accepted unless given. */
  readonly parse?: (text: string) => string;
}

/** The words that a command receives, by how many arguments it takes. */
export interface Words {
  readonly none: [];
  readonly one: [string];
  readonly oneOrNone: [string?];
  readonly several: [string, ...string[]];
}

/** The arguments of a command. */
export interface Arguments<N extends keyof Words> {
  readonly count: N;
  readonly positional: TypedPositionalParameters<Words[N], CommandContext>;
}

const parameter = (argument: Argument) => ({ parse: (text: string): string => text, ...argument });

/** One argument. */
export const one = (argument: Argument): Arguments<"one"> => ({
  count: "one",
  positional: { kind: "tuple", parameters: [parameter(argument)] },
});

/** One argument or none. */
export const oneOrNone = (argument: Argument): Arguments<"oneOrNone"> => ({
  count: "oneOrNone",
  positional: { kind: "tuple", parameters: [{ ...parameter(argument), optional: true }] },
});

/** So many arguments or more. */
export const atLeast = (minimum: number, argument: Argument): Arguments<"several"> => ({
  count: "several",
  positional: { kind: "array", parameter: parameter(argument), minimum },
});

/** The folder of a run as an argument. */
export const RUN: Argument = { placeholder: "run", brief: "folder of the run" };

/** What a command is made of. */
export interface CommandParts<F extends FlagTable, N extends keyof Words> {
  /** Its sentence in the list of commands. */
  readonly brief: string;
  /** Its help; the sentence unless given. */
  readonly help?: string;
  /** Its usage lines, each without the words that lead to it; made of flags and arguments unless given. */
  readonly usage?: readonly [string, ...string[]];
  /** Its usage line in the help of the commands above it; made of flags and arguments unless given. */
  readonly listed?: string;
  readonly flags: F & FlagParametersForType<FlagValues<F>>;
  /** Its arguments; none unless given. */
  readonly takes?: Arguments<N>;
  /** What it does; its exit code. */
  readonly run: (flags: FlagValues<F>, ...words: Words[N]) => Promise<number>;
}

/** Builds a command. */
export const command = <F extends FlagTable, N extends keyof Words = "none">(
  { exit }: Invocation,
  { brief, help, usage, listed, flags, takes, run }: CommandParts<F, N>,
): Command<CommandContext> => {
  const built = buildCommand<FlagValues<F>, Words[N], CommandContext>({
    parameters: {
      flags,
      ...takes === undefined ? {} : { positional: takes.positional },
    } as TypedCommandParameters<FlagValues<F>, Words[N], CommandContext>,
    docs: {
      brief,
      ...help === undefined ? {} : { fullDescription: help },
      ...usage === undefined ? {} : { customUsage: usage },
    },
    func: async function (given, ...words): Promise<void> {
      exit(await run(given, ...words));
    },
  });
  return listed === undefined ? built : withUsage(built, listed);
};
