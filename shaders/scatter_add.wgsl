// The transpose of a gather: out[r, n, :] = Σ values[r, i, :] over the i, ascending, with
// min(rows[r, i], size - 1) = n.
//
// Each output scans all row numbers: no atomics, and the order of additions never changes.
// Element e of a tensor lies at offset + e / block * stride + e mod block of its buffer (block 0: one block).
//
// grid       one invocation per element of the output in workgroups of 64; rows beyond 65535 continue in y

struct Scatter {
  count: u32,
  each: u32,
  size: u32,
  width: u32,
  out: vec3<u32>,
  values: vec3<u32>,
  rows: vec3<u32>,
}

@group(0) @binding(0) var<uniform> u: Scatter;
@group(0) @binding(1) var<storage, read_write> out: array<f32>; // the output [replicas, size, width]
@group(0) @binding(2) var<storage, read> values: array<f32>; // the values [replicas, each, width]
@group(0) @binding(3) var<storage, read> rows: array<u32>; // the row numbers [replicas, each]

fn place(i: u32, view: vec3<u32>) -> u32 {
  if (view.z == 0u || view.z == view.y) {
    return view.x + i;
  }
  return view.x + i / view.z * view.y + i % view.z;
}

@compute @workgroup_size(64)
fn scatter_add(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let i = id.y * groups.x * 64u + id.x;
  if (i >= u.count) {
    return;
  }
  let row = i / u.width;
  let first = row / u.size * u.each;
  var sum = 0.0;
  for (var k = 0u; k < u.each; k++) {
    let wanted = min(rows[place(first + k, u.rows)], u.size - 1u);
    if (wanted == row % u.size) {
      sum += values[place((first + k) * u.width + i % u.width, u.values)];
    }
  }
  out[place(i, u.out)] = sum;
}
