/**
 * Calls of WebAssembly routines, as plain data.
 *
 * Every routine has the signature `(descriptor, from, to, work)`: the descriptor, written by the routine's layout,
 * specifies the computation of one replica, and a call computes its items `from` to `to - 1` (rows of a product,
 * elements, states) with scratch memory of its own.
 *
 * @module
 */

import type { Fields, FieldValues, Value } from "./layout.ts";

/** The size and cost of a call. */
export interface Effort {
  /** Number of items per replica. Any thread may compute any of them. */
  readonly items: number;
  /** Approximate nanoseconds per item on one core: decides whether splitting pays, and never affects a result. */
  readonly cost: number;
  /** Items are split at multiples of this. Default 1. */
  readonly grain?: number;
  /** Bytes of scratch memory. */
  readonly work?: number;
  /** One call serves all replicas; their operands are then contiguous. */
  readonly together?: boolean;
}

/** A call of a routine for every replica. */
export interface RoutineCall extends Effort {
  /** The name under which the module exports it. */
  readonly routine: string;
  /** Its descriptor. */
  readonly fields: Fields;
  /** The descriptor's values. */
  readonly given: Readonly<Record<string, Value>>;
}

/** A routine of the WebAssembly module; its descriptor class in AssemblyScript is generated from its layout. */
export interface Routine<F extends Fields> {
  /** The name under which the module exports it. */
  readonly name: string;
  /** Its descriptor. */
  readonly fields: F;
  /** Describes a call. */
  readonly call: (effort: Effort, given: FieldValues<F>) => RoutineCall;
}

/** A routine by its name and layout. */
export const routine = <const F extends Fields>(name: string, fields: F): Routine<F> => ({
  name,
  fields,
  call: (effort, given) => ({ ...effort, routine: name, fields, given }),
});

/** Approximate nanoseconds per item on one core. */
export const COST = {
  multiplyAdd: 1 / 15,
  element: 0.3,
  random: 5,
  adam: 1,
  exp: 1.5,
  statistic: 4,
} as const;
