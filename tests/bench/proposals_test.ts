/** The bench of value samples: what it has stored, and the page that says it. */
import { assert } from "../deps.ts";
import { type ProposalsResult, proposalsTable, RUNS } from "../../bench/proposals.ts";

const read = (path: string): string => Deno.readTextFileSync(new URL(`../../${path}`, import.meta.url));

const FOUND: readonly ProposalsResult[] = JSON.parse(read("bench/results/proposals.json")).results;

const of = ({ rows }: ProposalsResult, proposal: string, samples: number) =>
  rows.find((row) => row.proposal === proposal && row.samples === samples)!;

Deno.test("The page has the table of the value samples that is stored", () => {
  const words = (text: string): string => text.replaceAll(/\s+/g, " ");
  assert(words(read("bench/README.md")).includes(words(proposalsTable(FOUND))));
});

Deno.test("What is stored is of the bench's own runs, whose parameters are kept", () => {
  assert.deepEqual(FOUND.map(({ run }) => run), RUNS);
  for (const run of RUNS) {
    assert(Deno.statSync(new URL(`../../results/${run}/parameters.safetensors`, import.meta.url)).isFile);
  }
});

Deno.test("At the bias of 512 uniform samples, an update with eight of the mixture takes at most half the time", () => {
  assert.equal(FOUND.length, 3);
  for (const found of FOUND) {
    const few = of(found, "mixture", 8), many = of(found, "uniform", 512);
    // 400 estimates: the standard errors of the two biases, and what the reference is uncertain by.
    const noise = Math.hypot(few.deviation, many.deviation) / 20 + found.halvesApart;
    assert(Math.abs(few.bias) <= Math.abs(many.bias) + 2 * noise, found.run);
    assert(few.milliseconds <= 0.5 * many.milliseconds, found.run);
  }
});
