// Sums or maxima of lines: out[o, p, i] = Σ or max of a[o, k, i] over p * chunk ≤ k < min((p + 1) * chunk, length).
//
// A long line is reduced in parts whose lengths follow from the line's length alone, so that the order of additions,
// and with it every bit, is the same for any number of replicas. Element e of a tensor lies at
// offset + e / block * stride + e mod block of its buffer (block 0: one block).
//
// grid       one invocation per output in workgroups of 64; rows of workgroups beyond 65535 continue in y

struct Reduce {
  count: u32,
  length: u32,
  inner: u32,
  parts: u32,
  chunk: u32,
  out: vec3<u32>,
  a: vec3<u32>,
}

@group(0) @binding(0) var<uniform> u: Reduce;
@group(0) @binding(1) var<storage, read_write> out: array<f32>; // the output [outer, parts, inner]
@group(0) @binding(2) var<storage, read> a: array<f32>; // [outer, length, inner], or the result of an earlier launch

const SUM = 0u;
const MAX = 1u;

override operation: u32 = SUM;

fn place(i: u32, view: vec3<u32>) -> u32 {
  if (view.z == 0u || view.z == view.y) {
    return view.x + i;
  }
  return view.x + i / view.z * view.y + i % view.z;
}

fn combine(x: f32, y: f32) -> f32 {
  if (operation == SUM) {
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
fn reduce(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let i = id.y * groups.x * 64u + id.x;
  if (i >= u.count) {
    return;
  }
  let line = line_of(i);
  var result = a[place(line.at, u.a)];
  for (var k = 1u; k < line.terms; k++) {
    result = combine(result, a[place(line.at + k * u.inner, u.a)]);
  }
  out[place(i, u.out)] = result;
}
