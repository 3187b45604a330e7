/** Reductions over rows: the soft value's log-mean-exp, and sums over groups of consecutive rows. */
import { exp, loadPart, storePart } from "./vector";

/**
 * `to[row] = alpha log(mean over the row of exp(x / alpha))`, shifted by the row's maximum. Single terms are floats;
 * their sum and the logarithm are doubles.
 */
export function logMeanExp(rows: u32, count: u32, stride: u32, alpha: f64, from: usize, to: usize): void {
  const inverse = f32x4.splat(<f32> (1.0 / alpha));
  const rowBytes = <usize> stride << 2;
  for (; rows > 0; rows--) {
    const largest = maximum(from, count);
    const shift = f32x4.splat(largest);
    let sums = f64x2.splat(0);
    let at = from;
    let left = count;
    for (; left >= 4; left -= 4) {
      const terms = exp(f32x4.mul(f32x4.sub(v128.load(at), shift), inverse));
      sums = f64x2.add(sums, f64x2.promote_low_f32x4(terms));
      sums = f64x2.add(sums, f64x2.promote_low_f32x4(v128.shuffle<f32>(terms, terms, 2, 3, 0, 1)));
      at += 16;
    }
    let sum = f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1);
    for (; left > 0; left--) {
      const term = exp(f32x4.mul(f32x4.sub(v128.load32_splat(at), shift), inverse));
      sum += <f64> f32x4.extract_lane(term, 0);
      at += 4;
    }
    store<f32>(to, <f32> (<f64> largest + alpha * logarithm(sum / <f64> count)));
    from += rowBytes;
    to += 4;
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

/**
 * The natural logarithm of a positive normal double, by fdlibm's series in s = f / (2 + f) after x = 2^k (1 + f) with
 * 1 + f between sqrt(1/2) and sqrt(2). Written here because the library's has a table, which would need a place in memory.
 */
function logarithm(x: f64): f64 {
  if (!(x > 0)) return NaN;
  const bits = reinterpret<u64>(x) + (0x3ff0000000000000 - 0x3fe6a09e667f3bcd);
  const k = <f64> (<i32> (bits >> 52) - 1023);
  const f = reinterpret<f64>((bits & 0x000fffffffffffff) + 0x3fe6a09e667f3bcd) - 1;
  const s = f / (2 + f);
  const z = s * s;
  let series = 1.479819860511658591e-1;
  series = series * z + 1.531383769920937332e-1;
  series = series * z + 1.818357216161805012e-1;
  series = series * z + 2.222219843214978396e-1;
  series = series * z + 2.857142874366239149e-1;
  series = series * z + 3.999999999940941908e-1;
  series = series * z + 6.666666666666735130e-1;
  series *= z;
  const half = 0.5 * f * f;
  return k * 6.93147180369123816490e-01 - (half - (s * (half + series) + k * 1.90821492927058770002e-10) - f);
}

/** `to[g] = sum of rows g * group to g * group + group - 1`, added one after the other in rising order. */
export function groupSums(
  groups: u32,
  group: u32,
  columns: u32,
  from: usize,
  fromStride: u32,
  to: usize,
  toStride: u32,
): void {
  const rowBytes = <usize> fromStride << 2;
  for (let g: u32 = 0; g < groups; g++) {
    let column: u32 = 0;
    for (; column + 16 <= columns; column += 16) {
      let at = from + (<usize> column << 2);
      let s0 = v128.load(at), s1 = v128.load(at, 16), s2 = v128.load(at, 32), s3 = v128.load(at, 48);
      for (let row: u32 = 1; row < group; row++) {
        at += rowBytes;
        s0 = f32x4.add(s0, v128.load(at));
        s1 = f32x4.add(s1, v128.load(at, 16));
        s2 = f32x4.add(s2, v128.load(at, 32));
        s3 = f32x4.add(s3, v128.load(at, 48));
      }
      const target = to + (<usize> column << 2);
      v128.store(target, s0);
      v128.store(target, s1, 16);
      v128.store(target, s2, 32);
      v128.store(target, s3, 48);
    }
    for (; column < columns; column += 4) {
      const lanes = columns - column;
      let at = from + (<usize> column << 2);
      let sum = loadPart(at, lanes);
      for (let row: u32 = 1; row < group; row++) {
        at += rowBytes;
        sum = f32x4.add(sum, loadPart(at, lanes));
      }
      storePart(to + (<usize> column << 2), sum, lanes);
    }
    from += rowBytes * group;
    to += <usize> toStride << 2;
  }
}
