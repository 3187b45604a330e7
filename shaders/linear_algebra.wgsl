// log |det A|, the sign of det A and the inverse of small square matrices (n ≤ 8), by LU factors with row pivoting in
// private memory.
//
// A singular matrix gives the least finite float32 as its log-determinant, 0 as its sign and NaN in its whole inverse.
// Element e of a tensor lies at offset + e / block * stride + e mod block of its buffer (block 0: one block).
//
// grid       one invocation per matrix in workgroups of 64; rows of workgroups beyond 65535 continue in y

struct Matrices {
  count: u32,
  n: u32,
  out: vec3<u32>,
  a: vec3<u32>,
}

const NAN_BITS = 0x7fc00000u;
const LEAST_BITS = 0xff7fffffu;

@group(0) @binding(0) var<uniform> u: Matrices;
// Bits of f32: the log-determinants or signs [count], or the inverses [count, n, n]:
@group(0) @binding(1) var<storage, read_write> out: array<u32>;
@group(0) @binding(2) var<storage, read> a: array<f32>; // the matrices [count, n, n]

var<private> lu: array<f32, 64>;
var<private> order: array<u32, 8>;
var<private> column: array<f32, 8>;
var<private> parity: f32;

fn place(i: u32, view: vec3<u32>) -> u32 {
  if (view.z == 0u || view.z == view.y) {
    return view.x + i;
  }
  return view.x + i / view.z * view.y + i % view.z;
}

// Factors matrix number i; whether it is regular.
fn factorise(i: u32) -> bool {
  let n = u.n;
  for (var e = 0u; e < n * n; e++) {
    lu[e] = a[place(i * n * n + e, u.a)];
  }
  for (var k = 0u; k < n; k++) {
    order[k] = k;
  }
  parity = 1.0;
  var regular = true;
  for (var k = 0u; k < n; k++) {
    var best = k;
    for (var row = k + 1u; row < n; row++) {
      best = select(best, row, abs(lu[row * n + k]) > abs(lu[best * n + k]));
    }
    if (best != k) {
      for (var j = 0u; j < n; j++) {
        let moved = lu[k * n + j];
        lu[k * n + j] = lu[best * n + j];
        lu[best * n + j] = moved;
      }
      let moved = order[k];
      order[k] = order[best];
      order[best] = moved;
      parity = -parity;
    }
    let pivot = lu[k * n + k];
    if (pivot == 0.0) {
      regular = false;
      continue;
    }
    for (var row = k + 1u; row < n; row++) {
      let factor = lu[row * n + k] / pivot;
      lu[row * n + k] = factor;
      for (var j = k + 1u; j < n; j++) {
        lu[row * n + j] -= factor * lu[k * n + j];
      }
    }
  }
  return regular;
}

@compute @workgroup_size(64)
fn log_abs_det(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let i = id.y * groups.x * 64u + id.x;
  if (i >= u.count) {
    return;
  }
  let regular = factorise(i);
  var sum = 0.0;
  for (var k = 0u; k < u.n; k++) {
    sum += log(max(abs(lu[k * (u.n + 1u)]), 1e-38));
  }
  out[place(i, u.out)] = select(LEAST_BITS, bitcast<u32>(sum), regular);
}

@compute @workgroup_size(64)
fn sign_of_det(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let i = id.y * groups.x * 64u + id.x;
  if (i >= u.count) {
    return;
  }
  let regular = factorise(i);
  var sign = select(0.0, parity, regular);
  for (var k = 0u; k < u.n; k++) {
    sign = select(sign, -sign, lu[k * (u.n + 1u)] < 0.0);
  }
  out[place(i, u.out)] = bitcast<u32>(sign);
}

@compute @workgroup_size(64)
fn invert(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let i = id.y * groups.x * 64u + id.x;
  if (i >= u.count) {
    return;
  }
  let n = u.n;
  let regular = factorise(i);
  for (var j = 0u; j < n; j++) {
    for (var row = 0u; row < n; row++) {
      var sum = select(0.0, 1.0, order[row] == j);
      for (var k = 0u; k < row; k++) {
        sum -= lu[row * n + k] * column[k];
      }
      column[row] = sum;
    }
    for (var above = 0u; above < n; above++) {
      let row = n - 1u - above;
      var sum = column[row];
      for (var k = row + 1u; k < n; k++) {
        sum -= lu[row * n + k] * column[k];
      }
      column[row] = sum / lu[row * n + row];
    }
    for (var row = 0u; row < n; row++) {
      let at = place((i * n + row) * n + j, u.out);
      out[at] = select(NAN_BITS, bitcast<u32>(column[row]), regular);
    }
  }
}
