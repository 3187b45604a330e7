/** Files of policies between the page, the command line and strangers. */

import { E } from "../../src/deps.ts";
import { decode } from "../../src/train/safetensors.ts";
import { GOAL_RADIUS, GOALS } from "../../envs/point_mass.ts";
import { ALGORITHMS, commandOf, HORIZON, PLAY_DEFAULTS, titleOf } from "../../site/playground/options.ts";
import { assert } from "../deps.ts";
import { softq } from "../cli/softq.ts";
import { withFolder } from "../run/run_fixture.ts";
import { coloursOf } from "./browser.ts";
import { choose, drop } from "./files.ts";
import { deviations, notices, saved, siteTest, untilSteps } from "./site.ts";
import { holds, pictureOf, redrawn, says } from "./waiting.ts";

const RESULTS = new URL("../../results/", import.meta.url);
const fileOf = (name: string): Promise<Uint8Array> => Deno.readFile(new URL(name, RESULTS));

siteTest("A policy that is saved opens again as it was, and learns on", async (page, address) => {
  await page.goto(`${address}#device=cpu&at=120&seed=4`);
  await untilSteps(page, 120);
  const bytes = await saved(page), spread = await deviations(page);
  await choose(page, "mine.safetensors", bytes);
  await says(page, "#notices", /mine\.safetensors is open/);
  await untilSteps(page, 0);
  assert.deepEqual(await deviations(page), spread); // the same networks, asked for the same draws
  await page.locator("#update").click();
  await untilSteps(page, 100); // learning begins with 100 transitions
  const learned = await saved(page);
  assert.notDeepEqual(learned, bytes);

  // The address names the file, which this browser has kept: opened again, the page learns the same from it.
  await holds(page, "/[#&]at=100&file=[0-9a-f]{16},mine\\.safetensors$/.test(location.hash)");
  const shared: string = await page.evaluate("location.href");
  await page.goto("about:blank");
  await page.goto(shared);
  await untilSteps(page, 100);
  assert.deepEqual(await saved(page), learned);
  // A browser that has not kept it asks for it, and is given another file first.
  await page.evaluate("caches.delete('softq opened policies').then(() => {})");
  await page.goto("about:blank");
  await page.goto(shared);
  await says(
    page,
    "#notices",
    /^This address continues from the policy file mine\.safetensors, .* Open the file/,
  );
  await untilSteps(page, 0);
  assert.equal(await page.evaluate("location.href"), shared);
  await drop(page, "cut.safetensors", bytes.subarray(0, 99));
  await says(page, "#notices", /cut\.safetensors cannot be opened/);
  await drop(page, "renamed.safetensors", bytes);
  await says(page, "#notices", /renamed\.safetensors is open, with the settings of the address\./);
  await untilSteps(page, 100);
  assert.deepEqual(await saved(page), learned);
});

siteTest(
  "A policy of the page is watched by the command line: the pages show the same law of episodes",
  (page, address) =>
    withFolder(async (folder) => {
      await page.goto(`${address}#device=cpu&hidden=32,32&at=600`);
      await untilSteps(page, 600);
      const file = `${folder}/parameters.safetensors`;
      await Deno.writeFile(file, await saved(page));
      const reading = await says(page, "#curves-reading", /^After 600 steps/);
      const reached = Number(/, (\d+) % reach a goal/.exec(reading)![1]);
      const watched = await softq([
        "watch",
        "--experiment=multi-goal",
        `--policy=${file}`,
        "--episodes=40",
        `--steps=${HORIZON}`,
        `--out=${folder}/watch.html`,
      ]);
      assert.equal(watched.code, 0, watched.error);
      await page.goto(`file://${folder}/watch.html#t=0`);
      await says(page, "#caption", /^step 0 /);
      assert.equal(await page.locator("#rollouts button").count(), 40);
      const first = await pictureOf(page, "#above");
      assert(await coloursOf(page, "#above") > 10);
      // Where the forty episodes end: as many at a goal as in the page's own evaluation of a hundred.
      await page.locator("#time").fill(String(HORIZON));
      await redrawn(page, "#above", first);
      let ended = 0;
      for (let k = 0; k < 40; k++) {
        await page.locator("#rollouts button").nth(k).click();
        const [, x, y] = /x (-?[\d.]+), y (-?[\d.]+)/.exec(await says(page, "#caption", /^step/))!;
        if (GOALS.some(([gx, gy]) => Math.hypot(Number(x) - gx, Number(y) - gy) <= GOAL_RADIUS)) ended++;
      }
      // Four standard deviations of the difference of two such shares.
      const share = reached / 100,
        tolerance = 4 * Math.sqrt(Math.max(0.05, share * (1 - share)) * (1 / 40 + 1 / 100));
      assert(
        share > 0.3 && Math.abs(ended / 40 - share) < tolerance,
        `${ended} of 40, and ${reached} % in the page`,
      );
    }),
);

siteTest(
  "What the command line has trained by any algorithm opens in the page, with the very networks that it has there",
  (page, address) =>
    withFolder(async (folder) => {
      await page.goto(`${address}#device=cpu&at=0`);
      await untilSteps(page, 0);
      for (const name of ALGORITHMS) {
        const normalisation = name === ALGORITHMS[0] ? "layer" : "none"; // of which the file tells the page
        const command = commandOf({ ...PLAY_DEFAULTS, hidden: [16, 16], normalisation }, name, 120);
        assert(command !== null);
        assert.equal((await softq([...command.split(" ").slice(3), `--out=${folder}/${name}`])).code, 0);
        const bytes = await Deno.readFile(`${folder}/${name}/parameters.safetensors`);
        await choose(page, `${name}.safetensors`, bytes);
        await says(page, "#notices", new RegExp(`${name}\\.safetensors is open`));
        await untilSteps(page, 0);
        assert.equal(
          await page.locator(".planes canvas").getAttribute("aria-label"),
          `Episodes of ${titleOf(name)} in the plane with its goals`,
        );
        const theirs = decode(bytes), ours = decode(await saved(page));
        assert(E.isRight(theirs) && E.isRight(ours));
        assert.deepEqual(ours.right.tensors, theirs.right.tensors, name);
        assert.equal(ours.right.metadata["normalisation"], theirs.right.metadata["normalisation"]);
      }
    }),
);

siteTest(
  "Foreign and damaged files, chosen or dropped, are told in a sentence each",
  async (page, address) => {
    await page.goto(`${address}#device=cpu&at=120&seed=4`);
    await untilSteps(page, 120);
    const bytes = await saved(page);
    const minimal = await Deno.readFile(
      new URL("../../site/examples/multi-goal.safetensors", import.meta.url),
    );
    await choose(page, "text.safetensors", new TextEncoder().encode("no tensors here at all"));
    await notices(page, 1);
    await drop(page, "cut.safetensors", bytes.subarray(0, bytes.length - 9));
    await notices(page, 2);
    await choose(page, "dog.safetensors", await fileOf("pretrain-ddpg-steady-0/parameters.safetensors"));
    await notices(page, 3);
    await drop(page, "bare.safetensors", minimal);
    await notices(page, 4);
    await drop(page, "picture.png", Uint8Array.from({ length: 3000 }, (_, k) => (k * k) % 251));
    const said = (await notices(page, 5)).join("\n");
    assert.match(said, /text\.safetensors cannot be opened\. .*Is this a safetensors file/);
    assert.match(said, /cut\.safetensors cannot be opened\. The file is cut short/);
    assert.match(
      said,
      /dog\.safetensors cannot be opened\. .*it observes 27 numbers and returns 8, not 2 and 2/,
    );
    assert.match(said, /bare\.safetensors cannot be opened\. The file has no critic/);
    assert.match(said, /picture\.png cannot be opened\. /);
    // A folder is no file that could be read.
    await page.evaluate(
      `{ const folder = new File([], "folder");
        folder.arrayBuffer = () => Promise.reject(new DOMException("gone", "NotFoundError"));
        const event = new DragEvent("drop", { bubbles: true, cancelable: true });
        Object.defineProperty(event, "dataTransfer", { value: { files: [folder], types: ["Files"] } });
        document.body.dispatchEvent(event); }`,
    );
    await says(page, "#notices", /folder cannot be read\. Is it a folder\?/);
    // Nothing else is broken: what stood there stands, and goes on learning; and a good file that is dropped opens.
    assert.match(await says(page, ".planes .reading", /^120 steps\./), /reach a goal/);
    await page.locator("#play").click();
    await says(page, ".planes .reading", /^(1[3-9]\d|[2-9]\d\d|\d{4,}) steps/);
    await drop(page, "mine.safetensors", bytes);
    await says(page, "#notices", /mine\.safetensors is open/);
    await untilSteps(page, 0);
  },
);
