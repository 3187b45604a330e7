/** The whole command line in this process, with its output caught and its surroundings open to a test. */

import { multiGoal } from "../../experiments/multi_goal.ts";
import type { Console } from "../../src/terminal/console.ts";
import type { Experiment } from "../../src/run/experiment.ts";
import { cli } from "../../src/cli/main.ts";

/** What a command printed, and its exit code. */
export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

/** Runs `softq` with these words. */
export async function softq(
  words: readonly string[],
  changes: Partial<Console> = {},
  experiments: readonly Experiment[] = [multiGoal],
): Promise<Outcome> {
  let out = "", error = "";
  const code = await cli(experiments, words, {
    out: (text) => void (out += text),
    error: (text) => void (error += text),
    isTerminal: false,
    width: () => 80,
    now: () => performance.now() / 1000,
    date: () => new Date().toISOString(),
    interrupted: () => false,
    ...changes,
  });
  return { code, out, error };
}

/** The smallest run that has all there is: evaluations, checkpoints and every file of metrics. */
export const TINY = [
  "--device=cpu",
  "--steps=400",
  "--minimum-replay=50",
  "--hidden=8",
  "--batch=4",
  "--value-particles=4",
  "--fixed-particles=4",
  "--moved-particles=4",
  "--evaluation-episodes=4",
  "--intermediate-episodes=4",
  "--evaluation-interval=100",
  "--log-interval=50",
  "--checkpoint-interval=100",
  "--metrics=all",
];

/** An interrupt that comes when a run has made so many turns. */
export const afterTurns = (turns: number): Partial<Console> => {
  let seen = 0;
  return { observe: () => Promise.resolve(void seen++), interrupted: () => seen >= turns };
};

/** Every file below a folder, with its bytes as text of their numbers. */
export async function filesIn(folder: string, below = ""): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for await (const entry of Deno.readDir(`${folder}/${below}`)) {
    const name = below === "" ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory) Object.assign(files, await filesIn(folder, name));
    else files[name] = (await Deno.readFile(`${folder}/${name}`)).toBase64();
  }
  return files;
}

/** Copies a folder with all that it holds. */
export async function copyFolder(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    if (isDirectory) await copyFolder(`${from}/${name}`, `${to}/${name}`);
    else await Deno.copyFile(`${from}/${name}`, `${to}/${name}`);
  }
}
