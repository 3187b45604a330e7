/**
 * Memory planning: the location of every value of a program, and the order of computation.
 *
 * A value occupies a slot, shared with others whose lifetimes do not overlap. Views cost nothing: `reshape`, a `slice`
 * of axis 1 and `stopGradient` alias their operand, and the parts of a `place` along axis 1 are computed in their final
 * position. A kernel that can work in place does so if the old value is no longer needed. An output with the name of an
 * input is that input's next value, and is computed in the input's own slot where possible.
 *
 * Laws, tested: two values whose lifetimes overlap never share memory; running a plan gives the values that the
 * equations define.
 *
 * @module
 */

import { aliasOf, partStart, placesBlocks } from "./aliases.ts";
import { foldConstants } from "./constants.ts";
import type { Values } from "./loops.ts";
import { type Draft, END, groupFor, groupOf, placeVariables, type Slot, whole } from "./placement.ts";
import { type Equation, type Named, type Program, requireProgram, type Variable } from "./program.ts";
import { reuseInPlace, reuseInputs, type StateVariable, stateVariablesOf } from "./reuse.ts";
import type { Operands, TensorType } from "./shape.ts";
import { type Slots, slotsFor } from "./slots.ts";

export type { Slot } from "./placement.ts";

/** A variable's location: replica r's block starts at element `offset + r · stride` and is contiguous. */
export interface Place {
  /** Index of the slot in {@link Plan.slots}. */
  readonly slot: number;
  /** Element of the slot at which replica 0 starts. */
  readonly offset: number;
  /** Elements from the start of one replica to the start of the next. */
  readonly stride: number;
}

/** One step of a run. */
export type PlanStep =
  | { readonly kind: "compute"; readonly equation: Equation; readonly scratch: readonly number[] }
  | { readonly kind: "copy"; readonly from: Variable; readonly to: Variable };

/** A program laid out in memory. */
export interface Plan {
  /** The program that is laid out. */
  readonly program: Program;
  /** The memory it needs. */
  readonly slots: readonly Slot[];
  /** Location of each variable; undefined for one that constant folding removed. */
  readonly places: readonly (Place | undefined)[];
  /** The steps of a run, in order. */
  readonly steps: readonly PlanStep[];
  /** Variables whose values are written once, when the program is loaded. */
  readonly constants: ReadonlyMap<Variable, Values>;
  /** Types of all variables, including those added for copies. */
  readonly types: readonly TensorType[];
  /** The variable that holds each output after a run. */
  readonly outputs: readonly Named[];
}

/**
 * Lays out a program.
 *
 * @example
 * ```ts
 * import { exp, f32, plan, trace } from "../../src/tensor/mod.ts";
 * import assert from "node:assert/strict";
 * // Four values in a chain need two slots between input and output, not four.
 * const chain = trace({ x: f32(100) }, ({ x }) => ({ y: exp(exp(exp(exp(x)))) }));
 * assert.ok(plan(chain).slots.length <= 3);
 * ```
 */
export function plan(program: Program): Plan {
  for (const planning = planInUnits(program);;) {
    const next = planning.next();
    if (next.done) return next.value;
  }
}

/** The same in units of a few milliseconds. */
export function* planInUnits(program: Program): Generator<void, Plan, void> {
  requireProgram(program);
  const constants = yield* foldConstants(program);
  const draft = placeVariables(program, constants);
  const carried = stateVariablesOf(draft);
  reuseInPlace(draft, carried);
  const copies = reuseInputs(draft, carried);
  const slots = slotsFor(draft);
  const steps = draft.equations.flatMap((equation, k) => {
    slots.advance(k);
    return stepsOf(draft, slots, equation, k);
  });
  const ending = finish(draft, slots, copies);
  return {
    program,
    slots: slots.slots,
    places: draft.positions.map((position, v) =>
      position === undefined
        ? undefined
        : { slot: groupOf(draft, v)!.slot, offset: position.offset, stride: position.stride }
    ),
    steps: [...steps, ...ending.steps],
    constants: new Map([...constants].filter(([v]) => draft.positions[v] !== undefined)),
    types: draft.types,
    outputs: ending.outputs,
  };
}

/** The steps of equation k: none for a view, copies for the parts of a `place` that could not be computed in it. */
function stepsOf(draft: Draft, slots: Slots, equation: Equation, k: number): readonly PlanStep[] {
  const { types, positions } = draft;
  const { operation, inputs, outputs } = equation, to = outputs[0]!;
  const scratch = operation.kind === "kernel" && operation.kernel.scratch !== undefined
    ? operation.kernel.scratch(inputs.map((v) => types[v]) as Operands<TensorType>, operation.params)
    : [];
  const target = positions[to];
  if (placesBlocks(equation) && target !== undefined) {
    return inputs.flatMap((from, p): readonly PlanStep[] => {
      const offset = target.offset + partStart(equation, types, p);
      if (groupOf(draft, from) === groupOf(draft, to) && positions[from]?.offset === offset) return [];
      return [{ kind: "copy", from, to: addVariable(draft, types[from]!, { ...target, offset }) }];
    });
  }
  const isView = aliasOf(equation, types) !== null && groupOf(draft, inputs[0]!) === groupOf(draft, to);
  if (isView) return [];
  const room = scratch.map((length) =>
    slots.take({ ...groupFor({ shape: [length], element: "f32" }, k, false) })
  );
  return [{ kind: "compute", equation, scratch: room }];
}

/** Adds a variable to the program's own. */
function addVariable(
  { types, positions }: Draft,
  type: TensorType,
  position: Draft["positions"][number],
): Variable {
  const v = types.push(type) - 1;
  positions[v] = position;
  return v;
}

/** Copies next values into their inputs' slots; a value that such a copy would clobber while in use is saved first. */
function finish(
  draft: Draft,
  slots: Slots,
  copies: readonly StateVariable[],
): { readonly steps: readonly PlanStep[]; readonly outputs: readonly Named[] } {
  const targets = new Set(copies.map(({ to }) => groupOf(draft, to)));
  const saved = new Map<Variable, Variable>();
  const steps: PlanStep[] = [];
  const save = (from: Variable): Variable => {
    if (!targets.has(groupOf(draft, from))) return from;
    const before = saved.get(from);
    if (before !== undefined) return before;
    const type = draft.types[from]!, group = groupFor(type, END, true);
    slots.take(group);
    const to = addVariable(draft, type, whole(type, group));
    saved.set(from, to);
    steps.push({ kind: "copy", from, to });
    return to;
  };
  const outputs = draft.program.outputs.map(({ name, variable }) => {
    const copy = copies.find((each) => each.name === name && each.from === variable);
    return { name, variable: copy === undefined ? save(variable) : copy.to };
  });
  const last = copies.map(({ from, to }): PlanStep => ({ kind: "copy", from: save(from), to }));
  return { steps: [...steps, ...last], outputs };
}
