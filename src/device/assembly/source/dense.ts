/**
 * The matrix product with a layer's bias, addend, activation and mask, for a range of C's rows.
 *
 * The sum over k is cut into blocks of 256 that are summed one after the other: partial sums stay short (which keeps
 * the rounding error small) and operands in the cache. The cut follows from K alone.
 */
import { DenseDescriptor, Transposition } from "./layouts";
import { finishRows, finishThin } from "./epilogue";
import { packColumns, packRows, transpose } from "./pack";
import { THIN_COLUMNS, thinRows, thinTransposed } from "./thin";
import { FEW_ROWS, multiplyFewRows, multiplyRows, TILE_ROWS } from "./tile";

/** Blocks: of k; of columns (a block of B stays in the second-level cache); of rows of a transposed A (whole tiles). */
@inline
const DEPTH_BLOCK: u32 = 256;
@inline
const COLUMN_BLOCK: u32 = 256;
@inline
const ROW_BLOCK: u32 = 90;

/** Work space: one row of shifts, a block of B in panels, a block of A transposed. */
@inline
const SHIFT_BYTES: usize = 4 * COLUMN_BLOCK;

/**
 * Rows `rowStart` to `rowEnd - 1` of the product that `descriptor` describes.
 *
 * @param work 16-byte aligned scratch memory of `denseWorkBytes` bytes, whose content no later call needs
 */
export function dense(descriptor: DenseDescriptor, rowStart: u32, rowEnd: u32, work: usize): void {
  if (rowStart >= rowEnd) return;
  const columns = descriptor.columns;
  if (columns <= THIN_COLUMNS) {
    denseThin(descriptor, rowStart, rowEnd, columns, work);
    return;
  }
  const transposition = descriptor.transposition;
  const depth = descriptor.depth;
  const continues = descriptor.accumulates > 0;
  const a = descriptor.a, aStride = <usize> descriptor.aStride << 2;
  const b = descriptor.b, bStride = <usize> descriptor.bStride << 2;
  const c = descriptor.c, cStride = <usize> descriptor.cStride << 2;
  const packed = work + SHIFT_BYTES;

  for (let column: u32 = 0; column < columns; column += COLUMN_BLOCK) {
    const width = min(columns - column, COLUMN_BLOCK);
    const offset = <usize> column << 2;
    for (let k: u32 = 0; k < depth; k += DEPTH_BLOCK) {
      const length = min(depth - k, DEPTH_BLOCK);
      const bBlock = transposition == Transposition.NT ? b + <usize> column * bStride + (<usize> k << 2) : b + <usize> k * bStride + offset;
      const direct = transposition != Transposition.NT && rowEnd - rowStart <= FEW_ROWS ? width & ~7 : 0;
      const rest = <usize> direct << 2;
      if (transposition == Transposition.NT) packColumns(bBlock, bStride, length, width, packed);
      else packRows(bBlock + rest, bStride, length, width - direct, packed);
      const transposed = packed + <usize> (width + 7 & ~7) * (<usize> length << 2);

      for (let first = rowStart; first < rowEnd; first += ROW_BLOCK) {
        const last = min(first + ROW_BLOCK, rowEnd);
        let aRow = a + <usize> first * aStride + (<usize> k << 2);
        let rowStride = aStride;
        if (transposition == Transposition.TN) {
          aRow = transposed;
          rowStride = <usize> (length + 3 & ~3) << 2;
          transposeWithOnes(descriptor, k, length, first, last, transposed, rowStride);
        }
        for (let row = first; row < last; row += TILE_ROWS) {
          const height = min(last - row, TILE_ROWS);
          const cRow = c + <usize> row * cStride + offset;
          if (direct > 0) {
            multiplyFewRows(height, aRow, rowStride, length, bBlock, bStride, cRow, cStride, direct, continues || k > 0);
          }
          if (direct < width) {
            multiplyRows(height, aRow, rowStride, length, packed, cRow + rest, cStride, width - direct, continues || k > 0);
          }
          if (k + length == depth) finishRows(descriptor, row, height, column, width, cRow, cStride, work);
          aRow += <usize> height * rowStride;
        }
      }
    }
  }
}

/**
 * Rows `first` to `last - 1` of the transpose of A; the row after A's last is a row of ones, which sums B's columns.
 */
function transposeWithOnes(
  descriptor: DenseDescriptor,
  k: u32,
  length: u32,
  first: u32,
  last: u32,
  to: usize,
  stride: usize,
): void {
  const rows = descriptor.rows;
  const aStride = <usize> descriptor.aStride << 2;
  const stored = min(last, rows);
  if (first < stored) {
    const from = descriptor.a + <usize> k * aStride + (<usize> first << 2);
    transpose(from, aStride, length, stored - first, to, stride);
  }
  if (last > rows) {
    let ones = to + <usize> (rows - first) * stride;
    for (let i: u32 = 0; i < length; i += 4) {
      v128.store(ones, f32x4.splat(1));
      ones += 16;
    }
  }
}

/** {@link dense} for one or two columns, where a panel of eight would be mostly empty. */
function denseThin(descriptor: DenseDescriptor, rowStart: u32, rowEnd: u32, columns: u32, work: usize): void {
  const transposition = descriptor.transposition;
  const depth = descriptor.depth;
  const continues = descriptor.accumulates > 0;
  const rows = descriptor.rows;
  const a = descriptor.a, aStride = <usize> descriptor.aStride << 2;
  const b = descriptor.b, bStride = <usize> descriptor.bStride << 2;
  const cStride = <usize> descriptor.cStride << 2;
  const c = descriptor.c + <usize> rowStart * cStride;
  // From one k to the next, and from one column to the next.
  const bStep: usize = transposition == Transposition.NT ? 4 : bStride;
  const bColumn: usize = transposition == Transposition.NT ? bStride : 4;

  for (let k: u32 = 0; k < depth; k += DEPTH_BLOCK) {
    const length = min(depth - k, DEPTH_BLOCK);
    const bBlock = b + <usize> k * bStep;
    if (transposition == Transposition.TN) {
      const stored = min(rowEnd, rows);
      const from = a + <usize> k * aStride + (<usize> rowStart << 2);
      if (rowStart < stored) {
        thinTransposed(columns, from, aStride, length, bBlock, bStep, c, cStride, stored - rowStart, continues || k > 0);
      }
      if (rowEnd > rows) sumRows(bBlock, bStep, length, columns, c + <usize> (rows - rowStart) * cStride, continues || k > 0);
    } else {
      const from = a + <usize> rowStart * aStride + (<usize> k << 2);
      thinRows(columns, from, aStride, length, bBlock, bStep, bColumn, c, cStride, rowEnd - rowStart, continues || k > 0);
    }
  }
  finishThin(descriptor, rowStart, rowEnd, columns, c, cStride, work);
}

/** The row of ones times B, for a few columns. */
function sumRows(b: usize, bStep: usize, depth: u32, columns: u32, c: usize, accumulate: bool): void {
  for (; columns > 0; columns--) {
    let sum: f32 = 0;
    let at = b;
    for (let k = depth; k > 0; k--) {
      sum += load<f32>(at);
      at += bStep;
    }
    store<f32>(c, accumulate ? load<f32>(c) + sum : sum);
    b += 4;
    c += 4;
  }
}
