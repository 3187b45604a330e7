/**
 * Commands and maps of commands: their usage lines, and the sentence for a word that is none of them.
 *
 * @module
 */

import { noneNamed } from "../learn/option.ts";
import type { Command, CommandContext, RouteMap } from "./deps.ts";

/** A command, or a map of commands. */
export type Route = Command<CommandContext> | RouteMap<CommandContext>;

/** The same route with other usage lines in the help of the map above it, each without the words that lead to the route. */
export const withUsage = <R extends Route>(route: R, ...usage: readonly [string, ...string[]]): R => ({
  ...route,
  formatUsageLine: ({ prefix }: { readonly prefix: readonly string[] }): string =>
    usage.map((each) => [...prefix, each].join(" ")).join("\n  "),
});

/** The command that words lead to; null where they lead to none yet. */
export function commandAt(root: Route, words: readonly string[]): Command<CommandContext> | null {
  let at = root;
  for (const word of words) {
    const next = "getRoutingTargetForInput" in at ? at.getRoutingTargetForInput(word) : undefined;
    if (next === undefined) break;
    at = next;
  }
  return "getRoutingTargetForInput" in at ? at.getDefaultCommand() ?? null : at;
}

/** Words that are followed by something other than a command, and what that is. */
const KINDS: Readonly<Record<string, string>> = { train: "experiment" };

/** The sentence for a word that leads nowhere: what may have been meant, and all that may stand there. */
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
