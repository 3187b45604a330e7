// Copies runs of 32-bit elements from one array to another, whatever the bits mean.
//
// Element i of the copy is element i mod run of run number i / run. Run o starts at element start + o * pitch of its
// tensor, and element e of a tensor lies at offset + e / block * stride + e mod block of its buffer (block 0: one
// block).
//
// grid       one invocation per element in workgroups of 64; rows of workgroups beyond 65535 continue in y

struct Copy {
  count: u32,
  run: u32,
  toStart: u32,
  toPitch: u32,
  sourceStart: u32,
  sourcePitch: u32,
  to: vec3<u32>,
  source: vec3<u32>,
}

@group(0) @binding(0) var<uniform> u: Copy;
@group(0) @binding(1) var<storage, read_write> to: array<u32>; // the target
// The source; `within` has none and copies inside the target, between disjoint ranges:
@group(0) @binding(2) var<storage, read> source: array<u32>;

fn place(i: u32, view: vec3<u32>) -> u32 {
  if (view.z == 0u || view.z == view.y) {
    return view.x + i;
  }
  return view.x + i / view.z * view.y + i % view.z;
}

fn place_in_run(i: u32, start: u32, pitch: u32) -> u32 {
  if (u.run == u.count) {
    return start + i;
  }
  return start + i / u.run * pitch + i % u.run;
}

fn target_of(i: u32) -> u32 {
  return place(place_in_run(i, u.toStart, u.toPitch), u.to);
}

fn source_of(i: u32) -> u32 {
  return place(place_in_run(i, u.sourceStart, u.sourcePitch), u.source);
}

@compute @workgroup_size(64)
fn copy(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let i = id.y * groups.x * 64u + id.x;
  if (i < u.count) {
    to[target_of(i)] = source[source_of(i)];
  }
}

@compute @workgroup_size(64)
fn within(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let i = id.y * groups.x * 64u + id.x;
  if (i < u.count) {
    to[target_of(i)] = to[source_of(i)];
  }
}

@compute @workgroup_size(64)
fn clear(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let i = id.y * groups.x * 64u + id.x;
  if (i < u.count) {
    to[target_of(i)] = 0u;
  }
}
