/**
 * Samples of a mixture of Gaussians and a uniform distribution, with their log densities; `src/kernels/mixture.ts` has
 * the equations.
 */
import { MixtureDescriptor } from "./layouts";
import { orderStatistic } from "./stein";
import { exp, logarithm, multiplyAdd, storeColumn } from "./vector";

/**
 * States `from` to `to - 1`. The lanes hold different samples: the work space has the samples transposed, a row for
 * each coordinate, padded to whole vectors, followed by the squared distances, first between the centres, then of four
 * samples from each centre. Terms are floats; logarithms, and what they are added to, are doubles.
 */
export function mixture(descriptor: MixtureDescriptor, from: u32, to: u32, work: usize): void {
  const centreCount = descriptor.centreCount, length = descriptor.size;
  const gaussians = descriptor.gaussianCount, uniforms = descriptor.uniformCount;
  const given = descriptor.width;
  const count = gaussians + uniforms;
  const particle = <usize> length << 2;
  const rowBytes = <usize> (count + 3 & ~3) << 2;
  const table = work + <usize> length * rowBytes;
  memory.fill(work, 0, <usize> length * rowBytes);
  for (; from < to; from++) {
    const centres = descriptor.centres + <usize> (from * centreCount) * particle;
    const action = descriptor.action + <usize> (from * count) * particle;
    const density = descriptor.density + (<usize> (from * count) << 2);
    const width = given > 0 ? given : widthOf(descriptor, centres, centreCount, length, table);
    let normal = descriptor.normal + <usize> (from * gaussians) * particle;
    let column = work;
    for (let j: u32 = 0; j < gaussians; j++) {
      placeAround(centres + <usize> (j % centreCount) * particle, width, normal, length, column, rowBytes);
      normal += particle;
      column += 4;
    }
    let drawn = descriptor.uniforms + <usize> (from * uniforms) * particle;
    for (let j: u32 = 0; j < uniforms; j++) {
      let at = column;
      for (let k: u32 = 0; k < length; k++) {
        store<f32>(at, load<f32>(drawn));
        drawn += 4;
        at += rowBytes;
      }
      column += 4;
    }
    for (let j: u32 = 0; j < count; j += 4) {
      const column = work + (<usize> j << 2), left = count - j;
      finish(column, rowBytes, gaussians - min(gaussians, j), length, action + <usize> j * particle, left);
      distances(column, rowBytes, centres, centreCount, length, table);
      const lanes = densities(table, centreCount, gaussians, uniforms, length, width);
      storeColumn(density + (<usize> j << 2), 4, lanes, left);
    }
  }
}

/** σ = √(h/2), h the bandwidth of the centres' squared distances. */
function widthOf(descriptor: MixtureDescriptor, centres: usize, count: u32, length: u32, table: usize): f32 {
  let at = table;
  for (let i: u32 = 1; i < count; i++) {
    for (let j: u32 = 0; j < i; j++) {
      let x = centres + (<usize> (i * length) << 2), y = centres + (<usize> (j * length) << 2);
      let sum: f32 = 0;
      for (let k = length; k > 0; k--) {
        const difference = load<f32>(x) - load<f32>(y);
        sum += difference * difference;
        x += 4;
        y += 4;
      }
      store<f32>(at, sum);
      at += 4;
    }
  }
  const pairs = count * (count - 1) >> 1, padded = pairs + 3 & ~3;
  for (let k = pairs; k < padded; k++) store<f32>(table + (<usize> k << 2), Infinity);
  const median = orderStatistic(table, padded, descriptor.rank);
  const bandwidth = max<f32>(median / descriptor.divisor, descriptor.floor);
  return sqrt<f32>(<f32> 0.5 * bandwidth);
}

/** A Gaussian sample into a column of the work space. */
function placeAround(centre: usize, width: f32, normal: usize, length: u32, to: usize, rowBytes: usize): void {
  for (; length > 0; length--) {
    store<f32>(to, load<f32>(centre) + width * load<f32>(normal));
    centre += 4;
    normal += 4;
    to += rowBytes;
  }
}

/** `Σ_k log(1 - tanh² u_k)` of four samples, as two pairs of doubles. */
let slopesLow: v128 = f64x2.splat(0);
let slopesHigh: v128 = f64x2.splat(0);

/**
 * Writes the actions of four samples, of which the first `gaussians` are u and the others a, makes all of them u, and
 * leaves the logarithms of tanh's slope: `2 (log 2 - |u| - log(1 + e^{-2|u|}))` each, of which the products are taken
 * first (at most 2^A, which a double holds for a thousand coordinates).
 */
function finish(column: usize, rowBytes: usize, gaussians: u32, length: u32, action: usize, left: u32): void {
  const one = f32x4.splat(1);
  const isGaussian = i32x4.lt_u(i32x4(0, 1, 2, 3), i32x4.splat(gaussians));
  const particle = <usize> length << 2;
  let sizesLow = f64x2.splat(0), sizesHigh = f64x2.splat(0);
  let productsLow = f64x2.splat(1), productsHigh = f64x2.splat(1);
  for (let k = length; k > 0; k--) {
    const given = v128.load(column);
    let u = given;
    if (gaussians < 4) {
      // artanh a
      const ratio = f32x4.div(f32x4.add(one, given), f32x4.sub(one, given));
      const low = logarithm(f64x2.promote_low_f32x4(ratio));
      const high = logarithm(f64x2.promote_low_f32x4(v128.shuffle<f32>(ratio, ratio, 2, 3, 0, 1)));
      const inverse = v128.shuffle<f32>(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 1, 4, 5);
      u = v128.bitselect(given, f32x4.mul(inverse, f32x4.splat(0.5)), isGaussian);
      v128.store(column, u);
    }
    const size = f32x4.abs(u);
    const decay = exp(f32x4.mul(size, f32x4.splat(-2)));
    const more = f32x4.add(one, decay);
    const magnitude = f32x4.div(f32x4.sub(one, decay), more);
    const bounded = v128.bitselect(u, magnitude, f32x4.splat(-0.0)); // with the sign of u
    storeColumn(action, particle, v128.bitselect(bounded, given, isGaussian), left);
    sizesLow = f64x2.add(sizesLow, f64x2.promote_low_f32x4(size));
    sizesHigh = f64x2.add(sizesHigh, f64x2.promote_low_f32x4(v128.shuffle<f32>(size, size, 2, 3, 0, 1)));
    productsLow = f64x2.mul(productsLow, f64x2.promote_low_f32x4(more));
    productsHigh = f64x2.mul(productsHigh, f64x2.promote_low_f32x4(v128.shuffle<f32>(more, more, 2, 3, 0, 1)));
    column += rowBytes;
    action += 4;
  }
  slopesLow = slopes(sizesLow, productsLow, length);
  slopesHigh = slopes(sizesHigh, productsHigh, length);
}

@inline
function slopes(sizes: v128, products: v128, length: u32): v128 {
  const most = f64x2.splat(<f64> length * 0.6931471805599453);
  return f64x2.mul(f64x2.splat(2), f64x2.sub(f64x2.sub(most, sizes), logarithm(products)));
}

/** The squared distances of four samples from each centre. */
function distances(column: usize, rowBytes: usize, centre: usize, count: u32, length: u32, to: usize): void {
  for (; count > 0; count--) {
    let sum = f32x4.splat(0);
    let x = column;
    for (let k = length; k > 0; k--) {
      const difference = f32x4.sub(v128.load(x), v128.load32_splat(centre));
      sum = multiplyAdd(difference, difference, sum);
      x += rowBytes;
      centre += 4;
    }
    v128.store(to, sum);
    to += 16;
  }
}

/** The log densities of four samples, from their distances and slopes. */
function densities(table: usize, centreCount: u32, gaussians: u32, uniforms: u32, length: u32, width: f32): v128 {
  let least = v128.load(table);
  for (let m: u32 = 1; m < centreCount; m++) least = f32x4.min(least, v128.load(table + (<usize> m << 4)));
  const precision = f32x4.splat(<f32> 0.5 / (width * width));
  // `most` samples are placed around each of the first `more` centres, and one fewer around each of the others.
  const most = (gaussians + centreCount - 1) / centreCount, more = gaussians - (most - 1) * centreCount;
  let sum = f32x4.splat(0);
  for (let m: u32 = 0; m < centreCount; m++) {
    const term = exp(f32x4.mul(f32x4.sub(least, v128.load(table + (<usize> m << 4))), precision));
    sum = multiplyAdd(f32x4.splat(<f32> (m < more ? most : most - 1)), term, sum);
  }
  const nearest = f32x4.mul(least, precision);
  const low = combine(
    f64x2.promote_low_f32x4(sum), f64x2.promote_low_f32x4(nearest), slopesLow, gaussians, uniforms, length, width,
  );
  const high = combine(
    f64x2.promote_low_f32x4(v128.shuffle<f32>(sum, sum, 2, 3, 0, 1)),
    f64x2.promote_low_f32x4(v128.shuffle<f32>(nearest, nearest, 2, 3, 0, 1)),
    slopesHigh, gaussians, uniforms, length, width,
  );
  return v128.shuffle<f32>(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 1, 4, 5);
}

/**
 * Log densities of two samples: `log(Σ e^{…}/K) - d²/2σ²` with the normalisation and the slopes, and the uniform share.
 */
function combine(
  sum: v128,
  nearest: v128,
  slopes: v128,
  gaussians: u32,
  uniforms: u32,
  length: u32,
  width: f32,
): v128 {
  const count = f64x2.splat(<f64> (gaussians + uniforms));
  const scale = f64x2.mul(
    f64x2.splat(<f64> length),
    f64x2.add(logarithm(f64x2.splat(<f64> width)), f64x2.splat(0.9189385332046727)),
  );
  const nearby = f64x2.sub(logarithm(f64x2.div(sum, count)), nearest);
  const ofGaussians = f64x2.sub(f64x2.sub(nearby, scale), slopes);
  if (uniforms == 0) return ofGaussians;
  const ofBox = f64x2.sub(
    logarithm(f64x2.div(f64x2.splat(<f64> uniforms), count)),
    f64x2.splat(<f64> length * 0.6931471805599453),
  );
  const apart = f64x2.abs(f64x2.sub(ofGaussians, ofBox));
  const small = f64x2.promote_low_f32x4(exp(f32x4.neg(f32x4.demote_f64x2_zero(apart))));
  return f64x2.add(f64x2.max(ofGaussians, ofBox), logarithm(f64x2.add(f64x2.splat(1), small)));
}
