/**
 * Jobs of the WebAssembly routines: how they are cut into units, and how one thread does them.
 *
 * Law, tested: how a job is cut never changes a bit, because units divide outputs and never a sum.
 *
 * @module
 */

import type { Task } from "../pieces.ts";
import { type Assembly, DESCRIPTOR_BYTES } from "./assembly.ts";

/** What is computed: a routine on as many descriptors as there are replicas, one after the other in memory. */
export interface Job {
  readonly routine: string;
  /** Byte offset of the first descriptor; the others follow without gaps. */
  readonly descriptor: number;
  readonly replicas: number;
  /** Items of each replica. */
  readonly items: number;
  /** A replica's items are cut at multiples of this. */
  readonly grain: number;
  /** About how many nanoseconds one core takes for it. */
  readonly cost: number;
}

/** Computes one unit of a job. */
export type Unit = (unit: number) => void;

/** Nanoseconds below which a job is not worth waking anybody, and below which a unit is not worth taking. */
export const MIN_JOB = 30_000;
const MIN_UNIT = 12_000;
/** Nanoseconds that a unit takes at most: the owner's event loop waits so long for its turn. */
export const LONGEST_UNIT = 5_000_000;
/** Units for each thread: more even out what other programs on the machine take away, but cost repeated preparation. */
const UNITS_OF_THREAD = 3;

/** Whether a job takes longer than the event loop should wait. */
const isLong = (cost: number): boolean => cost > LONGEST_UNIT;

/** How a job is cut: units of a replica, and items of a unit. Null: it is not worth it. */
export function divisionOf(
  job: Job,
  threads: number,
): { readonly split: number; readonly chunk: number } | null {
  const { replicas, items, grain, cost } = job;
  if (!isLong(cost) && (threads < 2 || cost < MIN_JOB)) return null;
  const shared = threads < 2 ? 1 : Math.min(UNITS_OF_THREAD * threads, Math.floor(cost / MIN_UNIT));
  const wanted = Math.ceil(Math.max(shared, cost / LONGEST_UNIT) / replicas);
  const chunk = Math.ceil(items / wanted / grain) * grain;
  const split = Math.ceil(items / chunk);
  return replicas * split < 2 ? null : { split, chunk };
}

/** Units on the owner's thread alone. */
function ownUnits(units: number, unitOf: Unit, cost: number): Task {
  const run = (): void => {
    for (let unit = 0; unit < units; unit++) unitOf(unit);
  };
  if (!isLong(cost)) return { run };
  return {
    run,
    *pieces() {
      for (let unit = 0; unit < units; unit++) {
        unitOf(unit);
        yield;
      }
    },
  };
}

/** The units of a job: by default each replica as a whole. */
export function unitsOf(
  { routines }: Assembly,
  { routine: name, descriptor, items }: Job,
  work: number,
  { split, chunk } = { split: 1, chunk: items },
): Unit {
  const routine = routines[name]!;
  return (unit) => {
    const replica = Math.floor(unit / split), from = (unit - replica * split) * chunk;
    routine(descriptor + replica * DESCRIPTOR_BYTES, from, Math.min(from + chunk, items), work);
  };
}

/** A job on the owner's thread alone. */
export function onOwnThread(assembly: Assembly, job: Job, work: number): Task {
  const division = divisionOf(job, 1) ?? undefined, unitOf = unitsOf(assembly, job, work, division);
  return ownUnits(job.replicas * (division?.split ?? 1), unitOf, job.cost);
}

/** Bytes of an entry of a chain's list: the routine's number, the first descriptor, and the items. */
export const CHAIN_ENTRY_BYTES = 12;

/** Writes a chain's list at a byte offset. */
export function writeChain({ memory, names }: Assembly, jobs: readonly Job[], list: number): void {
  const words = new Uint32Array(memory.buffer, list, 3 * jobs.length);
  jobs.forEach(({ routine, descriptor, items }, k) =>
    words.set([names.indexOf(routine), descriptor, items], 3 * k)
  );
}

/** The units of a chain, a replica each. */
export function link({ routines }: Assembly, jobs: readonly Job[], work: number): Unit {
  const steps = jobs.map(({ routine, descriptor, items }) => ({
    run: routines[routine]!,
    descriptor,
    items,
  }));
  return (replica) => {
    for (const { run, descriptor, items } of steps) {
      run(descriptor + replica * DESCRIPTOR_BYTES, 0, items, work);
    }
  };
}

/** About how many nanoseconds one core takes for a chain. */
export const costOf = (jobs: readonly Job[]): number => jobs.reduce((total, { cost }) => total + cost, 0);

/** A chain on the owner's thread alone. */
export function chainAlone(assembly: Assembly, jobs: readonly Job[], work: number): Task {
  return ownUnits(jobs[0]!.replicas, link(assembly, jobs, work), costOf(jobs));
}

/**
 * Whether jobs are better done replica by replica, each by one thread, than each job by all: where it keeps all busy, and
 * a replica does not take longer than a unit may.
 */
export const chains = (jobs: readonly Job[], threads: number): boolean => {
  const [{ replicas }] = jobs as [Job];
  const busy = replicas >= 2 && (replicas % threads === 0 || replicas >= 4 * threads);
  return busy && jobs.every((job) => job.replicas === replicas) && costOf(jobs) <= replicas * LONGEST_UNIT;
};
