/**
 * Flags and arguments shared by several commands.
 *
 * @module
 */

import { E } from "../deps.ts";
import type { RunContext } from "../run/context.ts";
import { openDevice } from "../run/devices.ts";
import { TUNINGS } from "../run/tuning.ts";
import { type ConfigInvalid, configInvalid, type Configuration } from "../run/configuration.ts";

/** A flag whose text is validated when parsed. */
export const textFlag = (
  brief: string,
  placeholder: string,
  check: (text: string) => void = () => {},
  hidden = false,
  choices: readonly string[] = [],
) => ({
  kind: "parsed" as const,
  parse: (text: string): string => {
    check(text);
    return text;
  },
  brief,
  placeholder,
  hidden,
  optional: true as const,
  proposeCompletions: (partial: string): readonly string[] =>
    choices.filter((choice) => choice.startsWith(partial)),
});

/** A flag with an integer. */
export const countFlag = (brief: string, placeholder: string, least: number, most = 2 ** 53 - 1) => ({
  kind: "parsed" as const,
  parse: (text: string): number => {
    const value = Number(text);
    if (!/^\d{1,16}$/.test(text) || value < least || value > most) {
      throw new SyntaxError(`must be an integer from ${least}${most < 2 ** 53 - 1 ? ` to ${most}` : ""}`);
    }
    return value;
  },
  brief,
  placeholder,
  optional: true as const,
});

/** A flag without a value. */
export const switchFlag = (brief: string) => ({ kind: "boolean" as const, default: false, brief });

/** A flag without a value that some commands of its kind do not accept. */
export const optionalSwitch = (brief: string) => ({
  kind: "boolean" as const,
  optional: true as const,
  withNegated: false as const,
  brief,
});

/** Flags for the execution of a run that do not affect its results. */
export const PROCESS_FLAGS = {
  until: textFlag(
    "environment steps after which it stops with a checkpoint [none]",
    "steps",
    (text) => void whole(text),
  ),
  threads: textFlag(
    "threads of the CPU device; they change no result [one a core]",
    "count",
    (text) => void whole(text, 64),
  ),
  tuning: textFlag(
    "a GPU's tiles: first-use, measure or default; bits stay [first-use]",
    "when",
    (text) => void tuningOf(text),
    false,
    TUNINGS,
  ),
  collectors: textFlag(
    "workers that step environments; bits stay [cores - 1 with a GPU, else 0]",
    "count",
    (text) => {
      if (text !== "0") whole(text, 64);
    },
  ),
  stopWith: textFlag(
    "input: stop with a checkpoint when standard input ends",
    "what",
    (text) => {
      if (text !== "input") throw new SyntaxError("must be input");
    },
    true,
  ),
};

/** The values of {@link PROCESS_FLAGS}. */
export interface ProcessFlags {
  readonly until?: string | undefined;
  readonly threads?: string | undefined;
  readonly tuning?: string | undefined;
  readonly collectors?: string | undefined;
  readonly stopWith?: string | undefined;
}

/** A function that returns whether standard input has ended. */
function inputEnds(): () => boolean {
  let ended = false;
  const drain = async (): Promise<void> => {
    for await (const _ of Deno.stdin.readable) { /* only its end counts */ }
  };
  drain().catch(() => {}).finally(() => ended = true);
  return () => ended;
}

/** Parses a positive integer. */
function whole(text: string, most = 2 ** 53 - 1): number {
  const value = Number(text);
  if (/^\d{1,16}$/.test(text) && value >= 1 && value <= most) return value;
  throw new SyntaxError(`must be an integer from 1${most < 2 ** 53 - 1 ? ` to ${most}` : ""}`);
}

/** Parses when tiles are measured. */
function tuningOf(text: string): typeof TUNINGS[number] {
  const found = TUNINGS.find((name) => name === text);
  if (found === undefined) throw new SyntaxError(`must be one of ${TUNINGS.join(", ")}`);
  return found;
}

/** A run's context according to {@link PROCESS_FLAGS}. */
export function processContext(
  { until, threads, tuning, collectors, stopWith }: ProcessFlags,
  context: RunContext,
): RunContext {
  const inputEnded = stopWith === undefined ? () => false : inputEnds();
  return {
    ...context,
    interrupted: () => context.interrupted() || inputEnded(),
    ...until === undefined ? {} : { until: whole(until) },
    ...tuning === undefined ? {} : { tuning: tuningOf(tuning) },
    ...collectors === undefined ? {} : { collectors: Number(collectors) },
    ...threads === undefined || context.openDevice !== undefined
      ? {}
      : { openDevice: (name, _, tuning) => openDevice(name, whole(threads), tuning) },
  };
}

/** The folder of a run as an argument. */
export const runArgument = {
  parse: (text: string): string => text,
  brief: "folder of the run",
  placeholder: "run",
};

/** Parses `--seeds A..B` as the first seed and the number of seeds. */
export function seedsOf(text: string): E.Either<ConfigInvalid, Pick<Configuration, "seed" | "replicas">> {
  const found = /^(\d{1,15})\.\.(\d{1,15})$/.exec(text);
  const first = Number(found?.[1]), last = Number(found?.[2]);
  return found !== null && first <= last
    ? E.right({ seed: first, replicas: last - first + 1 })
    : E.left(configInvalid("seeds", `--seeds must be A..B with A at most B, as in 0..9: got "${text}"`));
}

/** `--json` and `--quiet`, for commands that start or resume a run. */
export const VERBOSITY = {
  json: {
    kind: "boolean" as const,
    optional: true as const,
    brief: "print one JSON document and nothing else",
  },
  quiet: { kind: "boolean" as const, optional: true as const, brief: "print errors only" },
};
