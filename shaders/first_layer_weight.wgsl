// The gradient of a first layer's weights for R replicas, from the cotangent g of its M samples before the activation:
//
// rows 0 … K - 1 of out: Σ_m x[m, k] g[m, :];  the next `size`: Σ_m s[⌊m / group⌋, k] g[m, :];  the last: Σ_m g[m, :]
//
// with group = M / states samples a state. A state's cotangents are summed before they are multiplied.
//
// binding 0  uniform     Gradient; N is a multiple of 4
// binding 1  read_write  f32[]  out [K + size + 1, N] a replica
// binding 2  read        f32[]  x [M, K] a replica
// binding 3  read        f32[]  s [states, size] a replica
// binding 4  read        f32[]  g [M, N] a replica
// grid       one invocation four columns of a row of out in workgroups of 16 in x, replicas in y

struct Gradient {
  M: u32,
  N: u32,
  K: u32,
  size: u32,
  states: u32,
  out_offset: u32,
  out_stride: u32,
  x_offset: u32,
  x_stride: u32,
  s_offset: u32,
  s_stride: u32,
  g_offset: u32,
  g_stride: u32,
}

@group(0) @binding(0) var<uniform> u: Gradient;
@group(0) @binding(1) var<storage, read_write> out4: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> x: array<f32>;
@group(0) @binding(3) var<storage, read> s: array<f32>;
@group(0) @binding(4) var<storage, read> g4: array<vec4<f32>>;

// The row of number k of a sample, over so many samples.
fn of_sample(replica: u32, k: u32, n: u32, samples: u32) -> vec4<f32> {
  let at_x = u.x_offset + replica * u.x_stride + k;
  let at_g = (u.g_offset + replica * u.g_stride) / 4u + n;
  var sum = vec4<f32>();
  for (var m = 0u; m < samples; m++) {
    sum += x[at_x + m * u.K] * g4[at_g + m * (u.N / 4u)];
  }
  return sum;
}

// The row of number k of a state, over so many states; past the last number, of the bias.
fn of_state(replica: u32, k: u32, n: u32, states: u32) -> vec4<f32> {
  let at_s = u.s_offset + replica * u.s_stride + k;
  let at_g = (u.g_offset + replica * u.g_stride) / 4u + n;
  let group = u.M / u.states;
  var sum = vec4<f32>();
  for (var state = 0u; state < states; state++) {
    var cotangent = vec4<f32>();
    for (var m = state * group; m < (state + 1u) * group; m++) {
      cotangent += g4[at_g + m * (u.N / 4u)];
    }
    if (k < u.size) {
      cotangent *= s[at_s + state * u.size];
    }
    sum += cotangent;
  }
  return sum;
}

@compute @workgroup_size(16)
fn gradient(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let tile = 16u * group.x + lane;
  let across = u.N / 4u;
  let row = tile / across;
  let n = tile % across;
  if (row >= u.K + u.size + 1u) {
    return;
  }
  // Two loops, of which one makes no step. Written as two branches with a loop each, or as one loop with a
  // branch in it, every dispatch cost Mesa's software driver (22.3) at least 300 kB that it never freed.
  // Adding the other's zero is exact.
  let is_sample = row < u.K;
  let sum = of_sample(group.y, row, n, select(0u, u.M, is_sample)) +
    of_state(group.y, row - u.K, n, select(u.states, 0u, is_sample));
  out4[(u.out_offset + group.y * u.out_stride) / 4u + row * across + n] = sum;
}
