// The soft value of the next states and the critic's target, for value samples that all have the same density:
//
// V = α log mean_k exp(Q_k / α - log q), with the largest exponent taken out first;  target = scale r + γ V (1 - end).
//
// binding 0  uniform     Bellman
// binding 1  read_write  f32[]  V [B] a replica
// binding 2  read_write  f32[]  the target [B] a replica
// binding 3  read        f32[]  Q [B, K] a replica
// binding 4  read        f32[]  α, one a replica
// binding 5  read        f32[]  r [B] a replica
// binding 6  read        f32[]  the end [B] a replica, 1 or 0
// binding 7  read        f32[]  scale, one a replica
// binding 8  read        f32[]  γ, one a replica
// grid       one invocation a state in workgroups of 8 in x, replicas in y

struct Bellman {
  states: u32,
  samples: u32,
  log_density: f32,
  value_offset: u32,
  value_stride: u32,
  goal_offset: u32,
  goal_stride: u32,
  q_offset: u32,
  q_stride: u32,
  alpha_offset: u32,
  alpha_stride: u32,
  reward_offset: u32,
  reward_stride: u32,
  end_offset: u32,
  end_stride: u32,
  scale_offset: u32,
  scale_stride: u32,
  discount_offset: u32,
  discount_stride: u32,
}

@group(0) @binding(0) var<uniform> u: Bellman;
@group(0) @binding(1) var<storage, read_write> value: array<f32>;
@group(0) @binding(2) var<storage, read_write> goal: array<f32>;
@group(0) @binding(3) var<storage, read> q: array<f32>;
@group(0) @binding(4) var<storage, read> alpha: array<f32>;
@group(0) @binding(5) var<storage, read> reward: array<f32>;
@group(0) @binding(6) var<storage, read> end: array<f32>;
@group(0) @binding(7) var<storage, read> scale: array<f32>;
@group(0) @binding(8) var<storage, read> discount: array<f32>;

fn soft_value(first: u32, temperature: f32) -> f32 {
  var top = q[first] / temperature - u.log_density;
  for (var k = 1u; k < u.samples; k++) {
    top = max(top, q[first + k] / temperature - u.log_density);
  }
  var sum = 0.0;
  for (var k = 0u; k < u.samples; k++) {
    sum += exp(q[first + k] / temperature - u.log_density - top);
  }
  return temperature * (top + log(sum / f32(u.samples)));
}

@compute @workgroup_size(8)
fn bellman(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let state = 8u * group.x + lane;
  let r = group.y;
  if (state >= u.states) {
    return;
  }
  let temperature = alpha[u.alpha_offset + r * u.alpha_stride];
  let v = soft_value(u.q_offset + r * u.q_stride + state * u.samples, temperature);
  let goes_on = 1.0 - end[u.end_offset + r * u.end_stride + state];
  value[u.value_offset + r * u.value_stride + state] = v;
  goal[u.goal_offset + r * u.goal_stride + state] =
    reward[u.reward_offset + r * u.reward_stride + state] * scale[u.scale_offset + r * u.scale_stride] +
    v * goes_on * discount[u.discount_offset + r * u.discount_stride];
}
