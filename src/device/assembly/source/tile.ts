/**
 * The inner product of everything: up to six rows of C by panels of eight columns, twelve accumulators in registers.
 *
 * Law: every element of C is one chain `sum = a * b + sum` over k in rising order from zero, whatever the height of the
 * tile and wherever the element lies in it; so how C is cut into tiles cannot change a bit of it.
 */
import { loadPart, multiplyAdd, storePart } from "./vector";

/**
 * C (+)= A B for `height` rows of A (each `depth` floats, consecutive) and `columns` columns.
 *
 * @param height 1 to 6, a constant at every call, so that each height is compiled for itself
 * @param a first row of A; `aStride` bytes to the next
 * @param b first panel; `bStep` bytes from one k to the next, `bPanel` bytes from one panel to the next
 * @param accumulate 1 if C holds the sum over earlier k already
 */
@inline
function tile(
  height: i32,
  a: usize,
  aStride: usize,
  depth: u32,
  b: usize,
  bStep: usize,
  bPanel: usize,
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
    let from = b;
    for (let k = depth; k > 0; k--) {
      const b0 = v128.load(from);
      const b1 = v128.load(from, 16);
      from += bStep;
      let x = v128.load32_splat(a0);
      c00 = multiplyAdd(x, b0, c00);
      c01 = multiplyAdd(x, b1, c01);
      a0 += 4;
      if (height > 1) {
        x = v128.load32_splat(a1);
        c10 = multiplyAdd(x, b0, c10);
        c11 = multiplyAdd(x, b1, c11);
        a1 += 4;
      }
      if (height > 2) {
        x = v128.load32_splat(a2);
        c20 = multiplyAdd(x, b0, c20);
        c21 = multiplyAdd(x, b1, c21);
        a2 += 4;
      }
      if (height > 3) {
        x = v128.load32_splat(a3);
        c30 = multiplyAdd(x, b0, c30);
        c31 = multiplyAdd(x, b1, c31);
        a3 += 4;
      }
      if (height > 4) {
        x = v128.load32_splat(a4);
        c40 = multiplyAdd(x, b0, c40);
        c41 = multiplyAdd(x, b1, c41);
        a4 += 4;
      }
      if (height > 5) {
        x = v128.load32_splat(a5);
        c50 = multiplyAdd(x, b0, c50);
        c51 = multiplyAdd(x, b1, c51);
        a5 += 4;
      }
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
    b += bPanel;
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

/** `tile` for any number of rows from 1 to 6. */
export function rows(
  height: u32,
  a: usize,
  aStride: usize,
  depth: u32,
  b: usize,
  bStep: usize,
  bPanel: usize,
  c: usize,
  cStride: usize,
  columns: u32,
  accumulate: bool,
): void {
  switch (height) {
    case 6:
      tile(6, a, aStride, depth, b, bStep, bPanel, c, cStride, columns, accumulate);
      return;
    case 5:
      tile(5, a, aStride, depth, b, bStep, bPanel, c, cStride, columns, accumulate);
      return;
    case 4:
      tile(4, a, aStride, depth, b, bStep, bPanel, c, cStride, columns, accumulate);
      return;
    case 3:
      tile(3, a, aStride, depth, b, bStep, bPanel, c, cStride, columns, accumulate);
      return;
    case 2:
      tile(2, a, aStride, depth, b, bStep, bPanel, c, cStride, columns, accumulate);
      return;
    default:
      tile(1, a, aStride, depth, b, bStep, bPanel, c, cStride, columns, accumulate);
  }
}
