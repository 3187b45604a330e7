/**
 * Exactly known distributions of actions on [-1, 1]^d: an energy with its integral, entropy, modes and independent
 * samples.
 *
 * `energy(a)` is Q(a)/α; the law is `p(a) = exp(energy(a)) / Z`.
 */
import { normal, uniform } from "../../src/random/draw.ts";
import { child, type Key } from "../../src/random/key.ts";
import type { Tensor } from "../../src/tensor/expression.ts";
import {
  add,
  constant,
  exp,
  log,
  maximum,
  mul,
  reshape,
  sqrt,
  sub,
  sum,
} from "../../src/tensor/primitives.ts";
import { slice } from "../../src/tensor/primitives.ts";
import type { Rank2 } from "../../src/tensor/shape.ts";

/** A distribution on [-1, 1]^d. */
export interface Law {
  readonly name: string;
  readonly dimension: number;
  /** Energies `[R,N]` of actions `[R,N,d]`. */
  readonly energy: (action: Tensor) => Tensor;
  /** `log ∫ exp(energy) da` */
  readonly logZ: number;
  /** Differential entropy, nats. */
  readonly entropy: number;
  /** Probabilities of the modes. */
  readonly shares: readonly number[];
  /** The mode that an action belongs to. */
  readonly modeOf: (action: ArrayLike<number>) => number;
  /** Independent draws, one after the other. */
  readonly draw: (key: Key, count: number) => Float64Array;
}

/** Simpson's rule on [-1, 1]: with a deviation of 0.05 its error is below 1e-8. */
function integral(f: (x: number) => number): number {
  const n = 2000, h = 2 / n;
  let total = f(-1) + f(1);
  for (let i = 1; i < n; i++) total += (i % 2 === 1 ? 4 : 2) * f(-1 + i * h);
  return total * h / 3;
}

/** A mode: a product of normal laws cut off at the bounds. */
export interface Bump {
  readonly weight: number;
  readonly centre: readonly number[];
  /** Standard deviation of each coordinate, before the cut. */
  readonly deviation: readonly number[];
}

const exponent = (x: number, centre: number, deviation: number): number =>
  -0.5 * ((x - centre) / deviation) ** 2;

/** `log Σ exp` of tensors of one shape. */
function logSumExp(terms: readonly Tensor[]): Tensor {
  const top = terms.reduce(maximum);
  return add(top, log(terms.map((t) => exp(sub(t, top))).reduce(add)));
}

/** A shift of all energies, so that Z is not 1. */
const SHIFT = 3;

/**
 * A sum of bumps. Its entropy is that of bumps that do not overlap, `Σ w (H - log w)`, which a test compares with
 * draws.
 */
export function bumps(name: string, modes: readonly Bump[]): Law {
  const dimension = modes[0]!.centre.length;
  const parts = modes.map(({ weight, centre, deviation }) => {
    let logNorm = 0, entropy = 0;
    centre.forEach((c, k) => {
      const s = deviation[k]!, norm = integral((x) => Math.exp(exponent(x, c, s)));
      const mean = integral((x) => exponent(x, c, s) * Math.exp(exponent(x, c, s))) / norm;
      logNorm += Math.log(norm);
      entropy += Math.log(norm) - mean;
    });
    return { weight, logNorm, entropy };
  });
  return {
    name,
    dimension,
    energy: (action) =>
      add(
        logSumExp(modes.map(({ centre, deviation }, i) => {
          const away = mul(
            sub(action, constant(centre, [dimension])),
            constant(deviation.map((s) => 1 / s), [dimension]),
          );
          return add(mul(sum(mul(away, away), 2), -0.5), Math.log(parts[i]!.weight) - parts[i]!.logNorm);
        })),
        SHIFT,
      ),
    logZ: SHIFT,
    entropy: parts.reduce((total, { weight, entropy }) => total + weight * (entropy - Math.log(weight)), 0),
    shares: modes.map(({ weight }) => weight),
    modeOf: (action) => {
      const densities = modes.map(({ centre, deviation }, i) =>
        centre.reduce(
          (total, c, k) => total + exponent(action[k]!, c, deviation[k]!),
          Math.log(parts[i]!.weight),
        ) -
        parts[i]!.logNorm
      );
      return densities.indexOf(Math.max(...densities));
    },
    draw: (key, count) => {
      const which = uniform(child(key, 0), count), out = new Float64Array(count * dimension);
      let stream = 1;
      for (let i = 0; i < count; i++) {
        let left = which[i]!, mode = 0;
        while (mode < modes.length - 1 && left >= modes[mode]!.weight) left -= modes[mode++]!.weight;
        const { centre, deviation } = modes[mode]!;
        for (let k = 0; k < dimension; k++) {
          // Draws outside the box are drawn again.
          let x = Infinity;
          while (Math.abs(x) >= 1) {
            for (const z of normal(child(key, stream++), 4)) {
              if (Math.abs(x) >= 1) x = centre[k]! + deviation[k]! * z;
            }
          }
          out[i * dimension + k] = x;
        }
      }
      return out;
    },
  };
}

const same = (dimension: number, x: number): readonly number[] => new Array<number>(dimension).fill(x);

/** One bump in the middle, the same in every coordinate: a product. */
export const oneBump = (dimension: number, deviation: number): Law =>
  bumps(`one bump in ${dimension}`, [{
    weight: 1,
    centre: same(dimension, 0.3),
    deviation: same(dimension, deviation),
  }]);

/** Signs of mode m's coordinates, of which any two modes (of 8 at most) differ in half or all of eight coordinates. */
const signs = (mode: number, dimension: number): readonly number[] =>
  Array.from({ length: dimension }, (_, k) => {
    const bits = mode & (k % 8);
    return ((bits & 1) ^ (bits >> 1 & 1) ^ (bits >> 2 & 1)) === 0 ? 1 : -1;
  });

/** Separated modes of unequal weight, proportional to 1, 2, 3 …, at ±0.5 in each coordinate. */
export function separatedModes(count: number, dimension: number, deviation = 0.2): Law {
  const total = count * (count + 1) / 2;
  // In the plane the corners of a square, and for more the middles of its sides.
  const inPlane = [[1, 1], [-1, 1], [-1, -1], [1, -1], [0, 1], [-1, 0], [0, -1], [1, 0]];
  return bumps(
    `${count} modes in ${dimension}`,
    Array.from({ length: count }, (_, m) => ({
      weight: (m + 1) / total,
      centre: (dimension === 2 ? inPlane[m]! : signs(m, dimension)).map((sign) =>
        (dimension === 2 ? 0.65 : 0.5) * sign
      ),
      deviation: same(dimension, dimension === 2 ? 0.12 : deviation),
    })),
  );
}

/** A law of the first two coordinates by its energy, integrated on a grid, with a bump in every other. */
function planar(
  name: string,
  dimension: number,
  plane: {
    readonly tensor: (x: Tensor, y: Tensor) => Tensor;
    readonly number: (x: number, y: number) => number;
  },
  sectors: number,
): Law {
  const cells = 800, width = 2 / cells, energies = new Float64Array(cells * cells);
  let norm = 0, mean = 0;
  for (let i = 0; i < cells; i++) {
    for (let j = 0; j < cells; j++) {
      const e = plane.number(-1 + (i + 0.5) * width, -1 + (j + 0.5) * width);
      energies[i * cells + j] = e;
      norm += Math.exp(e) * width * width;
      mean += e * Math.exp(e) * width * width;
    }
  }
  const rest = dimension > 2 ? oneBump(dimension - 2, 0.3) : null;
  const sectorOf = (x: number, y: number): number =>
    Math.min(sectors - 1, Math.floor((Math.atan2(y, x) / (2 * Math.PI) + 0.5) * sectors));
  const shares = new Array<number>(sectors).fill(0);
  const cumulative = new Float64Array(cells * cells);
  energies.forEach((e, c) => {
    const p = Math.exp(e) * width * width / norm;
    shares[sectorOf(-1 + (Math.floor(c / cells) + 0.5) * width, -1 + (c % cells + 0.5) * width)]! += p;
    cumulative[c] = (c > 0 ? cumulative[c - 1]! : 0) + p;
  });
  return {
    name: `${name} in ${dimension}`,
    dimension,
    energy: (action) => {
      const [R, N] = action.shape as Rank2;
      const at = (k: number): Tensor => reshape(slice(action, 2, k, 1), [R, N]);
      const inPlane = plane.tensor(at(0), at(1));
      return rest === null ? inPlane : add(inPlane, rest.energy(slice(action, 2, 2, dimension - 2)));
    },
    logZ: Math.log(norm) + (rest?.logZ ?? 0),
    entropy: Math.log(norm) - mean / norm + (rest?.entropy ?? 0),
    shares,
    modeOf: (action) => sectorOf(action[0]!, action[1]!),
    draw: (key, count) => {
      const out = new Float64Array(count * dimension), u = uniform(child(key, 0), 3 * count);
      const others = rest?.draw(child(key, 1), count);
      for (let i = 0; i < count; i++) {
        let low = 0, high = cells * cells - 1;
        while (low < high) {
          const middle = (low + high) >> 1;
          if (cumulative[middle]! < u[3 * i]!) low = middle + 1;
          else high = middle;
        }
        out[i * dimension] = -1 + (Math.floor(low / cells) + u[3 * i + 1]!) * width;
        out[i * dimension + 1] = -1 + (low % cells + u[3 * i + 2]!) * width;
        for (let k = 2; k < dimension; k++) out[i * dimension + k] = others![i * (dimension - 2) + k - 2]!;
      }
      return out;
    },
  };
}

/** A ring of radius 0.6 in the first two coordinates; its sectors count as modes. */
export const ring = (dimension: number): Law =>
  planar("ring", dimension, {
    tensor: (x, y) => {
      const away = mul(sub(sqrt(add(add(mul(x, x), mul(y, y)), 1e-8)), 0.6), 1 / 0.08);
      return mul(mul(away, away), -0.5);
    },
    number: (x, y) => exponent(Math.sqrt(x * x + y * y + 1e-8), 0.6, 0.08),
  }, 4);

/**
 * A ridge along the diagonal of the first two coordinates, ten times as long as it is wide; its two halves count as
 * modes.
 */
export const ridge = (dimension: number): Law =>
  planar("ridge", dimension, {
    tensor: (x, y) => {
      const across = mul(sub(x, y), Math.SQRT1_2 / 0.05), along = mul(add(x, y), Math.SQRT1_2 / 0.5);
      return mul(add(mul(across, across), mul(along, along)), -0.5);
    },
    number: (x, y) => exponent((x - y) * Math.SQRT1_2, 0, 0.05) + exponent((x + y) * Math.SQRT1_2, 0, 0.5),
  }, 2);
