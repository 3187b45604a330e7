/** Runs that are killed and resumed, against one that was never stopped. */

import { assert } from "../deps.ts";
import { uniform } from "../../src/random/draw.ts";
import { child, keyOf } from "../../src/random/key.ts";
import { comparable } from "./run_fixture.ts";

const CLI = new URL("../../cli.ts", import.meta.url).pathname;

/** Starts the command line in a process of its own. */
export const spawn = (words: readonly string[]): Deno.ChildProcess =>
  new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--allow-read", "--allow-write", CLI, ...words],
    stdout: "null",
    stderr: "piped",
  }).spawn();

/** Waits for a process and gives its exit code and what it wrote to standard error. */
export async function ended(process: Deno.ChildProcess): Promise<{ code: number; error: string }> {
  const { code, stderr } = await process.output();
  return { code, error: new TextDecoder().decode(stderr) };
}

/** Files of the replay's journal with their bytes. */
async function journal(folder: string): Promise<Record<string, readonly number[]>> {
  const files: Record<string, readonly number[]> = {};
  for await (const { name: replica } of Deno.readDir(`${folder}/replay`)) {
    for await (const { name } of Deno.readDir(`${folder}/replay/${replica}`)) {
      files[`${replica}/${name}`] = [...await Deno.readFile(`${folder}/replay/${replica}/${name}`)];
    }
  }
  return files;
}

/** Everything of a run that must not depend on whether it was stopped. */
export const outcomeOf = async (folder: string): Promise<unknown> => ({
  ...await comparable(folder),
  journal: await journal(folder),
});

/**
 * Runs `words` once through and then `times` times killed with SIGKILL at random moments and resumed to the end; every
 * outcome must be the same.
 *
 * @returns how many kills hit a run that had a checkpoint
 */
export async function killAndResume(
  words: readonly string[],
  folder: string,
  times: number,
  seed: number,
): Promise<number> {
  const begun = performance.now();
  const whole = await ended(spawn([...words, `--out=${folder}/whole/run`]));
  assert.equal(whole.code, 0, whole.error);
  const duration = performance.now() - begun;
  const expected = await outcomeOf(`${folder}/whole/run`);
  let hits = 0;
  for (let k = 0; k < times; k++) {
    const run = `${folder}/killed-${k}/run`;
    const [when, again] = uniform(child(keyOf(seed), k), 2);
    let process = spawn([...words, `--out=${run}`]);
    for (const moment of [when, again]) {
      await new Promise((resolve) => setTimeout(resolve, 50 + moment * duration));
      try {
        process.kill("SIGKILL");
      } catch (error) {
        if (!(error instanceof TypeError)) throw error; // it had ended already
      }
      await ended(process);
      const started = await Deno.stat(`${run}/checkpoint/latest.json`).then(() => true, () => false);
      if (started) hits++;
      if (!started) await Deno.remove(run, { recursive: true }).catch(() => {});
      process = started ? spawn(["resume", run]) : spawn([...words, `--out=${run}`]);
    }
    const { code, error } = await ended(process);
    assert.equal(code, 0, error);
    assert.deepEqual(await outcomeOf(run), expected, `run ${k} differs`);
    await Deno.remove(run, { recursive: true });
  }
  return hits;
}
