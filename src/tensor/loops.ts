/**
 * The primitives' arithmetic as plain loops over flat arrays.
 *
 * Each loop computes in float64 and rounds on storing: with `Float64Array` storage it is the reference, with
 * `Float32Array` storage the CPU device's fallback.
 *
 * Each computes a range of its items, which are the elements of the result unless it says otherwise.
 *
 * Law, tested: ranges that follow one another give the bits of the whole.
 *
 * @module
 */

import { philox } from "../random/philox.ts";
import { indexOf, unitOf } from "../random/draw.ts";
import { aroundAxis, type Operands, type Shape, sizeOf } from "./shape.ts";

/** Storage of a tensor's elements. */
export type Values = Float64Array | Float32Array | Uint32Array;

/** A range of items. */
export interface Range {
  /** The first item. */
  readonly from: number;
  /** The end: the first item after the range. */
  readonly to: number;
}

/** `out[i] = f(a[i], b[i], c[i])`, for one to three operands. */
export const map =
  (f: (x: number, y: number, z: number) => number) =>
  ([a, b, c]: Operands<Values>, out: Values, { from, to }: Range): void => {
    if (c !== undefined) { for (let i = from; i < to; i++) out[i] = f(a[i]!, b[i]!, c[i]!); }
    else if (b !== undefined) { for (let i = from; i < to; i++) out[i] = f(a[i]!, b[i]!, 0); }
    else for (let i = from; i < to; i++) out[i] = f(a[i]!, 0, 0);
  };

/** Folds each line along `axis`. */
export function fold(
  a: Values,
  shape: Shape,
  axis: number,
  start: number,
  step: (accumulated: number, x: number) => number,
  out: Values,
  { from, to }: Range,
): void {
  const [, length, inner] = aroundAxis(shape, axis);
  for (let i = from; i < to; i++) {
    const o = Math.floor(i / inner);
    let accumulated = start;
    for (let k = 0, at = o * length * inner + i - o * inner; k < length; k++, at += inner) {
      accumulated = step(accumulated, a[at]!);
    }
    out[i] = accumulated;
  }
}

/** The element of rank `rank` (0 is the smallest) of each line along `axis`. */
export function orderStatistic(
  a: Values,
  shape: Shape,
  axis: number,
  rank: number,
  out: Values,
  { from, to }: Range,
): void {
  const [, length, inner] = aroundAxis(shape, axis);
  const line = new Float64Array(length);
  for (let i = from; i < to; i++) {
    const o = Math.floor(i / inner);
    for (let k = 0, at = o * length * inner + i - o * inner; k < length; k++, at += inner) line[k] = a[at]!;
    line.sort();
    out[i] = line[rank]!;
  }
}

/** Repeats `a` along axes of length 1 and along missing leading axes. */
export function broadcast(a: Values, source: Shape, target: Shape, out: Values, { from, to }: Range): void {
  const strides = new Array<number>(target.length).fill(0);
  for (let axis = target.length - 1, stride = 1; axis >= target.length - source.length; axis--) {
    const length = source[axis - target.length + source.length]!;
    strides[axis] = length === 1 ? 0 : stride;
    stride *= length;
  }
  const index = new Array<number>(target.length).fill(0);
  let at = 0;
  for (let axis = target.length - 1, left = from; axis >= 0 && left > 0; axis--) {
    index[axis] = left % target[axis]!;
    left = Math.floor(left / target[axis]!);
    at += index[axis]! * strides[axis]!;
  }
  for (let i = from; i < to; i++) {
    out[i] = a[at]!;
    for (let axis = target.length - 1; axis >= 0; axis--) {
      at += strides[axis]!;
      if (++index[axis]! < target[axis]!) break;
      at -= strides[axis]! * target[axis]!;
      index[axis] = 0;
    }
  }
}

/** Copies `count` consecutive elements; a few of them one by one, because creating a view costs more. */
function copyLine(a: Values, from: number, count: number, out: Values, to: number): void {
  if (count > 32) out.set(a.subarray(from, from + count), to);
  else for (let i = 0; i < count; i++) out[to + i] = a[from + i]!;
}

/** Copies elements. */
export const copy = ([a]: Operands<Values>, out: Values, { from, to }: Range): void =>
  copyLine(a, from, to - from, out, from);

/** The part `start … start + size - 1` of each line along `axis`. */
export function slice(
  a: Values,
  shape: Shape,
  axis: number,
  start: number,
  size: number,
  out: Values,
  { from, to }: Range,
): void {
  const [, length, inner] = aroundAxis(shape, axis), line = size * inner;
  for (let i = from; i < to;) {
    const o = Math.floor(i / line), skip = i - o * line, count = Math.min(line - skip, to - i);
    copyLine(a, (o * length + start) * inner + skip, count, out, i);
    i += count;
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
  { from, to }: Range,
): void {
  out.fill(0, from, to);
  parts.forEach((part, p) => {
    const [, length, inner] = aroundAxis(shapes[p]!, axis), line = length * inner, whole = size * inner;
    for (let o = Math.floor(from / whole); o * whole < to; o++) {
      const at = o * whole + starts[p]! * inner, begin = Math.max(at, from), end = Math.min(at + line, to);
      if (begin < end) copyLine(part, o * line + begin - at, end - begin, out, begin);
    }
  });
}

/** Matrix products over the leading axes: `out[m,n] = Σ_k A[m,k] B[k,n]`, either operand stored transposed. */
export function dot(
  a: Values,
  b: Values,
  [M, N, K]: readonly [number, number, number],
  transposeA: boolean,
  transposeB: boolean,
  out: Values,
  { from, to }: Range,
): void {
  const [am, ak] = transposeA ? [1, M] : [K, 1];
  const [bk, bn] = transposeB ? [1, K] : [N, 1];
  for (let i = from; i < to;) {
    const row = Math.floor(i / N), r = Math.floor(row / M), end = Math.min(to, (row + 1) * N);
    const startA = r * M * K + (row - r * M) * am, startB = r * K * N;
    for (let n = i - row * N; i < end; i++, n++) {
      let sum = 0;
      let atA = startA, atB = startB + n * bn;
      for (let k = 0; k < K; k++, atA += ak, atB += bk) sum += a[atA]! * b[atB]!;
      out[i] = sum;
    }
  }
}

/** `out[r, i…, :] = table[r, rows[r, i…], :]`; a row number past the table reads its last row. Items are rows. */
export function gather(
  table: Values,
  tableShape: Shape,
  rows: Values,
  out: Values,
  { from, to }: Range,
): void {
  const [replicas, count, width] = [tableShape[0]!, tableShape[1]!, sizeOf(tableShape.slice(2))];
  const each = rows.length / replicas;
  for (let i = from; i < to; i++) {
    const at = (Math.floor(i / each) * count + Math.min(rows[i]!, count - 1)) * width;
    for (let k = 0; k < width; k++) out[i * width + k] = table[at + k]!;
  }
}

/**
 * The transpose of {@link gather}: adds each row of `values` to the row of `out` that it was read from. Items are rows
 * of `values`, one after the other; the first range also clears the result.
 */
export function scatterAdd(
  values: Values,
  rows: Values,
  outShape: Shape,
  out: Values,
  { from, to }: Range,
): void {
  const [replicas, count, width] = [outShape[0]!, outShape[1]!, sizeOf(outShape.slice(2))];
  const each = rows.length / replicas;
  if (from === 0) out.fill(0);
  for (let i = from; i < to; i++) {
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
  { from, to }: Range,
): void {
  const each = out.length / counters.length;
  const words = new Uint32Array(4);
  for (let at = from; at < to;) {
    const r = Math.floor(at / each), end = Math.min(to, (r + 1) * each);
    for (let i = at - r * each; at < end;) {
      philox(i >>> 2, counters[r]!, stream, 0, keys[2 * r]!, keys[2 * r + 1]!, words);
      for (let j = i & 3; j < 4 && at < end; j++, i++, at++) {
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
export function logAbsDet(a: Values, n: number, out: Values, { from, to }: Range): void {
  for (let i = from; i < to; i++) {
    const lu = Float64Array.from(a.subarray(i * n * n, (i + 1) * n * n));
    factorise(lu, n);
    let sum = 0;
    for (let k = 0; k < n; k++) sum += Math.log(Math.abs(lu[k * (n + 1)]!));
    out[i] = Math.max(sum, MIN_FLOAT32);
  }
}

/** The sign of `det A` of each n×n matrix: 1, -1, or 0 if singular. */
export function signDet(a: Values, n: number, out: Values, { from, to }: Range): void {
  for (let i = from; i < to; i++) {
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

/** The inverse of each n×n matrix; non-finite if singular. Items are matrices. */
export function inverse(a: Values, n: number, out: Values, { from, to }: Range): void {
  const column = new Float64Array(n);
  for (let base = from * n * n; base < to * n * n; base += n * n) {
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
