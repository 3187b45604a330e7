/**
 * Trials as processes of this machine: each is the command that a person would type, `softq train` or `softq resume`, on one
 * core.
 *
 * Law, tested: a trial that is stopped at a rung, or killed, goes on from its last checkpoint to the bits of one that was not.
 *
 * @module
 */

import { E } from "../deps.ts";
import { configText } from "../run/manifest.ts";
import { attempt, makeFolder, removeWhole, writeWhole } from "../run/files.ts";
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

/** The folder of a trial. */
export const trialFolder = (folder: string, { name }: Pick<Trial, "name">): string =>
  `${folder}/trials/${name}`;

/** Runs the trials of a sweep as processes. */
export function processes(
  { halving }: Sweep,
  { folder, workers, softq, stops }: ProcessOptions,
): Executor {
  const read = (trial: Trial) => readTrial(trialFolder(folder, trial), trial.configuration.replicas, halving);
  const start = async (trial: Trial, steps: number): Promise<E.Either<string, Deno.ChildProcess>> => {
    const own = trialFolder(folder, trial), { standing } = await read(trial);
    const words = ["resume", own];
    if (standing === "missing") {
      // What a process left that died before its first checkpoint.
      await removeWhole(own);
      await makeFolder(`${folder}/configurations`);
      const file = `${folder}/configurations/${trial.name}.json`;
      const written = await writeWhole(file, configText(trial.configuration))();
      if (E.isLeft(written)) return E.left(written.left.message);
      words.splice(0, 2, "train", trial.configuration.experiment, "--config", file, "--out", own);
    }
    words.push("--threads", "1");
    if (steps < trial.configuration.steps) words.push("--until", String(steps));
    const [program, ...first] = softq;
    const spawned = await attempt("start", program, () =>
      Promise.resolve(
        new Deno.Command(program, {
          args: [...first, ...words],
          stdin: "null",
          stdout: "null",
          stderr: "piped",
          env: { NO_COLOR: "1" },
        }).spawn(),
      ))();
    return E.isLeft(spawned) ? E.left(spawned.left.message) : spawned;
  };
  const run = async (trial: Trial, steps: number): Promise<Left> => {
    const started = await start(trial, steps);
    if (E.isLeft(started)) return { _tag: "Lost", reason: started.left };
    const child = started.right;
    let asked = false;
    const watch = setInterval(() => {
      if (asked || !stops(trial)) return;
      asked = true;
      try {
        child.kill("SIGTERM");
      } catch {
        // it has just ended by itself
      }
    }, GLANCE);
    const { code, signal, stderr } = await child.output();
    clearInterval(watch);
    if (code === INTERRUPTED) return asked ? { _tag: "Interrupted" } : { _tag: "Reached" };
    if (code === 0 || code === 1) return { _tag: "Reached" };
    const last = new TextDecoder().decode(stderr).trim().split("\n").at(-1) ?? "";
    return {
      _tag: "Lost",
      reason: `it ended with ${signal ?? `exit code ${code}`}${last === "" ? "" : `: ${last}`}`,
    };
  };
  return { workers, run, read };
}
