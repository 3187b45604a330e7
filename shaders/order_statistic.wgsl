// The element of a given rank of each line: out[o, i] = the element of a[o, :, i] that has `rank` elements before it in
// ascending order.
//
// Bits are mapped to words in the order of the numbers; the wanted word is then found bit by bit from the top, by
// counting how many of the line's words are below a candidate. No sorting, no barrier: 32 passes over the line.
// Element e of a tensor lies at offset + e / block * stride + e mod block of its buffer (block 0: one block).
//
// grid       one invocation per line in workgroups of 64; rows of workgroups beyond 65535 continue in y

struct Selection {
  count: u32,
  length: u32,
  inner: u32,
  rank: u32,
  out: vec3<u32>,
  a: vec3<u32>,
}

@group(0) @binding(0) var<uniform> u: Selection;
@group(0) @binding(1) var<storage, read_write> out: array<u32>; // the output [outer, inner] (bits of f32)
@group(0) @binding(2) var<storage, read> a: array<u32>; // [outer, length, inner] (bits of f32)

fn place(i: u32, view: vec3<u32>) -> u32 {
  if (view.z == 0u || view.z == view.y) {
    return view.x + i;
  }
  return view.x + i / view.z * view.y + i % view.z;
}

// Negative numbers descend with their bits and come before positive ones.
fn ordered(bits: u32) -> u32 {
  return select(bits | 0x80000000u, ~bits, bits >= 0x80000000u);
}

@compute @workgroup_size(64)
fn order_statistic(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let i = id.y * groups.x * 64u + id.x;
  if (i >= u.count) {
    return;
  }
  let start = i / u.inner * u.length * u.inner + i % u.inner;
  var found = 0u;
  for (var bit = 0u; bit < 32u; bit++) {
    let candidate = found | (0x80000000u >> bit);
    var below = 0u;
    for (var k = 0u; k < u.length; k++) {
      let word = ordered(a[place(start + k * u.inner, u.a)]);
      below += select(0u, 1u, word < candidate);
    }
    // At most `rank` words lie below the wanted one, so it is not below a candidate with as few.
    found = select(found, candidate, below <= u.rank);
  }
  out[place(i, u.out)] = select(~found, found & 0x7fffffffu, found >= 0x80000000u);
}
