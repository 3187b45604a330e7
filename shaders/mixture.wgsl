// Samples of a mixture and their log density: G of them Gaussian around the centres c_1 … c_M, sample k around centre
// k mod M, and U uniform in the box. In the coordinates u = artanh a, with n_m samples around centre m of K = G + U,
//
// log q = log( Σ_m n_m/K N(u; c_m, σ² I) / Π(1 - a²) + U/K 2^-A ) .
//
// Two launches: `widths`, if each state has its own σ (from_centres), writes the squared distances of the centres to
// scratch memory and finds σ² = max(the one of rank `rank` / divisor, floor) / 2 among them by their bits, from the top
// (distances are not negative, so their bits order as they do); `samples` computes a sample and its density; it keeps u
// in scratch memory, and sums over the centres in one pass, relative to the largest term so far.
//
// grid       replicas in y; in x one invocation per state, or one a sample, in workgroups of 64

struct Mixture {
  states: u32,
  centreCount: u32,
  gaussianCount: u32,
  uniformCount: u32,
  size: u32,
  rank: u32,
  width: f32,
  divisor: f32,
  floor: f32,
  centres: vec2<u32>,
  action: vec2<u32>,
  density: vec2<u32>,
  normal: vec2<u32>,
  uniforms: vec2<u32>,
}

@group(0) @binding(0) var<uniform> u: Mixture;
@group(0) @binding(1) var<storage, read> centres: array<f32>; // c [states, M, A] per replica
// Σ [states], replica after replica, if from_centres; otherwise unused:
@group(0) @binding(2) var<storage, read_write> sigma: array<f32>;
// The distances [states, M (M - 1) / 2] of `widths`, u [states, K, A] of `samples`:
@group(0) @binding(3) var<storage, read_write> scratch: array<f32>;
@group(0) @binding(4) var<storage, read_write> action: array<f32>; // a [states, K, A] per replica, of `samples`
@group(0) @binding(5) var<storage, read_write> density: array<f32>; // log q [states, K] per replica, of `samples`
// Standard normal numbers [states, G, A] per replica, of `samples`:
@group(0) @binding(6) var<storage, read> normal: array<f32>;
// The uniform actions [states, U, A] per replica, of `samples`; unused if U = 0:
@group(0) @binding(7) var<storage, read> uniforms: array<f32>;

override from_centres: bool = false;

const LOG_2 = 0.6931472;
const LOG_TWO_PI = 1.837877;

@compute @workgroup_size(64)
fn widths(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let state = 64u * group.x + lane;
  if (state >= u.states) {
    return;
  }
  let first = u.centres.x + group.y * u.centres.y + state * u.centreCount * u.size;
  let pairs = u.centreCount * (u.centreCount - 1u) / 2u;
  let start = (group.y * u.states + state) * pairs;
  var pair = start;
  for (var i = 1u; i < u.centreCount; i++) {
    for (var j = 0u; j < i; j++) {
      var sum = 0.0;
      for (var k = 0u; k < u.size; k++) {
        let difference = centres[first + i * u.size + k] - centres[first + j * u.size + k];
        sum += difference * difference;
      }
      scratch[pair] = sum;
      pair++;
    }
  }
  // The wanted distance has at most `rank` others below it: a bit is set if that still holds.
  var found = 0u;
  for (var bit = 0x40000000u; bit > 0u; bit >>= 1u) {
    let candidate = found | bit;
    var below = 0u;
    for (var k = start; k < pair; k++) {
      below += select(0u, 1u, bitcast<u32>(scratch[k]) < candidate);
    }
    found = select(found, candidate, below <= u.rank);
  }
  let bandwidth = max(bitcast<f32>(found) / u.divisor, u.floor);
  sigma[group.y * u.states + state] = sqrt(0.5 * bandwidth);
}

@compute @workgroup_size(64)
fn samples(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let count = u.gaussianCount + u.uniformCount;
  let sample = 64u * group.x + lane;
  if (sample >= u.states * count) {
    return;
  }
  let k = sample % count;
  let state = sample / count;
  let at_centres = u.centres.x + group.y * u.centres.y + state * u.centreCount * u.size;
  let out = u.action.x + group.y * u.action.y + sample * u.size;
  let at = (group.y * u.states * count + sample) * u.size;
  var width = u.width;
  if (from_centres) {
    width = sigma[group.y * u.states + state];
  }

  // Σ log(1 - a²) = 2 (A log 2 - Σ |u| - log Π (1 + e^{-2|u|})); the product is split before it could overflow.
  var size = 0.0;
  var logarithms = 0.0;
  var product = 1.0;
  for (var d = 0u; d < u.size; d++) {
    var x = 0.0;
    if (k < u.gaussianCount) {
      let noise = normal[u.normal.x + group.y * u.normal.y + (state * u.gaussianCount + k) * u.size + d];
      x = centres[at_centres + k % u.centreCount * u.size + d] + width * noise;
    } else {
      let row = state * u.uniformCount + k - u.gaussianCount;
      let a = uniforms[u.uniforms.x + group.y * u.uniforms.y + row * u.size + d];
      x = 0.5 * log((1.0 + a) / (1.0 - a));
      action[out + d] = a;
    }
    let decay = exp(-2.0 * abs(x));
    if (k < u.gaussianCount) {
      let magnitude = (1.0 - decay) / (1.0 + decay);
      action[out + d] = select(magnitude, -magnitude, x < 0.0);
    }
    scratch[at + d] = x;
    size += abs(x);
    product *= 1.0 + decay;
    if (d % 64u == 63u) {
      logarithms += log(product);
      product = 1.0;
    }
  }
  let slope = 2.0 * (f32(u.size) * LOG_2 - size - logarithms - log(product));

  let sharpness = 0.5 / (width * width);
  var least = 0.0;
  var sum = 0.0;
  for (var m = 0u; m < u.centreCount; m++) {
    var squared = 0.0;
    for (var d = 0u; d < u.size; d++) {
      let difference = scratch[at + d] - centres[at_centres + m * u.size + d];
      squared += difference * difference;
    }
    let around = f32((u.gaussianCount - m + u.centreCount - 1u) / u.centreCount);
    if (m == 0u) {
      sum = around;
      least = squared;
    } else if (squared < least) {
      sum = sum * exp((squared - least) * sharpness) + around;
      least = squared;
    } else {
      sum += around * exp((least - squared) * sharpness);
    }
  }
  let nearby = log(sum / f32(count)) - least * sharpness;
  let scale = f32(u.size) * (log(width) + 0.5 * LOG_TWO_PI);
  let of_gaussians = nearby - scale - slope;
  var log_q = of_gaussians;
  if (u.uniformCount > 0u) {
    let of_box = log(f32(u.uniformCount) / f32(count)) - f32(u.size) * LOG_2;
    log_q = max(of_gaussians, of_box) + log(1.0 + exp(-abs(of_gaussians - of_box)));
  }
  density[u.density.x + group.y * u.density.y + sample] = log_q;
}
