/** Reports in a real browser: what their figures hold, not only that they are there. */

import { assert } from "../deps.ts";
import { withFolder } from "../run/run_fixture.ts";
import { afterTurns, softq, TINY } from "../cli/softq.ts";
import { browserTest, pointsOf } from "./browser.ts";
import { requireSound } from "./layout.ts";
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
      await page.emulateMedia({ colorScheme: "light" });
      const light = await ink();
      await page.emulateMedia({ colorScheme: "dark" });
      await eventually(page, ink, (now) => now !== light, "the ink in the dark");
      await page.emulateMedia({ media: "print", colorScheme: "dark" });
      await page.locator("nav").waitFor({ state: "hidden" });
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
