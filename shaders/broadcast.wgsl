// Repeats a tensor along axes: out[x0, …, x7] = a[x0 * step0 + … + x7 * step7], with step 0 along a repeated axis.
//
// The output's axes are merged into at most eight. Element e of a tensor lies at
// offset + e / block * stride + e mod block of its buffer (block 0: one block).
//
// binding 0  uniform     Broadcast; axes, the innermost first, hold two pairs (length, step) a vector
// binding 1  read_write  u32[]  the output
// binding 2  read        u32[]  a
// grid       one invocation an element in workgroups of 64; rows of workgroups beyond 65535 continue in y

struct Broadcast {
  count: u32,
  rank: u32,
  out_offset: u32,
  out_stride: u32,
  out_block: u32,
  a_offset: u32,
  a_stride: u32,
  a_block: u32,
  axes: array<vec4<u32>, 4>,
}

@group(0) @binding(0) var<uniform> u: Broadcast;
@group(0) @binding(1) var<storage, read_write> out: array<u32>;
@group(0) @binding(2) var<storage, read> a: array<u32>;

fn place(i: u32, offset: u32, stride: u32, block: u32) -> u32 {
  if (block == 0u || block == stride) {
    return offset + i;
  }
  return offset + i / block * stride + i % block;
}

@compute @workgroup_size(64)
fn broadcast(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.y * groups.x + group.x) * 64u + lane;
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
  out[place(i, u.out_offset, u.out_stride, u.out_block)] = a[place(taken, u.a_offset, u.a_stride, u.a_block)];
}
