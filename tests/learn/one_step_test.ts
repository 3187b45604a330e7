/** Every proposal on a task whose soft value is known, from ten seeds: right, or seen to be wrong. */
import { assert } from "../deps.ts";
import { learnOneStep, trueValue } from "./one_step.ts";

const SEEDS = 10;

for (const valueProposal of ["uniform", "mixture"] as const) {
  // What is below comes from the critic, which smooths the hump (the networks and the time are small), and from the
  // logarithm of a mean of 32 samples of which 13 count, (32/13 - 1) / 64 = 0.02; at γ = 0.9 all of it is ten times as
  // much. A proposal whose density is wrong is above: by 0.5 and 5 where a sampler folds.
  for (const [discount, below, above] of [[0, 0.12, 0.06], [0.9, 1.5, 0.6]]) {
    Deno.test(`From ten seeds the proposal ${valueProposal} learns the known value of a hump, γ = ${discount}`, async () => {
      const learned = await learnOneStep({ valueProposal }, discount, SEEDS, discount === 0 ? 1000 : 3000);
      learned.forEach(({ metrics, error }, seed) => {
        const value = metrics["value"]! - trueValue(discount);
        assert(-below <= value && value <= above, `seed ${seed}: V is ${value} off`);
        assert(-below <= error && error <= above, `seed ${seed}: Q is ${error} off`);
      });
    });
  }
}

// Without gain or bias of their own, normalised layers learn how large Q is by the last layer alone, whose weights begin
// small: for values of 22 that takes twice the updates. The bounds are those from above.
for (const [seeds, discount, below, above, updates] of [[5, 0, 0.12, 0.06, 1000], [2, 0.9, 1.5, 0.6, 6000]]) {
  Deno.test(`From ${seeds} seeds networks with layer normalisation learn the known value of a hump, γ = ${discount}`, async () => {
    const learned = await learnOneStep({ normalisation: "layer" }, discount, seeds, updates);
    learned.forEach(({ metrics, error }, seed) => {
      const value = metrics["value"]! - trueValue(discount);
      assert(-below <= value && value <= above, `seed ${seed}: V is ${value} off`);
      assert(-below <= error && error <= above, `seed ${seed}: Q is ${error} off`);
    });
  });
}

for (const [discount, updates] of [[0, 300], [0.9, 1000]]) {
  Deno.test(`Where the sampler as proposal is wrong, its diagnostics say so, and only there, γ = ${discount}`, async () => {
    const choices = { batch: 16, valueParticles: 16 };
    const uniform = await learnOneStep(
      { ...choices, valueProposal: "uniform" },
      discount,
      SEEDS,
      updates,
      0.2,
    );
    const learned = await learnOneStep(
      { ...choices, valueProposal: "sampler" },
      discount,
      SEEDS,
      updates,
      0.2,
    );
    let folded = 0;
    learned.forEach(({ metrics }, seed) => {
      const { value, proposalFolds, proposalExcess, proposalFallback } = metrics;
      const what = `seed ${seed}: V ${value}, folds ${proposalFolds}, excess ${proposalExcess}`;
      const above = (value - uniform[seed]!.metrics["value"]!) * (1 - discount);
      assert(proposalFallback < 0.02, what);
      if (above > 0.25) {
        folded++;
        assert(proposalFolds > 0.1 && proposalExcess > 0.2, what);
      } else assert(proposalFolds < 0.1 && proposalExcess < 0.2, what);
    });
    // The task was chosen because some seeds fold.
    assert(folded >= 1 && folded <= 5, `${folded} of ${SEEDS} samplers fold`);
  });
}
