import { assert } from "../deps.ts";
import { comparable, withFolder } from "./run_fixture.ts";
import { afterTurns, copyFolder, filesIn, softq, TINY } from "../cli/softq.ts";

/** A run that was interrupted after step 325, another run's folder, and what the first comes to at its end. */
async function interrupted(folder: string) {
  const words = ["train", "multi-goal", ...TINY];
  assert.equal((await softq([...words, `--out=${folder}/whole/run`])).code, 0);
  assert.equal((await softq([...words, `--out=${folder}/run`], afterTurns(13))).code, 130);
  assert.equal((await softq([...words, "--seed=9", `--out=${folder}/other`], afterTurns(13))).code, 130);
  const checkpoints = [...Deno.readDirSync(`${folder}/run/checkpoint`)].filter(({ isDirectory }) =>
    isDirectory
  )
    .map(({ name }) => Number(name)).sort((a, b) => a - b);
  return { newest: checkpoints.at(-1)!, older: checkpoints[0], count: checkpoints.length };
}

/** Every way of damaging a file. */
const damages: readonly (readonly [name: string, (file: string, other: string) => Promise<void>])[] = [
  ["truncated", async (file) => await Deno.truncate(file, Math.floor((await Deno.stat(file)).size / 2))],
  ["bit-flipped", async (file) => {
    const bytes = await Deno.readFile(file);
    bytes[Math.floor(bytes.length / 3)]! ^= 1;
    await Deno.writeFile(file, bytes);
  }],
  ["emptied", (file) => Deno.truncate(file, 0)],
  ["deleted", (file) => Deno.remove(file)],
  ["swapped with another run's", (file, other) => Deno.copyFile(other, file)],
];

/** Damages one file, sees that it is named and nothing is touched, and does what is offered. */
async function damage(folder: string, file: string, others = file) {
  for (const [name, harm] of damages) {
    const run = `${folder}/${name.split(" ")[0]}/run`;
    await copyFolder(`${folder}/run`, run);
    await harm(`${run}/${file}`, `${folder}/other/${others}`);
    const before = await filesIn(run);
    const { code, out, error } = await softq(["resume", run]);
    assert.equal(code, 2, `${file} ${name}: ${error}`);
    assert.equal(out, "");
    assert.equal(error.trim().split("\n").length, 1, error);
    assert(error.includes(file) || error.includes("by its config.json"), `${file} ${name}: ${error}`);
    assert.deepEqual(await filesIn(run), before, `${file} ${name}: something was written`);
    const offer = /--from \d+( --empty-replay)?( --new-metrics)?/.exec(error)?.[0];
    if (file === "config.json") {
      assert.equal(offer, undefined);
    } else {
      assert(offer !== undefined, `${file} ${name}: nothing is offered: ${error}`);
      const resumed = await softq(["resume", run, ...offer.split(" ")]);
      assert.equal(resumed.code, 0, `${file} ${name}, ${offer}: ${resumed.error}`);
      const whole = await comparable(`${folder}/whole/run`), mended = await comparable(run);
      if (error.includes("bit for bit")) assert.deepEqual(mended, whole, `${file} ${name}`);
      else if (error.includes("stays bit-exact")) {
        assert.deepEqual(mended["parameters"], whole["parameters"]);
        assert.deepEqual(mended["summary"], whole["summary"]);
      } else {
        assert.match(error, /not bit-exact/);
        assert.notDeepEqual(mended["parameters"], whole["parameters"]);
      }
    }
    await Deno.remove(`${folder}/${name.split(" ")[0]}`, { recursive: true });
  }
}

Deno.test("Every file that a checkpoint needs, damaged in any way, is named; nothing is touched, and what is offered works", () =>
  withFolder(async (folder) => {
    const { newest, older, count } = await interrupted(folder);
    assert(count === 2 && older < newest);
    const state = `checkpoint/${newest}/state.safetensors`;
    const files = [
      "config.json",
      "checkpoint/latest.json",
      `checkpoint/${newest}/manifest.json`,
      state,
      "metrics.jsonl",
      "metrics.csv",
      "tensorboard/replica-0/events.out.tfevents.softq",
      "replay/0/rows-000000.bin",
      "replay/0/transitions-000000.bin",
    ];
    for (const file of files) await damage(folder, file);
    const needed = JSON.parse(await Deno.readTextFile(`${folder}/run/checkpoint/${newest}/manifest.json`));
    for (const { file } of [needed.state, ...needed.replay, ...needed.metrics]) {
      assert(files.includes(file), file);
    }
  }));

Deno.test("A damaged segment that all checkpoints share leaves parameters and moments with an empty replay, not bit-exact", () =>
  withFolder(async (folder) => {
    const { newest } = await interrupted(folder);
    const file = `${folder}/run/replay/0/transitions-000000.bin`, bytes = await Deno.readFile(file);
    bytes[10]! ^= 4;
    await Deno.writeFile(file, bytes);
    const damaged = await softq(["resume", `${folder}/run`]);
    assert.equal(damaged.code, 2);
    assert(damaged.error.includes(`--from ${newest} --empty-replay (not bit-exact)`), damaged.error);
    const resumed = await softq(["resume", `${folder}/run`, "--empty-replay"]);
    assert.equal(resumed.code, 0, resumed.error);
    assert.match(resumed.error, /empty replay.*not bit-exact/);
    assert.deepEqual(await Deno.readFile(file), bytes); // the damaged file is left for whoever wants to look at it
    const summary = JSON.parse(await Deno.readTextFile(`${folder}/run/summary.json`));
    assert.equal(summary.environmentSteps, 400);
    assert(summary.evaluation[0].frozenAt === undefined && Number.isFinite(summary.evaluation[0].meanReturn));
  }));

Deno.test("A flipped bit in a checkpoint's small files is detected wherever it is", () =>
  withFolder(async (folder) => {
    const { newest } = await interrupted(folder);
    for (const file of ["checkpoint/latest.json", `checkpoint/${newest}/manifest.json`]) {
      const bytes = await Deno.readFile(`${folder}/run/${file}`);
      for (let bit = 0; bit < 8 * bytes.length; bit += file.endsWith("latest.json") ? 5 : 51) {
        const flipped = bytes.slice();
        flipped[bit >> 3]! ^= 1 << (bit & 7);
        await Deno.writeFile(`${folder}/run/${file}`, flipped);
        const { code, error } = await softq(["resume", `${folder}/run`]);
        assert(code === 2 && error.includes(file), `bit ${bit} of ${file}: ${error}`);
      }
      await Deno.writeFile(`${folder}/run/${file}`, bytes);
    }
  }));

Deno.test("A missing checkpoint, and one of another run, are refused", () =>
  withFolder(async (folder) => {
    const { newest } = await interrupted(folder);
    const absent = await softq(["resume", `${folder}/run`, "--from=77"]);
    assert.equal(absent.code, 2);
    assert.match(absent.error, /checkpoint\/77\/manifest\.json.*does not exist.*--from \d+/);
    await Deno.remove(`${folder}/run/checkpoint/${newest}`, { recursive: true });
    await copyFolder(`${folder}/other/checkpoint/${newest}`, `${folder}/run/checkpoint/${newest}`);
    const foreign = await softq(["resume", `${folder}/run`]);
    assert.equal(foreign.code, 2);
    assert.match(foreign.error, /manifest\.json" belongs to run [0-9a-f]{16}, not to this one/);
    const nothing = await softq(["resume", `${folder}/nothing`]);
    assert.equal(nothing.code, 2);
    assert.match(nothing.error, /is not a run: its config\.json does not exist/);
  }));

Deno.test("Whatever needs a damaged checkpoint names it in the same words, with a command that leads on", () =>
  withFolder(async (folder) => {
    const run = `${folder}/run`, words = ["train", "multi-goal", ...TINY, `--out=${run}`];
    assert.equal((await softq(words, afterTurns(13))).code, 130);
    const { steps } = JSON.parse(await Deno.readTextFile(`${run}/checkpoint/latest.json`));
    const state = `checkpoint/${steps}/state.safetensors`, whole = await Deno.readFile(`${run}/${state}`);
    const { best } = JSON.parse(await Deno.readTextFile(`${run}/checkpoint/${steps}/manifest.json`));
    await copyFolder(run, `${folder}/best`);
    await Deno.remove(`${folder}/best/checkpoint/${best.steps}/state.safetensors`);
    const noBest = await softq(["evaluate", `${folder}/best`, "--best"]);
    assert.equal(noBest.code, 2);
    assert.match(
      noBest.error,
      /\d+\/state\.safetensors" cannot be read: it does not exist; leave --best out for the/,
    );
    await damages[1]![1](`${run}/${state}`, "");
    const [resumed, evaluated, watched] = [
      await softq(["resume", run]),
      await softq(["evaluate", run]),
      await softq(["watch", run]),
    ];
    assert.match(
      resumed!.error,
      /^Checkpoint file "checkpoint\/\d+\/state\.safetensors" does not have the recorded SHA-256; continue from a good checkpoint, bit for bit, with deno task softq resume \S+ --from \d+\n$/,
    );
    assert.deepEqual([evaluated, watched], [resumed, resumed]);
    const command = resumed.error.trim().split("deno task softq ")[1]!.split(" ");
    assert.equal((await softq(command)).code, 0);
    assert.equal((await softq(["evaluate", run])).code, 0);
    // With no good one left, they agree, too.
    const last = `${folder}/last`;
    await copyFolder(`${folder}/best`, last);
    for (const { name } of Deno.readDirSync(`${last}/checkpoint`)) {
      if (name !== "latest.json") {
        await Deno.writeFile(`${last}/checkpoint/${name}/state.safetensors`, whole.subarray(9));
      }
    }
    const none = await softq(["resume", last]);
    assert.match(none.error, /must have \d+ bytes: it has \d+; no checkpoint of this run can be used\n$/);
    assert.deepEqual([await softq(["evaluate", last]), await softq(["watch", last])], [none, none]);
  }));
