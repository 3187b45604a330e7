/** The variants of the experiments' environments: validity, equal durations, and the files that a run keeps. */
import { assert } from "../deps.ts";
import { checkEnvironment } from "../../envs/check_environment.ts";
import { EXPERIMENTS } from "../../experiments/all.ts";
import { repeatCommand } from "../../src/run/reported.ts";
import { shellWord } from "../../src/run/configuration.ts";
import { withHorizon } from "../../src/run/experiment.ts";
import { keyOf } from "../../src/random/key.ts";
import { softq, TINY } from "../cli/softq.ts";
import { withFolder } from "../run/run_fixture.ts";

for (const { name, variants, environment } of EXPERIMENTS) {
  for (const variant of variants) {
    Deno.test(`The environment of ${name} in the variant ${variant} keeps the contract`, () => {
      assert.deepEqual(checkEnvironment(environment(variant), keyOf(1), 25), []);
    });
  }
}

Deno.test("Controlled at another interval, a body's episode lasts as long, and the variant's name says the interval", () => {
  let found = 0;
  for (const { name, variants, environment } of EXPERIMENTS) {
    const secondsOf = (variant: string): number => {
      const { spec, view } = environment(variant);
      return spec.horizon * (view?.interval ?? NaN);
    };
    for (const variant of variants) {
      const interval = /-([\d.]+)s(-net)?(-centred)?$/.exec(variant)?.[1];
      if (interval === undefined) continue;
      found++;
      assert(
        Math.abs((environment(variant).view?.interval ?? NaN) - Number(interval)) < 1e-9,
        `${name} ${variant}`,
      );
      assert(
        Math.abs(secondsOf(variant) - secondsOf(variants[0]!)) <= Number(interval) / 2,
        `${name} ${variant}`,
      );
    }
  }
  assert(found >= 15, `${found}`);
});

Deno.test("A preset's horizon is its environment's in every variant, unless a flag gives another", () => {
  for (const experiment of EXPERIMENTS) {
    const preset = experiment.preset("soft-q", "study");
    for (const variant of experiment.variants) {
      const { horizon } = experiment.environment(variant).spec;
      assert.equal(withHorizon(experiment, { ...preset, variant }).horizon, horizon);
      assert.equal(withHorizon(experiment, { ...preset, variant, horizon: 7 }).horizon, 7);
    }
  }
});

Deno.test("A longer control interval and a reward chosen by rule bring their settings, in commands as in presets", async () => {
  const maze = EXPERIMENTS.find(({ name }) => name === "maze")!;
  const ruled = maze.preset("soft-q", "study", "ruled-0.06s"), first = maze.preset("soft-q", "study");
  assert.deepEqual([ruled.temperature, ruled.discount, ruled.valueProposal, ruled.batch], [
    0.1,
    0.98,
    "mixture",
    128,
  ]);
  assert.deepEqual([first.temperature, first.discount, first.valueProposal, first.batch], [
    0.03,
    0.99,
    "uniform",
    64,
  ]);
  assert.deepEqual(maze.preset("soft-q", "study", "gaussian"), first);
  const deterministic = maze.preset("ddpg", "study", "ruled-0.06s");
  assert.deepEqual([deterministic.batch, deterministic.valueProposal], [128, undefined]);
  assert.equal(maze.preset("soft-q", "paper", "ruled-0.06s").discount, 0.98);

  assert.match(repeatCommand(maze, withHorizon(maze, ruled)), /train maze --variant=ruled-0\.06s$/);
  await withFolder(async (folder) => {
    const words = ["--variant=ruled-0.06s", "--scale=smoke", "--steps=100", "--minimum-replay=50"];
    const { code, error } = await softq(["train", "maze", ...words, `--out=${folder}/run`], {}, EXPERIMENTS);
    assert.equal(code, 0, error);
    assert.equal(JSON.parse(await Deno.readTextFile(`${folder}/run/config.json`)).discount, 0.98);
  });
});

Deno.test("config.json contains the run's horizon, and a symmetry is refused if there are walls", () =>
  withFolder(async (folder) => {
    const horizonIn = async (...words: readonly string[]): Promise<number> => {
      const { code, error } = await softq(["train", "multi-goal", ...TINY, ...words, `--out=${folder}/run`]);
      assert.equal(code, 0, error);
      return JSON.parse(await Deno.readTextFile(`${folder}/run/config.json`)).horizon;
    };
    assert.equal(await horizonIn(), 30);
    const { code, error } = await softq(
      ["train", "maze", "--scale=smoke", "--symmetry=body", `--out=${folder}/maze`],
      {},
      EXPERIMENTS,
    );
    assert.equal(code, 2);
    assert.equal(
      error,
      '--symmetry must be none for the environment "quadruped-rllab-goal-maze", of which no symmetry is known: got "body"\n',
    );
    assert(![...Deno.readDirSync(folder)].some((entry) => entry.name === "maze"));
  }));

Deno.test("An option's value is one word to a shell, whatever is in it", async () => {
  for (const value of ["plain/path-1.5,2", "two words", "it's", "''", "$HOME `x` \\", [64, 64], "α"]) {
    const { stdout } = await new Deno.Command("sh", { args: ["-c", `printf %s ${shellWord(value)}`] })
      .output();
    assert.equal(new TextDecoder().decode(stdout), String(value));
  }
  assert.equal(shellWord("results/run-1"), "results/run-1");
});
