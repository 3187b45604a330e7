/**
 * Runs a plan on tags instead of numbers: every element of every value has its own tag, and memory records the tag
 * written last. A value that is overwritten while it is still needed is detected at its first reader.
 */
import { assert } from "../deps.ts";
import type { Place, Plan } from "../../src/tensor/plan.ts";
import { blockOf, type Operands, replicasOf, sizeOf, type TensorType } from "../../src/tensor/shape.ts";
import {
  type PrimitiveName,
  type Primitives,
  primitives,
  type Rule,
  workOf,
} from "../../src/tensor/primitives.ts";
import { wholeOf } from "../../src/tensor/units.ts";
import type { Equation, Variable } from "../../src/tensor/program.ts";
import type { Values } from "../../src/tensor/loops.ts";

/** Whether an equation only moves elements along axis 1 or not at all, so that its result may lie in its operand. */
function moves({ operation }: Equation): boolean {
  if (operation.kind !== "primitive") return false;
  if (operation.name === "reshape" || operation.name === "stopGradient") return true;
  return (operation.name === "slice" || operation.name === "place") &&
    (operation.params as Primitives["slice"]).axis === 1;
}

/** Tags of all variables as the equations alone define them; 0 is a gap's zero. */
function tagsOf({ program }: Plan): Float64Array[] {
  let fresh = 1;
  const tags: Float64Array[] = [];
  const unique = (v: Variable): Float64Array =>
    Float64Array.from({ length: sizeOf(program.types[v]!.shape) }, () => fresh++);
  for (const { variable } of program.inputs) tags[variable] = unique(variable);
  for (const equation of program.equations) {
    for (const v of equation.outputs) tags[v] = unique(v);
    if (!moves(equation)) continue;
    const { operation, inputs, outputs: [out] } = equation;
    const rule = primitives[(operation as { name: string }).name as PrimitiveName] as Rule<unknown>;
    const types = inputs.map((v) => program.types[v]) as Operands<TensorType>;
    const work = workOf(rule, types, program.types[out]!, operation.params);
    rule.evaluate(
      inputs.map((v) => tags[v]) as Operands<Values>,
      tags[out],
      types,
      operation.params,
      wholeOf(work),
    );
  }
  return tags;
}

/** Element numbers of a variable in its slot, in row-major order. */
function elements(plan: Plan, v: Variable): number[] {
  const place = plan.places[v] as Place, type = plan.types[v]!;
  const block = blockOf(type);
  return Array.from(
    { length: sizeOf(type.shape) },
    (_, i) => place.offset + Math.floor(i / block) * place.stride + i % block,
  ).slice(0, block * replicasOf(type));
}

const overlap = (plan: Plan, a: Variable, b: Variable): boolean => {
  if (plan.places[a]!.slot !== plan.places[b]!.slot) return false;
  const mine = new Set(elements(plan, a));
  return elements(plan, b).some((i) => mine.has(i));
};

/**
 * Fails if the plan overwrites a value that is still needed, or reads one that was never written; runs it `times`
 * times.
 */
export function runOnTags(plan: Plan, times: number): void {
  const { program } = plan, tags = tagsOf(plan);
  const memory = plan.slots.map(({ length }) => new Float64Array(length));
  const write = (v: Variable, values: Float64Array): void =>
    elements(plan, v).forEach((at, i) => {
      assert(at < plan.slots[plan.places[v]!.slot]!.length, `variable ${v} leaves its slot`);
      memory[plan.places[v]!.slot]![at] = values[i]!;
    });
  const expect = (v: Variable, values: Float64Array, when: string): void =>
    elements(plan, v).forEach((at, i) =>
      assert.equal(memory[plan.places[v]!.slot]![at], values[i], `variable ${v} was overwritten ${when}`)
    );
  for (const v of plan.constants.keys()) write(v, tags[v]!);
  for (let t = 0; t < times; t++) {
    // The next run's inputs are new values wherever the last one left them.
    for (const { variable } of program.inputs) write(variable, tags[variable]!);
    const copied = new Map<Variable, Float64Array>();
    const valueOf = (v: Variable): Float64Array => copied.get(v) ?? tags[v]!;
    plan.steps.forEach((step, k) => {
      if (step.kind === "copy") {
        expect(step.from, valueOf(step.from), `before copy ${k}`);
        copied.set(step.to, valueOf(step.from));
        write(step.to, valueOf(step.from));
        return;
      }
      const { operation, inputs, outputs } = step.equation;
      for (const slot of step.scratch) {
        for (const v of [...inputs, ...outputs]) {
          assert.notEqual(plan.places[v]!.slot, slot, "scratch is shared");
        }
        memory[slot]!.fill(-1);
      }
      for (const v of inputs) expect(v, valueOf(v), `before step ${k}`);
      const allowed = operation.kind === "kernel" ? operation.kernel.inPlace?.(operation.params) ?? [] : [];
      outputs.forEach((o, n) => {
        inputs.forEach((i, m) => {
          const same = JSON.stringify(plan.places[o]) === JSON.stringify(plan.places[i]);
          const permitted = same && allowed.some(([out, from]) => out === n && from === m);
          assert(permitted || !overlap(plan, o, i), `step ${k} writes output ${n} over operand ${m}`);
        });
        outputs.slice(0, n).forEach((other) =>
          assert(!overlap(plan, o, other), `step ${k} writes two outputs to one place`)
        );
        write(o, tags[o]!);
      });
    });
    for (const { name, variable } of plan.outputs) {
      const wanted = program.outputs.find((output) => output.name === name)!.variable;
      expect(variable, tags[wanted]!, `before output "${name}" was read`);
    }
    for (const { name, variable } of program.inputs) {
      const next = program.outputs.find((output) => output.name === name)?.variable ?? variable;
      expect(variable, tags[next]!, `before the next run read "${name}"`);
    }
    for (const v of plan.constants.keys()) expect(v, tags[v]!, "though it is a constant");
  }
}
