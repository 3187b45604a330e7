/** What each control of the playground does, seen in what is learned, said and drawn. */

import { E } from "../../src/deps.ts";
import { GOALS } from "../../envs/point_mass.ts";
import { boxesOf } from "../../site/playground/boxes.ts";
import { type Exact, solve } from "../../site/playground/exact_worker.ts";
import { PLAY_DEFAULTS, type PlayOptions } from "../../site/playground/options.ts";
import { curvesReading } from "../../site/playground/readings.ts";
import { openSession } from "../../site/playground/session.ts";
import { cpuDevice } from "../../src/device/cpu.ts";
import { assert } from "../deps.ts";
import type { Page } from "./browser.ts";
import { saved, siteTest, untilSteps, withExact } from "./site.ts";
import { eventually, holds, says, textOf } from "./waiting.ts";

const HIDDEN = [16, 16];

/** The file that a page with these options saves after its first update, made without a page. */
async function learnedBy(changes: Partial<PlayOptions>): Promise<Uint8Array> {
  const device = cpuDevice({ workers: 1 });
  const opened = await openSession(device, { ...PLAY_DEFAULTS, hidden: HIDDEN, ...changes }, "soft-q", [
    0,
    0,
  ]);
  assert(E.isRight(opened));
  const session = opened.right;
  while (session.progress().updates < 1) assert(E.isRight(await session.advance()));
  const file = await session.save();
  session.close();
  device.close();
  assert(E.isRight(file));
  return file.right;
}

siteTest(
  "Each control changes what is learned to what the library learns with that option, and back again",
  async (page, address) => {
    await page.goto(`${address}#device=cpu&hidden=${HIDDEN}&at=0`);
    await untilSteps(page, 0);
    await page.locator("#algorithm-details summary").click();
    const learned = async (): Promise<Uint8Array> => {
      await untilSteps(page, 0);
      await page.locator("#update").click();
      await untilSteps(page, 100); // learning begins with 100 transitions
      return await saved(page);
    };
    const first = await learned();
    assert.deepEqual(first, await learnedBy({}));
    // One after the other, so that each is seen on top of those before it.
    const choices: readonly (readonly [id: string, Partial<PlayOptions>])[] = [
      ["reward", { variant: "mixture-of-gaussians" }],
      ["squash", { squash: "post-tanh" }],
      ["proposal", { proposal: "mixture" }],
      ["bandwidth", { bandwidth: "paper" }],
      ["normalisation", { normalisation: "layer" }],
      ["seed", { seed: 5 }],
    ];
    let options: Partial<PlayOptions> = {}, before = first;
    for (const [id, change] of choices) {
      const [value] = Object.values(change);
      options = { ...options, ...change };
      if (id === "seed") {
        await page.locator("#seed").fill(String(value));
        await page.keyboard.press("Enter");
      } else await page.locator(`#${id}`).selectOption(String(value));
      const found = await learned();
      assert.deepEqual(found, await learnedBy(options), id);
      assert.notDeepEqual(found, before, `${id} changes nothing`);
      assert.match(await page.evaluate("location.hash"), new RegExp(`[#&]${id}=${value}(&|$)`));
      before = found;
    }
    // The address alone brings all of it back.
    const shared: string = await page.evaluate("location.href");
    await page.goto("about:blank");
    await page.goto(shared);
    await untilSteps(page, 100);
    assert.deepEqual(await saved(page), before);
    await page.locator("#reset").click(); // new networks of the same seed
    assert.deepEqual(await learned(), before);
  },
);

/** The height in a picture at which a box has most of a colour, in rows from the top of the picture. */
const lineIn = (page: Page, box: string, ink: string): Promise<number> =>
  page.evaluate(`(() => {
    const canvas = document.getElementById("curves"), { left, top, wide, tall } = ${box};
    const sheet = document.createElement("canvas").getContext("2d");
    sheet.fillStyle = getComputedStyle(document.documentElement).getPropertyValue("--${ink}");
    sheet.fillRect(0, 0, 1, 1);
    const wanted = sheet.getImageData(0, 0, 1, 1).data;
    const x = Math.round(left + 0.2 * wide), y = Math.round(top) - 1, w = Math.round(0.75 * wide), h = Math.round(tall) + 2;
    const { data } = canvas.getContext("2d").getImageData(x, y, w, h);
    const ink = Array.from({ length: h }, (_, row) => {
      let sum = 0;
      for (let k = 4 * row * w; k < 4 * (row + 1) * w; k += 4) {
        const like = [0, 1, 2].every((i) => Math.abs(data[k + i] - wanted[i]) <= 8);
        if (like && data[k + 3] > 30) sum += data[k + 3];
      }
      return sum;
    });
    // A line of more than a pixel lies in two rows or three.
    const most = ink.indexOf(Math.max(...ink)), near = [most - 1, most, most + 1];
    const total = near.reduce((sum, row) => sum + (ink[row] ?? 0), 0);
    return y + near.reduce((sum, row) => sum + (row + 0.5) * (ink[row] ?? 0), 0) / total;
  })()`);

siteTest(
  "The exact solution is drawn and told as src/exact has it, and speeds are kept",
  async (page, address) => {
    await withExact(page);
    await page.goto(`${address}#device=cpu&hidden=${HIDDEN}&at=0`);
    await untilSteps(page, 0);
    const exact: Exact = solve({ id: 0, variant: "final-code", goals: GOALS, temperature: 10 });
    const [, told] = (await says(page, "#curves-reading", /\. The exact solution: /)).split(". The exact");
    const none = { step: 0, meanReturn: 0, goalShares: [], entropy: null };
    assert.equal(told, curvesReading(none, exact).replaceAll("−", "-").split(". The exact")[1]);
    // Nothing else is drawn beyond the first step.
    const [width, height] = await page.evaluate<readonly [number, number]>(
      '(({ clientWidth, clientHeight }) => [clientWidth, clientHeight])(document.getElementById("curves"))',
    );
    const boxes = boxesOf(width, height, 3);
    const lines = [[2, "ink", exact.entropy, -0.5, 1.45], [
      1,
      "goal-3",
      exact.goalShares[3]!,
      0,
      0.6,
    ]] as const;
    for (const [k, ink, value, least, most] of lines) {
      const { top, tall } = boxes[k]!, row = await lineIn(page, JSON.stringify(boxes[k]), ink);
      const drawn = most - (most - least) * (row - top) / tall;
      assert(
        Math.abs(drawn - value) < 1.5 * (most - least) / tall,
        `${ink}: ${drawn} is drawn, not ${value}`,
      );
    }

    /** Steps made, and the time by the page's own clock, s. */
    const now = async (): Promise<readonly [steps: number, seconds: number]> => {
      const [text, time] = await page.evaluate<readonly [string, number]>(
        'Promise.resolve([document.querySelector(".planes .reading").textContent, performance.now() / 1000])',
      );
      return [parseInt(text), time];
    };
    await page.locator("#speed").selectOption("10");
    await page.locator("#play").click();
    await holds(page, 'parseInt(document.querySelector(".planes .reading").textContent) >= 1');
    const [begun, from] = await now();
    await holds(page, `parseInt(document.querySelector(".planes .reading").textContent) >= ${begun + 4}`);
    const [ended, to] = await now();
    // A learner that is late may make up for 0.2 s; a view may be older than the clock that is read after it.
    assert(ended - begun <= 10 * (to - from) + 8, `${ended - begun} steps in ${to - from} s`);
    assert.match(await page.evaluate("location.hash"), /[#&]speed=10(&|$)/);
    await page.locator("#speed").selectOption("0");
    await eventually(
      page,
      () => textOf(page, ".planes .reading"),
      (text) => Number(/, (\d+) updates\/s/.exec(text)?.[1]) > 12,
      "the rate of the fastest speed",
    );
  },
);
