// Repeats a tensor along axes: out[x0, …, x7] = a[x0 * step0 + … + x7 * step7], with step 0 along a repeated axis.
//
// The output's axes are merged into at most eight. Element e of a tensor lies at
// offset + e / block * stride + e mod block of its buffer (block 0: one block).
//
// grid       one invocation per element in workgroups of 64; rows of workgroups beyond 65535 continue in y

struct Broadcast {
  count: u32,
  rank: u32,
  axes: array<vec4<u32>, 4>, // the innermost first, two pairs (length, step) per vector
  out: vec3<u32>,
  a: vec3<u32>,
}

@group(0) @binding(0) var<uniform> u: Broadcast;
@group(0) @binding(1) var<storage, read_write> out: array<u32>;
@group(0) @binding(2) var<storage, read> a: array<u32>;

fn place(i: u32, view: vec3<u32>) -> u32 {
  if (view.z == 0u || view.z == view.y) {
    return view.x + i;
  }
  return view.x + i / view.z * view.y + i % view.z;
}

@compute @workgroup_size(64)
fn broadcast(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let i = id.y * groups.x * 64u + id.x;
  if (i >= u.count) {
    return;
  }
  var rest = i;
  var taken = 0u;
  for (var axis = 0u; axis < u.rank; axis++) {
    let pair = u.axes[axis / 2u];
    let size = select(pair.x, pair.z, axis % 2u == 1u);
    let step = select(pair.y, pair.w, axis % 2u == 1u);
    taken += rest % size * step;
    rest /= size;
  }
  out[place(i, u.out)] = a[place(taken, u.a)];
}
