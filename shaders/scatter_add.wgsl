// The transpose of a gather: out[r, n, :] = Σ values[r, i, :] over the i, ascending, with
// min(rows[r, i], size - 1) = n.
//
// Each output walks over all row numbers: no atomics, and the order of additions never changes.
// Element e of a tensor lies at offset + e / block * stride + e mod block of its buffer (block 0: one block).
//
// binding 0  uniform     Scatter
// binding 1  read_write  f32[]  the output [replicas, size, width]
// binding 2  read        f32[]  the values [replicas, each, width]
// binding 3  read        u32[]  the row numbers [replicas, each]
// grid       one invocation an element of the output in workgroups of 64; rows beyond 65535 continue in y

struct Scatter {
  count: u32,
  each: u32,
  size: u32,
  width: u32,
  out_offset: u32,
  out_stride: u32,
  out_block: u32,
  values_offset: u32,
  values_stride: u32,
  values_block: u32,
  rows_offset: u32,
  rows_stride: u32,
  rows_block: u32,
}

@group(0) @binding(0) var<uniform> u: Scatter;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;
@group(0) @binding(2) var<storage, read> values: array<f32>;
@group(0) @binding(3) var<storage, read> rows: array<u32>;

fn place(i: u32, offset: u32, stride: u32, block: u32) -> u32 {
  if (block == 0u || block == stride) {
    return offset + i;
  }
  return offset + i / block * stride + i % block;
}

@compute @workgroup_size(64)
fn scatter_add(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.y * groups.x + group.x) * 64u + lane;
  if (i >= u.count) {
    return;
  }
  let row = i / u.width;
  let first = row / u.size * u.each;
  var sum = 0.0;
  for (var k = 0u; k < u.each; k++) {
    let wanted = min(rows[place(first + k, u.rows_offset, u.rows_stride, u.rows_block)], u.size - 1u);
    if (wanted == row % u.size) {
      sum += values[place((first + k) * u.width + i % u.width, u.values_offset, u.values_stride, u.values_block)];
    }
  }
  out[place(i, u.out_offset, u.out_stride, u.out_block)] = sum;
}
