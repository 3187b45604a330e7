/** The playground in all its states: steered, shared, small, dark, by keys alone, and where something is missing. */

import { assert, axe } from "../deps.ts";
import type { Page } from "./browser.ts";
import { focused, reach } from "./keys.ts";
import {
  deviations,
  notices,
  saved,
  siteTest,
  standing,
  SWIFTSHADER,
  until,
  untilSteps,
  withExact,
} from "./site.ts";
import { counts, eventually, frames, holds, pictureOf, redrawn, says, textOf } from "./waiting.ts";

/** The page has learned something. */
const begun = (page: Page): Promise<string> => says(page, ".planes .reading", /^[1-9]\d* steps/);

/** Serious faults that axe finds. */
async function faults(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe.source);
  return await page.evaluate(
    "axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations" +
      ".filter(({ impact }) => impact === 'serious' || impact === 'critical')" +
      ".map(({ id, nodes }) => id + ': ' + nodes.map(({ target }) => target.join(' ')).join(', ')))",
  );
}

siteTest(
  "A lower temperature narrows what the policy does, its exact solution comes with it, and the address tells it again",
  async (page, address) => {
    await withExact(page);
    await page.goto(`${address}#device=cpu&hidden=32,32&at=500&state=2.5,2.5`);
    await untilSteps(page, 500);
    const before = await until(page, ({ step }) => step === 500);
    const exactly = /The exact solution: return [^,]*, entropy (-?[\d.]+)/;
    const exactEntropy = async (): Promise<number> =>
      Number(exactly.exec(await says(page, "#curves-reading", exactly))![1]);
    const exactBefore = await exactEntropy();
    await page.locator("#alpha").fill("20");
    await says(page, "#alpha-value", "1.26");
    await page.locator("#play").click();
    await until(page, ({ step }) => step >= 900);
    await page.locator("#play").click();
    const steps = await standing(page), after = await until(page, ({ step }) => step <= steps);
    assert(after.entropy! < before.entropy! - 0.3, `${before.entropy} to ${after.entropy}`);
    assert(await exactEntropy() < exactBefore - 0.8);
    // The address has the whole story, with what was changed while it learned, and tells it again.
    await page.locator("#play").click();
    await until(page, ({ step }) => step >= steps + 40);
    await page.locator("#alpha").fill("50");
    await until(page, ({ step }) => step >= steps + 80);
    await page.locator("#play").click();
    const end = await standing(page), shared: string = await page.evaluate("location.href");
    assert.match(shared, /alpha=10;1\.26@500;5@\d+/);
    const spread = await deviations(page), last = await until(page, () => true);
    await page.goto("about:blank");
    await page.goto(shared);
    await untilSteps(page, end);
    assert.deepEqual(await until(page, ({ step }) => step === last.step), last);
    assert.deepEqual(await deviations(page), spread);
  },
);

siteTest("Goals are dragged, added and taken away, and are learned anew", async (page, address) => {
  await page.goto(`${address}#device=cpu&at=30`);
  await untilSteps(page, 30);
  /** Where a place of the plane is in the window. */
  const at = async (x: number, y: number): Promise<[number, number]> => {
    const box = (await page.locator(".planes canvas").boundingBox())!;
    return [box.x + box.width * (x / 7 + 1) / 2, box.y + box.height * (1 - y / 7) / 2];
  };
  await page.mouse.move(...await at(5, 0));
  await page.mouse.down();
  await page.mouse.move(...await at(3, 3), { steps: 5 });
  await page.mouse.up();
  await holds(page, "/goals=3,3;-5,0;0,5;0,-5/.test(location.hash)");
  await counts(page, "#goals .goal", 4);
  await page.locator("#add-goal").click();
  await counts(page, "#goals .goal", 5);
  await page.locator("#play").click();
  await says(page, ".planes .reading", /goal 5/);
  await page.getByLabel("Remove goal 2").click();
  await page.getByLabel("Remove goal 1").click();
  await counts(page, "#goals .goal", 3);
  // The state that is looked at is put by a click.
  await page.mouse.click(...await at(-2, -2));
  await says(page, "#looked", "(-2.0, -2.0)");
});

siteTest("Stein particles move though nothing is learned, and go away again", async (page, address) => {
  await page.goto(`${address}#device=cpu&hidden=32,32&at=200&particles=on`);
  await untilSteps(page, 200);
  await says(page, "#landscape-reading", /32 moving particles/);
  await redrawn(page, "#landscape", await pictureOf(page, "#landscape")); // they move though nothing is learned
  await says(page, ".planes .reading", /^200 steps\./);
  await page.locator("#particles").uncheck();
  await says(page, "#landscape-reading", /^80 actions with standard deviations [\d.]+ and [\d.]+$/);
});

siteTest("An address with nonsense is told, and the rest of it holds", async (page, address) => {
  await page.goto(`${address}#alpha=hot&colour=red&seed=7&at=0`);
  const said = await notices(page, 2);
  assert.match(said[0], /alpha must be temperatures from 0\.5 to 50/);
  assert.match(said[1], /“colour”, which this page does not know/);
  await page.locator("#algorithm-details summary").click();
  await holds(page, 'document.getElementById("seed").value === "7"');
});

siteTest("Without Workers, and without SIMD, the page says so in a sentence", async (page, address) => {
  await page.route("**/learn.worker.js", async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: `WebAssembly.validate = () => false;\n${await response.text()}` });
  });
  await page.goto(`${address}#at=102`);
  await says(page, "#device", /^Learns on TypeScript, 1 thread \(no SIMD\)\./);
  await untilSteps(page, 102);
  await page.addInitScript("delete globalThis.Worker");
  await page.goto("about:blank");
  await page.goto(address);
  await says(page, "#notices", /^This page learns in Workers, which this browser does not support\./);
  // Nothing else breaks: an error of the page would fail this test.
  for (const id of ["#play", "#update", "#reset", "#save", "#add-goal"]) await page.locator(id).click();
  await page.locator("#alpha").fill("20");
  await page.locator("#algorithms input").nth(1).click();
  await page.waitForTimeout(400); // the exact solution would be asked for after 250 ms
});

siteTest(
  "A GPU that is lost gives way to WebAssembly, which learns the same steps again",
  async (page, address) => {
    await page.route("**/learn.worker.js", async (route) => {
      const response = await route.fetch();
      const spy =
        "const request = GPUAdapter.prototype.requestDevice; GPUAdapter.prototype.requestDevice = " +
        "async function (...given) { const device = await request.apply(this, given); globalThis.lose = () => " +
        "device.destroy(); return device; };\n";
      await route.fulfill({ response, body: spy + await response.text() });
    });
    await page.goto(`${address}#device=webgpu`);
    await says(page, "#device", /^Learns on WebGPU/);
    await begun(page);
    for (const worker of page.workers()) await worker.evaluate("globalThis.lose?.()");
    await says(page, "#device", /^Learns on WebAssembly/);
    await says(page, "#notices", /The GPU was lost .* restarts with WebAssembly/);
    await begun(page);
  },
  SWIFTSHADER,
);

siteTest(
  "A page that nobody sees learns nothing, and goes on when it is seen again",
  async (page, address) => {
    await page.goto(`${address}#device=cpu`);
    await begun(page);
    const hide = (hidden: boolean): Promise<unknown> =>
      page.evaluate(
        `Object.defineProperty(document, "hidden", { configurable: true, get: () => ${hidden} });` +
          'document.dispatchEvent(new Event("visibilitychange"))',
      );
    await hide(true);
    const stood = parseInt(await says(page, ".planes .reading", /^\d+ steps\. /));
    // Each of these looks is answered by the Worker, between two steps if it made any.
    for (let k = 0; k < 5; k++) {
      const picture = await pictureOf(page, "#landscape");
      await page.locator("#looked-x").fill(String(k - 5));
      await redrawn(page, "#landscape", picture);
      assert.equal(parseInt(await textOf(page, ".planes .reading")), stood);
    }
    await hide(false);
    await says(page, ".planes .reading", /^\d+ steps, \d+ updates\/s/);
    await holds(page, `parseInt(document.querySelector(".planes .reading").textContent) > ${stood}`);
  },
);

siteTest(
  "On a phone, in the dark and in print size, nothing hangs out and axe finds no serious fault",
  async (page, address) => {
    for (const name of ["", "gallery.html", "use.html"]) {
      for (const scheme of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme: scheme });
        await page.setViewportSize({ width: 390, height: 844 });
        await page.goto("about:blank");
        await page.goto(
          `${address}${name}${
            name === "" ? "#device=cpu&hidden=16,16&at=10&learn=soft-q,ddpg&particles=on" : ""
          }`,
        );
        if (name === "") await untilSteps(page, 10);
        await page.evaluate("document.querySelectorAll('details').forEach((each) => each.open = true)");
        await holds(page, "document.documentElement.scrollWidth <= innerWidth");
        assert.deepEqual(await faults(page), [], `${name} ${scheme}`);
      }
    }
    // Resized, the pictures are drawn again for their new size.
    await page.goto("about:blank");
    await page.goto(`${address}#device=cpu&at=10`);
    await untilSteps(page, 10);
    const narrow: number = await page.evaluate("document.querySelector('#curves').width");
    await page.setViewportSize({ width: 1280, height: 900 });
    await holds(page, `document.querySelector('#curves').width > 1.5 * ${narrow}`);
  },
);

siteTest("A page that is opened unseen learns nothing until it is seen", async (page, address) => {
  await page.addInitScript(
    'Object.defineProperty(document, "hidden", { configurable: true, get: () => globalThis.seen !== true })',
  );
  await page.goto(`${address}#device=cpu`);
  await says(page, ".planes .reading", /^0 steps\. /);
  for (let k = 0; k < 30; k++) await frames(page);
  assert.match(await textOf(page, ".planes .reading"), /^0 steps\. /);
  await page.evaluate('globalThis.seen = true; document.dispatchEvent(new Event("visibilitychange"))');
  await begun(page);
});

siteTest(
  "The address tells which learner is in front, and that a page stood still before its first step",
  async (page, address) => {
    await page.goto(`${address}#device=cpu&hidden=16,16&at=20&learn=soft-q,ddpg`);
    await untilSteps(page, 20);
    await page.locator(".planes input").nth(1).check();
    await holds(page, "/learn=soft-q,ddpg&front=ddpg/.test(location.hash)");
    await says(page, "#field-reading", /^The largest Q at the ringed state/);
    await page.locator("#reset").click();
    await holds(page, "/[&]at=0$/.test(location.hash)");
    const shared: string = await page.evaluate("location.href");
    await page.goto("about:blank");
    await page.goto(shared);
    await untilSteps(page, 0);
    await says(page, "#play", "Play");
    await says(page, "#field-reading", /^The largest Q at the ringed state/);
  },
);

siteTest(
  "The address tells how far each learner has come, and at which of its own steps α was changed",
  async (page, address) => {
    /** The steps of the learners, once all stand still and the address says so. */
    const stand = async (): Promise<readonly [string, string]> => {
      await says(page, "#play", "Play");
      const [soft, sac] = await eventually(
        page,
        () => page.locator(".planes .reading").allInnerTexts(),
        (texts) => texts.length === 2 && texts.every((text) => /^\d+ steps\./.test(text)),
        "the learners, which should stand still,",
      );
      return [String(parseInt(soft!)), String(parseInt(sac!))];
    };
    // Soft Q-learning has ten steps' start, so that α changes at another step of each.
    await page.goto(`${address}#device=cpu&hidden=16,16&learn=soft-q,sac&at=130&at-sac=120`);
    assert.deepEqual(await stand(), ["130", "120"]);
    await page.locator("[data-alpha='1']").click();
    for (let k = 0; k < 3; k++) {
      await page.locator("#update").click();
      await eventually(
        page,
        () => page.locator(".planes .reading").allInnerTexts(),
        ([soft = "", sac = ""]) => parseInt(soft) === 131 + k && parseInt(sac) === 121 + k,
        "the learners, which should make one update each,",
      );
    }
    assert.deepEqual(await stand(), ["133", "123"]);
    await holds(
      page,
      "/alpha=10;1@130&.*at=133&alpha-sac=10;1@120&at-sac=123$/.test(location.hash)",
    );
    const savedBy = async (k: number): Promise<Uint8Array> => {
      await page.locator(".planes input").nth(k).check();
      return await saved(page);
    };
    const learned = [await savedBy(0), await savedBy(1)];
    await holds(
      page,
      "/front=sac&alpha=10;1@120&.*at=123&alpha-soft-q=10;1@130&at-soft-q=133$/.test(location.hash)",
    );
    const shared: string = await page.evaluate("location.href");
    await page.goto("about:blank");
    await page.goto(shared);
    assert.deepEqual(await stand(), ["133", "123"]);
    assert.deepEqual([await savedBy(0), await savedBy(1)], learned);
  },
);

siteTest("The page is used by keys alone", async (page, address) => {
  await page.goto(`${address}#device=cpu&at=5`);
  await untilSteps(page, 5);
  await reach(page, "play");
  await page.keyboard.press("Enter");
  await says(page, "#play", "Pause");
  await page.keyboard.press("Space");
  await says(page, "#play", "Play");
  await reach(page, "alpha");
  for (let k = 0; k < 5; k++) await page.keyboard.press("ArrowLeft");
  await eventually(page, () => textOf(page, "#alpha-value"), (alpha) => Number(alpha) < 10, "α");
  // A goal is moved step by step, and the focus stays with it.
  await reach(page, "add-goal");
  for (let k = 0; k < 3; k++) await page.keyboard.press("Shift+Tab");
  assert.equal(await focused(page), "Goal 4, x");
  for (let k = 0; k < 3; k++) await page.keyboard.press("ArrowUp");
  await holds(page, "/goals=5,0;-5,0;0,5;0.3,-5/.test(location.hash)");
  assert.equal(await focused(page), "Goal 4, x");
  await reach(page, "looked-x");
  for (let k = 0; k < 10; k++) await page.keyboard.press("ArrowRight");
  await says(page, "#looked", "(1.0, 0.0)");
  await reach(page, "particles");
  await page.keyboard.press("Space");
  await says(page, "#landscape-reading", /32 moving particles/);
});

siteTest(
  "Who wants little motion is shown a page that stands still until it is played",
  async (page, address) => {
    await page.emulateMedia({ reducedMotion: "reduce" });
    await page.goto(address);
    await says(page, ".planes .reading", /^0 steps\./);
    await says(page, "#play", "Play");
    for (let k = 0; k < 10; k++) await frames(page);
    assert.match(await textOf(page, ".planes .reading"), /^0 steps\./);
    await page.locator("#play").click();
    await begun(page);
  },
);
