/**
 * The tasks of a host device: operations by their rules, and copies, in units of a few milliseconds where they take long.
 *
 * @module
 */

import type { Range, Values } from "../tensor/loops.ts";
import { type Rule, workOf } from "../tensor/primitives.ts";
import { blockOf, type Operands, type TensorType } from "../tensor/shape.ts";
import { unitsOf, wholeOf, type Work } from "../tensor/units.ts";
import { contiguous, copyPart, isContiguous, roomFor, type View } from "../tensor/view.ts";
import type { Task } from "./pieces.ts";

/** A task of which ranges may be computed one after the other. */
export function inUnits(work: Work, compute: (range: Range) => void): Task {
  const units = unitsOf(work), whole = wholeOf(work);
  const run = (): void => compute(whole);
  if (units.length < 2) return { run };
  return {
    run,
    *pieces() {
      for (const unit of units) {
        compute(unit);
        yield;
      }
    },
  };
}

/** Tasks as one. */
export function inOrder(tasks: readonly Task[]): Task {
  const run = (): void => tasks.forEach((task) => task.run());
  if (tasks.every(({ pieces }) => pieces === undefined)) return { run };
  return {
    run,
    *pieces() {
      for (const task of tasks) {
        if (task.pieces === undefined) task.run();
        else yield* task.pieces();
        yield;
      }
    },
  };
}

/** Copies a view's blocks into another one of the same type. */
export const copying = (from: View, to: View): Task =>
  inUnits(
    { items: from.replicas * blockOf(from.type), cost: 1 },
    (range) => copyPart(from, to, range),
  );

/** An operation by its rule. */
export function ruleTask<P>(rule: Rule<P>, inputs: readonly View[], output: View, params: P): Task {
  // Where a value's replicas are not next to each other, the rule works on a packed copy.
  const together = (x: View): View => isContiguous(x) ? x : roomFor(x);
  const sources = inputs.map(together), target = together(output);
  const types = inputs.map(({ type }) => type) as Operands<TensorType>;
  const arrays = sources.map(contiguous) as Operands<Values>, out = contiguous(target);
  const computing = inUnits(
    workOf(rule, types, output.type, params),
    (range) => rule.evaluate(arrays, out, types, params, range),
  );
  const before = sources.flatMap((source, k) => source === inputs[k] ? [] : [copying(inputs[k]!, source)]);
  const after = target === output ? [] : [copying(target, output)];
  return before.length + after.length === 0 ? computing : inOrder([...before, computing, ...after]);
}
