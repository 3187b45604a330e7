/**
 * Joins what several calls of `peers.ts` wrote, each with a different `--only`, because PyTorch and JAX take minutes to
 * compile and all works together take too long for an idle machine:
 *
 *     deno run -A bench/peers/join.ts --json FILE PART.json PART.json …
 *
 * @module
 */

import { parseArgs } from "node:util";
import type { Machine } from "../measure.ts";
import type { PeerResult } from "../peers.ts";

/** The file that a call of `peers.ts` writes. */
export interface PeersRun {
  readonly subject: string;
  readonly date: string;
  readonly machine: Machine;
  readonly results: {
    /** Each library's description of itself. */
    readonly descriptions: Readonly<Record<string, string>>;
    readonly rows: readonly PeerResult[];
  };
}

/**
 * The rows of all parts in order, with the latest date and the highest load.
 *
 * @throws Error if the parts have another machine, another subject, another release of a library, or a work twice
 */
export function joined(parts: readonly PeersRun[]): PeersRun {
  const [first] = parts;
  if (first === undefined) throw new Error("There is nothing to join");
  const descriptions: Record<string, string> = {}, works = new Set<string>();
  for (const { subject, machine: { processor, cores, deno }, results } of parts) {
    const { machine } = first;
    if (processor !== machine.processor || cores !== machine.cores || deno !== machine.deno) {
      throw new Error(
        `Only what one machine measured can be joined: ${processor}, ${cores} cores, Deno ${deno}, beside ` +
          `${machine.processor}, ${machine.cores} cores, Deno ${machine.deno}`,
      );
    }
    if (subject !== first.subject) throw new Error(`"${subject}" is another subject than "${first.subject}"`);
    for (const [name, what] of Object.entries(results.descriptions)) {
      if ((descriptions[name] ??= what) !== what) {
        throw new Error(`"${name}" is ${descriptions[name]} in one part and ${what} in another`);
      }
    }
    for (const { work } of results.rows) {
      if (works.has(work)) throw new Error(`"${work}" is in two parts`);
      works.add(work);
    }
  }
  return {
    subject: first.subject,
    date: parts.map(({ date }) => date).sort().at(-1)!,
    machine: { ...first.machine, load: Math.max(...parts.map(({ machine }) => machine.load)) },
    results: { descriptions, rows: parts.flatMap(({ results }) => results.rows) },
  };
}

if (import.meta.main) {
  const { values: { json }, positionals } = parseArgs({
    args: Deno.args,
    options: { json: { type: "string" } },
    allowPositionals: true,
  });
  if (json === undefined) throw new Error("--json FILE says where to write");
  const parts = positionals.map((file) => JSON.parse(Deno.readTextFileSync(file)) as PeersRun);
  Deno.writeTextFileSync(json, `${JSON.stringify(joined(parts), null, 2)}\n`);
}
