/** The rule for the swimmer's temperature and line. */
import { assert } from "../deps.ts";
import { E } from "../../src/deps.ts";
import { swimmer } from "../../experiments/swimmer.ts";
import { archivedRuns } from "../../study/archived_run.ts";
import { STUDY } from "../../study/plan.ts";
import { seedsOf } from "../../study/seeds.ts";
import {
  chosenLine,
  reachedBothWays,
  sameWay,
  swimmerSection,
  temperatureRows,
  type UndirectedSwim,
  undirectedSwims,
} from "../../study/swimmer_line.ts";

/** Ends of 100 episodes: so many forward at one distance, the others backward at another. */
const ends = (forward: number, far: number, back: number): readonly number[] =>
  Array.from({ length: 100 }, (_, k) => k < forward ? far : -back);

Deno.test("A quarter of the episodes come as far on either side, and nowhere where all go one way", () => {
  assert.equal(reachedBothWays(ends(50, 3, 2)), 2);
  assert.equal(reachedBothWays(ends(30, 1, 4)), 1);
  assert.equal(reachedBothWays(ends(20, 3, 2)), 0); // a fifth swims forward
  assert.equal(reachedBothWays(ends(100, 4.7, 0)), 0);
  assert.equal(reachedBothWays(ends(0, 0, 4.7)), 0);
  const evenly = Array.from({ length: 101 }, (_, k) => (k - 50) / 10);
  assert.equal(reachedBothWays(evenly), 2.5);
});

Deno.test("The temperature with the farthest line is chosen, by the mean over its seeds", () => {
  const swim = (
    temperature: number,
    forward: number,
    far: number,
    back: number,
    variant = "undirected",
  ): UndirectedSwim => ({
    variant,
    temperature,
    seed: 0,
    updates: 1000,
    ends: ends(100 * forward, far, back),
    forward,
    backward: Math.round(100 * (1 - forward)) / 100,
  });
  const rows = temperatureRows([
    swim(0.001, 1, 5, 0),
    swim(0.01, 0.5, 2, 2),
    swim(0.01, 0.9, 4, 4),
    swim(0.1, 0.5, 0.3, 0.3),
    swim(0.01, 0.5, 1.2, 1, "undirected-centred"),
    swim(0.03, 0.5, 3.14, 3.9),
  ]);
  assert.deepEqual(rows.map(({ variant, temperature, seeds, line }) => [variant, temperature, seeds, line]), [
    ["undirected", 0.1, 1, 0.15],
    ["undirected", 0.03, 1, 1.57],
    ["undirected", 0.01, 2, 0.5],
    ["undirected", 0.001, 1, 0],
    ["undirected-centred", 0.01, 1, 0.5],
  ]);
  assert.deepEqual(rows[2]!.forward, [0.5, 0.9]);
  assert.deepEqual(rows[2]!.backward, [0.5, 0.1]);
  assert.equal(rows[2]!.distance, 3);
  assert.deepEqual(chosenLine(rows), { variant: "undirected", temperature: 0.03, line: 1.5 });
  assert.equal(chosenLine(rows.slice(3, 4)), null);
  assert.equal(chosenLine([]), null);
});

Deno.test("Policies go the same way where all of one seed that go both ways end on one side", () => {
  const swim = (seed: number, ends: readonly number[]): UndirectedSwim => ({
    ...{ variant: "undirected", temperature: 0.1, seed, updates: 1, ends, forward: 0.5, backward: 0.5 },
  });
  const first = swim(0, [-1, -2, 3, 4]), oneWay = swim(0, [-1, -2, -3, -4]);
  assert.equal(sameWay([]), null);
  assert.equal(sameWay([first, oneWay, swim(1, [-1, -2, 3, 4])]), null);
  assert.deepEqual(sameWay([first, swim(0, [-4, 3, 2, -1]), oneWay]), { states: 4, same: 2 });
  assert.deepEqual(sameWay([first, swim(0, [-4, 3, 2, -1]), swim(0, [4, -3, 2, -1])]), {
    states: 4,
    same: 1,
  });
});

Deno.test("docs/choices.md has the swimmers that are kept, and what the rule chooses from them", async () => {
  const kept = await archivedRuns({ runs: "runs", results: "results" }, STUDY)();
  assert(E.isRight(kept));
  const seeds = seedsOf(kept.right, swimmer);
  assert(E.isRight(seeds));
  const swims = undirectedSwims(seeds.right);
  assert(temperatureRows(swims).length >= 3);
  const words = (text: string): string => text.replace(/[\s|:-]+/g, " ");
  const page = await Deno.readTextFile(new URL("../../docs/choices.md", import.meta.url));
  assert(words(page).includes(words(swimmerSection(swims))), "deno run study/choices.ts writes it");
});
