/** The playground in a real browser: what is learned in it, and what its panels hold. */

import { E } from "../../src/deps.ts";
import { ALGORITHMS, commandOf, PLAY_DEFAULTS } from "../../site/playground/options.ts";
import { decode } from "../../src/train/safetensors.ts";
import { assert } from "../deps.ts";
import { softq } from "../cli/softq.ts";
import { withFolder } from "../run/run_fixture.ts";
import { coloursOf } from "./browser.ts";
import { saved, siteTest, SWIFTSHADER, until, untilSteps, withExact } from "./site.ts";
import { counts, eventually, PATIENCE, says } from "./waiting.ts";

/** The tensors of a file, and what it says about itself. */
function contentOf(bytes: Uint8Array) {
  const file = decode(bytes);
  assert(E.isRight(file));
  return file.right;
}

siteTest(
  "From opening on, the page learns to reach all four goals in at least 90 of 100 episodes, on WebAssembly",
  async (page, address) => {
    await withExact(page);
    const begun = Date.now();
    await page.goto(address);
    await says(page, "#device", /^Learns on WebAssembly relaxed SIMD, 1 thread\. /);
    const reached = await until(
      page,
      ({ goalShares }) => goalShares.reduce((a, b) => a + b, 0) >= 90 && Math.min(...goalShares) >= 2,
      // On two quiet cores it takes a few seconds; this machine may be busy with others.
      2 * PATIENCE,
    );
    console.log(
      `    after ${(Date.now() - begun) / 1000} s and ${reached.step} steps: ${reached.goalShares}`,
    );
    assert.equal(reached.goalShares.length, 4);
    // Curves, planes and landscapes are drawn: many colours, not one.
    for (const canvas of [".planes canvas", "#landscape", "#field", "#curves"]) {
      await eventually(
        page,
        () => coloursOf(page, canvas),
        (n) => n > 20,
        `the number of colours of ${canvas}`,
      );
    }
  },
);

siteTest(
  "The page's run on WebAssembly has the bits of the command line's, with looking at it or without",
  (page, address) =>
    withFolder(async (folder) => {
      const command = commandOf({ ...PLAY_DEFAULTS, seed: 3 }, "soft-q", 300);
      assert(command !== null);
      const flags = command.split(" ").slice(3);
      assert.equal((await softq([...flags, `--out=${folder}/run`])).code, 0);
      await page.goto(`${address}#seed=3&device=cpu&at=300&particles=on`);
      await untilSteps(page, 300);
      const ours = contentOf(await saved(page));
      const theirs = contentOf(await Deno.readFile(`${folder}/run/parameters.safetensors`));
      assert.deepEqual(Object.keys(ours.tensors).sort(), Object.keys(theirs.tensors).sort());
      for (const [name, { shape, data }] of Object.entries(theirs.tensors)) {
        assert.deepEqual(ours.tensors[name].shape, shape);
        assert.deepEqual(ours.tensors[name].data, data, name);
      }
      for (const name of ["format", "squash", "observation", "action"]) {
        assert.equal(ours.metadata[name], theirs.metadata[name]);
      }
    }),
);

siteTest(
  "Learners of all algorithms stand beside one another, and each is its command's",
  (page, address) =>
    withFolder(async (folder) => {
      await page.goto(`${address}#device=cpu&hidden=16,16&at=120&learn=${ALGORITHMS.join(",")}`);
      await counts(page, ".planes canvas", ALGORITHMS.length);
      for (const [k, name] of ALGORITHMS.entries()) {
        await page.locator(".planes .reading", { hasText: /^120 steps\./ }).nth(k).waitFor();
        await page.locator(".planes input").nth(k).check();
        const command = commandOf({ ...PLAY_DEFAULTS, hidden: [16, 16] }, name, 120);
        assert(command !== null);
        assert.equal((await softq([...command.split(" ").slice(3), `--out=${folder}/${name}`])).code, 0);
        const ours = contentOf(await saved(page));
        const theirs = contentOf(await Deno.readFile(`${folder}/${name}/parameters.safetensors`));
        for (const [tensor, { data }] of Object.entries(theirs.tensors)) {
          assert(data.every((x, i) => Object.is(x, ours.tensors[tensor].data[i])), `${name}: ${tensor}`);
        }
      }
    }),
);

siteTest(
  "With WebGPU asked for, the page learns on Chromium's own adapter, and says so",
  async (page, address) => {
    await page.goto(`${address}#device=webgpu&at=112`);
    await says(
      page,
      "#device",
      /^Learns on WebGPU \(.*SwiftShader.*\)\. The address asks for it\. But .* computes on the processor: /i,
    );
    await untilSteps(page, 112);
    await says(page, "#landscape-reading", /^80 actions with standard deviations 0\.\d/);
    // Thirteen updates moved the networks, and all numbers are finite.
    const { tensors } = contentOf(await saved(page));
    assert(tensors["critic0.state"].data.every(Number.isFinite));
    assert(tensors["critic0.state"].data.some((x, k) => x !== tensors["target0.state"].data[k]));
  },
  SWIFTSHADER,
);

siteTest(
  "A WebGPU that runs on the processor is passed over for WebAssembly, and the page says why",
  async (page, address) => {
    await page.goto(`${address}#at=0`);
    await says(
      page,
      "#device",
      /^Learns on WebAssembly .* This browser's WebGPU runs on the processor \(.*\), where WebAssembly is faster\.$/,
    );
  },
  SWIFTSHADER,
);
