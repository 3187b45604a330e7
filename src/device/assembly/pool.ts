/**
 * Threads for the CPU device: workers that share the memories of compiled programs with the thread that owns the pool.
 *
 * A job is divided into units (ranges of items of one replica) of a few milliseconds at most. Each free thread, the
 * owner included, takes the next unit, and the owner returns when all are done. During a long job the owner may pause
 * between two of its units to yield to its event loop, while the workers go on. A worker without work for a second
 * retires, so that a pool that is never closed does not keep the process alive; it is started again when there is work.
 *
 * Laws, tested: the division of a job and the assignment of its units never change a bit, because units divide outputs
 * and never a sum; after `close` no worker is left.
 *
 * @module
 */

import type { Task } from "../pieces.ts";
import { type Assembly, DESCRIPTOR_BYTES } from "./assembly.ts";
import {
  chainOnOwnThread,
  chainUnits,
  costOf,
  divisionOf,
  type Job,
  MIN_JOB,
  onOwnThread,
  type Unit,
  unitsOf,
  writeChain,
} from "./job.ts";
import { type ControlLayout, workerBody, type WorkerMessage } from "./worker.ts";

/** A program whose memory is attached to the pool. */
export interface AttachedProgram {
  /** Prepares a job. */
  readonly prepare: (job: Job) => Task;
  /** Prepares a chain: jobs with the same number of replicas, computed one after the other for each replica. */
  readonly chain: (jobs: readonly Job[], list: number) => Task;
  /** Forgets the memory. */
  readonly detach: () => void;
}

/** The job that the threads are computing. */
interface ActiveJob {
  readonly units: number;
  readonly unitOf: Unit;
  isOver: boolean;
}

/** A pool of threads. */
export interface Pool {
  /** Threads that compute, the owner's included. */
  readonly threads: number;
  /** Why there are fewer than requested; null if there are not. */
  readonly shortfall: () => string | null;
  /**
   * Attaches a program's memory.
   *
   * @param work byte offset of each thread's scratch memory, the owner's first
   */
  readonly attach: (assembly: Assembly, work: readonly number[]) => AttachedProgram;
  /** Units that each worker has done so far. */
  readonly tally: () => readonly number[];
  /** Whether every worker has started and has all memories. */
  readonly ready: () => boolean;
  readonly close: () => void;
}

/**
 * How often a worker polls for a job before it sleeps: for about a tenth of a millisecond. It thus stays awake through
 * the short operations between two jobs. Longer polling gains little on an idle machine, and on a busy one it takes
 * processor time from others.
 */
const SPINS = 8000;
const IDLE_MILLISECONDS = 1000;
/** How long the owner sleeps at a time while a worker completes the last unit, ms. */
const OWNER_SLEEP = 5;
/**
 * Number of shared jobs after which the owner judges whether sharing pays, and of those that it computes alone if not.
 */
const JOBS_TO_JUDGE = 48, MIN_REST = 96, MAX_REST = 1536;

const LAYOUT: ControlLayout = {
  // Words that different threads write at the same time are in separate cache lines.
  left: 0,
  done: 16,
  wake: 32,
  sleepers: 48,
  ownerSleeps: 64,
  mail: 80,
  memory: 96,
  routine: 97,
  descriptor: 98,
  items: 99,
  split: 100,
  chunk: 101,
  known: 112,
  tally: 176,
};
const MAX_WORKERS = 63;

/** Whether this thread may sleep; a browser's main thread may not. */
function maySleep(words: Int32Array): boolean {
  try {
    Atomics.wait(words, LAYOUT.done, -1, 0);
    return true;
  } catch {
    return false;
  }
}

/** Why this runtime cannot share memory with workers, or null if it can. */
export function sharingRefused(): string | null {
  if (typeof SharedArrayBuffer === "undefined") return "no SharedArrayBuffer";
  if (typeof Worker === "undefined") return "no workers";
  return null;
}

/** A pool of `threads` threads, 2 to 64. No worker is started before there is a job for it. */
export function poolOf(threads: number): Pool {
  const workers: (Worker | null)[] = new Array(Math.min(threads - 1, MAX_WORKERS)).fill(null);
  const words = new Int32Array(new SharedArrayBuffer(1024));
  const url = `data:text/javascript,${encodeURIComponent(`(${workerBody.toString()})()`)}`;
  const memories = new Map<number, { readonly assembly: Assembly; readonly work: readonly number[] }>();
  const sleeps = maySleep(words);
  let newest = 0, shortfall: string | null = null, started = false, closed = false;

  // Each worker counts its messages from its own start, so all of them must have been sent the same number.
  const post = (make: (index: number) => WorkerMessage): void => {
    if (!started) return;
    workers.forEach((worker, index) => worker?.postMessage(make(index)));
    Atomics.add(words, LAYOUT.mail, 1);
    Atomics.add(words, LAYOUT.wake, 1);
    Atomics.notify(words, LAYOUT.wake);
  };
  const messageOf = (id: number, index: number): WorkerMessage => {
    const { assembly, work } = memories.get(id)!;
    return { kind: "attach", id, module: assembly.module, memory: assembly.memory, work: work[index + 1]! };
  };
  const stop = (): void => {
    workers.forEach((worker, index) => {
      worker?.terminate();
      workers[index] = null;
    });
    started = false;
  };
  /** Starts all workers: for the first time, or again after some have retired. */
  const start = (): void => {
    stop();
    words.fill(0, LAYOUT.wake, LAYOUT.tally);
    try {
      workers.forEach((_, index) => {
        const worker = new Worker(url, { type: "module" });
        worker.onerror = (event) => {
          event.preventDefault();
          shortfall = `workers failed: ${event.message}`;
          stop();
        };
        workers[index] = worker;
      });
    } catch (error) {
      shortfall = `workers refused: ${error instanceof Error ? error.message : error}`;
      stop();
      return;
    }
    started = true;
    const common = { descriptorBytes: DESCRIPTOR_BYTES, layout: LAYOUT };
    const control = words.buffer as SharedArrayBuffer;
    post((index) => ({ kind: "start", ...common, control, index, spins: SPINS, idle: IDLE_MILLISECONDS }));
    for (const id of memories.keys()) post((index) => messageOf(id, index));
  };
  /** Whether all workers have a memory; starts them if some are missing. */
  const awake = (id: number): boolean => {
    if (shortfall !== null || closed) return false;
    for (let index = 0; index < workers.length; index++) {
      const known = Atomics.load(words, LAYOUT.known + index);
      if (known < 0 || !started) {
        start();
        return false;
      }
      if (known < id) return false;
    }
    return true;
  };

  // On a busy machine a worker may be stopped in the middle of its unit, and sharing takes longer than working alone.
  // An owner that has waited longer than it worked computes a number of jobs alone, twice as many the next time.
  let rest = 0, nextRest = MIN_REST, judged = 0, worked = 0, waited = 0;
  const resting = (): boolean => rest > 0 && rest-- > 0;
  const judge = (work: number, idle: number): void => {
    worked += work;
    waited += idle;
    if (++judged < JOBS_TO_JUDGE) return;
    if (waited > worked) {
      rest = nextRest;
      nextRest = Math.min(2 * nextRest, MAX_REST);
    } else {
      nextRest = MIN_REST;
    }
    judged = worked = waited = 0;
  };

  // The job that the threads are computing, which its owner may have paused to yield to the event loop.
  let active: ActiveJob | null = null;
  /** Gives all threads a job. */
  const issue = (description: readonly number[], units: number, unitOf: Unit): ActiveJob => {
    for (let i = 0; i < description.length; i++) words[LAYOUT.memory + i] = description[i]!;
    Atomics.store(words, LAYOUT.done, 0);
    Atomics.store(words, LAYOUT.left, units);
    Atomics.add(words, LAYOUT.wake, 1);
    if (Atomics.load(words, LAYOUT.sleepers) > 0) Atomics.notify(words, LAYOUT.wake);
    return active = { units, unitOf, isOver: false };
  };
  /** Takes a unit of the job and computes it; false if none is left. */
  const takesUnit = ({ unitOf, isOver }: ActiveJob): boolean => {
    for (;;) {
      const left = isOver ? 0 : Atomics.load(words, LAYOUT.left);
      if (left <= 0) return false;
      if (Atomics.compareExchange(words, LAYOUT.left, left, left - 1) !== left) continue;
      unitOf(left - 1);
      Atomics.add(words, LAYOUT.done, 1);
      return true;
    }
  };
  /** Ends a job: no further unit is taken, and those already taken are awaited. */
  const complete = (job: ActiveJob): void => {
    if (job.isOver) return;
    const dropped = Atomics.exchange(words, LAYOUT.left, 0);
    while (!isDone(job.units - dropped));
    job.isOver = true;
    active = null;
  };
  /** Completes the job that its owner has paused, if there is one. */
  const settle = (): void => {
    if (active === null) return;
    while (takesUnit(active));
    complete(active);
  };

  const attach = (assembly: Assembly, work: readonly number[]): AttachedProgram => {
    const id = ++newest;
    memories.set(id, { assembly, work });
    let attached = false;
    const share = (
      description: readonly number[],
      units: number,
      own: Task,
      unitOf: Unit,
    ): Task => {
      if (!attached) {
        attached = true;
        if (started) post((index) => messageOf(id, index));
        else if (shortfall === null && !closed) start();
      }
      const begin = (): ActiveJob | null => {
        settle();
        return awake(id) && !resting() ? issue(description, units, unitOf) : null;
      };
      const run = (): void => {
        const job = begin();
        if (job === null) return own.run();
        const begun = performance.now();
        while (takesUnit(job));
        const finished = performance.now();
        complete(job);
        judge(finished - begun, performance.now() - finished);
      };
      const ownPieces = own.pieces;
      if (ownPieces === undefined) return { run };
      return {
        run,
        *pieces() {
          const job = begin();
          if (job === null) return yield* ownPieces();
          try {
            while (takesUnit(job)) yield;
            while (!job.isOver && !isDone(job.units)) yield;
          } finally {
            complete(job);
          }
        },
      };
    };
    const prepare = (job: Job): Task => {
      const own = onOwnThread(assembly, job, work[0]!);
      const division = divisionOf(job, workers.length + 1);
      if (division === null) return own;
      const { descriptor, replicas, items } = job, { split, chunk } = division;
      const description = [id, assembly.names.indexOf(job.routine), descriptor, items, split, chunk];
      return share(description, replicas * split, own, unitsOf(assembly, job, work[0]!, division));
    };
    const chain = (jobs: readonly Job[], list: number): Task => {
      const own = chainOnOwnThread(assembly, jobs, work[0]!), [{ replicas }] = jobs as [Job];
      if (costOf(jobs) < MIN_JOB) return own;
      writeChain(assembly, jobs, list);
      return share([id, -1, list, jobs.length, 1, 0], replicas, own, chainUnits(assembly, jobs, work[0]!));
    };
    return {
      prepare,
      chain,
      detach: () => {
        settle();
        memories.delete(id);
        if (attached) post(() => ({ kind: "detach", id }));
      },
    };
  };
  /** Whether at least `units` units are done; polls, then sleeps so that a worker may use this core. */
  const isDone = (units: number): boolean => {
    for (let i = 0; i <= SPINS || !sleeps; i++) if (Atomics.load(words, LAYOUT.done) >= units) return true;
    Atomics.store(words, LAYOUT.ownerSleeps, 1);
    const done = Atomics.load(words, LAYOUT.done);
    if (done < units) Atomics.wait(words, LAYOUT.done, done, OWNER_SLEEP);
    Atomics.store(words, LAYOUT.ownerSleeps, 0);
    return Atomics.load(words, LAYOUT.done) >= units;
  };

  return {
    threads: workers.length + 1,
    shortfall: () => shortfall,
    attach,
    tally: () => Array.from(words.subarray(LAYOUT.tally, LAYOUT.tally + workers.length)),
    ready: () => started && workers.every((_, index) => Atomics.load(words, LAYOUT.known + index) >= newest),
    close: () => {
      settle();
      closed = true;
      memories.clear();
      stop();
    },
  };
}
