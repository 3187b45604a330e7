// The soft value V = α log mean_k exp(Q_k / α - log q_k), with the largest exponent taken out first.
//
// binding 0  uniform     SoftValue
// binding 1  read_write  f32[]  V [B] a replica
// binding 2  read        f32[]  Q [B, K] a replica
// binding 3  read        f32[]  α, one a replica
// binding 4  read        f32[]  log q [B, K] a replica, where has_densities; otherwise anything
// grid       one invocation a state in workgroups of 64 in x, replicas in y

struct SoftValue {
  states: u32,
  samples: u32,
  log_density: f32,
  value_offset: u32,
  value_stride: u32,
  q_offset: u32,
  q_stride: u32,
  alpha_offset: u32,
  alpha_stride: u32,
  density_offset: u32,
  density_stride: u32,
}

@group(0) @binding(0) var<uniform> u: SoftValue;
@group(0) @binding(1) var<storage, read_write> value: array<f32>;
@group(0) @binding(2) var<storage, read> q: array<f32>;
@group(0) @binding(3) var<storage, read> alpha: array<f32>;
@group(0) @binding(4) var<storage, read> density: array<f32>;

override has_densities: bool = false;

fn exponent(k: u32, at_q: u32, at_density: u32, temperature: f32) -> f32 {
  var log_q = u.log_density;
  if (has_densities) {
    log_q = density[at_density + k];
  }
  return q[at_q + k] / temperature - log_q;
}

@compute @workgroup_size(64)
fn soft_value(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let state = 64u * group.x + lane;
  if (state >= u.states) {
    return;
  }
  let temperature = alpha[u.alpha_offset + group.y * u.alpha_stride];
  let at_q = u.q_offset + group.y * u.q_stride + state * u.samples;
  let at_density = u.density_offset + group.y * u.density_stride + state * u.samples;
  var top = exponent(0u, at_q, at_density, temperature);
  for (var k = 1u; k < u.samples; k++) {
    top = max(top, exponent(k, at_q, at_density, temperature));
  }
  var sum = 0.0;
  for (var k = 0u; k < u.samples; k++) {
    sum += exp(exponent(k, at_q, at_density, temperature) - top);
  }
  value[u.value_offset + group.y * u.value_stride + state] = temperature * (top + log(sum / f32(u.samples)));
}
