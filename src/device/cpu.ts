/**
 * The CPU device: float32, matrix products and ADAM in WebAssembly SIMD, the rest in TypeScript.
 *
 * What the WebAssembly routines touch lies in one linear memory; everything else, the replay above all, in plain
 * arrays, so that a large buffer does not count against WebAssembly's 4 GiB.
 *
 * @module
 */

import { E } from "../deps.ts";
import { nameOf } from "../tensor/expression.ts";
import type { Values } from "../tensor/loops.ts";
import type { Plan } from "../tensor/plan.ts";
import {
  DENSE_DESCRIPTOR_BYTES,
  DENSE_WORK_BYTES,
  loadAssembly,
  supportedVariant,
  type Variant,
} from "./assembly/assembly.ts";
import { ASSEMBLY_ROUTINES, assemblyRoutines } from "./cpu_assembly.ts";
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

/** A device that computes on the host's processor in float32. It needs no driver and no permission. */
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

/** Slots that WebAssembly routines read or write, and how many replicas' matrix products there are. */
function usage(layout: Plan): { readonly slots: ReadonlySet<number>; readonly products: number } {
  const slots = new Set<number>();
  let products = 0;
  for (const step of layout.steps) {
    if (step.kind === "copy" || !ASSEMBLY_ROUTINES.has(nameOf(step.equation.operation))) continue;
    const { inputs, outputs } = step.equation;
    for (const v of [...inputs, ...outputs]) slots.add(layout.places[v]!.slot);
    products += layout.types[outputs[0]].shape[0];
  }
  return { slots, products };
}

function allocate(layout: Plan, variant: Variant | "none"): ReturnType<Parameters<typeof compileOn>[0]> {
  const plain = (element: string, length: number): Values =>
    element === "u32" ? new Uint32Array(length) : new Float32Array(length);
  const total = layout.slots.reduce((bytes, slot) => bytes + 4 * slot.length, 0);
  const used = usage(layout);
  if (variant === "none" || used.slots.size === 0) {
    const slots = layout.slots.map(({ element, length }) => plain(element, length));
    return E.right({ slots, bytes: total, routines: cpuRoutines, free: () => {} });
  }
  // The memory begins with the descriptors of the products and the packing area; offset 0 stays unused.
  const work = align(64 + used.products * DENSE_DESCRIPTOR_BYTES);
  let bytes = align(work + DENSE_WORK_BYTES);
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
  const storage: Storage = {
    slots,
    bytes: total + work + DENSE_WORK_BYTES,
    routines: { ...cpuRoutines, ...assemblyRoutines(assembly, 64, work) },
    free: () => {},
  };
  return E.right(storage);
}
