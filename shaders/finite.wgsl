// Whether all numbers of a replica are finite, by the bits of their exponents: WGSL lets a compiler assume that NaN and
// infinity do not exist, so no arithmetic can tell.
//
// Two launches: `chunks` looks at 128 numbers an invocation and leaves a word, `flags` gathers a replica's words and,
// if one is set, notes the update's number in the replica's flag, unless an earlier one stands there.
//
// binding 0  uniform     Finite
// binding 1  read_write  u32[]  the words [replicas, chunks]
// binding 2  read        u32[]  the numbers' bits, of `chunks`
// binding 2  read_write  u32[]  the flags, one a replica, of `flags`
// binding 3  read        u32[]  the update's number, one a replica, of `flags`
// grid       workgroups of 64 in x: one invocation a chunk with replicas in y, then one a replica

struct Finite {
  count: u32,
  chunks: u32,
  replicas: u32,
  values_offset: u32,
  values_stride: u32,
  flags_offset: u32,
  flags_stride: u32,
  update_offset: u32,
  update_stride: u32,
}

const CHUNK = 128u;
const EXPONENT = 0x7f800000u;

@group(0) @binding(0) var<uniform> u: Finite;
@group(0) @binding(1) var<storage, read_write> found: array<u32>;
@group(0) @binding(2) var<storage, read> values: array<u32>;
@group(0) @binding(2) var<storage, read_write> flag: array<u32>;
@group(0) @binding(3) var<storage, read> update: array<u32>;

@compute @workgroup_size(64)
fn chunks(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let chunk = 64u * group.x + lane;
  if (chunk >= u.chunks) {
    return;
  }
  let start = u.values_offset + group.y * u.values_stride + chunk * CHUNK;
  let length = min(CHUNK, u.count - chunk * CHUNK);
  var bad = 0u;
  for (var k = 0u; k < length; k++) {
    bad |= select(0u, 1u, (values[start + k] & EXPONENT) == EXPONENT);
  }
  found[group.y * u.chunks + chunk] = bad;
}

@compute @workgroup_size(64)
fn flags(@builtin(global_invocation_id) id: vec3<u32>) {
  let r = id.x;
  if (r >= u.replicas) {
    return;
  }
  var bad = 0u;
  for (var k = 0u; k < u.chunks; k++) {
    bad |= found[r * u.chunks + k];
  }
  let at = u.flags_offset + r * u.flags_stride;
  if (bad != 0u && flag[at] == 0u) {
    flag[at] = update[u.update_offset + r * u.update_stride];
  }
}
