/**
 * What can be continued, and what cannot: finished runs, those of which something is gone, and where one is to stop.
 */
import { assert } from "../deps.ts";
import { flagOf } from "../../src/run/configuration.ts";
import { withFolder } from "../run/run_fixture.ts";
import { copyFolder, filesIn, softq, TINY } from "./softq.ts";

const without = (words: readonly string[], ...flags: readonly string[]): readonly string[] =>
  words.filter((word) => !flags.some((flag) => word.startsWith(`${flag}=`)));

/** A run with checkpoints and one without, finished. */
async function finishedRuns(folder: string): Promise<readonly [string, string]> {
  const [kept, bare] = [`${folder}/kept`, `${folder}/bare`] as const;
  const bareWords = without(TINY, "--evaluation-interval", "--checkpoint-interval");
  for (const [words, run] of [[TINY, kept], [bareWords, bare]] as const) {
    const { code, error } = await softq(["train", "multi-goal", ...words, `--out=${run}`]);
    assert.equal(code, 0, error);
  }
  return [kept, bare];
}

/** Results that are the same in each of a run's lives. */
const LASTING = ["parameters.safetensors", "figure-1.svg", "figure-1.json"];

Deno.test("A finished run with a missing result makes it again from its checkpoint, and says so; without one it says how to repeat it", () =>
  withFolder(async (folder) => {
    const [kept, bare] = await finishedRuns(folder);
    const before = await filesIn(kept);
    for (const gone of [["parameters.safetensors"], ["figure-1.svg", "summary.json"], LASTING]) {
      for (const file of gone) await Deno.remove(`${kept}/${file}`);
      const { code, error } = await softq(["resume", kept]);
      assert.equal(code, 0, error);
      assert(gone.every((file) => error.split("\n")[0]!.includes(file)), error);
      assert.match(
        error,
        /^The run in ".*kept" is finished, but .* (is|are) missing: it continues from/,
      );
      const after = await filesIn(kept);
      for (const file of LASTING) assert.equal(after[file], before[file], file);
      const again = await softq(["resume", kept]);
      assert.deepEqual([again.code, again.error], [
        2,
        `The run in "${kept}" is finished: there is nothing to continue\n`,
      ]);
    }
    const results = await filesIn(bare);
    for (const file of ["parameters.safetensors", "summary.json"]) {
      await Deno.remove(`${bare}/${file}`);
      const { code, error } = await softq(["resume", bare]);
      assert.equal(code, 2);
      assert.match(
        error,
        /is finished, but .*parameters\.safetensors (is|are) missing; repeat it with: /,
      );
      const advised = error.trim().split("softq ")[1]!.replace("FOLDER", `${folder}/again-${file}`).split(
        " ",
      );
      const repeated = await softq(advised);
      assert.equal(repeated.code, 0, repeated.error);
      const parameters = (await filesIn(`${folder}/again-${file}`))["parameters.safetensors"];
      assert.equal(parameters, results["parameters.safetensors"]);
    }
  }));

Deno.test("A finished run whose result was changed says which, and how it is made again", () =>
  withFolder(async (folder) => {
    const [kept] = await finishedRuns(folder), before = await filesIn(kept);
    for (const file of ["summary.json", "parameters.safetensors"]) {
      await Deno.writeTextFile(`${kept}/${file}`, "x");
      const { code, error } = await softq(["resume", kept]);
      assert.equal(code, 2);
      assert(
        error.includes(`"${kept}/${file}" has been damaged or changed`) && error.includes("--from STEPS"),
        error,
      );
      const mended = await softq(["resume", kept, "--from=300"]);
      assert.equal(mended.code, 0, mended.error);
      assert.equal((await filesIn(kept))["parameters.safetensors"], before["parameters.safetensors"]);
    }
  }));

Deno.test("--until stops a run where it says, and is refused where it would do nothing", () =>
  withFolder(async (folder) => {
    const run = `${folder}/run`, train = ["train", "multi-goal", ...without(TINY, "--evaluation-interval")];
    for (const until of [400, 401, 10 ** 9]) {
      const { code, error } = await softq([...train, `--out=${run}`, `--until=${until}`]);
      assert.deepEqual([code, error], [
        2,
        `--until must be below --steps (400), where the run ends: got ${until}\n`,
      ]);
    }
    const late = await softq([...train, `--out=${folder}/late`, "--until=390"]);
    assert.equal(late.code, 0);
    assert.match(
      late.error,
      /^--until 390 is within the last 25 steps, which are made together: the run goes on/,
    );
    const stopped = await softq([...train, `--out=${run}`, "--until=200"]);
    assert.equal(stopped.code, 130, stopped.error);
    const before = await filesIn(run);
    for (const until of [1, 199, 200]) {
      const { code, error } = await softq(["resume", run, `--until=${until}`, "--quiet"]);
      assert.deepEqual([code, error], [
        130,
        `The run has made 200 steps already, of --until ${until}; continue with: deno task softq resume ${run}\n`,
      ]);
    }
    assert.deepEqual(await filesIn(run), before);
    const beyond = await softq(["resume", run, "--until=400"]);
    assert.deepEqual(beyond.code, 2);
    const further = await softq(["resume", run, "--until=300"]);
    assert.match(further.error, /Interrupted after 300 steps/);
    assert.equal((await softq(["resume", run])).code, 0);
  }));

Deno.test("A run killed between its first checkpoint and the file that names it goes on from that checkpoint", () =>
  withFolder(async (folder) => {
    const [kept] = await finishedRuns(folder), run = `${folder}/cut/kept`;
    const stopped = await softq(["train", "multi-goal", ...TINY, `--out=${run}`, "--until=100"]);
    assert.equal(stopped.code, 130, stopped.error);
    await Deno.remove(`${run}/checkpoint/latest.json`);
    assert.equal((await softq(["evaluate", run, "--episodes=2"])).code, 0);
    const { code, error } = await softq(["resume", run]);
    assert.equal(code, 0, error);
    assert.match(error, /, from step 100\n/);
    const [after, whole] = [await filesIn(run), await filesIn(kept)];
    for (const file of LASTING) assert.equal(after[file], whole[file], file);
  }));

Deno.test("For options that differ from those of a run's beginning a command that works is printed, with its networks or without", () =>
  withFolder(async (folder) => {
    const [kept] = await finishedRuns(folder);
    const cases = [
      [{ steps: 500 }, true],
      [{ temperature: 2, batch: 8 }, true],
      [{ hidden: 9 }, false],
      [{ squash: "post-tanh" }, false],
      [{ critics: 2 }, false],
    ] as const;
    for (const [k, [options, fits]] of cases.entries()) {
      const flags = Object.entries(options).map(([field, value]) => `${flagOf(field)}=${value}`);
      const { code, error } = await softq(["resume", kept, ...flags]);
      assert.equal(code, 2);
      const advised = error.trim().split("softq ")[1]!.split(" ");
      assert.equal(advised.includes("--init"), fits, error);
      const followed = await softq([...advised, `--out=${folder}/new-${k}`]);
      assert.equal(followed.code, 0, followed.error);
    }
    await Deno.remove(`${kept}/summary.json`);
    await copyFolder(kept, `${folder}/open`);
    const manifest = JSON.parse(await Deno.readTextFile(`${kept}/manifest.json`));
    await Deno.writeTextFile(
      `${folder}/open/manifest.json`,
      JSON.stringify({ ...manifest, exit: "interrupted" }),
    );
    const open = await softq(["resume", `${folder}/open`, "--steps=500"]);
    assert(open.error.includes(`once it has ended (deno task softq resume ${folder}/open)`), open.error);
  }));

Deno.test("A run is reported once, however its folder is given", () =>
  withFolder(async (folder) => {
    const [kept, bare] = await finishedRuns(folder);
    await Deno.symlink(kept, `${folder}/link`);
    const ways = [kept, `${kept}/`, `${kept}//`, `${folder}/./kept`, `${bare}/../kept`, `${folder}/link`];
    for (const way of ways) {
      const { code, error } = await softq(["report", kept, bare, way]);
      const how = way === kept ? "is given twice" : `is "${way}", too`;
      assert.deepEqual([code, error], [2, `A report shows a run once: "${kept}" ${how}\n`]);
    }
    assert.equal((await softq(["report", `${kept}/`, bare])).code, 0);
  }));

Deno.test("A page replaces a page, and nothing else: no file of a run, whatever --out says", () =>
  withFolder(async (folder) => {
    const [kept] = await finishedRuns(folder), before = await filesIn(kept), page = `${folder}/page`;
    for (const command of [["report", kept], ["watch", kept, "--episodes=1"]]) {
      for (const file of Object.keys(before)) {
        const { code, error } = await softq([...command, `--out=${kept}/${file}`]);
        assert.deepEqual([code, error], [
          2,
          `--out "${kept}/${file}" holds something other than a page: choose another name\n`,
        ]);
      }
      for (let twice = 0; twice < 2; twice++) {
        assert.equal((await softq([...command, `--out=${page}`])).code, 0);
      }
      assert.match(await Deno.readTextFile(page), /^<!doctype html/i);
    }
    assert.deepEqual(await filesIn(kept), before);
  }));

Deno.test("--seeds beyond exact integers, and numbers beyond them, are refused with their bound", async () => {
  for (const last of ["9007199254740992", "99999999999999999999", "9".repeat(400)]) {
    const { code, error } = await softq(["train", "multi-goal", `--seeds=0..${last}`]);
    assert.equal(code, 2);
    assert.match(
      error,
      /^--seeds must be at most 9007199254740991, beyond which integers are not exact: got "0\.\.9/,
    );
    const until = await softq(["train", "multi-goal", `--until=${last}`]);
    assert.match(until.error, /^--until must be an integer from 1 to 9007199254740991: got "9/);
  }
});
