/** Calls that do not depend on one another share a dispatch, and give the bits that they give apart. */
import { assert, fc } from "../deps.ts";
import { pointMass } from "../../envs/point_mass.ts";
import { lower } from "../../src/device/webgpu/lower.ts";
import { pairIndependent } from "../../src/device/webgpu/pairs.ts";
import { type Dispatch, schedule } from "../../src/device/webgpu/schedule.ts";
import { sideBySide } from "../../src/device/webgpu/side_by_side.ts";
import { dense } from "../../src/kernels/dense.ts";
import { referenceDevice } from "../../src/device/reference.ts";
import { call, input, nameOf } from "../../src/tensor/expression.ts";
import type { AdapterKind } from "../../src/tensor/launch.ts";
import { plan } from "../../src/tensor/plan.ts";
import { type Program, programOf, trace } from "../../src/tensor/program.ts";
import { f32, sizeOf } from "../../src/tensor/shape.ts";
import { updateProgram } from "../../src/train/loop.ts";
import type { Case } from "../kernels/case.ts";
import { CASES } from "../kernels/cases.ts";
import { softQTraining } from "../learn/training.ts";
import { assertSameBits, gpuTest, runOn } from "./adapter.ts";
import { runProgram } from "./evaluate.ts";

/** The calls of cases as one program, with the inputs `a0, a1, …` and outputs `ya0, …` of the first, `b0, …` of the second. */
function programOfCases(cases: readonly (readonly [name: string, test: Case])[]): Program {
  const named = cases.map(([name, { inputs, kernel, params }]) => {
    const tensors = inputs.map(input);
    return {
      inputs: tensors.map((tensor, k) => [`${name}${k}`, tensor] as const),
      outputs: call(kernel, tensors, params).map((tensor, k) => [`y${name}${k}`, tensor] as const),
    };
  });
  return programOf(
    Object.fromEntries(named.flatMap(({ inputs }) => inputs)),
    Object.fromEntries(named.flatMap(({ outputs }) => outputs)),
  );
}

const valuesOf = (name: string, { values }: Case) =>
  Object.fromEntries(values.map((each, k) => [`${name}${k}`, each]));

const dispatchesOf = (program: Program, adapter: AdapterKind): readonly Dispatch[] =>
  schedule(plan(pairIndependent(lower(program), adapter)), adapter).dispatches;

/** A case of each kernel, of one replica. */
const ONE_EACH = Object.values(CASES).map((cases) =>
  fc.sample(cases, { numRuns: 40, seed: 5 }).find(({ inputs }) => inputs[0]!.shape[0] === 1)!
);

for (const variants of ["software", "hardware"] as const) {
  gpuTest(
    `Two kernels in one dispatch give the bits of each alone (shaders for ${variants})`,
    async (device) => {
      let shared = 0;
      const firsts = ONE_EACH.filter((_, k) => (k % 2 === 0) === (variants === "software"));
      for (const first of firsts) {
        const second = ONE_EACH[(ONE_EACH.indexOf(first) + 1) % ONE_EACH.length]!;
        const both = programOfCases([["a", first], ["b", second]]);
        const alone = [programOfCases([["a", first]]), programOfCases([["b", second]])];
        const apart = alone.reduce((sum, program) => sum + dispatchesOf(program, variants).length, 0);
        if (dispatchesOf(both, variants).length === apart) continue;
        shared++;
        const values = { ...valuesOf("a", first), ...valuesOf("b", second) };
        const found = await runOn(device, both, values);
        const expected = {
          ...await runOn(device, alone[0]!, valuesOf("a", first)),
          ...await runOn(device, alone[1]!, valuesOf("b", second)),
        };
        for (const [name, wanted] of Object.entries(expected)) {
          assertSameBits(found[name]!, wanted, `${first.title}, ${second.title}: ${name}`);
        }
      }
      assert(shared >= firsts.length / 3, `only ${shared} of ${firsts.length} pairs share a dispatch`);
    },
    () => ({ variants }),
  );
}

Deno.test("A program of pairs computes what the program computes", async () => {
  const { program } = updateProgram(
    softQTraining(pointMass(), {
      ...{ hidden: [8], batch: 4, valueParticles: 4, fixedParticles: 4, movedParticles: 4 },
      ...{ capacity: 16, replicas: 2, minimumReplay: 4 },
    }),
  );
  const lowered = lower(program),
    values = Object.fromEntries(program.inputs.map(({ name, variable }, k) => {
      const { shape, element } = program.types[variable]!;
      return [
        name,
        Array.from(
          { length: sizeOf(shape) },
          (_, i) => element === "u32" ? 1 + i % 4 : Math.sin(7 * k + i) ** 2,
        ),
      ];
    }));
  const expected = await runProgram(referenceDevice(), lowered, values);
  for (const adapter of ["software", "hardware"] as const) {
    const paired = pairIndependent(lowered, adapter);
    assert(paired.equations.some(({ operation }) => nameOf(operation) === "dense + dense"));
    assert.deepEqual(await runProgram(referenceDevice(), paired, values), expected);
  }
});

/** The dispatches of two layers that do not depend on one another, apart. */
function twoLayers(R: number, other: number): readonly [Dispatch, Dispatch] {
  const one = (replicas: number, columns: number) =>
    schedule(
      plan(
        trace({ x: f32(replicas, 8, 8), w: f32(replicas, 9, columns) }, ({ x, w }) => ({ y: dense(x, w) })),
      ),
      "hardware",
    ).dispatches[0]!;
  return [one(R, 8), one(other, 64)];
}

Deno.test("Two dispatches stay apart where one would bind too much, differ in its grid, or read what it writes", () => {
  const [first, second] = twoLayers(1, 1);
  const on = (dispatch: Dispatch, more: number): Dispatch => ({
    ...dispatch,
    bindings: dispatch.bindings.map((bound) => bound && { ...bound, buffer: bound.buffer + more }),
  });
  assert(sideBySide(first, on(second, 10)) !== null);
  assert.equal(sideBySide(first, second), null, "both write one buffer");
  const [written] = first.bindings.flatMap((bound) => bound?.written ? [bound.buffer] : []);
  const reading = { ...on(second, 10), bindings: [...on(second, 10).bindings] };
  reading.bindings[1] = { buffer: written!, written: false };
  assert.equal(sideBySide(first, reading), null, "the second reads what the first writes");
  assert.equal(sideBySide(...twoLayers(1, 2)), null, "other replicas");
  assert.equal(
    sideBySide(first, { ...on(second, 10), workgroups: [65535, 1, 1] }),
    null,
    "too many workgroups",
  );
  assert.equal(
    sideBySide(first, { ...on(second, 10), source: "@fragment fn x() {}\n" }),
    null,
    "another language",
  );
});
