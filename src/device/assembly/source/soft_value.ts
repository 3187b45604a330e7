/** The soft value of each state; `src/kernels/soft_value.ts` has the equation. */
import { ABSENT, SoftValueDescriptor } from "./layouts";
import { exp, loadPart, logarithm } from "./vector";

/**
 * Rows `from` to `to - 1` of `α log(mean over the row of exp(Q / α - log density))`, shifted by the row's
 * largest exponent. Single terms are floats; their sum and the logarithm are doubles.
 */
export function softValue(descriptor: SoftValueDescriptor, from: u32, to: u32, work: usize): void {
  const count = descriptor.samples;
  const rowBytes = <usize> count << 2;
  const density = descriptor.density;
  const temperature = load<f32>(descriptor.temperature);
  const constant = f32x4.splat(descriptor.logDensity);
  const divisor = f32x4.splat(temperature);
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
    const value = <f64> temperature * (<f64> largest + exponent);
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
