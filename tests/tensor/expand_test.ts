/** Programs whose kernels are replaced by their definitions compute the same values. */
import { assert } from "../deps.ts";
import { referenceDevice } from "../../src/device/reference.ts";
import { bellman } from "../../src/kernels/bellman.ts";
import { expand } from "../../src/tensor/expand.ts";
import { nameOf } from "../../src/tensor/expression.ts";
import { type Program, trace } from "../../src/tensor/program.ts";
import { f32 } from "../../src/tensor/shape.ts";
import { runProgram } from "../device/evaluate.ts";

const program: Program = trace(
  { q: f32(2, 3, 4), each: f32(2, 3), one: f32(2) },
  ({ q, each, one }) => ({
    ...bellman(q, one, -1, { reward: each, terminated: each, scale: one, discount: one }),
  }),
);

const operationsOf = ({ equations }: Program): readonly string[] => [
  ...new Set(equations.map(({ operation }) => nameOf(operation))),
];

Deno.test("Kernels that a device lacks are replaced by their definitions, to any depth", () => {
  assert.deepEqual(operationsOf(program), ["bellman"]);
  const outer = expand(program, (operation) => nameOf(operation) === "softValue");
  assert(operationsOf(outer).includes("softValue") && !operationsOf(outer).includes("bellman"));
  const all = expand(program, () => false);
  assert(all.equations.every(({ operation }) => operation.kind === "primitive"));
});

Deno.test("An expanded program computes what the program computes", async () => {
  const values = {
    q: Array.from({ length: 24 }, (_, i) => Math.sin(i)),
    each: Array.from({ length: 6 }, (_, i) => Math.cos(i)),
    one: [0.5, 2],
  };
  const wanted = await runProgram(referenceDevice(), program, values);
  for (const keeps of [() => true, () => false]) {
    assert.deepEqual(await runProgram(referenceDevice(), expand(program, keeps), values), wanted);
  }
});
