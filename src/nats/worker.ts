/**
 * A worker: takes jobs from the queue one by one, sends heartbeats and checkpoints, and writes the trials' results.
 *
 * Laws, tested: the job of a dead worker is redelivered within the lease and continues elsewhere from its last
 * checkpoint; the first outcome written stands, and a later one that differs is reported as a fault of determinism; a
 * trial whose process dies three times, on any machines, is given up with its reason; a job that only this machine
 * cannot do is left to others.
 *
 * @module
 */

import { E } from "../deps.ts";
import { unlessStopped } from "../device/pieces.ts";
import type { Experiment } from "../run/experiment.ts";
import { namesIn, removeWhole } from "../run/files.ts";
import { runBytes } from "../run/memory.ts";
import type { WorkerEnd } from "../sweep/place.ts";
import { trialFolder } from "../sweep/processes.ts";
import { type Executor, MAX_ATTEMPTS } from "../sweep/schedule.ts";
import type { TrialState } from "../sweep/trial_folder.ts";
import type { Sweep, Trial } from "../sweep/trials.ts";
import { type Bus, consumerOf, type Job, jobOf, writeOnce } from "./bus.ts";
import { closeWhenDown, persist } from "./connection.ts";
import type { JsMsg } from "./deps.ts";
import { conclude, type WorkerCounters } from "./outcome.ts";
import { outcomeOfEntry, type OutcomeRecord } from "./records.ts";
import { bytesText } from "./store.ts";
import { type Build, changeFailures, type KnownSweep, promote, sweepOnBus, trialKey } from "./sweeps.ts";
import { fetchCheckpoint, provideStart, sendCheckpoint, StoreFull } from "./trial_files.ts";
import { thrownText } from "../given.ts";

/** Options of a worker. */
export interface WorkerOptions {
  readonly experiments: readonly Experiment[];
  readonly build: Build;
  /** Its name among the workers. */
  readonly name: string;
  /** Folder for its runs, not shared with other workers; each sweep has a subfolder. */
  readonly folder: string;
  /** Seconds between two checkpoints on the bus. */
  readonly checkpointSeconds: number;
  /** Memory limit of a trial, bytes; called before each. */
  readonly memoryBytes: () => number;
  /** Creates an executor for one trial at a time. */
  readonly executor: (sweep: Sweep, folder: string, stops: (trial: Trial) => boolean) => Executor;
  /** Whether it has been asked to stop. */
  readonly interrupted: () => boolean;
  /** Prints a line. */
  readonly say: (line: string) => void;
  /** Whether to stop when no job is left. */
  readonly untilEmpty: boolean;
  /** A monotonic clock, ms. */
  readonly now: () => number;
}

/** Timeout of a request for a job, ms. */
const JOB_REQUEST_TIMEOUT = 1000;

/** Redelivery delay, ms, of a job that cannot be done here now. */
const REDELIVERY_DELAY = 5000;

/** Number of consecutive failures of this machine after which a worker gives up. */
const MAX_CONSECUTIVE_FAILURES = 5;

/** Number of starts from the same step, by workers that fell silent, after which a trial is given up. */
const MAX_SILENT_STARTS = 10;

/** Takes jobs until it is asked to stop or, with `untilEmpty`, the queue is empty. */
export async function work(bus: Bus, options: WorkerOptions): Promise<WorkerEnd> {
  const counters: WorkerCounters = {
    ended: 0,
    duplicates: 0,
    faults: [],
    consecutiveFailures: 0,
    lastFailure: null,
  };
  const worker = { bus, options: { ...options, say: withoutRepeats(options.say) }, counters };
  const forget = closeWhenDown(bus.connection, options.interrupted);
  try {
    await takeJobs(worker);
  } finally {
    forget();
  }
  const { ended, duplicates, faults, consecutiveFailures, lastFailure } = counters;
  return {
    ended,
    duplicates,
    faults,
    machineFailure: consecutiveFailures < MAX_CONSECUTIVE_FAILURES ? null : lastFailure,
  };
}

/** Takes jobs until there is a reason to stop. */
async function takeJobs(worker: Worker): Promise<void> {
  const { bus, options, counters } = worker;
  while (
    !options.interrupted() && !bus.connection.isClosed() &&
    counters.consecutiveFailures < MAX_CONSECUTIVE_FAILURES
  ) {
    const message = await unlessStopped(nextMessage(bus), options.interrupted);
    if (message === null) {
      if (options.untilEmpty && !options.interrupted() && await isEmpty(bus)) break;
      continue;
    }
    const job = jobOf(message.subject);
    if (job === null) {
      options.say(`Discarded an invalid job: ${message.subject.slice(0, 100)}`);
      message.term();
      continue;
    }
    await carryOutJob(worker, job, message);
  }
}

/** Prints lines, omitting consecutive repeats. */
function withoutRepeats(say: (line: string) => void): (line: string) => void {
  let last = "";
  return (line) => {
    if (line !== last) say(line);
    last = line;
  };
}

/** The next job; null if there is none for a while. */
async function nextMessage(bus: Bus): Promise<JsMsg | null> {
  return await persist(
    bus.connection,
    async () => await (await consumerOf(bus)).next({ expires: JOB_REQUEST_TIMEOUT }),
  )
    .catch(() => null);
}

/** Whether no job is queued or in progress. */
async function isEmpty(bus: Bus): Promise<boolean> {
  return await persist(bus.connection, async () => {
    const { num_pending, num_ack_pending } = await (await consumerOf(bus)).info();
    return num_pending === 0 && num_ack_pending === 0;
  });
}

/** The state of a running worker. */
interface Worker {
  readonly bus: Bus;
  readonly options: WorkerOptions;
  readonly counters: WorkerCounters;
}

/** Executes a job, or leaves it to others. */
async function carryOutJob(worker: Worker, job: Job, message: JsMsg): Promise<void> {
  const { bus, options: { say, build, experiments, name } } = worker;
  const known = await sweepOnBus(bus, job.sweep, experiments, build);
  if (E.isLeft(known)) {
    say(known.left.message);
    return message.nak(REDELIVERY_DELAY);
  }
  const { record, sweep } = known.right, trial = sweep.trials[job.trial];
  const isOver = trial === undefined || job.rung >= sweep.halving.rungs.length ||
    record.cancelled.includes(job.trial) ||
    outcomeOfEntry(await persist(bus.connection, () => bus.outcomes.get(trialKey(job.sweep, job.trial)))) !==
      null;
  if (isOver) return message.ack();
  if (record.paused) return message.nak(REDELIVERY_DELAY);
  const tooLarge = largerThanMemory(worker, trial);
  if (tooLarge !== null) {
    say(`${trial.name} of ${job.sweep} is left to others: ${tooLarge}`);
    return message.nak(REDELIVERY_DELAY);
  }
  say(`${name}: ${trial.name} of ${job.sweep}`);
  try {
    await train(worker, known.right, job, message);
  } catch (error) {
    if (bus.connection.isClosed()) {
      return say(
        `${trial.name} of ${job.sweep} stays as it is in "${worker.options.folder}": the server does not answer`,
      );
    }
    // The server rejects what was sent, or the folder is not writable: another worker may succeed.
    leaveTrial(worker, `${trial.name} of ${job.sweep}`, thrownText(error));
    message.nak(REDELIVERY_DELAY);
  }
}

/** Leaves a trial that this machine cannot continue to others. */
function leaveTrial({ options: { say }, counters }: Worker, trial: string, reason: string): void {
  counters.consecutiveFailures++;
  counters.lastFailure = reason;
  say(`${trial} is left to others: ${reason}`);
}

/** Why a trial is too large for this machine, or null. */
function largerThanMemory({ options }: Worker, { experiment: name, configuration }: Trial): string | null {
  const experiment = options.experiments.find((each) => each.name === name)!; // the sweep was validated
  const needed = runBytes(experiment, configuration), free = options.memoryBytes();
  return needed <= free ? null : `it needs ${bytesText(needed)} of memory, and here are ${bytesText(free)}`;
}

/** Trains a trial up to its rung and writes the result. */
async function train(
  worker: Worker,
  { sweep }: KnownSweep,
  job: Job,
  message: JsMsg,
): Promise<void> {
  const { bus, options, counters } = worker, { say, folder, name, now } = options;
  const trial = sweep.trials[job.trial]!, key = trialKey(job.sweep, job.trial);
  const own = `${folder}/${job.sweep}`, run = trialFolder(own, trial), begun = now();
  const requests = watchRequests(worker, job);
  const executor = options.executor(sweep, own, () => requests.stops() || options.interrupted());
  const seconds = (): number => (now() - begun) / 1000;
  const release = keepAlive(worker, job, message, async () => ({
    steps: (await executor.read(trial)).steps,
    seconds: Math.round(seconds()),
  }));
  const finishSending = sendRegularly(worker, key, run);
  try {
    const before = await prepare(worker, sweep, job, executor);
    const silent = await changeFailures(bus, key, (record) => ({
      ...record,
      steps: before,
      begun: record.steps === before ? record.begun + 1 : 1,
    }));
    if (silent.begun > MAX_SILENT_STARTS) {
      const reason = `${MAX_SILENT_STARTS} workers began it at step ${before} and were not heard of again`;
      return await giveUp(worker, sweep, job, message, await executor.read(trial), reason);
    }
    const left = await executor.run(trial, sweep.halving.rungs[job.rung]!);
    const state = await executor.read(trial);
    await finishSending();
    if (state.status === "done" || state.status === "failed") {
      counters.consecutiveFailures = 0;
      await conclude(worker, sweep, job, run, outcomeOf(name, state, seconds())).catch(async (error) => {
        await uncountStart(worker, key);
        throw error;
      });
      await removeWhole(run);
      return message.ack();
    }
    await uncountStart(worker, key);
    await sendCheckpoint(bus, key, run).catch((error) => {
      if (!(error instanceof StoreFull)) throw error;
      say(`A checkpoint is not sent, as the server has ${error.message}`);
    });
    if (left._tag === "Unable") {
      leaveTrial(worker, `${trial.name} of ${job.sweep}`, left.reason);
      await removeWhole(run); // its files may have filled the disk
      return message.nak(REDELIVERY_DELAY);
    }
    counters.consecutiveFailures = 0;
    if (left._tag === "Interrupted") return message.nak();
    if (left._tag === "Reached" && state.scores.length > job.rung) {
      const score = JSON.stringify({ score: state.scores[job.rung] });
      await persist(bus.connection, () => writeOnce(bus.outcomes, `${key}.${job.rung}`, score));
      // Promotions come first: if this worker dies in between, the job is redelivered and this is repeated.
      await promote(bus, sweep);
      return message.ack();
    }
    const error = left._tag === "Lost" ? left.reason : "it ended before its rung";
    say(`${trial.name} of ${job.sweep}: ${error}`);
    const { deaths } = await changeFailures(bus, key, (record) => ({
      ...record,
      deaths: [...record.deaths, { worker: name, error }],
    }));
    if (deaths.length < MAX_ATTEMPTS) return message.nak(REDELIVERY_DELAY / 5);
    await giveUp(worker, sweep, job, message, state, error);
  } finally {
    await finishSending();
    requests.forget();
    release();
  }
}

/** Uncounts one start by a worker that may have fallen silent: it has reported, however its attempt ended. */
const uncountStart = ({ bus }: Worker, key: string): Promise<unknown> =>
  changeFailures(bus, key, (record) => ({ ...record, begun: Math.max(0, record.begun - 1) }));

/**
 * Sends the checkpoints of a run in progress, one at a time.
 *
 * @returns the function that stops sending, after the current checkpoint
 */
function sendRegularly(
  { bus, options: { checkpointSeconds, say } }: Worker,
  key: string,
  run: string,
): () => Promise<void> {
  let sending: Promise<void> | null = null;
  const send = async (): Promise<void> => {
    try {
      await sendCheckpoint(bus, key, run);
    } catch (error) {
      if (error instanceof StoreFull) say(`Checkpoints are not sent, as the server has ${error.message}`);
    }
    sending = null;
  };
  const timer = setInterval(() => sending ??= send(), 1000 * checkpointSeconds);
  return async () => {
    clearInterval(timer);
    await sending;
  };
}

/** Gives up a trial. */
async function giveUp(
  worker: Worker,
  sweep: Sweep,
  job: Job,
  message: JsMsg,
  state: TrialState,
  error: string,
): Promise<void> {
  const { options: { folder, name } } = worker,
    run = trialFolder(`${folder}/${job.sweep}`, sweep.trials[job.trial]!);
  await conclude(worker, sweep, job, run, { ...outcomeOf(name, { ...state, error }, 0), standing: "lost" });
  message.ack();
}

/** Polls whether a sweep is paused or a trial cancelled. */
function watchRequests(
  { bus, options: { experiments, build } }: Worker,
  job: Job,
): { readonly stops: () => boolean; readonly forget: () => void } {
  let stopped = false;
  const timer = setInterval(async () => {
    const now = await sweepOnBus(bus, job.sweep, experiments, build).catch(() => null);
    if (now === null || E.isLeft(now)) return;
    stopped = now.right.record.paused || now.right.record.cancelled.includes(job.trial);
  }, REDELIVERY_DELAY);
  return { stops: () => stopped, forget: () => clearInterval(timer) };
}

/**
 * Fetches the newest checkpoint of a trial, unless this machine has one, and the run that it starts from;
 * removes the remains of other trials.
 *
 * @returns the step from which it continues
 */
async function prepare(
  { bus, options }: Worker,
  sweep: Sweep,
  job: Job,
  executor: Executor,
): Promise<number> {
  const trial = sweep.trials[job.trial]!, own = `${options.folder}/${job.sweep}`;
  const key = trialKey(job.sweep, job.trial);
  for (const name of await namesIn(`${own}/trials`)) {
    if (name !== trial.name) await removeWhole(`${own}/trials/${name}`);
  }
  await provideStart(bus, sweep, trial, own);
  const { status, steps } = await executor.read(trial);
  return status === "missing" ? await fetchCheckpoint(bus, key, trialFolder(own, trial)) ?? 0 : steps;
}

/** Sends heartbeats for a job until the returned function is called. */
function keepAlive(
  { bus, options: { name } }: Worker,
  job: Job,
  message: JsMsg,
  progress: () => Promise<{ readonly steps: number; readonly seconds: number }>,
): () => void {
  let released = false;
  const say = async (): Promise<void> => {
    message.working();
    const entry = JSON.stringify({ ...job, ...await progress() });
    if (!released) await bus.workers.put(name, entry);
  };
  const again = (): void => void say().catch(() => undefined); // retried at the next heartbeat
  again();
  const timer = setInterval(again, 1000 * bus.lease / 3);
  return () => {
    released = true;
    clearInterval(timer);
    bus.workers.delete(name).catch(() => undefined);
  };
}

const outcomeOf = (worker: string, state: TrialState, seconds: number): OutcomeRecord => ({
  standing: state.status === "done" ? "done" : state.status === "failed" ? "failed" : "lost",
  steps: state.steps,
  scores: [...state.scores],
  error: state.error,
  digest: state.digest,
  worker,
  seconds: state.seconds > 0 ? state.seconds : seconds,
  files: [],
});
