/**
 * The steps after a finished sum: adding a row, applying the activation, multiplying by the mask's factor. They run
 * over a few rows of C at a time, just after the tile has written them, while they are in the first-level cache.
 */
import { activate, timesSlope } from "./activation";
import { ABSENT, Activation, DenseDescriptor } from "./layouts";
import { loadPart, storePart } from "./vector";

/** C row = act(C row + shift). */
function shiftAndActivate(c: usize, shift: usize, columns: u32, activation: u32): void {
  if (activation == Activation.identity) shiftRow(Activation.identity, c, shift, columns);
  else if (activation == Activation.relu) shiftRow(Activation.relu, c, shift, columns);
  else shiftRow(Activation.tanh, c, shift, columns);
}

/** `activation` is a constant at every call, so each activation has its own loop. */
@inline
function shiftRow(activation: i32, c: usize, shift: usize, columns: u32): void {
  let left = columns;
  for (; left >= 4; left -= 4) {
    v128.store(c, activate(activation, f32x4.add(v128.load(c), v128.load(shift))));
    c += 16;
    shift += 16;
  }
  if (left > 0) storePart(c, activate(activation, f32x4.add(loadPart(c, left), loadPart(shift, left))), left);
}

/** C row *= the derivative of an activation, whose values are `mask`. */
function applyMask(c: usize, mask: usize, columns: u32, activation: u32): void {
  if (activation == Activation.relu) maskRow(Activation.relu, c, mask, columns);
  else maskRow(Activation.tanh, c, mask, columns);
}

@inline
function maskRow(activation: i32, c: usize, mask: usize, columns: u32): void {
  let left = columns;
  for (; left >= 4; left -= 4) {
    v128.store(c, timesSlope(activation, v128.load(c), v128.load(mask)));
    c += 16;
    mask += 16;
  }
  if (left > 0) storePart(c, timesSlope(activation, loadPart(c, left), loadPart(mask, left)), left);
}

/** `to` = first + second, over `columns` floats. */
function addRows(to: usize, first: usize, second: usize, columns: u32): void {
  for (let left = columns; left > 0; left -= min<u32>(left, 4)) {
    storePart(to, f32x4.add(loadPart(first, left), loadPart(second, left)), left);
    to += 16;
    first += 16;
    second += 16;
  }
}

/** Bias, addend, activation and mask for `height` rows from `row` on, in columns `column` to `column + width - 1`. */
export function finishRows(
  descriptor: DenseDescriptor,
  row: u32,
  height: u32,
  column: u32,
  width: u32,
  c: usize,
  cStride: usize,
  work: usize,
): void {
  const offset = <usize> column << 2;
  const activation = descriptor.activation;
  const maskActivation = descriptor.maskActivation;
  const bias = descriptor.bias;
  const addend = descriptor.addend;
  const shifts = bias != ABSENT || addend != ABSENT;
  if (!shifts && activation == Activation.identity && maskActivation == Activation.identity) return;
  let shift = bias + offset;
  if (!shifts) memory.fill(shift = work, 0, <usize> width << 2);
  const group = descriptor.group;
  const addendStride = <usize> descriptor.addendStride << 2;
  let served: u32 = 0xffffffff;
  let mask = descriptor.mask + offset;
  const maskStride = <usize> descriptor.maskStride << 2;
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
    if (shifts || activation != Activation.identity) shiftAndActivate(c, shift, width, activation);
    if (maskActivation != Activation.identity) applyMask(c, mask, width, maskActivation);
    c += cStride;
    mask += maskStride;
  }
}

/**
 * {@link finishRows} for one or two columns. If C has no gaps and there is no addend, many of its short rows are
 * treated as one long row, with the bias repeated.
 */
export function finishThin(
  descriptor: DenseDescriptor,
  rowStart: u32,
  rowEnd: u32,
  columns: u32,
  c: usize,
  cStride: usize,
  work: usize,
): void {
  const activation = descriptor.activation;
  const maskActivation = descriptor.maskActivation;
  const bias = descriptor.bias;
  const addend = descriptor.addend;
  const maskStride = <usize> descriptor.maskStride << 2;
  const rowBytes = <usize> columns << 2;
  if (bias == ABSENT && addend == ABSENT && activation == Activation.identity && maskActivation == Activation.identity) return;
  if (addend != ABSENT || cStride != rowBytes || (maskActivation != Activation.identity && maskStride != rowBytes)) {
    finishRows(descriptor, rowStart, rowEnd - rowStart, 0, columns, c, cStride, work);
    return;
  }
  const length: u32 = 256;
  memory.fill(work, 0, 4 * length);
  if (bias != ABSENT) {
    for (let i: u32 = 0; i < length; i++) {
      store<f32>(work + (<usize> i << 2), load<f32>(bias + (<usize> (i % columns) << 2)));
    }
  }
  let mask = descriptor.mask + <usize> rowStart * rowBytes;
  for (let left = (rowEnd - rowStart) * columns; left > 0;) {
    const count = min<u32>(left, length);
    if (bias != ABSENT || activation != Activation.identity) shiftAndActivate(c, work, count, activation);
    if (maskActivation != Activation.identity) applyMask(c, mask, count, maskActivation);
    c += 4 * length;
    mask += 4 * length;
    left -= count;
  }
}
