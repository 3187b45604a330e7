/** The Stein direction of each state's particles, with its bandwidth; `src/kernels/stein.ts` has the equations. */
import { SteinDescriptor } from "./layouts";
import { exp, multiplyAdd, storeColumn } from "./vector";

/**
 * States `from` to `to - 1`. The lanes hold different moved particles: the work space has them transposed, followed by
 * the squared distances, a row for each fixed particle; rows are padded to whole vectors.
 */
export function stein(descriptor: SteinDescriptor, from: u32, to: u32, work: usize): void {
  const fixedCount = descriptor.fixedCount;
  const movedCount = descriptor.movedCount;
  const length = descriptor.size;
  const rank = descriptor.rank;
  const divisor = descriptor.divisor, floor = descriptor.floor, scale = f32x4.splat(descriptor.scale);
  const temperature = load<f32>(descriptor.temperature);
  const particle = <usize> length << 2;
  const rowBytes = <usize> (movedCount + 3 & ~3) << 2;
  const squared = work + <usize> length * rowBytes;
  for (; from < to; from++) {
    const fixed = descriptor.fixed + <usize> (from * fixedCount) * particle;
    const moved = descriptor.moved + <usize> (from * movedCount) * particle;
    const score = descriptor.score + <usize> (from * fixedCount) * particle;
    const direction = descriptor.direction + <usize> (from * movedCount) * particle;
    transposeParticles(moved, movedCount, length, work, rowBytes);
    distances(fixed, fixedCount, movedCount, length, work, rowBytes, squared);
    const median = orderStatistic(squared, fixedCount * <u32> (rowBytes >> 2), rank);
    const bandwidth = max<f32>(median / divisor, floor);
    store<f32>(descriptor.bandwidth + (<usize> from << 2), bandwidth);
    kernels(squared, fixedCount * <u32> (rowBytes >> 2), bandwidth);
    const repulsion = <f32> -2 * temperature / bandwidth;
    for (let j: u32 = 0; j < movedCount; j += 4) {
      const column = <usize> j << 2;
      for (let k: u32 = 0; k < length; k++) {
        const offset = <usize> k << 2;
        const lanes = directions(
          squared + column, rowBytes, fixed + offset, score + offset, particle, fixedCount,
          v128.load(work + <usize> k * rowBytes + column), repulsion,
        );
        storeColumn(direction + <usize> j * particle + offset, particle, f32x4.mul(lanes, scale), movedCount - j);
      }
    }
  }
}

/** Coordinate k of particle j goes to column j of row k; rows are padded with zeros. */
function transposeParticles(from: usize, count: u32, length: u32, to: usize, rowBytes: usize): void {
  memory.fill(to, 0, <usize> length * rowBytes);
  for (let j: u32 = 0; j < count; j++) {
    let at = to + (<usize> j << 2);
    for (let k: u32 = 0; k < length; k++) {
      store<f32>(at, load<f32>(from));
      from += 4;
      at += rowBytes;
    }
  }
}

/** The squared distances of each fixed particle from all moved ones; rows are padded with infinity. */
function distances(
  fixed: usize,
  fixedCount: u32,
  movedCount: u32,
  length: u32,
  moved: usize,
  rowBytes: usize,
  to: usize,
): void {
  const padding = movedCount & 3;
  for (let i: u32 = 0; i < fixedCount; i++) {
    for (let column: usize = 0; column < rowBytes; column += 16) {
      let sum = f32x4.splat(0);
      let x = fixed, y = moved + column;
      for (let k = length; k > 0; k--) {
        const difference = f32x4.sub(v128.load32_splat(x), v128.load(y));
        sum = multiplyAdd(difference, difference, sum);
        x += 4;
        y += rowBytes;
      }
      v128.store(to + column, sum);
    }
    to += rowBytes;
    for (let lane = padding; lane > 0 && lane < 4; lane++) store<f32>(to - 16 + (<usize> lane << 2), Infinity);
    fixed += <usize> length << 2;
  }
}

/**
 * The element of rank `rank` among `count` (a multiple of 4) floats that are not negative. The bits of such floats have
 * the order of their values, so those of the result are found by bisection, until one element is left between the
 * bounds.
 */
export function orderStatistic(from: usize, count: u32, rank: u32): f32 {
  const end = from + (<usize> count << 2);
  let least = v128.load(from), most = least;
  for (let at = from + 16; at < end; at += 16) {
    const x = v128.load(at);
    least = i32x4.min_s(least, x);
    most = i32x4.max_s(most, x);
  }
  let low = min(min(i32x4.extract_lane(least, 0), i32x4.extract_lane(least, 1)), min(i32x4.extract_lane(least, 2), i32x4.extract_lane(least, 3)));
  let high = max(max(i32x4.extract_lane(most, 0), i32x4.extract_lane(most, 1)), max(i32x4.extract_lane(most, 2), i32x4.extract_lane(most, 3)));
  // How many lie below `low`, and how many do not lie above `high`.
  let below: u32 = 0, within = count;
  while (low < high) {
    if (within - below == 1) return reinterpret<f32>(leastFrom(from, end, low));
    const middle = low + <i32> (<u32> (high - low) >> 1);
    const bound = i32x4.splat(middle);
    let counts = i32x4.splat(0);
    for (let at = from; at < end; at += 16) counts = i32x4.sub(counts, i32x4.le_s(v128.load(at), bound));
    const found = <u32> (i32x4.extract_lane(counts, 0) + i32x4.extract_lane(counts, 1) +
      i32x4.extract_lane(counts, 2) + i32x4.extract_lane(counts, 3));
    if (found > rank) {
      high = middle;
      within = found;
    } else {
      low = middle + 1;
      below = found;
    }
  }
  return reinterpret<f32>(low);
}

/** The least of the words that are not below `low`. */
function leastFrom(from: usize, end: usize, low: i32): i32 {
  let least: i32 = i32.MAX_VALUE;
  const bound = i32x4.splat(low);
  let lanes = i32x4.splat(i32.MAX_VALUE);
  for (; from < end; from += 16) {
    const x = v128.load(from);
    lanes = i32x4.min_s(lanes, v128.bitselect(x, i32x4.splat(i32.MAX_VALUE), i32x4.ge_s(x, bound)));
  }
  least = min(min(i32x4.extract_lane(lanes, 0), i32x4.extract_lane(lanes, 1)), min(i32x4.extract_lane(lanes, 2), i32x4.extract_lane(lanes, 3)));
  return least;
}

/** Squared distances become kernels exp(-d²/h). */
function kernels(at: usize, count: u32, bandwidth: f32): void {
  const h = f32x4.splat(-bandwidth);
  for (; count > 0; count -= 4) {
    v128.store(at, exp(f32x4.div(v128.load(at), h)));
    at += 16;
  }
}

/** Coordinate k of the direction of four moved particles: the mean of κ score + repulsion κ (x - y). */
@inline
function directions(
  kernel: usize,
  rowBytes: usize,
  x: usize,
  score: usize,
  particle: usize,
  count: u32,
  y: v128,
  repulsion: f32,
): v128 {
  let attracted = f32x4.splat(0), repelled = f32x4.splat(0);
  for (let i = count; i > 0; i--) {
    const kappa = v128.load(kernel);
    attracted = multiplyAdd(kappa, v128.load32_splat(score), attracted);
    repelled = multiplyAdd(kappa, f32x4.sub(v128.load32_splat(x), y), repelled);
    kernel += rowBytes;
    x += particle;
    score += particle;
  }
  return f32x4.div(multiplyAdd(f32x4.splat(repulsion), repelled, attracted), f32x4.splat(<f32> count));
}
