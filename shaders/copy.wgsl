// Copies runs of 32-bit elements from one array to another, whatever the bits mean.
//
// Element i of the copy is element i mod run of run number i / run. Run o starts at element start + o * pitch of its
// tensor, and element e of a tensor lies at offset + e / block * stride + e mod block of its buffer (block 0: one
// block).
//
// binding 0  uniform     Copy
// binding 1  read_write  u32[]  the target
// binding 2  read        u32[]  the source; `within` has none and copies inside the target, between disjoint ranges
// grid       one invocation an element in workgroups of 64; rows of workgroups beyond 65535 continue in y

struct Copy {
  count: u32,
  run: u32,
  target_offset: u32,
  target_stride: u32,
  target_block: u32,
  target_start: u32,
  target_pitch: u32,
  source_offset: u32,
  source_stride: u32,
  source_block: u32,
  source_start: u32,
  source_pitch: u32,
}

@group(0) @binding(0) var<uniform> u: Copy;
@group(0) @binding(1) var<storage, read_write> to: array<u32>;
@group(0) @binding(2) var<storage, read> source: array<u32>;

fn place(i: u32, offset: u32, stride: u32, block: u32) -> u32 {
  if (block == 0u || block == stride) {
    return offset + i;
  }
  return offset + i / block * stride + i % block;
}

fn place_in_run(i: u32, start: u32, pitch: u32) -> u32 {
  if (u.run == u.count) {
    return start + i;
  }
  return start + i / u.run * pitch + i % u.run;
}

fn target_of(i: u32) -> u32 {
  return place(place_in_run(i, u.target_start, u.target_pitch), u.target_offset, u.target_stride, u.target_block);
}

fn source_of(i: u32) -> u32 {
  return place(place_in_run(i, u.source_start, u.source_pitch), u.source_offset, u.source_stride, u.source_block);
}

@compute @workgroup_size(64)
fn copy(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.y * groups.x + group.x) * 64u + lane;
  if (i < u.count) {
    to[target_of(i)] = source[source_of(i)];
  }
}

@compute @workgroup_size(64)
fn within(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.y * groups.x + group.x) * 64u + lane;
  if (i < u.count) {
    to[target_of(i)] = to[source_of(i)];
  }
}

@compute @workgroup_size(64)
fn clear(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.y * groups.x + group.x) * 64u + lane;
  if (i < u.count) {
    to[target_of(i)] = 0u;
  }
}
