/**
 * Trials as processes of this machine: each is the command that a person would type, `softq train` or `softq resume`, on one
 * core.
 *
 * Law, tested: a trial that is stopped at a rung, or killed, continues from its last checkpoint with the bits of one that was not.
 *
 * @module
 */

import { E } from "../deps.ts";
import { configText } from "../run/manifest.ts";
import { attempt, removeWhole, writeWhole } from "../run/files.ts";
import type { Executor, Left } from "./schedule.ts";
import { readTrial } from "./trial_folder.ts";
import type { Sweep, Trial } from "./trials.ts";

/** Milliseconds between two looks at how far a trial is. */
const GLANCE = 200;

/** Exit code of a run that was interrupted after a checkpoint. */
const INTERRUPTED = 130;

/** How processes are started, and when they are asked to stop. */
export interface ProcessOptions {
  /** Folder of the sweep; each trial has one of its own below `trials/`. */
  readonly folder: string;
  /** How many run at once. */
  readonly workers: number;
  /** Program and first arguments of softq's command line. */
  readonly softq: readonly string[];
  /** Whether a trial is to stop before it is done: with the sweep, or because it was cancelled. */
  readonly stops: (trial: Trial) => boolean;
}

/**
 * Carries a run out as a process on one core, until it ends or is to stop; then it makes a checkpoint. It does so, too, when
 * this process dies: its standard input ends with it.
 *
 * @param softq program and first arguments of softq's command line
 * @param words the command, `train` or `resume`
 * @param stops whether it is to stop, asked several times a second
 */
export async function runProcess(
  softq: readonly string[],
  words: readonly string[],
  stops: () => boolean,
): Promise<Left> {
  const [program, ...first] = softq as [string, ...string[]];
  const spawned = await attempt("start", program, () =>
    Promise.resolve(
      new Deno.Command(program, {
        args: [...first, ...words, "--threads", "1", "--stop-with", "input"],
        stdin: "piped",
        stdout: "null",
        stderr: "piped",
        env: { NO_COLOR: "1" },
      }).spawn(),
    ))();
  if (E.isLeft(spawned)) return { _tag: "Lost", reason: spawned.left.message };
  const child = spawned.right;
  let asked = false;
  const closeInput = (): Promise<void> => child.stdin.close().catch(() => {}); // it may have ended by itself
  const watch = setInterval(() => {
    if (asked || !stops()) return;
    asked = true;
    closeInput();
  }, GLANCE);
  const [{ code, signal }, error] = await Promise.all([child.status, new Response(child.stderr).text()]);
  clearInterval(watch);
  if (!asked) await closeInput();
  if (code === INTERRUPTED) return asked ? { _tag: "Interrupted" } : { _tag: "Reached" };
  if (code === 0 || code === 1) return { _tag: "Reached" };
  const last = error.trim().split("\n").at(-1) ?? "";
  return {
    _tag: "Lost",
    reason: `it ended with ${signal ?? `exit code ${code}`}${last === "" ? "" : `: ${last}`}`,
  };
}

/** The folder of a trial. */
export const trialFolder = (folder: string, { name }: Pick<Trial, "name">): string =>
  `${folder}/trials/${name}`;

/** Runs the trials of a sweep as processes. */
export function processes(
  { halving }: Sweep,
  { folder, workers, softq, stops }: ProcessOptions,
): Executor {
  const read = (trial: Trial) => readTrial(trialFolder(folder, trial), trial.configuration.replicas, halving);
  const wordsFor = async (trial: Trial, steps: number): Promise<E.Either<string, readonly string[]>> => {
    const own = trialFolder(folder, trial), { standing } = await read(trial);
    const words = ["resume", own];
    if (standing === "missing") {
      // What a process left that died before its first checkpoint.
      await removeWhole(own);
      await Deno.mkdir(`${folder}/configurations`, { recursive: true });
      const file = `${folder}/configurations/${trial.name}.json`;
      const written = await writeWhole(file, configText(trial.configuration))();
      if (E.isLeft(written)) return E.left(written.left.message);
      words.splice(0, 2, "train", trial.configuration.experiment, "--config", file, "--out", own);
    }
    if (steps < trial.configuration.steps) words.push("--until", String(steps));
    return E.right(words);
  };
  const run = async (trial: Trial, steps: number): Promise<Left> => {
    const words = await wordsFor(trial, steps);
    return E.isLeft(words)
      ? { _tag: "Lost", reason: words.left }
      : await runProcess(softq, words.right, () => stops(trial));
  };
  return { workers, run, read };
}
