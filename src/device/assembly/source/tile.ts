/**
 * The inner loop of the matrix product: up to six rows of C by panels of eight columns, twelve accumulators in
 * registers.
 *
 * Law: every element of C is one chain `sum = a * b + sum` over k in rising order from zero, whatever the height of the
 * tile and the element's place in it; so the division of C into tiles cannot change a bit of it.
 *
 * What bounds the speed, after the multiply-adds themselves, is the number of instructions: an engine without guard
 * pages compares every address with the memory's size. So B's panels are read at constant offsets from one pointer, and
 * four steps of k share the increments of the pointers.
 */
import { loadPart, multiplyAdd, storePart } from "./vector";

/**
 * Rows of a full tile. Six rows, two vectors of B and one of A fill 15 of 16 vector registers; a product that is
 * rounded before it is added needs one more, and then five rows are faster.
 */
@inline
export const TILE_ROWS: u32 = ASC_FEATURE_RELAXED_SIMD ? 6 : 5;

/** With up to this many rows of C, B is read in place, without packing. */
@inline
export const FEW_ROWS: u32 = 4;

/**
 * C (+)= A B for `height` rows of A (each `depth` floats, consecutive) and `columns` columns.
 *
 * @param height 1 to 6, a constant at every call, so that each height is compiled separately
 * @param a first row of A; `aStride` bytes to the next
 * @param direct a constant too: whether `b` is the matrix itself, `bStep` bytes from one k to the next, in which case
 *   `columns` is a multiple of 8; else it is panels of 32 bytes a step of k, one after the other
 * @param accumulate whether C holds the sum over earlier k already
 */
@inline
function tile(
  height: i32,
  direct: bool,
  a: usize,
  aStride: usize,
  depth: u32,
  b: usize,
  bStep: usize,
  c: usize,
  cStride: usize,
  columns: u32,
  accumulate: bool,
): void {
  const zero = f32x4.splat(0);
  for (;;) {
    let a0 = a, a1 = a0 + aStride, a2 = a1 + aStride, a3 = a2 + aStride, a4 = a3 + aStride, a5 = a4 + aStride;
    let c00 = zero, c01 = zero, c10 = zero, c11 = zero, c20 = zero, c21 = zero;
    let c30 = zero, c31 = zero, c40 = zero, c41 = zero, c50 = zero, c51 = zero;
    let b0: v128, b1: v128, x: v128;
    let from = b;
    let k = depth;
    for (; k >= 4; k -= 4) {
      b0 = v128.load(from), b1 = v128.load(from, 16);
      x = v128.load32_splat(a0), c00 = multiplyAdd(x, b0, c00), c01 = multiplyAdd(x, b1, c01);
      if (height > 1) x = v128.load32_splat(a1), c10 = multiplyAdd(x, b0, c10), c11 = multiplyAdd(x, b1, c11);
      if (height > 2) x = v128.load32_splat(a2), c20 = multiplyAdd(x, b0, c20), c21 = multiplyAdd(x, b1, c21);
      if (height > 3) x = v128.load32_splat(a3), c30 = multiplyAdd(x, b0, c30), c31 = multiplyAdd(x, b1, c31);
      if (height > 4) x = v128.load32_splat(a4), c40 = multiplyAdd(x, b0, c40), c41 = multiplyAdd(x, b1, c41);
      if (height > 5) x = v128.load32_splat(a5), c50 = multiplyAdd(x, b0, c50), c51 = multiplyAdd(x, b1, c51);
      if (direct) from += bStep, b0 = v128.load(from), b1 = v128.load(from, 16);
      else b0 = v128.load(from, 32), b1 = v128.load(from, 48);
      x = v128.load32_splat(a0, 4), c00 = multiplyAdd(x, b0, c00), c01 = multiplyAdd(x, b1, c01);
      if (height > 1) x = v128.load32_splat(a1, 4), c10 = multiplyAdd(x, b0, c10), c11 = multiplyAdd(x, b1, c11);
      if (height > 2) x = v128.load32_splat(a2, 4), c20 = multiplyAdd(x, b0, c20), c21 = multiplyAdd(x, b1, c21);
      if (height > 3) x = v128.load32_splat(a3, 4), c30 = multiplyAdd(x, b0, c30), c31 = multiplyAdd(x, b1, c31);
      if (height > 4) x = v128.load32_splat(a4, 4), c40 = multiplyAdd(x, b0, c40), c41 = multiplyAdd(x, b1, c41);
      if (height > 5) x = v128.load32_splat(a5, 4), c50 = multiplyAdd(x, b0, c50), c51 = multiplyAdd(x, b1, c51);
      if (direct) from += bStep, b0 = v128.load(from), b1 = v128.load(from, 16);
      else b0 = v128.load(from, 64), b1 = v128.load(from, 80);
      x = v128.load32_splat(a0, 8), c00 = multiplyAdd(x, b0, c00), c01 = multiplyAdd(x, b1, c01);
      if (height > 1) x = v128.load32_splat(a1, 8), c10 = multiplyAdd(x, b0, c10), c11 = multiplyAdd(x, b1, c11);
      if (height > 2) x = v128.load32_splat(a2, 8), c20 = multiplyAdd(x, b0, c20), c21 = multiplyAdd(x, b1, c21);
      if (height > 3) x = v128.load32_splat(a3, 8), c30 = multiplyAdd(x, b0, c30), c31 = multiplyAdd(x, b1, c31);
      if (height > 4) x = v128.load32_splat(a4, 8), c40 = multiplyAdd(x, b0, c40), c41 = multiplyAdd(x, b1, c41);
      if (height > 5) x = v128.load32_splat(a5, 8), c50 = multiplyAdd(x, b0, c50), c51 = multiplyAdd(x, b1, c51);
      if (direct) from += bStep, b0 = v128.load(from), b1 = v128.load(from, 16);
      else b0 = v128.load(from, 96), b1 = v128.load(from, 112);
      x = v128.load32_splat(a0, 12), c00 = multiplyAdd(x, b0, c00), c01 = multiplyAdd(x, b1, c01);
      if (height > 1) x = v128.load32_splat(a1, 12), c10 = multiplyAdd(x, b0, c10), c11 = multiplyAdd(x, b1, c11);
      if (height > 2) x = v128.load32_splat(a2, 12), c20 = multiplyAdd(x, b0, c20), c21 = multiplyAdd(x, b1, c21);
      if (height > 3) x = v128.load32_splat(a3, 12), c30 = multiplyAdd(x, b0, c30), c31 = multiplyAdd(x, b1, c31);
      if (height > 4) x = v128.load32_splat(a4, 12), c40 = multiplyAdd(x, b0, c40), c41 = multiplyAdd(x, b1, c41);
      if (height > 5) x = v128.load32_splat(a5, 12), c50 = multiplyAdd(x, b0, c50), c51 = multiplyAdd(x, b1, c51);
      from += direct ? bStep : 128;
      a0 += 16;
      if (height > 1) a1 += 16;
      if (height > 2) a2 += 16;
      if (height > 3) a3 += 16;
      if (height > 4) a4 += 16;
      if (height > 5) a5 += 16;
    }
    for (; k > 0; k--) {
      b0 = v128.load(from), b1 = v128.load(from, 16);
      x = v128.load32_splat(a0), c00 = multiplyAdd(x, b0, c00), c01 = multiplyAdd(x, b1, c01);
      if (height > 1) x = v128.load32_splat(a1), c10 = multiplyAdd(x, b0, c10), c11 = multiplyAdd(x, b1, c11);
      if (height > 2) x = v128.load32_splat(a2), c20 = multiplyAdd(x, b0, c20), c21 = multiplyAdd(x, b1, c21);
      if (height > 3) x = v128.load32_splat(a3), c30 = multiplyAdd(x, b0, c30), c31 = multiplyAdd(x, b1, c31);
      if (height > 4) x = v128.load32_splat(a4), c40 = multiplyAdd(x, b0, c40), c41 = multiplyAdd(x, b1, c41);
      if (height > 5) x = v128.load32_splat(a5), c50 = multiplyAdd(x, b0, c50), c51 = multiplyAdd(x, b1, c51);
      from += direct ? bStep : 32;
      a0 += 4;
      if (height > 1) a1 += 4;
      if (height > 2) a2 += 4;
      if (height > 3) a3 += 4;
      if (height > 4) a4 += 4;
      if (height > 5) a5 += 4;
    }
    let to = c;
    storeRow(to, c00, c01, columns, accumulate);
    if (height > 1) storeRow(to += cStride, c10, c11, columns, accumulate);
    if (height > 2) storeRow(to += cStride, c20, c21, columns, accumulate);
    if (height > 3) storeRow(to += cStride, c30, c31, columns, accumulate);
    if (height > 4) storeRow(to += cStride, c40, c41, columns, accumulate);
    if (height > 5) storeRow(to += cStride, c50, c51, columns, accumulate);
    if (columns <= 8) return;
    columns -= 8;
    b = direct ? b + 32 : from;
    c += 32;
  }
}

@inline
function storeRow(to: usize, v0: v128, v1: v128, columns: u32, accumulate: bool): void {
  if (columns >= 8) {
    if (accumulate) {
      v0 = f32x4.add(v128.load(to), v0);
      v1 = f32x4.add(v128.load(to, 16), v1);
    }
    v128.store(to, v0);
    v128.store(to, v1, 16);
  } else {
    storeRowPart(to, v0, v1, columns, accumulate);
  }
}

function storeRowPart(to: usize, v0: v128, v1: v128, columns: u32, accumulate: bool): void {
  storePart(to, accumulate ? f32x4.add(loadPart(to, columns), v0) : v0, columns);
  if (columns <= 4) return;
  storePart(to + 16, accumulate ? f32x4.add(loadPart(to + 16, columns - 4), v1) : v1, columns - 4);
}

/** `tile` on packed panels for any number of rows from 1 to `TILE_ROWS`. */
export function multiplyRows(
  height: u32,
  a: usize,
  aStride: usize,
  depth: u32,
  b: usize,
  c: usize,
  cStride: usize,
  columns: u32,
  accumulate: bool,
): void {
  if (height == 1) tile(1, false, a, aStride, depth, b, 0, c, cStride, columns, accumulate);
  else if (height == 2) tile(2, false, a, aStride, depth, b, 0, c, cStride, columns, accumulate);
  else if (height == 3) tile(3, false, a, aStride, depth, b, 0, c, cStride, columns, accumulate);
  else if (height == 4) tile(4, false, a, aStride, depth, b, 0, c, cStride, columns, accumulate);
  else if (height == 5) tile(5, false, a, aStride, depth, b, 0, c, cStride, columns, accumulate);
  else if (TILE_ROWS == 6) tile(6, false, a, aStride, depth, b, 0, c, cStride, columns, accumulate);
}

/** `tile` on B itself for 1 to `FEW_ROWS` rows, which are too few for packing to pay. */
export function multiplyFewRows(
  height: u32,
  a: usize,
  aStride: usize,
  depth: u32,
  b: usize,
  bStep: usize,
  c: usize,
  cStride: usize,
  columns: u32,
  accumulate: bool,
): void {
  if (height == 1) tile(1, true, a, aStride, depth, b, bStep, c, cStride, columns, accumulate);
  else if (height == 2) tile(2, true, a, aStride, depth, b, bStep, c, cStride, columns, accumulate);
  else if (height == 3) tile(3, true, a, aStride, depth, b, bStep, c, cStride, columns, accumulate);
  else tile(4, true, a, aStride, depth, b, bStep, c, cStride, columns, accumulate);
}
