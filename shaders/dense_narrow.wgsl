// Matrix products of dense layers with what follows them, for R replicas:
//
// NN    out[m, n] = f(Σ_k a[m, k] b[k, n] + bias[n] + addend[m / group, n])    the bias is row K of b
// NT    out[m, n] = (Σ_k a[m, k] b[n, k]) f′(y[m, n])                          f′ written through f's output y
// TN    out[m, n] = Σ_k a[k, m] b[k, n]                                        row M: the column sums of b
//
// Sizes are any here; `dense.wgsl` is for multiples of 4. Each invocation computes a tile in registers, element by
// element. k ascends in every element.
//
// grid       one invocation a tile of row_count × column_count in workgroups of `lanes` in x, those of a row of tiles
//            first; replicas in y

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
// [M, N] a replica, with one more row for the bias of TN:
@group(0) @binding(1) var<storage, read_write> out: array<f32>;
@group(0) @binding(2) var<storage, read> a: array<f32>;
@group(0) @binding(3) var<storage, read> b: array<f32>;
@group(0) @binding(4) var<storage, read> c: array<f32>; // the addend [M / group, N], or y [M, N]; otherwise anything

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
// Rows and columns of a tile, 1 or 4.
override row_count: u32 = 4u;
override column_count: u32 = 4u;
// Whether tiles may reach past M or N. Where none does, loops over them have constant bounds, which a compiler unrolls.
override has_edges: bool = true;

// WGSL's own tanh promises 1e-5 in absolute terms only; near 0 that is not a single digit.
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
