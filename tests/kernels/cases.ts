/**
 * A table of random cases of every kernel, with the error that float32 arithmetic may make in each element.
 *
 * It serves any device: give {@link compareWithReference} the device and the {@link Accuracy} of its functions. On a
 * WebGPU device whose adapter has the specification's least accuracy, `WEBGPU` is right; on the CPU device, `CPU`.
 *
 * Every operand is exactly a float32, so the reference device (float64, by definitions) computes the true result of the
 * very operands that the device sees. Tolerances follow from the standard model of rounding, fl(x ∘ y) = (x ∘ y)(1 + δ),
 * |δ| ≤ u = 2⁻²⁴: a sum of n products errs by at most (n + 1) u Σ|x y| in whatever order it is added, and every
 * function of the table states how it passes the errors of its operands on. Second-order terms are covered by the
 * spare units that the counts below leave.
 */
import { assert, type fc } from "./deps.ts";
import type { Device } from "../../src/device/device.ts";
import { referenceDevice } from "../../src/device/reference.ts";
import { call, input } from "../../src/tensor/expression.ts";
import { programOf } from "../../src/tensor/program.ts";
import { sizeOf } from "../../src/tensor/shape.ts";
import { runProgram } from "../device/evaluate.ts";
import type { Accuracy, Case } from "./case.ts";
import { denseCases } from "./cases_dense.ts";
import { firstLayerCases } from "./cases_first_layer.ts";
import { learningCases } from "./cases_learning.ts";
import { mixtureCases } from "./cases_mixture.ts";
import { normalisationCases } from "./cases_normalisation.ts";
import { rowCases } from "./cases_rows.ts";
import { updateCases } from "./cases_updates.ts";

export { type Accuracy, type Case, CPU, WEBGPU } from "./case.ts";

/** The table: cases by the name of their kernel. */
export const CASES: Readonly<Record<string, fc.Arbitrary<Case>>> = {
  ...denseCases,
  ...firstLayerCases,
  ...learningCases,
  ...mixtureCases,
  ...normalisationCases,
  ...rowCases,
  ...updateCases,
};

/** Runs a case on the device and on the reference, and fails where an element errs by more than it may. */
export async function compareWithReference(test: Case, device: Device, accuracy: Accuracy): Promise<void> {
  const tensors = test.inputs.map(input);
  const named = <A>(items: readonly A[], prefix: string): Record<string, A> =>
    Object.fromEntries(items.map((item, k) => [`${prefix}${k}`, item]));
  const outputs = named(call(test.kernel, tensors, test.params), "y");
  const program = programOf(named(tensors, "x"), outputs);
  const given = named(test.values, "x");
  const expected = Object.values(await runProgram(referenceDevice(), program, given));
  const found = Object.values(await runProgram(device, program, given));
  const bounds = test.tolerance(expected, accuracy);
  expected.forEach((values, k) => {
    assert.equal(values.length, found[k]!.length);
    assert.equal(values.length, bounds[k]!.length);
    values.forEach((value, i) => {
      const error = Math.abs(found[k]![i]! - value);
      // Written so that a NaN fails.
      if (!(error <= bounds[k]![i]!)) {
        assert.fail(
          `${test.title}: element ${i} of output ${k} is ${found[k]![i]} instead of ${value} ± ${
            bounds[k]![i]
          }`,
        );
      }
    });
  });
}

/** Checks that a case is well formed: as many values as the types say. */
export function requireWellFormed({ inputs, values, title }: Case): void {
  inputs.forEach((type, k) => assert.equal(values[k]!.length, sizeOf(type.shape), title));
}
