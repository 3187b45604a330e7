/** The playground in all its states: steered, shared, small, dark, by keys alone, and where something is missing. */

import { assert, axe } from "../deps.ts";
import type { Page } from "./browser.ts";
import { holds, reading, siteTest, SWIFTSHADER, until, untilSteps } from "./site.ts";

const text = (page: Page, selector: string): Promise<string> => page.locator(selector).first().innerText();
const notices = (page: Page): Promise<readonly string[]> => page.locator("#notices .notice").allInnerTexts();

/** How spread the sampler's actions are in the looked-at state. */
async function deviations(page: Page): Promise<readonly number[]> {
  const found = /deviations ([\d.]+) and ([\d.]+)/.exec(await text(page, "#landscape-reading"));
  assert(found !== null);
  return found.slice(1).map(Number);
}

/** What a canvas shows, as the number of pixels that are not of its first colour. */
const pixels = (page: Page, selector: string): Promise<string> =>
  page.locator(selector).first().evaluate((canvas) =>
    (canvas as unknown as { toDataURL: () => string }).toDataURL()
  );

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
    await page.goto(`${address}#device=cpu&hidden=32,32&at=500&state=2.5,2.5`);
    await untilSteps(page, 500);
    const before = await until(page, ({ step }) => step === 500, 60);
    await page.locator("#curves-reading", { hasText: "Exactly" }).waitFor();
    const exactly = async (): Promise<number> =>
      Number(
        /Exactly: return [^,]*, entropy (-?[\d.]+)/.exec(
          (await text(page, "#curves-reading")).replaceAll("−", "-"),
        )![1],
      );
    const exactBefore = await exactly();
    await page.locator("#alpha").fill("20");
    assert.equal(await text(page, "#alpha-value"), "1.26");
    await page.locator("#play").click();
    await until(page, ({ step }) => step >= 900, 170);
    await page.locator("#play").click();
    await holds(page, "/[&#]at=\\d+/.test(location.hash)");
    await page.waitForTimeout(500); // the view after the pause
    const after = (await reading(page))!;
    assert(after.entropy! < before.entropy! - 0.3, `${before.entropy} to ${after.entropy}`);
    await page.locator("#curves-reading", { hasText: "Exactly" }).waitFor();
    assert(await exactly() < exactBefore - 0.8);
    // The address has the whole story, and tells it again.
    const shared = page.url(), steps = Number(/[&#]at=(\d+)/.exec(shared)![1]);
    assert.match(shared, /alpha=10;1\.26@500/);
    await page.goto("about:blank");
    await page.goto(shared);
    await untilSteps(page, steps);
    const again = await until(page, ({ step }) => step === after.step, 60);
    assert.deepEqual(again, after);
  },
);

siteTest("Goals are dragged, added and taken away, and are learned anew", async (page, address) => {
  await page.goto(`${address}#device=cpu&at=30`);
  await untilSteps(page, 30);
  const box = (await page.locator(".planes canvas").boundingBox())!;
  const at = (x: number, y: number): [number, number] => [
    box.x + box.width * (x / 7 + 1) / 2,
    box.y + box.height * (1 - y / 7) / 2,
  ];
  await page.mouse.move(...at(5, 0));
  await page.mouse.down();
  await page.mouse.move(...at(3, 3), { steps: 5 });
  await page.mouse.up();
  await holds(page, "/goals=3,3;-5,0;0,5;0,-5/.test(location.hash)");
  assert.equal(await page.locator("#goals .goal").count(), 4);
  await page.locator("#add-goal").click();
  assert.equal(await page.locator("#goals .goal").count(), 5);
  await page.locator("#play").click();
  await page.locator(".planes .reading", { hasText: "goal 5" }).waitFor();
  await page.getByLabel("Remove goal 2").click();
  await page.getByLabel("Remove goal 1").click();
  await holds(page, "document.querySelectorAll('#goals .goal').length === 3");
  // The state that is looked at is put by a click.
  await page.mouse.click(...at(-2, -2));
  assert.equal(await text(page, "#looked"), "(−2.0, −2.0)");
});

siteTest("Stein particles move though nothing is learned, and go away again", async (page, address) => {
  await page.goto(`${address}#device=cpu&hidden=32,32&at=200&particles=on`);
  await untilSteps(page, 200);
  await page.locator("#landscape-reading", { hasText: "32 particles" }).waitFor();
  const first = await pixels(page, "#landscape");
  await page.waitForTimeout(500);
  assert.notEqual(await pixels(page, "#landscape"), first); // they move though nothing is learned
  await page.locator("#particles").uncheck();
  await holds(page, "!document.getElementById('landscape-reading').textContent.includes('particles')");
});

siteTest(
  "A saved policy opens again as it was; foreign and damaged files are told in a sentence",
  async (page, address) => {
    await page.goto(`${address}#device=cpu&at=120&seed=4`);
    await untilSteps(page, 120);
    const download = page.waitForEvent("download");
    await page.locator("#save").click();
    const file = await (await download).path(), bytes = await Deno.readFile(file);
    const spread = await deviations(page);
    const folder = await Deno.makeTempDir();
    const give = async (name: string, content: Uint8Array): Promise<void> => {
      await Deno.writeFile(`${folder}/${name}`, content);
      await page.locator("#open").setInputFiles(`${folder}/${name}`);
    };
    await give("mine.safetensors", bytes);
    await page.locator("#notices", { hasText: "mine.safetensors is open" }).waitFor();
    await page.locator(".planes .reading", { hasText: /^0 steps/ }).waitFor();
    assert.deepEqual(await deviations(page), spread); // the same networks, asked for the same draws
    await page.locator("#update").click();
    await page.locator(".planes .reading", { hasText: /^100 steps/ }).waitFor(); // learning begins with 100 transitions
    const results = new URL("../../results/", import.meta.url);
    await give("text.safetensors", new TextEncoder().encode("no tensors here at all"));
    await give("cut.safetensors", bytes.subarray(0, bytes.length - 9));
    await give(
      "dog.safetensors",
      await Deno.readFile(new URL("pretrain-ddpg-0/parameters.safetensors", results)),
    );
    await give(
      "bare.safetensors",
      await Deno.readFile(new URL("../../site/examples/multi-goal.safetensors", import.meta.url)),
    );
    await holds(page, "document.querySelectorAll('#notices .notice').length === 5");
    const said = (await notices(page)).join("\n");
    assert.match(said, /text\.safetensors cannot be opened\. .*Is this a safetensors file/);
    assert.match(said, /cut\.safetensors cannot be opened\. The file is cut short/);
    assert.match(said, /dog\.safetensors cannot be opened\. .*it sees 27 numbers and gives 8, not 2 and 2/);
    assert.match(said, /bare\.safetensors cannot be opened\. The file has no critic/);
    // Nothing else is broken: it goes on learning.
    await page.locator("#play").click();
    await page.locator(".planes .reading", { hasText: /^1[1-9]\d steps/ }).waitFor();
    await Deno.remove(folder, { recursive: true });
  },
);

siteTest("An address with nonsense is told, and the rest of it holds", async (page, address) => {
  await page.goto(`${address}#alpha=hot&colour=red&seed=7&at=0`);
  const said = await notices(page);
  assert.equal(said.length, 2);
  assert.match(said[0], /alpha must be temperatures from 0\.5 to 50/);
  assert.match(said[1], /“colour”, which this page does not know/);
  await page.locator("#algorithm-details summary").click();
  assert.equal(await page.locator("#seed").inputValue(), "7");
});

siteTest("Without Workers, and without SIMD, the page says so in a sentence", async (page, address) => {
  await page.route("**/learn.worker.js", async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: `WebAssembly.validate = () => false;\n${await response.text()}` });
  });
  await page.goto(`${address}#at=102`);
  await page.locator("#device", { hasText: /^Learns on TypeScript, 1 thread \(no SIMD\)\./ }).waitFor();
  await untilSteps(page, 102);
  await page.addInitScript("delete globalThis.Worker");
  await page.goto("about:blank");
  await page.goto(address);
  assert.match((await notices(page)).join(), /This browser has no Workers, in which this page learns/);
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
    await page.locator("#device", { hasText: /^Learns on WebGPU/ }).waitFor();
    await page.locator(".planes .reading", { hasText: /^[1-9]\d* steps/ }).waitFor();
    for (const worker of page.workers()) await worker.evaluate("globalThis.lose?.()");
    await page.locator("#device", { hasText: /^Learns on WebAssembly/ }).waitFor();
    assert.match((await notices(page)).join(), /The GPU was lost .* begins again with WebAssembly/);
    await page.locator(".planes .reading", { hasText: /^[1-9]\d* steps/ }).waitFor();
  },
  SWIFTSHADER,
);

siteTest(
  "A page that nobody sees learns nothing, and goes on when it is seen again",
  async (page, address) => {
    await page.goto(`${address}#device=cpu`);
    await page.locator(".planes .reading", { hasText: /^[1-9]\d* steps/ }).waitFor();
    const hide = (hidden: boolean): Promise<unknown> =>
      page.evaluate(
        `Object.defineProperty(document, "hidden", { configurable: true, get: () => ${hidden} });` +
          'document.dispatchEvent(new Event("visibilitychange"))',
      );
    const steps = async (): Promise<number> => parseInt(await text(page, ".planes .reading"));
    await hide(true);
    await page.waitForTimeout(1500);
    const stood = await steps();
    await page.waitForTimeout(1000);
    assert.equal(await steps(), stood);
    await hide(false);
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
        assert.equal(await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), true, name);
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

siteTest("The page is used by keys alone", async (page, address) => {
  await page.goto(`${address}#device=cpu&at=5`);
  await untilSteps(page, 5);
  const focused = (): Promise<string> =>
    page.evaluate("document.activeElement.id || document.activeElement.textContent");
  const reach = async (id: string): Promise<void> => {
    for (let k = 0; await focused() !== id; k++) {
      assert(k < 60, `Tab does not reach ${id}`);
      await page.keyboard.press("Tab");
    }
    // What has the focus shows it.
    assert.notEqual(await page.evaluate("getComputedStyle(document.activeElement).outlineStyle"), "none");
  };
  await reach("play");
  await page.keyboard.press("Enter");
  assert.equal(await text(page, "#play"), "Pause");
  await page.keyboard.press("Space");
  await reach("alpha");
  for (let k = 0; k < 5; k++) await page.keyboard.press("ArrowLeft");
  assert(Number(await text(page, "#alpha-value")) < 10);
  await reach("looked-x");
  for (let k = 0; k < 10; k++) await page.keyboard.press("ArrowRight");
  assert.equal(await text(page, "#looked"), "(1.0, 0.0)");
  await reach("particles");
  await page.keyboard.press("Space");
  await page.locator("#landscape-reading", { hasText: "32 particles" }).waitFor();
});

siteTest(
  "Who wants little motion is shown a page that stands still until it is played",
  async (page, address) => {
    await page.emulateMedia({ reducedMotion: "reduce" });
    await page.goto(address);
    await page.locator(".planes .reading", { hasText: /^0 steps\./ }).waitFor();
    await page.waitForTimeout(500);
    assert.match(await text(page, ".planes .reading"), /^0 steps\./);
    await page.locator("#play").click();
    await page.locator(".planes .reading", { hasText: /^[1-9]\d* steps/ }).waitFor();
  },
);
