/** The archive of the study's runs and the pages from it: kept files, failed seeds, costs and invalid files. */
import { assert } from "../deps.ts";
import { EXPERIMENTS } from "../../experiments/all.ts";
import { swimmer } from "../../experiments/swimmer.ts";
import { E } from "../../src/deps.ts";
import { historyOf } from "../../src/run/evaluation.ts";
import type { JsonObject } from "../../src/run/json.ts";
import { allEvaluations } from "../../src/run/archived.ts";
import { metricsLinesIn } from "../../src/run/written.ts";
import { swimmerClaims } from "../../study/claims/swimmer.ts";
import { statusOf } from "../../study/archive.ts";
import { type ArchivedRun, archivedRuns } from "../../study/archived_run.ts";
import { STUDY } from "../../study/plan.ts";
import { commandOf, PARAMETERS, type PlannedRun, startOf } from "../../study/planned_run.ts";
import { costText, devicesText, writeReport } from "../../study/report.ts";
import { seedsOf } from "../../study/seeds.ts";
import { withFolder } from "../run/run_fixture.ts";
import { carriedOut, foldersIn, PLAN, SMOKE } from "./study_fixture.ts";

/** All pages of results, one after the other. */
async function pagesIn(folder: string): Promise<string> {
  const names = [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) => name.endsWith(".md"));
  return (await Promise.all(names.map((name) => Deno.readTextFile(`${folder}/${name}`)))).join("\n");
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

/** The evaluation of a seed of the swimmer. */
const evaluation = (seed: number): JsonObject => ({
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
});

/** A run of two seeds, of which the second failed. */
const RUN: ArchivedRun = {
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
    { seed: 0, evaluation: evaluation(0), failed: null },
    { seed: 1, evaluation: evaluation(1), failed: "not finite from update 3 on" },
  ],
  history: [[], []],
  traces: [],
};

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
  const seeds = seedsOf([RUN], swimmer);
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
  const missing = { ...RUN, seeds: [{ seed: 0, evaluation: { seed: 0 }, failed: null }], history: [[]] };
  const wrong = seedsOf([missing], swimmer);
  assert(E.isLeft(wrong));
  assert.equal(
    wrong.left.message,
    `The archived run "some" cannot be used: "distances" should be a list of numbers: got nothing`,
  );
});

Deno.test("What runs have cost counts all seeds and threads, and their devices are named, each with its runs if there are several", () => {
  const long = {
    ...RUN,
    updates: 700_000,
    wallSeconds: 5400,
    manifest: { ...RUN.manifest, adapter: "some SIMD, 2 threads" },
  };
  assert.match(costText([RUN]), /made 14 updates, all seeds added up, in at most 0\.0 core hours/);
  assert.match(
    costText([RUN, long]),
    /made 1\.4 million updates, all seeds added up, in at most 3\.0 core hours/,
  );
  assert.match(costText([RUN], "All runs together"), /^All runs together made 14 updates/);
  const elsewhere = { ...RUN, manifest: { ...RUN.manifest, device: "webgpu" } };
  assert.equal(devicesText([RUN, long]), "All were made on the device `cpu`.");
  assert.equal(devicesText([RUN, long, elsewhere]), "By device: `cpu` 2, `webgpu` 1.");
  assert.equal(devicesText([]), "");
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

Deno.test("A page of results says the setup of most of its runs once, and of each other run where it stands", async () => {
  const results = new URL("../../results/", import.meta.url), adapters = new Map<string, string>();
  for await (const { name, isDirectory } of Deno.readDir(results)) {
    if (!isDirectory) continue;
    const { manifest } = JSON.parse(await Deno.readTextFile(new URL(`${name}/run.json`, results)));
    adapters.set(name, manifest.adapter);
  }
  let checked = 0;
  for (const page of ["multi-goal", "pretraining", "maze", "swimmer", "transfer"]) {
    const text = (await Deno.readTextFile(new URL(`${page}.md`, results))).replace(/\s+/g, " ");
    const [, usual] = /Made with Deno [\d.]+, \w+ \(([^)]+)\), [^,]+, unless a run below/.exec(text)!;
    for (const row of text.split(" - **").slice(1)) {
      const adapter = adapters.get(row.slice(0, row.indexOf("*")));
      if (adapter === undefined) continue;
      checked++;
      assert.equal(/\((WebAssembly[^)]+|WebGPU[^)]+)\)/.exec(row)?.[1] ?? usual, adapter, row.slice(0, 60));
      assert.equal(row.includes(`(${usual})`), false, row.slice(0, 60));
    }
  }
  assert.equal(checked, adapters.size);
});
