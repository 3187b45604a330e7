// Elementwise arithmetic: out[i] = f(a[i]), f(a[i], b[i]) or f(a[i], b[i], c[i]), with operands that may be stretched.
//
// The output's axes are merged into four lengths d0, d1, d2, d3. Along each of them an operand has a step of its own,
// which is 0 where it is stretched; the steps count elements of the operand's tensor. Element e of a tensor lies at
// offset + e / block * stride + e mod block of its buffer (block 0: one block).
//
// binding 0  uniform     Map
// binding 1  read_write  u32[]  the output (bits of f32, or words)
// binding 2  read        u32[]  a
// binding 3  read        u32[]  b, of `binary` and `choose`
// binding 4  read        u32[]  c, of `choose`
// grid       one invocation an element in workgroups of 64; rows of workgroups beyond 65535 continue in y

struct Map {
  count: u32,
  d1: u32,
  d2: u32,
  d3: u32,
  out_offset: u32,
  out_stride: u32,
  out_block: u32,
  a_offset: u32,
  a_stride: u32,
  a_block: u32,
  a0: u32,
  a1: u32,
  a2: u32,
  a3: u32,
  b_offset: u32,
  b_stride: u32,
  b_block: u32,
  b0: u32,
  b1: u32,
  b2: u32,
  b3: u32,
  c_offset: u32,
  c_stride: u32,
  c_block: u32,
  c0: u32,
  c1: u32,
  c2: u32,
  c3: u32,
}

@group(0) @binding(0) var<uniform> u: Map;
@group(0) @binding(1) var<storage, read_write> out: array<u32>;
@group(0) @binding(2) var<storage, read> a: array<u32>;
@group(0) @binding(3) var<storage, read> b: array<u32>;
@group(0) @binding(4) var<storage, read> c: array<u32>;

// Which function, by entry point.
// unary: 0 negative, 1 exponential, 2 logarithm, 3 square root, 4 hyperbolic tangent, 5 real number of a word
// binary: 0 sum, 1 product, 2 quotient, 3 larger, 4 whether less, 5 sum of words, 6 remainder of words (of 0: 0)
override operation: u32 = 0u;

fn place(i: u32, offset: u32, stride: u32, block: u32) -> u32 {
  if (block == 0u || block == stride) {
    return offset + i;
  }
  return offset + i / block * stride + i % block;
}

// Coordinates of element i along the four merged axes.
fn coordinates(i: u32) -> vec4<u32> {
  if (u.d3 == u.count) {
    return vec4<u32>(0u, 0u, 0u, i);
  }
  let rows = i / u.d3;
  let planes = rows / u.d2;
  return vec4<u32>(planes / u.d1, planes % u.d1, rows % u.d2, i % u.d3);
}

fn place_a(at: vec4<u32>) -> u32 {
  let i = at.x * u.a0 + at.y * u.a1 + at.z * u.a2 + at.w * u.a3;
  return place(i, u.a_offset, u.a_stride, u.a_block);
}

fn place_b(at: vec4<u32>) -> u32 {
  let i = at.x * u.b0 + at.y * u.b1 + at.z * u.b2 + at.w * u.b3;
  return place(i, u.b_offset, u.b_stride, u.b_block);
}

fn place_c(at: vec4<u32>) -> u32 {
  let i = at.x * u.c0 + at.y * u.c1 + at.z * u.c2 + at.w * u.c3;
  return place(i, u.c_offset, u.c_stride, u.c_block);
}

// WGSL's own tanh promises 1e-5 in absolute terms only; near 0 that is not a single digit.
fn hyperbolic_tangent(x: f32) -> f32 {
  let square = x * x;
  let series = x + x * square * (-0.33333333 + square * (0.13333333 + square * (-0.053968254 + square * 0.021869488)));
  let decay = exp(-2.0 * abs(x));
  let quotient = (1.0 - decay) / (1.0 + decay);
  return select(select(quotient, -quotient, x < 0.0), series, abs(x) < 0.25);
}

@compute @workgroup_size(64)
fn unary(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.y * groups.x + group.x) * 64u + lane;
  if (i >= u.count) {
    return;
  }
  let word = a[place_a(coordinates(i))];
  let x = bitcast<f32>(word);
  var y = 0.0;
  switch operation {
    case 0u: { y = -x; }
    case 1u: { y = exp(x); }
    case 2u: { y = log(x); }
    case 3u: { y = sqrt(x); }
    case 4u: { y = hyperbolic_tangent(x); }
    default: { y = f32(word); }
  }
  out[place(i, u.out_offset, u.out_stride, u.out_block)] = bitcast<u32>(y);
}

@compute @workgroup_size(64)
fn binary(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.y * groups.x + group.x) * 64u + lane;
  if (i >= u.count) {
    return;
  }
  let at = coordinates(i);
  let left = a[place_a(at)];
  let right = b[place_b(at)];
  let x = bitcast<f32>(left);
  let y = bitcast<f32>(right);
  var z = 0u;
  switch operation {
    case 0u: { z = bitcast<u32>(x + y); }
    case 1u: { z = bitcast<u32>(x * y); }
    case 2u: { z = bitcast<u32>(x / y); }
    case 3u: { z = bitcast<u32>(max(x, y)); }
    case 4u: { z = bitcast<u32>(select(0.0, 1.0, x < y)); }
    case 5u: { z = left + right; }
    default: { z = select(left % max(right, 1u), 0u, right == 0u); }
  }
  out[place(i, u.out_offset, u.out_stride, u.out_block)] = z;
}

@compute @workgroup_size(64)
fn choose(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.y * groups.x + group.x) * 64u + lane;
  if (i >= u.count) {
    return;
  }
  let at = coordinates(i);
  // By bits, because a comparison with NaN may be folded away; both zeros count as zero.
  let condition = (a[place_a(at)] & 0x7fffffffu) != 0u;
  out[place(i, u.out_offset, u.out_stride, u.out_block)] = select(c[place_c(at)], b[place_b(at)], condition);
}
