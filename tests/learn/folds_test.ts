/**
 * Samplers whose map ξ ↦ u is known, as proposals (equation 33): of those that fold the diagnostics speak, and of those
 * that are one to one they are silent.
 */
import { assert } from "../deps.ts";
import { type SoftQ, softQLayouts } from "../../src/learn/soft_q/update.ts";
import { normal } from "../../src/random/draw.ts";
import { keyOf } from "../../src/random/key.ts";
import type { Block } from "../../src/learn/network.ts";
import { diagnose, SMALL, stepValues } from "./step_fixture.ts";

/** A unit of a sampler's hidden layer: `out · max(0, weights · ξ + bias)` is added to u. */
interface Unit {
  readonly weights: readonly number[];
  readonly bias: number;
  readonly out: readonly number[];
}

/** A map ξ ↦ u that is linear in pieces. */
interface Piecewise {
  readonly units: readonly Unit[];
  readonly shift: readonly number[];
}

/** `out · max(0, weights · ξ + bias)` */
const ramp = (weights: readonly number[], bias: number, out: readonly number[]): readonly Unit[] => [
  { weights, bias, out },
];

/** `out · (weights · ξ)` */
const line = (weights: readonly number[], out: readonly number[]): readonly Unit[] => [
  ...ramp(weights, 0, out),
  ...ramp(weights.map((w) => -w), 0, out.map((v) => -v)),
];

/** `out · |weights · ξ|` */
const absolute = (weights: readonly number[], out: readonly number[]): readonly Unit[] => [
  ...ramp(weights, 0, out),
  ...ramp(weights.map((w) => -w), 0, out),
];

/** `u = M ξ`, a row of M for each number of u. */
const linear = (rows: readonly (readonly number[])[]): readonly Unit[] =>
  rows.flatMap((weights, k) => line(weights, rows.map((_, j) => j === k ? 1 : 0)));

const WIDE = 1.4, TURN = 0.7, ROOT = Math.SQRT1_2;

/** One to one, each in its own way. */
const INJECTIVE: Readonly<Record<string, Piecewise>> = {
  "a line": { units: linear([[WIDE]]), shift: [0.2] },
  "a line backwards": { units: linear([[-WIDE]]), shift: [-0.1] },
  "a line with a kink": { units: [...linear([[1.1]]), ...ramp([1], -0.3, [0.6])], shift: [0] },
  "a rotation": {
    units: linear([
      [WIDE * Math.cos(TURN), -WIDE * Math.sin(TURN)],
      [WIDE * Math.sin(TURN), WIDE * Math.cos(TURN)],
    ]),
    shift: [0.1, -0.2],
  },
  // The determinant is negative everywhere.
  "a reflection": { units: linear([[0, WIDE], [WIDE, 0]]), shift: [0, 0] },
  "a shear with a kink": {
    units: [...linear([[WIDE, 0], [0, WIDE]]), ...ramp([1, 0], 0, [0, 0.8])],
    shift: [0, 0],
  },
};

/** What lies beyond the line `normal · ξ = at` is turned over onto the other side, as paper is folded. */
const paper = (normal: readonly number[], at: number): Piecewise => ({
  units: [
    ...linear(normal.map((_, k) => normal.map((_, j) => j === k ? WIDE : 0))),
    ...ramp(normal, -at, normal.map((n) => -2 * WIDE * n)),
  ],
  shift: normal.map(() => 0),
});

/** Reaching actions from several ξ, with what part of the samples has the rarer sign of the determinant. */
const FOLDED: Readonly<Record<string, Piecewise & { readonly rarer: number }>> = {
  "a fold in the middle": { units: absolute([1.5], [1]), shift: [-2], rarer: 0.5 },
  // P(ξ > 1)
  "a fold at the side": { ...paper([1], 1), rarer: 0.159 },
  // It goes back where |ξ| < 0.5, with P = 0.383.
  "a line that goes back for a while": {
    units: [...linear([[WIDE]]), ...ramp([1], 0.5, [-2.4]), ...ramp([1], -0.5, [2.4])],
    shift: [0],
    rarer: 0.383,
  },
  "paper folded along an axis": { ...paper([0, 1], 0), rarer: 0.5 },
  // P(ξ > 0.6)
  "paper folded askew": { ...paper([ROOT, -ROOT], 0.6), rarer: 0.274 },
  "a fold in three dimensions": { ...paper([ROOT, 0, ROOT], 0.6), rarer: 0.274 },
  // As a square of complex numbers: ξ and -ξ come to the same, and the determinant is positive everywhere. So it covers
  // everything twice, and the excess is log 2.
  "a plane wound twice around": {
    units: [
      ...absolute([1, 0], [2, 0]),
      ...absolute([0, 1], [-2, 0]),
      ...absolute([ROOT, ROOT], [0, 2]),
      ...absolute([ROOT, -ROOT], [0, -2]),
    ],
    shift: [0, 0],
    rarer: 0,
  },
};

/** Value samples of the one state. */
const SAMPLES = 3000;

/** The diagnostics of a proposal by a sampler, with Q = 0 and α = 1. */
async function diagnosticsOf({ units, shift }: Piecewise): Promise<Record<string, number[]>> {
  const A = shift.length;
  const o: SoftQ = {
    ...SMALL,
    action: A,
    hidden: [units.length],
    batch: 1,
    valueParticles: SAMPLES,
    valueProposal: "sampler",
  };
  const { sampler } = softQLayouts(o), parameters = new Array<number>(sampler.size).fill(0);
  const [ofSample, ofState, last] = sampler.blocks as [Block, Block, Block];
  units.forEach(({ weights, bias, out }, unit) => {
    weights.forEach((w, k) => parameters[ofSample.start + k * ofSample.columns + unit] = w);
    parameters[ofState.start + o.observation * ofState.columns + unit] = bias;
    out.forEach((v, k) => parameters[last.start + unit * last.columns + k] = v);
  });
  shift.forEach((s, k) => parameters[last.start + units.length * last.columns + k] = s);
  const values = stepValues(o, 1, 1);
  return await diagnose(o, 1, {
    ...values,
    criticTarget: values["criticTarget"]!.map(() => 0),
    sampler: parameters,
    temperature: [1],
    proposal: [...normal(keyOf(5), SAMPLES * A)],
  });
}

Deno.test("For a one-to-one sampler the diagnostics of folding report nothing, whatever its orientation", async () => {
  for (const [name, map] of Object.entries(INJECTIVE)) {
    const { proposalFolds, proposalExcess } = await diagnosticsOf(map);
    assert.deepEqual(proposalFolds, [0], name);
    assert(Math.abs(proposalExcess![0]!) < 0.1, `${name}: an excess of ${proposalExcess}`);
  }
});

Deno.test("For a sampler that folds they report it: by the signs, or if it winds around by the excess of log 2", async () => {
  for (const [name, { rarer, ...map }] of Object.entries(FOLDED)) {
    const { proposalFolds, proposalExcess } = await diagnosticsOf(map);
    const folds = proposalFolds![0]!, excess = proposalExcess![0]!;
    // Four binomial deviations.
    const allowed = 4 * Math.sqrt(rarer * (1 - rarer) / SAMPLES);
    assert(Math.abs(folds - rarer) <= allowed, `${name}: folds ${folds}, not ${rarer}`);
    assert(folds > 0.1 || excess > 0.2, `${name}: folds ${folds}, excess ${excess}`);
    if (rarer === 0) assert(Math.abs(excess - Math.LN2) < 0.1, `${name}: an excess of ${excess}`);
  }
});
