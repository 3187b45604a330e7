/** One soft Q update against the same update by hand, for every value of every option, in float64. */
import { assert } from "../deps.ts";
import type { SoftQ } from "../../src/learn/soft_q/update.ts";
import { updateByHand } from "./by_hand.ts";
import { runStep, SMALL, stepValues } from "./step_fixture.ts";

const R = 2;

/** Every combination of the options that shape the program. */
const combinations: readonly SoftQ[] = (["pre-tanh", "post-tanh", "bounds-penalty"] as const).flatMap((
  squash,
) =>
  (["median", "paper", "decile"] as const).flatMap((bandwidth) =>
    (["per-state", "shared"] as const).flatMap((valueSamples) =>
      (["uniform", "mixture", "sampler"] as const).flatMap((valueProposal) =>
        ([1, 2] as const).map((critics): SoftQ => ({
          ...SMALL,
          squash,
          bandwidth,
          valueSamples,
          valueProposal,
          critics,
          // Five samples, of which three lie around two centres; with two critics σ is the centres' own.
          ...valueProposal === "mixture"
            ? {
              valueParticles: 5,
              mixtureCentres: 2,
              mixtureWidth: critics === 1 ? 0.6 : 0,
              mixtureShare: 0.6,
            }
            : {},
        }))
      )
    )
  )
);

/** The differences by hand err by 1e-16 f⁽⁵⁾ / 30 and 3e-12 |f|: below 1e-7 for fifth derivatives up to 3e10. */
function near(found: readonly number[], wanted: readonly number[], what: string): void {
  assert.equal(found.length, wanted.length, what);
  found.forEach((x, i) =>
    assert(
      Math.abs(x - wanted[i]!) <= 1e-7 * (1 + Math.abs(x)),
      `${what}[${i}]: ${x} instead of ${wanted[i]}`,
    )
  );
}

/** Layer normalisation in networks of one and of two hidden layers, with the proposals that ask the sampler. */
const normalised: readonly SoftQ[] = (["mixture", "sampler"] as const).map((valueProposal, k): SoftQ => ({
  ...SMALL,
  normalisation: "layer",
  hidden: k === 0 ? [6] : [6, 5], // of which no unit is a step of the differences from its kink
  valueProposal,
  ...valueProposal === "mixture"
    ? { valueParticles: 5, mixtureCentres: 2, mixtureWidth: 0.6, mixtureShare: 0.6 }
    : {},
}));

for (const o of [...combinations, ...normalised]) {
  const { squash, bandwidth, valueSamples, valueProposal, critics, normalisation = "none" } = o;
  const title =
    `${squash}, ${bandwidth} bandwidth, ${valueSamples} samples, ${valueProposal} proposal, critics ${critics}, ` +
    `normalisation ${normalisation}`;
  Deno.test(`An update by program is the update by hand: ${title}`, async () => {
    const values = stepValues(o, R, 11);
    const found = await runStep(o, R, values);
    for (let r = 0; r < R; r++) {
      const hand = updateByHand(o, R, values, r);
      const part = (name: string): number[] => {
        const size = found[name]!.length / R;
        return found[name]!.slice(r * size, (r + 1) * size);
      };
      near(part("value"), hand.value, "value");
      near(part("target"), hand.target, "target");
      near(part("q"), hand.q, "q");
      near(part("loss"), [hand.loss], "loss");
      near(part("fallback"), [hand.fallback], "fallback");
      near(part("criticGradient"), hand.criticGradient, "criticGradient");
      near(part("next.critic"), hand.critic, "critic");
      near(part("next.criticTarget"), hand.criticTarget, "criticTarget");
      near(part("bandwidth"), hand.bandwidth, "bandwidth");
      near(part("direction"), hand.direction, "direction");
      near(part("samplerGradient"), hand.samplerGradient, "samplerGradient");
      near(part("next.sampler"), hand.sampler, "sampler");
    }
  });
}

Deno.test("The target bootstraps exactly where the episode did not terminate", async () => {
  const values = stepValues(SMALL, 1, 5);
  const ended = await runStep(SMALL, 1, { ...values, terminated: [1, 0, 1, 0] });
  values["reward"]!.forEach((reward, b) => {
    const without = values["rewardScale"]![0]! * reward;
    const wanted = b % 2 === 0 ? without : without + values["discount"]![0]! * ended["value"]![b]!;
    assert(Math.abs(ended["target"]![b]! - wanted) < 1e-14);
  });
});

Deno.test("Two critics learn the same target, the lesser of their targets'", async () => {
  const o: SoftQ = { ...SMALL, critics: 2 };
  const values = stepValues(o, 1, 6), half = values["critic"]!.length / 2;
  const both = await runStep(o, 1, values);
  const one = async (c: number): Promise<Record<string, number[]>> => {
    const part = (name: string): number[] => values[name]!.slice(c * half, (c + 1) * half);
    const alone = ["critic", "criticFirst", "criticSecond", "criticTarget"].map((name) => [name, part(name)]);
    return await runStep(SMALL, 1, { ...values, ...Object.fromEntries(alone) });
  };
  const [first, second] = [await one(0), await one(1)];
  both["value"]!.forEach((v, b) => assert(v <= Math.min(first["value"]![b]!, second["value"]![b]!) + 1e-14));
  assert.deepEqual(both["q"], first["q"]);
});

Deno.test("The slope of the bounds penalty is 10 outward of the box and 0 along its inside", async () => {
  // A sampler without weights puts every particle where its last bias says.
  const o: SoftQ = { ...SMALL, squash: "bounds-penalty", fixedParticles: 2, movedParticles: 1 };
  for (const [place, slope] of [[[1.5, 0.2], [-10, 0]], [[-2, 3], [10, -10]]]) {
    const values = stepValues(o, 1, 7);
    const sampler = new Array<number>(values["sampler"]!.length).fill(0);
    sampler.splice(sampler.length - 2, 2, ...place);
    const { direction } = await runStep(o, 1, { ...values, sampler });
    // All particles are at one place, so κ = 1 and nothing repels.
    for (let b = 0; b < o.batch; b++) {
      assert.deepEqual(direction.slice(2 * b, 2 * b + 2).map((x) => x + 0), slope);
    }
  }
});

Deno.test("The sampler's average follows it at every step, and leaves what is learned alone", async () => {
  const R = 2, rate = 0.125, averaging: SoftQ = { ...SMALL, samplerAverage: rate };
  const values = stepValues(averaging, R, 5);
  const [plain, averaged] = await Promise.all([
    runStep(SMALL, R, stepValues(SMALL, R, 5)),
    runStep(averaging, R, values),
  ]);
  for (const name of Object.keys(plain)) assert.deepEqual(averaged[name], plain[name], name);
  averaged["next.samplerTarget"].forEach((x, i) => {
    const before = values.samplerTarget[i], wanted = before + rate * (averaged["next.sampler"][i] - before);
    assert(Math.abs(x - wanted) <= 1e-12, `${x} ${wanted}`); // also for replica 1, whose critic's target is not due
  });
});

Deno.test("Two steps of the sampler in an update are two updates of the sampler alone, each with its noise", async () => {
  const o: SoftQ = { ...SMALL, samplerSteps: 2 }, once = SMALL, R = 2;
  const values = stepValues(once, R, 5), more = stepValues(once, R, 6);
  const zip = (name: string): number[] => {
    const size = values[name]!.length / R;
    return Array.from(
      { length: R },
      (_, r) => [values, more].map((of) => of[name]!.slice(r * size, (r + 1) * size)),
    )
      .flat(2);
  };
  const both = await runStep(o, R, { ...values, fixed: zip("fixed"), moved: zip("moved") });
  // The critic as it stands after the update, and no step of its own; ADAM has counted two steps an update.
  const critic = {
    critic: both["next.critic"]!,
    criticRates: values["criticRates"]!.map(() => 0),
  };
  const first = await runStep(once, R, {
    ...values,
    ...critic,
    updates: values["updates"]!.map((u) => 2 * u),
  });
  const second = await runStep(once, R, {
    ...values,
    ...critic,
    updates: values["updates"]!.map((u) => 2 * u + 1),
    fixed: more["fixed"]!,
    moved: more["moved"]!,
    sampler: first["next.sampler"]!,
    samplerFirst: first["next.samplerFirst"]!,
    samplerSecond: first["next.samplerSecond"]!,
  });
  for (const name of ["next.sampler", "next.samplerFirst", "next.samplerSecond", "direction"]) {
    both[name]!.forEach((x, i) =>
      assert(Math.abs(x - second[name]![i]!) <= 1e-12 * (1 + Math.abs(x)), `${name}[${i}]`)
    );
  }
  assert.notDeepEqual(first["next.sampler"], second["next.sampler"]);
});
