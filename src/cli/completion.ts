/**
 * `softq completion SHELL`: a script that lets a shell complete words, by asking `softq complete` for proposals.
 *
 * @module
 */

import bash from "./completion/softq.bash" with { type: "text" };
import fish from "./completion/softq.fish" with { type: "text" };
import zsh from "./completion/softq.zsh" with { type: "text" };
import { fieldOf } from "../run/configuration.ts";
import { command, type Invocation, one } from "./command.ts";
import type { Command, CommandContext } from "./deps.ts";
import { printText } from "../terminal/result.ts";
import { choiceFlag } from "./flags.ts";
import { commandAt, flagsOf, namesIn, type Route, routeOf } from "./routes.ts";

/** The scripts, for a command called `softq`. */
const SCRIPTS: Readonly<Record<string, string>> = { bash, zsh, fish };

/** Names of the supported shells. */
export const SHELLS: readonly string[] = Object.keys(SCRIPTS);

/** The command that prints a script. */
export const completionCommand = (invocation: Invocation) =>
  command(invocation, {
    brief: "Print a script with which a shell completes commands and flags",
    help: "Prints a script for bash, zsh or fish, as in: source <(softq completion bash)",
    flags: {},
    takes: one({
      placeholder: "shell",
      brief: `shell: ${SHELLS.join(", ")}`,
      parse: choiceFlag("", "", SHELLS).parse,
    }),
    run: (_, shell) => Promise.resolve(printText(SCRIPTS[shell]!, invocation.console)),
  });

/** A shell's request for proposals. */
interface CompletionRequest {
  /** The words so far; the last one, which may be empty, is to be completed. */
  readonly words: readonly string[];
  /** The prefix of every proposal: `--scale=` if a flag and its value are one word. */
  readonly before: string;
}

/** The request in the words after `complete --`, if there is one. */
function requestIn([command, dashes, ...given]: readonly string[]): CompletionRequest | null {
  if (command !== "complete" || dashes !== "--") return null;
  // In bash "=" is a word by itself, followed by the possibly empty value.
  const words = [...given, ...given.at(-1) === "=" ? [""] : []].filter((word, k) =>
    word !== "=" || !given[k - 1]?.startsWith("--")
  );
  const joined = /^(--[a-zA-Z][\w-]*)=(.*)$/s.exec(words.at(-1) ?? "");
  return joined === null
    ? { words, before: "" }
    : { words: [...words.slice(0, -1), joined[1]!, joined[2]!], before: `${joined[1]}=` };
}

/** Whether to show a completion. If a folder or a file may follow, flags are proposed only after a dash. */
function isShown(command: Command<CommandContext>, partial: string, proposal: string): boolean {
  const { positional } = command.parameters;
  if (!proposal.startsWith("--") || partial.startsWith("--") && partial.length > 2) return true;
  if (partial === "" && positional !== undefined) return false;
  const flag = flagsOf(command)[fieldOf(proposal)];
  return flag === undefined || !("hidden" in flag) || flag.hidden !== true;
}

/**
 * The proposals for words that begin with `complete --`, one a line; null for other words. Where a map of commands has
 * a default command, as `sweep` has, the parser proposes that command's flags alone, and its commands are added.
 *
 * @param propose the parser's proposals
 */
export async function proposalsFor(
  root: Route,
  words: readonly string[],
  propose: (words: readonly string[]) => Promise<readonly { readonly completion: string }[]>,
): Promise<string | null> {
  const request = requestIn(words);
  if (request === null) return null;
  const partial = request.words.at(-1) ?? "", { at, depth } = routeOf(root, request.words);
  const command = commandAt(root, request.words);
  const beside = command !== at && command !== undefined && depth === request.words.length - 1
    ? namesIn(at).filter((name) => name.startsWith(partial))
    : [];
  const found = (await propose(request.words)).map(({ completion }) => completion);
  const shown = found.filter((each) => command === undefined || isShown(command, partial, each));
  return [...beside, ...shown].map((each) => `${request.before}${each}\n`).join("");
}
