/**
 * Writes the tables of `README.md` from the results in `results/`: `deno run -A bench/readme.ts`.
 *
 * @module
 */

import { type LoopResult, loopTable } from "./loop.ts";
import type { Machine } from "./measure.ts";
import { type PeerResult, peerTable } from "./peers.ts";
import { type UpdateResult, updateTable } from "./update.ts";

const README = new URL("./README.md", import.meta.url);

interface Run<A> {
  readonly date: string;
  readonly machine: Machine;
  readonly results: A;
}

/** A run's table below a line that says where it was made; a sentence where there is no run. */
async function section<A>(file: string, tableOf: (results: A) => string): Promise<string> {
  let text: string;
  try {
    text = await Deno.readTextFile(new URL(`./results/${file}`, import.meta.url));
  } catch {
    return "Not measured.";
  }
  const { date, machine, results } = JSON.parse(text) as Run<A>;
  const { processor, cores, deno, load } = machine;
  const where = `${processor}, ${cores} cores (load ${load}), Deno ${deno}, ${date.slice(0, 10)}`;
  return `${where}; \`results/${file}\`:\n\n${tableOf(results)}`;
}

/** The tables by the names of their places in the text. */
export const sections = async (): Promise<Readonly<Record<string, string>>> => ({
  peers: await section<{ rows: PeerResult[] }>("peers_cpu.json", ({ rows }) => peerTable(rows)),
  "peers on WebGPU": await section<{ rows: PeerResult[] }>(
    "peers_webgpu.json",
    ({ rows }) => peerTable(rows),
  ),
  update: await section<UpdateResult[]>("update_cpu.json", updateTable),
  loop: await section<LoopResult[]>("loop_cpu.json", loopTable),
});

/** The text with every place filled that is marked by comments of its name. */
export function filled(text: string, tables: Readonly<Record<string, string>>): string {
  return Object.entries(tables).reduce((before, [name, content]) => {
    const [start, end] = [`<!-- ${name} -->`, `<!-- end of ${name} -->`];
    const from = before.indexOf(start), to = before.indexOf(end);
    if (from < 0 || to < 0) throw new Error(`README.md has no place for "${name}"`);
    return `${before.slice(0, from + start.length)}\n\n${content}\n\n${before.slice(to)}`;
  }, text);
}

if (import.meta.main) {
  await Deno.writeTextFile(README, filled(await Deno.readTextFile(README), await sections()));
}
