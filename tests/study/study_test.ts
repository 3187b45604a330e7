/** The study on runs of a few seconds: kept files, the page, failures, and recovery from a kill. */
import { assert } from "../deps.ts";
import { EXPERIMENTS } from "../../experiments/all.ts";
import { swimmer } from "../../experiments/swimmer.ts";
import { E } from "../../src/deps.ts";
import { configure } from "../../src/cli/configure.ts";
import { historyOf } from "../../src/run/evaluation.ts";
import { isTaken } from "../../src/run/files.ts";
import { completed } from "../../src/run/configuration.ts";
import type { JsonObject } from "../../src/run/json.ts";
import { allEvaluations } from "../../src/run/archived.ts";
import { metricsLinesIn } from "../../src/run/written.ts";
import { swimmerClaims } from "../../study/claims/swimmer.ts";
import { statusOf } from "../../study/archive.ts";
import { type ArchivedRun, archivedRuns } from "../../study/archived_run.ts";
import { SCHEDULE, STUDY } from "../../study/plan.ts";
import { commandOf, PARAMETERS, type PlannedRun, startOf } from "../../study/planned_run.ts";
import { costText, devicesText, writeReport } from "../../study/report.ts";
import { seedsOf } from "../../study/seeds.ts";
import { study, studyOptions } from "../../study/study.ts";
import { comparable, withFolder } from "../run/run_fixture.ts";
import { foldersIn, quiet, SMOKE } from "./study_fixture.ts";

const PLAN: readonly PlannedRun[] = [
  {
    name: "multi-goal",
    experiment: "multi-goal",
    minutes: 0.1,
    flags: { ...SMOKE, seeds: "0..1" },
    keeps: ["figure-1.json", "figure-1.svg", "parameters.safetensors"],
  },
  {
    name: "swimmer",
    experiment: "swimmer",
    minutes: 0.1,
    flags: { ...SMOKE, algorithm: "ddpg", seeds: "2..3" },
  },
  { name: "maze", experiment: "maze", minutes: 0.1, flags: SMOKE },
  { name: "pretrain", experiment: "pretrain", minutes: 0.1, flags: SMOKE },
  { name: "transfer", experiment: "transfer", minutes: 0.1, flags: SMOKE },
];

/** All pages of results, one after the other. */
async function pagesIn(folder: string): Promise<string> {
  const names = [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) => name.endsWith(".md"));
  return (await Promise.all(names.map((name) => Deno.readTextFile(`${folder}/${name}`)))).join("\n");
}

/** Carries a plan out to its end on two cores, and gives the exit code and what was said. */
async function carriedOut(folder: string, plan: readonly PlannedRun[], ...words: readonly string[]) {
  const { console, said } = quiet(), folders = foldersIn(folder);
  await Deno.mkdir(folders.results, { recursive: true });
  const setting = { study: plan, schedule: plan, folders };
  const code = await study(["--hours=1", "--cores=2", ...words], console, setting);
  return { code, said: said.join("") };
}

async function archivedIn(folder: string, plan: readonly PlannedRun[]): Promise<readonly ArchivedRun[]> {
  const kept = await archivedRuns(foldersIn(folder), plan)();
  assert(E.isRight(kept), E.isLeft(kept) ? kept.left.message : "");
  return kept.right;
}

/** A page whose lines are not broken. */
const onOneLine = (page: string): string => page.replace(/\s+/g, " ");

/** The rows of a page's tables, which are HTML, as `| a | b |`. */
const tableRows = (page: string): readonly string[] =>
  [...onOneLine(page).matchAll(/<tr>(.*?)<\/tr>/g)].map(([, row]) =>
    `|${[...row!.matchAll(/<t[dh]>(.*?)<\/t[dh]>/g)].map(([, cell]) => ` ${cell} |`).join("")}`
  );

Deno.test("Every run's archive has what other runs need, and is on the page, with figures over several runs", () =>
  withFolder(async (folder) => {
    const folders = foldersIn(folder);
    for (const planned of PLAN) assert.equal(await statusOf(folders, planned), "missing");
    const { code, said } = await carriedOut(folder, PLAN);
    assert.equal(code, 0, said);
    assert.match(said, /No run is missing/);
    const names = (run: string): readonly string[] =>
      [...Deno.readDirSync(`${folders.results}/${run}`)].map(({ name }) => name).sort();
    const always = ["config.json", "evaluations.json", "run.json", "summary.json"];
    assert.deepEqual(names("multi-goal"), [...always, ...PLAN[0]!.keeps!].sort());
    assert.deepEqual(names("pretrain"), [...always, "traces.json"].sort());
    const { parameters } = JSON.parse(await Deno.readTextFile(`${folders.results}/pretrain/run.json`));
    assert.equal(parameters, "not kept: run the command again");
    await Deno.remove(folders.runs, { recursive: true }); // another clone has what is kept alone
    for (const planned of PLAN) assert.equal(await statusOf(folders, planned), "finished");
    const kept = await archivedIn(folder, PLAN);
    assert.deepEqual(kept.map(({ name }) => name), PLAN.map(({ name }) => name));
    for (const { history, configuration: { replicas, steps } } of kept) {
      assert.equal(history.length, replicas);
      assert(history.every((each) => each.length === 2 && each[1]!.step === steps));
    }
    assert.equal((await carriedOut(folder, PLAN, "--report")).code, 0);
    const page = await pagesIn(folders.results);
    for (const planned of PLAN) {
      assert(page.includes(`**${planned.name}** (done)`), planned.name);
      assert(onOneLine(page).includes(commandOf(planned)), planned.name);
    }
    assert.doesNotMatch(page, /NaN|undefined|\[object/);
    for (const [, file] of page.matchAll(/\]\(([^)]+\.svg)\)/g)) {
      assert((await Deno.stat(`${folders.results}/${file}`)).isFile, file);
    }
    assert(page.includes("figure-6.svg") && page.includes("figure-5-wide-hallway.svg"));
  }));

Deno.test("Archived evaluations are those that were logged, and the final one is the summary's", () =>
  withFolder(async (folder) => {
    const folders = foldersIn(folder);
    const planned = { ...PLAN[0]!, flags: { ...PLAN[0]!.flags, steps: "400", evaluationInterval: "100" } };
    assert.equal((await carriedOut(folder, [planned])).code, 0);
    const [{ history, seeds }] = await archivedIn(folder, [planned]) as [ArchivedRun];
    const summary = JSON.parse(await Deno.readTextFile(`${folders.results}/multi-goal/summary.json`));
    const lines = await metricsLinesIn(`${folders.runs}/multi-goal/metrics.jsonl`, 2)();
    assert(E.isRight(lines));
    const logged = historyOf(lines.right, 2);
    const rounded = (value: unknown): unknown =>
      JSON.parse(
        JSON.stringify(value),
        (_, x) => typeof x === "number" ? Number(x.toPrecision(7)) : x,
      );
    history.forEach((each, r) => {
      assert(logged[r]!.length >= 3);
      assert.deepEqual(rounded(each.slice(0, -1)), rounded(logged[r]));
      const [final] = each.slice(-1);
      assert.deepEqual(final, { step: 400, evaluation: seeds[r]!.evaluation });
    });
    // Folders of version 0.1 have lists of objects, and the final evaluation at their ends.
    const old = JSON.parse(JSON.stringify(history));
    assert.deepEqual(allEvaluations(old, summary), history);
  }));

Deno.test("What the repository keeps of the study is below 5 MB, and holds all that the runs still missing start from", async () => {
  const results = new URL("../../results/", import.meta.url), here = new Map<string, number>();
  const visit = async (below: string) => {
    for await (const { name, isDirectory } of Deno.readDir(new URL(below, results))) {
      if (isDirectory) await visit(`${below}${name}/`);
      else here.set(`${below}${name}`, (await Deno.stat(new URL(`${below}${name}`, results))).size);
    }
  };
  await visit("./");
  const bytes = [...here.values()].reduce((sum, each) => sum + each, 0);
  assert(bytes < 5e6, `${bytes} bytes`);
  const isKept = ({ name }: PlannedRun): boolean => here.has(`./${name}/run.json`);
  const needed = new Set(STUDY.filter((run) => !isKept(run)).map((run) => `./${startOf(run)}/${PARAMETERS}`));
  const kept = STUDY.filter(isKept).flatMap(({ name, keeps = [] }) =>
    keeps.map((file) => `./${name}/${file}`)
  );
  assert(kept.length >= 8);
  for (const file of kept) {
    if (here.has(file)) continue;
    // The parameters of a run may be left out once all runs that start from them are kept; its record says so.
    const made = JSON.parse(await Deno.readTextFile(new URL(file.replace(PARAMETERS, "run.json"), results)));
    assert(file.endsWith(PARAMETERS) && !needed.has(file) && made.parameters.startsWith("not kept"), file);
  }
  const always = /\/(config|evaluations|run|summary|traces)\.json$/;
  for (const file of here.keys()) {
    assert(
      /^\.\/[^/]+$/.test(file) || always.test(file) || kept.includes(file),
      `${file} is not of the plan`,
    );
  }
});

Deno.test("A run whose every seed becomes non-finite is archived, and none of its seeds counts as a success", () =>
  withFolder(async (folder) => {
    const folders = foldersIn(folder);
    const broken = EXPERIMENTS.map(({ name }): PlannedRun => ({
      name: `broken-${name}`,
      experiment: name,
      minutes: 0.1,
      flags: { ...SMOKE, seeds: "0..1", rewardScale: "1e38" },
    }));
    assert.equal((await carriedOut(folder, broken)).code, 0);
    const page = await pagesIn(folders.results);
    const rows = tableRows(page).filter((row) => /\| 2 seeds/.test(row));
    assert(rows.length >= 2 * EXPERIMENTS.length - 2, page);
    for (const row of rows) assert.doesNotMatch(row, /\| yes \|/);
    for (const row of rows) assert.match(row, /\| (0 of 2|nothing) \| 2 seeds, of which 2 failed \|/);
    assert.doesNotMatch(page, /NaN/);
    for (const { name } of broken) assert.match(page, new RegExp(`\\*\\*${name}\\*\\* \\(failed: `));
    for (const [, file] of page.matchAll(/\]\(([^)]+\.svg)\)/g)) {
      assert((await Deno.stat(`${folders.results}/${file}`)).isFile, file);
    }
  }));

Deno.test("A seed that becomes non-finite while others go on counts as failed, and its numbers are ignored", () => {
  const evaluation = (seed: number, more: JsonObject): JsonObject => ({
    seed,
    distances: [1],
    meanDistance: 1,
    farthest: 3,
    forwardShare: 1,
    backwardShare: 0,
    crossedShare: 1,
    meanReturn: 1,
    meanDiscountedReturn: 1,
    overall: {
      firstCrossing: 1000,
      bothWaysBeforeCrossing: false,
      endsForward: true,
      endsBackward: false,
      bestDistance: 3 + seed,
    },
    ...more,
  });
  const run: ArchivedRun = {
    name: "some",
    command: "",
    repeats: "",
    figures: [],
    configuration: swimmer.preset("soft-q", "smoke"),
    manifest: {
      version: "",
      revision: "",
      deno: "",
      device: "cpu",
      adapter: "",
      processor: "",
      exit: "done",
    },
    updates: 7,
    wallSeconds: 1,
    seeds: [
      { seed: 0, evaluation: evaluation(0, {}), failed: null },
      { seed: 1, evaluation: evaluation(1, {}), failed: "not finite from update 3 on" },
    ],
    history: [[], []],
    traces: [],
  };
  const long = {
    ...run,
    updates: 700_000,
    wallSeconds: 5400,
    manifest: { ...run.manifest, adapter: "some SIMD, 2 threads" },
  };
  assert.match(costText([run]), /made 14 updates, all seeds added up, in at most 0\.0 core hours/);
  assert.match(
    costText([run, long]),
    /made 1\.4 million updates, all seeds added up, in at most 3\.0 core hours/,
  );
  assert.match(costText([run], "All runs together"), /^All runs together made 14 updates/);
  const elsewhere = { ...run, manifest: { ...run.manifest, device: "webgpu" } };
  assert.equal(devicesText([run, long]), "All were made on the device `cpu`.");
  assert.equal(devicesText([run, long, elsewhere]), "By device: `cpu` 2, `webgpu` 1.");
  const seeds = seedsOf([run], swimmer);
  assert(E.isRight(seeds));
  const rows = swimmerClaims(seeds.right);
  assert.deepEqual(rows.map(({ found }) => found), [
    "1 of 2",
    "1 of 2",
    "0 of 2",
    "0 of 2",
    "3.00 m (each: 3.00)",
  ]);
  for (const { n } of rows) assert.equal(n, "2 seeds, of which 1 failed");
  const missing = { ...run, seeds: [{ seed: 0, evaluation: { seed: 0 }, failed: null }], history: [[]] };
  const wrong = seedsOf([missing], swimmer);
  assert(E.isLeft(wrong));
  assert.equal(
    wrong.left.message,
    `The archived run "some" cannot be used: "distances" should be a list of numbers: got nothing`,
  );
});

Deno.test("An invalid archived file is named, with what is wrong in it", () =>
  withFolder(async (folder) => {
    const plan = PLAN.slice(0, 1), path = `${folder}/results/multi-goal`;
    assert.equal((await carriedOut(folder, plan)).code, 0);
    const change = async (
      file: string,
      edit: (content: Record<string, unknown>) => unknown,
    ): Promise<string> => {
      const before = await Deno.readTextFile(`${path}/${file}`);
      const after = edit(JSON.parse(before));
      await Deno.writeTextFile(`${path}/${file}`, typeof after === "string" ? after : JSON.stringify(after));
      const written = await writeReport(foldersIn(folder), plan)();
      await Deno.writeTextFile(`${path}/${file}`, before);
      assert(E.isLeft(written), file);
      return written.left.message.replaceAll(folder, "");
    };
    const wrong: readonly (readonly [string, (content: Record<string, unknown>) => unknown, RegExp])[] = [
      ["summary.json", () => "{", /"\/results\/multi-goal\/summary.json" is not JSON/],
      [
        "summary.json",
        (it) => ({ ...it, updates: "many" }),
        /summary.json" cannot be used: "updates" should be a number/,
      ],
      [
        "summary.json",
        (it) => ({ ...it, evaluation: [1] }),
        /summary.json" cannot be used: "evaluation" should be/,
      ],
      ["summary.json", ({ timing: _, ...it }) => it, /"wallSeconds" should be a number: got nothing/],
      [
        "evaluations.json",
        () => [],
        /evaluations.json" cannot be used: it should be a list with a table for each seed/,
      ],
      [
        "run.json",
        (it) => ({ ...it, manifest: {} }),
        /run.json" cannot be used: "version" should be a string/,
      ],
      ["config.json", (it) => ({ ...it, steps: "ten" }), /config.json": --steps must be/],
      [
        "summary.json",
        (it) => ({
          ...it,
          evaluation: (it["evaluation"] as JsonObject[]).map((each) => ({ ...each, successRate: "all" })),
        }),
        /The archived run "multi-goal" cannot be used: "successRate" should be a number: got "all"/,
      ],
    ];
    for (const [file, edit, says] of wrong) assert.match(await change(file, edit), says);
    assert(E.isRight(await writeReport(foldersIn(folder), plan)()));
  }));

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
    while ((await Promise.all(plan.map(({ name }) => checkpointIn(name)))).some((found) => found === null)) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    first.kill("SIGKILL");
    assert.equal((await first.output()).signal, "SIGKILL");
    // The runs notice that nobody listens, make a checkpoint and end.
    for (const { name } of plan) {
      while (await isTaken(`${killed.runs}/${name}`)) await new Promise((resolve) => setTimeout(resolve, 20));
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
