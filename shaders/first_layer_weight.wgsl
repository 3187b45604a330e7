// The gradient of a first layer's weights for R replicas, from the cotangent g of its M samples before the activation:
//
// rows 0 … K - 1 of out: Σ_m x[m, k] g[m, :];  the next `size`: Σ_m s[⌊m / group⌋, k] g[m, :];  the last: Σ_m g[m, :]
//
// with group = M / states samples per state. A state's cotangents are summed before they are multiplied.
//
// grid       replicas in y. `gradient`: one invocation per four columns of eight rows of out, which are all of x or all
//            of s and the bias, in workgroups of 16 in x. `gradient_together`: one workgroup of `lanes` per lanes / 4
//            columns of such rows, each element as 16 partial sums, of every sixteenth sample or state, added in a
//            tree

struct Gradient {
  M: u32,
  N: u32,
  K: u32,
  size: u32,
  states: u32,
  out: vec2<u32>,
  x: vec2<u32>,
  s: vec2<u32>,
  g: vec2<u32>,
}

@group(0) @binding(0) var<uniform> u: Gradient;
@group(0) @binding(1) var<storage, read_write> out4: array<vec4<f32>>; // out [K + size + 1, N] per replica
@group(0) @binding(2) var<storage, read> x: array<f32>; // [M, K] per replica
@group(0) @binding(3) var<storage, read> s: array<f32>; // [states, size] per replica
@group(0) @binding(4) var<storage, read> g4: array<vec4<f32>>; // g [M, N] per replica

// Four columns of eight rows: of the first four, and of the others.
struct Tile {
  low: mat4x4<f32>,
  high: mat4x4<f32>,
}

// The rows from k on of x's part, over every `step`-th of so many samples from the first on; rows beyond the last
// repeat it, and are not written.
fn of_samples(replica: u32, k: u32, n: u32, first: u32, samples: u32, step: u32) -> Tile {
  let at_x = u.x.x + replica * u.x.y;
  let at_g = (u.g.x + replica * u.g.y) / 4u + n;
  let last = vec4<u32>(u.K - 1u);
  let low = min(k + vec4<u32>(0u, 1u, 2u, 3u), last);
  let high = min(k + vec4<u32>(4u, 5u, 6u, 7u), last);
  var tile = Tile();
  for (var m = first; m < samples; m += step) {
    let row = at_x + m * u.K;
    let cotangent = g4[at_g + m * (u.N / 4u)];
    tile.low[0] += x[row + low.x] * cotangent;
    tile.low[1] += x[row + low.y] * cotangent;
    tile.low[2] += x[row + low.z] * cotangent;
    tile.low[3] += x[row + low.w] * cotangent;
    tile.high[0] += x[row + high.x] * cotangent;
    tile.high[1] += x[row + high.y] * cotangent;
    tile.high[2] += x[row + high.z] * cotangent;
    tile.high[3] += x[row + high.w] * cotangent;
  }
  return tile;
}

// Four factors of a state from number k on: past its last number, 1, the bias's.
fn factors(state: u32, k: u32) -> vec4<f32> {
  let last = vec4<u32>(max(u.size, 1u) - 1u);
  let numbers = k + vec4<u32>(0u, 1u, 2u, 3u);
  let at = state + min(numbers, last);
  return select(vec4<f32>(s[at.x], s[at.y], s[at.z], s[at.w]), vec4<f32>(1.0), numbers >= vec4<u32>(u.size));
}

// The rows from k on of the states' part and the bias, over every `step`-th of so many states from the first on.
fn of_states(replica: u32, k: u32, n: u32, first: u32, states: u32, step: u32) -> Tile {
  let at_s = u.s.x + replica * u.s.y;
  let at_g = (u.g.x + replica * u.g.y) / 4u + n;
  let group = u.M / u.states;
  var tile = Tile();
  for (var state = first; state < states; state += step) {
    var cotangent = vec4<f32>();
    for (var m = state * group; m < (state + 1u) * group; m++) {
      cotangent += g4[at_g + m * (u.N / 4u)];
    }
    let low = factors(at_s + state * u.size, k);
    tile.low[0] += low.x * cotangent;
    tile.low[1] += low.y * cotangent;
    tile.low[2] += low.z * cotangent;
    tile.low[3] += low.w * cotangent;
    let high = factors(at_s + state * u.size, k + 4u);
    tile.high[0] += high.x * cotangent;
    tile.high[1] += high.y * cotangent;
    tile.high[2] += high.z * cotangent;
    tile.high[3] += high.w * cotangent;
  }
  return tile;
}

@compute @workgroup_size(16)
fn gradient(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let number = 16u * group.x + lane;
  let across = u.N / 4u;
  let n = number % across;
  let tiles = (u.K + 7u) / 8u;
  let are_samples = number / across < tiles;
  let k = 8u * select(number / across - tiles, number / across, are_samples);
  let rows = select(u.size + 1u, u.K, are_samples);
  if (k >= rows) {
    return;
  }
  // Two loops, of which one makes no step. Written as two branches with a loop each, or as one loop with a
  // branch in it, every dispatch cost Mesa's software driver (22.3) at least 300 kB that it never freed.
  // Adding the other's zero is exact.
  let samples_part = of_samples(group.y, k, n, 0u, select(0u, u.M, are_samples), 1u);
  let states_part = of_states(group.y, k, n, 0u, select(u.states, 0u, are_samples), 1u);
  var tile = array<mat4x4<f32>, 2>(samples_part.low + states_part.low, samples_part.high + states_part.high);
  let first = k + select(u.K, 0u, are_samples);
  let at = (u.out.x + group.y * u.out.y) / 4u + first * across + n;
  for (var i = 0u; i < min(8u, rows - k); i++) {
    out4[at + i * across] = tile[i / 4u][i % 4u];
  }
}

// Partial sums of an element, and invocations of a workgroup: so many for each four of its columns.
const PHASES: u32 = 16u;
override lanes: u32 = 64u;

// Partial sums of the workgroup, phase after phase.
var<workgroup> partial_low: array<mat4x4<f32>, lanes>;
var<workgroup> partial_high: array<mat4x4<f32>, lanes>;

@compute @workgroup_size(lanes)
fn gradient_together(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let across = u.N / 4u;
  let fours = lanes / PHASES;
  let columns = (across + fours - 1u) / fours;
  let n = fours * (group.x % columns) + lane % fours;
  let tiles = (u.K + 7u) / 8u;
  let tile_number = group.x / columns;
  let are_samples = tile_number < tiles;
  let k = 8u * select(tile_number - tiles, tile_number, are_samples);
  let phase = lane / fours;
  let column = min(n, across - 1u);
  let samples_part = of_samples(group.y, k, column, phase, select(0u, u.M, are_samples), PHASES);
  let states_part = of_states(group.y, k, column, phase, select(u.states, 0u, are_samples), PHASES);
  partial_low[lane] = samples_part.low + states_part.low;
  partial_high[lane] = samples_part.high + states_part.high;
  for (var half = PHASES / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (phase < half) {
      partial_low[lane] += partial_low[lane + half * fours];
      partial_high[lane] += partial_high[lane + half * fours];
    }
  }
  if (phase > 0u || n >= across) {
    return;
  }
  let first = k + select(u.K, 0u, are_samples);
  let rows = select(u.size + 1u, u.K, are_samples);
  let at = (u.out.x + group.y * u.out.y) / 4u + first * across + n;
  for (var i = 0u; i < min(8u, rows - k); i++) {
    if (i < 4u) {
      out4[at + i * across] = partial_low[lane][i];
    } else {
      out4[at + i * across] = partial_high[lane][i - 4u];
    }
  }
}
