/** Joined programs compute what they did, in fewer launches. */
import { assert } from "../deps.ts";
import { join } from "../../src/device/webgpu/join.ts";
import { lower } from "../../src/device/webgpu/lower.ts";
import { pairIndependent } from "../../src/device/webgpu/pairs.ts";
import { schedule } from "../../src/device/webgpu/schedule.ts";
import { referenceDevice } from "../../src/device/reference.ts";
import type { Environment } from "../../envs/environment.ts";
import { pointMass } from "../../envs/point_mass.ts";
import { quadruped } from "../../envs/quadruped.ts";
import { swimmer } from "../../envs/swimmer.ts";
import { dense } from "../../src/kernels/dense.ts";
import { pullback } from "../../src/tensor/gradient.ts";
import { nameOf } from "../../src/tensor/expression.ts";
import type { AdapterKind } from "../../src/tensor/launch.ts";
import { plan } from "../../src/tensor/plan.ts";
import { concat, reshape, slice } from "../../src/tensor/primitives.ts";
import { type Program, trace } from "../../src/tensor/program.ts";
import { f32, sizeOf } from "../../src/tensor/shape.ts";
import { updateProgram } from "../../src/train/loop.ts";
import type { SoftQOptions } from "../../src/learn/soft_q/options.ts";
import { softQTraining } from "../learn/training.ts";
import { runProgram } from "./evaluate.ts";

const names = ({ equations }: Program): readonly string[] =>
  equations.map(({ operation }) => nameOf(operation));

/** Two forward passes of one network on two parts of its samples, and the gradient through the second. */
function network(R: number, B: number, group: number, N: number): Program {
  const K = 2, S = 3, M = B * group;
  return trace({
    noise: f32(R, 2 * M, K),
    state: f32(R, B, S),
    first: f32(R, K, N),
    ofState: f32(R, S + 1, N),
    second: f32(R, N + 1, 2),
    g: f32(R, M, 2),
  }, ({ noise, state, first, ofState, second, g }) => {
    const forward = (x: typeof noise) =>
      dense(
        dense(x, first, { bias: false, addend: dense(state, ofState), activation: "relu" }),
        second,
      );
    const a = forward(slice(noise, 1, 0, M)), b = forward(slice(noise, 1, M, M));
    const flat = pullback([b], [g], [first, ofState, second]).map((w) =>
      reshape(w, [R, sizeOf(w.shape) / R])
    );
    return { a, b, gradient: concat(flat, 1) };
  });
}

for (const [R, B, group, N] of [[1, 2, 4, 8], [2, 3, 4, 4], [2, 3, 1, 8], [1, 2, 3, 5]]) {
  Deno.test(`A joined network computes what it did: ${R} replicas of ${B} × ${group} samples, width ${N}`, async () => {
    const program = network(R, B, group, N), joined = join(program);
    const values = Object.fromEntries(program.inputs.map(({ name, variable }, k) => [
      name,
      Array.from({ length: sizeOf(program.types[variable]!.shape) }, (_, i) => Math.sin(7 * k + i)),
    ]));
    const wanted = await runProgram(referenceDevice(), program, values);
    const found = await runProgram(referenceDevice(), joined, values);
    for (const name of Object.keys(wanted)) {
      wanted[name]!.forEach((x, i) =>
        assert(Math.abs(found[name]![i]! - x) <= 1e-13 * (1 + Math.abs(x)), name)
      );
    }
    const fits = N % 4 === 0 && B * group % 4 === 0;
    assert.equal(names(joined).filter((name) => name === "firstLayer").length, fits ? 1 : 0);
    assert.equal(names(joined).filter((name) => name === "firstLayerWeight").length, fits ? 1 : 0);
  });
}

const dispatchesOf = (
  options: Partial<SoftQOptions>,
  environment: Environment = pointMass(),
  adapter: AdapterKind = "software",
): number => {
  const { program } = updateProgram(softQTraining(environment, options));
  return schedule(plan(pairIndependent(lower(program), adapter)), adapter).dispatches.length;
};

Deno.test("A soft Q update with one critic takes 28 dispatches, a quadruped 29 on a GPU", () => {
  for (const environment of [pointMass(), swimmer(), quadruped()]) {
    assert(dispatchesOf({}, environment) <= 28, environment.spec.name);
    // On a GPU the sums of a wide last layer's gradient are split among workgroups of another size.
    const most = environment.spec.action.length > 4 ? 29 : 28;
    assert(dispatchesOf({}, environment, "hardware") <= most, environment.spec.name);
  }
  // A larger grid takes other tiles, whose workgroups have other sizes.
  assert(dispatchesOf({ replicas: 16 }) <= 30);
  assert(dispatchesOf({ replicas: 16 }, pointMass(), "hardware") <= 30);
  // Shared value samples are repeated for each state, and actions beyond the box are brought back into it.
  assert(dispatchesOf({ squash: "post-tanh", valueSamples: "shared" }) <= 31);
  assert(dispatchesOf({ squash: "bounds-penalty" }) <= 31);
});
