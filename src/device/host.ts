/**
 * Runs plans on the host's processor: the common part of the `reference` and `cpu` devices, which differ in their
 * memory and in the operations for which they have routines of their own.
 *
 * @module
 */

import { E, type TE } from "../deps.ts";
import { input, type Kernel, type Operation, type Tensor } from "../tensor/expression.ts";
import type { Values } from "../tensor/loops.ts";
import { type Place, type Plan, planInUnits } from "../tensor/plan.ts";
import { type Operands, replicasOf, sizeOf } from "../tensor/shape.ts";
import { type PrimitiveName, primitives, type Rule } from "../tensor/primitives.ts";
import { type Equation, type Program, programOf, type Variable } from "../tensor/program.ts";
import { unitsOf } from "../tensor/units.ts";
import { contiguous, packed, type View } from "../tensor/view.ts";
import { type Backup, backupOf } from "./backup.ts";
import type { DeviceError, Executable } from "./device.ts";
import { type Pieces, type Task, wholeInPieces } from "./pieces.ts";
import { copying, inOrder, ruleTask } from "./tasks.ts";
import { requireNames, requireRoom, requireTimes } from "./arguments.ts";

/** How a host device stores a plan's values, and which operations it computes by routines of its own. */
export type Host = (plan: Plan) => Pieces<E.Either<DeviceError, Storage>>;

/** A plan's memory. */
export interface Storage {
  /** The slots' arrays, zeroed. */
  readonly slots: readonly Values[];
  /** Bytes allocated. */
  readonly bytes: number;
  /** Binds an operation to its operands by a routine of the device; null to use its definition or rule. */
  readonly bind: (
    operation: Operation,
    inputs: readonly View[],
    outputs: readonly View[],
  ) => readonly Task[] | null;
  /** The places of the variables, if they differ from the plan's. */
  readonly places?: Plan["places"];
  /** Merges tasks that are faster together. */
  readonly arrange?: (tasks: readonly Task[]) => readonly Task[];
  /** Releases the memory. */
  readonly free: () => void;
}

/** Plain arrays for a plan's slots. Each may let the engine collect garbage first, which takes its time. */
export function* arraysOf(plan: Plan, real: (length: number) => Values): Pieces<Storage> {
  const slots: Values[] = [];
  for (const { element, length } of plan.slots) {
    slots.push(element === "u32" ? new Uint32Array(length) : real(length));
    yield;
  }
  const bytes = slots.reduce((total, slot) => total + slot.byteLength, 0);
  return { slots, bytes, bind: () => null, free: () => {} };
}

/** Compiles a program for a host device. */
export const compileOn = (host: Host, program: Program): TE.TaskEither<DeviceError, Executable> => () =>
  wholeInPieces(compiling(host, program));

function* compiling(host: Host, program: Program): Pieces<E.Either<DeviceError, Executable>> {
  return E.map(executableOf)(yield* load(host, program));
}

/** A program in memory: its tasks, and views of its inputs and outputs. */
interface Loaded {
  readonly tasks: readonly Task[];
  readonly inputs: readonly NamedView[];
  readonly outputs: readonly NamedView[];
  readonly bytes: number;
  readonly free: () => void;
}

interface NamedView {
  readonly name: string;
  readonly view: View;
}

function* load(host: Host, program: Program): Pieces<E.Either<DeviceError, Loaded>> {
  const planned = yield* planInUnits(program);
  yield;
  const allocated = yield* host(planned);
  if (E.isLeft(allocated)) return allocated;
  const { slots, bytes, bind: own, arrange, free } = allocated.right;
  const layout = { ...planned, places: allocated.right.places ?? planned.places };
  const view = (v: Variable): View => viewOf(layout, slots, v);
  const named = ({ name, variable }: { name: string; variable: Variable }): NamedView => ({
    name,
    view: view(variable),
  });
  for (const [v, values] of layout.constants) {
    const target = contiguous(view(v));
    for (const { from, to } of unitsOf({ items: values.length, cost: 1 })) {
      target.set(values.subarray(from, to), from);
      yield;
    }
  }
  const tasks: Task[] = [];
  const nested: Loaded[] = [];
  const release = (): void => {
    nested.forEach((inner) => inner.free());
    free();
  };
  for (const step of layout.steps) {
    if (step.kind === "copy") {
      tasks.push(copying(view(step.from), view(step.to)));
      continue;
    }
    yield;
    const bound = yield* bind(host, own, step.equation, view);
    if (E.isLeft(bound)) {
      release();
      return bound;
    }
    tasks.push(...bound.right.tasks);
    nested.push(...bound.right.nested);
  }
  return E.right({
    tasks: arrange?.(tasks) ?? tasks,
    inputs: program.inputs.map(named),
    outputs: layout.outputs.map(named),
    bytes: nested.reduce((total, inner) => total + inner.bytes, bytes),
    free: release,
  });
}

/** Duration from which a run may be abandoned, ms; a shorter one is completed. */
const LONG_RUN = 350;

function executableOf({ tasks, inputs, outputs, bytes, free }: Loaded): Executable {
  const targets = new Map(inputs.map(({ name, view }) => [name, view]));
  const sources = new Map([...inputs, ...outputs].map(({ name, view }) => [name, view]));
  // Values are saved only if the previous run took long; before the first run, that is assumed.
  let isLong = true, backup: Backup | null = null;
  return {
    write: (name, values, at = 0) => {
      const target = targets.get(name);
      if (target === undefined) throw new RangeError(`There is no input "${name}"`);
      const size = sizeOf(target.type.shape);
      requireRoom(name, size, values, at);
      target.values.set(values, target.offset + at);
    },
    run: (times = 1) => {
      requireTimes(times);
      for (let t = 0; t < times; t++) for (const { run } of tasks) run();
    },
    *runInPieces() {
      const begun = performance.now();
      backup = isLong ? backup ?? backupOf(outputs.map(({ view }) => view)) : null;
      if (backup !== null) yield* backup.save();
      const where = backup === null ? "inside" : undefined;
      let isDone = false;
      try {
        for (const { run, pieces } of tasks) {
          if (pieces === undefined) run();
          else for (const _ of pieces()) yield where;
          yield where;
        }
        isDone = true;
      } finally {
        if (!isDone) backup?.restore();
      }
      isLong = performance.now() - begun > LONG_RUN;
    },
    read: (names) => () => {
      requireNames(names);
      const entries = names.map((name) => {
        const source = sources.get(name);
        if (source === undefined) throw new RangeError(`There is no output or input "${name}"`);
        return [name, packed(source)];
      });
      return Promise.resolve(E.right(Object.fromEntries(entries)));
    },
    bytes,
    close: free,
  };
}

const viewOf = (layout: Plan, slots: readonly Values[], v: Variable): View => {
  const place = layout.places[v] as Place;
  const type = layout.types[v]!;
  return {
    type,
    replicas: replicasOf(type),
    values: slots[place.slot]!,
    offset: place.offset,
    stride: place.stride,
  };
};

interface Bound {
  readonly tasks: readonly Task[];
  readonly nested: readonly Loaded[];
}

/** Makes the tasks of one equation: by its routine, by the kernel's definition, or by the primitive's rule. */
function* bind(
  host: Host,
  ofDevice: Storage["bind"],
  equation: Equation,
  view: (v: Variable) => View,
): Pieces<E.Either<DeviceError, Bound>> {
  const { operation } = equation;
  const inputs = equation.inputs.map(view), outputs = equation.outputs.map(view);
  const own = ofDevice(operation, inputs, outputs);
  if (own !== null) return E.right({ tasks: own, nested: [] });
  if (operation.kind === "kernel") {
    return yield* bindDefinition(host, operation.kernel, operation.params, inputs, outputs);
  }
  const rule = primitives[operation.name as PrimitiveName] as Rule<unknown>;
  return E.right({ tasks: [ruleTask(rule, inputs, outputs[0]!, operation.params)], nested: [] });
}

/** A kernel by its definition: a program of its own, between copies in and out. */
function* bindDefinition(
  host: Host,
  kernel: Kernel,
  params: unknown,
  inputs: readonly View[],
  outputs: readonly View[],
): Pieces<E.Either<DeviceError, Bound>> {
  const edge = inputs.map((x) => input(x.type));
  const named = (tensors: readonly Tensor[], prefix: string): Record<string, Tensor> =>
    Object.fromEntries(tensors.map((tensor, k) => [`${prefix}${k}`, tensor]));
  const definition = programOf(
    named(edge, "x"),
    named(kernel.definition(edge as Operands<Tensor>, params), "y"),
  );
  return E.map((inner: Loaded): Bound => ({
    nested: [inner],
    tasks: [
      inOrder(inner.inputs.map(({ view }, k) => copying(inputs[k]!, view))),
      ...inner.tasks,
      inOrder(inner.outputs.map(({ view }, k) => copying(view, outputs[k]!))),
    ],
  }))(yield* load(host, definition));
}
