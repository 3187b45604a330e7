// Whether all numbers of a replica are finite, by the bits of their exponents: WGSL lets a compiler assume that NaN and
// infinity do not exist, so no arithmetic can tell.
//
// Where one is not, the update's number goes into the replica's flag, unless an earlier one is there. All that
// write a flag in one launch write the same number, so their order is free. `finite_pair` looks at more numbers too.
//
// binding 0  uniform     Finite
// binding 1  read_write  u32[]  the flags, one a replica
// binding 2  read        u32[]  the update's number, one a replica
// binding 3  read        u32[]  the numbers' bits
// binding 4  read        u32[]  the bits of more numbers, of `finite_pair`
// grid       one invocation a chunk of 128 numbers in workgroups of 64 in x, those of more numbers last; replicas in y

struct Finite {
  count: u32,
  more_count: u32,
  flags_offset: u32,
  flags_stride: u32,
  update_offset: u32,
  update_stride: u32,
  values_offset: u32,
  values_stride: u32,
  more_offset: u32,
  more_stride: u32,
}

const CHUNK = 128u;
const EXPONENT = 0x7f800000u;

@group(0) @binding(0) var<uniform> u: Finite;
@group(0) @binding(1) var<storage, read_write> flags: array<atomic<u32>>;
@group(0) @binding(2) var<storage, read> update: array<u32>;
@group(0) @binding(3) var<storage, read> values: array<u32>;
@group(0) @binding(4) var<storage, read> more: array<u32>;

fn freeze(replica: u32) {
  let at = u.flags_offset + replica * u.flags_stride;
  if (atomicLoad(&flags[at]) == 0u) {
    atomicMax(&flags[at], update[u.update_offset + replica * u.update_stride]);
  }
}

fn is_finite(bits: u32) -> bool {
  return (bits & EXPONENT) != EXPONENT;
}

fn check_values(replica: u32, chunk: u32) {
  var fine = true;
  for (var i = CHUNK * chunk; i < min(CHUNK * (chunk + 1u), u.count); i++) {
    fine = fine && is_finite(values[u.values_offset + replica * u.values_stride + i]);
  }
  if (!fine) {
    freeze(replica);
  }
}

fn check_more(replica: u32, chunk: u32) {
  var fine = true;
  for (var i = CHUNK * chunk; i < min(CHUNK * (chunk + 1u), u.more_count); i++) {
    fine = fine && is_finite(more[u.more_offset + replica * u.more_stride + i]);
  }
  if (!fine) {
    freeze(replica);
  }
}

@compute @workgroup_size(64)
fn finite(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  check_values(group.y, 64u * group.x + lane);
}

@compute @workgroup_size(64)
fn finite_pair(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let chunk = 64u * group.x + lane;
  let chunks = (u.count + CHUNK - 1u) / CHUNK;
  if (chunk < chunks) {
    check_values(group.y, chunk);
  } else {
    check_more(group.y, chunk - chunks);
  }
}
