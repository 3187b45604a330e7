/** The gallery and the page of documentation in a real browser. */

import { quadruped } from "../../envs/quadruped.ts";
import { swimmer } from "../../envs/swimmer.ts";
import type { View } from "../../envs/view.ts";
import { claimsIn, GALLERY_POLICIES, taskOf } from "../../site/gallery/policies.ts";
import { assert } from "../deps.ts";
import { coloursOf, type Page } from "./browser.ts";
import { drop } from "./files.ts";
import { reach } from "./keys.ts";
import { notices, siteTest, untilSteps } from "./site.ts";
import { counts, eventually, frames, holds, pictureOf, redrawn, says, textOf } from "./waiting.ts";

/** Seconds and place of the body in front, as a caption has them. */
function placeIn(caption: string): { seconds: number; body: number; x: number; y: number } {
  const found = /^([\d.]+) s · body (\d+): centre of mass x (-?[\d.]+) m, y (-?[\d.]+) m/.exec(caption);
  assert(found !== null, caption);
  const [seconds, body, x, y] = found.slice(1).map(Number) as [number, number, number, number];
  return { seconds, body, x, y };
}

/** Waits until the bodies have lived so many steps. */
const lived = (page: Page, steps: number): Promise<unknown> =>
  holds(page, `Number(document.getElementById("time").max) >= ${steps}`);

/** Goes to a step by the slider, which also pauses, and says where the body in front is there. */
async function at(page: Page, step: number, { interval }: View): Promise<ReturnType<typeof placeIn>> {
  await page.locator("#time").fill(String(step));
  await says(page, "#play", "Play");
  return placeIn(await says(page, "#caption", new RegExp(`^${(step * interval).toFixed(2)} s `)));
}

/** Runs until there is a step, and goes to it. */
async function runTo(page: Page, step: number, view: View): Promise<ReturnType<typeof placeIn>> {
  await page.locator("#play").click();
  await lived(page, step);
  return await at(page, step, view);
}

/** Share of the picture that has the walls' colour, the muted ink with an opacity of 0.6. */
const wallShare = (page: Page): Promise<number> =>
  page.evaluate(`(() => {
    const canvas = document.getElementById("above"), sheet = document.createElement("canvas").getContext("2d");
    sheet.fillStyle = getComputedStyle(document.documentElement).getPropertyValue("--muted");
    sheet.fillRect(0, 0, 1, 1);
    const muted = sheet.getImageData(0, 0, 1, 1).data;
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    let found = 0;
    // The ground is the style sheet's: where nothing is drawn the canvas is clear.
    for (let k = 0; k < data.length; k += 4) {
      const like = [0, 1, 2].every((i) => Math.abs(data[k + i] - muted[i]) <= 3);
      if (like && Math.abs(data[k + 3] - 153) <= 2) found++;
    }
    return 4 * found / data.length;
  })()`);

siteTest("In the gallery bodies run, can be pushed, followed and looked back at", async (page, address) => {
  const view = quadruped().view!;
  await page.goto(`${address}gallery.html#policy=pretrain-ddpg-steady-0&world=maze&seed=2`);
  await page.locator("#numbers dd").first().waitFor();
  await says(page, "#command", /cli\.ts train pretrain --algorithm ddpg/);
  await lived(page, 40);
  assert(await coloursOf(page, "#above") > 30 && await coloursOf(page, "#side") > 5);
  // Paused, it stands still; and the slider goes back to what was.
  const later = await at(page, 30, view), still = await pictureOf(page, "#above");
  await frames(page);
  assert.equal(await pictureOf(page, "#above"), still);
  const stood = await at(page, 20, view);
  await redrawn(page, "#above", still);
  // Pushed to the right from where it stands: it is elsewhere in the same step as before.
  await page.locator("#push-right").click();
  await holds(page, 'document.getElementById("time").max === "20"');
  const pushed = await runTo(page, 30, view);
  assert(pushed.x > later.x + 0.1, `from ${stood.x} to ${later.x} as it was, and to ${pushed.x} when pushed`);
  const wide = await pictureOf(page, "#above");
  await page.locator("#follow").check();
  await redrawn(page, "#above", wide);
  await page.locator("#bodies input").nth(2).check();
  assert.equal(placeIn(await says(page, "#caption", / body 3: /)).seconds, pushed.seconds);
  // Another body, with another task.
  await page.locator("#policy").selectOption("swimmer-soft-q-30-million-line-1.5-0");
  await says(page, "#caption", /speed along x/);
  await page.locator("#worlds").waitFor({ state: "hidden" });
  await page.locator("#side").waitFor({ state: "hidden" });
  await holds(page, "location.hash.startsWith('#policy=swimmer-soft-q-30-million-line-1.5-0&')");
});

siteTest(
  "Every gallery policy runs in its world, with its command, the study's numbers and its own",
  async (page, address) => {
    const claims = claimsIn(
      await Deno.readTextFile(new URL("../../results/claims.json", import.meta.url)),
    );
    for (const { run, title, world, claims: ofIt } of GALLERY_POLICIES) {
      await page.goto("about:blank");
      await page.goto(`${address}gallery.html#policy=${run}`);
      await lived(page, 20);
      assert.equal(await page.evaluate("document.getElementById('policy').selectedOptions[0].text"), title);
      const json = JSON.parse(
        await Deno.readTextFile(new URL(`../../results/${run}/run.json`, import.meta.url)),
      );
      await says(page, "#command", json.command);
      // What stands there is the study's rows, and the run's own evaluation.
      const rows: readonly { readonly found: string; readonly n: number }[] = claims.filter(ofIt);
      assert(rows.length > 0);
      const shown = await page.locator("#claims dd").allInnerTexts();
      assert.deepEqual(
        shown.map((text) => text.replace(/: (not )?met/, "")),
        rows.map(({ found, n }) => `${found.replace(/\s+/g, " ")} (${n} ${n === 1 ? "seed" : "seeds"})`),
      );
      const { evaluation: [own] } = JSON.parse(
        await Deno.readTextFile(new URL(`../../results/${run}/summary.json`, import.meta.url)),
      );
      await page.locator("#numbers dd", { hasText: String(own.episodes) }).first().waitFor();
      // Walls are drawn where there are any: a colour that nothing else has.
      await says(page, "#play", "Pause");
      const walls = await wallShare(page);
      assert(world === undefined ? walls === 0 : walls > 0.02, `${run}: ${walls} of the picture are walls`);
    }
  },
);

siteTest("A gallery's address with nonsense is told, and bodies run all the same", async (page, address) => {
  await page.goto(`${address}gallery.html#policy=none&seed=x&world=narrow-hallway`);
  const said = await notices(page, 2);
  assert.match(said[0]!, /“policy=none”, which this page does not know/);
  assert.match(said[1]!, /“seed=x”, which this page does not know/);
  await lived(page, 4);
  await holds(page, 'document.getElementById("world").value === "narrow-hallway"');
  // An address that is put in the place of this one counts, though it names the same page.
  await page.evaluate("void (location.hash = '#policy=swimmer-soft-q-30-million-line-1.5-0&seed=2')");
  await says(page, "#caption", /speed along x/);
  await holds(page, 'document.getElementById("policy").value === "swimmer-soft-q-30-million-line-1.5-0"');
});

siteTest(
  "The gallery is used by keys alone, stands still for who wants little motion, and opens no files",
  async (page, address) => {
    await page.emulateMedia({ reducedMotion: "reduce" });
    await page.goto(`${address}gallery.html#seed=1`);
    await page.locator("#numbers dd").first().waitFor();
    await says(page, "#caption", /^0\.00 s /);
    await says(page, "#play", "Play");
    for (let k = 0; k < 10; k++) await frames(page);
    assert.match(await textOf(page, "#caption"), /^0\.00 s /);
    await reach(page, "play");
    await page.keyboard.press("Enter");
    await says(page, "#play", "Pause");
    await lived(page, 30);
    await page.keyboard.press("Space");
    await says(page, "#play", "Play");
    await reach(page, "time");
    await page.keyboard.press("Home");
    await says(page, "#caption", /^0\.00 s · body 1: /);
    await page.keyboard.press("ArrowRight");
    const { interval } = taskOf(GALLERY_POLICIES[0]!, "plane").view!; // the page's first policy
    await says(page, "#caption", new RegExp(`^${interval.toFixed(2)} s · body 1: `));
    await reach(page, "count");
    await page.keyboard.press("ArrowDown");
    await counts(page, "#bodies input", 5);
    await reach(page, "follow");
    const wide = await pictureOf(page, "#above");
    await page.keyboard.press("Space");
    await redrawn(page, "#above", wide);
    await page.keyboard.press("Tab");
    await page.keyboard.press("ArrowRight");
    await says(page, "#caption", / body 2: /);
    // A push by a key: it is seen in the state from which the bodies go on.
    await reach(page, "push-up");
    const still = await pictureOf(page, "#above");
    await page.keyboard.press("Enter");
    await page.locator("#play").focus();
    await page.keyboard.press("Enter");
    await lived(page, 4);
    await page.keyboard.press("Enter");
    await says(page, "#play", "Play");
    await redrawn(page, "#above", still);
    await page.locator("#policy").focus();
    await page.keyboard.press("ArrowDown");
    await holds(page, `location.hash.startsWith("#policy=${GALLERY_POLICIES[1]!.run}&")`);

    const policy = await Deno.readFile(
      new URL("../../site/examples/multi-goal.safetensors", import.meta.url),
    );
    for (const name of ["gallery.html", "use.html"]) {
      await page.goto("about:blank");
      await page.goto(address + name);
      assert(await drop(page, "mine.safetensors", policy), "the browser leaves the page for the file");
      assert.match(
        (await notices(page, 1))[0]!,
        /^mine\.safetensors was not opened: this page opens no files\./,
      );
    }
  },
);

siteTest("A body is pushed by the pointer: its life is another from there", async (page, address) => {
  const view = swimmer().view!;
  await page.goto(`${address}gallery.html#policy=swimmer-soft-q-30-million-line-1.5-0&seed=1`);
  await lived(page, 1);
  await page.locator("#count").fill("1");
  await page.locator("#count").dispatchEvent("change");
  await holds(page, "document.querySelectorAll('#bodies input').length === 1");
  await page.locator("#follow").check();
  await lived(page, 60);
  const later = await at(page, 60, view);
  await at(page, 30, view);
  await frames(page); // the camera is where the body is
  const box = (await page.locator("#above").boundingBox())!;
  // The camera follows, so the body is in the middle.
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2 - 120, { steps: 4 });
  await page.mouse.up();
  await holds(page, 'document.getElementById("time").max === "30"');
  const pushed = await runTo(page, 60, view);
  assert(pushed.y > later.y + 0.1, `${later.y} as it was, ${pushed.y} when pushed`);
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
    /** Values that are not zero near a place. */
    const ink = (x: number, y: number, half: number): Promise<number> =>
      page.evaluate(
        `document.querySelector("canvas").getContext("2d").getImageData(${x - half}, ${y - half}, ${
          2 * half
        }, ${2 * half})` +
          ".data.reduce((n, value) => n + (value > 0 ? 1 : 0), 0)",
      );
    // Ink in all four directions, near each goal, and none in the corners between them.
    for (const [x, y] of [[350, 210], [70, 210], [210, 70], [210, 350]]) {
      await eventually(page, () => ink(x, y, 40), (found) => found > 100, `ink at ${x}, ${y}`);
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
  await lived(page, 4);
});
