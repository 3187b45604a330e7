// Sums or maxima of lines: out[o, p, i] = Σ or max of a[o, k, i] over p * chunk ≤ k < min((p + 1) * chunk, length).
//
// A long line is reduced in parts whose lengths follow from the line's length alone, so that the order of additions,
// and with it every bit, is the same for any number of replicas. Element e of a tensor lies at
// offset + e / block * stride + e mod block of its buffer (block 0: one block).
//
// binding 0  uniform     Reduce
// binding 1  read_write  f32[]  the output [outer, parts, inner]
// binding 2  read        f32[]  a [outer, length, inner], of `reduce`
// binding 2  read_write  f32[]  a in scratch memory, of `reduce_parts`: the parts that an earlier launch left
// grid       one invocation an output in workgroups of 64; rows of workgroups beyond 65535 continue in y

struct Reduce {
  count: u32,
  length: u32,
  inner: u32,
  parts: u32,
  chunk: u32,
  out_offset: u32,
  out_stride: u32,
  out_block: u32,
  a_offset: u32,
  a_stride: u32,
  a_block: u32,
}

@group(0) @binding(0) var<uniform> u: Reduce;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;
@group(0) @binding(2) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read_write> earlier: array<f32>;

// 0 sum, 1 maximum
override operation: u32 = 0u;

fn place(i: u32, offset: u32, stride: u32, block: u32) -> u32 {
  if (block == 0u || block == stride) {
    return offset + i;
  }
  return offset + i / block * stride + i % block;
}

fn combine(x: f32, y: f32) -> f32 {
  if (operation == 0u) {
    return x + y;
  }
  return max(x, y);
}

struct Line {
  at: u32,
  terms: u32,
}

// Where the line of output i starts in a, and how many elements it has.
fn line_of(i: u32) -> Line {
  let column = i % u.inner;
  let row = i / u.inner;
  let start = row % u.parts * u.chunk;
  return Line((row / u.parts * u.length + start) * u.inner + column, min(u.chunk, u.length - start));
}

@compute @workgroup_size(64)
fn reduce(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.y * groups.x + group.x) * 64u + lane;
  if (i >= u.count) {
    return;
  }
  let line = line_of(i);
  var result = a[place(line.at, u.a_offset, u.a_stride, u.a_block)];
  for (var k = 1u; k < line.terms; k++) {
    result = combine(result, a[place(line.at + k * u.inner, u.a_offset, u.a_stride, u.a_block)]);
  }
  out[place(i, u.out_offset, u.out_stride, u.out_block)] = result;
}

@compute @workgroup_size(64)
fn reduce_parts(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.y * groups.x + group.x) * 64u + lane;
  if (i >= u.count) {
    return;
  }
  let line = line_of(i);
  var result = earlier[u.a_offset + line.at];
  for (var k = 1u; k < line.terms; k++) {
    result = combine(result, earlier[u.a_offset + line.at + k * u.inner]);
  }
  out[place(i, u.out_offset, u.out_stride, u.out_block)] = result;
}
