/** `softq watch` without a run: bodies under scripts, and one clear line for what cannot be. */
import { assert } from "../deps.ts";
import { withFolder } from "../run/run_fixture.ts";
import { goalReached } from "../../envs/point_mass.ts";
import { EXPERIMENTS } from "../../experiments/all.ts";
import { softq } from "./softq.ts";

const pageOf = async (folder: string, words: readonly string[]) => {
  const out = `${folder}/new/page.html`;
  const { code, out: said, error } = await softq(["watch", ...words, `--out=${out}`], {}, EXPERIMENTS);
  assert.deepEqual({ code, said, error }, { code: 0, said: `${out}\n`, error: "" });
  const page = await Deno.readTextFile(out);
  return { page, motion: JSON.parse(/<script id="motion"[^>]*>(.*)<\/script>/.exec(page)![1]!) };
};

Deno.test("Every experiment can be watched without a run, in each variant and under each script that it has", () =>
  withFolder(async (folder) => {
    const variants = {
      "multi-goal": ["final-code", "first-code"],
      swimmer: ["finish-line-1.5m"],
      maze: ["gaussian"],
      pretrain: ["speed"],
      transfer: ["u-maze"],
    };
    for (const [name, each] of Object.entries(variants)) {
      for (const variant of each) {
        for (const policy of ["zero", "random", ...name === "multi-goal" ? [] : ["gait"]]) {
          const words = [`--experiment=${name}`, `--variant=${variant}`, `--policy=${policy}`, "--steps=6"];
          const { page, motion } = await pageOf(folder, words);
          assert.ok(page.includes(`<h1>${name}, ${variant}, ${policy} policy, seed 0</h1>`));
          assert.equal(motion.rollouts.length, 1);
          assert.match(motion.rollouts[0].captions.at(-1), /^(step|t) /);
        }
      }
    }
  }));

Deno.test("A gait moves the body, a seed gives the same page again, and several episodes differ", () =>
  withFolder(async (folder) => {
    const gait = await pageOf(folder, ["--experiment=swimmer", "--policy=gait"]);
    const trail: readonly (readonly [number, number])[] = gait.motion.rollouts[0].trail;
    assert.ok(trail.at(-1)![0] > 2, "the swimmer's gait comes far in an episode");
    assert.equal(gait.motion.finish, 2);
    const words = ["--experiment=maze", "--seed=3", "--episodes=2", "--steps=20"];
    const { page, motion } = await pageOf(folder, words);
    assert.equal((await pageOf(folder, words)).page, page);
    assert.notDeepEqual(motion.rollouts[0].frames, motion.rollouts[1].frames);
    assert.ok(motion.walls.length > 0 && motion.goals.length === 1);
  }));

Deno.test("What cannot be watched is refused in one line with exit code 2", async () => {
  const refused: readonly (readonly [readonly string[], RegExp])[] = [
    [[], /Give either a run's folder or --experiment: got neither/],
    [["runs/x", "--experiment=maze"], /Give either a run's folder or --experiment: got both/],
    [["--experiment=sea"], /There is no experiment "sea": there are multi-goal, swimmer/],
    [["--experiment=maze", "--variant=sea"], /--variant must be one of gaussian, gaussian-5m.*: got "sea"/],
    [["--experiment=maze", "--policy=walk"], /--policy must be one of random, zero, gait: got "walk"/],
    [["--experiment=multi-goal", "--policy=gait"], /The experiment "multi-goal" has no gait/],
    [["--experiment=maze", "--replica=1"], /--replica belongs to a run, which was not given/],
    [["runs/x", "--seed=1"], /--seed belongs to --experiment, which was not given/],
    [["--experiment=maze", "--steps=0"], /--steps must be an integer from 1/],
  ];
  for (const [words, says] of refused) {
    const { code, out, error } = await softq(["watch", ...words], {}, EXPERIMENTS);
    assert.equal(code, 2, error);
    assert.equal(out, "");
    assert.match(error, says);
    assert.equal(error.trim().split("\n").length, 1);
  }
});

Deno.test("A policy is watched without its run, and a file of another task is refused with the reason", () =>
  withFolder(async (folder) => {
    const file = new URL("../../site/examples/multi-goal.safetensors", import.meta.url).pathname;
    const words = ["--experiment=multi-goal", `--policy=${file}`, "--episodes=20", "--seed=1"];
    const { page, motion } = await pageOf(folder, words);
    assert.ok(page.includes(`20 episodes of ${file}`));
    const ends = (motion.rollouts as readonly { readonly trail: readonly (readonly [number, number])[] }[])
      .map(({ trail }) => trail.at(-1)!);
    // It reaches a goal in nearly all of its episodes, and not always the same.
    const reached = new Set(ends.map(([x, y]) => goalReached([x, y])).filter((goal) => goal >= 0));
    assert.ok(ends.filter(([x, y]) => goalReached([x, y]) >= 0).length >= 16 && reached.size >= 3);
    const refused = async (...given: readonly string[]): Promise<string> => {
      const { code, error } = await softq(["watch", ...given], {}, EXPERIMENTS);
      assert.ok(code > 0);
      assert.equal(error.trim().split("\n").length, 1);
      return error;
    };
    const other = await refused("--experiment=swimmer", `--policy=${file}`);
    assert.match(other, /its environment must be one with 2 numbers in an observation: swimmer-.* has 13$/m);
    await Deno.writeTextFile(`${folder}/x.safetensors`, "nothing");
    assert.match(await refused("--experiment=multi-goal", `--policy=${folder}/x.safetensors`), /cut short/);
    assert.match(await refused("--experiment=multi-goal", "--policy=none.safetensors"), /none\.safetensors/);
  }));
