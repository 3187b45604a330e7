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
  for (let column: u32 = 0; column < columns; column += 4) {
    const target = to + (column & 4 ? <usize> 16 : 0);
    const whole = columns - column >= 4 ? depth & ~3 : 0;
    let from = b;
    let at = target;
    for (let k: u32 = 0; k < whole; k += 4) {
      let row = from;
      const v0 = v128.load(row), v1 = v128.load(row += stride), v2 = v128.load(row += stride);
      storeTransposed(at, 32, v0, v1, v2, v128.load(row + stride));
      from += 16;
      at += 128;
    }
    if (whole < depth) packEdge(from, stride, depth - whole, columns - column, at);
    b += stride << 2;
    if (column & 4) to += panel;
  }
  // The upper half of the last panel, if no column falls into it.
  if ((columns - 1 & 7) < 4) packEdge(b, stride, depth, 0, to + 16);
}

/** Four columns of a panel, of which the first `present` exist, float by float. */
function packEdge(b: usize, stride: usize, depth: u32, present: u32, to: usize): void {
  for (let lane: u32 = 0; lane < 4; lane++) {
    let from = b;
    let at = to;
    for (let k: u32 = 0; k < depth; k++) {
      store<f32>(at, lane < present ? load<f32>(from) : 0);
      from += 4;
      at += 32;
    }
    b += stride;
    to += 4;
  }
}

/**
 * The transpose of A (layout TN: `depth` rows of `rows` floats) as `rows` rows with `stride` bytes from one to the
 * next. Writes whole blocks of four by four, and thus up to three rows, and three floats of a row, beyond the last.
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
