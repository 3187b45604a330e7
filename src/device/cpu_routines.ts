/**
 * Operations bound to operands in memory: as jobs of the WebAssembly routines, or as loops on the host. Kernels bring both
 * in their records; this file knows none of them.
 *
 * @module
 */

import type { Operation } from "../tensor/expression.ts";
import { descriptorWords, type Operand } from "../tensor/layout.ts";
import type { PrimitiveName } from "../tensor/primitives.ts";
import type { RoutineCall } from "../tensor/routine.ts";
import type { Operands, TensorType } from "../tensor/shape.ts";
import { holding, isContiguous, startOf, type View } from "../tensor/view.ts";
import { type Assembly, DESCRIPTOR_BYTES } from "./assembly/assembly.ts";
import type { Job } from "./assembly/pool.ts";
import { primitiveCalls } from "./cpu_primitives.ts";

/** The call of a WebAssembly routine by which an operation is computed; null: there is none. */
export function callOf(
  operation: Operation,
  inputs: readonly TensorType[],
  outputs: readonly TensorType[],
): RoutineCall | null {
  const types = inputs as Operands<TensorType>;
  if (operation.kind === "kernel") {
    return operation.kernel.routine?.(types, outputs as Operands<TensorType>, operation.params) ?? null;
  }
  const call = primitiveCalls[operation.name as PrimitiveName] as
    | ((inputs: Operands<TensorType>, output: TensorType, params: unknown) => RoutineCall | null)
    | undefined;
  return call?.(types, outputs[0]!, operation.params) ?? null;
}

/** Inputs beside the outputs that begin with their values. */
const heldBy = (operation: Operation, inputs: readonly View[], outputs: readonly View[]) =>
  operation.kind === "kernel"
    ? (operation.kernel.inPlace?.(operation.params) ?? []).map(([o, i]) => [inputs[i]!, outputs[o]!] as const)
    : [];

/** What builds the jobs of a program. */
export interface JobBuilder {
  readonly assembly: Assembly;
  /** Takes room for descriptors: the byte offset of the first. */
  readonly reserve: (count: number) => number;
  /** Prepares a job; the result does it. */
  readonly prepare: (job: Job) => () => void;
}

/** A call on operands in WebAssembly memory; null where it cannot take operands that lie so. */
export function bindRoutine(
  { assembly, reserve, prepare }: JobBuilder,
  operation: Operation,
  call: RoutineCall,
  inputs: readonly View[],
  outputs: readonly View[],
): (() => void) | null {
  const { routine, items, cost, grain = 1, together = false } = call;
  const shared = Object.values(call.given).flatMap((value) =>
    typeof value === "object" && value !== null && "input" in value && value.shared
      ? [inputs[value.input]!]
      : []
  );
  if (!(together ? [...inputs, ...outputs] : shared).every(isContiguous)) return null;
  const viewOf = (operand: Operand): View => {
    if ("scratch" in operand) throw new TypeError(`The routine ${routine} has scratch memory of its own`);
    return "input" in operand ? inputs[operand.input]! : outputs[operand.output]!;
  };
  const replicas = together ? 1 : outputs[0]!.replicas, descriptor = reserve(replicas);
  for (let r = 0; r < replicas; r++) {
    assembly.write(
      descriptor + r * DESCRIPTOR_BYTES,
      descriptorWords(call.fields, call.given, (operand) => {
        const view = viewOf(operand), { skip = 0, shared = false } = "input" in operand ? operand : {};
        return view.values.byteOffset + 4 * (startOf(view, shared ? 0 : r) + skip);
      }),
    );
  }
  const job = { routine, descriptor, replicas, items, grain, cost: replicas * items * cost };
  return holding(heldBy(operation, inputs, outputs), prepare(job));
}

/** A kernel's loop on its operands; null: it has none. */
export function bindLoop(
  operation: Operation,
  inputs: readonly View[],
  outputs: readonly View[],
): (() => void) | null {
  const loop = operation.kind === "kernel" ? operation.kernel.loop : undefined;
  if (loop === undefined) return null;
  return holding(
    heldBy(operation, inputs, outputs),
    loop(inputs as Operands<View>, outputs as Operands<View>, operation.params),
  );
}
