/** Runs that are killed and resumed, against one that was never stopped. */

import { createHash } from "node:crypto";
import { uniform } from "../../src/random/draw.ts";
import { child, keyOf } from "../../src/random/key.ts";
import { assert } from "../deps.ts";
import { outputOf, send } from "../processes.ts";
import { pause } from "../waiting.ts";
import { comparable } from "./run_fixture.ts";

const CLI = new URL("../../cli.ts", import.meta.url).pathname;

/**
 * Starts the command line in a process of its own.
 *
 * @param options of Deno, before the program
 * @param program another command line
 */
export const spawn = (
  words: readonly string[],
  options: readonly string[] = [],
  program = CLI,
): Deno.ChildProcess =>
  new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--allow-read", "--allow-write", ...options, program, ...words],
    stdout: "null",
    stderr: "piped",
  }).spawn();

/** How a process ended. */
export interface Ended {
  readonly code: number;
  /** The signal that ended it, if one did. */
  readonly signal: Deno.Signal | null;
  /** What it wrote to standard error. */
  readonly error: string;
}

/** Waits for a process. */
export async function ended(process: Deno.ChildProcess): Promise<Ended> {
  const { code, signal, stderr } = await outputOf(process);
  return { code, signal, error: new TextDecoder().decode(stderr) };
}

/** Digests of all files below a folder that `counts` accepts, by path. */
async function digests(folder: string, counts: (path: string) => boolean): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  const visit = async (below: string): Promise<void> => {
    for await (const { name, isDirectory } of Deno.readDir(`${folder}/${below}`)) {
      const path = `${below}/${name}`;
      if (isDirectory) await visit(path);
      else if (counts(path)) {
        const bytes = await Deno.readFile(`${folder}/${path}`);
        files[path] = `${bytes.length} bytes, ${createHash("sha256").update(bytes).digest("hex")}`;
      }
    }
  };
  await visit(".");
  return files;
}

/** Everything of a run that must not depend on whether it was stopped. */
export async function outcomeOf(folder: string): Promise<Record<string, unknown>> {
  const { metrics, summary, ...files } = await comparable(folder);
  return {
    ...files,
    // As text: the order of keys counts too.
    metrics: JSON.stringify(metrics),
    summary: JSON.stringify(summary),
    // The journal, the state of the kept checkpoints, and that nothing else is left over. Manifests hold times.
    stored: await digests(
      folder,
      (path) => /^\.\/(replay|checkpoint)\b/.test(path) && !path.endsWith(".json"),
    ),
  };
}

/** What a killed process was in the middle of, by what it left; null where there is no trace of anything. */
export async function leftUnfinished(run: string): Promise<string | null> {
  const names: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(`${run}/checkpoint`)) {
    if (isDirectory && name.endsWith(".part")) return "an unfinished checkpoint folder";
    if (name === "latest.json.part") return "an unfinished name of the newest checkpoint";
    if (isDirectory) names.push(name);
  }
  const { steps } = JSON.parse(await Deno.readTextFile(`${run}/checkpoint/latest.json`));
  if (names.some((name) => Number(name) > steps)) return "a checkpoint that is not yet the newest";
  const { best, replay } = JSON.parse(await Deno.readTextFile(`${run}/checkpoint/${steps}/manifest.json`));
  if (names.some((name) => Number(name) !== steps && Number(name) !== best?.steps)) {
    return "an old checkpoint that is not yet removed";
  }
  for (const { file, bytes } of replay) {
    if ((await Deno.stat(`${run}/${file}`)).size !== bytes) {
      return "a journal that is ahead of the checkpoint";
    }
  }
  return null;
}

/** What came of killing. */
export interface Tally {
  /** Runs that were killed and compared in the end. */
  readonly runs: number;
  /** Kills, those before a first checkpoint included. */
  readonly kills: number;
  /** Kills after which a run went on from a checkpoint. */
  readonly resumed: number;
  /** Of these the ones that met the storing of a checkpoint, by what was found of it. */
  readonly unfinished: Readonly<Record<string, number>>;
}

/**
 * Runs `words` once through, and then `runs` times, each time killed with SIGKILL at random moments and resumed to the end.
 * Every run goes on from a checkpoint at least once, and every outcome must be the same.
 *
 * @param given more words of a process, by how often runs have been resumed before; none unless given
 */
export async function killAndResume(
  words: readonly string[],
  folder: string,
  runs: number,
  seed: number,
  given: (resumed: number) => readonly string[] = () => [],
): Promise<Tally> {
  const begun = performance.now();
  const whole = await ended(spawn([...words, `--out=${folder}/whole/run`]));
  assert.equal(whole.code, 0, whole.error);
  const duration = performance.now() - begun;
  const expected = await outcomeOf(`${folder}/whole/run`);
  const unfinished: Record<string, number> = {};
  let kills = 0, resumed = 0;
  for (let k = 0; k < runs; k++) {
    const run = `${folder}/killed-${k}/run`;
    const start = () => spawn([...words, ...given(resumed), `--out=${run}`]);
    const goOn = () => spawn(["resume", run, ...given(resumed)]);
    const moments = uniform(child(keyOf(seed), k), 100), before = resumed;
    let last: Ended | null = null, process = start();
    for (let n = 0; n < 2 || resumed === before; n++) {
      assert(n < moments.length, `run ${k} could not be met between its first checkpoint and its end`);
      await pause(50 + moments[n]! * duration);
      send(process, "SIGKILL");
      const end = await ended(process);
      if (end.signal === "SIGKILL") kills++;
      else if (resumed > before) {
        last = end;
        break;
      } else assert.equal(end.code, 0, end.error);
      // Killed after the last of its files: it is finished, and there is nothing to continue.
      const isFinished = await Deno.stat(`${run}/summary.json`).then(() => true, () => false);
      if (isFinished && end.signal === "SIGKILL" && resumed > before) {
        last = { ...end, code: 0 };
        break;
      }
      const stored = !isFinished &&
        await Deno.stat(`${run}/checkpoint/latest.json`).then(() => true, () => false);
      if (end.signal === "SIGKILL" && stored) {
        resumed++;
        const left = await leftUnfinished(run);
        if (left !== null) unfinished[left] = (unfinished[left] ?? 0) + 1;
        process = goOn();
      } else if (
        !isFinished && end.signal === "SIGKILL" &&
        await Deno.stat(`${run}/config.json`).then(() => true, () => false)
      ) {
        process = goOn(); // it begins again
      } else {
        // Killed before it was a run, or not met at all.
        await Deno.remove(run, { recursive: true }).catch(() => {});
        process = start();
      }
    }
    const { code, error } = last ?? await ended(process);
    assert.equal(code, 0, `run ${k} is lost: ${error}`);
    assert.deepEqual(await outcomeOf(run), expected, `run ${k} differs`);
    await Deno.remove(run, { recursive: true });
  }
  return { runs, kills, resumed, unfinished };
}
