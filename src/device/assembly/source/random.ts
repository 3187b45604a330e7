/**
 * Random numbers: Philox 4x32-10 on four counters at a time, and the distributions made from its words. The words are
 * those of `src/random/philox.ts`; normal numbers are computed in doubles and rounded once.
 */
import { Distribution, RandomDescriptor } from "./layouts";
import { logarithm, storePart } from "./vector";

/** The words of four blocks: word w of block b in lane b of the w-th vector. */
let word0: v128 = i32x4.splat(0);
let word1: v128 = i32x4.splat(0);
let word2: v128 = i32x4.splat(0);
let word3: v128 = i32x4.splat(0);

/** Blocks of four elements, `from` to `to - 1`, of the draw that `descriptor` describes. */
export function random(descriptor: RandomDescriptor, from: u32, to: u32, _work: usize): void {
  const distribution = descriptor.distribution;
  const key = descriptor.key;
  const k0 = load<u32>(key), k1 = load<u32>(key, 4);
  const counter = load<u32>(descriptor.counter);
  const stream = descriptor.stream;
  const count = descriptor.count;
  const result = descriptor.out;
  for (; from < to; from += 4) {
    philox(from, counter, stream, k0, k1);
    let a: v128, b: v128, c: v128, d: v128;
    if (distribution == Distribution.uniform) {
      a = unit(word0), b = unit(word1), c = unit(word2), d = unit(word3);
    } else if (distribution == Distribution.normal) {
      normalPairs(unit(word0), unit(word1));
      a = cosines, b = sines;
      normalPairs(unit(word2), unit(word3));
      c = cosines, d = sines;
    } else if (distribution == Distribution.bits) {
      a = word0, b = word1, c = word2, d = word3;
    } else {
      const limit = i32x4.splat(load<u32>(descriptor.limit));
      a = highProduct(word0, limit), b = highProduct(word1, limit);
      c = highProduct(word2, limit), d = highProduct(word3, limit);
    }
    const abLow = v128.shuffle<i32>(a, b, 0, 4, 1, 5), cdLow = v128.shuffle<i32>(c, d, 0, 4, 1, 5);
    const abHigh = v128.shuffle<i32>(a, b, 2, 6, 3, 7), cdHigh = v128.shuffle<i32>(c, d, 2, 6, 3, 7);
    const out = result + (<usize> from << 4);
    const blocks = to - from;
    storeBlock(out, v128.shuffle<i32>(abLow, cdLow, 0, 1, 4, 5), count - 4 * from);
    if (blocks > 1) storeBlock(out + 16, v128.shuffle<i32>(abLow, cdLow, 2, 3, 6, 7), count - 4 * from - 4);
    if (blocks > 2) storeBlock(out + 32, v128.shuffle<i32>(abHigh, cdHigh, 0, 1, 4, 5), count - 4 * from - 8);
    if (blocks > 3) storeBlock(out + 48, v128.shuffle<i32>(abHigh, cdHigh, 2, 3, 6, 7), count - 4 * from - 12);
  }
}

/** Stores the first `left` elements of a block, four at most. */
@inline
function storeBlock(to: usize, value: v128, left: u32): void {
  if (left >= 4) v128.store(to, value);
  else storePart(to, value, left);
}

/** Blocks `block` to `block + 3`. */
function philox(block: u32, counter: u32, stream: u32, k0: u32, k1: u32): void {
  const multiplier0 = i32x4.splat(0xd2511f53), multiplier1 = i32x4.splat(0xcd9e8d57);
  let c0 = i32x4.add(i32x4.splat(block), i32x4(0, 1, 2, 3));
  let c1 = i32x4.splat(counter), c2 = i32x4.splat(stream), c3 = i32x4.splat(0);
  for (let round = 0; round < 10; round++) {
    const high0 = highProduct(c0, multiplier0), low0 = i32x4.mul(c0, multiplier0);
    const high1 = highProduct(c2, multiplier1), low1 = i32x4.mul(c2, multiplier1);
    c0 = v128.xor(v128.xor(high1, c1), i32x4.splat(k0));
    c1 = low1;
    c2 = v128.xor(v128.xor(high0, c3), i32x4.splat(k1));
    c3 = low0;
    k0 += 0x9e3779b9;
    k1 += 0xbb67ae85;
  }
  word0 = c0, word1 = c1, word2 = c2, word3 = c3;
}

/** The high halves of the products of unsigned words. */
@inline
function highProduct(a: v128, b: v128): v128 {
  return v128.shuffle<i32>(i64x2.extmul_low_i32x4_u(a, b), i64x2.extmul_high_i32x4_u(a, b), 1, 3, 5, 7);
}

/** Numbers strictly between 0 and 1: the centres of 2^23 equal cells. */
@inline
function unit(words: v128): v128 {
  const cell = f32x4.convert_i32x4_u(i32x4.shr_u(words, 9));
  return f32x4.mul(f32x4.add(cell, f32x4.splat(0.5)), f32x4.splat(1.1920928955078125e-7));
}

/** The two results of the Box–Muller transform, for four pairs. */
let cosines: v128 = i32x4.splat(0);
let sines: v128 = i32x4.splat(0);
let cosine: v128 = i32x4.splat(0);
let sine: v128 = i32x4.splat(0);

function normalPairs(u: v128, v: v128): void {
  polar(f64x2.promote_low_f32x4(u), f64x2.promote_low_f32x4(v));
  const firstCosines = f32x4.demote_f64x2_zero(cosine), firstSines = f32x4.demote_f64x2_zero(sine);
  polar(
    f64x2.promote_low_f32x4(v128.shuffle<f32>(u, u, 2, 3, 0, 1)),
    f64x2.promote_low_f32x4(v128.shuffle<f32>(v, v, 2, 3, 0, 1)),
  );
  cosines = v128.shuffle<f32>(firstCosines, f32x4.demote_f64x2_zero(cosine), 0, 1, 4, 5);
  sines = v128.shuffle<f32>(firstSines, f32x4.demote_f64x2_zero(sine), 0, 1, 4, 5);
}

/** sqrt(-2 log u) times cos 2πv and sin 2πv, for u and v between 0 and 1. */
function polar(u: v128, v: v128): void {
  const radius = f64x2.sqrt(f64x2.mul(f64x2.splat(-2), logarithm(u)));
  // The angle as a number of quarter turns and a remainder of at most an eighth of a turn. Adding 2^52 puts the number
  // of quarters into the lowest bits.
  const quarters = f64x2.mul(v, f64x2.splat(4));
  const whole = f64x2.nearest(quarters);
  const number = f64x2.add(whole, f64x2.splat(4503599627370496));
  const x = f64x2.mul(f64x2.sub(quarters, whole), f64x2.splat(1.5707963267948966));
  const z = f64x2.mul(x, x);
  // fdlibm's polynomials on |x| <= π/4.
  let p = f64x2.splat(1.58969099521155010221e-10);
  p = f64x2.add(f64x2.mul(p, z), f64x2.splat(-2.50507602534068634195e-8));
  p = f64x2.add(f64x2.mul(p, z), f64x2.splat(2.75573137070700676789e-6));
  p = f64x2.add(f64x2.mul(p, z), f64x2.splat(-1.98412698298579493134e-4));
  p = f64x2.add(f64x2.mul(p, z), f64x2.splat(8.33333333332248946124e-3));
  p = f64x2.add(f64x2.mul(p, z), f64x2.splat(-1.66666666666666324348e-1));
  const s = f64x2.add(x, f64x2.mul(f64x2.mul(p, z), x));
  let q = f64x2.splat(-1.13596475577881948265e-11);
  q = f64x2.add(f64x2.mul(q, z), f64x2.splat(2.08757232129817482790e-9));
  q = f64x2.add(f64x2.mul(q, z), f64x2.splat(-2.75573143513906633035e-7));
  q = f64x2.add(f64x2.mul(q, z), f64x2.splat(2.48015872894767294178e-5));
  q = f64x2.add(f64x2.mul(q, z), f64x2.splat(-1.38888888888741095749e-3));
  q = f64x2.add(f64x2.mul(q, z), f64x2.splat(4.16666666666666019037e-2));
  const half = f64x2.mul(z, f64x2.splat(0.5));
  const c = f64x2.add(f64x2.sub(f64x2.splat(1), half), f64x2.mul(f64x2.mul(q, z), z));
  // An odd number of quarters exchanges the two; the signs follow from the second bit.
  const odd = i64x2.shr_s(i64x2.shl(number, 63), 63);
  const sineSign = i64x2.shl(i64x2.shr_u(number, 1), 63);
  const cosineSign = i64x2.shl(i64x2.shr_u(i64x2.add(number, i64x2.splat(1)), 1), 63);
  cosine = f64x2.mul(radius, v128.xor(v128.bitselect(s, c, odd), cosineSign));
  sine = f64x2.mul(radius, v128.xor(v128.bitselect(c, s, odd), sineSign));
}
