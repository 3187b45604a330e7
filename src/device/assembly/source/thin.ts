/**
 * Products with one or two columns: a vector holds one column of four rows of C. An element is the same chain of
 * multiply-adds as in `tile.ts`, so both give the same bits.
 */
import { loadPart, multiplyAdd } from "./vector";

/** The largest number of columns for these routines. */
@inline
export const THIN_COLUMNS: u32 = 2;

/** The first and the last two floats of two rows, interleaved: the first half of a transposition of four rows. */
@inline
function low(a: v128, b: v128): v128 {
  return v128.shuffle<f32>(a, b, 0, 4, 1, 5);
}

@inline
function high(a: v128, b: v128): v128 {
  return v128.shuffle<f32>(a, b, 2, 6, 3, 7);
}

/**
 * Four steps of k for four rows and one column of B in `y0` to `y3`: `l01` and `h01` are `low` and `high` of the first
 * two rows, `l23` and `h23` of the others.
 */
@inline
function fourSteps(
  sum: v128,
  l01: v128,
  h01: v128,
  l23: v128,
  h23: v128,
  y0: v128,
  y1: v128,
  y2: v128,
  y3: v128,
): v128 {
  sum = multiplyAdd(v128.shuffle<f32>(l01, l23, 0, 1, 4, 5), y0, sum);
  sum = multiplyAdd(v128.shuffle<f32>(l01, l23, 2, 3, 6, 7), y1, sum);
  sum = multiplyAdd(v128.shuffle<f32>(h01, h23, 0, 1, 4, 5), y2, sum);
  return multiplyAdd(v128.shuffle<f32>(h01, h23, 2, 3, 6, 7), y3, sum);
}

/** Layouts NN and NT: A's rows are consecutive in k, so blocks of four by four are transposed in registers. */
export function thinRows(
  columns: u32,
  a: usize,
  aStride: usize,
  depth: u32,
  b: usize,
  bStep: usize,
  bColumn: usize,
  c: usize,
  cStride: usize,
  rows: u32,
  accumulate: bool,
): void {
  for (; rows >= 16; rows -= 16) {
    if (columns == 2) sixteenRows(2, a, aStride, depth, b, bStep, bColumn, c, cStride, accumulate);
    else sixteenRows(1, a, aStride, depth, b, bStep, bColumn, c, cStride, accumulate);
    a += aStride << 4;
    c += cStride << 4;
  }
  while (rows > 0) {
    const count = min<u32>(rows, 4);
    for (let column: u32 = 0; column < columns; column++) {
      const from = b + <usize> column * bColumn;
      fourRows(false, a, aStride, depth, from, bStep, c + (<usize> column << 2), cStride, count, accumulate);
    }
    a += aStride << 2;
    c += cStride << 2;
    rows -= count;
  }
}

@inline
function sixteenRows(
  columns: i32,
  a: usize,
  aStride: usize,
  depth: u32,
  b: usize,
  bStep: usize,
  bColumn: usize,
  c: usize,
  cStride: usize,
  accumulate: bool,
): void {
  const zero = f32x4.splat(0);
  let s0 = zero, s1 = zero, s2 = zero, s3 = zero, t0 = zero, t1 = zero, t2 = zero, t3 = zero;
  const second = b + bColumn;
  let k: u32 = 0;
  for (; k + 4 <= depth; k += 4) {
    let row = a + (<usize> k << 2);
    let from = b + <usize> k * bStep;
    const y0 = v128.load32_splat(from), y1 = v128.load32_splat(from += bStep);
    const y2 = v128.load32_splat(from += bStep), y3 = v128.load32_splat(from + bStep);
    let z0 = zero, z1 = zero, z2 = zero, z3 = zero;
    if (columns > 1) {
      from = second + <usize> k * bStep;
      z0 = v128.load32_splat(from), z1 = v128.load32_splat(from += bStep);
      z2 = v128.load32_splat(from += bStep), z3 = v128.load32_splat(from + bStep);
    }
    let v0 = v128.load(row), v1 = v128.load(row += aStride), v2 = v128.load(row += aStride);
    let v3 = v128.load(row += aStride);
    let l01 = low(v0, v1), h01 = high(v0, v1), l23 = low(v2, v3), h23 = high(v2, v3);
    s0 = fourSteps(s0, l01, h01, l23, h23, y0, y1, y2, y3);
    if (columns > 1) t0 = fourSteps(t0, l01, h01, l23, h23, z0, z1, z2, z3);
    v0 = v128.load(row += aStride), v1 = v128.load(row += aStride), v2 = v128.load(row += aStride);
    v3 = v128.load(row += aStride);
    l01 = low(v0, v1), h01 = high(v0, v1), l23 = low(v2, v3), h23 = high(v2, v3);
    s1 = fourSteps(s1, l01, h01, l23, h23, y0, y1, y2, y3);
    if (columns > 1) t1 = fourSteps(t1, l01, h01, l23, h23, z0, z1, z2, z3);
    v0 = v128.load(row += aStride), v1 = v128.load(row += aStride), v2 = v128.load(row += aStride);
    v3 = v128.load(row += aStride);
    l01 = low(v0, v1), h01 = high(v0, v1), l23 = low(v2, v3), h23 = high(v2, v3);
    s2 = fourSteps(s2, l01, h01, l23, h23, y0, y1, y2, y3);
    if (columns > 1) t2 = fourSteps(t2, l01, h01, l23, h23, z0, z1, z2, z3);
    v0 = v128.load(row += aStride), v1 = v128.load(row += aStride), v2 = v128.load(row += aStride);
    v3 = v128.load(row += aStride);
    l01 = low(v0, v1), h01 = high(v0, v1), l23 = low(v2, v3), h23 = high(v2, v3);
    s3 = fourSteps(s3, l01, h01, l23, h23, y0, y1, y2, y3);
    if (columns > 1) t3 = fourSteps(t3, l01, h01, l23, h23, z0, z1, z2, z3);
  }
  const fourRowsOn = aStride << 2;
  for (; k < depth; k++) {
    const row = a + (<usize> k << 2);
    const x0 = gather(row, aStride, 4), x1 = gather(row + fourRowsOn, aStride, 4);
    const x2 = gather(row + 2 * fourRowsOn, aStride, 4), x3 = gather(row + 3 * fourRowsOn, aStride, 4);
    let y = v128.load32_splat(b + <usize> k * bStep);
    s0 = multiplyAdd(x0, y, s0), s1 = multiplyAdd(x1, y, s1), s2 = multiplyAdd(x2, y, s2), s3 = multiplyAdd(x3, y, s3);
    if (columns > 1) {
      y = v128.load32_splat(second + <usize> k * bStep);
      t0 = multiplyAdd(x0, y, t0), t1 = multiplyAdd(x1, y, t1), t2 = multiplyAdd(x2, y, t2), t3 = multiplyAdd(x3, y, t3);
    }
  }
  storeSixteen(c, cStride, s0, s1, s2, s3, accumulate);
  if (columns > 1) storeSixteen(c + 4, cStride, t0, t1, t2, t3, accumulate);
}

/**
 * One column of up to four rows of C.
 *
 * @param transposed a constant at every call: whether the rows are consecutive in A, `aStride` from one k to the next
 */
@inline
function fourRows(
  transposed: bool,
  a: usize,
  aStride: usize,
  depth: u32,
  b: usize,
  bStep: usize,
  c: usize,
  cStride: usize,
  count: u32,
  accumulate: bool,
): void {
  let sum = f32x4.splat(0);
  for (; depth > 0; depth--) {
    const x = transposed ? loadPart(a, count) : gather(a, aStride, count);
    sum = multiplyAdd(x, v128.load32_splat(b), sum);
    a += transposed ? aStride : 4;
    b += bStep;
  }
  storeColumn(c, cStride, sum, count, accumulate);
}

/** One float of each of `count` rows. */
@inline
function gather(a: usize, aStride: usize, count: u32): v128 {
  let value = v128.load32_zero(a);
  if (count > 1) value = v128.load_lane<f32>(a += aStride, value, 1);
  if (count > 2) value = v128.load_lane<f32>(a += aStride, value, 2);
  if (count > 3) value = v128.load_lane<f32>(a += aStride, value, 3);
  return value;
}

/** The first `count` lanes go to consecutive rows of C. */
function storeColumn(c: usize, cStride: usize, sum: v128, count: u32, accumulate: bool): void {
  storeSum(c, f32x4.extract_lane(sum, 0), accumulate);
  if (count > 1) storeSum(c += cStride, f32x4.extract_lane(sum, 1), accumulate);
  if (count > 2) storeSum(c += cStride, f32x4.extract_lane(sum, 2), accumulate);
  if (count > 3) storeSum(c += cStride, f32x4.extract_lane(sum, 3), accumulate);
}

/** One column of sixteen rows of C. */
function storeSixteen(c: usize, cStride: usize, s0: v128, s1: v128, s2: v128, s3: v128, accumulate: bool): void {
  const fourOn = cStride << 2;
  storeColumn(c, cStride, s0, 4, accumulate);
  storeColumn(c += fourOn, cStride, s1, 4, accumulate);
  storeColumn(c += fourOn, cStride, s2, 4, accumulate);
  storeColumn(c + fourOn, cStride, s3, 4, accumulate);
}

@inline
function storeSum(c: usize, sum: f32, accumulate: bool): void {
  store<f32>(c, accumulate ? load<f32>(c) + sum : sum);
}

/** Layout TN: four rows of C are consecutive in A already. */
export function thinTransposed(
  columns: u32,
  a: usize,
  aStride: usize,
  depth: u32,
  b: usize,
  bStep: usize,
  c: usize,
  cStride: usize,
  rows: u32,
  accumulate: bool,
): void {
  if (columns == 2) {
    for (; rows >= 16; rows -= 16) {
      manyColumnsOfA(2, a, aStride, depth, b, bStep, c, cStride, accumulate);
      a += 64;
      c += cStride << 4;
    }
  } else {
    for (; rows >= 32; rows -= 32) {
      manyColumnsOfA(1, a, aStride, depth, b, bStep, c, cStride, accumulate);
      a += 128;
      c += cStride << 5;
    }
  }
  while (rows > 0) {
    const count = min<u32>(rows, 4);
    for (let column: u32 = 0; column < columns; column++) {
      const offset = <usize> column << 2;
      fourRows(true, a, aStride, depth, b + offset, bStep, c + offset, cStride, count, accumulate);
    }
    a += 16;
    c += cStride << 2;
    rows -= count;
  }
}

/** 16 rows of C for two columns, 32 for one: eight sums either way. */
@inline
function manyColumnsOfA(
  columns: i32,
  a: usize,
  aStride: usize,
  depth: u32,
  b: usize,
  bStep: usize,
  c: usize,
  cStride: usize,
  accumulate: bool,
): void {
  const zero = f32x4.splat(0);
  let s0 = zero, s1 = zero, s2 = zero, s3 = zero, s4 = zero, s5 = zero, s6 = zero, s7 = zero;
  for (; depth > 0; depth--) {
    const y = v128.load32_splat(b);
    const x0 = v128.load(a), x1 = v128.load(a, 16), x2 = v128.load(a, 32), x3 = v128.load(a, 48);
    s0 = multiplyAdd(x0, y, s0), s1 = multiplyAdd(x1, y, s1), s2 = multiplyAdd(x2, y, s2), s3 = multiplyAdd(x3, y, s3);
    if (columns > 1) {
      const z = v128.load32_splat(b, 4);
      s4 = multiplyAdd(x0, z, s4), s5 = multiplyAdd(x1, z, s5), s6 = multiplyAdd(x2, z, s6), s7 = multiplyAdd(x3, z, s7);
    } else {
      const x4 = v128.load(a, 64), x5 = v128.load(a, 80), x6 = v128.load(a, 96), x7 = v128.load(a, 112);
      s4 = multiplyAdd(x4, y, s4), s5 = multiplyAdd(x5, y, s5), s6 = multiplyAdd(x6, y, s6), s7 = multiplyAdd(x7, y, s7);
    }
    a += aStride;
    b += bStep;
  }
  storeSixteen(c, cStride, s0, s1, s2, s3, accumulate);
  storeSixteen(columns > 1 ? c + 4 : c + (cStride << 4), cStride, s4, s5, s6, s7, accumulate);
}
