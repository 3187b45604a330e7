// The means of up to four lines of numbers, each of a length of its own.
//
// binding 0  uniform     Means
// binding 1  read_write  f32[]  the means [count] a replica
// binding 2  read        f32[]  the first line; a line that is not there may be anything
// binding 3  read        f32[]  the second line
// binding 4  read        f32[]  the third line
// binding 5  read        f32[]  the fourth line
// grid       one invocation a line in workgroups of 64 in x, replicas in y

struct Means {
  count: u32,
  unused: u32,
  out_offset: u32,
  out_stride: u32,
  a_offset: u32,
  a_stride: u32,
  b_offset: u32,
  b_stride: u32,
  c_offset: u32,
  c_stride: u32,
  d_offset: u32,
  d_stride: u32,
  lengths: vec4<u32>,
}

@group(0) @binding(0) var<uniform> u: Means;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;
@group(0) @binding(2) var<storage, read> a: array<f32>;
@group(0) @binding(3) var<storage, read> b: array<f32>;
@group(0) @binding(4) var<storage, read> c: array<f32>;
@group(0) @binding(5) var<storage, read> d: array<f32>;

fn element(line: u32, replica: u32, i: u32) -> f32 {
  switch line {
    case 0u: { return a[u.a_offset + replica * u.a_stride + i]; }
    case 1u: { return b[u.b_offset + replica * u.b_stride + i]; }
    case 2u: { return c[u.c_offset + replica * u.c_stride + i]; }
    default: { return d[u.d_offset + replica * u.d_stride + i]; }
  }
}

@compute @workgroup_size(64)
fn means(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) line: u32) {
  if (line >= u.count) {
    return;
  }
  var sum = 0.0;
  for (var i = 0u; i < u.lengths[line]; i++) {
    sum += element(line, group.y, i);
  }
  out[u.out_offset + group.y * u.out_stride + line] = sum / f32(u.lengths[line]);
}
