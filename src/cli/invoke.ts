/**
 * Running a tree of commands with the arguments of a command line.
 *
 * @module
 */

import project from "../../deno.json" with { type: "json" };
import { EXIT } from "../run/exit.ts";
import type { Console } from "../terminal/console.ts";
import type { Invocation } from "./command.ts";
import { proposalsFor } from "./completion.ts";
import {
  buildApplication,
  type CommandContext,
  FlagNotFoundError,
  proposeCompletions,
  run,
  text_en,
  UnexpectedPositionalError,
} from "./deps.ts";
import { mistakeText, unreadableFlagText } from "./mistakes.ts";
import { printText } from "../terminal/result.ts";
import { misspelledRouteText, type Route, unknownRouteText } from "./routes.ts";
import { oneLine, thrownText } from "../given.ts";

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

/** A command line to run. */
export interface CommandLine {
  /** The name of the program, or of the only command. */
  readonly name: string;
  /** Builds the tree of commands, or the only one. */
  readonly target: (called: Pick<Invocation, "console" | "exit">) => Route;
  readonly words: readonly string[];
  readonly console: Console;
  /** The sentence for words of `train` with unknown flags. */
  readonly unknownFlags: (words: readonly string[]) => string;
}

/** Builds and runs an application; returns the exit code. */
export async function invoke(
  { name, target, words: given, console: console_, unknownFlags }: CommandLine,
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
          debug && error instanceof Error && error.stack ? error.stack : thrownText(error),
        noCommandRegisteredForInput: ({ input }: { readonly input: string }): string =>
          unknownRouteText(root, words, input),
        exceptionWhileParsingArguments(error: unknown, colour: boolean): string {
          const ofTrain = given[0] === "train" || name !== "softq";
          if (ofTrain && error instanceof FlagNotFoundError) return unknownFlags(words);
          const misspelled = error instanceof UnexpectedPositionalError
            ? misspelledRouteText(root, words)
            : null;
          return oneLine(
            misspelled ?? mistakeText(error, root, words) ??
              text_en.exceptionWhileParsingArguments.call(this, error, colour),
            Infinity,
          );
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
  const proposals = await proposalsFor(
    root,
    words,
    (each) => proposeCompletions(application, each, { process }),
  );
  if (proposals !== null) return printText(proposals, console_);
  const unreadable = unreadableFlagText(words);
  if (unreadable !== null) {
    console_.error(`${unreadable}\n`);
    return EXIT.wrong;
  }
  await run(application, words, { process });
  // The library's own codes are negative if the command could not be parsed.
  const code = Number(process.exitCode ?? 0);
  const ended = code < 0 ? EXIT.wrong : code > 0 ? EXIT.failed : exit;
  return ended === EXIT.done && console_.outFailed?.() ? EXIT.failed : ended;
}
