/**
 * The axes of a loop over broadcast operands.
 *
 * @module
 */

import type { Operands, Shape } from "../tensor/shape.ts";

/** The steps of an operand of shape `from` along the axes of `to`, to which it broadcasts; 0 where it is repeated. */
function stepsOf(from: Shape, to: Shape): readonly number[] {
  const steps = new Array<number>(to.length).fill(0);
  for (let axis = to.length - 1, step = 1; axis >= to.length - from.length; axis--) {
    const length = from[axis - to.length + from.length]!;
    steps[axis] = length === 1 ? 0 : step;
    step *= length;
  }
  return steps;
}

/** A shape and its operands' steps, with adjacent axes merged if every operand has a uniform step across them. */
export interface MergedAxes {
  /** Lengths of the remaining axes, outermost first. */
  readonly lengths: readonly number[];
  /** Steps, by operand. */
  readonly steps: Operands<readonly number[]>;
}

/** Merges the axes of `shape` as far as the operands' shapes allow. */
export function mergeAxes(shape: Shape, operands: readonly Shape[]): MergedAxes {
  const all = operands.map((from) => stepsOf(from, shape));
  const lengths: number[] = [];
  const steps: number[][] = operands.map(() => []);
  shape.forEach((length, axis) => {
    if (length === 1) return;
    const last = lengths.length - 1;
    const even = last >= 0 && all.every((mine, k) => steps[k]![last] === mine[axis]! * length);
    if (even) {
      lengths[last]! *= length;
      all.forEach((mine, k) => steps[k]![last] = mine[axis]!);
    } else {
      lengths.push(length);
      all.forEach((mine, k) => steps[k]!.push(mine[axis]!));
    }
  });
  return { lengths, steps: steps as Operands<number[]> };
}
