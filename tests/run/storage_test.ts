import { assert } from "../deps.ts";
import { ended } from "./kill_fixture.ts";
import { comparable, withFolder } from "./run_fixture.ts";
import { afterTurns, copyFolder, filesIn, softq, TINY } from "../cli/softq.ts";

const CLI = new URL("../../cli.ts", import.meta.url).pathname;

/** Runs `softq` in a process below a shell command that ends in "$@". */
const below = (shell: string, words: readonly string[]) =>
  ended(
    new Deno.Command("sh", {
      args: [
        "-c",
        shell,
        "sh",
        Deno.execPath(),
        "run",
        "--quiet",
        "--allow-read",
        "--allow-write",
        CLI,
        ...words,
      ],
      stdout: "null",
      stderr: "piped",
    }).spawn(),
  );

/** One clear line after the run's own lines of progress. */
function oneLine(error: string, says: RegExp): void {
  const lines = error.trim().split("\n");
  assert.match(lines[lines.length - 1], says);
  assert(!/^\s+at /m.test(error), error);
}

/** Makes a run with a checkpoint, and gives what it is at its end where nothing hinders it. */
async function stopped(folder: string) {
  const words = ["train", "multi-goal", ...TINY];
  assert.equal((await softq([...words, `--out=${folder}/whole/run`])).code, 0);
  assert.equal((await softq([...words, `--out=${folder}/run`], afterTurns(9))).code, 130);
  return await comparable(`${folder}/whole/run`);
}

// A limit on the length of files stops a write in its middle like a full disk does, and any user may set it.
for (const blocks of [2, 4, 8, 16]) {
  Deno.test(`Where files may have no more than ${blocks} blocks, a run says so, exits with 1, and loses nothing`, () =>
    withFolder(async (folder) => {
      const whole = await stopped(folder);
      const limited = await below(`trap '' XFSZ; ulimit -f ${blocks}; exec "$@"`, [
        "resume",
        `${folder}/run`,
      ]);
      assert.equal(limited.code, 1, limited.error);
      oneLine(limited.error, /Cannot write ".*": the file may not become so large/);
      const resumed = await softq(["resume", `${folder}/run`]);
      assert.equal(resumed.code, 0, resumed.error);
      assert.deepEqual(await comparable(`${folder}/run`), whole);
    }));
}

Deno.test("A full disk is named, exits with 1, and the last checkpoint continues once there is room", () =>
  withFolder(async (folder) => {
    const whole = await stopped(folder), csv = `${folder}/full/run/metrics.csv`;
    let turns = 0;
    const full = await softq(["train", "multi-goal", ...TINY, `--out=${folder}/full/run`], {
      interrupted: () => {
        if (++turns !== 9) return false;
        // The system's file that is always full stands in the place of a file.
        Deno.renameSync(csv, `${folder}/metrics.csv`);
        Deno.symlinkSync("/dev/full", csv);
        return false;
      },
    });
    assert.equal(full.code, 1, full.error);
    oneLine(full.error, /Cannot write ".*metrics\.csv": the disk is full/);
    await Deno.remove(csv);
    await Deno.rename(`${folder}/metrics.csv`, csv);
    assert.equal((await softq(["resume", `${folder}/full/run`])).code, 0);
    assert.deepEqual(await comparable(`${folder}/full/run`), whole);
  }));

Deno.test("A folder that may not be written to is named, exits with 1, and continues once it may", () =>
  withFolder(async (folder) => {
    const whole = await stopped(folder);
    // Permissions bind even root where it gives up the capability to overrule them.
    const plain = Deno.uid() === 0
      ? `exec setpriv --bounding-set=-dac_override,-dac_read_search "$@"`
      : `exec "$@"`;
    const folders = ["", "/checkpoint"].map((each) => `${folder}/run${each}`);
    for (const each of folders) await Deno.chmod(each, 0o555);
    const refused = await below(plain, ["resume", `${folder}/run`]);
    for (const each of folders) await Deno.chmod(each, 0o755);
    assert.equal(refused.code, 1, refused.error);
    oneLine(refused.error, /Cannot write ".*": no permission/);
    assert.equal((await softq(["resume", `${folder}/run`])).code, 0);
    assert.deepEqual(await comparable(`${folder}/run`), whole);
  }));

Deno.test("A folder that is removed during a run is reported, exits with 1, and is not created again", () =>
  withFolder(async (folder) => {
    let turns = 0;
    const { code, error } = await softq(["train", "multi-goal", ...TINY, `--out=${folder}/run`], {
      interrupted: () => {
        if (++turns === 9) Deno.removeSync(`${folder}/run`, { recursive: true });
        return false;
      },
    });
    assert.equal(code, 1);
    oneLine(error, /Cannot write ".*": it does not exist/);
    assert.deepEqual([...Deno.readDirSync(folder)], []);
  }));

Deno.test("A permission that Deno was not given is named with the flag's value", () =>
  withFolder(async (folder) => {
    const process = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--quiet",
        "--no-prompt",
        "--allow-read",
        `--allow-write=${folder}/elsewhere`,
        CLI,
        "train",
        "multi-goal",
      ]
        .concat(TINY, `--out=${folder}/run`),
      stdout: "null",
      stderr: "piped",
    }).spawn();
    const { code, error } = await ended(process);
    assert.equal(code, 2, error);
    oneLine(error, /Cannot make the folder ".*run": no permission/);
  }));

Deno.test("A run that another process is writing is not continued, and goes on undisturbed", () =>
  withFolder(async (folder) => {
    const run = `${folder}/run`;
    let second = { code: -1, error: "" }, listed = "", listedCopy = "";
    const first = await softq(["train", "multi-goal", ...TINY, `--out=${run}`], {
      observe: async (_, { steps }) => {
        if (steps !== 200) return;
        second = await softq(["resume", run]);
        listed = (await softq(["list", run])).out;
        await copyFolder(run, `${folder}/copy`); // what a killed process leaves
        listedCopy = (await softq(["list", `${folder}/copy`])).out;
      },
    });
    assert.equal(second.code, 2, second.error);
    assert.match(second.error, /^Another process is writing the run in ".*run"\n$/);
    assert.match(listed, / running +200\/400 /);
    assert.match(listedCopy, / killed +200\/400 /);
    assert.equal(first.code, 0, first.error);
    assert.equal((await softq(["train", "multi-goal", ...TINY, `--out=${folder}/alone`])).code, 0);
    assert.deepEqual(await comparable(run), await comparable(`${folder}/alone`));
    assert(!(await filesIn(run))["lock"]);
  }));

Deno.test("A page that cannot be moved into its place leaves nothing behind", () =>
  withFolder(async (folder) => {
    const run = `${folder}/run`;
    assert.equal((await softq(["train", "multi-goal", ...TINY, `--out=${run}`])).code, 0);
    await Deno.mkdir(`${folder}/there`);
    const { code, error } = await softq(["report", run, `--out=${folder}/there`]);
    assert.equal(code, 1);
    assert.match(error, /^Cannot write ".*there": it is a folder\n$/);
    assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name).sort(), ["run", "there"]);
  }));
