/** The study on a server's workers: the kept files equal those of a local study, bit for bit. */
import { assert } from "../deps.ts";
import { natsServer } from "../../src/nats/server.ts";
import type { PlannedRun } from "../../study/planned_run.ts";
import { study } from "../../study/study.ts";
import { withoutTiming } from "../run/run_fixture.ts";
import { ended, start } from "../sweep/cluster_fixture.ts";
import { withServer } from "../sweep/nats_server.ts";
import { test } from "../sweep/fake_worker.ts";
import { foldersIn, quiet, SMOKE } from "./study_fixture.ts";

/** Runs of several experiments and algorithms. */
const PLAN: readonly PlannedRun[] = [
  {
    name: "multi-goal-sac",
    experiment: "multi-goal",
    minutes: 0.1,
    flags: { ...SMOKE, algorithm: "sac", seeds: "0..1" },
    keeps: ["parameters.safetensors"],
  },
  { name: "pretrain", experiment: "pretrain", minutes: 0.1, flags: SMOKE, keeps: ["parameters.safetensors"] },
  { name: "swimmer-ddpg", experiment: "swimmer", minutes: 0.1, flags: { ...SMOKE, algorithm: "ddpg" } },
];

/** What a study keeps of its runs, without times and where the parameters lay. */
async function archivedFiles(folder: string): Promise<Readonly<Record<string, unknown>>> {
  const kept: Record<string, unknown> = {}, { results } = foldersIn(folder);
  for (const { name } of PLAN) {
    for (const file of ["config.json", "evaluations.json", "summary.json"]) {
      kept[`${name}/${file}`] = withoutTiming(
        JSON.parse(await Deno.readTextFile(`${results}/${name}/${file}`)),
      );
    }
  }
  for (const name of ["multi-goal-sac", "pretrain"]) {
    const bytes = await Deno.readFile(`${results}/${name}/parameters.safetensors`);
    const header = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    kept[`${name}/parameters`] = [...bytes.subarray(8 + header)];
  }
  return kept;
}

test("A study by a server's workers archives the same as one on this machine, and begins nothing twice", (folder) =>
  withServer(folder, async ({ url }) => {
    const at = async (name: string, ...words: readonly string[]) => {
      const { console, said } = quiet(), folders = foldersIn(`${folder}/${name}`);
      await Deno.mkdir(folders.results, { recursive: true });
      const setting = { study: PLAN, schedule: PLAN, folders };
      const code = await study(["--hours=1", ...words], console, setting, natsServer);
      return { code, said: said.join("") };
    };
    const here = await at("here", "--cores=2");
    assert.equal(here.code, 0, here.said);
    const workers = ["a", "b"].map((name) =>
      start("cluster.ts", ["worker", "--nats", url, "--folder", `${folder}/${name}`, "--name", name])
    );
    try {
      const there = await at("there", "--nats", url);
      assert.equal(there.code, 0, there.said);
      assert.match(there.said, /study-[0-9a-f]{8}: 3 of 3 runs wait for workers/);
      assert.match(there.said, /No run is missing/);
      const again = await at("there", "--nats", url);
      assert.equal(again.code, 0, again.said);
      assert.doesNotMatch(again.said, /wait for workers/);
    } finally {
      for (const worker of workers) worker.kill("SIGTERM");
      await Promise.all(workers.map((worker) => worker.output()));
    }
    assert.deepEqual(await archivedFiles(`${folder}/there`), await archivedFiles(`${folder}/here`));
    // The program that a person starts hands over to the one that has the server's packages.
    const { code, error } = await ended("cli.ts", ["worker", "--nats", url, "--until-empty"]);
    assert.equal(code, 0, error);
  }));
