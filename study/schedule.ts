/**
 * Carries the study's runs out as processes, one core each and several at once, in the order of the plan; each is the command
 * that a person would type.
 *
 * Laws, tested: at most as many runs are in work as there are cores; a run begins when the run that it starts from is kept;
 * whenever the study is stopped or killed, its runs make a checkpoint and continue from there the next time, to the files of a
 * run that was never stopped.
 *
 * @module
 */

import { E } from "../src/deps.ts";
import { flagOf } from "../src/run/configuration.ts";
import { isTaken, removeWhole } from "../src/run/files.ts";
import { runProcess } from "../src/sweep/processes.ts";
import { MOST_ATTEMPTS } from "../src/sweep/schedule.ts";
import { keep, type RunStatus, statusOf } from "./keep.ts";
import { type PlannedRun, startOf, type StudyFolders } from "./planned_run.ts";

/** Milliseconds between two looks at a run that another process has in work. */
const GLANCE = 500;

/** How a study is carried out. */
export interface ScheduleOptions {
  /** Runs at once. */
  readonly cores: number;
  /** Program and first arguments of softq's command line. */
  readonly softq: readonly string[];
  /** Whether the study is to stop: runs in work then make a checkpoint, and none begins. */
  readonly stops: () => boolean;
  /** Shows a line. */
  readonly say: (line: string) => void;
}

/** Carries out what is not finished, and gives the runs that failed to be carried out, with the reasons. */
export async function carryOut(
  plan: readonly PlannedRun[],
  folders: StudyFolders,
  { cores, softq, stops, say }: ScheduleOptions,
): Promise<ReadonlyMap<string, string>> {
  const active = new Map<string, Promise<void>>(), attempts = new Map<string, number>();
  const lost = new Map<string, string>(), finished = new Set<string>();
  for (const planned of plan) {
    if (await statusOf(folders, planned) === "finished") await settle(planned);
  }
  const isReady = (planned: PlannedRun): boolean => {
    const { name } = planned, start = startOf(planned);
    const startIsPlanned = plan.some((other) => other.name === start);
    return !finished.has(name) && !lost.has(name) && !active.has(name) &&
      (start === null || !startIsPlanned || finished.has(start));
  };
  while (!stops()) {
    const next = active.size < cores ? plan.find(isReady) : undefined;
    if (next !== undefined) {
      active.set(next.name, work(next).finally(() => active.delete(next.name)));
    } else if (active.size > 0) {
      await Promise.race(active.values());
    } else break;
  }
  await Promise.all(active.values());
  return lost;

  /** Keeps a finished run; only then may others start from it. */
  async function settle(planned: PlannedRun): Promise<void> {
    const kept = await keep(folders, planned)();
    if (E.isLeft(kept)) lost.set(planned.name, kept.left.message);
    else finished.add(planned.name);
  }

  /** Makes or continues a run until it ends or the study stops. */
  async function work(planned: PlannedRun): Promise<void> {
    const { name } = planned, path = `${folders.runs}/${name}`;
    while (await isTaken(path) && !stops()) await new Promise((resolve) => setTimeout(resolve, GLANCE));
    if (stops()) return;
    const status = await statusOf(folders, planned);
    if (status !== "finished") {
      say(`${name}: ${status === "started" ? "goes on" : "begins"}`);
      const left = await runProcess(softq, await wordsFor(planned, path, status), stops);
      if (left._tag === "Interrupted") return say(`${name}: stopped after a checkpoint`);
      if (left._tag === "Lost") return missed(name, left.reason);
      if (await statusOf(folders, planned) !== "finished") return missed(name, "it ended before its end");
    }
    await settle(planned);
    say(`${name}: ${lost.get(name) ?? "finished"}`);
  }

  /** Notes that a run's process ended before the run did. */
  function missed(name: string, reason: string): void {
    const times = (attempts.get(name) ?? 0) + 1;
    attempts.set(name, times);
    if (times === MOST_ATTEMPTS) lost.set(name, reason);
    say(`${name}: ${reason}`);
  }
}

/** The words that make a run, or continue it. */
async function wordsFor(
  { experiment, flags }: PlannedRun,
  path: string,
  status: RunStatus,
): Promise<readonly string[]> {
  if (status === "started") return ["resume", path];
  await removeWhole(path); // what a process left that was killed before it wrote the configuration
  const options = Object.entries(flags).flatMap(([field, value]) => [flagOf(field), value]);
  return ["train", experiment, ...options, "--out", path];
}
