/**
 * Runs of older versions: they are listed, evaluated, reported and watched as ever, and continue from their
 * checkpoints.
 *
 * `old_runs/` holds three finished runs with the checkpoint of step 300 of 400: two of the first version whose
 * checkpoints carry digests, one of a version before. Their configurations lack options of today, and DDPG's has soft
 * Q-learning's.
 */
import { assert } from "../deps.ts";
import { E } from "../../src/deps.ts";
import { decode } from "../../src/train/safetensors.ts";
import { copyFolder, softq } from "../cli/softq.ts";
import { withFolder } from "./run_fixture.ts";

const FOLDER = new URL("./old_runs", import.meta.url).pathname;
const NAMES = ["soft-q", "ddpg", "without-digests"] as const;

const numbersIn = async (path: string): Promise<ReadonlyMap<string, Float32Array>> => {
  const file = decode(await Deno.readFile(path));
  assert(E.isRight(file));
  return new Map(Object.entries(file.right.tensors).map(([name, { data }]) => [name, data as Float32Array]));
};

Deno.test("Runs of older versions are listed, evaluated, reported and watched", () =>
  withFolder(async (folder) => {
    await copyFolder(FOLDER, folder);
    const listed = await softq(["list", folder, "--json"]);
    const runs = JSON.parse(listed.out) as readonly { readonly run: string; readonly state: string }[];
    assert.deepEqual(
      runs.map(({ run, state }) => [run.split("/").at(-1), state]).toSorted(),
      NAMES.map((name) => [name, "done"]).toSorted(),
    );
    for (const name of NAMES) {
      const run = `${folder}/${name}`, evaluated = await softq(["evaluate", run, "--episodes=4", "--json"]);
      assert.equal(evaluated.code, 0, evaluated.error);
      const [found] = JSON.parse(evaluated.out).evaluation,
        summary = JSON.parse(
          await Deno.readTextFile(`${run}/summary.json`),
        ).evaluation[0];
      // The policy acts in float32 by the host's own tanh, whose last bits are the engine's.
      assert(Math.abs(found.meanReturn - summary.meanReturn) < 1e-3 * Math.abs(summary.meanReturn), name);
      for (const command of ["report", "watch"]) {
        const { code, error } = await softq([command, run, `--out=${folder}/${name}-${command}.html`]);
        assert.equal(code, 0, error);
      }
    }
  }));

for (const name of ["soft-q", "ddpg"]) {
  Deno.test(`A run of ${name} that an older version left at its checkpoint is continued to its end`, () =>
    withFolder(async (folder) => {
      const run = `${folder}/run`;
      await copyFolder(`${FOLDER}/${name}`, run);
      await Deno.remove(`${run}/summary.json`);
      await Deno.rename(`${run}/parameters.safetensors`, `${folder}/then.safetensors`);
      const { code, error } = await softq(["resume", run]);
      assert.equal(code, 0, error);
      const { environmentSteps, updates } = JSON.parse(await Deno.readTextFile(`${run}/summary.json`));
      assert.deepEqual([environmentSteps, updates], [400, 375]);
      const lines = (await Deno.readTextFile(`${run}/metrics.jsonl`)).trimEnd().split("\n");
      assert.deepEqual(lines.map((line) => JSON.parse(line).step), [50, 100, 150, 200, 250, 300, 350, 400]);
      const then = await numbersIn(`${folder}/then.safetensors`),
        now = await numbersIn(`${run}/parameters.safetensors`);
      assert.deepEqual([...now.keys()].toSorted(), [...then.keys()].toSorted());
      // Versions and processors differ in last bits, and what follows from them in 100 updates of both, each of which
      // moves a number by about the step size, 0.001·0.1^(3/4) at step 300.
      const most = 2 * 100 * 1.8e-4;
      for (const [tensor, numbers] of now) {
        numbers.forEach((x, i) => assert(Math.abs(x - then.get(tensor)![i]) <= most, `${tensor}: ${i}`));
      }
    }));
}

Deno.test("A checkpoint of a version without digests is refused in a sentence, and nothing is written", () =>
  withFolder(async (folder) => {
    const run = `${folder}/run`;
    await copyFolder(`${FOLDER}/without-digests`, run);
    await Deno.remove(`${run}/summary.json`);
    const { code, error } = await softq(["resume", run]);
    assert.equal(code, 2, error);
    assert.match(
      error,
      /checkpoint\/latest\.json" has no SHA-256: the version that wrote it is too old to continue from/,
    );
    assert.deepEqual([...Deno.readDirSync(run)].map((each) => each.name).includes("summary.json"), false);
  }));
