import { createHash } from "node:crypto";
import { marksOn, rangeOf } from "../../src/report/chart.ts";
import { distinctNames, frameFor } from "../../src/report/curves.ts";
import { episodesFigure, modesFigure } from "../../src/report/distribution.ts";
import { EXPERIMENTS } from "../../experiments/all.ts";
import {
  columnText,
  EVALUATION_QUANTITIES,
  METRIC_QUANTITIES,
  numberText,
  percentText,
  quantityOf,
} from "../../src/report/quantities.ts";
import { assert, fc } from "../deps.ts";
import { curvesFigure, summarised } from "../../src/report/curves.ts";
import { type ReportedRun, reportPage } from "../../src/report/run_report.ts";
import { interquartileMean } from "../../src/report/statistics.ts";
import { parseXml, textOf } from "./xml.ts";

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
  algorithm: "soft-q",
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

Deno.test("A report requests nothing, runs its own script alone, and escapes its text", () => {
  const page = reportPage("A <title>", [run("a<b", "1"), run("c", "2")]);
  const [data, script, ...more] = [...page.matchAll(/<script([^>]*)>([\s\S]*?)<\/script>/g)];
  assert.deepEqual([data[1], script[1], more], [' id="panels" type="application/json"', "", []]);
  assert.equal(JSON.parse(data[2]!)[0].runs[0].name, "a<b");
  const hash = createHash("sha256").update(script[2]).digest("base64");
  assert(page.includes(`default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${hash}'"`));
  const still = page.replace(data[0], "").replace(script[0], "");
  assert(!/<script|https?:\/\/(?!www\.w3\.org\/2000\/svg)|<link|<img|@import|url\((?!#)/.test(still));
  assert(!/fetch\(|XMLHttpRequest|import\(|eval\(|innerHTML/.test(script[2]!));
  assert(
    page.includes("A &lt;title&gt;") && page.includes("a&lt;b") && page.includes("&lt;script&gt;alert(1)"),
  );
  const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
  assert.equal(new Set(ids).size, ids.length);
});

Deno.test("Options in which runs differ come first and are marked", () => {
  const page = reportPage("Two", [run("a", "1"), run("b", "2")]);
  const rows = [...page.matchAll(/<tr( class="differs")?><th scope="row">(steps|temperature)<\/th>/g)];
  assert.deepEqual(rows.map(([, differs, name]) => [name, differs !== undefined]), [["temperature", true], [
    "steps",
    false,
  ]]);
});

Deno.test("A share is never rounded to 0 or 1", () =>
  fc.assert(fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (x) => {
    assert.equal(percentText(x) === "100 %", x === 1);
    assert.equal(percentText(x) === "0 %", x === 0);
    assert(percentText(x).length <= 8);
  })));

Deno.test("Numbers have four digits and a true minus", () => {
  assert.deepEqual([-192.8154, 0.17272727, 1e-9, 12345.678, 10000, 3e8].map(numberText), [
    "−192.8",
    "0.1727",
    "1.00e−9",
    "12346",
    "10000",
    "3.00e+8",
  ]);
});

Deno.test("A legend names the runs that have a curve in its panel, as in every other", () => {
  const having = (name: string, ...seeds: readonly number[]) => ({
    name,
    seeds: seeds.map((seed) => ({ seed, points: points(seed) })),
  });
  const legendOf = (...runs: readonly ReturnType<typeof having>[]): readonly string[] => {
    const svg = curvesFigure({ scope: "curves-0", title: "Loss", quantity: "", runs });
    return ["x-first", "x-second"].map((name) => name.slice(2)).filter((name) =>
      svg.includes(`>${name}</text>`)
    );
  };
  assert.deepEqual(legendOf(having("x-first", 0), having("x-second", 1)), ["first", "second"]);
  assert.deepEqual(legendOf(having("x-first"), having("x-second", 1)), ["second"]);
});

Deno.test("A diagnostic that was measured once is not called constant", () => {
  const measured = (times: number, evaluation: ReportedRun["evaluation"]): ReportedRun => ({
    ...run("a", "1"),
    evaluation,
    records: Array.from(
      { length: times },
      (_, k) => new Map<string, unknown>([["step", 100 * k], ["replica", 0], ["entropy", 2.5]]),
    ),
  });
  const line = (each: ReportedRun): string =>
    [...reportPage("title", [each]).matchAll(/<p class="constants">(.*?)<\/p>/g)].map(([, text]) => text)
      .join();
  const entropy = "Entropy of the policy that Q means (nats): 2.500";
  assert.equal(line(measured(1, [])), `One measurement so far: ${entropy}`);
  assert.equal(line(measured(1, run("a", "1").evaluation)), `Measured once: ${entropy}`);
  assert.equal(line(measured(2, [])), `The same throughout: ${entropy}`);
});

Deno.test("The typical value of a column is written as its seeds' values are", () => {
  const evaluation = [0.19, 0.2, 0, 0.1].map((share, seed): ReportedRun["evaluation"][number] => [
    seed,
    new Map([["successRate", share]]),
  ]);
  const page = reportPage("title", [{ ...run("a", "1"), evaluation }]);
  const cells = [...page.matchAll(/<td>([^<]*%[^<]*)<\/td>/g)].flatMap(([, text]) => text!.split(" to "));
  assert.equal(cells.length, 7);
  for (const cell of cells) assert.match(cell, /^\d+\.\d %$/);
});

Deno.test("The numbers of a column have as many decimals each", () => {
  const column = (values: readonly number[], name: string) =>
    values.map(columnText(values, quantityOf(name)));
  assert.deepEqual(column([0.03, -1.375, 30, NaN], "evaluation.meanReturn"), [
    "0.03",
    "−1.38",
    "30.00",
    "NaN",
  ]);
  assert.deepEqual(column([10, 1000], "evaluation.meanReturn"), ["10", "1000"]);
  assert.deepEqual(column([0.995, 0.99, 1, 0], "evaluation.successRate"), [
    "99.5 %",
    "99.0 %",
    "100.0 %",
    "0.0 %",
  ]);
  assert.deepEqual(column([0.5, 0.25], "evaluation.successRate"), ["50 %", "25 %"]);
  assert.deepEqual(column([0.9999, 0.255], "evaluation.successRate"), ["> 99.9 %", "25.5 %"]);
});

Deno.test("The marks of an axis have different labels, each within half a step of its place", () =>
  fc.assert(fc.property(
    fc.double({ min: -1e7, max: 1e7, noNaN: true }),
    fc.double({ min: 1e-4, max: 1, noNaN: true }),
    (low, share) => {
      const high = low + share * Math.max(Math.abs(low), 1), marks = marksOn([low, high], 5);
      assert.equal(new Set(marks.map(([, text]) => text)).size, marks.length, marks.join("; "));
      const step = marks.length > 1 ? marks[1]![0] - marks[0]![0] : high - low;
      for (const [value, text] of marks) {
        const [digits, unit] = text.replace("\u2212", "-").split(" ");
        const written = Number(digits) * (unit === "M" ? 1e6 : unit === "k" ? 1e3 : 1);
        assert(Math.abs(written - value) <= step / 2, `${text} is not ${value}`);
      }
    },
  )));

Deno.test("An axis with one mark or none has that many labels", () => {
  assert.deepEqual(marksOn([-5, 5], 1), [[0, "0"]]);
  assert.deepEqual(
    marksOn([0.4, 0.6], 1),
    [[0.4, "0.4"], [0.6, "0.6"]].slice(0, marksOn([0.4, 0.6], 1).length),
  );
  assert(marksOn([-5.4, 11.3], 3).length > 1);
});

Deno.test("A constant is drawn level in the middle, and a share on an axis from 0 to 1", () => {
  for (const value of [0, 3, -0.25, 1e9]) {
    const [low, high] = rangeOf([value, value * (1 + 1e-9)]);
    assert(Math.abs((low + high) / 2 - value) <= 1e-6 * Math.max(1, Math.abs(value)));
    assert(high - low >= Math.abs(value) / 4 && high > low);
  }
  const seeds = [{ seed: 0, points: [[0, 0.94], [10, 0.96]] as const }];
  const [low, high] =
    frameFor({ runs: [{ name: "a", seeds }], range: quantityOf("evaluation.successRate").range! }).y;
  assert(low < 0 && low > -0.1 && high > 1 && high < 1.1);
});

Deno.test("Every quantity has a title, whatever its name", () => {
  assert.equal(quantityOf("ownNumber").title, "Own number");
  for (const name of ["", "timing.", "evaluation.", "evaluation.0", "."]) {
    assert.notEqual(quantityOf(name).title, "", name);
  }
  fc.assert(fc.property(fc.string(), (name) => assert.match(quantityOf(name).title, /./su)), {
    numRuns: 1000,
  });
});

Deno.test("Every number of every experiment's summary has a name and a unit of its own", () => {
  for (const experiment of EXPERIMENTS) {
    const [variant] = experiment.variants as [string], { stateSize } = experiment.environment(variant).spec;
    const episode = { return: 0, discountedReturn: 0, length: 1, terminated: false };
    const summary = experiment.summarise([{ ...episode, states: new Float64Array(2 * stateSize) }], variant);
    for (const name of Object.keys(summary)) {
      assert(name in EVALUATION_QUANTITIES, `${experiment.name}: ${name} is in no table of quantities`);
    }
  }
  const titles = [...Object.values(EVALUATION_QUANTITIES), ...Object.values(METRIC_QUANTITIES)];
  for (const { title, unit } of titles) {
    assert(/^[A-Z]/.test(title) && !/[a-z][A-Z]/.test(title + unit), title);
  }
});

Deno.test("Every episode has a dot, and the bars of a seed are as long as its shares", () => {
  const seeds = [0, 1].map((seed) => ({
    run: "a",
    ink: "policy" as const,
    seed,
    values: [0.5, 0.25, 0.25, 0],
  }));
  const data = { scope: "x", title: "T", quantity: "m", seeds, named: false, cases: ["east", "west", "up"] };
  const dots = episodesFigure(data), bars = modesFigure(data);
  parseXml(dots);
  // Cases are called by their names, in the key and on bars that are wide enough, and by their numbers without.
  const key = textOf(parseXml(bars));
  assert(key.includes("the final evaluation: ■ east ■ west ■ up ■ 4"), key);
  assert.equal(bars.match(/>east</g)?.length, 1 + 2);
  assert.equal(dots.match(/<circle/g)?.length, 8);
  const widths = [...bars.matchAll(/width="([\d.]+)" height="[\d.]+" data-share="([\d.]+)"/g)]
    .map(([, width, share]) => [Number(width), Number(share)]);
  assert.equal(widths.length, 8);
  const whole = widths[0]![0]! / 0.5;
  // Both ends of a bar are rounded to a tenth.
  for (const [width, share] of widths) {
    assert(Math.abs(width - whole * share) <= 0.3, `${width} for ${share}`);
  }
});

Deno.test("Names are cut where they are the same, and stay different", () => {
  assert.deepEqual(distinctNames(["swimmer-soft-q-30-million-line", "swimmer-ddpg-million-line"]), [
    "soft-q-30",
    "ddpg",
  ]);
  assert.deepEqual(distinctNames(["a", "a-b"]), ["a", "a-b"]);
  assert.deepEqual(distinctNames(["one"]), ["one"]);
  assert.deepEqual(distinctNames(["run-1", "run-2"]), ["1", "2"]);
});

Deno.test("An axis with one round number, zero included, or with none has marks, too", () => {
  assert.deepEqual(marksOn([-0.4, 0.9], 1), [[0, "0"]]);
  assert.deepEqual(marksOn([-3, 7], 1), [[0, "0"]]);
  for (const range of [[-0.4, 0.9], [0.31, 0.32], [2, 2]] as const) {
    for (const count of [1, 2, 3]) for (const [, text] of marksOn(range, count)) assert.match(text, /^−?\d/);
  }
});
