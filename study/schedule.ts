/**
 * The study's plan as a sweep, and its execution on this machine or on a server.
 *
 * Laws, tested: the number of concurrent runs never exceeds the limit; a run begins only after the run that it starts
 * from has been archived; whenever the study is stopped or killed, its runs continue from their checkpoints the next
 * time, with the files of an uninterrupted run; a server's workers produce the same files.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { E } from "../src/deps.ts";
import { type ConfigInvalid, type FieldName, parseField, seedsOf } from "../src/run/configuration.ts";
import type { Experiment } from "../src/run/experiment.ts";
import { isTaken } from "../src/run/files.ts";
import type { SweepError, SweepServer } from "../src/sweep/place.ts";
import { processes } from "../src/sweep/processes.ts";
import { carryOut as carryOutSweep, type Executor } from "../src/sweep/schedule.ts";
import { parseSweep, type SweepFile } from "../src/sweep/space.ts";
import { NOT_STARTED } from "../src/sweep/trial_folder.ts";
import { type Sweep, sweepOf, type Trial } from "../src/sweep/trials.ts";
import { archive, isArchived, statusOf } from "./archive.ts";
import { type PlannedRun, startOf, type StudyFolders } from "./planned_run.ts";

/** Polling intervals, ms: of a run in another process, and of a server. */
const RUN_POLL_INTERVAL = 500, SERVER_POLL_INTERVAL = 10_000;

/** Options for executing a study. */
export interface ScheduleOptions {
  readonly experiments: readonly Experiment[];
  /** Number of concurrent runs, one core each. */
  readonly cores: number;
  /** Program and first arguments of softq's command line. */
  readonly softq: readonly string[];
  /** Whether to stop: running runs then write a checkpoint, and no run begins. */
  readonly stops: () => boolean;
  /** Shows a line. */
  readonly say: (line: string) => void;
}

/** A plan as a sweep file; its name is derived from its runs. */
export function sweepFileOf(plan: readonly PlannedRun[]): E.Either<ConfigInvalid, SweepFile> {
  const planned = new Set(plan.map(({ name }) => name));
  const trials = plan.map((run) => {
    const { seeds, ...flags } = run.flags, start = startOf(run);
    const both = seeds === undefined ? E.right({}) : seedsOf(seeds);
    return {
      name: run.name,
      experiment: run.experiment,
      configuration: {
        ...Object.fromEntries(
          Object.entries(flags).map(([field, text]) => [field, parseField(field as FieldName, text)]),
        ),
        ...E.isRight(both) ? both.right : {},
      },
      ...start !== null && planned.has(start) ? { after: start } : {},
    };
  });
  const text = JSON.stringify(trials), digest = createHash("sha256").update(text).digest("hex").slice(0, 8);
  const experiment = plan[0]?.experiment ?? "";
  return parseSweep(JSON.stringify({ name: `study-${digest}`, experiment, trials }));
}

/** A plan as a sweep, with its file. */
const planned = (
  plan: readonly PlannedRun[],
  experiments: readonly Experiment[],
): E.Either<ConfigInvalid, { readonly file: SweepFile; readonly sweep: Sweep }> =>
  E.chain((file: SweepFile) => E.map((sweep: Sweep) => ({ file, sweep }))(sweepOf(experiments, file)))(
    sweepFileOf(plan),
  );

/** Executes the runs of a plan as local processes and archives each as soon as it has ended. */
function archivingExecutor(
  plan: readonly PlannedRun[],
  sweep: Sweep,
  folders: StudyFolders,
  { cores, softq, stops, say }: ScheduleOptions,
): Executor {
  const path = ({ name }: Trial): string => `${folders.runs}/${name}`;
  const { run, read } = processes(sweep, {
    folder: folders.runs,
    workers: cores,
    softq,
    stops,
    runFolder: path,
  });
  const of = ({ name }: Trial): PlannedRun => plan.find((each) => each.name === name)!; // the sweep is the plan's
  const ended = async (trial: Trial): Promise<boolean> => await statusOf(folders, of(trial)) === "finished";
  return {
    workers: cores,
    // An ended run is done once it has been archived: only then may others start from it.
    read: async (trial) => {
      const state = await read(trial), kept = await isArchived(folders, trial);
      return kept
        ? { ...NOT_STARTED, status: "done", scores: [null] }
        : state.status === "done" || state.status === "failed"
        ? { ...state, status: "begun", scores: [] }
        : state;
    },
    run: async (trial, steps) => {
      const { name } = trial;
      while (await isTaken(path(trial)) && !stops()) {
        await new Promise((resolve) => setTimeout(resolve, RUN_POLL_INTERVAL));
      }
      if (stops()) return { _tag: "Interrupted" };
      if (!await ended(trial)) {
        say(`${name}: ${(await read(trial)).status === "begun" ? "goes on" : "begins"}`);
        const left = await run(trial, steps);
        if (left._tag === "Interrupted") say(`${name}: stopped after a checkpoint`);
        if (!await ended(trial)) {
          if ("reason" in left) say(`${name}: ${left.reason}`);
          return left;
        }
      }
      const kept = await archive(folders, of(trial))();
      say(`${name}: ${E.isLeft(kept) ? kept.left.message : "finished"}`);
      return E.isLeft(kept) ? { _tag: "Lost", reason: kept.left.message } : { _tag: "Reached" };
    },
  };
}

/** Executes the unfinished runs; returns those that could not be executed, with the reasons. */
export async function carryOut(
  plan: readonly PlannedRun[],
  folders: StudyFolders,
  options: ScheduleOptions,
): Promise<E.Either<ConfigInvalid, ReadonlyMap<string, string>>> {
  if (plan.length === 0) return E.right(new Map());
  const made = planned(plan, options.experiments);
  if (E.isLeft(made)) return made;
  const { sweep } = made.right;
  const { lost, machineFailure } = await carryOutSweep(
    sweep,
    archivingExecutor(plan, sweep, folders, options),
    {
      onChange: () => {},
      interrupted: options.stops,
    },
  );
  const reasons = new Map([...lost].map(([n, reason]) => [sweep.trials[n]!.name, reason]));
  return E.right(machineFailure === null ? reasons : new Map([...reasons, ["this machine", machineFailure]]));
}

/**
 * Executes the unfinished runs on a server's workers, archives those that have ended, and returns those that were lost.
 */
export async function carryOutOn(
  server: SweepServer,
  plan: readonly PlannedRun[],
  folders: StudyFolders,
  { experiments, stops, say }: ScheduleOptions,
): Promise<E.Either<SweepError, ReadonlyMap<string, string>>> {
  const missing: PlannedRun[] = [];
  for (const run of plan) if (!await isArchived(folders, run)) missing.push(run);
  if (missing.length === 0) return E.right(new Map());
  const made = planned(missing, experiments);
  if (E.isLeft(made)) return made;
  const { file, sweep } = made.right;
  const submitted = await server.submit(file, sweep)();
  if (E.isLeft(submitted)) return submitted;
  say(`${sweep.name}: ${submitted.right.waiting} of ${missing.length} runs wait for workers`);
  const place = server.place(sweep.name), folder = `${folders.runs}/${sweep.name}`;
  while (true) {
    const standing = await place.status(), fetched = await place.fetch(folder)();
    if (E.isLeft(standing)) return standing;
    if (E.isLeft(fetched)) return fetched;
    const lost = new Map<string, string>();
    for (const { trial, state, error } of standing.right.overview.trials) {
      const run = missing.find(({ name }) => name === trial)!;
      if (state === "lost") lost.set(trial, String(error));
      if ((state !== "done" && state !== "failed") || await isArchived(folders, run)) continue;
      const kept = await archive({ ...folders, runs: `${folder}/trials` }, run)();
      say(`${trial}: ${E.isLeft(kept) ? kept.left.message : "finished"}`);
      if (E.isLeft(kept)) lost.set(trial, kept.left.message);
    }
    if (standing.right.overview.waiting === 0 || stops()) return E.right(lost);
    for (let waited = 0; waited < SERVER_POLL_INTERVAL && !stops(); waited += RUN_POLL_INTERVAL) {
      await new Promise((resolve) => setTimeout(resolve, RUN_POLL_INTERVAL));
    }
  }
}
