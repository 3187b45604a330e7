// The score of particles from their actions a and the slope g of Q by a:
//
// pre-tanh         g (1 - a²) - 2 α a
// post-tanh        g - 2 α a / (1 - a² + 1e-6)
// bounds-penalty   g; but if any coordinate of the action leaves [-1, 1]: ∓10 for those that do, 0 for the others
//
// grid       one invocation per element in workgroups of 64 in x, replicas in y

struct Score {
  particles: u32,
  size: u32,
  score: vec2<u32>,
  action: vec2<u32>,
  slope: vec2<u32>,
  temperature: vec2<u32>,
}

@group(0) @binding(0) var<uniform> u: Score;
@group(0) @binding(1) var<storage, read_write> score: array<f32>; // [N, A] per replica
@group(0) @binding(2) var<storage, read> action: array<f32>; // a [N, A] per replica
@group(0) @binding(3) var<storage, read> slope: array<f32>; // g [N, A] per replica
@group(0) @binding(4) var<storage, read> temperature: array<f32>; // α, one per replica

const PRE_TANH = 0u;
const POST_TANH = 1u;
const BOUNDS_PENALTY = 2u;

override squash: u32 = PRE_TANH;

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
  let start = u.action.x + group.y * u.action.y;
  let a = action[start + i];
  let alpha = temperature[u.temperature.x + group.y * u.temperature.y];
  var g = slope[u.slope.x + group.y * u.slope.y + i];
  if (squash == PRE_TANH) {
    g = g * (1.0 - a * a) - 2.0 * a * alpha;
  } else if (squash == POST_TANH) {
    g -= 2.0 * a / (1.000001 - a * a) * alpha;
  } else if (leaves_the_box(start + i / u.size * u.size)) {
    g = -10.0 * (select(0.0, 1.0, a > 1.0) - select(0.0, 1.0, a < -1.0));
  }
  score[u.score.x + group.y * u.score.y + i] = g;
}
