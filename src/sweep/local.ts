/**
 * A sweep on this machine: its trials as processes, with the requests in its folder polled while they run.
 *
 * @module
 */

import { E, pipe, TE } from "../deps.ts";
import { pathWord } from "../run/configuration.ts";
import type { RunError } from "../run/context.ts";
import { overviewIn } from "./folder_place.ts";
import type { Overview } from "./overview.ts";
import { exclusively, type Part, sweepPart } from "./part.ts";
import type { SweepError } from "./place.ts";
import { processes } from "./processes.ts";
import { carryOut, type SweepEnd } from "./schedule.ts";
import type { SweepFile } from "./space.ts";
import { type Control, controlIn, openSweepFolder } from "./sweep_folder.ts";
import type { Sweep, Trial } from "./trials.ts";

/** Seconds between two reads of the requests to a sweep. */
const POLL_INTERVAL = 0.5;

/** Options for running a sweep on this machine. */
export interface LocalOptions {
  /** Folder of the sweep. */
  readonly folder: string;
  /** Number of concurrent trials, each on one core. */
  readonly workers: number;
  /** Program and first arguments of softq's command line. */
  readonly softq: readonly string[];
  /** Whether the user has interrupted. */
  readonly interrupted: () => boolean;
  /** Prints a line of progress. */
  readonly print: (line: string) => void;
}

/**
 * Runs the trials of a sweep, or of a part of it, in its folder until all have ended, or until it is interrupted or
 * paused.
 *
 * @param part the part; null for all trials
 * @returns how it ended, and the status of all trials; `ConfigInvalid` if the folder holds something else, is in use,
 * or has requests that cannot be read
 */
export const runSweep = (
  file: SweepFile,
  sweep: Sweep,
  part: Part | null,
  options: LocalOptions,
): TE.TaskEither<SweepError, { readonly end: SweepEnd; readonly overview: Overview }> =>
  pipe(
    TE.fromEither<RunError, Sweep>(sweepPart(sweep, part)),
    TE.chain((trials) =>
      exclusively(
        options.folder,
        part,
        pipe(
          openSweepFolder(options.folder, file),
          TE.chainW(() => controlIn(options.folder)),
          TE.chainTaskK((control) => () => runControlled(trials, options, control)),
        ),
      )
    ),
    TE.bindTo("end"),
    TE.bindW("overview", () => overviewIn(options.folder, sweep)),
  );

/** Runs trials with the initial requests in the sweep's folder. */
async function runControlled(
  sweep: Sweep,
  { folder, workers, softq, interrupted: asked, print }: LocalOptions,
  initial: Control,
): Promise<SweepEnd> {
  let control = initial;
  const timer = setInterval(async () => {
    const now = await controlIn(folder)();
    if (E.isRight(now)) control = now.right;
  }, 1000 * POLL_INTERVAL);
  const cancelled = ({ name }: Trial): boolean => control.cancelled.includes(name);
  const interrupted = (): boolean => asked() || control.paused;
  const stops = (trial: Trial): boolean => interrupted() || cancelled(trial);
  let printed = "";
  try {
    return await carryOut(sweep, processes(sweep, { folder, workers, softq, stops }), {
      interrupted,
      cancelled,
      onChange: (states, active) => {
        const count = (status: string): number => states.filter((each) => each.status === status).length;
        const line = `${count("done")} of ${states.length} trials done, ${
          count("failed")
        } failed, ${active.length} in work\n`;
        if (line !== printed) print(line);
        printed = line;
      },
    });
  } finally {
    clearInterval(timer);
  }
}

/** What remains to be said of a sweep that has ended or was interrupted, in lines. */
export const endLines = (
  { lost, machineFailure, interrupted }: SweepEnd,
  { trials }: Sweep,
  folder: string,
  paused: boolean,
): readonly string[] => [
  ...[...lost].map(([n, reason]) => `${trials[n]!.name} was given up: ${reason}`),
  ...interrupted
    ? [
      paused
        ? `Paused; after softq sweep continue ${pathWord(folder)} the same command goes on`
        : `Interrupted; the same command goes on, and softq sweep status ${
          pathWord(folder)
        } says where it stands`,
    ]
    : machineFailure === null
    ? []
    : [`This machine cannot go on; the same command does later: ${machineFailure}`],
];

/** Whether a sweep ended with failures, or could not continue. */
export const hasFailed = ({ states, lost, machineFailure }: SweepEnd): boolean =>
  machineFailure !== null || lost.size > 0 || states.some(({ status }) => status === "failed");
