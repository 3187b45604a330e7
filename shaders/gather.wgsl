// Rows of a table: out[r, i, :] = table[r, min(rows[r, i], size - 1), :].
//
// Element e of a tensor lies at offset + e / block * stride + e mod block of its buffer (block 0: one block).
//
// grid       one invocation per element of the output in workgroups of 64; rows beyond 65535 continue in y

struct Gather {
  count: u32,
  each: u32,
  size: u32,
  width: u32,
  out: vec3<u32>,
  table: vec3<u32>,
  rows: vec3<u32>,
}

@group(0) @binding(0) var<uniform> u: Gather;
@group(0) @binding(1) var<storage, read_write> out: array<u32>; // the output [replicas, each, width]
@group(0) @binding(2) var<storage, read> table: array<u32>; // the table [replicas, size, width]
@group(0) @binding(3) var<storage, read> rows: array<u32>; // the row numbers [replicas, each]

fn place(i: u32, view: vec3<u32>) -> u32 {
  if (view.z == 0u || view.z == view.y) {
    return view.x + i;
  }
  return view.x + i / view.z * view.y + i % view.z;
}

@compute @workgroup_size(64)
fn gather(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let i = id.y * groups.x * 64u + id.x;
  if (i >= u.count) {
    return;
  }
  let row = i / u.width;
  let replica = row / u.each;
  let wanted = min(rows[place(row, u.rows)], u.size - 1u);
  let source = u.table.x + replica * u.table.y + wanted * u.width + i % u.width;
  out[place(i, u.out)] = table[source];
}
