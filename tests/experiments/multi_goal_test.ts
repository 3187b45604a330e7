import { assert } from "../deps.ts";
import { E } from "../../src/deps.ts";
import { loadAgent } from "../../src/train/agent_file.ts";
import { keyOf } from "../../src/random/key.ts";
import { figure1, type Figure1Data } from "../../src/report/figure_1.ts";
import { command, comparable, SMALL, withFolder, withoutTiming } from "../run/run_fixture.ts";

Deno.test("A run writes its folder, and summary.json contains its results", () =>
  withFolder(async (folder) => {
    const { code, out } = await command([...SMALL, "--replicas=2", "--seed=7", `--out=${folder}/run`]);
    assert.equal(code, 0);
    const names = [...Deno.readDirSync(`${folder}/run`)].map(({ name }) => name).sort();
    assert.deepEqual(names, [
      "checkpoint",
      "config.json",
      "figure-1.json",
      "figure-1.svg",
      "manifest.json",
      "metrics.jsonl",
      "parameters.safetensors",
      "replay",
      "summary.json",
    ]);
    const told = out.split("\n").find((line) => line.startsWith(`${folder}/run: `))?.split(": ")[1]?.split(
      ", ",
    );
    for (const name of ["summary.json", "figure-1.svg", "figure-1.json", "parameters.safetensors"]) {
      assert(told?.includes(name), name);
    }
    const summary = JSON.parse(await Deno.readTextFile(`${folder}/run/summary.json`));
    assert.equal(summary.algorithm, "soft-q");
    assert.equal(summary.device, "cpu");
    assert.equal(summary.replicas, 2);
    assert.equal(summary.environmentSteps, 200);
    assert.equal(summary.updates, 125); // learning begins with the chunk that brings the 100th transition
    assert(summary.timing.updatesPerSecond > 0 && summary.timing.wallSeconds > 0);
    assert.deepEqual(summary.evaluation.map((each: { seed: number }) => each.seed), [7, 8]);
    for (const each of summary.evaluation) {
      assert.equal(each.episodes, 40);
      assert(
        each.successRate >= 0 && each.successRate <= 1 && each.meanReturn < 0 && each.meanEpisodeLength <= 30,
      );
      const total = each.goalShares.reduce((a: number, b: number) => a + b, 0);
      assert(each.successRate === 0 ? total === 0 : Math.abs(total - 1) < 1e-12);
    }
    const lines = (await Deno.readTextFile(`${folder}/run/metrics.jsonl`)).trim().split("\n").map((x) =>
      JSON.parse(x)
    );
    assert.deepEqual(
      lines.map(({ step, replica }) => [step, replica]),
      [50, 100, 150, 200].flatMap((s) => [[s, 0], [s, 1]]),
    );
    assert(
      lines.filter(({ updates }) => updates > 0).every(({ loss, bandwidth }) => loss > 0 && bandwidth > 0),
    );
    assert.equal(lines.filter(({ evaluation }) => evaluation !== undefined).length, 2);
    const manifest = JSON.parse(await Deno.readTextFile(`${folder}/run/manifest.json`));
    assert.equal(manifest.exit, "done");
    const agent = loadAgent(await Deno.readFile(`${folder}/run/parameters.safetensors`));
    assert(E.isRight(agent));
    assert.equal(agent.right.replicas, 2);
    assert(agent.right.act([0, 0], keyOf(1), 1).every((x) => Math.abs(x) <= 1));
  }));

Deno.test("Figure 1's data redraw it, and are those of the final evaluation, in less than 200 kB", () =>
  withFolder(async (folder) => {
    const words = SMALL.filter((word) => !word.startsWith("--evaluation-episodes"));
    const { code } = await command([
      ...words,
      "--evaluation-episodes=70",
      "--seeds=2..3",
      `--out=${folder}/run`,
    ]);
    assert.equal(code, 0);
    const text = await Deno.readTextFile(`${folder}/run/figure-1.json`);
    const data: Figure1Data = JSON.parse(text);
    assert.equal(figure1(data), await Deno.readTextFile(`${folder}/run/figure-1.svg`));
    assert(text.length < 200_000, String(text.length));
    assert.equal(data.trajectories.length, 60); // of the 70
    const points = data.trajectories.reduce((total, { length }) => total + length, 0);
    assert(points > 60 * 20, "hardly any of the barely trained policy's episodes ends early");
    assert.deepEqual(data.panels.map(({ actions }) => actions.length), [100, 100, 100]);
    for (const { q, actions } of data.panels) {
      assert.equal(q.values.length, q.width * q.height);
      assert(new Set(Array.from(q.values)).size > 100);
      assert(actions.flat().every((x) => Math.abs(x) <= 1 && Number.isInteger(Math.round(x * 1e6) / 1e3)));
    }
  }));

Deno.test("Two runs of the same seed write identical files, and replica r is the run of seed + r", () =>
  withFolder(async (folder) => {
    for (const name of ["a", "b"]) {
      assert.equal((await command([...SMALL, "--seed=3", `--out=${folder}/${name}/run`])).code, 0);
    }
    const first = await comparable(`${folder}/a/run`);
    assert.deepEqual(await comparable(`${folder}/b/run`), first);
    assert.equal((await command([...SMALL, "--seed=1", "--replicas=4", `--out=${folder}/four`])).code, 0);
    const four = JSON.parse(await Deno.readTextFile(`${folder}/four/summary.json`));
    const one = JSON.parse(await Deno.readTextFile(`${folder}/a/run/summary.json`));
    assert.deepEqual(withoutTiming(four.evaluation[2]), withoutTiming(one.evaluation[0]));
    const lines = (await Deno.readTextFile(`${folder}/four/metrics.jsonl`)).trim().split("\n").map((x) =>
      JSON.parse(x)
    );
    const third = lines.filter(({ replica }) => replica === 2).map((line) =>
      withoutTiming({ ...line, replica: 0 })
    );
    assert.deepEqual(third, first["metrics"]);
  }));

Deno.test("Another seed gives another run", () =>
  withFolder(async (folder) => {
    for (const seed of [3, 4]) await command([...SMALL, `--seed=${seed}`, `--out=${folder}/${seed}`]);
    const [a, b] = await Promise.all(
      [3, 4].map((seed) => Deno.readFile(`${folder}/${seed}/parameters.safetensors`)),
    );
    assert.notDeepEqual(a, b);
  }));

const options: readonly (readonly string[])[] = [
  ["--squash=post-tanh"],
  ["--squash=bounds-penalty"],
  ["--bandwidth=paper"],
  ["--value-samples=shared"],
  ["--value-proposal=sampler"],
  ["--critics=2"],
  ["--target=polyak"],
  ["--exploration-noise=ornstein-uhlenbeck"],
  ["--temperature-end=0.1"],
  ["--temperature=0.5"],
  ["--rate-end=0.5"],
  ["--environments=5"],
  ["--steps-per-update=5"],
  ["--variant=first-code"],
  ["--variant=mixture-of-gaussians"],
  ["--target-interval=7"],
  ["--capacity=120"],
  ["--minimum-replay=50"],
  ["--discount=0.9"],
];

Deno.test("Every option changes what is learned", () =>
  withFolder(async (folder) => {
    const parameters = new Map<string, string>();
    for (const [k, words] of [[], ...options].entries()) {
      const { code, error } = await command(
        // A target that follows at each update has no interval.
        [
          ...SMALL,
          ...words.includes("--target=polyak") ? [] : ["--target-interval=20"],
          ...words,
          `--out=${folder}/${k}`,
        ]
          .filter((w, i, all) => all.findLastIndex((v) => v.split("=")[0] === w.split("=")[0]) === i),
      );
      assert.equal(code, 0, `${words}: ${error}`);
      const bytes = await Deno.readFile(`${folder}/${k}/parameters.safetensors`);
      const header = Number(new DataView(bytes.buffer).getBigUint64(0, true));
      const digest = await crypto.subtle.digest("SHA-256", bytes.slice(8 + header));
      const text = [...new Uint8Array(digest)].join(" ");
      assert(!parameters.has(text), `${words} gave what ${parameters.get(text)} gave`);
      parameters.set(text, words.join(" ") || "the defaults");
    }
  }));

const refused: readonly (readonly [words: readonly string[], says: RegExp])[] = [
  [["--stepz=200"], /--stepz.*--steps/],
  [["--steps=many"], /--steps must be an integer from 1: got "many"/],
  [["--steps=-5"], /--steps must be an integer from 1/],
  [["--steps=210"], /--steps must be a multiple of --chunk/],
  [["--seed=1.5"], /--seed must be an integer from 0/],
  [["--discount=2"], /--discount must be a number from 0 to 1/],
  [["--temperature=0"], /--temperature must be a number above 0/],
  [["--squash=tanh"], /--squash must be one of pre-tanh, post-tanh, bounds-penalty/],
  [["--hidden=12,x"], /--hidden must be positive integers separated by commas/],
  [["--critics=3"], /--critics must be 1 or 2/],
  [["--variant=none"], /--variant must be one of final-code/],
  [["--minimum-replay=9999"], /--minimum-replay must not exceed --steps/],
  [["--capacity=10"], /--capacity must hold at least --minimum-replay/],
  [["--environments=3"], /--chunk must be a multiple of --environments/],
  [["--capacity=4000000000", "--replicas=8"], /--capacity 4000000000 .* needs \d+ bytes/],
  [["word"], /word/],
];

for (const [words, says] of refused) {
  Deno.test(`${words.join(" ")} is refused with one line and exit code 2, and writes nothing`, () =>
    withFolder(async (folder) => {
      const given = SMALL.filter((word) => !words.some((w) => w.split("=")[0] === word.split("=")[0]));
      const { code, out, error } = await command([...given, ...words, `--out=${folder}/run`]);
      assert.equal(code, 2);
      assert.equal(out, "");
      assert.equal(error.trim().split("\n").length, 1, error);
      assert.match(error, says);
      assert.deepEqual([...Deno.readDirSync(folder)], []);
    }));
}

Deno.test("A folder that is not empty is left alone, with exit code 2", () =>
  withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/config.json`, "mine");
    const { code, error } = await command([...SMALL, `--out=${folder}`]);
    assert.equal(code, 2);
    assert.match(error, /is not empty .*--out/);
    assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), ["config.json"]);
    assert.equal(await Deno.readTextFile(`${folder}/config.json`), "mine");
  }));

Deno.test("A folder that cannot be created is named, with exit code 2", () =>
  withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/file`, "");
    const { code, error } = await command([...SMALL, `--out=${folder}/file/run`]);
    assert.equal(code, 2);
    assert(error.includes(`${folder}/file/run`), error);
  }));

Deno.test("--device webgpu without an adapter says what was looked for, with exit code 2", () =>
  withFolder(async (folder) => {
    const run = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "experiments/multi_goal.ts", "--device=webgpu", `--out=${folder}/run`],
      env: { DENO_WEBGPU_BACKEND: "metal" }, // no machine without Apple's system has it
    }).output();
    const error = new TextDecoder().decode(run.stderr).trim();
    if (Deno.build.os !== "darwin") {
      assert.equal(run.code, 2, error);
      assert.match(error, /--device webgpu: There is no WebGPU adapter: looked for/);
      assert.deepEqual([...Deno.readDirSync(folder)], []);
    }
  }));

Deno.test("The help fits a screen, and --help-all names every flag with its default", async () => {
  const { code, out } = await command(["--help"]);
  assert.equal(code, 0);
  const lines = out.split("\n");
  assert(
    lines.length >= 20 && lines.length <= 40 && lines.every((line) => line.length <= 120),
    `${lines.length}`,
  );
  assert.match(out, /--steps.*\[10000\]/);
  const all = await command(["--help-all"]);
  assert.equal(all.code, 0);
  assert.match(all.out, /--value-proposal.*\(uniform, mixture, sampler\).*\[uniform\]/);
  assert(all.out.split("\n").every((line) => line.length <= 120));
});
