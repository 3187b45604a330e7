/**
 * Copies of operands into the work space, in the order in which the tile reads them. Packing moves floats and never
 * computes, so it cannot change a result's bits; it also makes every operand readable in whole vectors.
 */
import { loadPart, storeTransposed } from "./vector";

/**
 * B given as `depth` rows of `columns` floats (layouts NN and TN), cut into panels of eight columns: panel p holds
 * columns 8p to 8p + 7 of row 0, then of row 1 and so on; columns beyond the last are zero.
 */
export function packRows(b: usize, stride: usize, depth: u32, columns: u32, to: usize): void {
  for (let column: u32 = 0; column < columns; column += 8) {
    const left = columns - column;
    let from = b + (<usize> column << 2);
    if (left >= 8) {
      for (let k: u32 = 0; k < depth; k++) {
        v128.store(to, v128.load(from));
        v128.store(to, v128.load(from, 16), 16);
        from += stride;
        to += 32;
      }
    } else {
      for (let k: u32 = 0; k < depth; k++) {
        v128.store(to, loadPart(from, left));
        v128.store(to, left > 4 ? loadPart(from + 16, left - 4) : f32x4.splat(0), 16);
        from += stride;
        to += 32;
      }
    }
  }
}

/** The same panels from B given transposed, as `columns` rows of `depth` floats (layout NT). */
export function packColumns(b: usize, stride: usize, depth: u32, columns: u32, to: usize): void {
  const panel = <usize> depth << 5;
  for (let column: u32 = 0; column < columns; column += 8) {
    packFourColumns(b + <usize> column * stride, stride, depth, columns - column, to);
    packFourColumns(b + <usize> (column + 4) * stride, stride, depth, columns > column + 4 ? columns - column - 4 : 0, to + 16);
    to += panel;
  }
}

/** Four columns of a panel (of which `present` exist) from rows of B; `to` advances by a panel's row a step of k. */
function packFourColumns(b: usize, stride: usize, depth: u32, present: u32, to: usize): void {
  const zero = f32x4.splat(0);
  for (let k: u32 = 0; k < depth; k += 4) {
    const count = depth - k;
    const v0 = present > 0 ? loadPart(b, count) : zero;
    const v1 = present > 1 ? loadPart(b + stride, count) : zero;
    const v2 = present > 2 ? loadPart(b + 2 * stride, count) : zero;
    const v3 = present > 3 ? loadPart(b + 3 * stride, count) : zero;
    if (count >= 4) {
      storeTransposed(to, 32, v0, v1, v2, v3);
    } else {
      v128.store(to, gather(v0, v1, v2, v3));
      if (count > 1) v128.store(to, gather(rotate(v0), rotate(v1), rotate(v2), rotate(v3)), 32);
      if (count > 2) v128.store(to, gather(high(v0), high(v1), high(v2), high(v3)), 64);
    }
    b += 16;
    to += 128;
  }
}

/** The first lanes of four vectors. */
@inline
function gather(a: v128, b: v128, c: v128, d: v128): v128 {
  return v128.shuffle<f32>(v128.shuffle<f32>(a, b, 0, 4, 0, 4), v128.shuffle<f32>(c, d, 0, 4, 0, 4), 0, 1, 4, 5);
}

@inline
function rotate(a: v128): v128 {
  return v128.shuffle<f32>(a, a, 1, 2, 3, 0);
}

@inline
function high(a: v128): v128 {
  return v128.shuffle<f32>(a, a, 2, 3, 0, 1);
}

/**
 * The transpose of A (layout TN: `depth` rows of `rows` floats) as `rows` rows with `stride` bytes from one to the next.
 * Writes whole blocks of four by four, so up to three rows and three floats a row beyond the last.
 */
export function transpose(a: usize, aStride: usize, depth: u32, rows: u32, to: usize, stride: usize): void {
  const zero = f32x4.splat(0);
  for (let k: u32 = 0; k < depth; k += 4) {
    const left = depth - k;
    const a1 = left > 1 ? aStride : 0;
    const a2 = left > 2 ? aStride << 1 : 0;
    const a3 = left > 3 ? <usize> 3 * aStride : 0;
    let from = a;
    let target = to;
    let row: u32 = 0;
    for (; row + 4 <= rows; row += 4) {
      storeTransposed(target, stride, v128.load(from), v128.load(from + a1), v128.load(from + a2), v128.load(from + a3));
      from += 16;
      target += 4 * stride;
    }
    if (row < rows) {
      const count = rows - row;
      storeTransposed(
        target,
        stride,
        loadPart(from, count),
        loadPart(from + a1, count),
        loadPart(from + a2, count),
        loadPart(from + a3, count),
      );
    }
    a += 4 * aStride;
    to += 16;
  }
}
