// The first layer of a network for R replicas: out[m, :] = f(Σ_k x[m, k] w[k, :] + part[⌊m / group⌋ mod states, :]),
// where a state's part is Σ_k s[state, k] v[k, :] + v[size, :], for samples x and states s.
//
// Each invocation computes four columns: `layer` of sixteen rows, with a state's part once for successive rows of that
// state; `of_states` of all the rows of four neighbouring states, whose parts it computes together, so that each weight
// is read once for four states. Every element is summed in ascending k.
//
// grid       one invocation per tile in workgroups of 16 in x, replicas in y

struct FirstLayer {
  M: u32,
  N: u32,
  K: u32,
  size: u32,
  states: u32,
  group: u32,
  out: vec2<u32>,
  x: vec2<u32>,
  w: vec2<u32>,
  s: vec2<u32>,
  v: vec2<u32>,
}

@group(0) @binding(0) var<uniform> u: FirstLayer;
@group(0) @binding(1) var<storage, read_write> out4: array<vec4<f32>>; // out [M, N] per replica
@group(0) @binding(2) var<storage, read> x: array<f32>; // [M, K] per replica
@group(0) @binding(3) var<storage, read> w4: array<vec4<f32>>; // w [K, N] per replica
@group(0) @binding(4) var<storage, read> s: array<f32>; // [states, size] per replica
@group(0) @binding(5) var<storage, read> v4: array<vec4<f32>>; // v [size + 1, N] per replica

// f
const IDENTITY = 0u;
const RELU = 1u;
const TANH = 2u;

override activation: u32 = IDENTITY;

// WGSL guarantees tanh only to an absolute error of 1e-5, which near 0 leaves no correct digit.
fn hyperbolic_tangent(x: vec4<f32>) -> vec4<f32> {
  let square = x * x;
  let series = x + x * square * (-0.33333333 + square * (0.13333333 + square * (-0.053968254 + square * 0.021869488)));
  let decay = exp(-2.0 * abs(x));
  let quotient = (1.0 - decay) / (1.0 + decay);
  return select(select(quotient, -quotient, x < vec4<f32>()), series, abs(x) < vec4<f32>(0.25));
}

fn activate(z: vec4<f32>) -> vec4<f32> {
  if (activation == RELU) {
    return max(z, vec4<f32>());
  }
  if (activation == TANH) {
    return hyperbolic_tangent(z);
  }
  return z;
}

fn state_of(row: u32) -> u32 {
  return row / u.group % u.states;
}

// Four rows and four columns of x w.
fn samples_part(replica: u32, row: u32, n: u32) -> mat4x4<f32> {
  let at_x = u.x.x + replica * u.x.y + row * u.K;
  let at_w = (u.w.x + replica * u.w.y) / 4u + n;
  var sums = mat4x4<f32>();
  for (var k = 0u; k < u.K; k++) {
    let weights = w4[at_w + k * (u.N / 4u)];
    sums[0] += x[at_x + k] * weights;
    sums[1] += x[at_x + u.K + k] * weights;
    sums[2] += x[at_x + 2u * u.K + k] * weights;
    sums[3] += x[at_x + 3u * u.K + k] * weights;
  }
  return sums;
}

// The parts of four states from `state` on.
fn state_parts(replica: u32, state: u32, n: u32) -> mat4x4<f32> {
  let states = min(vec4<u32>(state) + vec4<u32>(0u, 1u, 2u, 3u), vec4<u32>(u.states - 1u));
  let at_s = vec4<u32>(u.s.x + replica * u.s.y) + states * u.size;
  let at_v = (u.v.x + replica * u.v.y) / 4u + n;
  let bias = v4[at_v + u.size * (u.N / 4u)];
  var sums = mat4x4<f32>(bias, bias, bias, bias);
  for (var k = 0u; k < u.size; k++) {
    let weights = v4[at_v + k * (u.N / 4u)];
    sums[0] += s[at_s.x + k] * weights;
    sums[1] += s[at_s.y + k] * weights;
    sums[2] += s[at_s.z + k] * weights;
    sums[3] += s[at_s.w + k] * weights;
  }
  return sums;
}

fn state_part(replica: u32, state: u32, n: u32) -> vec4<f32> {
  let at_s = u.s.x + replica * u.s.y + state * u.size;
  let at_v = (u.v.x + replica * u.v.y) / 4u + n;
  var sum = v4[at_v + u.size * (u.N / 4u)];
  for (var k = 0u; k < u.size; k++) {
    sum += s[at_s + k] * v4[at_v + k * (u.N / 4u)];
  }
  return sum;
}

@compute @workgroup_size(16)
fn layer(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let tile = 16u * group.x + lane;
  let across = u.N / 4u;
  let begin = 16u * (tile / across);
  let n = tile % across;
  if (begin >= u.M) {
    return;
  }
  let at = (u.out.x + group.y * u.out.y) / 4u + n;
  var state = state_of(begin);
  var part = state_part(group.y, state, n);
  for (var row = begin; row < min(begin + 16u, u.M); row += 4u) {
    let sums = samples_part(group.y, row, n);
    for (var i = 0u; i < 4u; i++) {
      if (state_of(row + i) != state) {
        state = state_of(row + i);
        part = state_part(group.y, state, n);
      }
      out4[at + (row + i) * across] = activate(sums[i] + part);
    }
  }
}

@compute @workgroup_size(16)
fn of_states(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let tile = 16u * group.x + lane;
  let across = u.N / 4u;
  let n = tile % across;
  let blocks = (u.states + 3u) / 4u;
  let state = 4u * (tile / across % blocks);
  let first = tile / across / blocks * u.states; // of this pass over the states
  let begin = (first + state) * u.group;
  if (begin >= u.M) {
    return;
  }
  let end = (first + min(state + 4u, u.states)) * u.group;
  let at = (u.out.x + group.y * u.out.y) / 4u + n;
  let parts = state_parts(group.y, state, n);
  for (var row = begin; row < end; row += 4u) {
    let sums = samples_part(group.y, row, n);
    for (var i = 0u; i < min(4u, end - row); i++) {
      let which = (row + i - begin) / u.group;
      let part = select(
        select(parts[0], parts[1], which == 1u),
        select(parts[2], parts[3], which == 3u),
        which >= 2u,
      );
      out4[at + (row + i) * across] = activate(sums[i] + part);
    }
  }
}
