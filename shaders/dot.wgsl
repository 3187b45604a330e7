// Matrix products of any layout and alignment: out[b, m, n] = Σ_k A[b, m, k] B[b, k, n], each operand stored as it is
// or transposed. Each invocation computes a tile of 4 × 4 outputs in registers; k ascends, whatever the number of
// matrices.
//
// Element (m, k) of matrix b of A lies at offset + b / each * stride + b mod each * (M * K) + m * a_m + k * a_k, and so
// on. A step of 0 means the operand's stride: a matrix without leading axes has its rows that far apart.
//
// binding 0  uniform     Product
// binding 1  read_write  f32[]  the output
// binding 2  read        f32[]  A
// binding 3  read        f32[]  B
// grid       one invocation a tile in workgroups of 64; rows of workgroups beyond 65535 continue in y

struct Product {
  count: u32,
  each: u32,
  M: u32,
  N: u32,
  K: u32,
  out_offset: u32,
  out_stride: u32,
  out_m: u32,
  a_offset: u32,
  a_stride: u32,
  a_m: u32,
  a_k: u32,
  b_offset: u32,
  b_stride: u32,
  b_k: u32,
  b_n: u32,
}

@group(0) @binding(0) var<uniform> u: Product;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;
@group(0) @binding(2) var<storage, read> a: array<f32>;
@group(0) @binding(3) var<storage, read> b: array<f32>;

@compute @workgroup_size(64)
fn product(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.y * groups.x + group.x) * 64u + lane;
  if (i >= u.count) {
    return;
  }
  let across = (u.N + 3u) / 4u;
  let down = (u.M + 3u) / 4u;
  let row = 4u * (i / across % down);
  let column = 4u * (i % across);
  let matrix = i / across / down;
  let replica = matrix / u.each;
  let inside = matrix % u.each;
  let a_m = select(u.a_m, u.a_stride, u.a_m == 0u);
  let a_k = select(u.a_k, u.a_stride, u.a_k == 0u);
  let b_k = select(u.b_k, u.b_stride, u.b_k == 0u);
  let b_n = select(u.b_n, u.b_stride, u.b_n == 0u);
  let out_m = select(u.out_m, u.out_stride, u.out_m == 0u);
  let a_start = u.a_offset + replica * u.a_stride + inside * u.M * u.K;
  let b_start = u.b_offset + replica * u.b_stride + inside * u.K * u.N;
  // Rows and columns past the edge repeat the last one; they are not stored.
  let rows = vec4<u32>(a_start) + a_m * min(vec4<u32>(0u, 1u, 2u, 3u) + row, vec4<u32>(u.M - 1u));
  let columns = vec4<u32>(b_start) + b_n * min(vec4<u32>(0u, 1u, 2u, 3u) + column, vec4<u32>(u.N - 1u));
  var sum0 = vec4<f32>();
  var sum1 = vec4<f32>();
  var sum2 = vec4<f32>();
  var sum3 = vec4<f32>();
  for (var k = 0u; k < u.K; k++) {
    let at = columns + k * b_k;
    let right = vec4<f32>(b[at.x], b[at.y], b[at.z], b[at.w]);
    let left = rows + k * a_k;
    sum0 += a[left.x] * right;
    sum1 += a[left.y] * right;
    sum2 += a[left.z] * right;
    sum3 += a[left.w] * right;
  }
  let start = u.out_offset + replica * u.out_stride + inside * u.M * u.N + column;
  for (var m = 0u; m < min(4u, u.M - row); m++) {
    var sum = sum3;
    switch m {
      case 0u: { sum = sum0; }
      case 1u: { sum = sum1; }
      case 2u: { sum = sum2; }
      default: {}
    }
    for (var n = 0u; n < min(4u, u.N - column); n++) {
      out[start + (row + m) * out_m + n] = sum[n];
    }
  }
}
