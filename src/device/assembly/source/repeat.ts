/** Copies that repeat elements. */
import { RepeatDescriptor } from "./layouts";
import { loadPart, storePart } from "./vector";

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
