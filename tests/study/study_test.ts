/** The study's machinery on runs of seconds: slices, outcomes, failures and the page. */
import { assert } from "../deps.ts";
import { EXPERIMENTS } from "../../experiments/all.ts";
import { swimmerClaims } from "../../study/claims.ts";
import { seedsOf } from "../../study/seeds.ts";
import { study, wishesOf } from "../../study/study.ts";
import { STUDY } from "../../study/plan.ts";
import { writeReport } from "../../study/report.ts";
import { completed } from "../../src/run/configuration.ts";
import type { JsonObject } from "../../src/run/json.ts";
import { configure } from "../../src/cli/main.ts";
import { historyOf } from "../../src/run/evaluation.ts";
import { wholeHistory } from "../../src/run/kept.ts";
import {
  advance,
  commandOf,
  keep,
  type Outcome,
  outcomesIn,
  PARAMETERS,
  type Planned,
  type Standing,
  standingOf,
} from "../../study/runner.ts";
import { E } from "../../src/deps.ts";
import { comparable, withFolder } from "../run/run_fixture.ts";

const SMOKE = { scale: "smoke", device: "cpu" } as const;
const PLAN: readonly Planned[] = [
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

/** A console whose clock moves by a second whenever it is asked. */
const quiet = () => {
  let seconds = 0;
  const said: string[] = [];
  return {
    said,
    console: {
      out: (text: string) => void said.push(text),
      error: (text: string) => void said.push(text),
      isTerminal: false,
      width: () => 80,
      now: () => seconds++,
      date: () => "2026-01-01T00:00:00.000Z",
      interrupted: () => false,
    },
  };
};

const foldersIn = (folder: string) => ({ runs: `${folder}/runs`, results: `${folder}/results` });

async function step(folder: string, planned: Planned, seconds: number): Promise<Standing> {
  const result = await advance(EXPERIMENTS, foldersIn(folder), planned, seconds, quiet().console)();
  assert(E.isRight(result), E.isLeft(result) ? result.left.message : "");
  return result.right;
}

Deno.test("A run in slices ends with the files of one that was never stopped", () =>
  withFolder(async (folder) => {
    const planned = { ...PLAN[0], flags: { ...PLAN[0].flags, steps: "800" } };
    assert.equal(await step(`${folder}/whole`, planned, 1e9), "finished");
    let slices = 0;
    while (await step(`${folder}/sliced`, planned, 15) !== "finished") {
      assert.equal(await standingOf(foldersIn(`${folder}/sliced`), planned), "begun");
      slices++;
    }
    assert(slices > 1, String(slices));
    const [whole, sliced] = ["whole", "sliced"].map((name) =>
      comparable(`${folder}/${name}/runs/multi-goal`)
    );
    assert.deepEqual(await sliced, await whole);
  }));

Deno.test("The outcome of every run is kept and stands on the page, with figures over several runs", () =>
  withFolder(async (folder) => {
    const folders = foldersIn(folder);
    for (const planned of PLAN) {
      assert.equal(await standingOf(folders, planned), "missing");
      assert.equal(await step(folder, planned, 1e9), "finished");
      assert(E.isRight(await keep(folders, planned)()));
    }
    const names = (run: string): readonly string[] =>
      [...Deno.readDirSync(`${folders.results}/${run}`)].map(({ name }) => name).sort();
    const always = ["config.json", "evaluations.json", "run.json", "summary.json"];
    assert.deepEqual(names("multi-goal"), [...always, ...PLAN[0].keeps!].sort());
    assert.deepEqual(names("pretrain"), [...always, "traces.json"].sort());
    const { parameters } = JSON.parse(await Deno.readTextFile(`${folders.results}/pretrain/run.json`));
    assert.equal(parameters, "not kept: run the command again");
    await Deno.remove(folders.runs, { recursive: true }); // another clone has the outcomes alone
    for (const planned of PLAN) assert.equal(await standingOf(folders, planned), "finished");
    const outcomes = await outcomesIn(folders, PLAN);
    assert.deepEqual(outcomes.map(({ name }) => name), PLAN.map(({ name }) => name));
    for (const { history, summary } of outcomes) {
      assert.equal(history.length, summary.replicas);
      assert(history.every((each) => each.length === 2 && each[1].step === summary.environmentSteps));
    }
    assert(E.isRight(await writeReport(folders, PLAN)()));
    const page = await Deno.readTextFile(`${folders.results}/README.md`);
    for (const planned of PLAN) {
      assert(page.includes(`**${planned.name}** (done)`), planned.name);
      assert(page.includes(commandOf(planned)));
    }
    assert.doesNotMatch(page, /NaN|undefined|\[object/);
    for (const [, file] of page.matchAll(/\]\(([^)]+\.svg)\)/g)) {
      assert((await Deno.stat(`${folders.results}/${file}`)).isFile, file);
    }
    assert(page.includes("figure-6.svg") && page.includes("figure-5-wide-hallway.svg"));
  }));

Deno.test("What is kept of evaluations is what was logged, and the final one is the summary's", () =>
  withFolder(async (folder) => {
    const folders = foldersIn(folder), planned = { ...PLAN[0], flags: { ...PLAN[0].flags, steps: "400" } };
    const flags = { ...planned.flags, evaluationInterval: "100" };
    assert.equal(await step(folder, { ...planned, flags }, 1e9), "finished");
    assert(E.isRight(await keep(folders, planned)()));
    const [{ history, summary }] = await outcomesIn(folders, [planned]);
    const logged = historyOf(await Deno.readTextFile(`${folders.runs}/multi-goal/metrics.jsonl`), 2);
    const rounded = (value: unknown): unknown =>
      JSON.parse(
        JSON.stringify(value),
        (_, x) => typeof x === "number" ? Number(x.toPrecision(7)) : x,
      );
    history.forEach((each, r) => {
      assert(logged[r].length >= 3);
      assert.deepEqual(rounded(each.slice(0, -1)), rounded(logged[r]));
      const [final] = each.slice(-1);
      assert.deepEqual(final, { step: 400, evaluation: (summary.evaluation as JsonObject[])[r] });
    });
    // Folders of version 0.1 have lists of objects, and the final evaluation at their ends.
    const old = JSON.parse(JSON.stringify(history));
    assert.deepEqual(wholeHistory(old, summary), history);
  }));

Deno.test("What the repository keeps of the study is below 5 MB, and holds all that others start from", async () => {
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
  const inits = new Set(STUDY.flatMap(({ flags }) => flags.init === undefined ? [] : [flags.init]));
  assert(inits.size >= 5);
  for (const init of inits) assert(here.has(`./${init.replace("results/", "")}/${PARAMETERS}`), init);
  const kept = STUDY.flatMap(({ name, keeps }) =>
    here.has(`./${name}/run.json`) ? (keeps ?? []).map((file) => `./${name}/${file}`) : []
  );
  for (const file of kept) assert(here.has(file), file);
  const always = /\/(config|evaluations|run|summary|traces)\.json$/;
  for (const file of here.keys()) {
    assert(
      /^\.\/[^/]+$/.test(file) || always.test(file) || kept.includes(file),
      `${file} is not of the plan`,
    );
  }
});

Deno.test("A run whose every seed stops being finite is an outcome, and its seeds count as none that succeeded", () =>
  withFolder(async (folder) => {
    const folders = foldersIn(folder);
    const broken = EXPERIMENTS.map(({ name }): Planned => ({
      name: `broken-${name}`,
      experiment: name,
      minutes: 0.1,
      flags: { ...SMOKE, seeds: "0..1", rewardScale: "1e38" },
    }));
    for (const planned of broken) {
      assert.equal(await step(folder, planned, 1e9), "finished");
      assert(E.isRight(await keep(folders, planned)()));
    }
    assert(E.isRight(await writeReport(folders, broken)()));
    const page = await Deno.readTextFile(`${folders.results}/README.md`);
    const rows = page.split("\n").filter((line) => /\| 2 seeds/.test(line));
    assert(rows.length >= 2 * EXPERIMENTS.length - 2, page);
    for (const row of rows) assert.doesNotMatch(row, /\| yes \|/);
    for (const row of rows) assert.match(row, /\| (0 of 2|nothing) \| 2 seeds, of which 2 failed \|/);
    assert.doesNotMatch(page, /NaN/);
    for (const { name } of broken) assert.match(page, new RegExp(`\\*\\*${name}\\*\\* \\(failed: `));
    for (const [, file] of page.matchAll(/\]\(([^)]+\.svg)\)/g)) {
      assert((await Deno.stat(`${folders.results}/${file}`)).isFile, file);
    }
  }));

Deno.test("A seed that stops being finite while others go on is counted as failed, and its numbers are not", () => {
  const evaluation = (seed: number, more: JsonObject): JsonObject => ({
    seed,
    overall: { firstCrossing: 1000, endsForward: true, endsBackward: false, bestDistance: 3 + seed },
    ...more,
  });
  const outcome: Outcome = {
    name: "some",
    command: "",
    repeats: "",
    figures: [],
    configuration: EXPERIMENTS[1].preset("soft-q", "smoke") as unknown as JsonObject,
    manifest: {},
    summary: { updates: 7, evaluation: [evaluation(0, {}), evaluation(1, { frozenAt: 3 })] },
    history: [[], []],
    traces: null,
  };
  const rows = swimmerClaims(seedsOf([outcome], "swimmer"));
  assert.deepEqual(rows.map(({ found }) => found), [
    "1 of 2",
    "1 of 2",
    "0 of 2",
    "0 of 2",
    "3.00 m (each: 3.00)",
  ]);
  for (const { n } of rows) assert.equal(n, "2 seeds, of which 1 failed");
});

Deno.test("Every run of the plan has a valid configuration and a name of its own", () => {
  assert.equal(new Set(STUDY.map(({ name }) => name)).size, STUDY.length);
  for (const { name, experiment, flags } of STUDY) {
    const found = EXPERIMENTS.find((each) => each.name === experiment);
    assert(found !== undefined, name);
    const checked = configure(found, flags);
    assert(E.isRight(checked), E.isLeft(checked) ? `${name}: ${checked.left.message}` : "");
    // What a run starts from is made before it.
    const init = flags.init?.replace("results/", "");
    const before = STUDY.slice(0, STUDY.findIndex((each) => each.name === name));
    assert(init === undefined || before.some((each) => each.name === init), name);
  }
});

Deno.test("The outcomes that are kept are those of the plan's flags, whatever has become of the presets", async () => {
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
    // What a run starts from is digested when it begins; the first runs had no word for the replay that they did not keep.
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
    [["--minutes=31"], /--minutes must be a number above 0 and at most 30: got "31"/],
    [["--minutes=many"], /--minutes must be a number/],
    [["--only=nothing"], /--only must be the beginning of a run's name: got "nothing"/],
    [["--fast"], /--fast/],
    [["word"], /word/],
  ];
  for (const [words, says] of refused) {
    const { console, said } = quiet();
    assert.equal(await study(words, console), 2);
    assert.equal(said.length, 1);
    assert.match(said[0], says);
    assert.equal(said[0].trim().split("\n").length, 1);
  }
  const wishes = wishesOf(["--plan", "--only", "swimmer", "--minutes", "5"]);
  assert.deepEqual(wishes, E.right({ plan: true, report: false, only: "swimmer", seconds: 300 }));
});
