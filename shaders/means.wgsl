// The means of up to four lines of numbers, each with its own length.
//
// grid       one invocation per line in workgroups of 64 in x, replicas in y

struct Means {
  count: u32,
  lengths: vec4<u32>,
  out: vec2<u32>,
  a: vec2<u32>,
  b: vec2<u32>,
  c: vec2<u32>,
  d: vec2<u32>,
}

@group(0) @binding(0) var<uniform> u: Means;
@group(0) @binding(1) var<storage, read_write> out: array<f32>; // the means [count] per replica
@group(0) @binding(2) var<storage, read> a: array<f32>; // the first line; what is bound for an absent line is ignored
@group(0) @binding(3) var<storage, read> b: array<f32>; // the second line
@group(0) @binding(4) var<storage, read> c: array<f32>; // the third line
@group(0) @binding(5) var<storage, read> d: array<f32>; // the fourth line

fn element(line: u32, replica: u32, i: u32) -> f32 {
  switch line {
    case 0u: { return a[u.a.x + replica * u.a.y + i]; }
    case 1u: { return b[u.b.x + replica * u.b.y + i]; }
    case 2u: { return c[u.c.x + replica * u.c.y + i]; }
    default: { return d[u.d.x + replica * u.d.y + i]; }
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
  out[u.out.x + group.y * u.out.y + line] = sum / f32(u.lengths[line]);
}
