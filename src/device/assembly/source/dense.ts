/**
 * The matrix product with everything that a layer does to it, for a range of C's rows.
 *
 * The sum over k is cut into blocks of 256 that are summed one after the other: partial sums stay short (which keeps the
 * rounding error small) and operands in the cache. The cut follows from K alone.
 */
import { addRows, applyMask, shiftAndActivate } from "./epilogue";
import { packColumns, packRows, transpose } from "./pack";
import { rows as multiplyRows } from "./tile";

// The descriptor's 32-bit words; `descriptor.ts` writes them in this order.
@inline const LAYOUT = 0;
@inline const ROWS = 4;
@inline const COLUMNS = 8;
@inline const DEPTH = 12;
@inline const A = 16;
@inline const A_STRIDE = 20;
@inline const B = 24;
@inline const B_STRIDE = 28;
@inline const C = 32;
@inline const C_STRIDE = 36;
@inline const BIAS = 40;
@inline const ADDEND = 44;
@inline const ADDEND_STRIDE = 48;
@inline const GROUP = 52;
@inline const ACTIVATION = 56;
@inline const MASK = 60;
@inline const MASK_STRIDE = 64;
@inline const MASK_KIND = 68;

/** A pointer that points to nothing. */
@inline const ABSENT: usize = 0xffffffff;

/** Layouts as the descriptor names them. */
@inline const NT = 1;
@inline const TN = 2;

/** Blocks: of k, of columns (a block of B stays in the second-level cache), of rows of a transposed A. */
@inline const DEPTH_BLOCK: u32 = 256;
@inline const COLUMN_BLOCK: u32 = 256;
@inline const ROW_BLOCK: u32 = 96;
@inline const TILE_ROWS: u32 = 6;

/** From this many rows on, copying B once costs less than reading it in long strides. */
@inline const PACK_FROM_ROWS: u32 = 12;

/** Work space: one row of shifts, a block of B in panels, a block of A transposed. */
@inline const SHIFT_BYTES: usize = 4 * COLUMN_BLOCK;

/**
 * Rows `rowStart` to `rowEnd - 1` of the product that `descriptor` describes.
 *
 * @param work 16-byte aligned scratch of the size that `denseWorkBytes` names; its content need not be kept
 */
export function dense(descriptor: usize, rowStart: u32, rowEnd: u32, work: usize): void {
  if (rowStart >= rowEnd) return;
  const layout = load<u32>(descriptor, LAYOUT);
  const columns = load<u32>(descriptor, COLUMNS);
  const depth = load<u32>(descriptor, DEPTH);
  const a = load<usize>(descriptor, A), aStride = load<usize>(descriptor, A_STRIDE) << 2;
  const b = load<usize>(descriptor, B), bStride = load<usize>(descriptor, B_STRIDE) << 2;
  const c = load<usize>(descriptor, C), cStride = load<usize>(descriptor, C_STRIDE) << 2;
  const packed = work + SHIFT_BYTES;
  const packs = layout == NT || rowEnd - rowStart >= PACK_FROM_ROWS;

  for (let column: u32 = 0; column < columns; column += COLUMN_BLOCK) {
    const width = min(columns - column, COLUMN_BLOCK);
    const paddedWidth = (width + 7) & ~7;
    for (let k: u32 = 0; k < depth; k += DEPTH_BLOCK) {
      const length = min(depth - k, DEPTH_BLOCK);
      const transposed = packed + <usize> paddedWidth * (<usize> length << 2);
      const blockStride = (<usize> length + 3 & ~3) << 2;
      const bBlock = layout == NT
        ? b + <usize> column * bStride + (<usize> k << 2)
        : b + <usize> k * bStride + (<usize> column << 2);
      const whole = width & ~7;
      if (layout == NT) packColumns(bBlock, bStride, length, width, packed);
      else if (packs) packRows(bBlock, bStride, length, width, packed);
      else if (whole < width) packRows(bBlock + (<usize> whole << 2), bStride, length, width - whole, packed);

      for (let first = rowStart; first < rowEnd; first += ROW_BLOCK) {
        const last = min(first + ROW_BLOCK, rowEnd);
        let aBlock = a + <usize> first * aStride + (<usize> k << 2);
        let rowStride = aStride;
        if (layout == TN) {
          aBlock = transposed;
          rowStride = blockStride;
          transposeWithOnes(descriptor, k, length, first, last, transposed, blockStride);
        }
        for (let row = first; row < last; row += TILE_ROWS) {
          const height = min(last - row, TILE_ROWS);
          const aRow = aBlock + <usize> (row - first) * rowStride;
          const cRow = c + <usize> row * cStride + (<usize> column << 2);
          if (packs) {
            multiplyRows(height, aRow, rowStride, length, packed, 32, <usize> length << 5, cRow, cStride, width, k > 0);
          } else {
            if (whole > 0) multiplyRows(height, aRow, rowStride, length, bBlock, bStride, 32, cRow, cStride, whole, k > 0);
            if (whole < width) {
              const edge = cRow + (<usize> whole << 2);
              multiplyRows(height, aRow, rowStride, length, packed, 32, 0, edge, cStride, width - whole, k > 0);
            }
          }
          if (k + length == depth) finish(descriptor, row, height, column, width, cRow, cStride, work);
        }
      }
    }
  }
}

/** Rows `first` to `last - 1` of the transpose of A; the row after A's last is a row of ones, which sums B's columns. */
function transposeWithOnes(
  descriptor: usize,
  k: u32,
  length: u32,
  first: u32,
  last: u32,
  to: usize,
  stride: usize,
): void {
  const rows = load<u32>(descriptor, ROWS);
  const aStride = load<usize>(descriptor, A_STRIDE) << 2;
  const stored = min(last, rows);
  if (first < stored) {
    const from = load<usize>(descriptor, A) + <usize> k * aStride + (<usize> first << 2);
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

/** Bias, addend, activation and mask for `height` rows from `row` on, in columns `column` to `column + width - 1`. */
function finish(
  descriptor: usize,
  row: u32,
  height: u32,
  column: u32,
  width: u32,
  c: usize,
  cStride: usize,
  work: usize,
): void {
  const offset = <usize> column << 2;
  const activation = load<u32>(descriptor, ACTIVATION);
  const maskKind = load<u32>(descriptor, MASK_KIND);
  const bias = load<usize>(descriptor, BIAS);
  const addend = load<usize>(descriptor, ADDEND);
  const shifts = bias != ABSENT || addend != ABSENT;
  if (!shifts && activation == 0 && maskKind == 0) return;
  let shift = bias + offset;
  if (!shifts) memory.fill(shift = work, 0, <usize> width << 2);
  const group = load<u32>(descriptor, GROUP);
  const addendStride = load<usize>(descriptor, ADDEND_STRIDE) << 2;
  let served: u32 = 0xffffffff;
  let mask = load<usize>(descriptor, MASK) + offset;
  const maskStride = load<usize>(descriptor, MASK_STRIDE) << 2;
  mask += <usize> row * maskStride;
  for (const end = row + height; row < end; row++) {
    if (addend != ABSENT) {
      const index = row / group;
      if (index != served) {
        served = index;
        shift = addend + <usize> index * addendStride + offset;
        if (bias != ABSENT) {
          addRows(work, bias + offset, shift, width);
          shift = work;
        }
      }
    }
    if (shifts || activation != 0) shiftAndActivate(c, shift, width, activation);
    if (maskKind != 0) applyMask(c, mask, width, maskKind);
    c += cStride;
    mask += maskStride;
  }
}
