/**
 * Where every value of a program lies, and in which order it is computed.
 *
 * A value lies in a slot, shared with others whose lifetimes do not overlap. Views cost nothing: `reshape`, a `slice`
 * of axis 1 and `stopGradient` lie inside their operand, and the parts of a `place` along axis 1 are computed where they
 * will stand. A kernel that may work in place does so where nobody needs the old value. An output that has the name of
 * an input is that input's next value, and is computed in the input's own slot where that is possible.
 *
 * Laws, tested: two values whose lifetimes overlap never share memory; running a plan gives what the equations say.
 *
 * @module
 */

import { nameOf } from "./expression.ts";
import type { Values } from "./loops.ts";
import { type PrimitiveName, type Primitives, primitives, type Rule } from "./primitives.ts";
import type { Equation, Named, Program, Variable } from "./program.ts";
import { blockOf, type ElementType, replicasOf, sameType, sizeOf, type TensorType } from "./shape.ts";

/** Memory for one value at a time. */
export interface Slot {
  /** What its elements are. */
  readonly element: ElementType;
  /** Length in elements. */
  readonly length: number;
}

/** Where a variable lies: replica r's block starts at `offset + r · stride` (elements) and is contiguous. */
export interface Place {
  /** Index of the slot in {@link Plan.slots}. */
  readonly slot: number;
  /** Element of the slot at which replica 0 starts. */
  readonly offset: number;
  /** Elements from the start of one replica to the start of the next. */
  readonly stride: number;
}

/** What is done, in order. */
export type PlanStep =
  | { readonly kind: "compute"; readonly equation: Equation; readonly scratch: readonly number[] }
  | { readonly kind: "copy"; readonly from: Variable; readonly to: Variable };

/** A program laid out in memory. */
export interface Plan {
  /** What is laid out. */
  readonly program: Program;
  /** The memory that it needs. */
  readonly slots: readonly Slot[];
  /** By variable; undefined for one that is never computed because it is folded away. */
  readonly places: readonly (Place | undefined)[];
  /** What is done in a run, in order. */
  readonly steps: readonly PlanStep[];
  /** Variables that are filled once, when the program is loaded. */
  readonly constants: ReadonlyMap<Variable, Values>;
  /** Types of all variables, those added for copies included. */
  readonly types: readonly TensorType[];
  /** Where each output is found after a run. */
  readonly outputs: readonly Named[];
}

/** A group of variables that share memory. */
interface Group {
  readonly element: ElementType;
  length: number;
  first: number;
  last: number;
  /** Inputs, constants and values with gaps that must stay zero keep a slot of their own. */
  owned: boolean;
  slot: number;
  /** The group that this one was merged into. */
  into: Group | null;
}

interface Position {
  readonly group: Group;
  readonly offset: number;
  readonly stride: number;
}

const END = Number.MAX_SAFE_INTEGER;

const find = (group: Group): Group => {
  let root = group;
  while (root.into !== null) root = root.into;
  return root;
};

/**
 * Lays out a program.
 *
 * @example
 * ```ts
 * import { exp, f32, plan, trace } from "../../mod.ts";
 * import assert from "node:assert/strict";
 * // Four values in a chain need two slots between input and output, not four.
 * const chain = trace({ x: f32(100) }, ({ x }) => ({ y: exp(exp(exp(exp(x)))) }));
 * assert.ok(plan(chain).slots.length <= 3);
 * ```
 */
export function plan(program: Program): Plan {
  const types: TensorType[] = [...program.types];
  const constants = foldConstants(program);
  const equations = program.equations.filter(({ outputs }) => !outputs.every((v) => constants.has(v)));
  const positions: (Position | undefined)[] = [];
  const isOutput = new Set(program.outputs.map(({ variable }) => variable));
  const producer = new Map<Variable, Equation>();
  for (const equation of equations) for (const v of equation.outputs) producer.set(v, equation);

  const newGroup = (type: TensorType, first: number, owned: boolean): Group => ({
    element: type.element,
    length: sizeOf(type.shape),
    first,
    last: owned ? END : first,
    owned,
    slot: -1,
    into: null,
  });
  const whole = (type: TensorType, group: Group): Position => ({ group, offset: 0, stride: blockOf(type) });

  for (const { variable } of program.inputs) {
    positions[variable] = whole(types[variable], newGroup(types[variable], -1, true));
  }
  const used = new Set(equations.flatMap(({ inputs }) => inputs));
  for (const v of constants.keys()) {
    if (used.has(v) || isOutput.has(v)) positions[v] = whole(types[v], newGroup(types[v], -1, true));
  }

  // Which values are computed where a `place` will want them.
  const destinations = new Map<Variable, { readonly of: Variable; readonly offset: number }>();
  for (const equation of equations) {
    if (!placesBlocks(equation)) continue;
    const { starts } = params<"place">(equation);
    const [of] = equation.outputs;
    const inner = sizeOf(types[of].shape.slice(2));
    equation.inputs.forEach((part, p) => {
      let root = part;
      for (let source = producer.get(root); source !== undefined && isReshape(source, types);) {
        root = source.inputs[0];
        source = producer.get(root);
      }
      const source = producer.get(root);
      if (source === undefined || aliasOf(source, types) !== null || placesBlocks(source)) return;
      if (!destinations.has(root)) destinations.set(root, { of, offset: starts[p] * inner });
    });
  }

  // Groups: who lies in whose memory.
  equations.forEach((equation, k) => {
    const alias = aliasOf(equation, types);
    if (alias !== null) {
      const [from] = equation.inputs, [to] = equation.outputs;
      const base = positions[from];
      const type = types[to];
      if (base !== undefined) {
        const sameReplicas = replicasOf(types[from]) === replicasOf(type);
        const contiguous = base.stride === blockOf(types[from]) || replicasOf(types[from]) === 1;
        if (sameReplicas || contiguous) {
          const stride = sameReplicas ? base.stride : blockOf(type);
          positions[to] = { group: base.group, offset: base.offset + alias, stride };
          return;
        }
      }
    }
    for (const v of equation.outputs) {
      if (positions[v] !== undefined) continue;
      const destination = destinations.get(v);
      if (destination === undefined) {
        positions[v] = whole(types[v], newGroup(types[v], k, false));
        continue;
      }
      const target = positions[destination.of] ??
        (positions[destination.of] = whole(types[destination.of], newGroup(types[destination.of], k, false)));
      positions[v] = { ...target, offset: target.offset + destination.offset };
    }
    if (placesBlocks(equation) && hasGaps(equation, types)) {
      const target = positions[equation.outputs[0]];
      if (target !== undefined) Object.assign(target.group, { owned: true, first: -1, last: END });
    }
  });

  // Lifetimes.
  const lengthen = (v: Variable, at: number): void => {
    const position = positions[v];
    if (position !== undefined) position.group.last = Math.max(position.group.last, at);
  };
  equations.forEach((equation, k) =>
    [...equation.inputs, ...equation.outputs].forEach((v) => lengthen(v, k))
  );
  isOutput.forEach((v) => lengthen(v, END));

  const inputNamed = new Map(program.inputs.map(({ name, variable }) => [name, variable]));
  const carried = program.outputs.flatMap(({ name, variable }) => {
    const to = inputNamed.get(name);
    return to === undefined ? [] : [{ name, from: variable, to }];
  });
  for (const { name, from, to } of carried) {
    if (!sameType(types[from], types[to])) {
      throw new TypeError(`Output "${name}" is the next value of input "${name}", but their types differ`);
    }
  }

  // The last equation that reads an input's slot, counting merged groups.
  const lastRead = (group: Group): number => {
    let last = -1;
    equations.forEach((equation, k) => {
      const touches = equation.inputs.some((v) => {
        const position = positions[v];
        return position !== undefined && find(position.group) === find(group);
      });
      if (touches) last = k;
    });
    return last;
  };
  const merge = (from: Group, into: Group): void => {
    const [a, b] = [find(from), find(into)];
    if (a === b) return;
    b.last = Math.max(b.last, a.last);
    a.into = b;
  };
  const isWhole = (v: Variable): boolean => {
    const position = positions[v];
    return position !== undefined && position.offset === 0 &&
      position.group.length === sizeOf(types[v].shape);
  };

  // In place where a kernel allows it and nobody else needs the old value.
  equations.forEach((equation, k) => {
    const { operation } = equation;
    if (operation.kind !== "kernel" || operation.kernel.inPlace === undefined) return;
    for (const [o, i] of operation.kernel.inPlace(operation.params)) {
      const [next, old] = [equation.outputs[o], equation.inputs[i]];
      const [to, from] = [positions[next], positions[old]];
      if (to === undefined || from === undefined || constants.has(old)) continue;
      if (!isWhole(next) || !isWhole(old) || find(to.group).owned || !sameType(types[next], types[old])) {
        continue;
      }
      // Another operand may lie in the same memory under another name.
      const sharers = equation.inputs.filter((v) =>
        positions[v] !== undefined && find(positions[v].group) === find(from.group)
      );
      if (lastRead(from.group) > k || sharers.length > 1) continue;
      const home = program.inputs.find(({ variable }) =>
        find(positions[variable]!.group) === find(from.group)
      );
      const kept = home === undefined
        ? find(from.group).last > k
        : !carried.some((c) => c.to === home.variable && c.from === next) ||
          [...isOutput].some((v) =>
            v !== next && positions[v] !== undefined && find(positions[v]!.group) === find(from.group)
          );
      if (!kept) merge(to.group, from.group);
    }
  });

  // The next value of an input goes straight into the input's slot, if the old one has been read by then.
  const copies: { from: Variable; to: Variable }[] = [];
  for (const { from, to } of carried) {
    const [source, target] = [positions[from], positions[to]];
    if (source === undefined || target === undefined) continue;
    const [a, b] = [find(source.group), find(target.group)];
    if (a === b && source.offset === target.offset) continue;
    const free = !a.owned && isWhole(from) && lastRead(b) < a.first &&
      ![...isOutput].some((v) => positions[v] !== undefined && find(positions[v]!.group) === b);
    if (free) merge(a, b);
    else copies.push({ from, to });
  }

  // Slots: a value takes the free slot whose length is nearest to its own.
  const slots: { element: ElementType; length: number }[] = [];
  const free: number[] = [];
  const take = (group: Group): void => {
    if (group.slot >= 0) return;
    let best = -1;
    if (!group.owned) {
      for (const s of free) {
        if (slots[s].element !== group.element) continue;
        const distance = Math.abs(slots[s].length - group.length);
        if (best < 0 || distance < Math.abs(slots[best].length - group.length)) best = s;
      }
    }
    if (best < 0) best = slots.push({ element: group.element, length: group.length }) - 1;
    else free.splice(free.indexOf(best), 1);
    slots[best].length = Math.max(slots[best].length, group.length);
    group.slot = best;
  };
  const roots = new Set<Group>();
  for (const position of positions) if (position !== undefined) roots.add(find(position.group));
  const byStart = [...roots].sort((a, b) => a.first - b.first);
  for (const group of byStart) if (group.owned) take(group);
  let nextGroup = 0;
  const pending = byStart.filter((group) => !group.owned);
  const live: Group[] = [];
  const steps: PlanStep[] = [];
  equations.forEach((equation, k) => {
    for (let i = live.length - 1; i >= 0; i--) {
      if (live[i].last < k) free.push(...live.splice(i, 1).map((group) => group.slot));
    }
    for (; nextGroup < pending.length && pending[nextGroup].first <= k; nextGroup++) {
      take(pending[nextGroup]);
      live.push(pending[nextGroup]);
    }
    const { operation } = equation;
    const scratchLengths = operation.kind === "kernel" && operation.kernel.scratch !== undefined
      ? operation.kernel.scratch(equation.inputs.map((v) => types[v]), operation.params)
      : [];
    const scratch = scratchLengths.map((length) => {
      const group: Group = { element: "f32", length, first: k, last: k, owned: false, slot: -1, into: null };
      take(group);
      live.push(group);
      return group.slot;
    });
    if (placesBlocks(equation)) {
      equation.inputs.forEach((part, p) => {
        const [of] = equation.outputs;
        const at = positions[of]!.offset +
          params<"place">(equation).starts[p] * sizeOf(types[of].shape.slice(2));
        const position = positions[part]!;
        if (find(position.group) === find(positions[of]!.group) && position.offset === at) return;
        const target = types.push(types[part]) - 1;
        positions[target] = { group: positions[of]!.group, offset: at, stride: positions[of]!.stride };
        steps.push({ kind: "copy", from: part, to: target });
      });
    } else if (aliasOf(equation, types) === null || !sharesGroup(equation)) {
      steps.push({ kind: "compute", equation, scratch });
    }
  });
  function sharesGroup(equation: Equation): boolean {
    const [from, to] = [positions[equation.inputs[0]], positions[equation.outputs[0]]];
    return from !== undefined && to !== undefined && find(from.group) === find(to.group);
  }

  // Copies into inputs' slots; what such a copy would overwrite while it is still wanted is saved first.
  const targets = new Set(copies.map(({ to }) => find(positions[to]!.group)));
  const kept = new Map<Variable, Variable>();
  const save = (v: Variable): Variable => {
    if (!targets.has(find(positions[v]!.group))) return v;
    const before = kept.get(v);
    if (before !== undefined) return before;
    const temporary = types.push(types[v]) - 1;
    const group = newGroup(types[v], END, true);
    take(group);
    positions[temporary] = whole(types[v], group);
    steps.push({ kind: "copy", from: v, to: temporary });
    kept.set(v, temporary);
    return temporary;
  };
  const outputs = program.outputs.map(({ name, variable }) => {
    const to = inputNamed.get(name);
    const copied = copies.some((copy) => copy.from === variable && copy.to === to);
    return { name, variable: copied && to !== undefined ? to : save(variable) };
  });
  const saved = copies.map(({ from, to }) => ({ from: save(from), to }));
  for (const { from, to } of saved) steps.push({ kind: "copy", from, to });

  return {
    program,
    slots,
    places: positions.map((position) =>
      position === undefined
        ? undefined
        : { slot: find(position.group).slot, offset: position.offset, stride: position.stride }
    ),
    steps,
    constants: new Map([...constants].filter(([v]) => positions[v] !== undefined)),
    types,
    outputs,
  };
}

const params = <K extends PrimitiveName>({ operation }: Equation): Primitives[K] =>
  operation.params as Primitives[K];

const isPrimitive = ({ operation }: Equation, name: PrimitiveName): boolean =>
  operation.kind === "primitive" && nameOf(operation) === name;

const isReshape = (equation: Equation, types: readonly TensorType[]): boolean =>
  isPrimitive(equation, "reshape") &&
  replicasOf(types[equation.inputs[0]]) === replicasOf(types[equation.outputs[0]]);

const placesBlocks = (equation: Equation): boolean =>
  isPrimitive(equation, "place") && params<"place">(equation).axis === 1;

function hasGaps(equation: Equation, types: readonly TensorType[]): boolean {
  const { axis, size } = params<"place">(equation);
  return equation.inputs.reduce((covered, v) => covered + types[v].shape[axis], 0) < size;
}

/** The offset in a block at which an equation's output lies inside its operand's; null where it is a value of its own. */
function aliasOf(equation: Equation, types: readonly TensorType[]): number | null {
  if (isPrimitive(equation, "stopGradient") || isPrimitive(equation, "reshape")) return 0;
  if (isPrimitive(equation, "slice") && params<"slice">(equation).axis === 1) {
    return params<"slice">(equation).start * sizeOf(types[equation.inputs[0]].shape.slice(2));
  }
  return null;
}

/** Values of all variables that depend on constants alone, in float64. */
function foldConstants(program: Program): Map<Variable, Values> {
  const known = new Map<Variable, Values>();
  for (const { operation, inputs, outputs } of program.equations) {
    if (operation.kind !== "primitive" || !inputs.every((v) => known.has(v))) continue;
    const [v] = outputs;
    const type = program.types[v];
    const out = type.element === "u32"
      ? new Uint32Array(sizeOf(type.shape))
      : new Float64Array(sizeOf(type.shape));
    (primitives[operation.name as PrimitiveName] as Rule<unknown>).evaluate(
      inputs.map((x) => known.get(x)!),
      out,
      inputs.map((x) => program.types[x]),
      operation.params,
    );
    known.set(v, out);
  }
  return known;
}
