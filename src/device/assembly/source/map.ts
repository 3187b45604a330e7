/** Elementwise operations, and copies that repeat elements. Every element is computed for itself, lane by lane. */
import { operate } from "./elementwise";
import { MapDescriptor, RepeatDescriptor } from "./layouts";
import { loadPart, storePart } from "./vector";

/** `operation` and `operands` are constants at every call: a loop each. */
@inline
export function mapWith(operation: i32, operands: i32, descriptor: MapDescriptor, from: u32, to: u32): void {
  const start = <usize> from << 2;
  const zero = f32x4.splat(0);
  let a = descriptor.a + start;
  let b = operands > 1 ? descriptor.b + start : 0;
  let c = operands > 2 ? descriptor.c + start : 0;
  let out = descriptor.out + start;
  let left = to - from;
  for (; left >= 4; left -= 4) {
    const y = operands > 1 ? v128.load(b) : zero;
    const z = operands > 2 ? v128.load(c) : zero;
    v128.store(out, operate(operation, v128.load(a), y, z));
    a += 16;
    if (operands > 1) b += 16;
    if (operands > 2) c += 16;
    out += 16;
  }
  if (left > 0) {
    const y = operands > 1 ? loadPart(b, left) : zero;
    const z = operands > 2 ? loadPart(c, left) : zero;
    storePart(out, operate(operation, loadPart(a, left), y, z), left);
  }
}

/** Outer indices `from` to `to - 1` of `result[o, m, i] = source[o · outer step + m · middle step + i · inner step]`. */
export function repeat(descriptor: RepeatDescriptor, from: u32, to: u32, _work: usize): void {
  const middle = descriptor.middleLength;
  const inner = descriptor.innerLength;
  const outerStep = <usize> descriptor.outerStep << 2;
  const middleStep = <usize> descriptor.middleStep << 2;
  const single = descriptor.innerStep == 0;
  const bytes = <usize> inner << 2;
  let outer = descriptor.source + <usize> from * outerStep;
  let out = descriptor.out + <usize> from * <usize> middle * bytes;
  for (; from < to; from++) {
    let source = outer;
    for (let m = middle; m > 0; m--) {
      if (single) fill(out, load<f32>(source), inner);
      else copy(out, source, inner);
      source += middleStep;
      out += bytes;
    }
    outer += outerStep;
  }
}

function fill(to: usize, value: f32, count: u32): void {
  const lanes = f32x4.splat(value);
  for (; count >= 4; count -= 4) {
    v128.store(to, lanes);
    to += 16;
  }
  if (count > 0) storePart(to, lanes, count);
}

function copy(to: usize, from: usize, count: u32): void {
  for (; count >= 4; count -= 4) {
    v128.store(to, v128.load(from));
    to += 16;
    from += 16;
  }
  if (count > 0) storePart(to, loadPart(from, count), count);
}
