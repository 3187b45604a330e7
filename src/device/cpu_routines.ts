/**
 * Operations bound to operands in memory: as jobs of the WebAssembly routines, or as loops on the host. Both are fields
 * of a kernel's record; this file knows no kernel by name.
 *
 * @module
 */

import type { Operation } from "../tensor/expression.ts";
import { descriptorWords, type Operand } from "../tensor/layout.ts";
import type { PrimitiveName } from "../tensor/primitives.ts";
import type { RoutineCall } from "../tensor/routine.ts";
import type { Operands, TensorType } from "../tensor/shape.ts";
import { held, isContiguous, startOf, type View } from "../tensor/view.ts";
import { type Assembly, DESCRIPTOR_BYTES } from "./assembly/assembly.ts";
import type { Job } from "./assembly/job.ts";
import { primitiveCalls } from "./cpu_primitives.ts";
import type { Task } from "./pieces.ts";

/** The calls of WebAssembly routines that compute an operation, one after the other; empty if there are none. */
export function callsOf(
  operation: Operation,
  inputs: readonly TensorType[],
  outputs: readonly TensorType[],
): readonly RoutineCall[] {
  const types = inputs as Operands<TensorType>;
  if (operation.kind === "kernel") {
    return operation.kernel.calls?.(types, outputs as Operands<TensorType>, operation.params) ?? [];
  }
  const call = primitiveCalls[operation.name as PrimitiveName] as
    | ((inputs: Operands<TensorType>, output: TensorType, params: unknown) => RoutineCall | null)
    | undefined;
  const only = call?.(types, outputs[0]!, operation.params) ?? null;
  return only === null ? [] : [only];
}

/** Inputs paired with the outputs that start with their values. */
const initialisedOutputs = (operation: Operation, inputs: readonly View[], outputs: readonly View[]) =>
  operation.kind === "kernel"
    ? (operation.kernel.inPlace?.(operation.params) ?? []).map(([o, i]) => [inputs[i]!, outputs[o]!] as const)
    : [];

/** Builds the jobs of a program. */
export interface JobBuilder {
  readonly assembly: Assembly;
  /** Reserves descriptors; returns the byte offset of the first. */
  readonly reserve: (count: number) => number;
  /** Prepares a job as a task. */
  readonly prepare: (job: Job) => Task;
}

/** An operation's calls on operands in WebAssembly memory; null if the calls do not support the operands' layout. */
export function bindCalls(
  builder: JobBuilder,
  operation: Operation,
  calls: readonly RoutineCall[],
  inputs: readonly View[],
  outputs: readonly View[],
): readonly Task[] | null {
  const jobs = calls.map((call) => jobOf(builder, call, inputs, outputs));
  if (!jobs.every((job) => job !== null)) return null;
  return [...held(initialisedOutputs(operation, inputs, outputs)), ...jobs.map(builder.prepare)];
}

/** The job of a call; null if the call does not support the operands' layout. */
function jobOf(
  { assembly, reserve }: JobBuilder,
  call: RoutineCall,
  inputs: readonly View[],
  outputs: readonly View[],
): Job | null {
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
        const view = viewOf(operand), { skip = 0 } = "scratch" in operand ? {} : operand;
        const shared = "input" in operand && operand.shared === true;
        return view.values.byteOffset + 4 * (startOf(view, shared ? 0 : r) + skip);
      }),
    );
  }
  return { routine, descriptor, replicas, items, grain, cost: replicas * items * cost };
}

/** A kernel's loop on its operands; null if it has none. */
export function bindLoop(
  operation: Operation,
  inputs: readonly View[],
  outputs: readonly View[],
): readonly Task[] | null {
  const loop = operation.kind === "kernel" ? operation.kernel.loop : undefined;
  if (loop === undefined) return null;
  const run = loop(inputs as Operands<View>, outputs as Operands<View>, operation.params);
  return [...held(initialisedOutputs(operation, inputs, outputs)), { run }];
}
