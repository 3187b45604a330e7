/** When an adapter's tiles are measured, what remembers them, and which ones a resumed run takes. */

import { assert } from "../deps.ts";
import { TE } from "../../src/deps.ts";
import { cpuDevice } from "../../src/device/cpu.ts";
import type { Tunable } from "../../src/device/webgpu.ts";
import { decideTiles, tilesOf, type TileStorage, type Tuning } from "../../src/run/tuning.ts";
import type { Tiles } from "../../src/tensor/launch.ts";
import { softq } from "../cli/softq.ts";
import { SMALL, withFolder } from "./run_fixture.ts";

const FOUND = { "dense NN, many results": "small 64" };

/** An adapter that counts how often it is measured, and in which time. */
function adapterOf(adapter: Tunable["adapter"] = "hardware", description = "a GPU") {
  const asked: number[] = [];
  const tunable: Tunable = {
    description,
    adapter,
    tune: (programs, milliseconds) => {
      assert(programs.length > 0);
      asked.push(milliseconds);
      return Promise.resolve(FOUND);
    },
  };
  return { tunable, asked };
}

/** A memory on a map. */
function memoryOf(): TileStorage & { readonly entries: Map<string, string> } {
  const entries = new Map<string, string>();
  return {
    entries,
    getItem: (key) => entries.get(key) ?? null,
    setItem: (key, value) => void entries.set(key, value),
  };
}

Deno.test("a GPU is measured at its first use, within a second, and another GPU by itself", async () => {
  const memory = memoryOf(), first = adapterOf(), other = adapterOf("hardware", "another GPU");
  for (let k = 0; k < 3; k++) {
    assert.deepEqual(await decideTiles("first-use", () => memory)(first.tunable), FOUND);
  }
  assert.deepEqual(await decideTiles("first-use", () => memory)(other.tunable), FOUND);
  assert.deepEqual(first.asked, [1000]);
  assert.deepEqual(other.asked, [1000]);
  assert.equal(memory.entries.size, 2);
});

Deno.test("a software adapter is measured only on request, and what is measured on request is measured again", async () => {
  const memory = memoryOf(), software = adapterOf("software");
  assert.deepEqual(await decideTiles("first-use", () => memory)(software.tunable), {});
  assert.deepEqual(await decideTiles("default", () => memory)(adapterOf().tunable), {});
  assert.deepEqual(software.asked, []);
  for (let k = 0; k < 2; k++) await decideTiles("measure", () => memory)(software.tunable);
  assert.equal(software.asked.length, 2);
});

Deno.test("given tiles are used unchanged", async () => {
  const { tunable, asked } = adapterOf();
  const tiles = { "dense NT, few results": "large 16" };
  assert.equal(await decideTiles(tiles, () => null)(tunable), tiles);
  assert.deepEqual(asked, []);
});

Deno.test("tiles are measured if their storage is damaged, refuses or is absent", async () => {
  for (const damaged of ["", "{", "null", "[]", "7", '{"a":1}', '{"a":{"b":"c"}}']) {
    const memory = memoryOf(), { tunable, asked } = adapterOf();
    await decideTiles("first-use", () => memory)(tunable);
    for (const key of memory.entries.keys()) memory.entries.set(key, damaged);
    assert.deepEqual(await decideTiles("first-use", () => memory)(tunable), FOUND, damaged);
    assert.equal(asked.length, 2, damaged);
    assert.deepEqual(await decideTiles("first-use", () => memory)(tunable), FOUND);
    assert.equal(asked.length, 2, "what was damaged has been written anew");
  }
  const refuses = (): never => {
    throw new DOMException("full", "QuotaExceededError");
  };
  for (const memory of [null, { getItem: refuses, setItem: refuses }]) {
    const { tunable, asked } = adapterOf();
    assert.deepEqual(await decideTiles("first-use", () => memory)(tunable), FOUND);
    assert.equal(asked.length, 1);
  }
});

Deno.test("a manifest's tiles map names to names, or are absent", () => {
  assert.deepEqual(tilesOf(FOUND), FOUND);
  for (const wrong of [undefined, null, "small 64", ["a"], { a: 1 }]) assert.equal(tilesOf(wrong), null);
});

Deno.test("a run's tiles are in its manifest, and it is resumed with them unless others are given", () =>
  withFolder(async (folder) => {
    const asked: (Tuning | undefined)[] = [], path = `${folder}/run`, device = cpuDevice({ workers: 1 });
    const tilesAfter = async (words: readonly string[], tiles?: Tiles): Promise<unknown> => {
      const { code, error } = await softq(words, {
        openDevice: (_name, _workers, tuning) => {
          asked.push(tuning);
          return TE.right(tiles === undefined ? device : { ...device, tiles });
        },
      });
      assert(code === 0 || code === 130, error);
      return JSON.parse(await Deno.readTextFile(`${path}/manifest.json`)).tiles;
    };
    const until = (steps: number): string => `--until=${steps}`;
    const train = ["train", "multi-goal", ...SMALL, "--checkpoint-interval=25", `--out=${path}`];
    assert.deepEqual(await tilesAfter([...train, until(50)], FOUND), FOUND);
    assert.deepEqual(await tilesAfter(["resume", path, until(75)], FOUND), FOUND);
    assert.deepEqual(await tilesAfter(["resume", path, until(100), "--tuning=measure"], FOUND), FOUND);
    assert.equal(await tilesAfter(["resume", path, until(125)]), undefined);
    await tilesAfter(["resume", path, until(150)]);
    assert.deepEqual(asked, [undefined, FOUND, "measure", FOUND, "default"]);
  }));
