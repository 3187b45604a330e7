// ADAM on flat vectors of P numbers, and, when it is due, the target's step towards the new parameters:
//
// m ← β₁ m + (1 - β₁) g,  v ← β₂ v + (1 - β₂) g²,  p ← p - η (m / (1 - β₁ᵗ)) / (√(v / (1 - β₂ᵗ)) + ε),
// target ← target + τ (p - target), which is p itself for τ = 1.
//
// All four vectors are updated in place; a replica with nonzero `frozen` keeps them.
//
// grid       workgroups of 64 in x, replicas in y; an invocation updates four numbers (`vectors…`) or one (`numbers…`)

struct Adam {
  count: u32,
  beta1: f32,
  beta2: f32,
  rest1: f32,
  rest2: f32,
  epsilon: f32,
  p: vec2<u32>,
  m: vec2<u32>,
  v: vec2<u32>,
  g: vec2<u32>,
  clock: vec2<u32>,
  rates: vec2<u32>,
  frozen: vec2<u32>,
  targets: vec2<u32>,
}

@group(0) @binding(0) var<uniform> u: Adam;
@group(0) @binding(1) var<storage, read_write> p: array<f32>;
@group(0) @binding(2) var<storage, read_write> m: array<f32>;
@group(0) @binding(3) var<storage, read_write> v: array<f32>;
@group(0) @binding(4) var<storage, read> g: array<f32>;
@group(0) @binding(5) var<storage, read> clock: array<f32>; // clock: 1 - β₁ᵗ, 1 - β₂ᵗ, 1 if the target is due
@group(0) @binding(6) var<storage, read> rates: array<f32>; // rates: η, τ
@group(0) @binding(7) var<storage, read> frozen: array<u32>;
@group(0) @binding(8) var<storage, read_write> targets: array<f32>; // the target, in the entry points `…_with_target`
// The same buffers as vectors; an entry point uses one kind or the other.
@group(0) @binding(1) var<storage, read_write> p4: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> m4: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> v4: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read> g4: array<vec4<f32>>;
@group(0) @binding(8) var<storage, read_write> targets4: array<vec4<f32>>;

fn is_frozen(replica: u32) -> bool {
  return frozen[u.frozen.x + replica * u.frozen.y] != 0u;
}

fn next_first(before: vec4<f32>, gradient: vec4<f32>) -> vec4<f32> {
  return u.beta1 * before + u.rest1 * gradient;
}

fn next_second(before: vec4<f32>, gradient: vec4<f32>) -> vec4<f32> {
  return u.beta2 * before + u.rest2 * (gradient * gradient);
}

fn next_parameters(before: vec4<f32>, first: vec4<f32>, second: vec4<f32>, replica: u32) -> vec4<f32> {
  let at = u.clock.x + replica * u.clock.y;
  let rate = rates[u.rates.x + replica * u.rates.y];
  return before - rate * (first / clock[at] / (sqrt(second / clock[at + 1u]) + u.epsilon));
}

fn is_due(replica: u32) -> bool {
  return clock[u.clock.x + replica * u.clock.y + 2u] > 0.5;
}

fn next_target(before: vec4<f32>, parameters: vec4<f32>, replica: u32) -> vec4<f32> {
  let tau = rates[u.rates.x + replica * u.rates.y + 1u];
  return select(parameters, before + tau * (parameters - before), tau < 1.0);
}

// Updates four numbers of a replica and gives the new parameters.
fn update_vector(i: u32, replica: u32) -> vec4<f32> {
  let gradient = g4[(u.g.x + replica * u.g.y) / 4u + i];
  let at_p = (u.p.x + replica * u.p.y) / 4u + i;
  let at_m = (u.m.x + replica * u.m.y) / 4u + i;
  let at_v = (u.v.x + replica * u.v.y) / 4u + i;
  let first = next_first(m4[at_m], gradient);
  let second = next_second(v4[at_v], gradient);
  let parameters = next_parameters(p4[at_p], first, second, replica);
  m4[at_m] = first;
  v4[at_v] = second;
  p4[at_p] = parameters;
  return parameters;
}

fn update_number(i: u32, replica: u32) -> f32 {
  let gradient = vec4<f32>(g[u.g.x + replica * u.g.y + i]);
  let at_p = u.p.x + replica * u.p.y + i;
  let at_m = u.m.x + replica * u.m.y + i;
  let at_v = u.v.x + replica * u.v.y + i;
  let first = next_first(vec4<f32>(m[at_m]), gradient);
  let second = next_second(vec4<f32>(v[at_v]), gradient);
  let parameters = next_parameters(vec4<f32>(p[at_p]), first, second, replica).x;
  m[at_m] = first.x;
  v[at_v] = second.x;
  p[at_p] = parameters;
  return parameters;
}

@compute @workgroup_size(64)
fn vectors(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let i = 64u * group.x + lane;
  if (i >= u.count / 4u || is_frozen(group.y)) {
    return;
  }
  _ = update_vector(i, group.y);
}

@compute @workgroup_size(64)
fn vectors_with_target(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let i = 64u * group.x + lane;
  if (i >= u.count / 4u || is_frozen(group.y)) {
    return;
  }
  let parameters = update_vector(i, group.y);
  if (is_due(group.y)) {
    let at = (u.targets.x + group.y * u.targets.y) / 4u + i;
    targets4[at] = next_target(targets4[at], parameters, group.y);
  }
}

@compute @workgroup_size(64)
fn numbers(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let i = 64u * group.x + lane;
  if (i >= u.count || is_frozen(group.y)) {
    return;
  }
  _ = update_number(i, group.y);
}

@compute @workgroup_size(64)
fn numbers_with_target(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let i = 64u * group.x + lane;
  if (i >= u.count || is_frozen(group.y)) {
    return;
  }
  let parameters = vec4<f32>(update_number(i, group.y));
  if (is_due(group.y)) {
    let at = u.targets.x + group.y * u.targets.y + i;
    targets[at] = next_target(vec4<f32>(targets[at]), parameters, group.y).x;
  }
}
