// Random numbers by Philox 4x32-10: element i of replica r is made from word i mod 4 of the block with counter
// (i / 4, counter[r], stream, 0) and key key[r], exactly as in src/random/draw.ts.
//
// Bits, indices and uniform numbers equal the host's bit for bit. Normal numbers (Box–Muller) use their own logarithm,
// sine and cosine, accurate to a few units in the last place, because WGSL guarantees only 2^-21 and 2^-11 there.
// `ring` draws transitions in a ring of `capacity` out of a window, each with the two rows that it links; past the
// given links the last one is used.
// `noise` makes several draws, one after the other: normal numbers, or uniform ones on (-1, 1), each of a stream.
//
// grid       one invocation per block of four words in workgroups of 64; rows beyond 65535 continue in y
//            (`noise`: replicas in y)

struct Draw {
  count: u32,
  each: u32,
  blocks: u32,
  stream: u32,
  out: vec2<u32>,
  keys: vec2<u32>,
  counters: vec2<u32>,
  limits: vec2<u32>,
}

struct Ring {
  count: u32,
  each: u32,
  blocks: u32,
  stream: u32,
  capacity: u32,
  linkCount: u32,
  out: vec2<u32>,
  keys: vec2<u32>,
  counters: vec2<u32>,
  window: vec2<u32>,
  links: vec2<u32>,
}

// A draw: its first element and how many it has, its first block, and twice its stream, plus 1 for normal numbers.
struct Noise {
  draws: array<vec4<u32>, 4>,
  blocks: u32,
  out: vec2<u32>,
  keys: vec2<u32>,
  counters: vec2<u32>,
}

@group(0) @binding(0) var<uniform> u: Draw;
@group(0) @binding(0) var<uniform> r: Ring;
@group(0) @binding(0) var<uniform> n: Noise;
@group(0) @binding(1) var<storage, read_write> out: array<u32>; // [replicas, each] (words, or bits of f32)
@group(0) @binding(2) var<storage, read> keys: array<u32>; // [replicas, 2]
@group(0) @binding(3) var<storage, read> counters: array<u32>; // [replicas]
@group(0) @binding(4) var<storage, read> limits: array<u32>; // [replicas], of `index`
@group(0) @binding(4) var<storage, read> window: array<u32>; // [replicas, 2] of `ring`: first transition, how many
@group(0) @binding(5) var<storage, read> links: array<u32>; // [replicas, linkCount, 2] of `ring`

const BITS = 0u;
const UNIFORM = 1u;
const NORMAL = 2u;
const INDEX = 3u;

override distribution: u32 = BITS;

// High 32 bits of a product, by 16-bit halves.
fn multiply_high(a: u32, b: u32) -> u32 {
  let a_low = a & 0xffffu;
  let a_high = a >> 16u;
  let b_low = b & 0xffffu;
  let b_high = b >> 16u;
  let middle = a_high * b_low + ((a_low * b_low) >> 16u);
  let cross = a_low * b_high + (middle & 0xffffu);
  return a_high * b_high + (middle >> 16u) + (cross >> 16u);
}

fn philox(start: vec4<u32>, start_key: vec2<u32>) -> vec4<u32> {
  var words = start;
  var key = start_key;
  for (var round = 0u; round < 10u; round++) {
    let high0 = multiply_high(0xd2511f53u, words.x);
    let high1 = multiply_high(0xcd9e8d57u, words.z);
    words = vec4<u32>(
      high1 ^ words.y ^ key.x,
      0xcd9e8d57u * words.z,
      high0 ^ words.w ^ key.y,
      0xd2511f53u * words.x,
    );
    key += vec2<u32>(0x9e3779b9u, 0xbb67ae85u);
  }
  return words;
}

// The centre of one of 2^23 equal cells of (0, 1), exact in float32.
fn unit_of(word: u32) -> f32 {
  return (f32(word >> 9u) + 0.5) * 1.1920929e-7;
}

// -log x for x in (0, 1): the exponent's share, and 2 artanh of what remains in [√½, √2).
fn minus_logarithm(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  let fraction = bitcast<f32>((bits & 0x7fffffu) | 0x3f800000u);
  let above = fraction > 1.4142135;
  let exponent = i32(bits >> 23u) - 127 + select(0, 1, above);
  let m = select(fraction, 0.5 * fraction, above) - 1.0;
  let s = m / (2.0 + m);
  let square = s * s;
  let series = 2.0 * s * (1.0 + square * (0.33333333 + square * (0.2 + square * (0.14285714 + square * 0.11111111))));
  return -(f32(exponent) * 0.69314718 + series);
}

// Cosine and sine of 2πx for x in (0, 1), by the nearest quarter turn.
fn cosine_and_sine(x: f32) -> vec2<f32> {
  let quarter = floor(4.0 * x + 0.5);
  let angle = 1.5707964 * (4.0 * x - quarter);
  let square = angle * angle;
  let sine = angle + angle * square *
    (-0.16666667 + square * (8.3333333e-3 + square * (-1.9841270e-4 + square * 2.7557319e-6)));
  let cosine = 1.0 + square *
    (-0.5 + square * (4.1666667e-2 + square * (-1.3888889e-3 + square * (2.4801587e-5 - square * 2.7557319e-7))));
  switch u32(quarter) & 3u {
    case 0u: { return vec2<f32>(cosine, sine); }
    case 1u: { return vec2<f32>(-sine, cosine); }
    case 2u: { return vec2<f32>(-cosine, -sine); }
    default: { return vec2<f32>(sine, -cosine); }
  }
}

fn normal_pair(first: u32, second: u32) -> vec2<f32> {
  return sqrt(2.0 * minus_logarithm(unit_of(first))) * cosine_and_sine(unit_of(second));
}

fn indices_below(limit: u32, words: vec4<u32>) -> vec4<u32> {
  return vec4<u32>(
    multiply_high(words.x, limit),
    multiply_high(words.y, limit),
    multiply_high(words.z, limit),
    multiply_high(words.w, limit),
  );
}

@compute @workgroup_size(64)
fn draw(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let i = id.y * groups.x * 64u + id.x;
  if (i >= u.count) {
    return;
  }
  let replica = i / u.blocks;
  let block = i % u.blocks;
  let key = u.keys.x + replica * u.keys.y;
  let counter = counters[u.counters.x + replica * u.counters.y];
  let words = philox(vec4<u32>(block, counter, u.stream, 0u), vec2<u32>(keys[key], keys[key + 1u]));
  var values = words;
  switch distribution {
    case BITS: {}
    case UNIFORM: {
      values = bitcast<vec4<u32>>(vec4<f32>(unit_of(words.x), unit_of(words.y), unit_of(words.z), unit_of(words.w)));
    }
    case NORMAL: {
      values = bitcast<vec4<u32>>(vec4<f32>(normal_pair(words.x, words.y), normal_pair(words.z, words.w)));
    }
    default: { values = indices_below(limits[u.limits.x + replica * u.limits.y], words); }
  }
  let start = u.out.x + replica * u.out.y + 4u * block;
  for (var k = 0u; k < min(4u, u.each - 4u * block); k++) {
    out[start + k] = values[k];
  }
}

@compute @workgroup_size(64)
fn ring(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let i = id.y * groups.x * 64u + id.x;
  if (i >= r.count) {
    return;
  }
  let replica = i / r.blocks;
  let block = i % r.blocks;
  let key = r.keys.x + replica * r.keys.y;
  let counter = counters[r.counters.x + replica * r.counters.y];
  let words = philox(vec4<u32>(block, counter, r.stream, 0u), vec2<u32>(keys[key], keys[key + 1u]));
  let at = r.window.x + replica * r.window.y;
  let numbers = (indices_below(window[at + 1u], words) + window[at]) % max(r.capacity, 1u);
  for (var k = 0u; k < min(4u, r.each - 4u * block); k++) {
    let source = r.links.x + replica * r.links.y + 2u * min(numbers[k], r.linkCount - 1u);
    let start = r.out.x + replica * r.out.y + 3u * (4u * block + k);
    out[start] = numbers[k];
    out[start + 1u] = links[source];
    out[start + 2u] = links[source + 1u];
  }
}

@compute @workgroup_size(64)
fn noise(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let block = 64u * group.x + lane;
  if (block >= n.blocks) {
    return;
  }
  var part = n.draws[0];
  for (var k = 1u; k < 4u; k++) {
    if (block >= n.draws[k].z) {
      part = n.draws[k];
    }
  }
  let key = n.keys.x + group.y * n.keys.y;
  let counter = counters[n.counters.x + group.y * n.counters.y];
  let inside = block - part.z;
  let words = philox(vec4<u32>(inside, counter, part.w / 2u, 0u), vec2<u32>(keys[key], keys[key + 1u]));
  var values = vec4<f32>(unit_of(words.x), unit_of(words.y), unit_of(words.z), unit_of(words.w)) * 2.0 - 1.0;
  if (part.w % 2u == 1u) {
    values = vec4<f32>(normal_pair(words.x, words.y), normal_pair(words.z, words.w));
  }
  let start = n.out.x + group.y * n.out.y + part.x + 4u * inside;
  for (var k = 0u; k < min(4u, part.y - 4u * inside); k++) {
    out[start + k] = bitcast<u32>(values[k]);
  }
}
