// The soft value of the next states and the critic's target, for value samples that all have the same density:
//
// V = α log mean_k exp(Q_k / α - log q), computed relative to the largest exponent;  target = scale r + γ V (1 - end).
//
// grid       one invocation per state in workgroups of 8 in x, replicas in y

struct Bellman {
  states: u32,
  samples: u32,
  logDensity: f32,
  value: vec2<u32>,
  targets: vec2<u32>,
  q: vec2<u32>,
  temperature: vec2<u32>,
  reward: vec2<u32>,
  terminated: vec2<u32>,
  scale: vec2<u32>,
  discount: vec2<u32>,
}

@group(0) @binding(0) var<uniform> u: Bellman;
@group(0) @binding(1) var<storage, read_write> value: array<f32>; // V [B] per replica
@group(0) @binding(2) var<storage, read_write> targets: array<f32>; // the target [B] per replica
@group(0) @binding(3) var<storage, read> q: array<f32>; // Q [B, K] per replica
@group(0) @binding(4) var<storage, read> temperature: array<f32>; // α, one per replica
@group(0) @binding(5) var<storage, read> reward: array<f32>; // r [B] per replica
@group(0) @binding(6) var<storage, read> terminated: array<f32>; // the end [B] per replica, 1 or 0
@group(0) @binding(7) var<storage, read> scale: array<f32>; // scale, one per replica
@group(0) @binding(8) var<storage, read> discount: array<f32>; // γ, one per replica

fn soft_value(first: u32, alpha: f32) -> f32 {
  var top = q[first] / alpha - u.logDensity;
  for (var k = 1u; k < u.samples; k++) {
    top = max(top, q[first + k] / alpha - u.logDensity);
  }
  var sum = 0.0;
  for (var k = 0u; k < u.samples; k++) {
    sum += exp(q[first + k] / alpha - u.logDensity - top);
  }
  return alpha * (top + log(sum / f32(u.samples)));
}

@compute @workgroup_size(8)
fn bellman(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let state = 8u * group.x + lane;
  let r = group.y;
  if (state >= u.states) {
    return;
  }
  let alpha = temperature[u.temperature.x + r * u.temperature.y];
  let v = soft_value(u.q.x + r * u.q.y + state * u.samples, alpha);
  let goes_on = 1.0 - terminated[u.terminated.x + r * u.terminated.y + state];
  value[u.value.x + r * u.value.y + state] = v;
  targets[u.targets.x + r * u.targets.y + state] =
    reward[u.reward.x + r * u.reward.y + state] * scale[u.scale.x + r * u.scale.y] +
    v * goes_on * discount[u.discount.x + r * u.discount.y];
}
