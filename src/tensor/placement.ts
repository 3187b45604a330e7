/**
 * Memory sharing: groups of variables that share memory, and each variable's position in its group.
 *
 * @module
 */

import { aliasOf, hasGaps, isReshape, partStart, placesBlocks } from "./aliases.ts";
import type { Values } from "./loops.ts";
import type { Equation, Program, Variable } from "./program.ts";
import { blockOf, type ElementType, replicasOf, sizeOf, type TensorType } from "./shape.ts";

/** Memory for one value at a time. */
export interface Slot {
  /** Its element type. */
  readonly element: ElementType;
  /** Length in elements. */
  readonly length: number;
}

/** A group of variables that share memory. */
export interface Group {
  readonly element: ElementType;
  readonly length: number;
  /** Numbers of the equations that first write and last use it. */
  first: number;
  last: number;
  /** The group has a slot of its own: inputs, constants, and values with gaps that must stay zero. */
  owned: boolean;
  slot: number;
  /** The group that this one was merged into. */
  into: Group | null;
}

/** Where a variable lies in its group. */
export interface Position {
  readonly group: Group;
  readonly offset: number;
  readonly stride: number;
}

/** A program being laid out. Later passes add variables, with their types and positions. */
export interface Draft {
  readonly program: Program;
  /** The equations that remain after constant folding. */
  readonly equations: readonly Equation[];
  readonly constants: ReadonlyMap<Variable, Values>;
  readonly types: TensorType[];
  readonly positions: (Position | undefined)[];
}

/** After the last equation. */
export const END: number = Number.MAX_SAFE_INTEGER;

/** The group into which a group has been merged (the root of its union-find tree). */
export const find = (group: Group): Group => {
  let root = group;
  while (root.into !== null) root = root.into;
  return root;
};

/** Merges a group into another, whose memory its variables then share. */
export const merge = (from: Group, into: Group): void => {
  const [a, b] = [find(from), find(into)];
  if (a === b) return;
  b.last = Math.max(b.last, a.last);
  a.into = b;
};

/** A group for a value of a type, live from equation `first` on. */
export const groupFor = (type: TensorType, first: number, owned: boolean): Group => ({
  element: type.element,
  length: sizeOf(type.shape),
  first,
  last: owned ? END : first,
  owned,
  slot: -1,
  into: null,
});

/** The position of a variable that fills its group. */
export const whole = (type: TensorType, group: Group): Position => ({
  group,
  offset: 0,
  stride: blockOf(type),
});

/** The group of a variable that has one. */
export const groupOf = ({ positions }: Draft, v: Variable): Group | null => {
  const position = positions[v];
  return position === undefined ? null : find(position.group);
};

/** Assigns a group to every variable and a lifetime to every group. */
export function placeVariables(program: Program, constants: ReadonlyMap<Variable, Values>): Draft {
  const equations = program.equations.filter(({ outputs }) => !outputs.every((v) => constants.has(v)));
  const draft: Draft = { program, equations, constants, types: [...program.types], positions: [] };
  const { types, positions } = draft;
  for (const { variable } of program.inputs) {
    positions[variable] = whole(types[variable]!, groupFor(types[variable]!, -1, true));
  }
  const used = new Set([
    ...equations.flatMap(({ inputs }) => inputs),
    ...program.outputs.map(({ variable }) => variable),
  ]);
  for (const v of constants.keys()) {
    if (used.has(v)) positions[v] = whole(types[v]!, groupFor(types[v]!, -1, true));
  }
  const destinations = destinationsOf(draft);
  equations.forEach((equation, k) => {
    const inside = insideOperand(draft, equation);
    if (inside !== null) {
      positions[equation.outputs[0]!] = inside;
      return;
    }
    for (const v of equation.outputs) {
      if (positions[v] !== undefined) continue;
      const destination = destinations.get(v);
      if (destination === undefined) {
        positions[v] = whole(types[v]!, groupFor(types[v]!, k, false));
        continue;
      }
      const { of, offset } = destination;
      const target = positions[of] ?? (positions[of] = whole(types[of]!, groupFor(types[of]!, k, false)));
      positions[v] = { ...target, offset: target.offset + offset };
    }
    const target = positions[equation.outputs[0]!];
    if (placesBlocks(equation) && hasGaps(equation, types) && target !== undefined) {
      Object.assign(target.group, { owned: true, first: -1, last: END });
    }
  });
  const lengthen = (v: Variable, at: number): void => {
    const position = positions[v];
    if (position !== undefined) position.group.last = Math.max(position.group.last, at);
  };
  equations.forEach(({ inputs, outputs }, k) => [...inputs, ...outputs].forEach((v) => lengthen(v, k)));
  program.outputs.forEach(({ variable }) => lengthen(variable, END));
  return draft;
}

/** The position of an output that aliases its operand; null if the output has its own memory. */
function insideOperand({ types, positions }: Draft, equation: Equation): Position | null {
  const offset = aliasOf(equation, types);
  const [from] = equation.inputs as [number], [to] = equation.outputs as [number];
  const base = positions[from];
  if (offset === null || base === undefined) return null;
  const sameReplicas = replicasOf(types[from]!) === replicasOf(types[to]!);
  const contiguous = base.stride === blockOf(types[from]!) || replicasOf(types[from]!) === 1;
  if (!sameReplicas && !contiguous) return null;
  const stride = sameReplicas ? base.stride : blockOf(types[to]!);
  return { group: base.group, offset: base.offset + offset, stride };
}

/** The values that can be computed directly in their position in the output of a `place`. */
function destinationsOf(
  { equations, types }: Draft,
): ReadonlyMap<Variable, { readonly of: Variable; readonly offset: number }> {
  const producer = new Map<Variable, Equation>();
  for (const equation of equations) for (const v of equation.outputs) producer.set(v, equation);
  const destinations = new Map<Variable, { readonly of: Variable; readonly offset: number }>();
  for (const equation of equations.filter(placesBlocks)) {
    equation.inputs.forEach((part, p) => {
      let root = part;
      let source = producer.get(root);
      while (source !== undefined && isReshape(source, types)) {
        root = source.inputs[0]!;
        source = producer.get(root);
      }
      if (source === undefined || aliasOf(source, types) !== null || placesBlocks(source)) return;
      if (!destinations.has(root)) {
        destinations.set(root, { of: equation.outputs[0]!, offset: partStart(equation, types, p) });
      }
    });
  }
  return destinations;
}
