// The soft value V = α log mean_k exp(Q_k / α - log q_k), computed relative to the largest exponent.
//
// grid       one invocation per state in workgroups of 64 in x, replicas in y

struct SoftValue {
  states: u32,
  samples: u32,
  logDensity: f32,
  value: vec2<u32>,
  q: vec2<u32>,
  temperature: vec2<u32>,
  density: vec2<u32>,
}

@group(0) @binding(0) var<uniform> u: SoftValue;
@group(0) @binding(1) var<storage, read_write> value: array<f32>; // V [B] per replica
@group(0) @binding(2) var<storage, read> q: array<f32>; // Q [B, K] per replica
@group(0) @binding(3) var<storage, read> temperature: array<f32>; // α, one per replica
// Log q [B, K] per replica, if has_densities; otherwise unused:
@group(0) @binding(4) var<storage, read> density: array<f32>;

override has_densities: bool = false;

fn exponent(k: u32, at_q: u32, at_density: u32, alpha: f32) -> f32 {
  var log_q = u.logDensity;
  if (has_densities) {
    log_q = density[at_density + k];
  }
  return q[at_q + k] / alpha - log_q;
}

@compute @workgroup_size(64)
fn soft_value(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let state = 64u * group.x + lane;
  if (state >= u.states) {
    return;
  }
  let alpha = temperature[u.temperature.x + group.y * u.temperature.y];
  let at_q = u.q.x + group.y * u.q.y + state * u.samples;
  let at_density = u.density.x + group.y * u.density.y + state * u.samples;
  var top = exponent(0u, at_q, at_density, alpha);
  for (var k = 1u; k < u.samples; k++) {
    top = max(top, exponent(k, at_q, at_density, alpha));
  }
  var sum = 0.0;
  for (var k = 0u; k < u.samples; k++) {
    sum += exp(exponent(k, at_q, at_density, alpha) - top);
  }
  value[u.value.x + group.y * u.value.y + state] = alpha * (top + log(sum / f32(u.samples)));
}
