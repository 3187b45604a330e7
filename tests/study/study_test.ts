/** The study on runs of a few seconds: recovery from a kill, its plan, and its words. */
import { assert } from "../deps.ts";
import { EXPERIMENTS } from "../../experiments/all.ts";
import { E } from "../../src/deps.ts";
import { configure } from "../../src/cli/configure.ts";
import { isTaken } from "../../src/run/files.ts";
import { completed } from "../../src/run/configuration.ts";
import type { JsonObject } from "../../src/run/json.ts";
import { statusOf } from "../../study/archive.ts";
import { SCHEDULE, STUDY } from "../../study/plan.ts";
import { type PlannedRun, startOf } from "../../study/planned_run.ts";
import { study, studyOptions } from "../../study/study.ts";
import { comparable, withFolder } from "../run/run_fixture.ts";
import { until } from "../waiting.ts";
import { carriedOut, foldersIn, PLAN, quiet, SMOKE } from "./study_fixture.ts";

Deno.test("A killed study continues from its runs' checkpoints to the files of an undisturbed one", () =>
  withFolder(async (folder) => {
    const flags = {
      ...SMOKE,
      steps: "3000",
      checkpointInterval: "400",
      evaluationInterval: "0",
      seeds: "0..0",
    };
    const plan: readonly PlannedRun[] = ["a", "b"].map((name, k) => ({
      name,
      experiment: "multi-goal",
      minutes: 1,
      flags: { ...flags, seeds: `${k}..${k}` },
    }));
    assert.equal((await carriedOut(`${folder}/whole`, plan)).code, 0);
    const killed = foldersIn(`${folder}/killed`),
      program = new URL("study_program.ts", import.meta.url).pathname;
    await Deno.mkdir(killed.results, { recursive: true });
    const begin = () =>
      new Deno.Command(Deno.execPath(), {
        args: ["run", "--quiet", "-A", program, `${folder}/killed`, JSON.stringify(plan)],
        stdout: "null",
        stderr: "piped",
      }).spawn();
    const checkpointIn = async (name: string): Promise<unknown> =>
      JSON.parse(
        await Deno.readTextFile(`${killed.runs}/${name}/checkpoint/latest.json`).catch(() => "null"),
      );
    const first = begin();
    const checkpoints = (): Promise<readonly unknown[]> =>
      Promise.all(plan.map(({ name }) => checkpointIn(name)));
    await until("a checkpoint of every run", async () => !(await checkpoints()).includes(null));
    first.kill("SIGKILL");
    assert.equal((await first.output()).signal, "SIGKILL");
    // The runs notice that nobody listens, make a checkpoint and end.
    for (const { name } of plan) {
      await until(`the end of ${name}`, async () => !await isTaken(`${killed.runs}/${name}`));
      assert.equal(await statusOf(killed, plan.find((run) => run.name === name)!), "started", name);
    }
    const second = await begin().output(), said = new TextDecoder().decode(second.stderr);
    assert.equal(second.code, 0, said);
    for (const { name } of plan) {
      assert.match(said, new RegExp(`${name}: goes on`));
      assert.deepEqual(
        await comparable(`${killed.runs}/${name}`),
        await comparable(`${folder}/whole/runs/${name}`),
      );
    }
  }));

Deno.test("Every run of the plan has a valid configuration and a unique name", () => {
  assert.equal(new Set(STUDY.map(({ name }) => name)).size, STUDY.length);
  for (const { name, experiment, flags } of STUDY) {
    const found = EXPERIMENTS.find((each) => each.name === experiment);
    assert(found !== undefined, name);
    const checked = configure(found, flags);
    assert(E.isRight(checked), E.isLeft(checked) ? `${name}: ${checked.left.message}` : "");
  }
  assert.deepEqual(new Set(SCHEDULE), new Set(STUDY));
  SCHEDULE.forEach((run, k) => { // what a run starts from is made before it
    const start = startOf(run);
    assert(start === null || SCHEDULE.slice(0, k).some(({ name }) => name === start), run.name);
  });
  // Every experiment has a first run among the first dozen.
  for (const { name } of EXPERIMENTS) {
    assert(SCHEDULE.slice(0, 12).some(({ experiment }) => experiment === name), name);
  }
});

Deno.test("The archived runs are those of the plan's flags, whatever the presets are now", async () => {
  let compared = 0;
  for (const { name, experiment, flags } of STUDY) {
    const path = new URL(`../../results/${name}/config.json`, import.meta.url);
    const kept = await Deno.readTextFile(path).then(JSON.parse, (error) => {
      if (error instanceof Deno.errors.NotFound) return null;
      throw error;
    });
    if (kept === null) continue;
    const planned = configure(EXPERIMENTS.find((each) => each.name === experiment)!, flags); // the test above
    assert(E.isRight(planned));
    // What a run starts from is digested when it begins; the first runs had no word for the replay that they did not
    // keep.
    const expected = {
      ...planned.right,
      initDigest: kept.initDigest,
      initReplay: kept.initReplay ?? "fresh",
    };
    assert.deepEqual({ ...expected, ...completed(kept) as JsonObject }, expected, name);
    compared++;
  }
  assert(compared > 20);
});

Deno.test("The study refuses words that it does not know in one line with exit code 2", async () => {
  const refused: readonly (readonly [readonly string[], RegExp])[] = [
    [["--hours=0"], /--hours must be a number above 0: got "0"/],
    [["--hours=many"], /--hours must be a number above 0: got "many"/],
    [["--hours="], /--hours must be a number above 0: got ""/],
    [["--cores=0"], /--cores must be an integer from 1 to 1024: got "0"/],
    [["--cores=1.5"], /--cores must be an integer/],
    [["--only=nothing"], /--only must be the beginning of a run's name: got "nothing"/],
    [["--fast"], /--fast/],
    [["word"], /word/],
  ];
  for (const [words, says] of refused) {
    const { console, said } = quiet();
    assert.equal(await study(words, console), 2);
    assert.equal(said.length, 1);
    assert.match(said[0], says);
    assert.equal(said[0]!.trim().split("\n").length, 1);
  }
  const options = studyOptions(["--plan", "--only", "swimmer", "--hours", "5", "--cores", "3"], STUDY);
  assert.deepEqual(
    options,
    E.right({
      ...{ help: false, plan: true, report: false, only: "swimmer", seconds: 18_000, cores: 3, server: null },
    }),
  );
});

Deno.test("--help names every flag that there is, and makes no run", async () => {
  const out: string[] = [];
  const console = { ...quiet().console, out: (text: string) => void out.push(text) };
  assert.equal(await study(["--help", "--hours", "3"], console), 0);
  const help = out.join(""), source = Deno.readTextFileSync(new URL("../../study/study.ts", import.meta.url));
  const flags = [...source.matchAll(/^ {2,8}"?([a-z-]+)"?: \{ type: "(?:string|boolean)"/gm)].map((
    [, name],
  ) => name!);
  assert(flags.length > 9);
  for (const flag of flags) assert(help.includes(`--${flag}`), flag);
});

Deno.test("--plan and the page of results say what is missing; --plan also every run's state and cost", () =>
  withFolder(async (folder) => {
    const plan = PLAN.slice(0, 2);
    assert.equal((await carriedOut(folder, plan, "--only=multi-goal")).code, 0);
    const { code, said } = await carriedOut(folder, plan, "--plan");
    assert.equal(code, 0);
    assert.match(said, /^finished +0.1 min {2}multi-goal\nmissing +0.1 min {2}swimmer\n/);
    assert.match(said, /Missing: swimmer \(1 of 2 runs, about 0.0 core hours\)\n$/);
    const page = await Deno.readTextFile(`${foldersIn(folder).results}/README.md`);
    assert.match(page, /Planned runs that are missing: 1 of 2\.\n/);
  }));

Deno.test("The flags that the task's description names are those of the study's usage", async () => {
  const text = (path: string) => Deno.readTextFile(new URL(`../../${path}`, import.meta.url));
  const { description } = JSON.parse(await text("deno.json")).tasks.study,
    source = await text("study/study.ts");
  const named: readonly string[] = description.match(/--[a-z]+/g);
  assert(named.length >= 6);
  for (const flag of named) assert.match(source, new RegExp(`^  ${flag}\\b`, "m"));
});
