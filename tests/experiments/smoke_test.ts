/** Every experiment at scale smoke with its algorithms, and the errors of its command line. */
import { assert } from "../deps.ts";
import { EXPERIMENTS } from "../../experiments/all.ts";
import { meanHeight } from "../../experiments/transfer_measures.ts";
import { algorithmOf, type Experiment, withHorizon } from "../../src/run/experiment.ts";
import { ALGORITHM_NAMES } from "../../src/learn/algorithms.ts";
import { validate } from "../../src/run/configuration.ts";
import { E } from "../../src/deps.ts";
import { parseXml } from "../report/xml.ts";
import { startOf } from "../../src/run/warm_start.ts";
import { trainedRun } from "../../src/run/trained_run.ts";
import { noiseSources } from "../../src/train/collect.ts";
import { command, withFolder } from "../run/run_fixture.ts";

const RESULTS = new URL("../../results/", import.meta.url);

const named = (name: string): Experiment => EXPERIMENTS.find((experiment) => experiment.name === name)!;

/** Figures and the numbers of an evaluation that belong to an experiment. */
const EXPECTED: Readonly<
  Record<string, { readonly files: readonly string[]; readonly numbers: readonly string[] }>
> = {
  "multi-goal": { files: ["figure-1.svg", "figure-1.json"], numbers: ["successRate", "meanReturn"] },
  swimmer: {
    files: ["figure-3a.svg", "figure-6.svg"],
    numbers: ["meanDistance", "farthest", "crossedShare"],
  },
  maze: { files: ["figure-3b.svg"], numbers: ["leastDistance", "upperShare", "lowerShare", "reachedShare"] },
  pretrain: {
    files: ["figure-7.svg", "traces.json"],
    numbers: ["medianDisplacement", "octants", "resultantLength"],
  },
  transfer: { files: ["figure-5.svg"], numbers: ["meanDiscountedReturn", "meanDisplacement"] },
};

const BOTH = ["soft-q", "ddpg"] as const, SMOKE = ["--device=cpu", "--scale=smoke"];

for (const experiment of EXPERIMENTS) {
  for (const algorithm of ALGORITHM_NAMES) {
    Deno.test(`${experiment.name} at scale smoke with ${algorithm} writes figures and a summary of each seed`, () =>
      withFolder(async (folder) => {
        const out = `${folder}/run`;
        const words = [...SMOKE, `--algorithm=${algorithm}`, "--seeds=3..4", `--out=${out}`];
        const { code, error } = await command(words, experiment);
        assert.equal(code, 0, error);
        const summary = JSON.parse(await Deno.readTextFile(`${out}/summary.json`));
        assert.deepEqual([summary.algorithm, summary.scale, summary.replicas], [algorithm, "smoke", 2]);
        assert.deepEqual(summary.evaluation.map(({ seed }: { seed: number }) => seed), [3, 4]);
        const { files, numbers } = EXPECTED[experiment.name]!;
        for (const evaluation of summary.evaluation) {
          for (const name of numbers) assert(Number.isFinite(evaluation[name]), name);
        }
        for (const name of files) {
          const text = await Deno.readTextFile(`${out}/${name}`);
          if (name.endsWith(".svg")) parseXml(text);
          assert.doesNotMatch(text, /NaN|undefined/);
        }
      }));
  }

  Deno.test(`The presets of ${experiment.name} are valid at every scale, and the paper's have its numbers`, () => {
    for (const algorithm of ALGORITHM_NAMES) {
      for (const scale of ["smoke", "study", "paper"] as const) {
        for (const variant of experiment.variants) {
          const preset = experiment.preset(algorithm, scale, variant), checked = validate(preset);
          assert(E.isRight(checked), E.isLeft(checked) ? checked.left.message : "");
          assert.equal(preset.variant, variant);
        }
      }
    }
    for (const algorithm of BOTH) {
      const paper = experiment.preset(algorithm, "paper");
      assert.deepEqual([paper.hidden, paper.batch, paper.minimumReplay], [[200, 200], 64, 10_000]);
      assert.deepEqual([paper.criticRate, paper.samplerRate, paper.rateEnd], [1e-3, 1e-4, 1]);
      assert.equal(paper.explorationNoise, "ornstein-uhlenbeck");
      assert.equal(withHorizon(experiment, paper).horizon, experiment.name === "multi-goal" ? 20 : 500);
      const epochs = { "multi-goal": 100, transfer: 200 }[experiment.name] ?? 500;
      assert.equal(paper.steps, epochs * 10_000);
      if (algorithm === "soft-q") {
        assert.equal(paper.temperature, experiment.name === "multi-goal" ? 10 : 0.1);
        assert.equal(paper.valueParticles, 50);
        const particles = experiment.name === "multi-goal" ? 100 : 32;
        assert.deepEqual([paper.fixedParticles, paper.movedParticles], [particles, particles]);
      }
      assert.equal(paper.targetInterval, experiment.name === "swimmer" ? 5000 : 1000);
    }
  });
}

Deno.test("Fine-tuning learns while α and the set of noises shrink, at every scale", () => {
  for (const scale of ["smoke", "study", "paper"] as const) {
    const c = named("transfer").preset("soft-q", scale);
    const { settings } = algorithmOf(c), { temperature = 0, noiseSet = 0, temperatureSteps = 0 } = c;
    const first = settings(Math.ceil(c.minimumReplay / c.chunk) * c.chunk), last = settings(temperatureSteps);
    // smoke's first chunk alone is half of what it anneals in.
    const share = scale === "smoke" ? 0.09 : 0.6;
    assert(
      first["temperature"]![0]! > share * temperature && first["noiseCount"]![0]! > share * noiseSet,
      scale,
    );
    assert.ok(Math.abs(last["temperature"]![0]! - 0.001) < 1e-12);
    assert.deepEqual(last["noiseCount"], [1]);
  }
});

Deno.test("A pretrained run starts a fine-tuning, and what does not fit is refused in one line with exit code 2", () =>
  withFolder(async (folder) => {
    const made: string[] = [];
    for (const algorithm of BOTH) {
      const out = `${folder}/${algorithm}`;
      made.push(out);
      const { code, error } = await command(
        [...SMOKE, `--algorithm=${algorithm}`, `--out=${out}`],
        named("pretrain"),
      );
      assert.equal(code, 0, error);
      const tuned = await command(
        [...SMOKE, `--algorithm=${algorithm}`, `--init=${out}`, "--seeds=0..1", `--out=${out}-tuned`],
        named("transfer"),
      );
      assert.equal(tuned.code, 0, tuned.error);
      const config = JSON.parse(await Deno.readTextFile(`${out}-tuned/config.json`));
      assert.match(config.initDigest, /^[0-9a-f]{64}$/);
    }
    const kept = await command(
      [...SMOKE, `--init=${made[0]}`, "--init-temperature=kept", `--out=${folder}/kept`],
      named("transfer"),
    );
    assert.equal(kept.code, 0, kept.error);
    const config = JSON.parse(await Deno.readTextFile(`${folder}/kept/config.json`));
    assert.deepEqual([config.temperature, config.temperatureEnd, config.rewardScale], [0.1, 0, 1]);
    await Deno.mkdir(`${folder}/damaged`);
    await Deno.copyFile(`${made[0]}/config.json`, `${folder}/damaged/config.json`);
    await Deno.writeTextFile(`${folder}/damaged/parameters.safetensors`, "no");
    const refused: readonly (readonly [string, readonly string[], RegExp])[] = [
      ["transfer", [`--init=${made[1]}`], /learned by ddpg, not by soft-q/],
      ["transfer", [`--init=${folder}/nothing`], /nothing.*does not exist/],
      [
        "transfer",
        [`--init=${folder}/damaged`],
        /cannot be used: The file is cut short: 8 bytes are needed, 2 are there$/m,
      ],
      ["transfer", [`--init=${made[0]}`, "--hidden=16,20"], /another shape: "critic0.layer1" is 17 × 16/],
      ["transfer", [`--init=${made[0]}`, "--critics=2"], /no network "critic1"/],
      ["transfer", [`--init=${made[0]}`, "--squash=post-tanh"], /--squash is pre-tanh, not post-tanh/],
      ["transfer", [`--init=${made[0]}`, "--normalisation=layer"], /--normalisation is none, not layer/],
      [
        "transfer",
        [`--init=${made[0]}`, "--init-temperature=kept", "--temperature=1"],
        /--temperature contradicts/,
      ],
      ["transfer", ["--init-temperature=kept"], /--init-temperature needs --init/],
      ["transfer", ["--init-noise=kept"], /--init-noise needs --init/],
      [
        "transfer",
        ["--algorithm=ddpg", `--init=${made[1]}`, "--init-noise=kept"],
        /--init-noise needs an algorithm/,
      ],
      ["transfer", [`--init=${made[0]}`, "--init-replay=kept"], /its transitions show other numbers/],
      ["pretrain", [`--init=${made[0]}`, "--init-replay=kept"], /checkpoint/], // it made none
      ["swimmer", ["--init-replay=kept"], /--init-replay needs --init/],
      ["swimmer", [`--init=${made[0]}`], /another body/],
      ["swimmer", ["--scale=huge"], /--scale must be one of smoke, study, paper: got "huge"/],
      ["swimmer", ["--seeds=5..1"], /--seeds must be A..B with A at most B.*got "5..1"/],
      ["swimmer", ["--seeds=1..2", "--seed=4"], /--seeds 1..2 stands in the place of --seed/],
      ["swimmer", ["--algorithm=ddpg", "--value-particles=3"], /--value-particles belongs to soft-q/],
      ["swimmer", ["--noise-set-steps=100"], /--noise-set-steps needs --noise-set/],
    ];
    for (const [name, words, says] of refused) {
      const kept = SMOKE.filter((word) => !words.some((other) => other.split("=")[0] === word.split("=")[0]));
      const { code, out, error } = await command([...kept, ...words, `--out=${folder}/refused`], named(name));
      assert.equal(code, 2, `${words}: ${error}`);
      assert.equal(out, "");
      assert.equal(error.trim().split("\n").length, 1, error);
      assert.match(error, says);
    }
    assert(![...Deno.readDirSync(folder)].some((entry) => entry.name === "refused"));
  }));

Deno.test("Every archived policy can be read, can act and can start a run, whatever its version", async () => {
  const read: string[] = [], kept: string[] = [];
  let left = 0;
  for await (const { name, isDirectory } of Deno.readDir(RESULTS)) {
    if (!isDirectory) continue;
    const path = new URL(name, RESULTS).pathname;
    if (await Deno.stat(`${path}/parameters.safetensors`).then(() => true, () => false)) kept.push(name);
    const run = await trainedRun(EXPERIMENTS, path)();
    const { parameters } = JSON.parse(await Deno.readTextFile(`${path}/run.json`));
    if (parameters !== undefined) {
      assert(
        E.isLeft(run) && run.left.message.includes("keeps no parameters; make them again: deno run"),
        name,
      );
      left++;
      continue;
    }
    assert(E.isRight(run), `${name}: ${E.isLeft(run) ? run.left.message : ""}`);
    const { experiment, configuration } = run.right;
    const again = await startOf(experiment, { ...configuration, init: path, initDigest: "" })();
    assert(E.isRight(again), `${name}: ${E.isLeft(again) ? again.left.message : ""}`);
    read.push(name);
  }
  assert.deepEqual(read, kept);
  // Policies of both algorithms are kept.
  for (const algorithm of ["soft-q", "ddpg"]) {
    assert(read.some((name) => name.includes(algorithm)), algorithm);
  }
  assert(left > 40, `${left}`);
});

Deno.test("A run that takes over another's replay buffer has its transitions in its own journal", () =>
  withFolder(async (folder) => {
    const words = [...SMOKE, "--checkpoint-interval=100"];
    assert.equal((await command([...words, `--out=${folder}/first`])).code, 0);
    const replay = async (run: string): Promise<number> =>
      (await Deno.stat(`${folder}/${run}/replay/0/transitions-000000.bin`)).size;
    const kept = [...words, `--init=${folder}/first`, "--init-replay=kept", `--out=${folder}/second`];
    assert.equal((await command(kept)).code, 0);
    assert.equal(await replay("second"), 2 * await replay("first"));
  }));

Deno.test("With a set of one noise the evaluated policy is deterministic", () =>
  withFolder(async (folder) => {
    const words = [
      ...SMOKE,
      "--variant=first-code",
      "--noise-set=4",
      "--noise-set-steps=200",
      `--out=${folder}/run`,
    ];
    const { code, error } = await command(words, named("multi-goal"));
    assert.equal(code, 0, error);
    const { evaluation: [{ goalShares, meanEpisodeLength }] } = JSON.parse(
      await Deno.readTextFile(`${folder}/run/summary.json`),
    );
    // All episodes begin at the origin, so that all are the same.
    assert(Number.isInteger(meanEpisodeLength), String(meanEpisodeLength));
    assert(goalShares.every((share: number) => share === 0 || share === 1), String(goalShares));
    // A run that keeps the noise is asked for the one that was left, whatever its own seed is; another is not.
    const starts = [...words.slice(0, -3), `--init=${folder}/run`, "--seed=7", "--checkpoint-interval=100"];
    const noisesOf = async (run: string): Promise<readonly Float64Array[]> => {
      const read = await trainedRun(EXPERIMENTS, `${folder}/${run}`)();
      assert(E.isRight(read), JSON.stringify(read));
      const { running: { collector }, state: { steps } } = read.right;
      return [0, 1, 2].map((time) => noiseSources(collector, steps)[0]!([3, 4], time));
    };
    assert.equal((await command([...starts, "--init-noise=kept", `--out=${folder}/kept`])).code, 0);
    assert.equal((await command([...starts, "--noise-set=1", `--out=${folder}/fresh`])).code, 0);
    const config = JSON.parse(await Deno.readTextFile(`${folder}/kept/config.json`));
    assert.deepEqual([config.noiseSet, config.noiseSetSteps, config.noiseSeed], [1, 0, 0]);
    const noises = await noisesOf("run");
    assert.deepEqual(await noisesOf("kept"), noises);
    assert.deepEqual(noises[0], noises[2]);
    assert.notDeepEqual(await noisesOf("fresh"), noises);
    const refused: readonly (readonly [readonly string[], RegExp])[] = [
      [["--init-noise=kept", "--noise-set=2"], /--noise-set contradicts --init-noise kept/],
      [["--init-noise=kept", "--replicas=2"], /it has noises of 1 replicas, not of 2/],
    ];
    for (const [more, says] of refused) {
      const { code, error } = await command([...starts, ...more, `--out=${folder}/refused`]);
      assert.equal(code, 2);
      assert.equal(error.trim().split("\n").length, 1);
      assert.match(error, says);
    }
  }));

Deno.test("The mean height of a curve is the area under it over its length", () => {
  assert.equal(meanHeight([[0, 1], [2, 1], [4, 3]]), (2 * 1 + 2 * 2) / 4);
  assert.equal(meanHeight([[5, 7]]), 7);
});
