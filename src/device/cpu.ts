/**
 * The CPU device: float32, all that takes time in WebAssembly SIMD, the rest in TypeScript.
 *
 * What the WebAssembly routines touch lies in one linear memory; everything else, the replay above all, in plain
 * arrays, so that a large buffer does not count against WebAssembly's 4 GiB.
 *
 * @module
 */

import { E } from "../deps.ts";
import { nameOf } from "../tensor/expression.ts";
import type { Values } from "../tensor/loops.ts";
import { type Plan, replicasOf } from "../tensor/plan.ts";
import {
  type Assembly,
  DESCRIPTOR_BYTES,
  loadAssembly,
  supportedVariant,
  type Variant,
  WORK_BYTES,
} from "./assembly/assembly.ts";
import { assemblyRoutines, assemblyTakes, type Job } from "./cpu_assembly.ts";
import { cpuRoutines } from "./cpu_routines.ts";
import type { Device } from "./device.ts";
import { compileOn, settled, type Storage } from "./host.ts";

const PAGE = 65536;
const LIMIT = 65536 * PAGE;
const align = (bytes: number): number => Math.ceil(bytes / 64) * 64;

/** Options of {@link cpuDevice}. */
export interface CpuOptions {
  /** Which WebAssembly variant to use: by default the best that the runtime has; `none` computes all in TypeScript. */
  readonly variant?: Variant | "none";
}

/**
 * A device that computes on the host's processor in float32. It needs no driver and no permission.
 *
 * @example
 * ```ts
 * import { cpuDevice, E, exp, f32, trace } from "../../mod.ts";
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
  const variant = options.variant ?? supportedVariant() ?? "none";
  return {
    kind: "cpu",
    description: variant === "none"
      ? "TypeScript"
      : `WebAssembly ${variant === "relaxed" ? "relaxed SIMD" : "SIMD"}`,
    compile: (program) => settled(compileOn((layout) => allocate(layout, variant), program)),
    close: () => {},
  };
}

/** Slots that WebAssembly routines read or write, and how many descriptors they may need. */
function usage(layout: Plan): { readonly slots: ReadonlySet<number>; readonly descriptors: number } {
  const slots = new Set<number>();
  let descriptors = 0;
  for (const step of layout.steps) {
    if (step.kind === "copy") continue;
    const { operation, inputs, outputs } = step.equation;
    if (!assemblyTakes(operation, inputs.map((v) => layout.types[v]))) continue;
    for (const v of [...inputs, ...outputs]) slots.add(layout.places[v]!.slot);
    descriptors += replicasOf(layout.types[outputs[0]]);
  }
  return { slots, descriptors };
}

const plainRoutines: Storage["routineFor"] = (operation) => cpuRoutines[nameOf(operation)];

function allocate(layout: Plan, variant: Variant | "none"): ReturnType<Parameters<typeof compileOn>[0]> {
  const plain = (element: string, length: number): Values =>
    element === "u32" ? new Uint32Array(length) : new Float32Array(length);
  const total = layout.slots.reduce((bytes, slot) => bytes + 4 * slot.length, 0);
  const used = usage(layout);
  if (variant === "none" || used.slots.size === 0) {
    const slots = layout.slots.map(({ element, length }) => plain(element, length));
    return E.right({ slots, bytes: total, routineFor: plainRoutines, free: () => {} });
  }
  // The memory begins with the descriptors and the work space; offset 0 stays unused.
  const work = align(64 + used.descriptors * DESCRIPTOR_BYTES);
  let bytes = align(work + WORK_BYTES);
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
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const assembly = loadAssembly(memory, { variant });
  if (assembly === null) {
    return E.left({
      _tag: "DeviceUnavailable",
      message: `This runtime has no WebAssembly variant "${variant}"`,
    });
  }
  const slots = layout.slots.map(({ element, length }, s): Values => {
    if (offsets[s] < 0) return plain(element, length);
    return element === "u32"
      ? new Uint32Array(memory.buffer, offsets[s], length)
      : new Float32Array(memory.buffer, offsets[s], length);
  });
  let next = 64;
  const routines = assemblyRoutines({
    assembly,
    reserve: (count) => {
      const first = next;
      next += count * DESCRIPTOR_BYTES;
      return first;
    },
    prepare: (job) => alone(assembly, job, work),
  });
  const storage: Storage = {
    slots,
    bytes: total + work + WORK_BYTES,
    routineFor: (operation, types) =>
      assemblyTakes(operation, types) ? routines[nameOf(operation)] : plainRoutines(operation, types),
    free: () => {},
  };
  return E.right(storage);
}

/** Does a job on this thread. */
function alone({ routines }: Assembly, job: Job, work: number): () => void {
  const { descriptor, replicas, items } = job, routine = routines[job.routine];
  return () => {
    for (let r = 0; r < replicas; r++) routine(descriptor + r * DESCRIPTOR_BYTES, 0, items, work);
  };
}
