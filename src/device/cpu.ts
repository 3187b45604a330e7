/**
 * The CPU device: float32, with the expensive operations in WebAssembly SIMD and the rest in TypeScript.
 *
 * The operands of WebAssembly routines lie in one linear memory; everything else, above all the replay, is in plain
 * arrays, so that it does not count against WebAssembly's limit of 4 GiB.
 *
 * @module
 */

import { E } from "../deps.ts";
import { expand, type Supports } from "../tensor/expand.ts";
import type { Values } from "../tensor/loops.ts";
import type { Plan } from "../tensor/plan.ts";
import { replicasOf } from "../tensor/shape.ts";
import type { View } from "../tensor/view.ts";
import { DESCRIPTOR_BYTES, loadAssembly, supportedVariant, type Variant } from "./assembly/assembly.ts";
import { canChain, CHAIN_ENTRY_BYTES, chainOnOwnThread, type Job, onOwnThread } from "./assembly/job.ts";
import { type Pool, poolOf, sharingRefused } from "./assembly/pool.ts";
import { bindCalls, bindLoop, callsOf } from "./cpu_routines.ts";
import type { Device } from "./device.ts";
import { arraysOf, compileOn, type Host, type Storage } from "./host.ts";
import type { Task } from "./pieces.ts";
import { type Fields, integer, oneOf, requireFields } from "../given.ts";

const PAGE = 65536;
const LIMIT = 65536 * PAGE;
const align = (bytes: number): number => Math.ceil(bytes / 64) * 64;

/** Options of {@link cpuDevice}. */
export interface CpuOptions {
  /** The WebAssembly variant: by default the best that the runtime has; `none` computes everything in TypeScript. */
  readonly variant?: Variant | "none";
  /**
   * Number of threads, the caller's included: by default one per core, at most 16. The bits of results do not depend on
   * it.
   */
  readonly workers?: number;
}

const MAX_THREADS = 16;

const OPTIONS: Fields<CpuOptions> = { variant: oneOf("relaxed", "plain", "none"), workers: integer(1, 64) };

/** How many threads to use, and why they are fewer than requested; null if they are not. */
function threadsOf(
  variant: Variant | "none",
  wanted: number | undefined,
): { readonly threads: number; readonly reason: string | null } {
  const cores = typeof navigator === "undefined" ? 1 : navigator.hardwareConcurrency ?? 1;
  const threads = wanted ?? Math.min(cores, MAX_THREADS);
  if (variant === "none") return { threads: 1, reason: wanted === undefined ? null : "no SIMD" };
  const reason = threads > 1 ? sharingRefused() : null;
  return { threads: reason === null ? threads : 1, reason };
}

/**
 * A device that computes on the host's processor in float32. It needs no driver and no permission.
 *
 * It does without relaxed SIMD, SIMD, shared memory or workers if the runtime lacks them; `description` says what is
 * used, and what is missing.
 *
 * @throws RangeError for unknown or invalid options, such as a number of workers that is not an integer from 1 to 64
 *
 * @example
 * ```ts
 * import { cpuDevice, E } from "../../mod.ts";
 * import { exp, f32, trace } from "../../src/tensor/mod.ts";
 * import assert from "node:assert/strict";
 * const device = cpuDevice();
 * const compiled = await device.compile(trace({ x: f32(3) }, ({ x }) => ({ y: exp(x) })))();
 * assert.ok(E.isRight(compiled));
 * const executable = compiled.right;
 * executable.write("x", [0, 1, 2]);
 * executable.run();
 * const read = await executable.read(["y"])();
 * assert.ok(E.isRight(read));
 * assert.deepEqual(read.right.y, Float32Array.of(1, Math.E, Math.E ** 2));
 * device.close();
 * ```
 */
export function cpuDevice(options: CpuOptions = {}): Device {
  requireFields("The options of cpuDevice", options, OPTIONS, RangeError);
  const variant = options.variant ?? supportedVariant() ?? "none";
  const { threads, reason } = threadsOf(variant, options.workers);
  const pool = threads > 1 ? poolOf(threads) : null;
  return {
    kind: "cpu",
    get description() {
      if (variant === "none") {
        const why = options.variant === undefined ? "no SIMD" : reason;
        return why === null ? "TypeScript" : `TypeScript, 1 thread (${why})`;
      }
      const name = `WebAssembly ${variant === "relaxed" ? "relaxed SIMD" : "SIMD"}`;
      const shortfall = reason ?? pool?.shortfall() ?? null;
      if (shortfall !== null) return `${name}, 1 thread (${shortfall})`;
      return `${name}, ${threads} thread${threads === 1 ? "" : "s"}`;
    },
    compile: (program) => {
      const keeps: Supports = (operation) =>
        operation.kind === "kernel" &&
        (variant !== "none" && operation.kernel.calls !== undefined || operation.kernel.loop !== undefined);
      return compileOn((layout) => allocateAtMost(layout, variant, pool), expand(program, keeps));
    },
    close: () => pool?.close(),
  };
}

/** The slots that WebAssembly routines read or write, the number of descriptors, and the bytes of scratch memory. */
function usage(
  layout: Plan,
): { readonly slots: ReadonlySet<number>; readonly descriptors: number; readonly work: number } {
  const slots = new Set<number>();
  let descriptors = 0, work = 0;
  for (const step of layout.steps) {
    if (step.kind === "copy") continue;
    const { operation, inputs, outputs } = step.equation;
    const typesOf = (variables: readonly number[]) => variables.map((v) => layout.types[v]!);
    const calls = callsOf(operation, typesOf(inputs), typesOf(outputs));
    if (calls.length === 0) continue;
    for (const v of [...inputs, ...outputs]) slots.add(layout.places[v]!.slot);
    descriptors += calls.length * Math.max(1, replicasOf(layout.types[outputs[0]!]!));
    work = calls.reduce((most, call) => Math.max(most, call.work ?? 0), work);
  }
  return { slots, descriptors, work };
}

/**
 * Places such that the replicas of all values in a slot occupy the same parts of it, so that a replica can be computed
 * from beginning to end before the next one begins; and for each slot whether that was possible.
 */
function replicasApart(layout: Plan): { readonly places: Plan["places"]; readonly separated: boolean[] } {
  const computed = layout.types.filter((_, v) => layout.places[v] !== undefined && !layout.constants.has(v));
  const replicas = computed.reduce((most, type) => Math.max(most, replicasOf(type)), 0);
  const separated = layout.slots.map(() => true), strides = layout.slots.map(() => 0);
  layout.places.forEach((place, v) => {
    if (place === undefined) return;
    strides[place.slot] = Math.max(strides[place.slot]!, place.stride);
    // A constant that serves all replicas is only read.
    if (replicasOf(layout.types[v]!) !== replicas && !layout.constants.has(v)) separated[place.slot] = false;
  });
  const places = layout.places.map((place, v) =>
    place !== undefined && separated[place.slot] && !layout.constants.has(v)
      ? { ...place, stride: strides[place.slot]! }
      : place
  );
  return { places, separated };
}

/** Replaces each run of jobs that may be chained by their chain. */
function chained(
  tasks: readonly Task[],
  jobs: ReadonlyMap<Task, Job>,
  threads: number,
  chain: (links: readonly Job[]) => Task,
): readonly Task[] {
  const out: Task[] = [];
  let run: Task[] = [], links: Job[] = [];
  const end = (): void => {
    out.push(...links.length > 1 ? [chain(links)] : run);
    [run, links] = [[], []];
  };
  for (const task of tasks) {
    const job = jobs.get(task);
    if (job === undefined || !canChain([...links, job], threads)) end();
    if (job !== undefined && canChain([job], threads)) {
      run.push(task);
      links.push(job);
    } else out.push(task);
  }
  end();
  return out;
}

/** Allocates a program's memory; if the host does not have enough, the error says how much the program needs. */
function* allocateAtMost(...of: Parameters<typeof allocate>): ReturnType<Host> {
  try {
    return yield* allocate(...of);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const bytes = of[0].slots.reduce((total, slot) => total + 4 * slot.length, 0);
    const message = `The program needs ${bytes} bytes, which the host does not give: ${error.message}`;
    return E.left({ _tag: "OutOfMemory", message, bytes, limit: LIMIT });
  }
}

function* allocate(
  layout: Plan,
  variant: Variant | "none",
  pool: Pool | null,
): ReturnType<Host> {
  const real = (length: number): Values => new Float32Array(length);
  const total = layout.slots.reduce((bytes, slot) => bytes + 4 * slot.length, 0);
  const used = usage(layout);
  const { places, separated } = replicasApart(layout);
  if (variant === "none" || used.slots.size === 0) {
    return E.right({ ...yield* arraysOf(layout, real), bind: bindLoop });
  }
  // The memory begins with the descriptors and the work space; offset 0 stays unused.
  const work = align(64 + used.descriptors * DESCRIPTOR_BYTES + layout.steps.length * CHAIN_ENTRY_BYTES);
  const workOfThreads = Array.from({ length: pool?.threads ?? 1 }, (_, k) => work + k * align(used.work));
  let bytes = work + workOfThreads.length * align(used.work);
  const offsets = layout.slots.map(({ length }, s) => {
    if (!used.slots.has(s)) return -1;
    const offset = bytes;
    bytes = align(bytes + 4 * length);
    return offset;
  });
  if (bytes > LIMIT) {
    return E.left({
      _tag: "OutOfMemory",
      message: `The program needs ${bytes} bytes of WebAssembly memory, of which there are at most ${LIMIT}`,
      bytes,
      limit: LIMIT,
    });
  }
  const pages = Math.ceil(bytes / PAGE);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: pool !== null });
  const assembly = loadAssembly(memory, { variant });
  if (assembly === null) {
    return E.left({
      _tag: "DeviceUnavailable",
      message: `This runtime has no WebAssembly variant "${variant}"`,
    });
  }
  const slots = layout.slots.map(({ element, length }, s): Values => {
    const isOutside = offsets[s]! < 0;
    if (element === "u32") {
      return isOutside ? new Uint32Array(length) : new Uint32Array(memory.buffer, offsets[s], length);
    }
    return isOutside ? real(length) : new Float32Array(memory.buffer, offsets[s], length);
  });
  const attached = pool?.attach(assembly, workOfThreads);
  let next = 64;
  const reserve = (size: number): number => {
    const first = next;
    next += size;
    return first;
  };
  const jobs = new Map<Task, Job>();
  const prepare = attached?.prepare ?? ((job: Job) => onOwnThread(assembly, job, work));
  const builder = {
    assembly,
    reserve: (count: number) => reserve(count * DESCRIPTOR_BYTES),
    prepare: (job: Job) => {
      const task = prepare(job);
      jobs.set(task, job);
      return task;
    },
  };
  const apart = new Set(slots.filter((_, s) => separated[s]));
  const bind: Storage["bind"] = (operation, inputs, outputs) => {
    const typesOf = (views: readonly View[]) => views.map(({ type }) => type);
    const calls = callsOf(operation, typesOf(inputs), typesOf(outputs));
    if (calls.length === 0) return bindLoop(operation, inputs, outputs);
    const tasks = bindCalls(builder, operation, calls, inputs, outputs);
    // An operation whose operands keep their replicas apart may become a link of a chain.
    const links = [...inputs, ...outputs].every(({ values }) => apart.has(values));
    if (!links) tasks?.forEach((task) => jobs.delete(task));
    return tasks;
  };
  const storage: Storage = {
    slots,
    bytes: total + work + workOfThreads.length * align(used.work),
    bind,
    places,
    arrange: (tasks) =>
      chained(tasks, jobs, pool?.threads ?? 1, (links) => {
        const list = reserve(links.length * CHAIN_ENTRY_BYTES);
        return attached?.chain(links, list) ?? chainOnOwnThread(assembly, links, work);
      }),
    free: () => attached?.detach(),
  };
  return E.right(storage);
}
