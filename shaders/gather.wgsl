// Rows of a table: out[r, i, :] = table[r, min(rows[r, i], size - 1), :].
//
// Element e of a tensor lies at offset + e / block * stride + e mod block of its buffer (block 0: one block).
//
// binding 0  uniform     Gather
// binding 1  read_write  u32[]  the output [replicas, each, width]
// binding 2  read        u32[]  the table [replicas, size, width]
// binding 3  read        u32[]  the row numbers [replicas, each]
// grid       one invocation an element of the output in workgroups of 64; rows beyond 65535 continue in y

struct Gather {
  count: u32,
  each: u32,
  size: u32,
  width: u32,
  out_offset: u32,
  out_stride: u32,
  out_block: u32,
  table_offset: u32,
  table_stride: u32,
  table_block: u32,
  rows_offset: u32,
  rows_stride: u32,
  rows_block: u32,
}

@group(0) @binding(0) var<uniform> u: Gather;
@group(0) @binding(1) var<storage, read_write> out: array<u32>;
@group(0) @binding(2) var<storage, read> table: array<u32>;
@group(0) @binding(3) var<storage, read> rows: array<u32>;

fn place(i: u32, offset: u32, stride: u32, block: u32) -> u32 {
  if (block == 0u || block == stride) {
    return offset + i;
  }
  return offset + i / block * stride + i % block;
}

@compute @workgroup_size(64)
fn gather(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.y * groups.x + group.x) * 64u + lane;
  if (i >= u.count) {
    return;
  }
  let row = i / u.width;
  let replica = row / u.each;
  let wanted = min(rows[place(row, u.rows_offset, u.rows_stride, u.rows_block)], u.size - 1u);
  let source = u.table_offset + replica * u.table_stride + wanted * u.width + i % u.width;
  out[place(i, u.out_offset, u.out_stride, u.out_block)] = table[source];
}
