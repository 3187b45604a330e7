/**
 * Running a tree of commands with the arguments of a command line.
 *
 * @module
 */

import project from "../../deno.json" with { type: "json" };
import { completingOf, isShown } from "./completion.ts";
import type { Console } from "./console.ts";
import {
  buildApplication,
  type CommandContext,
  FlagNotFoundError,
  proposeCompletions,
  run,
  text_en,
  UnexpectedPositionalError,
} from "./deps.ts";
import { EXIT } from "./exit_code.ts";
import { emptyFlagText, mistakeText } from "./mistakes.ts";
import { commandAt, misspelledRouteText, type Route, unknownRouteText } from "./routes.ts";

/** The context in which a command stores its exit code. */
export interface Invocation {
  readonly console: Console;
  readonly exit: (code: number) => void;
}

/** Maximum width of a line of help, in characters. */
const WIDTH = 110;

/** Wraps a long usage line between arguments; continuation lines are indented. */
function folded(line: string): string {
  if (line.length <= WIDTH || !/^ {2}[a-z]/.test(line)) return line;
  const lines: string[] = [""];
  for (const part of line.trimStart().match(/\[[^\]]*\](?:\.{3})?|\S+/g) ?? []) {
    const last = lines[lines.length - 1]!;
    if (last.length + 1 + part.length > WIDTH) lines.push(`      ${part}`);
    else lines[lines.length - 1] = last === "" ? `  ${part}` : `${last} ${part}`;
  }
  return lines.join("\n");
}

/**
 * Subcommands of words that are commands themselves, as in `sweep`, for which the parser proposes only that command's
 * flags.
 */
function routesBeside(root: Route, words: readonly string[]): readonly string[] {
  const [first, partial] = words;
  if (words.length !== 2 || !("getRoutingTargetForInput" in root)) return [];
  const target = root.getRoutingTargetForInput(first!);
  return target !== undefined && "getAllEntries" in target && target.getDefaultCommand() !== undefined
    ? target.getAllEntries().map(({ name }) => name.original).filter((name) => name.startsWith(partial!))
    : [];
}

/**
 * Builds and runs an application; returns the exit code.
 *
 * @param unknownFlags the sentence for words of `train` with unknown flags; the library's own unless given
 */
export async function invoke(
  name: string,
  target: (invocation: Invocation) => Route,
  given: readonly string[],
  console_: Console,
  unknownFlags: ((words: readonly string[]) => string) | null = null,
): Promise<number> {
  let exit: number = EXIT.done;
  const debug = given.includes("--debug"), words = given.filter((word) => word !== "--debug");
  const root = target({ console: { ...console_, debug }, exit: (code) => exit = code });
  const configuration = {
    name,
    versionInfo: { currentVersion: project.version },
    scanner: { caseStyle: "allow-kebab-for-camel" },
    documentation: {
      caseStyle: "convert-camel-to-kebab",
      disableAnsiColor: true,
    },
    localization: {
      text: {
        ...text_en,
        formatException: (error: unknown) =>
          error instanceof Error ? (debug && error.stack) || error.message : String(error),
        noCommandRegisteredForInput: ({ input }: { readonly input: string }): string =>
          unknownRouteText(root, words, input),
        exceptionWhileParsingArguments(error: unknown, colour: boolean): string {
          const ofTrain = unknownFlags !== null && (given[0] === "train" || name !== "softq");
          if (ofTrain && error instanceof FlagNotFoundError) return unknownFlags(words);
          const misspelled = error instanceof UnexpectedPositionalError
            ? misspelledRouteText(root, words)
            : null;
          return misspelled ?? mistakeText(error) ??
            text_en.exceptionWhileParsingArguments.call(this, error, colour);
        },
      },
    },
  } as const;
  const application = "getRoutingTargetForInput" in root
    ? buildApplication(root, configuration)
    : buildApplication(root, configuration);
  const process: CommandContext["process"] & { exitCode?: number | string | null } = {
    stdout: { write: (text: string) => console_.out(text.split("\n").map(folded).join("\n")) },
    stderr: { write: console_.error },
  };
  const completing = completingOf(words);
  if (completing !== null) {
    const { words: partial, before } = completing;
    const found = (await proposeCompletions(application, partial, { process })).map(({ completion }) =>
      completion
    )
      .filter((each) => isShown(commandAt(root, partial), partial.at(-1) ?? "", each));
    const all = [...routesBeside(root, partial), ...found];
    console_.out(all.map((each) => `${before}${each}\n`).join(""));
    return EXIT.done;
  }
  const empty = emptyFlagText(words);
  if (empty !== null) {
    console_.error(`${empty}\n`);
    return EXIT.wrong;
  }
  await run(application, words, { process });
  // The library's own codes are negative if the command could not be parsed.
  const code = Number(process.exitCode ?? 0);
  const ended = code < 0 ? EXIT.wrong : code > 0 ? EXIT.failed : exit;
  return ended === EXIT.done && console_.outFailed?.() ? EXIT.failed : ended;
}
