/**
 * The primitives' arithmetic as plain loops over flat arrays.
 *
 * Each loop computes in float64 and rounds on storing: with `Float64Array` storage it is the reference, with
 * `Float32Array` storage the CPU device's fallback.
 *
 * @module
 */

import { philox } from "../random/philox.ts";
import { indexOf, unitOf } from "../random/draw.ts";
import { aroundAxis, type Operands, type Shape, sizeOf } from "./shape.ts";

/** Storage of a tensor's elements. */
export type Values = Float64Array | Float32Array | Uint32Array;

/** `out[i] = f(a[i], b[i], c[i])`, for one to three operands. */
export const map =
  (f: (x: number, y: number, z: number) => number) => ([a, b, c]: Operands<Values>, out: Values): void => {
    if (c !== undefined) { for (let i = 0; i < out.length; i++) out[i] = f(a[i]!, b[i]!, c[i]!); }
    else if (b !== undefined) { for (let i = 0; i < out.length; i++) out[i] = f(a[i]!, b[i]!, 0); }
    else for (let i = 0; i < out.length; i++) out[i] = f(a[i]!, 0, 0);
  };

/** Folds each line along `axis`. */
export function fold(
  a: Values,
  shape: Shape,
  axis: number,
  start: number,
  step: (accumulated: number, x: number) => number,
  out: Values,
): void {
  const [outer, length, inner] = aroundAxis(shape, axis);
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      let accumulated = start;
      for (let k = 0, at = o * length * inner + i; k < length; k++, at += inner) {
        accumulated = step(accumulated, a[at]!);
      }
      out[o * inner + i] = accumulated;
    }
  }
}

/** The element of rank `rank` (0 is the smallest) of each line along `axis`. */
export function orderStatistic(a: Values, shape: Shape, axis: number, rank: number, out: Values): void {
  const [outer, length, inner] = aroundAxis(shape, axis);
  const line = new Float64Array(length);
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      for (let k = 0; k < length; k++) line[k] = a[(o * length + k) * inner + i]!;
      line.sort();
      out[o * inner + i] = line[rank]!;
    }
  }
}

/** Repeats `a` along axes of length 1 and along missing leading axes. */
export function broadcast(a: Values, from: Shape, to: Shape, out: Values): void {
  const strides = new Array<number>(to.length).fill(0);
  for (let axis = to.length - 1, stride = 1; axis >= to.length - from.length; axis--) {
    const length = from[axis - to.length + from.length]!;
    strides[axis] = length === 1 ? 0 : stride;
    stride *= length;
  }
  const index = new Array<number>(to.length).fill(0);
  for (let i = 0, at = 0; i < out.length; i++) {
    out[i] = a[at]!;
    for (let axis = to.length - 1; axis >= 0; axis--) {
      at += strides[axis]!;
      if (++index[axis]! < to[axis]!) break;
      at -= strides[axis]! * to[axis]!;
      index[axis] = 0;
    }
  }
}

/** Copies `count` consecutive elements; a few of them one by one, because creating a view costs more. */
function copyLine(a: Values, from: number, count: number, out: Values, to: number): void {
  if (count > 32) out.set(a.subarray(from, from + count), to);
  else for (let i = 0; i < count; i++) out[to + i] = a[from + i]!;
}

/** The part `start … start + size - 1` of each line along `axis`. */
export function slice(a: Values, shape: Shape, axis: number, start: number, size: number, out: Values): void {
  const [outer, length, inner] = aroundAxis(shape, axis);
  for (let o = 0; o < outer; o++) {
    copyLine(a, (o * length + start) * inner, size * inner, out, o * size * inner);
  }
}

/** Writes each part at its start along `axis`; what no part covers is zero. */
export function place(
  parts: readonly Values[],
  shapes: readonly Shape[],
  axis: number,
  starts: readonly number[],
  size: number,
  out: Values,
): void {
  out.fill(0);
  parts.forEach((part, p) => {
    const [outer, length, inner] = aroundAxis(shapes[p]!, axis);
    for (let o = 0; o < outer; o++) {
      copyLine(part, o * length * inner, length * inner, out, (o * size + starts[p]!) * inner);
    }
  });
}

/** Matrix products over the leading axes: `out[m,n] = Σ_k A[m,k] B[k,n]`, either operand stored transposed. */
export function dot(
  a: Values,
  b: Values,
  batch: number,
  [M, N, K]: readonly [number, number, number],
  transposeA: boolean,
  transposeB: boolean,
  out: Values,
): void {
  const [am, ak] = transposeA ? [1, M] : [K, 1];
  const [bk, bn] = transposeB ? [1, K] : [N, 1];
  for (let r = 0; r < batch; r++) {
    for (let m = 0; m < M; m++) {
      for (let n = 0; n < N; n++) {
        let sum = 0;
        let atA = r * M * K + m * am, atB = r * K * N + n * bn;
        for (let k = 0; k < K; k++, atA += ak, atB += bk) sum += a[atA]! * b[atB]!;
        out[(r * M + m) * N + n] = sum;
      }
    }
  }
}

/** `out[r, i…, :] = table[r, rows[r, i…], :]`; a row number past the table reads its last row. */
export function gather(table: Values, tableShape: Shape, rows: Values, out: Values): void {
  const [replicas, count, width] = [tableShape[0]!, tableShape[1]!, sizeOf(tableShape.slice(2))];
  const each = rows.length / replicas;
  for (let r = 0, i = 0, to = 0; r < replicas; r++) {
    for (let b = 0; b < each; b++, i++, to += width) {
      const from = (r * count + Math.min(rows[i]!, count - 1)) * width;
      for (let k = 0; k < width; k++) out[to + k] = table[from + k]!;
    }
  }
}

/** The transpose of {@link gather}: adds each row of `values` to the row of `out` that it was read from. */
export function scatterAdd(values: Values, rows: Values, outShape: Shape, out: Values): void {
  const [replicas, count, width] = [outShape[0]!, outShape[1]!, sizeOf(outShape.slice(2))];
  const each = rows.length / replicas;
  out.fill(0);
  for (let i = 0; i < rows.length; i++) {
    const row = Math.floor(i / each) * count + Math.min(rows[i]!, count - 1);
    for (let k = 0; k < width; k++) out[row * width + k]! += values[i * width + k]!;
  }
}

/** The distribution of random numbers. */
export type Distribution = "bits" | "uniform" | "normal" | "index";

/** All that they may be. */
export const DISTRIBUTIONS: readonly Distribution[] = ["bits", "uniform", "normal", "index"];

/**
 * Random numbers for `replicas` keys: element i of replica r is determined by key r, counter r and `stream`, as defined
 * in `src/random/draw.ts`. `limits[r]` is the exclusive upper bound of `index`.
 */
export function random(
  keys: Values,
  counters: Values,
  limits: Values | null,
  stream: number,
  distribution: Distribution,
  out: Values,
): void {
  const replicas = counters.length, each = out.length / replicas;
  const words = new Uint32Array(4);
  for (let r = 0; r < replicas; r++) {
    for (let i = 0; i < each; i += 4) {
      philox(i >>> 2, counters[r]!, stream, 0, keys[2 * r]!, keys[2 * r + 1]!, words);
      for (let j = 0; j < 4 && i + j < each; j++) {
        const at = r * each + i + j;
        if (distribution === "bits") out[at] = words[j]!;
        else if (distribution === "uniform") out[at] = unitOf(words[j]!);
        else if (distribution === "index") out[at] = indexOf(words[j]!, limits === null ? 0 : limits[r]!);
        else {
          const radius = Math.sqrt(-2 * Math.log(unitOf(words[j & 2]!)));
          const angle = 2 * Math.PI * unitOf(words[j | 1]!);
          out[at] = radius * ((j & 1) === 0 ? Math.cos(angle) : Math.sin(angle));
        }
      }
    }
  }
}

/** LU factors of an n×n matrix with row pivoting, in place. Returns the permutation. */
function factorise(lu: Float64Array, n: number): Int32Array {
  const order = Int32Array.from({ length: n }, (_, i) => i);
  for (let k = 0; k < n; k++) {
    let best = k;
    for (let i = k + 1; i < n; i++) if (Math.abs(lu[i * n + k]!) > Math.abs(lu[best * n + k]!)) best = i;
    if (best !== k) {
      for (let j = 0; j < n; j++) {
        const swap = lu[k * n + j]!;
        lu[k * n + j] = lu[best * n + j]!;
        lu[best * n + j] = swap;
      }
      [order[k], order[best]] = [order[best]!, order[k]!];
    }
    const pivot = lu[k * n + k]!;
    if (pivot === 0) continue;
    for (let i = k + 1; i < n; i++) {
      const factor = lu[i * n + k]! /= pivot;
      for (let j = k + 1; j < n; j++) lu[i * n + j]! -= factor * lu[k * n + j]!;
    }
  }
  return order;
}

/** `log |det A|` of each n×n matrix; for a singular one, the lowest finite float32, -3.4e38. */
export function logAbsDet(a: Values, n: number, out: Values): void {
  for (let i = 0; i < out.length; i++) {
    const lu = Float64Array.from(a.subarray(i * n * n, (i + 1) * n * n));
    factorise(lu, n);
    let sum = 0;
    for (let k = 0; k < n; k++) sum += Math.log(Math.abs(lu[k * (n + 1)]!));
    out[i] = Math.max(sum, MIN_FLOAT32);
  }
}

/** The sign of `det A` of each n×n matrix: 1, -1, or 0 if singular. */
export function signDet(a: Values, n: number, out: Values): void {
  for (let i = 0; i < out.length; i++) {
    const lu = Float64Array.from(a.subarray(i * n * n, (i + 1) * n * n));
    const order = factorise(lu, n);
    let sign = 1;
    for (let k = 0; k < n; k++) sign *= Math.sign(lu[k * (n + 1)]!);
    for (let j = 0; j < n; j++) for (let k = 0; k < j; k++) if (order[k]! > order[j]!) sign = -sign;
    out[i] = sign;
  }
}

/** The least finite float32. */
export const MIN_FLOAT32 = -3.4028234663852886e38;

/** The inverse of each n×n matrix; non-finite if singular. */
export function inverse(a: Values, n: number, out: Values): void {
  const column = new Float64Array(n);
  for (let base = 0; base < a.length; base += n * n) {
    const lu = Float64Array.from(a.subarray(base, base + n * n));
    const order = factorise(lu, n);
    for (let j = 0; j < n; j++) {
      for (let i = 0; i < n; i++) {
        let sum = order[i] === j ? 1 : 0;
        for (let k = 0; k < i; k++) sum -= lu[i * n + k]! * column[k]!;
        column[i] = sum;
      }
      for (let i = n - 1; i >= 0; i--) {
        let sum = column[i]!;
        for (let k = i + 1; k < n; k++) sum -= lu[i * n + k]! * column[k]!;
        column[i] = sum / lu[i * n + i]!;
      }
      for (let i = 0; i < n; i++) out[base + i * n + j] = column[i]!;
    }
  }
}
