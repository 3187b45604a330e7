/** Runs of the peers that were measured one by one, joined into one table. */
import { assert } from "../deps.ts";
import { joined, type PeersRun } from "../../bench/peers/join.ts";

const KEPT: PeersRun = JSON.parse(
  Deno.readTextFileSync(new URL("../../bench/results/peers_python.json", import.meta.url)),
);

/** The kept table as it was measured: a run for each work. */
const PARTS = KEPT.results.rows.map((row, k): PeersRun => ({
  ...KEPT,
  date: k === 0 ? KEPT.date : "2026-11-28T01:00:00.000Z",
  machine: { ...KEPT.machine, load: k === 1 ? KEPT.machine.load : 0.5 },
  results: { ...KEPT.results, rows: [row] },
}));

Deno.test("Parts that were measured one by one are joined into the stored table", () => {
  assert(PARTS.length >= 3);
  assert.deepEqual(joined(PARTS), KEPT);
});

Deno.test("Parts that do not belong in one table are not joined", () => {
  const [first, second] = PARTS as [PeersRun, PeersRun];
  const name = Object.keys(KEPT.results.descriptions)[1]!;
  const refused: readonly (readonly [RegExp, readonly PeersRun[]])[] = [
    [/nothing to join/, []],
    [/is in two parts/, [first, second, first]],
    [/one machine.*64 cores/, [first, { ...second, machine: { ...second.machine, cores: 64 } }]],
    [/another subject/, [first, { ...second, subject: "peers, webgpu" }]],
    [/another release/, [first, {
      ...second,
      results: { ...second.results, descriptions: { [name]: "another release" } },
    }]],
  ];
  for (const [why, parts] of refused) assert.throws(() => joined(parts), why);
});
