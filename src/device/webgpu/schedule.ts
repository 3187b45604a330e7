/**
 * From a plan to a list of dispatches over numbered buffers, as plain data.
 *
 * WebGPU rejects a dispatch that reads a buffer and writes it through another binding. If the plan puts an input of
 * an operation into the memory of its output (parts of one concatenation, say), the input is first copied to a
 * temporary buffer. In-place kernels find their old value in their output.
 *
 * Launches that do not depend on one another become one dispatch where one shader can do what both do.
 *
 * Laws, tested: no dispatch binds a written buffer twice; every uniform word is decided here, before the first run.
 *
 * @module
 */

import { nameOf } from "../../tensor/expression.ts";
import { type AdapterKind, gridOf, type Launch, tiled, type Tiles } from "../../tensor/launch.ts";
import { blockWords, type Operand, type Placement } from "../../tensor/layout.ts";
import type { Plan, PlanStep } from "../../tensor/plan.ts";
import { blockOf, type Operands, replicasOf, sizeOf, type TensorType } from "../../tensor/shape.ts";
import type { PrimitiveName } from "../../tensor/primitives.ts";
import type { Equation, Variable } from "../../tensor/program.ts";
import { copyShader, type Launcher, launchers, WHOLE } from "./primitives.ts";
import { sideBySide } from "./side_by_side.ts";

/** A buffer of a dispatch, and whether it is written. */
export interface Binding {
  /** A slot of the plan, or the number of slots plus a temporary's number. */
  readonly buffer: number;
  /** Bound as `read_write`, not as `read`. */
  readonly written: boolean;
}

/** One dispatch, complete. */
export interface Dispatch {
  /** The name of its computation, for labels. */
  readonly label: string;
  /** The shader's file name. */
  readonly file: string;
  /** WGSL text. */
  readonly source: string;
  /** The shader's function. */
  readonly entryPoint: string;
  /** Values of `override` constants. */
  readonly constants: Readonly<Record<string, number>>;
  /** The uniform block. */
  readonly words: Uint32Array;
  /** Bindings 1, 2, …; null: none of that number. */
  readonly bindings: readonly (Binding | null)[];
  /** Number of workgroups along x, y and z. */
  readonly workgroups: readonly [number, number, number];
}

/** The dispatches of one run. */
export interface Schedule {
  /** Lengths, in elements, of the buffers in addition to the plan's slots. */
  readonly temporaries: readonly number[];
  /** The dispatches, in order. */
  readonly dispatches: readonly Dispatch[];
}

/** A tensor's location: replica r's block starts at `offset + r · stride`. */
interface Location extends Placement {
  readonly buffer: number;
}

/** The dispatches of a plan, in the preferred tiles. */
export function schedule(plan: Plan, adapter: AdapterKind, tiles: Tiles = {}): Schedule {
  const temporaries: number[] = [];
  const dispatches = plan.steps.flatMap((step): readonly Dispatch[] => {
    if (step.kind === "copy") {
      return [copy(plan.types[step.from]!, locationOf(plan, step.from), locationOf(plan, step.to))];
    }
    const launches = launchesOf(plan, step.equation, adapter).map((launch) => tiled(launch, tiles));
    return launches.length === 0 ? [] : bind(plan, step, launches, temporaries);
  });
  return { temporaries, dispatches: dispatches.filter(({ workgroups }) => !workgroups.includes(0)) };
}

/** The launches of an equation, each in its own tile. */
export function launchesOf(
  plan: Plan,
  { operation, inputs, outputs }: Equation,
  adapter: AdapterKind,
): readonly Launch[] {
  const types = inputs.map((v) => plan.types[v]), results = outputs.map((v) => plan.types[v]);
  if (operation.kind === "primitive") {
    return (launchers[operation.name as PrimitiveName] as Launcher<unknown>)(
      types as Operands<TensorType>,
      results[0]!,
      operation.params,
      adapter,
    );
  }
  return operation.kernel.launches?.(
    types as Operands<TensorType>,
    results as Operands<TensorType>,
    operation.params,
    adapter,
  ) ?? [];
}

const locationOf = (plan: Plan, v: Variable): Location => {
  const place = plan.places[v];
  if (place === undefined) throw new ReferenceError(`Variable ${v} has no place`);
  return { buffer: place.slot, offset: place.offset, stride: place.stride, block: blockIn(plan.types[v]!) };
};

/** The block of a tensor's placement. */
const blockIn = (type: TensorType): number => replicasOf(type) <= 1 ? 0 : blockOf(type);

const sameLocation = (type: TensorType, a: Location, b: Location): boolean =>
  a.buffer === b.buffer && a.offset === b.offset && (replicasOf(type) <= 1 || a.stride === b.stride);

/** Whether four elements at a time may be read from a location. */
function isAligned(type: TensorType, { offset, stride }: Location): boolean {
  return offset % 4 === 0 && (replicasOf(type) <= 1 || blockOf(type) % 4 !== 0 || stride % 4 === 0);
}

/** The launches of one equation, with the copies that they need before and after. */
function bind(
  plan: Plan,
  { equation, scratch }: Extract<PlanStep, { kind: "compute" }>,
  launches: readonly Launch[],
  temporaries: number[],
): readonly Dispatch[] {
  const label = nameOf(equation.operation);
  /** Operands that are read or written four elements at a time. */
  const vectors = new Set(
    launches.filter((launch) => launch.vectors === true).flatMap(({ bindings }) =>
      bindings.flatMap((bound) => bound === null ? [] : [keyOf(bound.operand)])
    ),
  );
  let used = 0;
  const temporary = (type: TensorType): Location => {
    const length = sizeOf(type.shape), number = used++;
    temporaries[number] = Math.max(temporaries[number] ?? 0, length);
    return { buffer: plan.slots.length + number, offset: 0, stride: blockOf(type), block: blockIn(type) };
  };
  const before: Dispatch[] = [], after: Dispatch[] = [];

  const written = new Set<number>();
  const outputs = equation.outputs.map((v, k): Location => {
    const type = plan.types[v]!, place = locationOf(plan, v), asVectors = vectors.has(keyOf({ output: k }));
    if (!written.has(place.buffer) && !(asVectors && !isAligned(type, place))) {
      written.add(place.buffer);
      return place;
    }
    const apart = temporary(type);
    after.push(copy(type, apart, place));
    return apart;
  });

  /** The input's location, or a copy of it if it shares a buffer with an output. */
  const apart = (v: Variable, k: number): Location => {
    const type = plan.types[v]!, place = locationOf(plan, v), asVectors = vectors.has(keyOf({ input: k }));
    if (!written.has(place.buffer) && !(asVectors && !isAligned(type, place))) return place;
    const moved = temporary(type);
    before.push(copy(type, place, moved));
    return moved;
  };
  const bound = new Set(
    launches.flatMap(({ bindings }) =>
      bindings.flatMap((bound) => bound !== null && "input" in bound.operand ? [bound.operand.input] : [])
    ),
  );
  const inputs = equation.inputs.map((v, k) => bound.has(k) ? apart(v, k) : locationOf(plan, v));
  const { operation } = equation;
  const pairs = operation.kind === "kernel" ? operation.kernel.inPlace?.(operation.params) ?? [] : [];
  const starts = pairs.flatMap(([output, input]): readonly Dispatch[] => {
    const v = equation.inputs[input]!, type = plan.types[v]!;
    const place = locationOf(plan, v), to = outputs[output]!;
    if (sameLocation(type, place, to)) return [];
    return [copy(type, written.has(place.buffer) ? apart(v, input) : place, to)];
  });

  const locate = (operand: Operand): Location =>
    "input" in operand
      ? inputs[operand.input]!
      : "output" in operand
      ? outputs[operand.output]!
      : { buffer: scratch[operand.scratch]!, offset: 0, stride: 0, block: 0 };
  return [...before, ...starts, ...joined(launches, (launch) => dispatchOf(label, launch, locate)), ...after];
}

/** The dispatches of launches, of which independent ones become one where they can. */
function joined(
  launches: readonly Launch[],
  dispatched: (launch: Launch) => Dispatch,
): readonly Dispatch[] {
  const dispatches: Dispatch[] = [];
  for (const launch of launches) {
    const dispatch = dispatched(launch), last = dispatches[dispatches.length - 1];
    const both = launch.independent === true && last !== undefined ? sideBySide(last, dispatch) : null;
    if (both === null) dispatches.push(dispatch);
    else dispatches[dispatches.length - 1] = both;
  }
  return dispatches;
}

/** An operand as a key of a set. */
const keyOf = (operand: Operand): string =>
  "input" in operand
    ? `input ${operand.input}`
    : "output" in operand
    ? `output ${operand.output}`
    : "scratch";

/** A launch on the buffers of its operands. */
const dispatchOf = (label: string, launch: Launch, locate: (operand: Operand) => Location): Dispatch => ({
  label,
  file: launch.file,
  source: launch.source,
  entryPoint: launch.entryPoint,
  constants: launch.constants,
  words: blockWords(launch.fields, launch.given, locate),
  bindings: launch.bindings.map((bound) =>
    bound && { buffer: locate(bound.operand).buffer, written: bound.written }
  ),
  workgroups: launch.workgroups,
});

/** A copy from one location to another, which may be disjoint parts of the same buffer. */
function copy(type: TensorType, from: Location, to: Location): Dispatch {
  const count = sizeOf(type.shape);
  const launch = copyShader.launch(from.buffer === to.buffer ? "within" : "copy", gridOf(count), {
    ...WHOLE,
    count,
    run: count,
    to: { output: 0 },
    source: { input: 0 },
  });
  return dispatchOf("copy", launch, (operand) => "input" in operand ? from : to);
}
