/**
 * Threads for the CPU device: workers that share the memories of compiled programs with the thread that owns the pool.
 *
 * A job is cut into units (ranges of items of one replica) of a few milliseconds at most. A free thread takes the next unit,
 * the owner too, and the owner returns when all are done. Where a job takes long, the owner may leave it between two of its
 * units, so that its event loop gets a turn: the workers go on meanwhile. Laws, tested: how a job is cut and who computes
 * what never changes a bit, because units divide outputs and never a sum; after `close` no worker is left. A worker that has
 * had nothing to do for a second retires, so that a pool that is never closed does not keep the process alive; it is started
 * again when there is work.
 *
 * @module
 */

import type { Task } from "../pieces.ts";
import { type Assembly, DESCRIPTOR_BYTES } from "./assembly.ts";
import {
  chainAlone,
  costOf,
  divisionOf,
  type Job,
  link,
  MIN_JOB,
  onOwnThread,
  type Unit,
  unitsOf,
  writeChain,
} from "./job.ts";
import { type ControlLayout, workerBody, type WorkerMessage } from "./worker.ts";

/** A program's memory as the pool knows it. */
export interface AttachedProgram {
  /** Prepares a job. */
  readonly prepare: (job: Job) => Task;
  /** Prepares a chain: jobs of equally many replicas, which are done one after the other for each replica. */
  readonly chain: (jobs: readonly Job[], list: number) => Task;
  /** Forgets the memory. */
  readonly detach: () => void;
}

/** A job that the threads are at. */
interface Flight {
  readonly units: number;
  readonly unitOf: Unit;
  landed: boolean;
}

/** A pool of threads. */
export interface Pool {
  /** Threads that compute, the owner's included. */
  readonly threads: number;
  /** Why there are fewer than were asked for, or null. */
  readonly shortfall: () => string | null;
  /**
   * Makes a program's memory known.
   *
   * @param work byte offset of each thread's scratch memory, the owner's first
   */
  readonly attach: (assembly: Assembly, work: readonly number[]) => AttachedProgram;
  /** Units that each worker has done so far. */
  readonly tally: () => readonly number[];
  /** Whether every worker has started and knows all memories. */
  readonly ready: () => boolean;
  readonly close: () => void;
}

/**
 * Looks before sleeping: about a tenth of a millisecond. A worker bridges the short operations between two jobs awake; more
 * looks gain little more on an idle machine, and cost what others compute on a busy one.
 */
const SPINS = 8000;
const IDLE_MILLISECONDS = 1000;
/** Milliseconds that the owner sleeps at a time until a worker's last unit is done. */
const PATIENCE = 5;
/** Shared jobs after which the owner judges whether sharing pays, and jobs that it then does alone if not. */
const JOBS_TO_JUDGE = 48, MIN_REST = 96, MAX_REST = 1536;

const LAYOUT: ControlLayout = {
  // Words that different threads write at the same time lie in cache lines of their own.
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
    post((index) => ({ kind: "start", ...common, control, index, looks: SPINS, idle: IDLE_MILLISECONDS }));
    for (const id of memories.keys()) post((index) => messageOf(id, index));
  };
  /** Whether all workers know a memory; starts them where some are missing. */
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
  // Where the owner has waited for longer than it worked, it works alone for a while, and for twice as long the next time.
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

  // The job that the threads are at, which its owner may have left for a turn of the event loop.
  let flight: Flight | null = null;
  /** Gives all threads a job. */
  const launch = (description: readonly number[], units: number, unitOf: Unit): Flight => {
    for (let i = 0; i < description.length; i++) words[LAYOUT.memory + i] = description[i]!;
    Atomics.store(words, LAYOUT.done, 0);
    Atomics.store(words, LAYOUT.left, units);
    Atomics.add(words, LAYOUT.wake, 1);
    if (Atomics.load(words, LAYOUT.sleepers) > 0) Atomics.notify(words, LAYOUT.wake);
    return flight = { units, unitOf, landed: false };
  };
  /** Takes a unit of the job and does it; false: none is left. */
  const takesUnit = ({ unitOf, landed }: Flight): boolean => {
    for (;;) {
      const left = landed ? 0 : Atomics.load(words, LAYOUT.left);
      if (left <= 0) return false;
      if (Atomics.compareExchange(words, LAYOUT.left, left, left - 1) !== left) continue;
      unitOf(left - 1);
      Atomics.add(words, LAYOUT.done, 1);
      return true;
    }
  };
  /** Returns when every unit that was taken is done; nobody takes another. */
  const land = (job: Flight): void => {
    if (job.landed) return;
    const dropped = Atomics.exchange(words, LAYOUT.left, 0);
    while (!isDone(job.units - dropped));
    job.landed = true;
    flight = null;
  };
  /** Finishes the job that was left. */
  const settle = (): void => {
    if (flight === null) return;
    while (takesUnit(flight));
    land(flight);
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
      const begin = (): Flight | null => {
        settle();
        return awake(id) && !resting() ? launch(description, units, unitOf) : null;
      };
      const run = (): void => {
        const job = begin();
        if (job === null) return own.run();
        const begun = performance.now();
        while (takesUnit(job));
        const finished = performance.now();
        land(job);
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
            while (!job.landed && !isDone(job.units)) yield;
          } finally {
            land(job);
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
      const own = chainAlone(assembly, jobs, work[0]!), [{ replicas }] = jobs as [Job];
      if (costOf(jobs) < MIN_JOB) return own;
      writeChain(assembly, jobs, list);
      return share([id, -1, list, jobs.length, 1, 0], replicas, own, link(assembly, jobs, work[0]!));
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
  /** Whether so many units are done; looks for a while, then sleeps for a while so that a worker may have this core. */
  const isDone = (units: number): boolean => {
    for (let i = 0; i <= SPINS || !sleeps; i++) if (Atomics.load(words, LAYOUT.done) >= units) return true;
    Atomics.store(words, LAYOUT.ownerSleeps, 1);
    const done = Atomics.load(words, LAYOUT.done);
    if (done < units) Atomics.wait(words, LAYOUT.done, done, PATIENCE);
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
