// Long sums of the form TN (see dense.wgsl), for GPUs: out[m, n] = Σ_k a[k, m] b[k, n] for R replicas, and as row M,
// if has_bias, the column sums of b.
//
// A gradient of weights has few elements and many k. A workgroup computes lanes / 32 tiles of at most 4 × 4, side by
// side, each as 32 partial sums, of every 32nd k (`narrow_split`) or block of four k (`split`), and adds them as a
// tree in workgroup memory: the order follows from K and the entry point alone.
//
// grid       a workgroup of `lanes` for lanes / 32 tiles in x, those of a row of tiles first, replicas in y. `split` is
//            for M, N and K that are multiples of 4, `narrow_split` for any; its tiles are row_count × column_count

struct Dense {
  M: u32,
  N: u32,
  K: u32,
  out: vec2<u32>,
  a: vec2<u32>,
  b: vec2<u32>,
}

@group(0) @binding(0) var<uniform> u: Dense;
@group(0) @binding(1) var<storage, read_write> out: array<f32>; // [M, N] per replica, with one more row if has_bias
@group(0) @binding(2) var<storage, read> a: array<f32>; // [K, M] per replica
@group(0) @binding(3) var<storage, read> b: array<f32>; // [K, N] per replica
// The same buffers as vectors; an entry point uses one kind or the other.
@group(0) @binding(1) var<storage, read_write> out4: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> a4: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> b4: array<vec4<f32>>;

override has_bias: bool = false;
// Rows and columns of a tile of `narrow_split`, 1 or 4.
override row_count: u32 = 4u;
override column_count: u32 = 4u;

// Partial sums of an element, and invocations of a workgroup: so many for each of its tiles.
const SPLITS: u32 = 32u;
override lanes: u32 = 128u;

struct Sums {
  product: mat4x4<f32>,
  column_sum: vec4<f32>,
}

var<workgroup> partial_products: array<mat4x4<f32>, lanes>;
var<workgroup> partial_columns: array<vec4<f32>, lanes>;

// The sum of a tile's partial sums, in the first invocation of each tile.
fn added(lane: u32, own: Sums) -> Sums {
  let tiles = lanes / SPLITS;
  partial_products[lane] = own.product;
  partial_columns[lane] = own.column_sum;
  for (var half = SPLITS / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half * tiles) {
      partial_products[lane] += partial_products[lane + half * tiles];
      partial_columns[lane] += partial_columns[lane + half * tiles];
    }
  }
  return Sums(partial_products[lane], partial_columns[lane]);
}

@compute @workgroup_size(lanes)
fn split(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let tiles = lanes / SPLITS;
  let across_m = u.M / 4u;
  let across_n = u.N / 4u;
  let tile = tiles * group.x + lane % tiles;
  let m = tile / across_n;
  let n = tile % across_n;
  let a_start = (u.a.x + group.y * u.a.y) / 4u + min(m, across_m - 1u);
  let b_start = (u.b.x + group.y * u.b.y) / 4u + n;
  var sums = Sums();
  for (var k = 4u * (lane / tiles); k < u.K; k += 4u * SPLITS) {
    let at_a = a_start + k * across_m;
    let at_b = b_start + k * across_n;
    let rows = mat4x4<f32>(a4[at_a], a4[at_a + across_m], a4[at_a + 2u * across_m], a4[at_a + 3u * across_m]);
    let block = mat4x4<f32>(b4[at_b], b4[at_b + across_n], b4[at_b + 2u * across_n], b4[at_b + 3u * across_n]);
    sums.product += block * transpose(rows);
    sums.column_sum += block * vec4<f32>(1.0);
  }
  let total = added(lane, sums);
  if (lane >= tiles || m >= across_m) {
    return;
  }
  let at = (u.out.x + group.y * u.out.y) / 4u + n;
  for (var i = 0u; i < 4u; i++) {
    out4[at + (4u * m + i) * across_n] = total.product[i];
  }
  if (has_bias && m == 0u) {
    out4[at + u.M * across_n] = total.column_sum;
  }
}

@compute @workgroup_size(lanes)
fn narrow_split(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let tiles = lanes / SPLITS;
  let across = (u.N + column_count - 1u) / column_count;
  let tile = tiles * group.x + lane % tiles;
  let first_row = row_count * (tile / across);
  let first_column = column_count * (tile % across);
  // Past the edge the last row or column is repeated.
  let four = vec4<u32>(0u, 1u, 2u, 3u);
  let rows = min(first_row + min(four, vec4<u32>(row_count - 1u)), vec4<u32>(u.M - 1u));
  let columns = min(first_column + min(four, vec4<u32>(column_count - 1u)), vec4<u32>(u.N - 1u));
  let a_start = u.a.x + group.y * u.a.y + rows;
  let b_start = u.b.x + group.y * u.b.y + columns;
  var own = Sums();
  for (var k = lane / tiles; k < u.K; k += SPLITS) {
    let at_a = a_start + k * u.M;
    let at_b = b_start + k * u.N;
    let from_b = vec4<f32>(b[at_b.x], b[at_b.y], b[at_b.z], b[at_b.w]);
    own.product[0] += a[at_a.x] * from_b;
    own.product[1] += a[at_a.y] * from_b;
    own.product[2] += a[at_a.z] * from_b;
    own.product[3] += a[at_a.w] * from_b;
    own.column_sum += from_b;
  }
  let total = added(lane, own);
  if (lane >= tiles || first_row >= u.M) {
    return;
  }
  let at = u.out.x + group.y * u.out.y + first_column;
  for (var j = 0u; j < min(column_count, u.N - first_column); j++) {
    for (var i = 0u; i < min(row_count, u.M - first_row); i++) {
      out[at + (first_row + i) * u.N + j] = total.product[i][j];
    }
    if (has_bias && first_row == 0u) {
      out[at + u.M * u.N + j] = total.column_sum[j];
    }
  }
}
