import { interquartileMean } from "../../src/report/statistics.ts";
import { assert } from "../deps.ts";
import { comparable, withFolder, withoutTiming } from "../run/run_fixture.ts";
import { afterTurns, softq, TINY } from "./softq.ts";

const json = async (path: string) => JSON.parse(await Deno.readTextFile(path));

Deno.test("The config.json of a run repeats it exactly, and flags override it", () =>
  withFolder(async (folder) => {
    const first = await softq(["train", "multi-goal", ...TINY, "--seeds=5..6", `--out=${folder}/a/run`]);
    assert.equal(first.code, 0, first.error);
    const config = `--config=${folder}/a/run/config.json`;
    assert.equal((await softq(["train", "multi-goal", config, `--out=${folder}/b/run`])).code, 0);
    assert.deepEqual(await comparable(`${folder}/b/run`), await comparable(`${folder}/a/run`));
    const other = await softq([
      "train",
      "multi-goal",
      config,
      "--seeds=6..6",
      "--steps=200",
      `--out=${folder}/c`,
    ]);
    assert.equal(other.code, 0, other.error);
    const { seed, replicas, steps, hidden } = await json(`${folder}/c/config.json`);
    assert.deepEqual({ seed, replicas, steps, hidden }, { seed: 6, replicas: 1, steps: 200, hidden: [8] });
  }));

const files: readonly (readonly [content: string, says: RegExp])[] = [
  ["{", /--config ".*" is not JSON/],
  ["[1]", /--config ".*" must hold an object/],
  ['{"experiment":"swimmer"}', /--config ".*" is of the experiment "swimmer", not of "multi-goal"/],
  ['{"stepz":100}', /There is no option "--stepz": did you mean "--steps"\?/],
  ['{"colour":"red"}', /There is no option "--colour": docs\/options\.md lists them/],
  ['{"steps":"many"}', /--steps must be an integer from 1: got "many"/],
  ['{"hidden":[8,"x"]}', /--hidden must be positive integers/],
  ['{"algorithm":5}', /--algorithm must be one of soft-q, ddpg, sac: got 5/],
  ['{"steps":100,"minimumReplay":500}', /--minimum-replay must not exceed --steps/],
];

for (const [content, says] of files) {
  Deno.test(`A configuration file with ${content} is refused with one line, and nothing is written`, () =>
    withFolder(async (folder) => {
      await Deno.writeTextFile(`${folder}/c.json`, content);
      const words = ["train", "multi-goal", `--config=${folder}/c.json`, `--out=${folder}/run`];
      const { code, error } = await softq(words);
      assert.equal(code, 2, error);
      assert.equal(error.trim().split("\n").length, 1, error);
      assert.match(error, says);
      assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), ["c.json"]);
    }));
}

Deno.test("--version says the project's", async () => {
  const { version } = await json(new URL("../../deno.json", import.meta.url).pathname);
  const { code, out } = await softq(["--version"]);
  assert.deepEqual([code, out.trim()], [0, version]);
});

Deno.test("evaluate gives a run's own final evaluation again, and with other numbers of episodes another", () =>
  withFolder(async (folder) => {
    const run = `${folder}/run`;
    assert.equal((await softq(["train", "multi-goal", ...TINY, "--replicas=2", `--out=${run}`])).code, 0);
    const summary = await json(`${run}/summary.json`);
    const { code, out } = await softq(["evaluate", run, "--json"]);
    assert.equal(code, 0);
    assert.deepEqual(JSON.parse(out).evaluation, withoutTiming(summary.evaluation));
    assert.equal(JSON.parse(out).environmentSteps, 400);
    const nine = JSON.parse((await softq(["evaluate", run, "--episodes=9", "--json"])).out);
    assert(nine.evaluation.length === 2 && nine.evaluation[1].episodes === 9);
  }));

Deno.test("evaluate takes the newest checkpoint of a run that has no end, and says where there is no policy at all", () =>
  withFolder(async (folder) => {
    const run = `${folder}/run`;
    assert.equal((await softq(["train", "multi-goal", ...TINY, `--out=${run}`], afterTurns(9))).code, 130);
    const { code, out } = await softq(["evaluate", run, "--episodes=2", "--json"]);
    assert.equal(code, 0);
    assert.match(JSON.parse(out).file, /checkpoint\/225\/state\.safetensors$/);
    await Deno.remove(`${run}/checkpoint`, { recursive: true });
    const none = await softq(["evaluate", run]);
    assert.equal(none.code, 2);
    assert.match(
      none.error,
      /has no policy yet: it has written neither a checkpoint nor parameters\.safetensors\n$/,
    );
    const absent = await softq(["evaluate", `${folder}/absent`]);
    assert.equal(absent.code, 2);
    assert.match(
      absent.error,
      /"[^"]*absent" is not a run: its config\.json does not exist .*softq list FOLDER/,
    );
  }));

Deno.test("Where no checkpoint is the best, one sentence says so and what would be right", () =>
  withFolder(async (folder) => {
    const run = `${folder}/run`,
      words = TINY.map((word) => word.replace(/(--checkpoint-interval)=.*/, "$1=0"));
    assert.equal((await softq(["train", "multi-goal", ...words, `--out=${run}`])).code, 0);
    for (const command of ["watch", "evaluate"]) {
      const { code, error } = await softq([command, run, "--best"]);
      assert.deepEqual([code, error], [
        2,
        `"${run}" has no checkpoint, so there is no best one: leave --best out for the final policy, or train ` +
        "with --checkpoint-interval and --evaluation-interval above 0\n",
      ]);
    }
    // Sentences that stand in others do not bring a third along.
    const replay = await softq([
      "train",
      "multi-goal",
      ...words,
      `--init=${run}`,
      "--init-replay=kept",
      `--out=${folder}/x`,
    ]);
    assert.equal(
      replay.error,
      `--init "${run}" cannot be used: it has no checkpoint, which would hold its transitions: leave --init-replay out\n`,
    );
    const absent = await softq(["train", "multi-goal", `--init=${folder}/absent`, `--out=${folder}/x`]);
    assert.match(absent.error, /^--init: ".*absent" is not a run: its config\.json does not exist \(/);
    const config = await softq([
      "train",
      "multi-goal",
      `--config=${folder}/absent.json`,
      `--out=${folder}/x`,
    ]);
    assert.equal(config.error, `--config "${folder}/absent.json" cannot be read: it does not exist\n`);
    assert.deepEqual(await softq(["resume", run, "--from=77"]), {
      code: 2,
      out: "",
      error: 'Checkpoint file "checkpoint/77/manifest.json" cannot be read: it does not exist; ' +
        "no checkpoint of this run can be used\n",
    });
  }));

Deno.test("evaluate refuses damaged and foreign parameters by name", () =>
  withFolder(async (folder) => {
    for (const seed of [1, 2]) {
      await softq(["train", "multi-goal", ...TINY, `--seed=${seed}`, `--out=${folder}/${seed}`]);
    }
    await Deno.copyFile(`${folder}/2/parameters.safetensors`, `${folder}/1/parameters.safetensors`);
    const other = await softq(["evaluate", `${folder}/1`]);
    assert.equal(other.code, 2);
    assert.match(
      other.error,
      /parameters\.safetensors" has been damaged or changed: it is not what the run wrote\n$/,
    );
    // Without a manifest that knows better the file itself tells.
    await Deno.remove(`${folder}/1/manifest.json`);
    const foreign = await softq(["evaluate", `${folder}/1`]);
    assert.equal(foreign.code, 2);
    assert.match(foreign.error, /parameters\.safetensors" cannot be used: it belongs to run/);
    await Deno.truncate(`${folder}/1/parameters.safetensors`, 100);
    const cut = await softq(["evaluate", `${folder}/1`]);
    assert.equal(cut.code, 2);
    assert.match(cut.error, /parameters\.safetensors" cannot be used: The file is cut short/);
  }));

Deno.test("list shows each run's state, steps and result, in aligned columns", () =>
  withFolder(async (folder) => {
    await softq(["train", "multi-goal", ...TINY, "--seeds=3..4", `--out=${folder}/run-2`]);
    await softq(["train", "multi-goal", ...TINY, `--out=${folder}/run-10`], afterTurns(9));
    await Deno.mkdir(`${folder}/empty`);
    const { code, out } = await softq(["list", folder]);
    assert.equal(code, 0);
    const lines = out.trimEnd().split("\n");
    assert.match(lines[0], /^run +experiment +algorithm +seeds +state +steps +result$/);
    assert.match(
      lines[1],
      /run-2 +multi-goal +soft-q +3\.\.4 +done +400\/400 +mean return −[\d.]+ \[−[\d.]+ to −[\d.]+\], reaches a goal/,
    );
    assert.match(
      lines[2],
      /run-10 +multi-goal +soft-q +0 +interrupted +200\/400 +mean return −[\d.]+, reaches a goal [\d.]+ %$/,
    );
    assert.equal(lines.length, 3);
    const [first, second] = JSON.parse((await softq(["list", "--json", folder])).out);
    assert.equal(first.result.meanReturn.n, 2);
    const returns = (await json(`${folder}/run-2/summary.json`)).evaluation.map((
      each: { meanReturn: number },
    ) => each.meanReturn);
    assert.equal(first.result.meanReturn.mean, interquartileMean(returns));
    assert.deepEqual([second.state, second.stepsDone, second.steps], ["interrupted", 200, 400]);
    assert.equal(second.result.meanReturn.interval, null);
    assert.equal((await softq(["list", `${folder}/empty`])).out, `There is no run in "${folder}/empty"\n`);
    const absent = await softq(["list", `${folder}/absent`]);
    assert(absent.code === 2 && /Cannot read the folder ".*absent": it does not exist/.test(absent.error));
  }));

Deno.test("Every command's help fits a screen, and no text has a control character", async () => {
  const commands = ["resume", "evaluate", "report", "watch", "list", "version", "completion"];
  for (const words of [[], ["train"], ["train", "multi-goal"], ...commands.map((each) => [each])]) {
    const { code, out } = await softq([...words, "--help"]);
    assert.equal(code, 0, words.join(" "));
    const lines = out.split("\n");
    assert(lines.length <= 40 && lines.every((line) => line.length <= 120), words.join(" "));
    // deno-lint-ignore no-control-regex
    assert(!/[\x00-\x09\x0b-\x1f]/.test(out), words.join(" "));
  }
});

Deno.test("train prints a table of every seed and the typical values, or one JSON document, or nothing", () =>
  withFolder(async (folder) => {
    const words = ["train", "multi-goal", ...TINY, "--seeds=3..4"];
    const table = await softq([...words, `--out=${folder}/a`]);
    assert.match(table.out, /^4 episodes +seed 3 +seed 4 +typical +95 % interval\n/);
    assert.match(table.out, /\nReaches a goal( +[\d.]+ %){4} to [\d.]+ %\n/);
    assert.match(table.out, /\nOf these, at \(0, −5\)( +[\d.]+ %){2}\n/); // seed by seed, and no mean over them
    assert(
      table.out.includes(`${folder}/a: summary.json, metrics.jsonl, parameters.safetensors, figure-1.svg`),
    );
    assert(table.out.split("\n").slice(0, -2).every((line) => line.length <= 80), table.out);
    assert.doesNotMatch(table.out, /\d\.\d{5}/);
    const document = await softq([...words, "--json", `--out=${folder}/b`]);
    const { run, files, summary, failed } = JSON.parse(document.out);
    assert.deepEqual([run, failed, files.includes("figure-1.svg")], [`${folder}/b`, [], true]);
    assert.deepEqual(summary, await json(`${folder}/b/summary.json`));
    assert.match(document.error, /multi-goal: soft-q on cpu/);
    const quiet = await softq([...words, "--quiet", `--out=${folder}/c`]);
    assert.deepEqual(quiet, { code: 0, out: "", error: "" });
    const resumed = await softq(["resume", `${folder}/a`, "--json"]);
    assert.deepEqual([resumed.code, resumed.out], [2, ""]);
    assert.match(resumed.error, /is finished: there is nothing to continue/);
  }));

Deno.test("train alone is an error that lists the experiments", async () => {
  assert.deepEqual(await softq(["train"]), {
    code: 2,
    out: "",
    error: "softq train needs an experiment, one of multi-goal\n",
  });
});

Deno.test("version prints what an error report needs, as JSON if requested", async () => {
  const { code, out } = await softq(["version", "--json"]);
  assert.equal(code, 0);
  const { version, deno, device, adapter, processor, revision } = JSON.parse(out);
  const { version: own } = await json(new URL("../../deno.json", import.meta.url).pathname);
  assert.deepEqual([version, deno], [own, Deno.version.deno]);
  for (const text of [device, adapter, processor]) assert(typeof text === "string" && text.length > 0);
  assert(revision === null || /^[0-9a-f]{40}$/.test(revision));
  assert((await softq(["version"])).out.startsWith(`version   ${own}\n`));
});

Deno.test("A shell completes commands, flags and the values of a choice", async () => {
  const proposed = async (...words: string[]) =>
    (await softq(["complete", "--", ...words])).out.trim().split("\n");
  // A word that is a command by itself is followed by its routes, too.
  assert.deepEqual(await proposed("sweep", "st"), ["status"]);
  assert((await proposed("sweep", "")).includes("report"));
  assert.deepEqual(await proposed("tra"), ["train"]);
  assert.deepEqual(await proposed("train", "multi"), ["multi-goal"]);
  assert.deepEqual(await proposed("train", "multi-goal", "--sca"), ["--scale"]);
  assert.deepEqual(await proposed("train", "multi-goal", "--scale", "s"), ["smoke", "study"]);
  for (const shell of ["bash", "zsh", "fish"]) {
    assert.match((await softq(["completion", shell])).out, /softq complete -- /);
  }
  const { code, error } = await softq(["completion", "csh"]);
  assert.equal(code, 2);
  assert.match(error, /must be one of bash, zsh, fish: got "csh"/);
});

Deno.test("A list of the archived runs says how each ended", async () => {
  const folder = new URL("../../results", import.meta.url).pathname;
  const runs = JSON.parse((await softq(["list", "--json", folder])).out) as {
    state: string;
    result: object;
  }[];
  assert(runs.length > 40);
  for (const { state, result } of runs) {
    assert.match(state, /^(done|failed)$/);
    assert(state === "failed" || Object.keys(result).length > 0);
  }
});

Deno.test("A misspelt command, experiment or flag gets a suggestion and exit code 2", async () => {
  const cases = [[["trian"], /train/], [["train", "multi-gaol"], /multi-goal/], [
    ["resume", "x", "--form=3"],
    /--from/,
  ]] as const;
  for (const [words, says] of cases) {
    const { code, error } = await softq(words);
    assert.equal(code, 2, error);
    assert.match(error, says);
  }
});

Deno.test("--debug shows where an exception came from, and without it there is one line", () =>
  withFolder(async (folder) => {
    const crash = (): Promise<void> => Promise.reject(new Error("a test's own fault"));
    for (const debug of [false, true]) {
      const words = ["train", "multi-goal", ...TINY, `--out=${folder}/${debug}`, ...debug ? ["--debug"] : []];
      const { code, error } = await softq(words, { observe: crash });
      assert.equal(code, 1);
      assert.match(error, /The run failed: a test's own fault/);
      assert.equal(/^\s+at /m.test(error), debug, error);
    }
  }));
