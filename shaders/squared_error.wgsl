// The loss ½ mean (target - q)² of a replica's predictions, and its derivative (q - target) / B by each of them.
//
// grid       one invocation per element in workgroups of 64 in x, replicas in y; the first also sums the loss

struct SquaredError {
  count: u32,
  loss: vec2<u32>,
  error: vec2<u32>,
  q: vec2<u32>,
  targets: vec2<u32>,
}

@group(0) @binding(0) var<uniform> u: SquaredError;
@group(0) @binding(1) var<storage, read_write> loss: array<f32>; // the loss, one per replica
@group(0) @binding(2) var<storage, read_write> error: array<f32>; // the derivative [B] per replica
@group(0) @binding(3) var<storage, read> q: array<f32>; // [B] per replica
@group(0) @binding(4) var<storage, read> targets: array<f32>; // the target [B] per replica

fn difference(replica: u32, i: u32) -> f32 {
  return q[u.q.x + replica * u.q.y + i] - targets[u.targets.x + replica * u.targets.y + i];
}

@compute @workgroup_size(64)
fn squared_error(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let i = 64u * group.x + lane;
  if (i >= u.count) {
    return;
  }
  let share = 1.0 / f32(u.count);
  error[u.error.x + group.y * u.error.y + i] = difference(group.y, i) * share;
  if (i == 0u) {
    var sum = 0.0;
    for (var k = 0u; k < u.count; k++) {
      let each = difference(group.y, k);
      sum += each * each;
    }
    loss[u.loss.x + group.y * u.loss.y] = 0.5 * (sum * share);
  }
}
