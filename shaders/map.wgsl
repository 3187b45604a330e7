// Elementwise arithmetic: out[i] = f(a[i]), f(a[i], b[i]) or f(a[i], b[i], c[i]), with operands that may be broadcast.
//
// The output's axes are merged into four lengths d0, d1, d2, d3. Along each of them an operand has its own step,
// which is 0 where it is repeated; the steps count elements of the operand's tensor. Element e of a tensor lies at
// offset + e / block * stride + e mod block of its buffer (block 0: one block).
//
// The functions are rows of a table in TypeScript, from which their cases are generated.
//
// grid       one invocation per element in workgroups of 64; rows of workgroups beyond 65535 continue in y

struct Map {
  count: u32,
  lengths: vec4<u32>,
  aSteps: vec4<u32>,
  bSteps: vec4<u32>,
  cSteps: vec4<u32>,
  out: vec3<u32>,
  a: vec3<u32>,
  b: vec3<u32>,
  c: vec3<u32>,
}

@group(0) @binding(0) var<uniform> u: Map;
@group(0) @binding(1) var<storage, read_write> out: array<u32>; // the output (bits of f32, or words)
@group(0) @binding(2) var<storage, read> a: array<u32>;
@group(0) @binding(3) var<storage, read> b: array<u32>; // b, of `binary` and `choose`
@group(0) @binding(4) var<storage, read> c: array<u32>; // c, of `choose`

// Which function: the number of a case. Each entry point has the cases of its own number of operands.
override operation: u32 = 0u;

fn place(i: u32, view: vec3<u32>) -> u32 {
  if (view.z == 0u || view.z == view.y) {
    return view.x + i;
  }
  return view.x + i / view.z * view.y + i % view.z;
}

// Coordinates of element i along the four merged axes.
fn coordinates(i: u32) -> vec4<u32> {
  if (u.lengths.w == u.count) {
    return vec4<u32>(0u, 0u, 0u, i);
  }
  let rows = i / u.lengths.w;
  let planes = rows / u.lengths.z;
  return vec4<u32>(planes / u.lengths.y, planes % u.lengths.y, rows % u.lengths.z, i % u.lengths.w);
}

fn stretched(at: vec4<u32>, steps: vec4<u32>, view: vec3<u32>) -> u32 {
  let along = at * steps;
  return place(along.x + along.y + along.z + along.w, view);
}

// WGSL guarantees tanh only to an absolute error of 1e-5, which near 0 leaves no correct digit.
fn hyperbolic_tangent(x: f32) -> f32 {
  let square = x * x;
  let series = x + x * square * (-0.33333333 + square * (0.13333333 + square * (-0.053968254 + square * 0.021869488)));
  let decay = exp(-2.0 * abs(x));
  let quotient = (1.0 - decay) / (1.0 + decay);
  return select(select(quotient, -quotient, x < 0.0), series, abs(x) < 0.25);
}

@compute @workgroup_size(64)
fn unary(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let i = id.y * groups.x * 64u + id.x;
  if (i >= u.count) {
    return;
  }
  let p = a[stretched(coordinates(i), u.aSteps, u.a)];
  let x = bitcast<f32>(p);
  var result = 0u;
  switch operation {
    // cases of 1 operand, from the rows of src/tensor/elementwise.ts
    default: {}
  }
  out[place(i, u.out)] = result;
}

@compute @workgroup_size(64)
fn binary(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let i = id.y * groups.x * 64u + id.x;
  if (i >= u.count) {
    return;
  }
  let at = coordinates(i);
  let p = a[stretched(at, u.aSteps, u.a)];
  let q = b[stretched(at, u.bSteps, u.b)];
  let x = bitcast<f32>(p);
  let y = bitcast<f32>(q);
  var result = 0u;
  switch operation {
    // cases of 2 operands
    default: {}
  }
  out[place(i, u.out)] = result;
}

@compute @workgroup_size(64)
fn ternary(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let i = id.y * groups.x * 64u + id.x;
  if (i >= u.count) {
    return;
  }
  let at = coordinates(i);
  let p = a[stretched(at, u.aSteps, u.a)];
  let q = b[stretched(at, u.bSteps, u.b)];
  let r = c[stretched(at, u.cSteps, u.c)];
  var result = 0u;
  switch operation {
    // cases of 3 operands
    default: {}
  }
  out[place(i, u.out)] = result;
}
