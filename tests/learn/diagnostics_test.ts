import { assert } from "../deps.ts";
import { pointMass } from "../../envs/point_mass.ts";
import { cpuDevice } from "../../src/device/cpu.ts";
import type { Device } from "../../src/device/device.ts";
import { referenceDevice } from "../../src/device/reference.ts";
import { softQDiagnostics } from "../../src/learn/soft_q/diagnostics.ts";
import type { SoftQStep } from "../../src/learn/soft_q/update.ts";
import { trace } from "../../src/tensor/program.ts";
import { f32 } from "../../src/tensor/shape.ts";
import { begin, isDone } from "../../src/train/loop.ts";
import { iterate } from "../../src/train/iteration.ts";
import { softQTraining } from "./training.ts";
import { assertClose, assertSameBits, gpuTest, right, runOn } from "../device/adapter.ts";

const TYPES = {
  q: f32(2, 3),
  target: f32(2, 3),
  nextQ: f32(2, 3, 4),
  action: f32(2, 6, 2),
  criticGradient: f32(2, 5),
  samplerGradient: f32(2, 7),
  alpha: f32(2),
};

/** Diagnostics with uniform value samples on [-1, 1]². */
const program = trace(TYPES, ({ alpha, ...step }) => ({
  ...softQDiagnostics({ ...step, logDensity: -2 * Math.LN2 } as unknown as SoftQStep, alpha),
}));

const EXACT = { absolute: 1e-9, relative: 1e-9 };

Deno.test("Diagnostics equal what is computed by hand, replica by replica", async () => {
  const nextQ = Array.from({ length: 24 }, (_, i) => i < 12 ? 3 : Math.sin(i)), alpha = [0.5, 0.7];
  const found = await runOn(referenceDevice(), program, {
    q: [1, 2, 3, 0, 0, 0],
    target: [1, 1, 5, -1, 1, 4],
    nextQ,
    action: [1, 0.995, 0.5, -1, 0, 0, 0, 0, 0, 0, 0, 0, ...new Array(12).fill(0.989)],
    criticGradient: [3, 4, 0, 0, 0, 1, 1, 1, 1, 0],
    samplerGradient: [0, 0, 0, 0, 0, 0, 0, 1, 2, 2, 0, 0, 0, 0],
    alpha,
  });
  assertClose(found["tdError"]!, Float64Array.of(1, 2), EXACT, "tdError");
  assertClose(found["boundShare"]!, Float64Array.of(0.25, 0), EXACT, "boundShare");
  assertClose(found["criticGradientNorm"]!, Float64Array.of(5, 2), EXACT, "criticGradientNorm");
  assertClose(found["samplerGradientNorm"]!, Float64Array.of(0, 3), EXACT, "samplerGradientNorm");
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  const states = [0, 1, 2].map((b) => nextQ.slice(12 + 4 * b, 16 + 4 * b));
  const byHand = states.map((q) => {
    const weights = q.map((x) => Math.exp(x / alpha[1]!)), total = weights.reduce((a, b) => a + b, 0);
    const value = alpha[1]! * Math.log(4 * total / 4); // density 1/4
    return {
      spread: Math.sqrt(mean(q.map((x) => (x - mean(q)) ** 2))),
      effective: total ** 2 / weights.reduce((a, w) => a + w * w, 0),
      entropy: (value - q.reduce((a, x, k) => a + weights[k]! / total * x, 0)) / alpha[1]!,
    };
  });
  // Of a constant Q the law is uniform: all four samples count, and the entropy is the logarithm of the square's area.
  const of = (name: "spread" | "effective" | "entropy") => mean(byHand.map((each) => each[name]));
  assertClose(found["qSpread"]!, Float64Array.of(0, of("spread")), EXACT, "qSpread");
  assertClose(found["effectiveParticles"]!, Float64Array.of(4, of("effective")), EXACT, "effectiveParticles");
  assertClose(found["entropy"]!, Float64Array.of(Math.log(4), of("entropy")), EXACT, "entropy");
});

Deno.test("The mixture's effective samples and the weight of its uniform ones follow from the importance weights", async () => {
  const program = trace(
    { ...TYPES, logDensity: f32(2, 3, 4) },
    ({ alpha, ...step }) => ({
      ...softQDiagnostics({ ...step, uniforms: 1 } as unknown as SoftQStep, alpha),
    }),
  );
  const nextQ = Array.from({ length: 24 }, (_, i) => Math.cos(i)), alpha = [0.5, 0.7];
  const logDensity = Array.from({ length: 24 }, (_, i) => Math.sin(3 * i) - 1);
  const found = await runOn(referenceDevice(), program, {
    q: new Array(6).fill(0),
    target: new Array(6).fill(0),
    action: new Array(24).fill(0),
    criticGradient: new Array(10).fill(1),
    samplerGradient: new Array(14).fill(1),
    nextQ,
    logDensity,
    alpha,
  });
  const wanted = (of: (weights: readonly number[]) => number): Float64Array =>
    Float64Array.of(0, 1).map((r) => {
      const each = [0, 1, 2].map((b) =>
        of([0, 1, 2, 3].map((k) => {
          const i = 12 * r + 4 * b + k;
          return Math.exp(nextQ[i]! / alpha[r]! - logDensity[i]!);
        }))
      );
      return each.reduce((a, b) => a + b) / 3;
    });
  const total = (weights: readonly number[]): number => weights.reduce((a, w) => a + w);
  const share = wanted((weights) => weights[3]! / total(weights));
  const effective = wanted((weights) => total(weights) ** 2 / total(weights.map((w) => w * w)));
  assertClose(found["uniformWeight"]!, share, EXACT, "uniformWeight");
  assertClose(found["effectiveParticles"]!, effective, EXACT, "effectiveParticles");
});

/** All that is learned in a short training, with and without diagnostics. */
async function sameBits(device: Device): Promise<void> {
  const options = {
    steps: 75,
    minimumReplay: 25,
    hidden: [16, 16],
    batch: 8,
    valueParticles: 8,
  };
  const training = softQTraining(pointMass(), { ...options, fixedParticles: 4, movedParticles: 4 });
  const { update } = training.learner;
  const silent: typeof training.learner = {
    ...training.learner,
    update: (...given) => ({ ...update(...given), metrics: {} }),
  };
  const learned = await Promise.all([training.learner, silent].map(async (learner) => {
    const { running, state } = right(await begin(device, { ...training, learner })());
    let now = state;
    while (!isDone(running, now)) now = right(await iterate(running, now)());
    return right(await running.executable.read(["critic", "criticSecond", "sampler", "samplerFirst"])());
  }));
  for (const name of ["critic", "criticSecond", "sampler", "samplerFirst"] as const) {
    assertSameBits(learned[0]![name], learned[1]![name], name);
  }
  assert(learned[0]!.critic.some((x) => x !== 0));
}

Deno.test("The parameters have the same bits with diagnostics and without, on the CPU", () =>
  sameBits(cpuDevice()));

gpuTest("The parameters have the same bits with diagnostics and without, on a GPU", sameBits);
