/** The pages of runs in a real browser: what their figures hold, not only that they are there. */

import { assert } from "../deps.ts";
import { withFolder } from "../run/run_fixture.ts";
import { softq, TINY } from "../cli/softq.ts";
import { browserTest, coloursOf, type Page, pointsOf } from "./browser.ts";
import { counts, eventually, holds, PATIENCE, pictureOf, redrawn, says, textOf } from "./waiting.ts";

const lines = async (folder: string): Promise<readonly Record<string, unknown>[]> =>
  (await Deno.readTextFile(`${folder}/metrics.jsonl`)).trim().split("\n").map((line) => JSON.parse(line));

/** What of a browser is not among Deno's types. */
interface Styles {
  readonly getComputedStyle: (element: unknown) => { readonly fill: string };
}

/** The page is as wide as its window: nothing hangs out to the right. */
const fits = (page: Page): Promise<unknown> =>
  holds(page, "document.documentElement.scrollWidth <= window.innerWidth");

/** Waits until lines have so many points each: their coordinates. */
const linesOf = (page: Page, selector: string, points: number): Promise<readonly (readonly number[])[]> =>
  eventually(
    page,
    () => pointsOf(page, selector),
    (lines) => lines.length > 0 && lines.every(({ length }) => length === 2 * points),
    `lines of ${points} points in ${selector}`,
  );

browserTest(
  "The live page shows curves, the Q landscape with its particles and rollouts while the run goes on",
  (page) =>
    withFolder(async (folder) => {
      let open = (_: string): void => {}, seen = (): void => {}, finish = (): void => {};
      const address = new Promise<string>((resolve) => open = resolve);
      const connected = new Promise<void>((resolve) => seen = resolve);
      const looked = new Promise<void>((resolve) => finish = resolve);
      let clock = 0;
      const run = softq(["train", "multi-goal", ...TINY, "--live=0", `--out=${folder}/run`], {
        now: () => clock += 10, // so that the page may look at every turn
        error: (text) => {
          const found = /http:\/\/127\.0\.0\.1:\d+\//.exec(text);
          if (found !== null) open(found[0]);
        },
        observe: async (_, { steps }) => {
          if (steps === 25) await connected;
          if (steps === 325) await looked; // the page has what stood after 300 steps
        },
      });
      page.setDefaultTimeout(PATIENCE); // the machine may be busy with others
      await page.goto(await address);
      const status = (text: RegExp): Promise<string> => says(page, "#status", text);
      await status(/^The run begins$/);
      seen();
      await status(/^300 of 400/);
      // Evaluations after 100, 200 and 300 steps: three points of one line.
      const [curve] = await linesOf(page, `[data-quantity="evaluation.meanReturn"] .seed path`, 3) as [
        readonly number[],
      ];
      assert(curve[0]! < curve[2]! && curve[2]! < curve[4]!, `${curve}`);
      await linesOf(page, '[data-quantity="loss"] .seed path', 6); // a line of metrics every 50 steps
      await counts(page, ".action-panel", 3);
      await counts(page, ".action-panel .actions circle", 3 * 100);
      await holds(page, 'document.querySelectorAll(".action-panel .levels path").length > 3');
      await counts(page, ".trajectories path, .trajectories polyline", 12);
      await says(page, ".own", /seed 0, 300 steps/);
      const frame = page.frameLocator("#frame");
      await frame.locator("#rollouts button").nth(11).waitFor();
      await frame.locator(".muted", { hasText: "12 episodes of the policy after 300 steps" }).waitFor();
      assert.equal(await frame.locator("#rollouts button").count(), 12);
      await frame.locator("#above").waitFor();
      await fits(page);
      finish();
      await status(/The run has ended: done$/);
      assert.equal((await run).code, 0);
    }),
);

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
          ...records.filter((record) => record["replica"] === replica && record["evaluation"] !== undefined)
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
      const scale = (heights[high]! - heights[low]!) / (expected[high]! - expected[low]!);
      assert(scale < 0);
      heights.forEach((height, k) => {
        const there = heights[low]! + scale * (expected[k]! - expected[low]!);
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
      await fits(page);
      const ink = (): Promise<string> =>
        page.locator(`${figure} text`).first().evaluate((element) =>
          (globalThis as unknown as Styles).getComputedStyle(element).fill
        );
      const light = await ink();
      await page.emulateMedia({ colorScheme: "dark" });
      await eventually(page, ink, (now) => now !== light, "the ink in the dark");
      await page.emulateMedia({ media: "print", colorScheme: "dark" });
      await page.locator("nav").waitFor({ state: "hidden" });
    }),
);

browserTest(
  "The watch page plays: the slider moves the mass, and a rollout can be taken away",
  (page) =>
    withFolder(async (folder) => {
      assert.equal((await softq(["train", "multi-goal", ...TINY, `--out=${folder}/run`])).code, 0);
      assert.equal((await softq(["watch", `${folder}/run`, "--episodes=3"])).code, 0);
      page.setDefaultTimeout(PATIENCE);
      await page.goto(`file://${folder}/run/watch.html#t=0`);
      await says(page, "#caption", /^step 0 /);
      assert(await coloursOf(page, "#above") > 10);
      const first = await pictureOf(page, "#above");
      await page.locator("#time").fill("5");
      await says(page, "#caption", /^step 5 /);
      const fifth = await redrawn(page, "#above", first);
      await page.locator("#rollouts input").nth(1).uncheck();
      await redrawn(page, "#above", fifth);
      await page.locator("#time").fill("0");
      await says(page, "#caption", /^step 0 /);
      await page.locator("#play").click();
      await says(page, "#caption", /^step [1-9]/);
    }),
);
