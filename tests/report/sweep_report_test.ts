/** Laws of the report of a sweep. */
import { assert } from "../deps.ts";
import { axisFigure } from "../../src/report/axis_figure.ts";
import { styleOf } from "../../src/report/line_style.ts";
import { interquartileMean } from "../../src/report/statistics.ts";
import {
  type ReportedSweep,
  type ReportedTrial,
  settingsOf,
  sweepPage,
} from "../../src/report/sweep_report.ts";

const trial = (temperature: number, seed: number, scores: readonly (number | null)[]): ReportedTrial => ({
  name: `${temperature}-${seed}`,
  values: { temperature, seed },
  state: scores.length === 0 ? "missing" : "done",
  steps: 100 * scores.length,
  scores,
  curves: scores.length === 0 ? [] : [{ seed, points: [[50, -5], [100, seed]] }],
  error: null,
});

const sweep = (trials: readonly ReportedTrial[], rungs: readonly number[] = [100]): ReportedSweep => ({
  name: "fake",
  facts: [["experiment", "multi-goal"]],
  metric: "meanReturn",
  goal: "greatest",
  rungs,
  axes: ["temperature", "seed"],
  trials,
});

Deno.test("Trials that differ only in their seed are one setting, and the best of those that got farthest is first", () => {
  const page = sweep(
    [trial(1, 0, [1, 5]), trial(1, 1, [2, 7]), trial(2, 0, [99]), trial(2, 1, [98]), trial(3, 0, [])],
    [100, 200],
  );
  const settings = settingsOf(page);
  assert.deepEqual(settings.map(({ name }) => name), ["temperature 1", "temperature 2", "temperature 3"]);
  assert.equal(settings[0]!.typical?.mean, interquartileMean([5, 7]));
  assert.equal(settings[0]!.trials.length, 2);
  assert.equal(settings[2]!.typical, null);
  const least = settingsOf({
    ...page,
    goal: "least",
    trials: [trial(1, 0, [3]), trial(2, 0, [2])],
    rungs: [100],
  });
  assert.equal(least[0]!.name, "temperature 2");
});

Deno.test("Every trial is in the page, failed ones with their reason, escaped; without trials there is a page, too", () => {
  const failed = { ...trial(2, 1, []), state: "failed", error: "failed: <script>" };
  const page = sweepPage(sweep([trial(1, 0, [1]), trial(2, 0, [null]), failed]));
  for (const name of ["1-0", "2-0", "2-1"]) assert(page.includes(`>${name}<`), name);
  assert(page.includes("failed: &lt;script&gt;") && !page.includes("<script"));
  assert(!/NaN|undefined|Infinity/.test(page), /.{30}(NaN|undefined|Infinity).{30}/.exec(page)?.[0]);
  const empty = sweepPage(sweep([trial(1, 0, []), trial(2, 0, [])]));
  assert(empty.includes("No trial has a score yet"));
});

Deno.test("Every trial with a score is one dot, and a value's bar is the interquartile mean of its dots", () => {
  const points = [1, 2, 3, 7].flatMap((score, k) =>
    [0.1, 1].map((value) => ({ name: `${k}`, value, score: score * value, best: k === 0 }))
  );
  const svg = axisFigure({ scope: "a", axis: "temperature", quantity: "return", range: [0, 8], points });
  assert.equal([...svg.matchAll(/<circle/g)].length, 8);
  assert.equal([...svg.matchAll(/class="typical"/g)].length, 2);
  // The best setting has one colour in the table, the axes and the curves.
  assert.equal(svg.match(new RegExp(`class="best fill-${styleOf(0).ink}"`, "g"))?.length, 2);
  // The frame of 180 pixels from 30 on spans 0 to 8.
  const bars = [...svg.matchAll(/class="typical">.*?<line[^>]* y1="([\d.]+)"/g)].map(([, y]) => Number(y));
  assert.deepEqual(
    bars,
    [0.1, 1].map((value) =>
      Math.round(10 * (30 + 180 * (1 - interquartileMean([1, 2, 3, 7].map((x) => x * value)) / 8))) / 10
    ),
  );
});
