/**
 * What happens to a finished sum: a row is added, the activation applied, the mask's factor multiplied. Runs over a few
 * rows of C at a time, just after the tile has written them, while they are in the first-level cache.
 */
import { loadPart, storePart, tanh } from "./vector";

/** C row = act(C row + shift), `activation` 0 identity, 1 relu, 2 tanh. */
export function shiftAndActivate(c: usize, shift: usize, columns: u32, activation: u32): void {
  let left = columns;
  if (activation == 0) {
    for (; left >= 4; left -= 4) {
      v128.store(c, f32x4.add(v128.load(c), v128.load(shift)));
      c += 16;
      shift += 16;
    }
    if (left > 0) storePart(c, f32x4.add(loadPart(c, left), loadPart(shift, left)), left);
  } else if (activation == 1) {
    for (; left >= 4; left -= 4) {
      v128.store(c, relu(f32x4.add(v128.load(c), v128.load(shift))));
      c += 16;
      shift += 16;
    }
    if (left > 0) storePart(c, relu(f32x4.add(loadPart(c, left), loadPart(shift, left))), left);
  } else {
    for (; left >= 4; left -= 4) {
      v128.store(c, tanh(f32x4.add(v128.load(c), v128.load(shift))));
      c += 16;
      shift += 16;
    }
    if (left > 0) storePart(c, tanh(f32x4.add(loadPart(c, left), loadPart(shift, left))), left);
  }
}

/** C row *= the derivative of the activation (1 relu, 2 tanh) at which `mask` is the activation's value. */
export function applyMask(c: usize, mask: usize, columns: u32, kind: u32): void {
  let left = columns;
  if (kind == 1) {
    for (; left >= 4; left -= 4) {
      v128.store(c, reluMasked(v128.load(c), v128.load(mask)));
      c += 16;
      mask += 16;
    }
    if (left > 0) storePart(c, reluMasked(loadPart(c, left), loadPart(mask, left)), left);
  } else {
    for (; left >= 4; left -= 4) {
      v128.store(c, tanhMasked(v128.load(c), v128.load(mask)));
      c += 16;
      mask += 16;
    }
    if (left > 0) storePart(c, tanhMasked(loadPart(c, left), loadPart(mask, left)), left);
  }
}

/** `to` = first + second, over `columns` floats. */
export function addRows(to: usize, first: usize, second: usize, columns: u32): void {
  for (let left = columns; left > 0; left -= min<u32>(left, 4)) {
    storePart(to, f32x4.add(loadPart(first, left), loadPart(second, left)), left);
    to += 16;
    first += 16;
    second += 16;
  }
}

/** max(x, 0) with NaN kept: `pmax(a, b)` is `a < b ? b : a`. */
@inline
function relu(x: v128): v128 {
  return f32x4.pmax(x, f32x4.splat(0));
}

@inline
function reluMasked(x: v128, mask: v128): v128 {
  return v128.and(x, f32x4.gt(mask, f32x4.splat(0)));
}

@inline
function tanhMasked(x: v128, mask: v128): v128 {
  return f32x4.mul(x, f32x4.sub(f32x4.splat(1), f32x4.mul(mask, mask)));
}
