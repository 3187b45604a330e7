/** What a process that was killed in the middle of removing leaves behind does not stay for ever. */

import { assert } from "../deps.ts";
import { outcomeOf } from "./kill_fixture.ts";
import { withFolder } from "./run_fixture.ts";
import { afterTurns, copyFolder, softq, TINY } from "../cli/softq.ts";

const namesOf = (folder: string): readonly string[] =>
  [...Deno.readDirSync(folder)].map(({ name }) => name).sort();

Deno.test("Old checkpoints and segments that a killed run could not remove are removed by the next checkpoint", () =>
  withFolder(async (folder) => {
    const words = ["train", "multi-goal", ...TINY], run = `${folder}/run`;
    assert.equal((await softq([...words, `--out=${folder}/whole/run`])).code, 0);
    assert.equal((await softq([...words, `--out=${run}`], afterTurns(9))).code, 130);
    const stopped = namesOf(`${run}/checkpoint`).filter((name) => /^\d+$/.test(name));
    const [newest] = stopped.map(Number).sort((a, b) => b - a);
    // As if it had been killed after the naming of its newest checkpoint, and in the middle of one that never came to
    // be.
    for (const name of ["25", "50.part"]) {
      await copyFolder(`${run}/checkpoint/${newest}`, `${run}/checkpoint/${name}`);
    }
    await Deno.writeFile(`${run}/replay/0/rows-000007.bin`, new Uint8Array(12));
    // What is not ours stays.
    await Deno.writeTextFile(`${run}/replay/notes.txt`, "");
    await Deno.writeTextFile(`${run}/checkpoint/notes.txt`, "");
    const resumed = await softq(["resume", run]);
    assert.equal(resumed.code, 0, resumed.error);
    for (const place of ["replay", "checkpoint"]) await Deno.remove(`${run}/${place}/notes.txt`);
    assert.deepEqual(await outcomeOf(run), await outcomeOf(`${folder}/whole/run`));
  }));

Deno.test("Old checkpoints are removed also if no further one is written", () =>
  withFolder(async (folder) => {
    const run = `${folder}/run`;
    // Step 375 of 400: there is no checkpoint to come.
    const { code } = await softq(["train", "multi-goal", ...TINY, `--out=${run}`], afterTurns(15));
    assert.equal(code, 130);
    const before = namesOf(`${run}/checkpoint`);
    assert(before.includes("375"));
    await copyFolder(`${run}/checkpoint/375`, `${run}/checkpoint/25`);
    assert.equal((await softq(["resume", run])).code, 0);
    assert.deepEqual(namesOf(`${run}/checkpoint`), before);
  }));

Deno.test("A resumed run keeps what its best checkpoint needs, and it can be continued from there", () =>
  withFolder(async (folder) => {
    const run = `${folder}/run`;
    const { code } = await softq(["train", "multi-goal", ...TINY, `--out=${run}`], afterTurns(13));
    assert.equal(code, 130);
    const { steps } = JSON.parse(await Deno.readTextFile(`${run}/checkpoint/latest.json`));
    const { best } = JSON.parse(await Deno.readTextFile(`${run}/checkpoint/${steps}/manifest.json`));
    assert(best.steps < steps);
    assert.equal((await softq(["resume", run])).code, 0);
    const last = JSON.parse(await Deno.readTextFile(`${run}/checkpoint/latest.json`));
    const after = JSON.parse(await Deno.readTextFile(`${run}/checkpoint/${last.steps}/manifest.json`));
    assert.deepEqual(
      namesOf(`${run}/checkpoint`),
      [...new Set([`${after.best.steps}`, `${last.steps}`]), "latest.json"].sort(),
    );
    const again = await softq(["resume", run, `--from=${after.best.steps}`]);
    assert.equal(again.code, 0, again.error);
  }));
