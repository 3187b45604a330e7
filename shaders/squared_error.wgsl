// The loss ½ mean (target - q)² of a replica's predictions, and its derivative (q - target) / B by each of them.
//
// binding 0  uniform     SquaredError
// binding 1  read_write  f32[]  the loss, one a replica
// binding 2  read_write  f32[]  the derivative [B] a replica
// binding 3  read        f32[]  q [B] a replica
// binding 4  read        f32[]  the target [B] a replica
// grid       one invocation an element in workgroups of 64 in x, replicas in y; the first sums the loss as well

struct SquaredError {
  count: u32,
  loss_offset: u32,
  loss_stride: u32,
  error_offset: u32,
  error_stride: u32,
  q_offset: u32,
  q_stride: u32,
  goal_offset: u32,
  goal_stride: u32,
}

@group(0) @binding(0) var<uniform> u: SquaredError;
@group(0) @binding(1) var<storage, read_write> loss: array<f32>;
@group(0) @binding(2) var<storage, read_write> error: array<f32>;
@group(0) @binding(3) var<storage, read> q: array<f32>;
@group(0) @binding(4) var<storage, read> goal: array<f32>;

fn difference(replica: u32, i: u32) -> f32 {
  return q[u.q_offset + replica * u.q_stride + i] - goal[u.goal_offset + replica * u.goal_stride + i];
}

@compute @workgroup_size(64)
fn squared_error(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let i = 64u * group.x + lane;
  if (i >= u.count) {
    return;
  }
  let share = 1.0 / f32(u.count);
  error[u.error_offset + group.y * u.error_stride + i] = difference(group.y, i) * share;
  if (i == 0u) {
    var sum = 0.0;
    for (var k = 0u; k < u.count; k++) {
      let each = difference(group.y, k);
      sum += each * each;
    }
    loss[u.loss_offset + group.y * u.loss_stride] = 0.5 * (sum * share);
  }
}
