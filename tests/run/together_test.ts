import { assert } from "../deps.ts";
import { E } from "../../src/deps.ts";
import { createNextRun, createRun, isTaken, takeFolder, writeNew, writeShared } from "../../src/run/files.ts";
import { withDigest } from "../../src/run/checkpoint/checkpoint.ts";
import { withNewestCheckpoint } from "../../src/run/checkpoint/reader.ts";
import { bash, BRIEF, SOFTQ } from "../cli/processes.ts";
import { withFolder } from "./run_fixture.ts";

Deno.test("Four runs that are started together get folders of their own, and all are finished", () =>
  withFolder(async (folder) => {
    const runs = await Promise.all(
      Array.from({ length: 4 }, (_, seed) => bash(`${SOFTQ} ${BRIEF} --seed=${seed}`, folder)),
    );
    for (const { code, error } of runs) assert.equal(code, 0, error);
    const names = [1, 2, 3, 4].map((n) => `${folder}/runs/multi-goal-${n}`);
    assert.equal([...Deno.readDirSync(`${folder}/runs`)].length, 4);
    const seeds = names.map((name) => {
      assert.equal(JSON.parse(Deno.readTextFileSync(`${name}/manifest.json`)).exit, "done");
      assert.equal(JSON.parse(Deno.readTextFileSync(`${name}/summary.json`)).evaluation.length, 1);
      return JSON.parse(Deno.readTextFileSync(`${name}/config.json`)).seed;
    });
    assert.deepEqual(seeds.sort(), [0, 1, 2, 3]);
  }));

Deno.test("Of four runs that are started together with one --out one runs, and the others say why they do not", () =>
  withFolder(async (folder) => {
    const runs = await Promise.all(
      Array.from({ length: 4 }, (_, seed) => bash(`${SOFTQ} ${BRIEF} --seed=${seed} --out=run`, folder)),
    );
    assert.deepEqual(runs.map(({ code }) => code).sort(), [0, 2, 2, 2]);
    for (const { code, error } of runs) {
      if (code === 2) {
        assert.match(
          error,
          /^(Another process is writing the run in "run"|The folder "run" is not empty .*)\n$/,
        );
      }
    }
    const made = runs.findIndex(({ code }) => code === 0);
    assert.equal(JSON.parse(Deno.readTextFileSync(`${folder}/run/config.json`)).seed, made);
    assert.equal(JSON.parse(Deno.readTextFileSync(`${folder}/run/summary.json`)).evaluation[0].seed, made);
  }));

Deno.test("Twenty folders requested concurrently are different", () =>
  withFolder(async (folder) => {
    const made = await Promise.all(Array.from({ length: 20 }, () => createNextRun(`${folder}/deep/run`)()));
    const paths = made.map((each) => E.isRight(each) ? each.right.path : assert.fail(each.left.message));
    assert.equal(new Set(paths).size, 20);
    for (const each of made) if (E.isRight(each)) await each.right.release();
  }));

Deno.test("A file that several processes write concurrently is complete and one of theirs, and no other file is left", () =>
  withFolder(async (folder) => {
    const texts = Array.from({ length: 20 }, (_, n) => String(n).repeat(100_000));
    const shared = await Promise.all(texts.map((text) => writeShared(`${folder}/shared`, text)()));
    assert(shared.every(E.isRight), JSON.stringify(shared.filter(E.isLeft)));
    assert(texts.includes(await Deno.readTextFile(`${folder}/shared`)));
    // Of those that may not replace what is there, one writes it.
    const made = await Promise.all(texts.map((text) => writeNew(`${folder}/new`, text)()));
    const wrote = made.map((each) => E.isRight(each) ? each.right : assert.fail(each.left.message));
    assert.equal(wrote.filter((is) => is).length, 1);
    assert.equal(await Deno.readTextFile(`${folder}/new`), texts[wrote.indexOf(true)]);
    assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name).toSorted(), ["new", "shared"]);
  }));

Deno.test("A reader of a checkpoint that a run removes meanwhile reads the newer one; other failures happen once", () =>
  withFolder(async (folder) => {
    const run = "0123456789abcdef", seen: number[] = [];
    const name = (steps: number): Promise<void> =>
      Deno.writeTextFile(`${folder}/checkpoint/latest.json`, withDigest({ run, steps }));
    await Deno.mkdir(`${folder}/checkpoint`);
    await name(100);
    const reading = (goesOn: boolean) =>
      withNewestCheckpoint(folder, run, (steps) => async () => {
        seen.push(steps);
        if (steps > 200) return E.right(steps);
        if (goesOn) await name(steps + 100);
        return E.left("removed");
      })();
    assert.deepEqual(await reading(false), E.left("removed"));
    assert.deepEqual(await reading(true), E.right(300));
    assert.deepEqual(seen, [100, 100, 200, 300]);
  }));

Deno.test("A locked folder can be locked again only after its release, and a check does not lock it", () =>
  withFolder(async (folder) => {
    const made = await createRun(`${folder}/run`)();
    assert(E.isRight(made));
    assert.equal(await isTaken(`${folder}/run`), true);
    assert(E.isLeft(await takeFolder(`${folder}/run`)()));
    await made.right.release();
    assert.equal(await isTaken(`${folder}/run`), false);
    assert.deepEqual([...Deno.readDirSync(`${folder}/run`)], []);
    const again = await takeFolder(`${folder}/run`)();
    assert(E.isRight(again));
    await again.right.release();
  }));
