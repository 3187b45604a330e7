// Layer normalisation of rows before an activation f, and its derivative from the cotangent g of its output:
//
// normalise    out = f(x̂),  x̂ = (z - mean z) / √(var z + ε)
// pull_back    out = (h - mean h - x̂ mean(h x̂)) / √(var z + ε),  h = g f′(x̂)
//
// grid       one invocation per row in workgroups of 64 in x, replicas in y

struct LayerNormalisation {
  rows: u32,
  columns: u32,
  epsilon: f32,
  out: vec2<u32>,
  z: vec2<u32>,
  g: vec2<u32>,
}

@group(0) @binding(0) var<uniform> u: LayerNormalisation;
@group(0) @binding(1) var<storage, read_write> out: array<f32>; // [rows, columns] per replica
@group(0) @binding(2) var<storage, read> z: array<f32>; // [rows, columns] per replica
@group(0) @binding(3) var<storage, read> g: array<f32>; // [rows, columns] per replica, of `pull_back`

const IDENTITY = 0u;
const RELU = 1u;
const TANH = 2u;

override activation: u32 = IDENTITY;

// WGSL guarantees tanh only to an absolute error of 1e-5, which near 0 leaves no correct digit.
fn hyperbolic_tangent(x: f32) -> f32 {
  let square = x * x;
  let series = x + x * square * (-0.33333333 + square * (0.13333333 + square * (-0.053968254 + square * 0.021869488)));
  let decay = exp(-2.0 * abs(x));
  let quotient = (1.0 - decay) / (1.0 + decay);
  return select(select(quotient, -quotient, x < 0.0), series, abs(x) < 0.25);
}

// Mean and deviation √(var z + ε) of a row from `start` on.
struct Row {
  start: u32,
  mean: f32,
  deviation: f32,
}

fn row_at(start: u32) -> Row {
  var sum = 0.0;
  for (var j = 0u; j < u.columns; j++) {
    sum += z[start + j];
  }
  let mean = sum / f32(u.columns);
  var squares = 0.0;
  for (var j = 0u; j < u.columns; j++) {
    let centred = z[start + j] - mean;
    squares += centred * centred;
  }
  return Row(start, mean, sqrt(squares / f32(u.columns) + u.epsilon));
}

fn unit(row: Row, j: u32) -> f32 {
  return (z[row.start + j] - row.mean) / row.deviation;
}

@compute @workgroup_size(64)
fn normalise(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let i = 64u * group.x + lane;
  if (i >= u.rows) {
    return;
  }
  let row = row_at(u.z.x + group.y * u.z.y + i * u.columns);
  let at = u.out.x + group.y * u.out.y + i * u.columns;
  for (var j = 0u; j < u.columns; j++) {
    var y = unit(row, j);
    if (activation == RELU) {
      y = max(y, 0.0);
    } else if (activation == TANH) {
      y = hyperbolic_tangent(y);
    }
    out[at + j] = y;
  }
}

// The cotangent of x̂ from that of f(x̂).
fn before_activation(cotangent: f32, x: f32) -> f32 {
  if (activation == RELU) {
    return select(0.0, cotangent, x > 0.0);
  }
  if (activation == TANH) {
    let y = hyperbolic_tangent(x);
    return cotangent * (1.0 - y * y);
  }
  return cotangent;
}

@compute @workgroup_size(64)
fn pull_back(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let i = 64u * group.x + lane;
  if (i >= u.rows) {
    return;
  }
  let row = row_at(u.z.x + group.y * u.z.y + i * u.columns);
  let at_g = u.g.x + group.y * u.g.y + i * u.columns;
  let at = u.out.x + group.y * u.out.y + i * u.columns;
  var sum = 0.0;
  var along = 0.0;
  for (var j = 0u; j < u.columns; j++) {
    let x = unit(row, j);
    let h = before_activation(g[at_g + j], x);
    sum += h;
    along += h * x;
  }
  let mean = sum / f32(u.columns);
  let slope = along / f32(u.columns);
  for (var j = 0u; j < u.columns; j++) {
    let x = unit(row, j);
    out[at + j] = (before_activation(g[at_g + j], x) - mean - x * slope) / row.deviation;
  }
}
