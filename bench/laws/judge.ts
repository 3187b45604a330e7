/**
 * A sampler's law compared with its target: a bound on the divergence, the entropy, the modes' shares; and the error of
 * the soft value estimated from the sampler's draws.
 *
 * The sampler's density cannot be computed. With Gaussian noise of deviation σ added to its draws it has one, the
 * mean of Gaussians around all draws, and with centres c₁ … c_M and u ~ N(c₀, σ²),
 *
 *     KL(sampler with noise ‖ law) ≤ E[ log 1/(M+1) Σ_{m=0…M} N(u; c_m, σ²) - log p(u) ] ,
 *
 * because the mean that contains the sample's own centre is too large on average (Yin and Zhou 2018, their equation 8);
 * the bound becomes tight as M grows. The minimum over several σ is reported. The entropy is estimated from the
 * distances to the fourth nearest neighbour (Kozachenko and Leonenko 1987), and so is the second number for the
 * divergence, `-H - E[log p]`, which is no bound but has no noise added. Both are biased, most in many dimensions: as
 * many independent draws from the law itself are judged too; their divergence should be 0.
 *
 * @module
 */

import { E } from "../../src/deps.ts";
import type { Device } from "../../src/device/device.ts";
import { softValue } from "../../src/kernels/soft_value.ts";
import { hostNetwork } from "../../src/learn/host_network.ts";
import type { Layout } from "../../src/learn/network.ts";
import { proposalRows, propose } from "../../src/learn/soft_q/proposal.ts";
import type { SoftQ } from "../../src/learn/soft_q/update.ts";
import { normal, uniform } from "../../src/random/draw.ts";
import { child, type Key, keyOf } from "../../src/random/key.ts";
import { deviationOf, meanOf } from "../../src/report/statistics.ts";
import { input } from "../../src/tensor/expression.ts";
import { constant, reshape } from "../../src/tensor/primitives.ts";
import { programOf } from "../../src/tensor/program.ts";
import { f32 } from "../../src/tensor/shape.ts";
import type { Law } from "../../tests/exact/laws.ts";

/** Draws u of the sampler, before the tanh. */
export function drawsOf(layout: Layout, parameters: Float32Array, key: Key, count: number): Float64Array {
  const A = layout.network.sample, xi = normal(key, count * A), out = new Float64Array(count * A);
  const network = hostNetwork(layout), row = new Float32Array(A);
  for (let i = 0; i < count; i++) {
    network.apply(parameters, 0, xi.subarray(i * A, (i + 1) * A), [1], row);
    out.set(row, i * A);
  }
  return out;
}

/** Σ log(1 - tanh² u) of all coordinates. */
const logSlope = (u: Float64Array): number =>
  u.reduce((sum, x) => sum + 2 * (Math.LN2 - Math.abs(x) - Math.log1p(Math.exp(-2 * Math.abs(x)))), 0);

/** Log densities of u under the law, in the coordinates before the tanh. */
async function logDensities(device: Device, law: Law, u: Float64Array): Promise<readonly number[]> {
  const A = law.dimension, count = u.length / A, action = input(f32(1, count, A));
  const compiled = await device.compile(programOf({ action }, { energy: law.energy(action) }))();
  if (E.isLeft(compiled)) throw new Error(compiled.left.message);
  compiled.right.write("action", u.map(Math.tanh));
  compiled.right.run();
  const read = await compiled.right.read(["energy"])();
  compiled.right.close();
  if (E.isLeft(read)) throw new Error(read.left.message);
  return Array.from(read.right.energy, (e, i) => e - law.logZ + logSlope(u.subarray(i * A, (i + 1) * A)));
}

/** Squared distances of a point from all points of a list. */
function squaredFrom(u: Float64Array, i: number, points: Float64Array, A: number, out: Float64Array): void {
  for (let j = 0, at = 0; j < out.length; j++) {
    let sum = 0;
    for (let k = 0; k < A; k++, at++) sum += (u[i * A + k]! - points[at]!) ** 2;
    out[j] = sum;
  }
}

const NEIGHBOUR = 4;
/** ψ of a positive integer. */
const digamma = (n: number): number => {
  let sum = -0.5772156649015329;
  for (let j = 1; j < n; j++) sum += 1 / j;
  return sum;
};
/** log of the volume of the unit ball in d dimensions. */
const logBall = (d: number): number =>
  d < 2 ? (d === 0 ? 0 : Math.LN2) : logBall(d - 2) + Math.log(2 * Math.PI / d);

/** Entropy of u by the distances to the fourth nearest neighbour. */
function entropyOf(u: Float64Array, A: number): number {
  const count = u.length / A, squared = new Float64Array(count);
  let total = 0;
  for (let i = 0; i < count; i++) {
    squaredFrom(u, i, u, A, squared);
    const nearest = new Float64Array(NEIGHBOUR + 1).fill(Infinity); // itself among them
    for (const x of squared) {
      if (x >= nearest[NEIGHBOUR]!) continue;
      let k = NEIGHBOUR;
      for (; k > 0 && nearest[k - 1]! > x; k--) nearest[k] = nearest[k - 1]!;
      nearest[k] = x;
    }
    total += 0.5 * Math.log(Math.max(nearest[NEIGHBOUR]!, 1e-24));
  }
  return digamma(count) - digamma(NEIGHBOUR) + logBall(A) + A * total / count;
}

/** The bound on the divergence of the sampler with noise. */
async function boundOf(
  device: Device,
  law: Law,
  centres: Float64Array,
  own: Float64Array,
  sigma: number,
): Promise<number> {
  const A = law.dimension, count = own.length / A, M = centres.length / A;
  const noise = normal(keyOf(77), own.length), u = own.map((c, i) => c + sigma * noise[i]!);
  const squared = new Float64Array(M), scale = A * Math.log(sigma * Math.sqrt(2 * Math.PI));
  const mixed = Array.from({ length: count }, (_, i) => {
    squaredFrom(u, i, centres, A, squared);
    let least = 0;
    for (let k = 0; k < A; k++) least += (u[i * A + k]! - own[i * A + k]!) ** 2;
    const ofOwn = least;
    for (const x of squared) least = Math.min(least, x);
    let sum = Math.exp((least - ofOwn) / (2 * sigma ** 2));
    for (const x of squared) sum += Math.exp((least - x) / (2 * sigma ** 2));
    return Math.log(sum / (M + 1)) - least / (2 * sigma ** 2) - scale;
  });
  return meanOf(mixed) - meanOf(await logDensities(device, law, u));
}

/** Measures of a sampler's law. */
export interface Judgement {
  /** The bound on the divergence, nats. */
  readonly divergenceBound: number;
  /** The divergence by nearest neighbours, nats. */
  readonly divergence: number;
  /** Entropy of the actions by nearest neighbours, nats. */
  readonly entropy: number;
  readonly shares: readonly number[];
  /** The largest error of a mode's share. */
  readonly shareError: number;
}

/** How many draws are judged; the bound has twice as many centres. */
const DRAWS = 4000;

/** Judges draws u of a sampler, before the tanh, with other draws as the bound's centres. */
async function judgeDraws(
  device: Device,
  law: Law,
  u: Float64Array,
  centres: Float64Array,
): Promise<Judgement> {
  const A = law.dimension, count = u.length / A;
  const logDensity = await logDensities(device, law, u), entropy = entropyOf(u, A);
  const counts = law.shares.map(() => 0);
  for (let i = 0; i < count; i++) counts[law.modeOf(u.subarray(i * A, (i + 1) * A).map(Math.tanh))]!++;
  const shares = counts.map((n) => n / count);
  const bounds = [];
  for (const sigma of [0.03, 0.06, 0.1, 0.15, 0.2]) {
    bounds.push(await boundOf(device, law, centres, u.subarray(0, 500 * A), sigma));
  }
  return {
    divergenceBound: Math.min(...bounds),
    divergence: -entropy - meanOf(logDensity),
    entropy: entropy + logSlope(u) / count,
    shares,
    shareError: Math.max(...shares.map((share, m) => Math.abs(share - law.shares[m]!))),
  };
}

/** Judges a sampler. */
export const judge = (
  device: Device,
  law: Law,
  layout: Layout,
  parameters: Float32Array,
): Promise<Judgement> =>
  judgeDraws(
    device,
    law,
    drawsOf(layout, parameters, keyOf(31), DRAWS),
    drawsOf(layout, parameters, keyOf(32), 2 * DRAWS),
  );

/** Judges independent draws of the law: the estimates' values for divergence 0. */
export const judgeLaw = (device: Device, law: Law): Promise<Judgement> => {
  const of = (seed: number, count: number) => law.draw(keyOf(seed), count).map(Math.atanh);
  return judgeDraws(device, law, of(31, DRAWS), of(32, 2 * DRAWS));
};

/** A proposal and how many samples it makes. */
export interface ProposalChoice extends Partial<SoftQ> {
  readonly valueProposal: SoftQ["valueProposal"];
  readonly valueParticles: number;
}

/** The soft value's error by a proposal, nats: mean and deviation over many estimates. */
export async function valueError(
  device: Device,
  law: Law,
  layout: Layout,
  parameters: Float32Array,
  choice: ProposalChoice,
  trials = 400,
): Promise<{ readonly bias: number; readonly deviation: number }> {
  const A = law.dimension;
  const o: SoftQ = {
    observation: 1,
    action: A,
    hidden: layout.network.hidden,
    batch: trials,
    fixedParticles: 2,
    movedParticles: 1,
    squash: "pre-tanh",
    bandwidth: "median",
    valueSamples: "per-state",
    critics: 1,
    ...choice,
  };
  const rows = proposalRows(o), count = Math.max(1, rows.noise + rows.jitter);
  const inputs = {
    sampler: input(f32(1, parameters.length)),
    value: input(f32(1, Math.max(1, rows.value), A)),
    proposal: input(f32(1, count, A)),
  };
  const { action, logDensity } = propose(o, layout, inputs.sampler, constant(1, [1, trials, 1]), inputs);
  const energy = reshape(law.energy(action), [1, trials, o.valueParticles]);
  const compiled = await device.compile(
    programOf(inputs, { v: softValue(energy, constant(1, [1]), logDensity) }),
  )();
  if (E.isLeft(compiled)) throw new Error(compiled.left.message);
  compiled.right.write("sampler", parameters);
  compiled.right.write(
    "value",
    uniform(child(keyOf(41), 0), Math.max(1, rows.value) * A).map((x) => 2 * x - 1),
  );
  compiled.right.write("proposal", normal(child(keyOf(41), 1), count * A));
  compiled.right.run();
  const read = await compiled.right.read(["v"])();
  compiled.right.close();
  if (E.isLeft(read)) throw new Error(read.left.message);
  const errors = Array.from(read.right.v, (v) => v - law.logZ);
  return { bias: meanOf(errors), deviation: deviationOf(errors) };
}
