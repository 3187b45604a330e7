/** The gallery and the page of documentation in a real browser. */

import { assert } from "../deps.ts";
import { coloursOf, type Page } from "./browser.ts";
import { holds, siteTest, untilSteps } from "./site.ts";

/** The picture of a canvas. */
const picture = (page: Page, selector: string): Promise<string> =>
  page.locator(selector).evaluate((canvas) => (canvas as unknown as { toDataURL: () => string }).toDataURL());

/** Seconds and place of the body in front, as the caption has them. */
async function standing(page: Page): Promise<{ seconds: number; body: number; x: number; y: number }> {
  const text = (await page.locator("#caption").innerText()).replaceAll("−", "-");
  const found = /^([\d.]+) s\s+body (\d+): centre of mass x (-?[\d.]+) m, y (-?[\d.]+) m/.exec(text);
  assert(found !== null, text);
  const [seconds, body, x, y] = found.slice(1).map(Number);
  return { seconds, body, x, y };
}

const run = (page: Page, seconds: number): Promise<void> =>
  holds(page, `parseFloat(document.getElementById("caption").textContent) >= ${seconds}`);

siteTest("In the gallery bodies run, can be pushed, followed and looked back at", async (page, address) => {
  await page.goto(`${address}gallery.html#policy=pretrain-ddpg-steady-0&world=maze&seed=2`);
  await page.locator("#numbers dd").first().waitFor();
  assert.match(await page.locator("#command").innerText(), /cli\.ts train pretrain --algorithm ddpg/);
  await run(page, 1);
  assert(await coloursOf(page, "#above") > 30 && await coloursOf(page, "#side") > 5);
  await page.locator("#play").click();
  const stood = await standing(page), before = await picture(page, "#above");
  await page.waitForTimeout(300);
  assert.equal(await picture(page, "#above"), before);
  // Pushed to the right from where it stands: it moves that way, as it would not have.
  await page.locator("#push-right").click();
  await page.locator("#play").click();
  await run(page, stood.seconds + 0.3);
  await page.locator("#play").click();
  const pushed = await standing(page);
  assert(pushed.x > stood.x + 0.1, `${stood.x} to ${pushed.x}`);
  // The slider goes back to what was.
  await page.locator("#time").fill("10");
  assert.equal((await standing(page)).seconds, 0.2);
  const wide = await picture(page, "#above");
  await page.locator("#follow").check();
  await page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))");
  assert.notEqual(await picture(page, "#above"), wide);
  await page.locator("#bodies input").nth(2).check();
  assert.equal((await standing(page)).body, 3);
  // Another body, with another task.
  await page.locator("#policy").selectOption("swimmer-soft-q-30-million-line-1.5-0");
  await page.locator("#caption", { hasText: "speed along x" }).waitFor();
  assert.equal(await page.locator("#worlds").isVisible(), false);
  assert.match(page.url(), /#policy=swimmer-soft-q-30-million-line-1\.5-0&/);
});

siteTest("A body is pushed by the pointer: its life is another from there", async (page, address) => {
  await page.goto(`${address}gallery.html#policy=swimmer-ddpg-million-line-1.5-0&seed=1`);
  await run(page, 0.5);
  await page.locator("#play").click();
  await page.locator("#count").fill("1");
  await page.locator("#count").dispatchEvent("change");
  await page.locator("#follow").check();
  await page.waitForTimeout(200);
  const box = (await page.locator("#above").boundingBox())!;
  // The camera follows, so the body is in the middle.
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2 - 120, { steps: 4 });
  await page.mouse.up();
  const stood = await standing(page);
  await page.locator("#play").click();
  await run(page, stood.seconds + 1);
  assert((await standing(page)).y > stood.y + 0.1);
});

siteTest(
  "The smallest example draws a policy's episodes as it stands, and its page shows that very text",
  async (page, address) => {
    await page.goto(`${address}use.html`);
    const shown = await page.locator("pre").first().innerText();
    const source = await Deno.readTextFile(new URL("../../site/examples/minimal.html", import.meta.url));
    assert.equal(shown.trim(), source.trim());
    assert(source.trim().split("\n").length <= 20);
    await page.goto(`${address}examples/minimal.html`);
    await holds(
      page,
      "document.querySelector('canvas').getContext('2d').getImageData(0, 0, 420, 420).data.some((x) => x > 0)",
    );
    // Ink in all four directions, near each goal, and none in the corners between them.
    const ink = (x: number, y: number, half: number): Promise<number> =>
      page.evaluate(
        `document.querySelector("canvas").getContext("2d").getImageData(${x - half}, ${y - half}, ${
          2 * half
        }, ${2 * half})` +
          ".data.reduce((n, value) => n + (value > 0 ? 1 : 0), 0)",
      );
    for (const [x, y] of [[350, 210], [70, 210], [210, 70], [210, 350]]) {
      assert(
        await ink(x, y, 40) > 100,
        `${x}, ${y}`,
      );
    }
    for (const [x, y] of [[380, 380], [40, 40], [380, 40], [40, 380]]) assert.equal(await ink(x, y, 38), 0);
  },
);

siteTest("A page that was opened once opens without its server, and learns", async (page, address, close) => {
  await page.goto(address);
  await page.evaluate("navigator.serviceWorker.ready.then(() => {})");
  await holds(page, "navigator.serviceWorker.controller !== null");
  await close();
  await page.goto("about:blank");
  await page.goto(`${address}#at=40&device=cpu`);
  await untilSteps(page, 40);
  await page.goto(`${address}gallery.html#seed=3`);
  await run(page, 0.2);
});
