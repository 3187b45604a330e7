/**
 * The command line of one experiment: flags to configuration, configuration to run, outcome to exit code.
 *
 * Exit codes: 0 done, 1 the run failed, 2 the command or configuration is wrong.
 *
 * @module
 */

import { E, pipe, TE } from "../deps.ts";
import { freePath } from "../train/files.ts";
import {
  configInvalid,
  type Configuration,
  expectation,
  type FieldName,
  FIELDS,
  flagOf,
  parseField,
  validate,
} from "./configuration.ts";
import {
  ArgumentParseError,
  buildApplication,
  buildCommand,
  type CommandContext,
  type FlagParametersForType,
  run,
  text_en,
} from "./deps.ts";
import type { Experiment } from "./experiment.ts";
import { progress } from "./progress.ts";
import { type RunError, type RunResult, type Surroundings, train } from "./train.ts";

/** Where the command line reads and writes. */
export interface Console {
  readonly out: (text: string) => void;
  readonly error: (text: string) => void;
  readonly isTerminal: boolean;
  readonly width: () => number;
  readonly now: () => number;
  readonly date: () => string;
}

/** The console of this process. */
export const processConsole = (): Console => {
  const encoder = new TextEncoder();
  return {
    out: (text) => void Deno.stdout.writeSync(encoder.encode(text)),
    error: (text) => void Deno.stderr.writeSync(encoder.encode(text)),
    isTerminal: Deno.stderr.isTerminal(),
    width: () => Deno.consoleSize().columns,
    now: () => performance.now() / 1000,
    date: () => new Date().toISOString(),
  };
};

/** Exit codes. */
export const EXIT = { done: 0, failed: 1, wrong: 2 } as const;

/** Texts of the flags that were given, by field; checked, but not yet parsed. */
type Flags = Readonly<Record<string, string | undefined>>;

const surroundings = ({ error, isTerminal, width, now, date }: Console): Surroundings => ({
  say: (line) => error(`${line}\n`),
  progress: (steps) => progress({ steps, write: error, isTerminal, now, width }),
  now,
  date,
});

/** The text of a value as a flag takes it. */
const flagText = (value: unknown): string => Array.isArray(value) ? value.join(",") : String(value);

/** Runs an experiment's command line and gives its exit code. */
export async function main(
  experiment: Experiment,
  inputs: readonly string[],
  console_: Console,
): Promise<number> {
  let exit: number = EXIT.done;
  const fields = Object.keys(FIELDS) as FieldName[];
  const fieldFlags = Object.fromEntries(fields.map((field) => [field, {
    kind: "parsed" as const,
    parse: (text: string): string => {
      parseField(field, text);
      return text;
    },
    brief: briefOf(experiment, field),
    optional: true as const,
  }]));
  const outFlag = {
    kind: "parsed" as const,
    parse: (text: string): string => text,
    brief: `folder of the run; must be new or empty [runs/${experiment.name}-N]`,
    placeholder: "folder",
    optional: true as const,
  };
  const command = buildCommand<Flags, [], CommandContext>({
    parameters: { flags: { ...fieldFlags, out: outFlag } as FlagParametersForType<Flags> },
    docs: {
      brief: experiment.brief,
      fullDescription:
        `${experiment.brief}\nDefaults stand in brackets. Least permissions: --allow-read and --allow-write of the run's folder.`,
    },
    func: async function (given: Flags): Promise<void> {
      const { out, ...texts } = given;
      const result = await pipe(
        TE.fromEither(configure(experiment, texts)),
        TE.chain((configuration) =>
          pipe(
            out === undefined ? freePath(`runs/${experiment.name}`) : TE.right(out),
            TE.mapLeft((error): RunError => configInvalid("out", error.message)),
            TE.chain((folder) => train(experiment, configuration, folder, surroundings(console_))),
          )
        ),
      )();
      exit = conclude(result, console_);
    },
  });
  const application = buildApplication(command, {
    name: experiment.name,
    scanner: { caseStyle: "allow-kebab-for-camel" },
    documentation: {
      caseStyle: "convert-camel-to-kebab",
      disableAnsiColor: true,
      onlyRequiredInUsageLine: true,
    },
    localization: {
      text: {
        ...text_en,
        formatException: (error) => error instanceof Error ? error.message : String(error),
        exceptionWhileParsingArguments(error, colour) {
          if (!(error instanceof ArgumentParseError)) {
            return text_en.exceptionWhileParsingArguments.call(this, error, colour);
          }
          const reason = error.exception instanceof Error ? error.exception.message : String(error.exception);
          return `${flagOf(error.externalFlagNameOrPlaceholder)} ${reason}: got "${error.input}"`;
        },
      },
    },
  });
  const process: CommandContext["process"] & { exitCode?: number | string | null } = {
    stdout: { write: console_.out },
    stderr: { write: console_.error },
  };
  await run(application, inputs, { process });
  // The library's own codes are negative where the command could not be understood.
  const code = Number(process.exitCode ?? 0);
  return code < 0 ? EXIT.wrong : code > 0 ? EXIT.failed : exit;
}

/** A flag's line in the help: what it is, what it accepts if that is a list, and its default. */
function briefOf(experiment: Experiment, field: FieldName): string {
  const wanted = field === "variant" ? `one of ${experiment.variants.join(", ")}` : expectation(field);
  const choices = wanted.startsWith("one of ") ? ` (${wanted.slice(7)})` : "";
  return `${FIELDS[field].description ?? ""}${choices} [${flagText(experiment.defaults[field])}]`;
}

/** The configuration of given flags over an experiment's defaults. */
export const configure = (experiment: Experiment, given: Flags): E.Either<RunError, Configuration> =>
  validate({
    ...experiment.defaults,
    ...Object.fromEntries(
      Object.entries(given).flatMap(([field, text]) =>
        text === undefined ? [] : [[field, parseField(field as FieldName, text)]]
      ),
    ),
  });

/** Tells how a run ended. */
function conclude(result: E.Either<RunError, RunResult>, { out, error }: Console): number {
  if (E.isLeft(result)) {
    error(`${result.left.message}\n`);
    return result.left._tag === "ConfigInvalid" ? EXIT.wrong : EXIT.failed;
  }
  const { folder, summary, files, failed } = result.right;
  out(`${JSON.stringify(summary.evaluation, null, 2)}\n`);
  for (const file of files) out(`${folder}/${file}\n`);
  for (const line of failed) error(`${line}\n`);
  return failed.length > 0 ? EXIT.failed : EXIT.done;
}
