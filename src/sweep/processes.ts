/**
 * Trials as local processes: each is an ordinary command, `softq train` or `softq resume`, on one core.
 *
 * Laws, tested: a trial that is stopped at a rung, or killed, continues from its last checkpoint with the bits of an
 * uninterrupted one; a trial that another process is running is waited for.
 *
 * @module
 */

import { E, pipe, TE } from "../deps.ts";
import { configText } from "../run/manifest.ts";
import { EXIT } from "../run/exit.ts";
import { attempt, isTaken, makeFoldersFor, removeWhole, writeShared } from "../run/files.ts";
import type { AssignmentEnd, Executor } from "./schedule.ts";
import { readTrial } from "./trial_folder.ts";
import type { Sweep, Trial } from "./trials.ts";

/** Milliseconds between two checks whether a trial's process should stop, or its folder is free. */
const POLL_INTERVAL = 50;

/** Options for running trials as processes. */
export interface ProcessOptions {
  /** Folder of the sweep; each trial has its own folder in `trials/`. */
  readonly folder: string;
  /** Number of concurrent processes. */
  readonly workers: number;
  /** Program and first arguments of softq's command line. */
  readonly softq: readonly string[];
  /** Whether to stop a trial before it is done: the sweep is stopping, or the trial was cancelled. */
  readonly stops: (trial: Trial) => boolean;
  /** The folder of each run, if not in `trials/`. */
  readonly runFolder?: (trial: Trial) => string;
  /** Base folder of relative paths in configurations; by default this process's working directory. */
  readonly within?: string;
}

/**
 * Executes a run as a process on one core until it ends or is asked to stop, when it writes a checkpoint. The process
 * also stops when this one dies, because its standard input closes.
 *
 * @param softq program and first arguments of softq's command line
 * @param words the command, `train` or `resume`
 * @param stops whether to stop; polled several times a second
 * @param within base folder of relative paths; by default this process's working directory
 */
export async function runProcess(
  softq: readonly string[],
  words: readonly string[],
  stops: () => boolean,
  within?: string,
): Promise<AssignmentEnd> {
  const [program, ...first] = softq as [string, ...string[]];
  const spawned = await attempt("start", program, () =>
    Promise.resolve(
      new Deno.Command(program, {
        args: [...first, ...words, "--threads", "1", "--stop-with", "input"],
        stdin: "piped",
        stdout: "null",
        stderr: "piped",
        env: { NO_COLOR: "1" },
        ...within === undefined ? {} : { cwd: within },
      }).spawn(),
    ))();
  if (E.isLeft(spawned)) return { _tag: "Unable", reason: spawned.left.message };
  const child = spawned.right;
  let asked = false;
  const closeInput = (): Promise<void> => child.stdin.close().catch(() => {}); // it may have ended by itself
  const watch = setInterval(() => {
    if (asked || !stops()) return;
    asked = true;
    closeInput();
  }, POLL_INTERVAL);
  const [{ code, signal }, error] = await Promise.all([child.status, new Response(child.stderr).text()]);
  clearInterval(watch);
  if (!asked) await closeInput();
  // A terminal's interrupt reaches the process, too, which may have ended before it was asked to.
  if (code === EXIT.interrupted) return asked || stops() ? { _tag: "Interrupted" } : { _tag: "Reached" };
  if (code === EXIT.done) return { _tag: "Reached" };
  const last = error.trim().split("\n").at(-1) ?? "";
  // The run's own failure is recorded in its folder; any other is a failure of this machine.
  if (code === EXIT.failed || code === EXIT.wrong) return { _tag: "Unable", reason: last };
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
  {
    folder,
    workers,
    softq,
    stops,
    within,
    runFolder = (trial) => trialFolder(folder, trial),
  }: ProcessOptions,
): Executor {
  const read = (trial: Trial) => readTrial(runFolder(trial), trial.configuration.replicas, halving);
  const wordsFor = async (trial: Trial, steps: number): Promise<E.Either<string, readonly string[]>> => {
    const own = runFolder(trial), { status } = await read(trial);
    const words = ["resume", own];
    if (status === "missing") {
      const file = `${folder}/configurations/${trial.name}.json`;
      const written = await pipe(
        // Files of a process that died before its first checkpoint.
        attempt("remove", own, () => removeWhole(own)),
        TE.chain(() => makeFoldersFor(file)),
        TE.chain(() => writeShared(file, configText(trial.configuration))),
      )();
      if (E.isLeft(written)) return E.left(written.left.message);
      words.splice(0, 2, "train", trial.configuration.experiment, "--config", file, "--out", own);
    }
    if (steps < trial.configuration.steps) words.push("--until", String(steps));
    return E.right(words);
  };
  const run = async (trial: Trial, steps: number): Promise<AssignmentEnd> => {
    // The process of a sweep that was killed may still be writing its checkpoint.
    while (await isTaken(runFolder(trial))) {
      if (stops(trial)) return { _tag: "Interrupted" };
      await new Promise((resolve) => setTimeout(resolve, POLL_INTERVAL));
    }
    const words = await wordsFor(trial, steps);
    return E.isLeft(words)
      ? { _tag: "Unable", reason: words.left }
      : await runProcess(softq, words.right, () => stops(trial), within);
  };
  return { workers, run, read };
}
