/** The density of the sampler as a proposal (equation 33): against its histogram, its integral, and where it fails. */
import { assert } from "../deps.ts";
import { samplerPolicy } from "../../src/learn/policy.ts";
import { type SoftQ, softQLayouts } from "../../src/learn/soft_q/update.ts";
import { normal } from "../../src/random/draw.ts";
import { keyOf } from "../../src/random/key.ts";
import { runStep, SMALL, stepValues } from "./step_fixture.ts";
import type { Block } from "../../src/learn/network.ts";

/**
 * With Q̄ = 0, α = 1 and one value sample a state, the soft value is -log q of that sample; with many, it estimates
 * log ∫ da, the logarithm of the box's volume.
 */
const densityOf = (action: number, batch: number, valueParticles: number): SoftQ => ({
  ...SMALL,
  action,
  hidden: [4],
  batch,
  valueParticles,
  valueProposal: "sampler",
});

/** A sampler `u_k = c ξ_k + 0.3 relu(ξ_k) + shift`, by relu(x) - relu(-x): injective, with a kink. */
function injectiveSampler(o: SoftQ, slope: number, shift: number): number[] {
  const { sampler } = softQLayouts({ ...o, hidden: [2 * o.action] });
  const p = new Array<number>(sampler.size).fill(0),
    [ofSample, , last] = sampler.blocks as [Block, Block, Block];
  for (let k = 0; k < o.action; k++) {
    p[ofSample.start + k * ofSample.columns + 2 * k] = 1;
    p[ofSample.start + k * ofSample.columns + 2 * k + 1] = -1;
    p[last.start + 2 * k * last.columns + k] = slope + 0.3;
    p[last.start + (2 * k + 1) * last.columns + k] = -slope;
    p[last.start + 2 * o.action * last.columns + k] = shift;
  }
  return p;
}

function valuesFor(o: SoftQ, sampler: readonly number[], proposal: Float64Array): Record<string, number[]> {
  const base = stepValues(o, 1, 1);
  return {
    ...base,
    criticTarget: base["criticTarget"]!.map(() => 0),
    sampler: [...sampler],
    temperature: [1],
    proposal: [...proposal],
  };
}

Deno.test("The density of the sampler's actions is that of their histogram", async () => {
  const count = 20_000,
    o: SoftQ = { ...densityOf(1, count, 1), hidden: [2], fixedParticles: 2, movedParticles: 1 };
  const xi = normal(keyOf(3), count), sampler = injectiveSampler(o, 0.6, 0.2);
  const { value, fallback } = await runStep(o, 1, valuesFor(o, sampler, xi));
  assert.deepEqual(fallback, [0]);
  const { act } = samplerPolicy(softQLayouts(o).sampler, "tanh");
  const parameters = Float32Array.from(sampler), action = new Float32Array(1), bins = 20;
  const counts = new Array<number>(bins).fill(0), densities = new Array<number>(bins).fill(0);
  for (let i = 0; i < count; i++) {
    act(parameters, 0, [0, 0], [xi[i]!], action);
    const bin = Math.floor((action[0]! + 1) / 2 * bins);
    counts[bin]!++;
    densities[bin]! += Math.exp(-value[i]!);
  }
  counts.forEach((n, bin) => {
    if (n < 200) return;
    // E[1/q | bin] · P(bin) = width: the harmonic mean of q times the width is the bin's share.
    const share = n / count, mean = densities[bin]! / n * (2 / bins);
    // Five binomial deviations, and 3 % for the density's spread within a bin (mean against harmonic mean).
    assert(
      Math.abs(mean - share) <= 5 * Math.sqrt(share / count) + 0.03 * share,
      `bin ${bin}: the density says ${mean}, the histogram ${share}`,
    );
  });
  assert(counts.filter((n) => n >= 200).length > 12);
});

for (const action of [1, 2]) {
  Deno.test(`With Q = 0 the sampler as proposal gives the volume of the box in ${action} dimensions`, async () => {
    const o: SoftQ = {
      ...densityOf(action, 1, 40_000),
      hidden: [2 * action],
      movedParticles: 1,
      fixedParticles: 2,
    };
    // With u of deviation 1.2 to 1.5 the law of tanh u is broad, so that 1/q has a small variance.
    const xi = normal(keyOf(4), 40_000 * action);
    const { value } = await runStep(o, 1, valuesFor(o, injectiveSampler(o, 1.1, 0), xi));
    // Up to |ξ| = 4.5, beyond which none of 40 000 lies, 1/q over its mean has a deviation below 1.5 per dimension: five
    // standard errors are 0.04.
    assert(Math.abs(value[0]! - action * Math.LN2) <= 0.04 * action, `${value[0]}`);
  });
}

Deno.test("A sampler that is singular, or leaves the box, falls back to uniform actions and says so", async () => {
  const o: SoftQ = { ...SMALL, valueProposal: "sampler" };
  const values = stepValues(o, 1, 8), none = values["sampler"]!.map(() => 0);
  const uniform = await runStep({ ...o, valueProposal: "uniform" }, 1, { ...values, sampler: none });
  const singular = await runStep(o, 1, { ...values, sampler: none });
  assert.deepEqual(singular["fallback"], [1]);
  assert.deepEqual(singular["value"], uniform["value"]);
  const outside = none.map((_, i) => i >= none.length - 2 ? 5 : 0);
  const penalised = await runStep({ ...o, squash: "bounds-penalty" }, 1, {
    ...values,
    sampler: outside.map((x, i) => x + 0.01 * values["sampler"]![i]!),
  });
  assert.deepEqual(penalised["fallback"], [1]);
});
