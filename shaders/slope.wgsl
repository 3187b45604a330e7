// The product of a cotangent g with the derivative of an activation, written through the activation's output y.
//
// grid       one invocation per element in workgroups of 64 in x, replicas in y

struct Slope {
  count: u32,
  out: vec2<u32>,
  g: vec2<u32>,
  y: vec2<u32>,
}

@group(0) @binding(0) var<uniform> u: Slope;
@group(0) @binding(1) var<storage, read_write> out: array<f32>; // [count] per replica
@group(0) @binding(2) var<storage, read> g: array<f32>; // [count] per replica
@group(0) @binding(3) var<storage, read> y: array<f32>; // [count] per replica

const IDENTITY = 0u;
const RELU = 1u;
const TANH = 2u;

override activation: u32 = IDENTITY;

@compute @workgroup_size(64)
fn multiply_by_slope(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let i = 64u * group.x + lane;
  if (i >= u.count) {
    return;
  }
  let from_output = y[u.y.x + group.y * u.y.y + i];
  var product = g[u.g.x + group.y * u.g.y + i];
  if (activation == RELU) {
    product = select(0.0, product, from_output > 0.0);
  } else if (activation == TANH) {
    product *= 1.0 - from_output * from_output;
  }
  out[u.out.x + group.y * u.out.y + i] = product;
}
