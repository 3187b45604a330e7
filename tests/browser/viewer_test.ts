/** The player of rollouts in a real browser, alone (`watch`) and in the page of a run in progress (`--live`). */

import { crc32 } from "node:zlib";
import { EXPERIMENTS } from "../../experiments/all.ts";
import { assert } from "../deps.ts";
import { withFolder } from "../run/run_fixture.ts";
import { softq, TINY } from "../cli/softq.ts";
import { browserTest, coloursOf, type Page, pointsOf } from "./browser.ts";
import { requireSound } from "./layout.ts";
import { counts, eventually, holds, PATIENCE, pictureOf, redrawn, says } from "./waiting.ts";

/** Bytes as text that can stand in an expression. */
const encodeBase64 = (bytes: Uint8Array): string =>
  btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));

/** What of a browser is not among Deno's types. */
interface Box {
  readonly getBoundingClientRect: () => { readonly top: number };
}

/** Where an element begins, in pixels below the beginning of the page. */
const topOf = (page: Page, selector: string): Promise<number> =>
  page.locator(selector).first().evaluate((element) =>
    Math.round(
      (element as unknown as Box).getBoundingClientRect().top +
        (globalThis as unknown as { scrollY: number }).scrollY,
    )
  );

/** Waits until lines have so many points each: their coordinates. */
const linesOf = (page: Page, selector: string, points: number): Promise<readonly (readonly number[])[]> =>
  eventually(
    page,
    () => pointsOf(page, selector),
    (lines) => lines.length > 0 && lines.every(({ length }) => length === 2 * points),
    `lines of ${points} points in ${selector}`,
  );

/** Keeps what is written on pictures, so that a test can read it. */
const RECORD = `window.written = [];
const fillText = CanvasRenderingContext2D.prototype.fillText;
CanvasRenderingContext2D.prototype.fillText = function (text, x, y, ...rest) {
  window.written.push([text, this.canvas.id, x, y, this.canvas.clientWidth, this.canvas.clientHeight]);
  return fillText.call(this, text, x, y, ...rest);
};`;

/** What stands on a picture after it has been drawn once more. */
const writtenOn = async (page: Page, id: string): Promise<readonly string[]> => {
  await page.evaluate("window.written = []; dispatchEvent(new Event('resize'))");
  const written = await page.evaluate("window.written") as readonly (readonly [string, string])[];
  return written.filter(([, canvas]) => canvas === id).map(([text]) => text);
};

browserTest(
  "The live page shows curves, the Q landscape with its particles and rollouts while the run goes on",
  (page) =>
    withFolder(async (folder) => {
      page.setDefaultTimeout(PATIENCE); // the machine may be busy with others
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
      await page.goto(await address);
      const status = (text: RegExp): Promise<string> => says(page, "#status", text);
      await status(/^The run begins$/);
      seen();
      await status(/^75 %, .*300\/400 steps/);
      // Evaluations after 100, 200 and 300 steps: three points of one line.
      const [curve] = await linesOf(page, `[data-quantity="evaluation.meanReturn"] .seed path`, 3);
      assert(curve[0] < curve[2] && curve[2] < curve[4], `${curve}`);
      await linesOf(page, '[data-quantity="loss"] .seed path', 6); // a line of metrics every 50 steps
      await counts(page, ".action-panel", 3);
      await counts(page, ".action-panel .actions circle", 3 * 100);
      await holds(page, 'document.querySelectorAll(".action-panel .levels path").length > 3');
      await counts(page, ".trajectories path, .trajectories polyline", 12);
      await says(page, ".own", /seed 0, 300 steps/);
      await says(page, "#policy-caption", "The policy now: 12 episodes of the policy after 300 steps");
      await counts(page, "#list button", 12);
      assert(await coloursOf(page, "#above") > 10);
      await holds(page, 'document.getElementById("progress").value === 0.75');
      // The policy stands above what was measured of it.
      assert(await topOf(page, "#viewer") < await topOf(page, "#measured"));
      await requireSound(page);
      await page.setViewportSize({ width: 1280, height: 900 });
      const places = ["#above", "#play", "#measured", '[data-quantity="loss"]', ".own", "#repeat"];
      const tops = (): Promise<readonly number[]> => Promise.all(places.map((place) => topOf(page, place)));
      const before = await tops();
      finish();
      await status(/^100 %, .* The run has ended: done$/);
      // Longer curves, another number of steps, perhaps a newer policy: and nothing is elsewhere.
      assert.deepEqual(await tops(), before);
      assert.equal((await run).code, 0);
    }),
);

browserTest(
  "Every experiment is played with its world, its goals and its measures, at every width",
  (page) =>
    withFolder(async (folder) => {
      page.setDefaultTimeout(PATIENCE); // the machine may be busy with others
      const labels = {
        "multi-goal": [
          "goal (5, 0)",
          "goal (−5, 0)",
          "goal (0, 5)",
          "goal (0, −5)",
          "x (length unit)",
          "y (length unit)",
        ],
        swimmer: ["finish line", "x (m)", "y (m)"],
        maze: ["goal", "x (m)", "y (m)", "10"],
        pretrain: ["x (m)", "y (m)"],
        transfer: ["x (m)", "y (m)"],
      };
      await page.addInitScript(RECORD);
      for (const [name, expected] of Object.entries(labels)) {
        const out = `${folder}/${name}.html`;
        const words = ["watch", `--experiment=${name}`, "--steps=30", "--episodes=3", `--out=${out}`];
        assert.equal((await softq(words, {}, EXPERIMENTS)).code, 0);
        await page.goto(`file://${out}#t=5`);
        await requireSound(page, async (width) => {
          const written = await writtenOn(page, "above");
          assert.deepEqual(expected.filter((text) => !written.includes(text)), [], `${name} at ${width}`);
          assert(written.filter((text) => /^−?[\d.]+$/.test(text)).length >= 4, "the grid has its numbers");
          assert(await coloursOf(page, "#above") > 10);
          const side = await page.locator("#side").isVisible();
          assert.equal(side, !["multi-goal", "swimmer"].includes(name));
          if (side) {
            assert((await writtenOn(page, "side")).some((text) => /^from the side: 1: return/.test(text)));
          }
          // Every outcome is written beside its rollout, and counted above all.
          await eventually(
            page,
            () => page.locator("#list small").allInnerTexts(),
            (all) => all.length === 3 && all.every((text) => text.length > 3),
            "what the rollouts came to",
          );
          await says(page, "#tally", /^[1-3] [a-z]/);
        });
        // A world with walls lies in the middle: as much room to its left as to its right.
        if (name === "maze") {
          await page.setViewportSize({ width: 1400, height: 900 });
          const at = await page.evaluate(
            "window.written = []; dispatchEvent(new Event('resize')); window.written",
          )
            .then((all) => all as readonly (readonly [string, string, number, number, number, number])[]);
          const x = (text: string): number =>
            at.find(([each, id, , y, , height]) => each === text && id === "above" && y > height - 30)![2];
          const middle = (x("10") + x("0")) / 2, width = at.find(([, id]) => id === "above")![4];
          assert(Math.abs(middle - (46 + width) / 2) < 2, `${middle} of ${width}`);
        }
      }
    }),
);

browserTest(
  "The watch page plays: the slider moves the mass, and a rollout can be taken away",
  (page) =>
    withFolder(async (folder) => {
      page.setDefaultTimeout(PATIENCE); // the machine may be busy with others
      assert.equal((await softq(["train", "multi-goal", ...TINY, `--out=${folder}/run`])).code, 0);
      assert.equal((await softq(["watch", `${folder}/run`, "--episodes=12"])).code, 0);
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
      // Twelve rollouts, twelve colours, none of them the goals'.
      const colours = await page.locator("#list .swatch").evaluateAll((all) =>
        all.map((each) => (each as unknown as { style: { background: string } }).style.background)
      );
      assert.equal(new Set(colours).size, 12);
      for (const colour of colours) {
        const hue = Number(/oklch\([\d.]+ [\d.]+ ([\d.]+)\)/.exec(colour)![1]);
        assert(hue > 85 && hue <= 365, `${colour} is near the goals' orange, whose hue is 45`);
      }
    }),
);

browserTest(
  "Keys play wherever the focus is, and the end begins anew where it loops",
  (page) =>
    withFolder(async (folder) => {
      page.setDefaultTimeout(PATIENCE); // the machine may be busy with others
      const out = `${folder}/page.html`;
      const words = ["watch", "--experiment=multi-goal", "--steps=6", "--episodes=3", `--out=${out}`];
      assert.equal((await softq(words)).code, 0);
      await page.goto(`file://${out}#t=2`);
      const step = (text: RegExp): Promise<string> => says(page, "#caption", text);
      await page.locator("#list button").nth(1).click(); // a pointer leaves no focus behind
      await page.keyboard.press("ArrowRight");
      await step(/^step 3 /);
      await counts(page, "#list div:nth-child(2) button[aria-pressed=true]", 1);
      await page.locator("#near").click();
      await page.keyboard.press("ArrowLeft");
      await step(/^step 2 /);
      await page.keyboard.press("End");
      await step(/^step 6 .*reached no goal/);
      await page.keyboard.press("Home");
      await step(/^step 0 /);
      await page.locator("#speed").selectOption("0.25");
      await page.keyboard.press("Space");
      await says(page, "#play", "Pause");
      await page.keyboard.press("Space");
      await says(page, "#play", "Play");
      await counts(page, "#near:checked", 1); // the space bar has played and nothing else
      // By Tab the controls have their own keys.
      await page.locator("#near").focus();
      await page.keyboard.press("Tab");
      await page.keyboard.press("Shift+Tab");
      await page.keyboard.press("Space");
      await counts(page, "#near:checked", 0);
      await page.evaluate("document.activeElement.blur()");
      await page.keyboard.press("End");
      await step(/^step 6 /);
      await page.keyboard.press("Space"); // from the end it begins anew
      await step(/^step [1-5] /);
      await step(/^step 6 /);
      await step(/^step [0-5] /);
      await says(page, "#play", "Pause"); // it goes on
      await page.keyboard.press("l");
      await counts(page, "#loop:checked", 0);
      await says(page, "#play", "Play");
      await step(/^step 6 /);
      // Where there is no room for a picture, as before a page is laid out, none is drawn and nothing fails.
      for (const width of [40, 8, 60, 1280]) {
        await page.setViewportSize({ width, height: 900 });
        await page.evaluate("dispatchEvent(new Event('resize')); new Promise(requestAnimationFrame)");
      }
      assert(await coloursOf(page, "#above") > 10);
    }),
);

browserTest(
  "The picture can be saved as a PNG, and the best checkpoint can be played",
  (page) =>
    withFolder(async (folder) => {
      page.setDefaultTimeout(PATIENCE); // the machine may be busy with others
      assert.equal((await softq(["train", "multi-goal", ...TINY, `--out=${folder}/run`])).code, 0);
      assert.equal((await softq(["watch", `${folder}/run`, "--best"])).code, 0);
      const { best } = JSON.parse(await Deno.readTextFile(await manifestOf(`${folder}/run`)));
      await page.goto(`file://${folder}/run/watch.html#t=3`);
      assert.match(
        await page.locator("main > .muted").innerText(),
        new RegExp(
          `the policy after ${best.steps} steps \\(the best checkpoint, .*checkpoint/${best.steps}/state.safetensors\\)$`,
        ),
      );
      const wanted = page.waitForEvent("download");
      await page.locator("#save").click();
      const saved = await wanted;
      assert.equal(saved.suggestedFilename(), "multi-goal-soft-q-seed-0-3.png");
      const bytes = await Deno.readFile((await saved.path())!);
      assert.deepEqual([...bytes.subarray(1, 4)], [..."PNG"].map((letter) => letter.charCodeAt(0)));
      const view = new DataView(bytes.buffer), width = view.getUint32(16), height = view.getUint32(20);
      const shown = await page.locator("#above").boundingBox();
      assert(Math.abs(width - shown!.width) <= 3 && height > shown!.height + 50, `${width} × ${height}`);
    }),
);

/** A chunk of a PNG. */
interface Chunk {
  readonly type: string;
  readonly data: Uint8Array;
}

/** The chunks of a PNG, of which each must have the right check. */
function chunksOf(bytes: Uint8Array): readonly Chunk[] {
  assert.deepEqual([...bytes.subarray(0, 8)], [137, 80, 78, 71, 13, 10, 26, 10]);
  const view = new DataView(bytes.buffer, bytes.byteOffset), found: Chunk[] = [];
  for (let at = 8; at < bytes.length;) {
    const length = view.getUint32(at), end = at + 8 + length;
    assert.equal(view.getUint32(end), crc32(bytes.subarray(at + 4, end)));
    found.push({
      type: new TextDecoder().decode(bytes.subarray(at + 4, at + 8)),
      data: bytes.subarray(at + 8, end),
    });
    at = end + 4;
  }
  return found;
}

/** Decodes an animation as Chromium does and compares its frames with the picture that the player shows at each: the differences. */
const COMPARE = `async (base64) => {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const decoder = new ImageDecoder({ data: bytes, type: "image/png" });
  await decoder.tracks.ready;
  await decoder.completed;
  const above = document.getElementById("above"), slider = document.getElementById("time"), found = [];
  for (let frameIndex = 0; frameIndex < decoder.tracks.selectedTrack.frameCount; frameIndex++) {
    const { image } = await decoder.decode({ frameIndex });
    slider.value = String(frameIndex);
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    const canvas = document.createElement("canvas");
    canvas.width = above.width;
    canvas.height = above.height;
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, -28);
    const pixels = (of) => new Uint32Array(of.getImageData(0, 0, above.width, above.height).data.buffer);
    const shown = pixels(above.getContext("2d"));
    found.push(pixels(context).reduce((sum, pixel, k) => sum + (pixel === shown[k] ? 0 : 1), 0));
    image.close();
  }
  return found;
}`;

browserTest(
  "An animation can be saved: a valid picture with every frame as the player shows it, for as long",
  (page) =>
    withFolder(async (folder) => {
      page.setDefaultTimeout(PATIENCE); // the machine may be busy with others
      const out = `${folder}/page.html`;
      const words = ["watch", "--experiment=multi-goal", "--steps=6", "--episodes=3", `--out=${out}`];
      assert.equal((await softq(words)).code, 0);
      await page.goto(`file://${out}#t=2`);
      await page.locator("#speed").selectOption("0.5");
      const wanted = page.waitForEvent("download");
      await page.locator("#film").click();
      const saved = await wanted;
      assert.match(saved.suggestedFilename(), /^[\w.-]+-animated\.png$/);
      // The player stands where it stood, and can be used again.
      await says(page, "#film", "Save animation");
      await says(page, "#caption", /^step 2 /);
      await counts(page, ".controls :disabled", 0);
      const bytes = await Deno.readFile((await saved.path())!), chunks = chunksOf(bytes);
      assert.deepEqual(
        chunks.map(({ type }) => type),
        ["IHDR", "acTL", "fcTL", "IDAT", ...Array.from({ length: 6 }, () => ["fcTL", "fdAT"]).flat(), "IEND"],
      );
      const view = (data: Uint8Array): DataView => new DataView(data.buffer, data.byteOffset);
      const of = (type: string): readonly DataView[] =>
        chunks.filter((chunk) => chunk.type === type).map(({ data }) => view(data));
      // Seven frames, repeated for ever; the numbers of chunks rise by one.
      assert.deepEqual([0, 4].map((at) => of("acTL")[0].getUint32(at)), [7, 0]);
      const numbered = chunks.filter(({ type }) => type === "fcTL" || type === "fdAT");
      numbered.forEach(({ data }, k) => assert.equal(view(data).getUint32(0), k));
      const interval = await page.evaluate(
        'JSON.parse(document.getElementById("motion").textContent).interval',
      );
      const delays = of("fcTL").map((control) => control.getUint16(20) / control.getUint16(22));
      for (const delay of delays.slice(0, -1)) assert.equal(delay, 2 * Number(interval)); // at half the speed
      assert.equal(delays.at(-1), Math.max(0.8, 2 * Number(interval)));
      // Later frames hold no more than what has changed.
      const areas = of("fcTL").map((control) => control.getUint32(4) * control.getUint32(8));
      assert(areas.slice(1).every((area) => area < areas[0] / 2), areas.join());
      const differences = await page.evaluate(`(${COMPARE})("${encodeBase64(bytes)}")`);
      assert.deepEqual(differences, [0, 0, 0, 0, 0, 0, 0]);
      // Pressed twice, it stops and saves nothing.
      let downloads = 0;
      page.on("download", () => downloads++);
      await page.evaluate('document.getElementById("film").click(); document.getElementById("film").click()');
      await counts(page, ".controls :disabled", 0);
      await says(page, "#film", "Save animation");
      assert.equal(downloads, 0);
    }),
);

/** The file of a run's newest checkpoint. */
async function manifestOf(run: string): Promise<string> {
  const { steps } = JSON.parse(await Deno.readTextFile(`${run}/checkpoint/latest.json`));
  return `${run}/checkpoint/${steps}/manifest.json`;
}
