/**
 * Vectors of four floats: the variant's multiply-add, loads and stores of one to three floats, a transposition, tanh
 * and exp; and the logarithm of doubles.
 *
 * Law: everything here works lane by lane, so a float's bits do not depend on its lane.
 */

/** `a * b + c`: rounded once in the relaxed variant, twice in the plain one, and never otherwise within a variant. */
@inline
export function multiplyAdd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

/** The first `count` (1 to 4) floats at `from`, the other lanes zero; reads nothing beyond them. */
export function loadPart(from: usize, count: u32): v128 {
  if (count >= 4) return v128.load(from);
  if (count == 1) return v128.load32_zero(from);
  const pair = v128.load64_zero(from);
  return count == 2 ? pair : v128.load_lane<f32>(from, pair, 2, 8);
}

/** Stores the first `count` (1 to 4) lanes and touches nothing beyond them. */
export function storePart(to: usize, value: v128, count: u32): void {
  if (count >= 4) {
    v128.store(to, value);
  } else if (count == 1) {
    v128.store_lane<f32>(to, value, 0);
  } else {
    v128.store_lane<f64>(to, value, 0);
    if (count == 3) v128.store_lane<f32>(to, value, 2, 8);
  }
}

/** The first `count` lanes (four at most), `stride` bytes from one to the next. */
export function storeColumn(to: usize, stride: usize, lanes: v128, count: u32): void {
  v128.store_lane<f32>(to, lanes, 0);
  if (count > 1) v128.store_lane<f32>(to += stride, lanes, 1);
  if (count > 2) v128.store_lane<f32>(to += stride, lanes, 2);
  if (count > 3) v128.store_lane<f32>(to += stride, lanes, 3);
}

/** Writes the transpose of the four vectors to `to`, `to + stride` and so on. */
@inline
export function storeTransposed(to: usize, stride: usize, a: v128, b: v128, c: v128, d: v128): void {
  const abLow = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
  const cdLow = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
  const abHigh = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
  const cdHigh = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<f32>(abLow, cdLow, 0, 1, 4, 5));
  v128.store(to + stride, v128.shuffle<f32>(abLow, cdLow, 2, 3, 6, 7));
  v128.store(to + 2 * stride, v128.shuffle<f32>(abHigh, cdHigh, 0, 1, 4, 5));
  v128.store(to + 3 * stride, v128.shuffle<f32>(abHigh, cdHigh, 2, 3, 6, 7));
}

/**
 * tanh as x P(x²)/Q(x²), both polynomials of degree four with constant term 1, so that the relative error stays small
 * as x goes to zero; a minimax fit of the relative error on |x| <= 9.02 (0.4 * 2^-24 before rounding; 8 * 2^-24 with
 * it), beyond which float32's tanh is 1. The comparisons are ordered such that NaN stays NaN.
 */
@inline
export function tanh(value: v128): v128 {
  const limit: f32 = 9.02;
  const x = f32x4.pmax(f32x4.pmin(value, f32x4.splat(limit)), f32x4.splat(-limit));
  const z = f32x4.mul(x, x);
  let p = f32x4.splat(1.3384294561546994e-8);
  p = multiplyAdd(p, z, f32x4.splat(2.0635825421777554e-5));
  p = multiplyAdd(p, z, f32x4.splat(3.497457830235362e-3));
  p = multiplyAdd(p, z, f32x4.splat(0.13382688164710999));
  p = multiplyAdd(p, z, f32x4.splat(1));
  let q = f32x4.splat(7.790250720063341e-7);
  q = multiplyAdd(q, z, f32x4.splat(3.288517764303833e-4));
  q = multiplyAdd(q, z, f32x4.splat(2.5884361937642097e-2));
  q = multiplyAdd(q, z, f32x4.splat(0.46716007590293884));
  q = multiplyAdd(q, z, f32x4.splat(1));
  const result = f32x4.div(f32x4.mul(x, p), q);
  return f32x4.pmax(f32x4.pmin(result, f32x4.splat(1)), f32x4.splat(-1));
}

/**
 * exp for arguments of at most 88; below -87.3 it stays at the smallest normal float instead of going to zero. The
 * reduction by multiples of log 2 and the polynomial are Cephes' `expf` (2 ulp).
 */
@inline
export function exp(value: v128): v128 {
  const smallest: f32 = -87.33;
  const x = f32x4.pmax(value, f32x4.splat(smallest));
  const n = f32x4.nearest(f32x4.mul(x, f32x4.splat(1.44269504088896341)));
  let r = f32x4.sub(x, f32x4.mul(n, f32x4.splat(0.693359375)));
  r = f32x4.add(r, f32x4.mul(n, f32x4.splat(2.12194440e-4)));
  let p = f32x4.splat(1.9875691500e-4);
  p = multiplyAdd(p, r, f32x4.splat(1.3981999507e-3));
  p = multiplyAdd(p, r, f32x4.splat(8.3334519073e-3));
  p = multiplyAdd(p, r, f32x4.splat(4.1665795894e-2));
  p = multiplyAdd(p, r, f32x4.splat(1.6666665459e-1));
  p = multiplyAdd(p, r, f32x4.splat(5.0000001201e-1));
  p = multiplyAdd(p, f32x4.mul(r, r), f32x4.add(r, f32x4.splat(1)));
  const exponent = i32x4.add(i32x4.trunc_sat_f32x4_s(n), i32x4.splat(127));
  return f32x4.mul(p, i32x4.shl(exponent, 23));
}

/**
 * The natural logarithm of positive normal doubles, by fdlibm's series in s = f / (2 + f) after x = 2^k (1 + f) with 1
 * + f between sqrt(1/2) and sqrt(2). Written here because the library's has a table, which would need a place in
 * memory.
 */
export function logarithm(x: v128): v128 {
  const bits = i64x2.add(x, i64x2.splat(0x3ff0000000000000 - 0x3fe6a09e667f3bcd));
  const exponent = i64x2.sub(i64x2.shr_u(bits, 52), i64x2.splat(1023));
  const k = f64x2.convert_low_i32x4_s(v128.shuffle<i32>(exponent, exponent, 0, 2, 0, 2));
  const mantissa = v128.and(bits, i64x2.splat(0x000fffffffffffff));
  const f = f64x2.sub(i64x2.add(mantissa, i64x2.splat(0x3fe6a09e667f3bcd)), f64x2.splat(1));
  const s = f64x2.div(f, f64x2.add(f, f64x2.splat(2)));
  const z = f64x2.mul(s, s);
  let series = f64x2.splat(1.479819860511658591e-1);
  series = f64x2.add(f64x2.mul(series, z), f64x2.splat(1.531383769920937332e-1));
  series = f64x2.add(f64x2.mul(series, z), f64x2.splat(1.818357216161805012e-1));
  series = f64x2.add(f64x2.mul(series, z), f64x2.splat(2.222219843214978396e-1));
  series = f64x2.add(f64x2.mul(series, z), f64x2.splat(2.857142874366239149e-1));
  series = f64x2.add(f64x2.mul(series, z), f64x2.splat(3.999999999940941908e-1));
  series = f64x2.mul(f64x2.add(f64x2.mul(series, z), f64x2.splat(6.666666666666735130e-1)), z);
  const half = f64x2.mul(f64x2.splat(0.5), f64x2.mul(f, f));
  const low = f64x2.add(
    f64x2.mul(s, f64x2.add(half, series)),
    f64x2.mul(k, f64x2.splat(1.90821492927058770002e-10)),
  );
  return f64x2.sub(
    f64x2.mul(k, f64x2.splat(6.93147180369123816490e-01)),
    f64x2.sub(f64x2.sub(half, low), f),
  );
}
