/** Reports in a real browser: what their figures hold, not only that they are there. */

import { assert } from "../deps.ts";
import { withFolder } from "../run/run_fixture.ts";
import { afterTurns, softq, TINY } from "../cli/softq.ts";
import { EXPERIMENTS } from "../../experiments/all.ts";
import { type ReportedSweep, type ReportedTrial, sweepPage } from "../../src/report/sweep_report.ts";
import { filesBelow, ROOT } from "../packaging/sources.ts";
import { browserTest, type Page, pointsOf } from "./browser.ts";
import { layoutFaults, requireSound } from "./layout.ts";
import { counts, eventually, PATIENCE, says, textOf } from "./waiting.ts";

const lines = async (folder: string): Promise<readonly Record<string, unknown>[]> =>
  (await Deno.readTextFile(`${folder}/metrics.jsonl`)).trim().split("\n").map((line) => JSON.parse(line));

/** What of a browser is not among Deno's types. */
interface Styles {
  readonly getComputedStyle: (element: unknown) => { readonly fill: string };
}

browserTest(
  "A report of two runs draws every seed of both where its numbers are, in light and in the dark",
  (page) =>
    withFolder(async (folder) => {
      for (const [name, ...words] of [["a", "--seeds=0..2"], ["b", "--seeds=3..4", "--temperature=2"]]) {
        assert.equal(
          (await softq(["train", "multi-goal", ...TINY, ...words, `--out=${folder}/${name}`])).code,
          0,
        );
      }
      assert.equal((await softq(["report", `${folder}/a`, `${folder}/b`])).code, 0);
      page.setDefaultTimeout(PATIENCE);
      await page.goto(`file://${folder}/a/report.html`);
      const figure = '[data-quantity="evaluation.meanReturn"]';
      const seeds = await page.locator(`${figure} .seed`).evaluateAll((all) =>
        all.map((each) => each.getAttribute("data-seed"))
      );
      assert.deepEqual(seeds, ["0", "1", "2", "3", "4"]);
      // Heights on the page fall as the numbers rise, by one factor for all seeds.
      const numbers = await Promise.all(["a", "b"].map((name) => lines(`${folder}/${name}`)));
      const expected = numbers.flatMap((records, k) =>
        Array.from({ length: k === 0 ? 3 : 2 }, (_, replica) => [
          ...records.filter((record) => record.replica === replica && record.evaluation !== undefined)
            .map(({ evaluation }) => (evaluation as { meanReturn: number }).meanReturn),
        ])
      ).flat();
      // The final evaluation is no point of a line: it stands beside it.
      await counts(page, `${figure} .seed .final`, 5);
      const heights = (await pointsOf(page, `${figure} .seed path:not(.final)`)).flatMap((line) =>
        line.filter((_, k) => k % 2 === 1)
      );
      assert.equal(heights.length, expected.length);
      const low = expected.indexOf(Math.min(...expected)), high = expected.indexOf(Math.max(...expected));
      const scale = (heights[high] - heights[low]) / (expected[high] - expected[low]);
      assert(scale < 0);
      heights.forEach((height, k) => {
        const there = heights[low] + scale * (expected[k] - expected[low]);
        // Coordinates have one decimal: 0.05 of this one and as much of the two that give the scale.
        assert(Math.abs(height - there) <= 0.1001, `${height} is not ${there}`);
      });
      await counts(page, "#figures .own", 2);
      const first = page.locator(`${figure} .seed path:not(.final)`).first();
      const drawn = (): Promise<string | null> => first.getAttribute("d");
      const before = await drawn();
      await page.locator("#smoothing").fill("0.8");
      await eventually(page, drawn, (line) => line !== before, "the line, which should be smoothed,");
      await page.locator("#controls button").click();
      await eventually(page, drawn, (line) => line === before, "the line, which should be as it was,");
      await page.locator("#controls [data-key]").nth(2).uncheck();
      await page.locator(`${figure} .seed`).nth(1).waitFor({ state: "hidden" });
      await page.locator(figure).focus();
      await page.keyboard.press("ArrowRight");
      await says(page, "#tip", /^100 steps\na: seed 0: [\d.-]+, 2: [\d.-]+\nb: [\d.-]+ \[/);
      assert.match(await textOf(page, "#configuration tr.differs"), /seed|replicas|temperature/);
      const ink = (): Promise<string> =>
        page.locator(`${figure} text`).first().evaluate((element) =>
          (globalThis as unknown as Styles).getComputedStyle(element).fill
        );
      await page.keyboard.press("Escape");
      await page.locator("#tip").waitFor({ state: "hidden" });
      await requireSound(page);
      await requireTruePanels(page, ["a", "b"]);
      await page.emulateMedia({ colorScheme: "light" });
      const light = await ink();
      await page.emulateMedia({ colorScheme: "dark" });
      await eventually(page, ink, (now) => now !== light, "the ink in the dark");
      await page.emulateMedia({ media: "print", colorScheme: "dark" });
      await page.locator("nav").waitFor({ state: "hidden" });
    }),
);

/** What every panel of curves must be, read off the page. */
async function requireTruePanels(page: Page, runs: readonly string[]): Promise<void> {
  const panels = await page.evaluate(`[...document.querySelectorAll("figure.curves")].map((figure) => {
    const texts = (selector) => [...figure.querySelectorAll(selector)].map((each) => each.textContent);
    const svg = figure.querySelector("svg"), inks = {};
    for (const mean of figure.querySelectorAll(".run")) {
      const line = mean.querySelector(".mean, path, circle");
      inks[mean.dataset.run] = line === null ? "" : getComputedStyle(line).stroke + getComputedStyle(line).strokeDasharray;
    }
    return { quantity: figure.dataset.quantity, title: texts("text")[0], marks: texts(".y-marks text"),
      legend: texts(".legend text"), runs: Object.keys(inks), inks };
  })`) as readonly {
    readonly quantity: string;
    readonly title: string;
    readonly marks: readonly string[];
    readonly legend: readonly string[];
    readonly runs: readonly string[];
    readonly inks: Readonly<Record<string, string>>;
  }[];
  assert.ok(panels.length > 2);
  const inks = new Map<string, string>();
  for (const { quantity, title, marks, legend, runs: drawn, inks: own } of panels) {
    assert.ok(/^[A-Z]/.test(title) && !/[a-z][A-Z]|\.\d/.test(title), `${quantity} is called ${title}`);
    assert.equal(new Set(marks).size, marks.length, `${quantity}: ${marks.join()}`);
    if (/Share$|Rate$|octants/.test(quantity) && marks.includes("1.0")) {
      assert.ok(marks.includes("0"), quantity);
    }
    // The legend names each run, by what distinguishes it.
    assert.deepEqual(drawn, runs, quantity);
    assert.equal(legend.length, runs.length > 1 ? runs.length : 0, quantity);
    assert.equal(new Set(legend).size, legend.length);
    legend.forEach((name, k) =>
      assert.ok(runs[k].includes(name.replace(/….*/, "")), `${name} is not ${runs[k]}`)
    );
    // A colour is a run's on every panel.
    for (const [run, ink] of Object.entries(own)) {
      if (ink === "" || ink.startsWith("none")) continue;
      assert.equal(inks.get(run) ?? ink, ink, `${run} in ${quantity}`);
      inks.set(run, ink);
    }
  }
  assert.equal(new Set(inks.values()).size, inks.size, "every run has a colour or a dash of its own");
}

browserTest(
  "A report of every experiment is sound at every width, in light, in the dark and in print",
  (page) =>
    withFolder(async (folder) => {
      page.setDefaultTimeout(PATIENCE); // the machine may be busy with others
      const kept = (name: string): string => new URL(`../../results/${name}`, import.meta.url).pathname;
      const reports = [
        ["multi-goal-soft-q-0"],
        ["multi-goal-soft-q-0", "multi-goal-ddpg-final-code-0"],
        ["swimmer-soft-q-30-million-0", "swimmer-ddpg-million-0", "swimmer-sac-0"],
        ["maze-soft-q-0", "maze-ddpg-0"],
        ["pretrain-soft-q-0"],
        ["transfer-wide-hallway-maximum-entropy", "transfer-wide-hallway-ddpg"],
      ];
      for (const [k, names] of reports.entries()) {
        const out = `${folder}/${k}.html`;
        const { code, error } = await softq(["report", ...names.map(kept), `--out=${out}`], {}, EXPERIMENTS);
        assert.equal(code, 0, error);
        await page.emulateMedia({ media: "screen" });
        await page.goto(`file://${out}`);
        await says(
          page,
          "h1",
          names.length > 1 ? `Comparison of ${names.length} runs` : new RegExp(names[0]),
        );
        await requireSound(page);
        await requireTruePanels(page, names);
        await page.emulateMedia({ media: "print" });
        await page.locator("#controls").waitFor({ state: "hidden" });
        assert.deepEqual((await layoutFaults(page)).overlapping, []);
      }
    }),
);

browserTest(
  "A report is chosen from, smoothed and turned logarithmic by keyboard alone",
  (page) =>
    withFolder(async (folder) => {
      page.setDefaultTimeout(PATIENCE); // the machine may be busy with others
      // A run that was interrupted: it has no final evaluation, and the report says so.
      const run = `${folder}/run`;
      assert.equal(
        (await softq(["train", "multi-goal", ...TINY, "--seeds=0..1", `--out=${run}`], afterTurns(12))).code,
        130,
      );
      assert.equal((await softq(["report", run])).code, 0);
      await page.goto(`file://${run}/report.html`);
      await requireSound(page);
      await says(page, "#result", /run has no final evaluation yet/);
      await counts(page, ".final", 0);
      const drawn = (): Promise<string | null> =>
        page.locator('[data-quantity="bandwidth"] .mean').getAttribute("d");
      const linear = await drawn();
      await page.locator("#logarithmic").focus();
      await page.keyboard.press("Space");
      const logarithmic = await eventually(page, drawn, (line) => line !== linear, "a logarithmic line");
      await page.locator("#smoothing").focus();
      for (let k = 0; k < 10; k++) await page.keyboard.press("ArrowRight");
      await eventually(page, drawn, (line) => line !== logarithmic, "a smoothed line");
      await page.locator("#controls [data-key]").first().focus();
      await page.keyboard.press("Space");
      await page.locator('[data-quantity="bandwidth"] .seed').first().waitFor({ state: "hidden" });
      await page.locator('[data-quantity="bandwidth"]').focus();
      await page.keyboard.press("ArrowRight");
      await says(page, "#tip", /^\d+ steps\nseed 1: [\d.]+$/);
      await page.keyboard.press("Escape");
      await page.locator("#tip").waitFor({ state: "hidden" });
    }),
);

/** A sweep over three axes as its page shows it. */
function sweepOf(rungs: readonly number[]): ReportedSweep {
  const trials = [0.1, 1, 10].flatMap((temperature, i) =>
    ["pre-tanh", "bounds-penalty"].flatMap((squash, j) =>
      [0, 1, 2].map((seed): ReportedTrial => {
        const failed = i === 2 && j === 1 && seed === 2, reached = i === 0 ? 1 : rungs.length;
        const score = (rung: number): number => -200 + 40 * i + 9 * j + 3 * seed + 25 * rung;
        return {
          name: `temperature-${temperature}-squash-${squash}-seed-${seed}`,
          values: { temperature, squash, seed },
          state: failed ? "failed" : reached < rungs.length ? "stopped" : "done",
          steps: rungs[reached - 1],
          scores: failed ? [] : Array.from({ length: reached }, (_, rung) => score(rung)),
          curves: failed
            ? []
            : [{ seed, points: [1, 2, 3, 4].map((k) => [k * rungs[0] / 4, score(0) - 40 / k] as const) }],
          error: failed
            ? "failed: replica 0 became non-finite at update 391, in the sampler's gradient"
            : null,
        };
      })
    )
  );
  return {
    name: "temperatures and squash rules",
    facts: [["experiment", "multi-goal"], ["trials", "18: 17 done, 1 failed"], ["folder", "runs/sweep"]],
    metric: "meanReturn",
    goal: "greatest",
    rungs,
    axes: ["temperature", "squash", "seed"],
    trials,
  };
}

browserTest(
  "A report of a sweep is sound at every width, in light and in the dark, and its legends name what is drawn",
  async (page) => {
    page.setDefaultTimeout(PATIENCE); // the machine may be busy with others
    for (const rungs of [[400], [200, 400]]) {
      await page.setContent(sweepPage(sweepOf(rungs)));
      await says(page, "h1", "Sweep temperatures and squash rules");
      await requireSound(page);
      // One panel an axis and rung, the seed's among them; a dot each trial that came so far.
      await counts(page, "#axes figure", 3 * rungs.length);
      await counts(page, '#axes [data-rung="0"][data-axis="temperature"] circle', 17);
      await counts(page, "#axes .best", 2 * 3 * rungs.length); // two seeds of the best setting; its third failed
      const legends = await page.locator("#curves figure").evaluateAll((all) =>
        (all as unknown as readonly Selectable[]).map((figure) =>
          [".run", ".legend text"].map((selector) =>
            [...figure.querySelectorAll(selector)].map((each) => each.dataset.run ?? each.textContent)
          )
        )
      );
      assert.deepEqual(legends.map(([runs]) => runs), [
        ["1", "2", "3", "4"],
        ["0.1", "1", "10"],
        ["bounds-penalty", "pre-tanh"],
      ]);
      for (const [runs, legend] of legends) assert.deepEqual(legend, runs);
      await counts(page, "#trials tbody tr", 18);
      await says(page, "#trials li", /seed-2: failed: replica 0 became non-finite/);
    }
  },
);

/** What of an element is not among Deno's types. */
interface Selectable {
  readonly querySelectorAll: (
    selector: string,
  ) => Iterable<{ readonly textContent: string; readonly dataset: { readonly run?: string } }>;
}

browserTest(
  "Every figure that is kept is whole: no text is cut off, covers another or is too small, on a phone neither",
  async (page) => {
    page.setDefaultTimeout(PATIENCE); // the machine may be busy with others
    const figures = ["results/", "docs/"].flatMap((folder) => filesBelow(folder, ".svg"));
    assert.ok(figures.length > 25 && figures.some((path) => /results\/.*\//.test(path)));
    const titles = new Map<string, string>();
    for (const path of figures) {
      const svg = Deno.readTextFileSync(ROOT + path);
      const title = /<title[^>]*>([^<]*)</.exec(svg)![1];
      // Figures beside one another have titles of their own; the same figure of several runs names the run below it.
      if (!/\/.*\//.test(path)) {
        assert.equal(titles.get(title), undefined, `${path} and ${titles.get(title)} have the same title`);
        titles.set(title, path);
      }
      await page.setContent(
        `<meta name="viewport" content="width=device-width"><style>svg{width:100%;height:auto;max-width:900px}</style>${svg}`,
      );
      await requireSound(page);
    }
  },
);
