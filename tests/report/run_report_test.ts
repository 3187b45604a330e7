import { assert } from "../deps.ts";
import { curvesFigure, summarised } from "../../src/report/curves.ts";
import { type ReportedRun, reportPage } from "../../src/report/run_report.ts";
import { interquartileMean } from "../../src/report/statistics.ts";
import { parseXml } from "./xml.ts";

const points = (offset: number) => [0, 100, 200].map((step): [number, number] => [step, offset + step / 100]);

Deno.test("The thick line is the interquartile mean of the seeds, inside its band", () => {
  const seeds = [0, 1, 5, 9].map((offset, seed) => ({ seed, points: points(offset) }));
  const found = summarised({ name: "run", seeds });
  assert.deepEqual(found.map(([step]) => step), [0, 100, 200]);
  for (const [step, mean, low, high] of found) {
    assert.equal(mean, interquartileMean([0, 1, 5, 9].map((offset) => offset + step / 100)));
    assert(low <= mean && mean <= high && low >= step / 100 && high <= 9 + step / 100);
  }
});

Deno.test("Every seed of every run has a line, one seed has no band, and the figure is well-formed", () => {
  const many = { name: "<many>", seeds: [3, 4].map((seed) => ({ seed, points: points(seed) })) };
  const one = { name: "one", seeds: [{ seed: 7, points: points(7) }] };
  const svg = curvesFigure({ scope: "curves-0", title: "A & B", quantity: "reward", runs: [many, one] });
  parseXml(svg);
  for (const seed of [3, 4, 7]) assert(svg.includes(`data-seed="${seed}"`), String(seed));
  assert.equal(svg.match(/fill-opacity="0.22"/g)?.length, 2); // the second is of no point
  assert(svg.includes("&lt;many&gt;") && !svg.includes("<many>"));
  assert.equal(
    curvesFigure({ scope: "curves-0", title: "A & B", quantity: "reward", runs: [many, one] }),
    svg,
  );
});

const run = (name: string, temperature: string): ReportedRun => ({
  name,
  seed: 2,
  facts: [["experiment", "multi-goal"], ["algorithm", "soft-q"]],
  configuration: [["steps", "200"], ["temperature", temperature]],
  records: [0, 1].flatMap((replica) =>
    points(replica).map(([step, value]) =>
      new Map<string, unknown>([["step", step], ["replica", replica], ["evaluation.meanReturn", value], [
        "loss",
        "NaN",
      ]])
    )
  ),
  evaluation: [[2, new Map([["meanReturn", -1.25]])], [3, new Map([["meanReturn", -2.5]])]],
  figures: [["figure-1.svg", '<svg class="figure-1"><g id="figure-1-clip"/></svg>']],
  command: "softq train '<script>alert(1)</script>'",
});

Deno.test("A report asks for nothing, runs nothing, and escapes what it is told", () => {
  const page = reportPage("A <title>", [run("a<b", "1"), run("c", "2")]);
  assert(!/<script|https?:\/\/(?!www\.w3\.org\/2000\/svg)|<link|<img|@import|url\((?!#)/.test(page));
  assert(
    page.includes("A &lt;title&gt;") && page.includes("a&lt;b") && page.includes("&lt;script&gt;alert(1)"),
  );
  const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
  assert.equal(new Set(ids).size, ids.length);
});

Deno.test("What runs were told differently stands first and is marked", () => {
  const page = reportPage("Two", [run("a", "1"), run("b", "2")]);
  const rows = [...page.matchAll(/<tr( class="differs")?><th scope="row">(steps|temperature)<\/th>/g)];
  assert.deepEqual(rows.map(([, differs, name]) => [name, differs !== undefined]), [["temperature", true], [
    "steps",
    false,
  ]]);
});
