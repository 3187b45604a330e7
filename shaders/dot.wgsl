// Matrix products of any layout and alignment: out[b, m, n] = Σ_k A[b, m, k] B[b, k, n], each operand stored as it is
// or transposed. A tile of 4 × 4 outputs is computed in registers: by one invocation, in ascending k, or, if few
// outputs have long sums, by a workgroup as 64 partial sums, each of every 64th k, which are added in a tree. The
// choice, and so the order of summation, never depends on the number of matrices.
//
// Element (m, k) of matrix b of A lies at offset + b / each * stride + b mod each * (M * K) + m * a_m + k * a_k, and so
// on. A step of 0 means the operand's stride: a matrix without leading axes has its rows that far apart.
//
// grid       `product`: one invocation per tile in workgroups of 64; `product_together`: one workgroup of 64 per tile;
//            rows of workgroups beyond 65535 continue in y

struct Product {
  count: u32,
  each: u32,
  M: u32,
  N: u32,
  K: u32,
  outM: u32,
  aM: u32,
  aK: u32,
  bK: u32,
  bN: u32,
  out: vec2<u32>,
  a: vec2<u32>,
  b: vec2<u32>,
}

@group(0) @binding(0) var<uniform> u: Product;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;
@group(0) @binding(2) var<storage, read> a: array<f32>; // A
@group(0) @binding(3) var<storage, read> b: array<f32>; // B

// Row and column of a tile's first output in its matrix, the matrix's replica and its number there.
struct Tile {
  row: u32,
  column: u32,
  replica: u32,
  inside: u32,
}

fn tile_of(i: u32) -> Tile {
  let across = (u.N + 3u) / 4u;
  let down = (u.M + 3u) / 4u;
  let matrix = i / across / down;
  return Tile(4u * (i / across % down), 4u * (i % across), matrix / u.each, matrix % u.each);
}

// The sums of a tile over every `step`-th k from the first on: columns are the tile's rows.
fn sums_of(tile: Tile, first: u32, step: u32) -> mat4x4<f32> {
  let a_m = select(u.aM, u.a.y, u.aM == 0u);
  let a_k = select(u.aK, u.a.y, u.aK == 0u);
  let b_k = select(u.bK, u.b.y, u.bK == 0u);
  let b_n = select(u.bN, u.b.y, u.bN == 0u);
  let a_start = u.a.x + tile.replica * u.a.y + tile.inside * u.M * u.K;
  let b_start = u.b.x + tile.replica * u.b.y + tile.inside * u.K * u.N;
  // Rows and columns past the edge repeat the last one; they are not stored.
  let rows = vec4<u32>(a_start) + a_m * min(vec4<u32>(0u, 1u, 2u, 3u) + tile.row, vec4<u32>(u.M - 1u));
  let columns = vec4<u32>(b_start) + b_n * min(vec4<u32>(0u, 1u, 2u, 3u) + tile.column, vec4<u32>(u.N - 1u));
  var sum0 = vec4<f32>();
  var sum1 = vec4<f32>();
  var sum2 = vec4<f32>();
  var sum3 = vec4<f32>();
  for (var k = first; k < u.K; k += step) {
    let at = columns + k * b_k;
    let right = vec4<f32>(b[at.x], b[at.y], b[at.z], b[at.w]);
    let left = rows + k * a_k;
    sum0 += a[left.x] * right;
    sum1 += a[left.y] * right;
    sum2 += a[left.z] * right;
    sum3 += a[left.w] * right;
  }
  return mat4x4<f32>(sum0, sum1, sum2, sum3);
}

fn store(tile: Tile, sums: mat4x4<f32>) {
  let out_m = select(u.outM, u.out.y, u.outM == 0u);
  let start = u.out.x + tile.replica * u.out.y + tile.inside * u.M * u.N + tile.column;
  for (var m = 0u; m < min(4u, u.M - tile.row); m++) {
    var sum = sums[3];
    switch m {
      case 0u: { sum = sums[0]; }
      case 1u: { sum = sums[1]; }
      case 2u: { sum = sums[2]; }
      default: {}
    }
    for (var n = 0u; n < min(4u, u.N - tile.column); n++) {
      out[start + (tile.row + m) * out_m + n] = sum[n];
    }
  }
}

@compute @workgroup_size(64)
fn product(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let i = id.y * groups.x * 64u + id.x;
  if (i >= u.count) {
    return;
  }
  let tile = tile_of(i);
  store(tile, sums_of(tile, 0u, 1u));
}

var<workgroup> partial_sums: array<mat4x4<f32>, 64>;

@compute @workgroup_size(64)
fn product_together(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = group.y * groups.x + group.x;
  // Past the last tile it computes that one again, so that all invocations meet at the barriers.
  let tile = tile_of(min(i, u.count - 1u));
  partial_sums[lane] = sums_of(tile, lane, 64u);
  for (var half = 32u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) {
      partial_sums[lane] += partial_sums[lane + half];
    }
  }
  if (lane == 0u && i < u.count) {
    store(tile, partial_sums[0]);
  }
}
