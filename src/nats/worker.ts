/**
 * A worker: takes jobs from the queue one by one, says that it lives, sends checkpoints, and writes the trials' results.
 *
 * Laws, tested: the job of a worker that died is noticed within the lease and continues from its last checkpoint, elsewhere; the
 * first outcome that is written stands, and a later one that differs is reported as a fault of determinism; a trial whose process
 * dies three times is given up with its reason.
 *
 * @module
 */

import { E } from "../deps.ts";
import type { Experiment } from "../run/experiment.ts";
import { removeWhole } from "../run/files.ts";
import { trialFolder } from "../sweep/processes.ts";
import { type Executor, type Left, MOST_ATTEMPTS } from "../sweep/schedule.ts";
import type { TrialState } from "../sweep/trial_folder.ts";
import type { Sweep, Trial } from "../sweep/trials.ts";
import { type Bus, consumerOf, type Job, jobOf, writeOnce } from "./bus.ts";
import { persist } from "./connection.ts";
import type { JsMsg } from "./deps.ts";
import { outcomeOfEntry, type OutcomeRecord } from "./records.ts";
import { type Build, promote, sweepOnBus, trialKey } from "./sweeps.ts";
import { dropCheckpoints, fetchCheckpoint, sendCheckpoint, sendResults } from "./trial_files.ts";

/** What a worker is given. */
export interface WorkerOptions {
  readonly experiments: readonly Experiment[];
  readonly build: Build;
  /** Its name among the workers. */
  readonly name: string;
  /** Folder for the runs that it makes; sweeps have folders of their own below it. */
  readonly folder: string;
  /** Seconds after which a worker that says nothing is taken for dead. */
  readonly lease: number;
  /** Seconds between two checkpoints on the bus. */
  readonly checkpointSeconds: number;
  /** How it trains: an executor for one trial at a time. */
  readonly executor: (sweep: Sweep, folder: string, stops: (trial: Trial) => boolean) => Executor;
  /** Whether it has been asked to stop. */
  readonly interrupted: () => boolean;
  /** Shows a line. */
  readonly say: (line: string) => void;
  /** Whether it stops when there is nothing to do. */
  readonly untilEmpty: boolean;
  /** Milliseconds of a clock that only goes forward. */
  readonly now: () => number;
}

/** Milliseconds for which a worker waits for a job before it looks whether it was asked to stop. */
const WAIT = 1000;

/** Milliseconds after which a job is offered again that cannot be done here now. */
const LATER = 5000;

/** What a worker did. */
export interface WorkerEnd {
  /** Trials that ended here. */
  readonly ended: number;
  /** Outcomes that were there already, with the same bits. */
  readonly duplicates: number;
  /** Outcomes that were there already with other bits, by trial. */
  readonly faults: readonly string[];
  /** Why it gave up, where this machine could do nothing right several times in a row. */
  readonly trouble: string | null;
}

/** Jobs in a row that may go wrong for reasons of this machine before a worker gives up. */
const MOST_TROUBLES = 5;

/** Takes jobs until it is asked to stop, or the queue is empty where that is what it waits for. */
export async function work(bus: Bus, options: WorkerOptions): Promise<WorkerEnd> {
  const end: Tally = { ended: 0, duplicates: 0, faults: [], troubles: 0, trouble: null };
  const losses = new Map<string, number>();
  while (!options.interrupted() && !bus.connection.isClosed() && end.troubles < MOST_TROUBLES) {
    const message = await nextMessage(bus);
    if (message === null) {
      if (options.untilEmpty && await isEmpty(bus)) break;
      continue;
    }
    const job = jobOf(message.subject);
    if (job === null) {
      options.say(`A job that is none was thrown away: ${message.subject.slice(0, 100)}`);
      message.term();
      continue;
    }
    await carryOutJob(bus, options, job, message, end, losses);
  }
  return end.troubles < MOST_TROUBLES ? { ...end, trouble: null } : end;
}

/** The next job, or null where there is none for a while. */
async function nextMessage(bus: Bus): Promise<JsMsg | null> {
  return await persist(bus.connection, async () => await (await consumerOf(bus)).next({ expires: WAIT }))
    .catch(() => null);
}

/** Whether no job waits and none is in work. */
async function isEmpty(bus: Bus): Promise<boolean> {
  return await persist(bus.connection, async () => {
    const { num_pending, num_ack_pending } = await (await consumerOf(bus)).info();
    return num_pending === 0 && num_ack_pending === 0;
  });
}

/** What is carried along while a worker works. */
interface Tally {
  ended: number;
  duplicates: number;
  readonly faults: string[];
  troubles: number;
  trouble: string | null;
}

/** Does a job, or leaves it to others. */
async function carryOutJob(
  bus: Bus,
  options: WorkerOptions,
  job: Job,
  message: JsMsg,
  tally: Tally,
  losses: Map<string, number>,
): Promise<void> {
  const { say, build, experiments, folder, name } = options;
  const known = await sweepOnBus(bus, job.sweep, experiments, build);
  if (E.isLeft(known)) {
    say(known.left.message);
    return message.nak(LATER);
  }
  const { record, sweep } = known.right, trial = sweep.trials[job.trial];
  const key = trialKey(job.sweep, job.trial), own = `${folder}/${job.sweep}`;
  const isOver = trial === undefined || job.rung >= sweep.halving.rungs.length ||
    record.cancelled.includes(job.trial) ||
    outcomeOfEntry(await persist(bus.connection, () => bus.outcomes.get(key))) !== null;
  if (isOver) return message.ack();
  if (record.paused) return message.nak(LATER);
  say(`${name}: ${trial.name} of ${job.sweep}`);
  const release = keepAlive(bus, options, job, message);
  try {
    let stopped = false;
    const watch = setInterval(async () => {
      const now = await sweepOnBus(bus, job.sweep, experiments, build).catch(() => null);
      if (now !== null && E.isRight(now)) {
        stopped = now.right.record.paused || now.right.record.cancelled.includes(job.trial);
      }
    }, LATER);
    const executor = options.executor(sweep, own, () => stopped || options.interrupted());
    const run = trialFolder(own, trial);
    const sender = setInterval(
      () => void sendCheckpoint(bus, key, run).catch(() => undefined),
      1000 * options.checkpointSeconds,
    );
    let left: Left, state: TrialState;
    try {
      await prepare(bus, key, run, await executor.read(trial));
      const begun = options.now();
      left = await executor.run(trial, sweep.halving.rungs[job.rung]!);
      state = await executor.read(trial);
      clearInterval(sender);
      clearInterval(watch);
      if (state.standing === "done" || state.standing === "failed") {
        await conclude(
          bus,
          sweep,
          job,
          run,
          outcomeOf(options, state, (options.now() - begun) / 1000),
          tally,
          say,
        );
        await removeWhole(run);
        return message.ack();
      }
    } finally {
      clearInterval(sender);
      clearInterval(watch);
    }
    await sendCheckpoint(bus, key, run);
    if (left._tag !== "Lost") tally.troubles = 0;
    if (left._tag === "Interrupted") return message.nak();
    if (left._tag === "Reached" && state.scores.length > job.rung) {
      const score = JSON.stringify({ score: state.scores[job.rung] });
      await persist(bus.connection, () => writeOnce(bus.outcomes, `${key}.${job.rung}`, score));
      await message.ackAck();
      return await promote(bus, sweep);
    }
    const reason = left._tag === "Lost" ? left.reason : "it ended before its rung";
    const count = (losses.get(key) ?? 0) + 1;
    losses.set(key, count);
    say(`${trial.name} of ${job.sweep}: ${reason}`);
    if (count < MOST_ATTEMPTS) return message.nak(LATER / 5);
    const lost: TrialState = { ...state, error: reason };
    await conclude(bus, sweep, job, run, { ...outcomeOf(options, lost, 0), standing: "lost" }, tally, say);
    return message.ack();
  } catch (error) {
    // A full disk, or a server that throws what was sent away: somebody else may do better.
    say(
      `${trial.name} of ${job.sweep} is left to others: ${
        error instanceof Error ? error.message : String(error)
      }`,
    );
    message.nak(LATER);
  } finally {
    release();
  }
}

/** Lays out what others have done of a trial, where this machine has not come farther by itself. */
async function prepare(bus: Bus, key: string, run: string, state: TrialState): Promise<void> {
  if (state.standing !== "missing") return;
  await fetchCheckpoint(bus, key, run);
}

/** Says that a job is being worked at, until the given function is called. */
function keepAlive(bus: Bus, { lease, name, now }: WorkerOptions, job: Job, message: JsMsg): () => void {
  const begun = now();
  const say = (): void => {
    message.working();
    const entry = JSON.stringify({ ...job, seconds: Math.round((now() - begun) / 1000) });
    bus.workers.put(name, entry).catch(() => undefined); // it is said again soon
  };
  say();
  const timer = setInterval(say, 1000 * lease / 3);
  return () => {
    clearInterval(timer);
    bus.workers.delete(name).catch(() => undefined);
  };
}

const outcomeOf = ({ name }: WorkerOptions, state: TrialState, seconds: number): OutcomeRecord => ({
  standing: state.standing === "done" ? "done" : state.standing === "failed" ? "failed" : "lost",
  steps: state.steps,
  scores: [...state.scores],
  error: state.error,
  digest: state.digest,
  worker: name,
  seconds,
  files: [],
});

/** Writes a trial's result, or compares it with the one that is there. */
async function conclude(
  bus: Bus,
  sweep: Sweep,
  job: Job,
  run: string,
  outcome: OutcomeRecord,
  tally: Tally,
  say: (line: string) => void,
): Promise<void> {
  const key = trialKey(job.sweep, job.trial), { name } = sweep.trials[job.trial]!;
  const files = await sendResults(bus, key, run);
  const isFirst = await persist(
    bus.connection,
    () => writeOnce(bus.outcomes, key, JSON.stringify({ ...outcome, files })),
  );
  tally.troubles = 0;
  if (isFirst) {
    tally.ended++;
    await dropCheckpoints(bus, key, files);
    return await promote(bus, sweep);
  }
  const standing = outcomeOfEntry(await persist(bus.connection, () => bus.outcomes.get(key)));
  // A connection that broke after the first try may have brought the outcome there: then it is this worker's own.
  if (standing?.digest === outcome.digest) {
    tally.duplicates++;
    return;
  }
  const fault =
    `${name}: ${outcome.worker} came to ${outcome.digest}, ${standing?.worker} to ${standing?.digest}`;
  tally.faults.push(fault);
  say(`A fault of determinism: ${fault}`);
  await persist(bus.connection, () => bus.outcomes.put(`${key}.fault`, JSON.stringify({ fault })));
}
