// The score of particles from their actions a and the slope g of Q by a:
//
// squash 0 (before tanh)      g (1 - a²) - 2 α a
// squash 1 (after tanh)       g - 2 α a / (1 - a² + 1e-6)
// squash 2 (bounds penalty)   g, but where any coordinate of the action leaves [-1, 1]: ∓10 for those that do, else 0
//
// binding 0  uniform     Score
// binding 1  read_write  f32[]  the score [N, A] a replica
// binding 2  read        f32[]  a [N, A] a replica
// binding 3  read        f32[]  g [N, A] a replica
// binding 4  read        f32[]  α, one a replica
// grid       one invocation an element in workgroups of 64 in x, replicas in y

struct Score {
  particles: u32,
  size: u32,
  score_offset: u32,
  score_stride: u32,
  action_offset: u32,
  action_stride: u32,
  slope_offset: u32,
  slope_stride: u32,
  alpha_offset: u32,
  alpha_stride: u32,
}

@group(0) @binding(0) var<uniform> u: Score;
@group(0) @binding(1) var<storage, read_write> score: array<f32>;
@group(0) @binding(2) var<storage, read> action: array<f32>;
@group(0) @binding(3) var<storage, read> slope: array<f32>;
@group(0) @binding(4) var<storage, read> alpha: array<f32>;

override squash: u32 = 0u;

fn leaves_the_box(first: u32) -> bool {
  var outside = false;
  for (var k = 0u; k < u.size; k++) {
    outside = outside || abs(action[first + k]) > 1.0;
  }
  return outside;
}

@compute @workgroup_size(64)
fn score_of_particles(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let i = 64u * group.x + lane;
  if (i >= u.particles * u.size) {
    return;
  }
  let start = u.action_offset + group.y * u.action_stride;
  let a = action[start + i];
  let temperature = alpha[u.alpha_offset + group.y * u.alpha_stride];
  var g = slope[u.slope_offset + group.y * u.slope_stride + i];
  if (squash == 0u) {
    g = g * (1.0 - a * a) - 2.0 * a * temperature;
  } else if (squash == 1u) {
    g -= 2.0 * a / (1.000001 - a * a) * temperature;
  } else if (leaves_the_box(start + i / u.size * u.size)) {
    g = -10.0 * (select(0.0, 1.0, a > 1.0) - select(0.0, 1.0, a < -1.0));
  }
  score[u.score_offset + group.y * u.score_stride + i] = g;
}
