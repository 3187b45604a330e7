/**
 * Checks the known distributions' integrals, entropies and mode probabilities by quadrature in the plane and by
 * sampling.
 */
import { assert } from "../deps.ts";
import { keyOf } from "../../src/random/key.ts";
import { input } from "../../src/tensor/expression.ts";
import { f32 } from "../../src/tensor/shape.ts";
import { evaluate } from "../device/evaluate.ts";
import { midpointRule } from "../../src/exact/quadrature.ts";
import { type Law, oneBump, ridge, ring, separatedModes } from "./laws.ts";

const energies = async (law: Law, actions: ArrayLike<number>): Promise<number[]> => {
  const action = input(f32(1, actions.length / law.dimension, law.dimension));
  return (await evaluate({ action }, { action: actions }, { e: law.energy(action) }))["e"]!;
};

for (const law of [oneBump(2, 0.3), separatedModes(4, 2), separatedModes(8, 2), ring(2), ridge(2)]) {
  Deno.test(`The integral of exp of the energy is that of quadrature: ${law.name}`, async () => {
    const { actions, weights } = midpointRule(400);
    const integral = (await energies(law, actions)).reduce((sum, e, k) => sum + weights[k]! * Math.exp(e), 0);
    // Cells of 0.005 against a width of 0.05: the midpoint rule errs by its square over 24, 4e-4.
    assert(Math.abs(Math.log(integral) - law.logZ) <= 4e-4, `${Math.log(integral)} instead of ${law.logZ}`);
  });
}

const LAWS = [
  ...[2, 8, 17].flatMap((
    d,
  ) => [oneBump(d, 0.3), separatedModes(2, d), separatedModes(4, d), separatedModes(8, d)]),
  ...[2, 8].flatMap((d) => [ring(d), ridge(d)]),
];

for (const law of LAWS) {
  Deno.test(`Entropy and shares of the modes are those of draws: ${law.name}`, async () => {
    const count = 3000, drawn = law.draw(keyOf(4), count);
    const surprises = (await energies(law, drawn)).map((e) => law.logZ - e);
    const mean = surprises.reduce((a, b) => a + b) / count;
    const error = Math.sqrt(surprises.reduce((sum, x) => sum + (x - mean) ** 2, 0) / count / count);
    // Five standard errors, and what bumps that overlap make of the sum of their entropies.
    assert(Math.abs(mean - law.entropy) <= 5 * error + 0.005, `${mean} ± ${error} instead of ${law.entropy}`);
    const counts = law.shares.map(() => 0);
    for (let i = 0; i < count; i++) {
      counts[law.modeOf(drawn.subarray(i * law.dimension, (i + 1) * law.dimension))]!++;
    }
    counts.forEach((n, m) => {
      const share = law.shares[m]!;
      assert(
        Math.abs(n / count - share) <= 5 * Math.sqrt(share * (1 - share) / count) + 0.002,
        `mode ${m}: ${n / count} instead of ${share}`,
      );
    });
  });
}
