/**
 * What is said of an update that froze a replica was so: its loss, or which gradient, and after which environment step.
 */
import { assert, fc } from "../deps.ts";
import { pointMass } from "../../envs/point_mass.ts";
import { cpuDevice } from "../../src/device/cpu.ts";
import { freezeWhereNotFinite } from "../../src/kernels/finite.ts";
import { type Learner, learnerOf } from "../../src/learn/learner.ts";
import { add, constant, div, less, reshape, select, sub, toReal } from "../../src/tensor/operations.ts";
import type { Tensor } from "../../src/tensor/expression.ts";
import { f32, u32 } from "../../src/tensor/shape.ts";
import { begin, type Training } from "../../src/train/loop.ts";
import { frozenText } from "../../src/train/non_finite_causes.ts";
import { iterate } from "../../src/train/iteration.ts";
import { right } from "../device/adapter.ts";

/** What goes wrong in a replica, and in which of its updates. */
interface Fault {
  readonly what: keyof typeof SAYS;
  readonly at: number;
}

const SAYS = {
  loss: "its loss",
  critic: "the gradient of its critics",
  sampler: "the gradient of its sampler",
  other: "a gradient",
} as const;

interface Settings {
  /** `[R]` the update in which each number is infinite. */
  readonly atLoss: Tensor;
  readonly atCritic: Tensor;
  readonly atSampler: Tensor;
  readonly atOther: Tensor;
}

/** Counts its updates in one parameter, unless it is frozen. */
const counting: Learner<Fault> = learnerOf<
  { readonly updates: Tensor; readonly frozen: Tensor; readonly count: Tensor },
  Settings,
  Fault
>({
  batch: 2,
  state: (R) => ({ updates: u32(R), frozen: u32(R), count: f32(R, 2) }),
  settings: (R) => ({ atLoss: f32(R), atCritic: f32(R), atSampler: f32(R), atOther: f32(R) }),
  *initial(keys) {
    yield;
    return {
      updates: new Uint32Array(keys.length),
      frozen: new Uint32Array(keys.length),
      count: new Float32Array(2 * keys.length),
    };
  },
  written: (each) => {
    const of = (what: Fault["what"]) => each.map((fault) => fault.what === what ? fault.at : 1e6);
    return { atLoss: of("loss"), atCritic: of("critic"), atSampler: of("sampler"), atOther: of("other") };
  },
  update: ({ updates, frozen, count }, settings) => {
    const [R] = updates.shape as [number], next = add(updates, constant(1, [R], "u32"));
    const infinite = (at: Tensor): Tensor => div(1, sub(toReal(next), at));
    const loss = infinite(settings.atLoss), other = infinite(settings.atOther);
    const critic = infinite(settings.atCritic), sampler = infinite(settings.atSampler);
    const gradient = reshape(add(critic, other), [R, 1]);
    const byCritic = freezeWhereNotFinite(gradient, frozen, next, loss);
    const bySampler = freezeWhereNotFinite(reshape(sampler, [R, 1]), byCritic, next);
    const still = less(constant(0), toReal(bySampler));
    const moved = select(reshape(still, [R, 1]), count, add(count, 1));
    return {
      state: { updates: next, frozen: bySampler, count: moved },
      metrics: {
        loss,
        criticGradientNorm: critic,
        samplerGradientNorm: sampler,
      },
    };
  },
  policy: { size: 2, noise: 0, act: (_, __, ___, ____, out) => void out.fill(0.1) },
  policyEntry: "count",
  blocks: [],
});

const trainingWith = (faults: readonly Fault[], chunk: number, minimumReplay: number): Training<Fault> => ({
  environment: pointMass(),
  learner: counting,
  seed: 0,
  replicas: faults.length,
  environments: 1,
  steps: 6 * chunk,
  chunk,
  stepsPerUpdate: 1,
  minimumReplay,
  capacity: 1000,
  horizon: 20,
  explorationNoise: null,
  journal: false,
  settings: () => faults,
});

Deno.test("The value that froze a replica and its environment step are reported for each, and the others' bits are unchanged", async () => {
  const device = cpuDevice({ workers: 1 });
  const what = fc.constantFrom<Fault["what"]>("loss", "critic", "sampler", "other");
  const fault = fc.record({ what, at: fc.integer({ min: 1, max: 30 }) });
  await fc.assert(
    fc.asyncProperty(
      fc.array(fault, { minLength: 1, maxLength: 4 }),
      fc.integer({ min: 3, max: 6 }),
      fc.integer({ min: 0, max: 12 }),
      async (faults, chunk, minimumReplay) => {
        const training = trainingWith(faults, chunk, minimumReplay);
        const { running, state: begun } = right(await begin(device, training)());
        let state = begun;
        while (state.steps < training.steps) state = right(await iterate(running, state)());
        const { count } = right(await running.executable.read(["count"])());
        const { updates } = right(await running.executable.read(["updates"])());
        running.executable.close();
        faults.forEach(({ what, at }, r) => {
          assert.equal(updates[r], state.updates);
          const frozen = at <= state.updates;
          assert.equal(state.frozen[r], frozen ? at : 0);
          assert.equal(count[2 * r], frozen ? at - 1 : state.updates);
          if (!frozen) return;
          // The first chunk after which there are enough transitions is the first that is learned from.
          let steps = chunk;
          while (steps < minimumReplay) steps += chunk;
          for (let update = chunk; update < at; update += chunk) steps += chunk;
          assert.equal(
            frozenText(training, state, r),
            `${SAYS[what]} was not finite at update ${at}, after environment step ${steps}`,
          );
        });
      },
    ),
    { numRuns: 60 },
  );
  device.close();
});
