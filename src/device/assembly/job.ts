/**
 * Jobs of the WebAssembly routines: how they are divided into units, and how one thread computes them. A chain is a
 * sequence of jobs that one thread computes one after the other for a replica.
 *
 * Law, tested: the division of a job never changes a bit, because units divide outputs and never a sum.
 *
 * @module
 */

import type { Task } from "../pieces.ts";
import { type Assembly, DESCRIPTOR_BYTES } from "./assembly.ts";

/** A computation: a routine on one descriptor per replica, consecutive in memory. */
export interface Job {
  readonly routine: string;
  /** Byte offset of the first descriptor; the others follow without gaps. */
  readonly descriptor: number;
  readonly replicas: number;
  /** Items of each replica. */
  readonly items: number;
  /** A replica's items are divided at multiples of this. */
  readonly grain: number;
  /** Estimated time on one core, ns. */
  readonly cost: number;
}

/** Computes one unit of a job. */
export type Unit = (unit: number) => void;

/** Times below which a job is not worth waking workers for, and a unit not worth taking, ns. */
export const MIN_JOB = 30_000;
const MIN_UNIT = 12_000;
/** The longest time of a unit, ns: the owner's event loop has to wait for it. */
export const MAX_UNIT = 5_000_000;
/** Units per thread: more of them balance the load better on a busy machine, but repeat the preparation. */
const UNITS_PER_THREAD = 3;

/** Whether a job takes longer than the event loop should wait. */
const isLong = (cost: number): boolean => cost > MAX_UNIT;

/** How to divide a job: the units of a replica, and the items of a unit; null if division does not pay. */
export function divisionOf(
  job: Job,
  threads: number,
): { readonly split: number; readonly chunk: number } | null {
  const { replicas, items, grain, cost } = job;
  if (!isLong(cost) && (threads < 2 || cost < MIN_JOB)) return null;
  const shared = threads < 2 ? 1 : Math.min(UNITS_PER_THREAD * threads, Math.floor(cost / MIN_UNIT));
  const wanted = Math.ceil(Math.max(shared, cost / MAX_UNIT) / replicas);
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

/** The units of a job; without a division, each replica is one. */
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

/** The units of a chain, one per replica. */
export function chainUnits({ routines }: Assembly, jobs: readonly Job[], work: number): Unit {
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

/** Estimated time of a chain on one core, ns. */
export const costOf = (jobs: readonly Job[]): number => jobs.reduce((total, { cost }) => total + cost, 0);

/** A chain on the owner's thread alone. */
export function chainOnOwnThread(assembly: Assembly, jobs: readonly Job[], work: number): Task {
  return ownUnits(jobs[0]!.replicas, chainUnits(assembly, jobs, work), costOf(jobs));
}

/**
 * Whether to compute jobs as a chain, replica by replica, instead of dividing each among all threads: if that keeps all
 * threads busy, and no replica takes longer than a unit may.
 */
export const canChain = (jobs: readonly Job[], threads: number): boolean => {
  const [{ replicas }] = jobs as [Job];
  const busy = replicas >= 2 && (replicas % threads === 0 || replicas >= 4 * threads);
  return busy && jobs.every((job) => job.replicas === replicas) && costOf(jobs) <= replicas * MAX_UNIT;
};
