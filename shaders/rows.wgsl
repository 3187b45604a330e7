// Rows out of one segment of a field: out[b, :] = segment[rows[b] - first, :] where that row lies in the segment;
// elsewhere out keeps what other segments gave.
//
// grid       one invocation an element of out in workgroups of 64 in x, replicas in y

struct Rows {
  count: u32,
  width: u32,
  first: u32,
  length: u32,
  out: vec2<u32>,
  segment: vec2<u32>,
  rows: vec2<u32>,
}

@group(0) @binding(0) var<uniform> u: Rows;
@group(0) @binding(1) var<storage, read_write> out: array<u32>; // [B, W] a replica
@group(0) @binding(2) var<storage, read> segment: array<u32>; // the segment [length, W] a replica
@group(0) @binding(3) var<storage, read> rows: array<u32>; // the row numbers [B] a replica

@compute @workgroup_size(64)
fn copy_rows(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let i = 64u * group.x + lane;
  if (i >= u.count) {
    return;
  }
  // A row before the segment wraps around to a large number.
  let row = rows[u.rows.x + group.y * u.rows.y + i / u.width] - u.first;
  if (row < u.length) {
    let at = u.segment.x + group.y * u.segment.y + row * u.width + i % u.width;
    out[u.out.x + group.y * u.out.y + i] = segment[at];
  }
}
