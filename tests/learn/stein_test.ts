/**
 * The Stein direction on fixed energies: with repulsion particles share out among the modes as the law does, without it
 * they collapse.
 *
 * The bumps of the network's test overlap. A sampler that begins with all its samples in one basin of two that are far
 * apart stays there, because the divergence that it descends sees only where its samples are; free particles that begin
 * in both do not have this difficulty.
 */
import { assert } from "../deps.ts";
import { cpuDevice } from "../../src/device/cpu.ts";
import { adam, clock } from "../../src/kernels/adam.ts";
import { stein } from "../../src/kernels/stein.ts";
import { hostNetwork } from "../../src/learn/host_network.ts";
import { flatten, forward, initialise, layoutOf, weightsOf } from "../../src/learn/network.ts";
import { normal } from "../../src/random/draw.ts";
import { keyOf } from "../../src/random/key.ts";
import { input, type Tensor } from "../../src/tensor/expression.ts";
import { gradient, pullback } from "../../src/tensor/gradient.ts";
import {
  add,
  constant,
  exp,
  log,
  mul,
  random,
  reshape,
  sqrt,
  stopGradient,
  sub,
  sum,
} from "../../src/tensor/primitives.ts";
import { programOf } from "../../src/tensor/program.ts";
import { f32, type Operands, u32 } from "../../src/tensor/shape.ts";
import { compiled, valuesOf } from "../device/evaluate.ts";

/** An unnormalised log density of particles `[…, A]`. */
interface Energy {
  readonly dimension: number;
  readonly logDensity: (x: Tensor) => Tensor;
}

/** Bumps of deviation σ at -1 and 1, with the given share at -1. */
const bumps = (share: number, sigma: number): Energy => ({
  dimension: 1,
  logDensity: (x) => {
    const bump = (centre: number, weight: number): Tensor => {
      const away = sub(x, centre);
      return mul(exp(mul(mul(away, away), -0.5 / sigma ** 2)), weight);
    };
    return log(add(bump(-1, share), bump(1, 1 - share)));
  },
});

/** A ring of radius 1 and deviation 0.2 across. */
const RING: Energy = {
  dimension: 2,
  logDensity: (x) => {
    const away = sub(sqrt(sum(mul(x, x), x.shape.length - 1)), 1);
    return mul(mul(away, away), -0.5 / 0.2 ** 2);
  },
};

/** Particles that follow the direction, from a normal law. */
async function freeParticles(
  { dimension: A, logDensity }: Energy,
  alpha: number,
  steps: number,
): Promise<number[]> {
  const N = 100, x = input(f32(1, 1, N, A));
  const score = gradient(logDensity(x), [x])[0];
  const { direction } = stein(x, x, score, constant(alpha, [1]), "median");
  const executable = await compiled(cpuDevice(), programOf({ x }, { x: add(x, mul(direction, 0.3)) }));
  executable.write("x", normal(keyOf(1), N * A));
  executable.run(steps);
  return [...(await valuesOf(executable, ["x"]))["x"]];
}

/** Samples of a network that is trained to follow the direction. */
async function trainedSamples(
  { dimension: A, logDensity }: Energy,
  alpha: number,
  seed: number,
  updates: number,
): Promise<number[]> {
  const B = 2, M = 48;
  const layout = layoutOf({ sample: A, state: 1, hidden: [32, 32], output: A, activation: "relu" });
  const [parameters, first, second] = [0, 1, 2].map(() => input(f32(1, layout.size))) as Operands<Tensor>;
  const count = input(u32(1)), key = input(u32(1, 2)), weights = weightsOf(layout, parameters);
  const draw = (stream: number): Tensor =>
    forward(layout, weights, random(key, count, "normal", stream, [B * M, A]), constant(0, [1, B, 1]));
  const fixed = stopGradient(draw(1)), moved = draw(2);
  const cloud = (x: Tensor): Tensor => reshape(x, [1, B, M, A]);
  const [score] = gradient(logDensity(fixed), [fixed]);
  const { direction } = stein(cloud(fixed), cloud(moved), cloud(score), constant(alpha, [1]), "median");
  const descent = mul(reshape(direction, [1, B * M, A]), -1 / (B * M));
  const slope = flatten([layout], pullback([moved], [descent], weights));
  const ticks = clock(count, constant(1, [1], "u32"));
  const rates = constant([3e-3, 0], [1, 2]), frozen = constant(0, [1], "u32");
  const next = adam({ parameters, first, second }, slope, ticks.clock, rates, frozen);
  const executable = await compiled(
    cpuDevice(),
    programOf(
      { parameters, first, second, count, key },
      { parameters: next.parameters, first: next.first, second: next.second, count: ticks.updates },
    ),
  );
  const initial = new Float32Array(layout.size);
  initialise(layout, keyOf(seed), initial);
  executable.write("parameters", initial);
  executable.write("key", keyOf(seed + 1));
  executable.run(updates);
  const trained = (await valuesOf(executable, ["parameters"]))["parameters"] as Float32Array;
  const network = hostNetwork(layout), count_ = 4000, noise = normal(keyOf(9), count_ * A);
  const out = new Float32Array(A);
  return Array.from({ length: count_ }, (_, i) => {
    network.apply(trained, 0, noise.subarray(i * A, (i + 1) * A), [0], out);
    return [...out];
  }).flat();
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
const deviation = (values: readonly number[]): number => {
  const centre = mean(values);
  return Math.sqrt(mean(values.map((x) => (x - centre) ** 2)));
};
const left = (values: readonly number[]): number => values.filter((x) => x < 0).length / values.length;
const near = (found: number, wanted: number, tolerance: number, what: string): void =>
  assert(Math.abs(found - wanted) <= tolerance, `${what}: ${found} instead of ${wanted} ± ${tolerance}`);

/** Ten points of mass, as a share. */
const POINTS = 0.1;

const radii = (values: readonly number[]): number[] =>
  Array.from({ length: values.length / 2 }, (_, i) => Math.hypot(values[2 * i]!, values[2 * i + 1]!));

/** Shares of the eight sectors of a ring. */
function sectors(values: readonly number[]): number[] {
  const shares = new Array<number>(8).fill(0);
  for (let i = 0; i < values.length; i += 2) {
    const turn = (Math.atan2(values[i + 1]!, values[i]!) + Math.PI) / (2 * Math.PI);
    shares[Math.floor(8 * turn) % 8]! += 2 / values.length;
  }
  return shares;
}

for (const share of [0.5, 0.65]) {
  Deno.test(`Free particles share out among two bumps as the law does: ${share} to the left`, async () => {
    const particles = await freeParticles(bumps(share, 0.4), 1, 700);
    near(left(particles), share, POINTS, "mass of the left bump");
    near(deviation(particles.filter((x) => x < 0)), 0.4, 0.05, "width of the left bump");
    near(deviation(particles.filter((x) => x >= 0)), 0.4, 0.05, "width of the right bump");
  });
}

Deno.test("Half the temperature makes the bumps narrower by its root", async () => {
  // The score is α times the gradient of the law's logarithm: exp(Q/α) of one bump of Q has deviation σ √α.
  const particles = await freeParticles(bumps(0.5, 0.4), 0.5, 700);
  near(deviation(particles.filter((x) => x < 0)), 0.4 * Math.SQRT1_2, 0.04, "width of the left bump");
});

Deno.test("Without repulsion free particles collapse to one point of each basin", async () => {
  const particles = await freeParticles(bumps(0.5, 0.4), 0, 700);
  for (const side of [particles.filter((x) => x < 0), particles.filter((x) => x >= 0)]) {
    assert(deviation(side) < 0.01, `${deviation(side)}`);
  }
});

Deno.test("Free particles cover a ring evenly and as wide as it is, and without repulsion shrink to its line", async () => {
  const particles = await freeParticles(RING, 1, 700);
  sectors(particles).forEach((share, k) => near(share, 1 / 8, POINTS / 2, `sector ${k}`));
  near(deviation(radii(particles)), 0.2, 0.03, "width of the ring");
  // ∫ r² e^(-(r-1)²/2σ²) dr / ∫ r e^(-(r-1)²/2σ²) dr = 1 + σ²
  near(mean(radii(particles)), 1.04, 0.03, "mean radius");
  assert(deviation(radii(await freeParticles(RING, 0, 700))) < 0.03, "the ring kept its width");
});

for (const seed of [3, 4, 5]) {
  Deno.test(`A sampler network trained along the direction covers both of two bumps (seed ${seed})`, async () => {
    const samples = await trainedSamples(bumps(0.5, 0.5), 1, seed, 800);
    near(left(samples), 0.5, POINTS, "mass of the left bump");
    near(deviation(samples.filter((x) => x < 0)), 0.5, 0.1, "width of the left bump");
  });
}

Deno.test("A sampler network covers a ring, and without repulsion collapses to a part of its line", async () => {
  const samples = await trainedSamples(RING, 1, 5, 600);
  sectors(samples).forEach((share, k) => near(share, 1 / 8, POINTS, `sector ${k}`));
  near(deviation(radii(samples)), 0.2, 0.06, "width of the ring");
  const collapsed = await trainedSamples(RING, 0, 5, 600);
  assert(deviation(radii(collapsed)) < 0.05, `width ${deviation(radii(collapsed))}`);
  assert(sectors(collapsed).filter((share) => share < 0.01).length >= 4, `sectors ${sectors(collapsed)}`);
});

Deno.test("Without repulsion a sampler network collapses within each bump that it reaches", async () => {
  const samples = await trainedSamples(bumps(0.5, 0.5), 0, 5, 600);
  const wide = (side: number[]): number => side.length < 40 ? 0 : deviation(side);
  assert(wide(samples.filter((x) => x < 0)) < 0.1 && wide(samples.filter((x) => x >= 0)) < 0.1);
});
