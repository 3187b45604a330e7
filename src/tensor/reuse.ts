/**
 * Memory reuse: new values that overwrite old ones, in place and from one run to the next.
 *
 * @module
 */

import { type Draft, find, type Group, groupOf, merge } from "./placement.ts";
import type { Equation, Variable } from "./program.ts";
import { sameType, sizeOf } from "./shape.ts";

/** An output that is the next value of the input of the same name. */
export interface StateVariable {
  readonly name: string;
  readonly from: Variable;
  readonly to: Variable;
}

/** The outputs that are next values of inputs. Throws a `TypeError` if their types differ. */
export function stateVariablesOf({ program, types }: Draft): readonly StateVariable[] {
  const inputNamed = new Map(program.inputs.map(({ name, variable }) => [name, variable]));
  return program.outputs.flatMap(({ name, variable: from }) => {
    const to = inputNamed.get(name);
    if (to === undefined) return [];
    if (!sameType(types[from]!, types[to]!)) {
      throw new TypeError(`Output "${name}" is the next value of input "${name}", but their types differ`);
    }
    return [{ name, from, to }];
  });
}

/** Whether a variable fills its group. */
function isWhole({ positions, types }: Draft, v: Variable): boolean {
  const position = positions[v];
  return position !== undefined && position.offset === 0 && position.group.length === sizeOf(types[v]!.shape);
}

/** The last equation that reads a group's memory, or -1. */
const lastRead = (draft: Draft, group: Group): number =>
  draft.equations.findLastIndex(({ inputs }) => inputs.some((v) => groupOf(draft, v) === find(group)));

/** Whether a group holds an output other than `except`. */
const holdsOutput = (draft: Draft, group: Group, except: Variable | null): boolean =>
  draft.program.outputs.some(({ variable }) =>
    variable !== except && groupOf(draft, variable) === find(group)
  );

/**
 * Makes kernels work in place where nothing else needs the old value. Goes from the last equation to the first, so that
 * each link of a chain knows whether the chain ends in an input's next value.
 */
export function reuseInPlace(draft: Draft, carried: readonly StateVariable[]): void {
  for (let k = draft.equations.length - 1; k >= 0; k--) {
    const equation = draft.equations[k]!, { operation } = equation;
    if (operation.kind !== "kernel" || operation.kernel.inPlace === undefined) continue;
    for (const [o, i] of operation.kernel.inPlace(operation.params)) {
      const [next, old] = [equation.outputs[o]!, equation.inputs[i]!];
      const [to, from] = [groupOf(draft, next), groupOf(draft, old)];
      if (to === null || from === null || draft.constants.has(old) || to.owned) continue;
      if (!isWhole(draft, next) || !isWhole(draft, old) || !sameType(draft.types[next]!, draft.types[old]!)) {
        continue;
      }
      if (isNeeded(draft, carried, equation, k, from, next)) continue;
      merge(to, from);
    }
  }
}

/** Whether the old value in a group is still needed once equation k has overwritten it. */
function isNeeded(
  draft: Draft,
  carried: readonly StateVariable[],
  equation: Equation,
  k: number,
  old: Group,
  next: Variable,
): boolean {
  // Another operand may alias the same memory.
  const sharers = equation.inputs.filter((v) => groupOf(draft, v) === old);
  if (lastRead(draft, old) > k || sharers.length > 1) return true;
  const home = draft.program.inputs.find(({ variable }) => groupOf(draft, variable) === old);
  if (home === undefined) return old.last > k;
  const becomes = groupOf(draft, next);
  const isNextValue = carried.some(({ from, to }) =>
    to === home.variable && groupOf(draft, from) === becomes
  );
  return !isNextValue || holdsOutput(draft, old, next);
}

/**
 * Computes the next value of an input directly in the input's slot if the old value has been read by then.
 *
 * @returns the next values that must still be copied at the end of a run
 */
export function reuseInputs(draft: Draft, carried: readonly StateVariable[]): readonly StateVariable[] {
  return carried.filter(({ from, to }) => {
    const [source, target] = [groupOf(draft, from), groupOf(draft, to)];
    if (source === null || target === null) return false;
    if (source === target && draft.positions[from]?.offset === draft.positions[to]?.offset) return false;
    const free = !source.owned && isWhole(draft, from) && lastRead(draft, target) < source.first &&
      !holdsOutput(draft, target, null);
    if (free) merge(source, target);
    return !free;
  });
}
