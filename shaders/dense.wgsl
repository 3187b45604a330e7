// Matrix products of dense layers with the operations that follow them, for R replicas:
//
// NN    out[m, n] = f(Σ_k a[m, k] b[k, n] + bias[n] + addend[m / group, n])    the bias is row K of b
// NT    out[m, n] = (Σ_k a[m, k] b[n, k]) f′(y[m, n])                          f′ written through f's output y
// TN    out[m, n] = Σ_k a[k, m] b[k, n]                                        row M: the column sums of b
//
// `narrow` takes any sizes and computes element by element; for the others M, N and K are multiples of 4;
// `dense_split.wgsl` takes long sums. Each invocation computes a tile in registers. Operands are read in blocks of
// 4 × 4: a block of a whose columns are its rows, times a block of b whose columns are its rows, is the block of the
// product in the same form, so that a transposed operand costs no more than a transposition in registers.
// `shared_tile` reads each block once for a workgroup, through workgroup memory; the others use neither that nor
// barriers, which are slow on software adapters. Every element is summed in ascending k.
//
// grid       workgroups of `lanes` in x, replicas in y. An invocation computes a tile, those of a row of tiles first:
//            `large` 16 × 16, `small` 4 × 4 and `narrow` row_count × column_count; for `shared_tile` a workgroup of 64
//            computes 32 × 32

struct Dense {
  M: u32,
  N: u32,
  K: u32,
  group: u32,
  out: vec2<u32>,
  a: vec2<u32>,
  b: vec2<u32>,
  c: vec2<u32>,
}

@group(0) @binding(0) var<uniform> u: Dense;
// [M, N] per replica, with one more row for the bias of TN:
@group(0) @binding(1) var<storage, read_write> out: array<f32>;
@group(0) @binding(2) var<storage, read> a: array<f32>;
@group(0) @binding(3) var<storage, read> b: array<f32>;
@group(0) @binding(4) var<storage, read> c: array<f32>; // the addend [M / group, N], or y [M, N]; otherwise unused
// The same buffers as vectors; an entry point uses one kind or the other.
@group(0) @binding(1) var<storage, read_write> out4: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> a4: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> b4: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read> c4: array<vec4<f32>>;

// How a and b are stored: as they are read, b transposed, a transposed.
const NN = 0u;
const NT = 1u;
const TN = 2u;

// f
const IDENTITY = 0u;
const RELU = 1u;
const TANH = 2u;

override transposition: u32 = NN;
override activation: u32 = IDENTITY;
override has_bias: bool = false;
override has_addend: bool = false;
// Invocations of a workgroup.
override lanes: u32 = 64u;
// Rows and columns of a tile of `narrow`, 1 or 4.
override row_count: u32 = 4u;
override column_count: u32 = 4u;
// Whether tiles may reach past M or N. If none does, loops over them have constant bounds, which a compiler unrolls.
override has_edges: bool = true;

// WGSL guarantees tanh only to an absolute error of 1e-5, which near 0 leaves no correct digit.
fn hyperbolic_tangent(x: vec4<f32>) -> vec4<f32> {
  let square = x * x;
  let series = x + x * square * (-0.33333333 + square * (0.13333333 + square * (-0.053968254 + square * 0.021869488)));
  let decay = exp(-2.0 * abs(x));
  let quotient = (1.0 - decay) / (1.0 + decay);
  return select(select(quotient, -quotient, x < vec4<f32>()), series, abs(x) < vec4<f32>(0.25));
}

fn activate(z: vec4<f32>) -> vec4<f32> {
  if (activation == RELU) {
    return max(z, vec4<f32>());
  }
  if (activation == TANH) {
    return hyperbolic_tangent(z);
  }
  return z;
}

fn mask(g: vec4<f32>, y: vec4<f32>) -> vec4<f32> {
  if (activation == RELU) {
    return select(vec4<f32>(), g, y > vec4<f32>());
  }
  if (activation == TANH) {
    return g * (1.0 - y * y);
  }
  return g;
}

// Starts and lengths in vectors of four elements.
struct Place {
  out: u32,
  a: u32,
  b: u32,
  c: u32,
  M: u32,
  N: u32,
  K: u32,
}

fn place_of(replica: u32) -> Place {
  return Place(
    (u.out.x + replica * u.out.y) / 4u,
    (u.a.x + replica * u.a.y) / 4u,
    (u.b.x + replica * u.b.y) / 4u,
    (u.c.x + replica * u.c.y) / 4u,
    u.M / 4u,
    u.N / 4u,
    u.K / 4u,
  );
}

// Four rows of a from `at` on.
fn rows_of_a(at: u32, pitch: u32) -> mat4x4<f32> {
  return mat4x4<f32>(a4[at], a4[at + pitch], a4[at + 2u * pitch], a4[at + 3u * pitch]);
}

fn rows_of_b(at: u32, pitch: u32) -> mat4x4<f32> {
  return mat4x4<f32>(b4[at], b4[at + pitch], b4[at + 2u * pitch], b4[at + 3u * pitch]);
}

// The block of the left factor for block row m and contraction block k.
fn left(p: Place, m: u32, k: u32) -> mat4x4<f32> {
  let row = min(m, p.M - 1u);
  if (transposition == TN) {
    return transpose(rows_of_a(p.a + 4u * k * p.M + row, p.M));
  }
  return rows_of_a(p.a + 4u * row * p.K + k, p.K);
}

// The block of the right factor for contraction block k and block column n.
fn right(p: Place, k: u32, n: u32) -> mat4x4<f32> {
  let column = min(n, p.N - 1u);
  if (transposition == NT) {
    return transpose(rows_of_b(p.b + 4u * column * p.K + k, p.K));
  }
  return rows_of_b(p.b + 4u * k * p.N + column, p.N);
}

// Stores a block after the operations that follow the product.
fn finish(p: Place, sums: mat4x4<f32>, m: u32, n: u32) {
  if (m >= p.M || n >= p.N) {
    return;
  }
  for (var i = 0u; i < 4u; i++) {
    let row = 4u * m + i;
    var z = sums[i];
    if (transposition == NN) {
      if (has_bias) {
        z += b4[p.b + u.K * p.N + n];
      }
      if (has_addend) {
        z += c4[p.c + row / u.group * p.N + n];
      }
      z = activate(z);
    } else if (transposition == NT && activation != IDENTITY) {
      z = mask(z, c4[p.c + row * p.N + n]);
    }
    out4[p.out + row * p.N + n] = z;
  }
}

// Stores the column sums of b below the product.
fn finish_columns(p: Place, sums: vec4<f32>, m: u32, n: u32) {
  if (transposition == TN && has_bias && m == 0u && n < p.N) {
    out4[p.out + u.M * p.N + n] = sums;
  }
}

// Four blocks side by side, and the addition of a left factor's block times four others to them.
struct Blocks {
  b0: mat4x4<f32>,
  b1: mat4x4<f32>,
  b2: mat4x4<f32>,
  b3: mat4x4<f32>,
}

fn accumulate(sums: ptr<function, Blocks>, block: mat4x4<f32>, across: Blocks) {
  (*sums).b0 += across.b0 * block;
  (*sums).b1 += across.b1 * block;
  (*sums).b2 += across.b2 * block;
  (*sums).b3 += across.b3 * block;
}

fn finish_blocks(p: Place, sums: Blocks, m: u32, n: u32) {
  finish(p, sums.b0, m, n);
  finish(p, sums.b1, m, n + 1u);
  finish(p, sums.b2, m, n + 2u);
  finish(p, sums.b3, m, n + 3u);
}

@compute @workgroup_size(lanes)
fn large(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let p = place_of(group.y);
  let across = (p.N + 3u) / 4u;
  let tile = lanes * group.x + lane;
  let m = 4u * (tile / across);
  let n = 4u * (tile % across);
  if (m >= p.M) {
    return;
  }
  var s0 = Blocks();
  var s1 = Blocks();
  var s2 = Blocks();
  var s3 = Blocks();
  var column_sums = mat4x4<f32>();
  for (var k = 0u; k < p.K; k++) {
    let b = Blocks(right(p, k, n), right(p, k, n + 1u), right(p, k, n + 2u), right(p, k, n + 3u));
    accumulate(&s0, left(p, m, k), b);
    accumulate(&s1, left(p, m + 1u, k), b);
    accumulate(&s2, left(p, m + 2u, k), b);
    accumulate(&s3, left(p, m + 3u, k), b);
    if (transposition == TN && has_bias) {
      let ones = vec4<f32>(1.0);
      column_sums += mat4x4<f32>(b.b0 * ones, b.b1 * ones, b.b2 * ones, b.b3 * ones);
    }
  }
  finish_blocks(p, s0, m, n);
  finish_blocks(p, s1, m + 1u, n);
  finish_blocks(p, s2, m + 2u, n);
  finish_blocks(p, s3, m + 3u, n);
  for (var j = 0u; j < 4u; j++) {
    finish_columns(p, column_sums[j], m, n + j);
  }
}

@compute @workgroup_size(lanes)
fn small(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let p = place_of(group.y);
  let tile = lanes * group.x + lane;
  let m = tile / p.N;
  let n = tile % p.N;
  if (m >= p.M) {
    return;
  }
  var sums = mat4x4<f32>();
  var column_sum = vec4<f32>();
  for (var k = 0u; k < p.K; k++) {
    let block = right(p, k, n);
    sums += block * left(p, m, k);
    if (transposition == TN && has_bias) {
      column_sum += block * vec4<f32>(1.0);
    }
  }
  finish(p, sums, m, n);
  finish_columns(p, column_sum, m, n);
}

// Blocks of a workgroup's tile, across and down, and blocks of the contraction that it holds at a time.
const SIDE: u32 = 8u;
const DEPTH: u32 = 4u;

// Contraction block k and block row (column) i of what the workgroup reads at [SIDE * k + i].
var<workgroup> left_blocks: array<mat4x4<f32>, SIDE * DEPTH>;
var<workgroup> right_blocks: array<mat4x4<f32>, SIDE * DEPTH>;

// Block of the contraction and of the side that an invocation reads, so that neighbours read neighbouring memory.
fn part_of(lane: u32, contraction_is_contiguous: bool) -> vec2<u32> {
  if (contraction_is_contiguous) {
    return vec2<u32>(lane % DEPTH, lane / DEPTH);
  }
  return vec2<u32>(lane / SIDE, lane % SIDE);
}

@compute @workgroup_size(lanes)
fn shared_tile(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let p = place_of(group.y);
  let across = (p.N + SIDE - 1u) / SIDE;
  let first_m = SIDE * (group.x / across);
  let first_n = SIDE * (group.x % across);
  let i = lane / SIDE;
  let j = lane % SIDE;
  let half = SIDE * DEPTH;
  var sums = mat4x4<f32>();
  var column_sum = vec4<f32>();
  for (var start = 0u; start < p.K; start += DEPTH) {
    let depth = min(DEPTH, p.K - start);
    workgroupBarrier();
    if (lane < half) {
      let part = part_of(lane, transposition != TN);
      if (part.x < depth) {
        left_blocks[SIDE * part.x + part.y] = left(p, first_m + part.y, start + part.x);
      }
    } else {
      let part = part_of(lane - half, transposition == NT);
      if (part.x < depth) {
        right_blocks[SIDE * part.x + part.y] = right(p, start + part.x, first_n + part.y);
      }
    }
    workgroupBarrier();
    for (var k = 0u; k < depth; k++) {
      let block = right_blocks[SIDE * k + j];
      sums += block * left_blocks[SIDE * k + i];
      if (transposition == TN && has_bias) {
        column_sum += block * vec4<f32>(1.0);
      }
    }
  }
  let m = first_m + i;
  let n = first_n + j;
  finish(p, sums, m, n);
  finish_columns(p, column_sum, m, n);
}

// The rows and columns of a tile; past the edge it repeats the last one.
fn tile_rows(first: u32) -> vec4<u32> {
  return min(first + min(vec4<u32>(0u, 1u, 2u, 3u), vec4<u32>(row_count - 1u)), vec4<u32>(u.M - 1u));
}

fn tile_columns(first: u32) -> vec4<u32> {
  return min(first + min(vec4<u32>(0u, 1u, 2u, 3u), vec4<u32>(column_count - 1u)), vec4<u32>(u.N - 1u));
}

struct Sums {
  product: mat4x4<f32>,
  column_sum: vec4<f32>,
}

// The products of four rows and four columns, element by element.
fn sums_of(replica: u32, rows: vec4<u32>, columns: vec4<u32>) -> Sums {
  let a_step = select(1u, u.M, transposition == TN);
  let b_step = select(u.N, 1u, transposition == NT);
  var a_at = u.a.x + replica * u.a.y + select(rows * u.K, rows, transposition == TN);
  var b_at = u.b.x + replica * u.b.y + select(columns, columns * u.K, transposition == NT);
  var sums = Sums();
  for (var k = 0u; k < u.K; k++) {
    let from_b = vec4<f32>(b[b_at.x], b[b_at.y], b[b_at.z], b[b_at.w]);
    sums.product[0] += a[a_at.x] * from_b;
    sums.product[1] += a[a_at.y] * from_b;
    sums.product[2] += a[a_at.z] * from_b;
    sums.product[3] += a[a_at.w] * from_b;
    sums.column_sum += from_b;
    a_at += vec4<u32>(a_step);
    b_at += vec4<u32>(b_step);
  }
  return sums;
}

fn bias_of(replica: u32, columns: vec4<u32>) -> vec4<f32> {
  let at = u.b.x + replica * u.b.y + u.K * u.N + columns;
  return vec4<f32>(b[at.x], b[at.y], b[at.z], b[at.w]);
}

@compute @workgroup_size(lanes)
fn narrow(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let across = (u.N + column_count - 1u) / column_count;
  let tile = lanes * group.x + lane;
  let first_row = row_count * (tile / across);
  let first_column = column_count * (tile % across);
  if (first_row >= u.M) {
    return;
  }
  let columns = tile_columns(first_column);
  let sums = sums_of(group.y, tile_rows(first_row), columns);
  let out_start = u.out.x + group.y * u.out.y;
  let c_start = u.c.x + group.y * u.c.y;
  let stored_rows = select(row_count, min(row_count, u.M - first_row), has_edges);
  let stored_columns = select(column_count, min(column_count, u.N - first_column), has_edges);
  for (var i = 0u; i < stored_rows; i++) {
    let row = first_row + i;
    var z = sums.product[i];
    if (transposition == NN) {
      if (has_bias) {
        z += bias_of(group.y, columns);
      }
      if (has_addend) {
        let at = c_start + row / u.group * u.N + columns;
        z += vec4<f32>(c[at.x], c[at.y], c[at.z], c[at.w]);
      }
      z = activate(z);
    } else if (transposition == NT && activation != IDENTITY) {
      let at = c_start + row * u.N + columns;
      z = mask(z, vec4<f32>(c[at.x], c[at.y], c[at.z], c[at.w]));
    }
    for (var j = 0u; j < stored_columns; j++) {
      out[out_start + row * u.N + first_column + j] = z[j];
    }
  }
  if (transposition == TN && has_bias && first_row == 0u) {
    for (var j = 0u; j < stored_columns; j++) {
      out[out_start + u.M * u.N + first_column + j] = sums.column_sum[j];
    }
  }
}
