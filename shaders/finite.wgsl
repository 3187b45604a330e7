// Whether all numbers of a replica are finite, by the bits of their exponents: WGSL lets a compiler assume that NaN and
// infinity do not exist, so no arithmetic can tell.
//
// If one is not, the update's number is stored in the replica's flag, unless an earlier one is there. All invocations
// that write a flag in one launch write the same number, so their order does not matter.
//
// grid       one invocation per chunk of 128 numbers in workgroups of 64 in x, those of `more` last; replicas in y

struct Finite {
  count: u32,
  moreCount: u32,
  flags: vec2<u32>,
  update: vec2<u32>,
  values: vec2<u32>,
  more: vec2<u32>,
}

const CHUNK = 128u;
const EXPONENT = 0x7f800000u;

@group(0) @binding(0) var<uniform> u: Finite;
@group(0) @binding(1) var<storage, read_write> flags: array<atomic<u32>>; // the flags, one per replica
@group(0) @binding(2) var<storage, read> update: array<u32>; // the update's number, one per replica
@group(0) @binding(3) var<storage, read> values: array<u32>; // the numbers' bits
@group(0) @binding(4) var<storage, read> more: array<u32>; // the bits of more numbers, if there are any

fn freeze(replica: u32) {
  let at = u.flags.x + replica * u.flags.y;
  if (atomicLoad(&flags[at]) == 0u) {
    atomicMax(&flags[at], update[u.update.x + replica * u.update.y]);
  }
}

fn is_finite(bits: u32) -> bool {
  return (bits & EXPONENT) != EXPONENT;
}

@compute @workgroup_size(64)
fn finite(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let first = CHUNK * (64u * group.x + lane);
  let past = (u.count + CHUNK - 1u) / CHUNK * CHUNK;
  var fine = true;
  if (first < past) {
    for (var i = first; i < min(first + CHUNK, u.count); i++) {
      fine = fine && is_finite(values[u.values.x + group.y * u.values.y + i]);
    }
  } else {
    for (var i = first - past; i < min(first - past + CHUNK, u.moreCount); i++) {
      fine = fine && is_finite(more[u.more.x + group.y * u.more.y + i]);
    }
  }
  if (!fine) {
    freeze(group.y);
  }
}
