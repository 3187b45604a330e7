// The product of a cotangent g with the derivative of an activation, written through the activation's output y.
//
// binding 0  uniform     Slope
// binding 1  read_write  f32[]  out [count] a replica
// binding 2  read        f32[]  g [count] a replica
// binding 3  read        f32[]  y [count] a replica
// grid       one invocation an element in workgroups of 64 in x, replicas in y

struct Slope {
  count: u32,
  unused: u32,
  out_offset: u32,
  out_stride: u32,
  g_offset: u32,
  g_stride: u32,
  y_offset: u32,
  y_stride: u32,
}

@group(0) @binding(0) var<uniform> u: Slope;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;
@group(0) @binding(2) var<storage, read> g: array<f32>;
@group(0) @binding(3) var<storage, read> y: array<f32>;

// 0 identity, 1 rectifier, 2 hyperbolic tangent
override activation: u32 = 0u;

@compute @workgroup_size(64)
fn multiply_by_slope(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let i = 64u * group.x + lane;
  if (i >= u.count) {
    return;
  }
  let from_output = y[u.y_offset + group.y * u.y_stride + i];
  var product = g[u.g_offset + group.y * u.g_stride + i];
  if (activation == 1u) {
    product = select(0.0, product, from_output > 0.0);
  } else if (activation == 2u) {
    product *= 1.0 - from_output * from_output;
  }
  out[u.out_offset + group.y * u.out_stride + i] = product;
}
