/** Reductions: the soft value of each state, sums over an axis, and the search for non-finite numbers. */
import { ABSENT, FiniteDescriptor, GroupSumsDescriptor, SoftValueDescriptor } from "./layouts";
import { exp, loadPart, logarithm, storePart } from "./vector";

/**
 * Rows `from` to `to - 1` of `alpha log(mean over the row of exp(Q / alpha - log density))`, shifted by the row's
 * largest exponent. Single terms are floats; their sum and the logarithm are doubles.
 */
export function softValue(descriptor: SoftValueDescriptor, from: u32, to: u32, work: usize): void {
  const count = descriptor.samples;
  const rowBytes = <usize> count << 2;
  const density = descriptor.density;
  const alpha = load<f32>(descriptor.temperature);
  const constant = f32x4.splat(descriptor.logDensity);
  const divisor = f32x4.splat(alpha);
  for (; from < to; from++) {
    const start = <usize> from * rowBytes;
    let source = descriptor.q + start;
    let shift = density + start;
    let at = work;
    for (let left = count; left > 0; left -= min<u32>(left, 4)) {
      const scaled = f32x4.div(loadPart(source, left), divisor);
      v128.store(at, f32x4.sub(scaled, density == ABSENT ? constant : loadPart(shift, left)));
      source += 16;
      shift += 16;
      at += 16;
    }
    const largest = maximum(work, count);
    const top = f32x4.splat(largest);
    let sums = f64x2.splat(0);
    at = work;
    let left = count;
    for (; left >= 4; left -= 4) {
      const terms = exp(f32x4.sub(v128.load(at), top));
      sums = f64x2.add(sums, f64x2.promote_low_f32x4(terms));
      sums = f64x2.add(sums, f64x2.promote_low_f32x4(v128.shuffle<f32>(terms, terms, 2, 3, 0, 1)));
      at += 16;
    }
    let sum = f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1);
    for (; left > 0; left--) {
      sum += <f64> f32x4.extract_lane(exp(f32x4.sub(v128.load32_splat(at), top)), 0);
      at += 4;
    }
    const mean = sum / <f64> count;
    const exponent = mean > 0 ? f64x2.extract_lane(logarithm(f64x2.splat(mean)), 0) : NaN;
    const value = <f64> alpha * (<f64> largest + exponent);
    store<f32>(descriptor.value + (<usize> from << 2), <f32> value);
  }
}

/** The largest of `count` floats; NaN if one is. */
function maximum(from: usize, count: u32): f32 {
  if (count < 4) {
    let largest = load<f32>(from);
    for (let i: u32 = 1; i < count; i++) largest = max(largest, load<f32>(from + (<usize> i << 2)));
    return largest;
  }
  let lanes = v128.load(from);
  for (let i: u32 = 4; i + 4 <= count; i += 4) lanes = f32x4.max(lanes, v128.load(from + (<usize> i << 2)));
  lanes = f32x4.max(lanes, v128.load(from + (<usize> (count - 4) << 2)));
  lanes = f32x4.max(lanes, v128.shuffle<f32>(lanes, lanes, 2, 3, 0, 1));
  lanes = f32x4.max(lanes, v128.shuffle<f32>(lanes, lanes, 1, 0, 3, 2));
  return f32x4.extract_lane(lanes, 0);
}

/** Groups `g` of `from` to `to - 1`: the sum of rows g * group to g * group + group - 1, added in rising order. */
export function groupSums(descriptor: GroupSumsDescriptor, from: u32, to: u32, _work: usize): void {
  const group = descriptor.group, columns = descriptor.columns;
  const rowBytes = <usize> columns << 2;
  let source = descriptor.source + <usize> (from * group) * rowBytes;
  let target = descriptor.sums + <usize> from * rowBytes;
  for (; from < to; from++) {
    if (columns == 1) {
      sumLine(source, group, target);
    } else {
      let column: u32 = 0;
      for (; column + 16 <= columns; column += 16) {
        let at = source + (<usize> column << 2);
        let s0 = v128.load(at), s1 = v128.load(at, 16), s2 = v128.load(at, 32), s3 = v128.load(at, 48);
        for (let row: u32 = 1; row < group; row++) {
          at += rowBytes;
          s0 = f32x4.add(s0, v128.load(at));
          s1 = f32x4.add(s1, v128.load(at, 16));
          s2 = f32x4.add(s2, v128.load(at, 32));
          s3 = f32x4.add(s3, v128.load(at, 48));
        }
        const out = target + (<usize> column << 2);
        v128.store(out, s0);
        v128.store(out, s1, 16);
        v128.store(out, s2, 32);
        v128.store(out, s3, 48);
      }
      for (; column < columns; column += 4) {
        const lanes = columns - column;
        let at = source + (<usize> column << 2);
        let sum = loadPart(at, lanes);
        for (let row: u32 = 1; row < group; row++) {
          at += rowBytes;
          sum = f32x4.add(sum, loadPart(at, lanes));
        }
        storePart(target + (<usize> column << 2), sum, lanes);
      }
    }
    source += rowBytes * group;
    target += rowBytes;
  }
}

/** The sum of consecutive floats, in doubles. */
function sumLine(from: usize, count: u32, to: usize): void {
  let sum: f64 = 0;
  for (; count > 0; count--) {
    sum += <f64> load<f32>(from);
    from += 4;
  }
  store<f32>(to, <f32> sum);
}

/** Gives the flag its number if it is still 0 and a value is not finite. The values are one item. */
export function finite(descriptor: FiniteDescriptor, _from: u32, _to: u32, _work: usize): void {
  const flag = descriptor.flags;
  if (load<u32>(flag) != 0) return;
  let at = descriptor.values;
  let left = descriptor.count;
  // A sum of products with zero is zero unless a factor is not finite.
  const zero = f32x4.splat(0);
  let s0 = zero, s1 = zero;
  for (; left >= 8; left -= 8) {
    s0 = f32x4.add(s0, f32x4.mul(v128.load(at), zero));
    s1 = f32x4.add(s1, f32x4.mul(v128.load(at, 16), zero));
    at += 32;
  }
  for (; left > 0; left -= min<u32>(left, 4)) {
    s0 = f32x4.add(s0, f32x4.mul(loadPart(at, left), zero));
    at += 16;
  }
  if (v128.any_true(f32x4.ne(f32x4.add(s0, s1), zero))) store<u32>(flag, load<u32>(descriptor.update));
}
