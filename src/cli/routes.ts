/**
 * Commands and maps of commands: their usage lines, and the sentence for a word that is none of them.
 *
 * @module
 */

import { meantBy, noneNamed } from "../learn/option.ts";
import type { Command, CommandContext, RouteMap } from "./deps.ts";

/** A command, or a map of commands. */
export type Route = Command<CommandContext> | RouteMap<CommandContext>;

/** The route with other usage lines, each without the words that lead to it, in the help of its parent. */
export const withUsage = <R extends Route>(route: R, ...usage: readonly [string, ...string[]]): R => ({
  ...route,
  formatUsageLine: ({ prefix }: { readonly prefix: readonly string[] }): string =>
    usage.map((each) => [...prefix, each].join(" ")).join("\n  "),
});

/** The command that words lead to; null if they lead to none. */
export function commandAt(root: Route, words: readonly string[]): Command<CommandContext> | null {
  let at = root;
  for (const word of words) {
    const next = "getRoutingTargetForInput" in at ? at.getRoutingTargetForInput(word) : undefined;
    if (next === undefined) break;
    at = next;
  }
  return "getRoutingTargetForInput" in at ? at.getDefaultCommand() ?? null : at;
}

/** Words that are followed by something other than a command, with its name. */
const KINDS: Readonly<Record<string, string>> = { train: "experiment" };

/** The names in a map of commands that words lead to, and the word that is none of them; null if they lead to a command. */
function strayIn(
  root: Route,
  words: readonly string[],
): readonly [names: readonly string[], word: string] | null {
  let at = root;
  for (const word of words) {
    if (!("getRoutingTargetForInput" in at)) return null;
    const next = at.getRoutingTargetForInput(word);
    if (next === undefined) return [at.getAllEntries().map(({ name }) => name.original), word];
    at = next;
  }
  return null;
}

/**
 * The sentence for words too many, of which the first was taken for an argument of a map's default command but is like the
 * name of another: `sweep staus runs/alpha`. Null if none may have been meant.
 */
export function misspelledRouteText(root: Route, words: readonly string[]): string | null {
  const [names, word] = strayIn(root, words) ?? [[], ""];
  return meantBy(word, names) === undefined ? null : noneNamed("command", word, names);
}

/** The sentence for an unknown word: a suggestion, and everything that is possible there. */
export function unknownRouteText(root: Route, words: readonly string[], given: string): string {
  let at = root, kind = "command";
  for (const word of words) {
    const next = "getRoutingTargetForInput" in at ? at.getRoutingTargetForInput(word) : undefined;
    if (next === undefined) break;
    at = next;
    kind = KINDS[word] ?? kind;
  }
  return noneNamed(
    kind,
    given,
    "getAllEntries" in at ? at.getAllEntries().map(({ name }) => name.original) : [],
  );
}
