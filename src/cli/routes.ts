/**
 * Commands and maps of commands: their usage lines, and the message for a word that names none of them.
 *
 * @module
 */

import { closestName, noSuchName } from "../learn/option.ts";
import type { Command, CommandContext, RouteMap } from "./deps.ts";
import type { FlagTable } from "./flags.ts";

/** A command, or a map of commands. */
export type Route = Command<CommandContext> | RouteMap<CommandContext>;

/** The route with other usage lines, each without the words that lead to it, in the help of its parent. */
export const withUsage = <R extends Route>(route: R, ...usage: readonly [string, ...string[]]): R => ({
  ...route,
  formatUsageLine: ({ prefix }: { readonly prefix: readonly string[] }): string =>
    usage.map((each) => [...prefix, each].join(" ")).join("\n  "),
});

/** How far words lead: to a route, by so many of them. */
export function routeOf(
  root: Route,
  words: readonly string[],
): { readonly at: Route; readonly depth: number } {
  let at = root, depth = 0;
  for (const word of words) {
    const next = "getRoutingTargetForInput" in at ? at.getRoutingTargetForInput(word) : undefined;
    if (next === undefined) break;
    at = next;
    depth++;
  }
  return { at, depth };
}

/** The command to which words lead; a map's default one, if it has one. */
export function commandAt(root: Route, words: readonly string[]): Command<CommandContext> | undefined {
  const { at } = routeOf(root, words);
  return "getRoutingTargetForInput" in at ? at.getDefaultCommand() : at;
}

/** The flags of a command. */
export const flagsOf = (command: Command<CommandContext> | undefined): FlagTable =>
  (command?.parameters.flags ?? {}) as FlagTable;

/** The names in a map of commands; a command has none. */
export const namesIn = (route: Route): readonly string[] =>
  "getAllEntries" in route ? route.getAllEntries().map(({ name }) => name.original) : [];

/** Words that are followed by something other than a command, with its name. */
const KINDS: Readonly<Record<string, string>> = { train: "experiment" };

/**
 * The sentence for words too many, of which the first was taken for an argument of a map's default command but is like
 * the name of another: `sweep staus runs/alpha`. Null if none may have been meant.
 */
export function misspelledRouteText(root: Route, words: readonly string[]): string | null {
  const { at, depth } = routeOf(root, words), names = namesIn(at), word = words[depth];
  return word === undefined || closestName(word, names) === undefined
    ? null
    : noSuchName("command", word, names);
}

/** The sentence for an unknown word: a suggestion, and everything that is possible there. */
export function unknownRouteText(root: Route, words: readonly string[], given: string): string {
  const { at, depth } = routeOf(root, words);
  const kind = words.slice(0, depth).reduce((named, word) => KINDS[word] ?? named, "command");
  return noSuchName(kind, given, namesIn(at));
}
