/**
 * A soft Q update by hand: the paper's equations in plain loops over numbers, with central differences for every
 * derivative. It shares no formula with the library but where a network's matrices stand.
 */
import type { Layout } from "../../src/learn/network.ts";
import { mixtureCounts } from "../../src/learn/soft_q/proposal.ts";
import { type SoftQ, softQLayouts } from "../../src/learn/soft_q/update.ts";
import { stepTypes, type StepValues } from "./step_fixture.ts";

/** What is compared. */
export interface ByHand {
  readonly value: number[];
  readonly target: number[];
  readonly q: number[];
  readonly loss: number;
  readonly criticGradient: number[];
  readonly critic: number[];
  readonly criticTarget: number[];
  readonly direction: number[];
  readonly bandwidth: number[];
  readonly samplerGradient: number[];
  readonly sampler: number[];
  readonly fallback: number;
}

const STEP = 1e-4;

/** Central differences of fourth order of f by each number of x: their error is h⁴ f⁽⁵⁾ / 30 and rounding 3e-16 |f| / h. */
function slopes(x: readonly number[], f: (x: number[]) => number): number[] {
  return x.map((_, i) => {
    const at = (step: number): number => f(x.map((v, j) => j === i ? v + step : v));
    return (8 * (at(STEP) - at(-STEP)) - (at(2 * STEP) - at(-2 * STEP))) / (12 * STEP);
  });
}

/** A layer's sums with mean 0 and variance 1, but for 1e-5. */
function normalised(z: readonly number[]): number[] {
  const mean = z.reduce((sum, x) => sum + x, 0) / z.length;
  const variance = z.reduce((sum, x) => sum + (x - mean) ** 2, 0) / z.length;
  return z.map((x) => (x - mean) / Math.sqrt(variance + 1e-5));
}

/** `relu(sample W_sample + state W_state + b)`, then layers; one row. A function of the state alone has no sample. */
export function network(layout: Layout, p: readonly number[], sample: number[], state: number[]): number[] {
  const column = (k: number, x: number[], j: number): number => {
    const { start, columns } = layout.blocks[k]!;
    return x.reduce((sum, xi, i) => sum + xi * p[start + i * columns + j]!, 0);
  };
  const width = layout.blocks[0]!.columns, first = layout.network.sample > 0 ? 1 : 0;
  let h = Array.from(
    { length: width },
    (_, j) => (first > 0 ? column(0, sample, j) : 0) + column(first, [...state, 1], j),
  );
  for (let k = first + 1; k < layout.blocks.length; k++) {
    const sums = layout.network.normalisation === "layer" ? normalised(h) : h;
    const x = [...sums.map((z) => Math.max(z, 0)), 1];
    h = Array.from({ length: layout.blocks[k]!.columns }, (_, j) => column(k, x, j));
  }
  return h;
}

const logDeterminant = (m: number[][]): number =>
  Math.log(Math.abs(m.length === 1 ? m[0]![0]! : m[0]![0]! * m[1]![1]! - m[0]![1]! * m[1]![0]!));

/** One replica's update; actions have one or two numbers. */
export function updateByHand(o: SoftQ, R: number, all: StepValues, r: number): ByHand {
  const types = stepTypes(o, R);
  const of = (name: string): number[] => {
    const size = all[name]!.length / R;
    return all[name]!.slice(r * size, (r + 1) * size);
  };
  const row = (name: string, i: number): number[] => {
    const width = types[name]!.shape[2]!;
    return of(name).slice(i * width, (i + 1) * width);
  };
  const { critic: critics, sampler: samplers } = softQLayouts(o);
  const B = o.batch, A = o.action, K = o.valueParticles, M = o.fixedParticles, U = o.movedParticles;
  const [alpha] = of("temperature") as [number],
    [scale] = of("rewardScale") as [number],
    [gamma] = of("discount") as [number];
  const single = (p: readonly number[], c: number, a: number[], s: number[]): number =>
    network(critics, p.slice(c * critics.size), a, s)[0]!;
  const least = (p: readonly number[], a: number[], s: number[]): number =>
    Math.min(...Array.from({ length: o.critics }, (_, c) => single(p, c, a, s)));
  const f = (p: readonly number[], xi: number[], s: number[]): number[] => network(samplers, p, xi, s);
  const isBounded = o.squash !== "bounds-penalty";
  const actionOf = (u: number[]): number[] => isBounded ? u.map(Math.tanh) : u;

  const squared = (x: number[], y: number[]): number => x.reduce((sum, xk, k) => sum + (xk - y[k]!) ** 2, 0);
  /** h of so many fixed particles (or centres) from squared distances, with the floor that is given. */
  const bandwidthOf = (distances: readonly number[], count: number, floor: number): number => {
    const sorted = [...distances].sort((x, y) => x - y), of = o.bandwidth;
    const quantile = sorted[Math.ceil(sorted.length / (of === "decile" ? 10 : 2)) - 1]!;
    return Math.max(quantile / (of === "paper" ? 2 * Math.log(count + 1) : Math.log(count)), floor);
  };

  /** A state's samples of the mixture: for each the action, and the density that all laws drawn from have there. */
  const mixed = (b: number, next: number[]): { action: number[]; density: number }[] => {
    const { centres: C, gaussians: G, uniforms } = mixtureCounts(o);
    const first = o.valueSamples === "shared" ? 0 : b, states = o.valueSamples === "shared" ? 1 : B;
    const centres = Array.from({ length: C }, (_, m) => {
      const drawn = f(of("sampler"), row("proposal", first * C + m), next);
      return isBounded ? drawn : drawn.map((a) => Math.atanh(Math.max(-0.99, Math.min(0.99, a))));
    });
    const pairs = centres.flatMap((x, i) => centres.slice(0, i).map((y) => squared(x, y)));
    const width = o.mixtureWidth || Math.sqrt(bandwidthOf(pairs, C, 1e-3) / 2);
    const gaussian = (u: number[], m: number): number =>
      u.reduce(
        (p, x, k) =>
          p * Math.exp(-(((x - centres[m]![k]!) / width) ** 2) / 2) / (width * Math.sqrt(2 * Math.PI)),
        1,
      );
    const actions = Array.from(
      { length: K },
      (_, k) =>
        k < G
          ? centres[k % C]!.map((c, i) =>
            Math.tanh(c + width * row("proposal", states * C + first * G + k)[i]!)
          )
          : row("value", first * uniforms + k - G),
    );
    return actions.map((action) => {
      const u = action.map(Math.atanh), slope = action.reduce((p, a) => p * (1 - a * a), 1);
      // The laws that the K samples were drawn from, one after the other.
      const laws = actions.map((_, k) => k < G ? gaussian(u, k % C) / slope : 0.5 ** A);
      return { action, density: laws.reduce((sum, q) => sum + q, 0) / K };
    });
  };

  // Equation 10, with equation 33 for the density of the sampler's actions.
  let fallbacks = 0;
  const value = Array.from({ length: B }, (_, b) => {
    const next = row("nextObservation", b);
    let mean = 0;
    if (o.valueProposal === "mixture") {
      for (const { action, density } of mixed(b, next)) {
        mean += Math.exp(least(of("criticTarget"), action, next) / alpha) / density / K;
      }
      return alpha * Math.log(mean);
    }
    for (let k = 0; k < K; k++) {
      const at = o.valueSamples === "shared" ? k : b * K + k;
      let action = row("value", at), density = 0.5 ** A;
      if (o.valueProposal === "sampler") {
        const xi = row("proposal", at);
        const drawn = actionOf(f(of("sampler"), xi, next));
        const jacobian = drawn.map((_, i) => slopes(xi, (x) => actionOf(f(of("sampler"), x, next))[i]!));
        const determinant = Math.exp(logDeterminant(jacobian));
        const outside = drawn.some((a) => Math.abs(a) > 1);
        if (determinant > 1e-6 && !outside) {
          action = drawn;
          density = xi.reduce((p, x) => p * Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI), 1) / determinant;
        } else fallbacks++;
      }
      mean += Math.exp(least(of("criticTarget"), action, next) / alpha) / density / K;
    }
    return alpha * Math.log(mean);
  });

  // Equation 11.
  const target = value.map((v, b) => scale * of("reward")[b]! + (of("terminated")[b] === 1 ? 0 : gamma * v));
  const taken = (b: number): number[] =>
    isBounded ? row("action", b) : row("action", b).map((a) => Math.max(-1, Math.min(1, a)));
  const lossOf = (p: readonly number[]): number => {
    let sum = 0;
    for (let c = 0; c < o.critics; c++) {
      for (let b = 0; b < B; b++) {
        sum += (target[b]! - single(p, c, taken(b), row("observation", b))) ** 2 / 2 / B;
      }
    }
    return sum;
  };
  const criticGradient = slopes(of("critic"), lossOf);

  /** ADAM's step number t. */
  const t = of("updates")[0]! + 1;
  const adam = (name: string, gradient: number[]): number[] =>
    of(name).map((p, i) => {
      const m = 0.9 * of(`${name}First`)[i]! + 0.1 * gradient[i]!;
      const v = 0.999 * of(`${name}Second`)[i]! + 0.001 * gradient[i]! ** 2;
      return p - of(`${name}Rates`)[0]! * (m / (1 - 0.9 ** t)) / (Math.sqrt(v / (1 - 0.999 ** t)) + 1e-8);
    });
  const critic = adam("critic", criticGradient);
  const isDue = t % of("targetInterval")[0]! === 0;
  const criticTarget = of("criticTarget").map((old, i) =>
    isDue ? old + of("criticRates")[1]! * (critic[i]! - old) : old
  );

  // Equation 13 with the log density of each squash rule, then 14.
  const particle = (p: readonly number[], xi: number[], s: number[]): number[] =>
    o.squash === "post-tanh" ? f(p, xi, s).map(Math.tanh) : f(p, xi, s);
  const logDensity = (x: number[], s: number[]): number => {
    const sum = (g: (x: number) => number): number => x.reduce((total, xk) => total + g(xk), 0);
    if (o.squash === "pre-tanh") {
      const a = x.map(Math.tanh);
      return least(critic, a, s) + alpha * sum((u) => -2 * Math.log(Math.cosh(u)));
    }
    if (o.squash === "post-tanh") return least(critic, x, s) + alpha * sum((a) => Math.log(1 - a * a + 1e-6));
    return x.some((a) => Math.abs(a) > 1)
      ? -10 * sum((a) => Math.max(Math.abs(a) - 1, 0))
      : least(critic, x, s);
  };
  const direction: number[] = [], bandwidth: number[] = [];
  for (let b = 0; b < B; b++) {
    const s = row("observation", b);
    const fixed = Array.from({ length: M }, (_, i) => particle(of("sampler"), row("fixed", b * M + i), s));
    const moved = Array.from({ length: U }, (_, j) => particle(of("sampler"), row("moved", b * U + j), s));
    const distances = fixed.flatMap((x) => moved.map((y) => squared(x, y)));
    const h = bandwidthOf(distances, M, o.bandwidth === "paper" ? 0 : 1e-3);
    bandwidth.push(h);
    const scores = fixed.map((x) => slopes(x, (at) => logDensity(at, s)));
    for (const y of moved) {
      for (let k = 0; k < A; k++) {
        const sum = fixed.reduce((total, x, i) => {
          const kappa = Math.exp(-squared(x, y) / h);
          return total + kappa * scores[i]![k]! + alpha * kappa * -2 * (x[k]! - y[k]!) / h;
        }, 0);
        direction.push(sum / M);
      }
    }
  }
  const descent = (p: readonly number[]): number => {
    let sum = 0;
    for (let j = 0; j < B * U; j++) {
      const y = particle(p, row("moved", j), row("observation", Math.floor(j / U)));
      y.forEach((yk, k) => sum -= direction[j * A + k]! * yk / (B * U));
    }
    return sum;
  };
  const samplerGradient = slopes(of("sampler"), descent);
  return {
    value,
    target,
    q: Array.from({ length: B }, (_, b) => single(of("critic"), 0, taken(b), row("observation", b))),
    loss: lossOf(of("critic")),
    criticGradient,
    critic,
    criticTarget,
    direction,
    bandwidth,
    samplerGradient,
    sampler: adam("sampler", samplerGradient),
    fallback: fallbacks / (B * K),
  };
}
