// ADAM on flat vectors of P numbers, and the target's step towards the new parameters where it is due:
//
// m ← β₁ m + (1 - β₁) g,  v ← β₂ v + (1 - β₂) g²,  p ← p - η (m / (1 - β₁ᵗ)) / (√(v / (1 - β₂ᵗ)) + ε),
// target ← target + τ (p - target), which is p itself for τ = 1.
//
// All four vectors are updated in place; a replica whose `frozen` is not 0 keeps them.
//
// binding 0  uniform     Adam
// binding 1  read_write  f32[]  p
// binding 2  read_write  f32[]  m
// binding 3  read_write  f32[]  v
// binding 4  read        f32[]  g
// binding 5  read        f32[]  clock: 1 - β₁ᵗ, 1 - β₂ᵗ, 1 if the target is due
// binding 6  read        f32[]  rates: η, τ
// binding 7  read        u32[]  frozen
// binding 8  read_write  f32[]  the target, of the entry points `…_with_target`
// grid       workgroups of 64 in x, replicas in y; an invocation updates four numbers (`vectors…`) or one (`numbers…`)

struct Adam {
  count: u32,
  beta1: f32,
  beta2: f32,
  rest1: f32,
  rest2: f32,
  epsilon: f32,
  p_offset: u32,
  p_stride: u32,
  m_offset: u32,
  m_stride: u32,
  v_offset: u32,
  v_stride: u32,
  g_offset: u32,
  g_stride: u32,
  clock_offset: u32,
  clock_stride: u32,
  rates_offset: u32,
  rates_stride: u32,
  frozen_offset: u32,
  frozen_stride: u32,
  target_offset: u32,
  target_stride: u32,
}

@group(0) @binding(0) var<uniform> u: Adam;
@group(0) @binding(1) var<storage, read_write> p: array<f32>;
@group(0) @binding(2) var<storage, read_write> m: array<f32>;
@group(0) @binding(3) var<storage, read_write> v: array<f32>;
@group(0) @binding(4) var<storage, read> g: array<f32>;
@group(0) @binding(5) var<storage, read> clock: array<f32>;
@group(0) @binding(6) var<storage, read> rates: array<f32>;
@group(0) @binding(7) var<storage, read> frozen: array<u32>;
@group(0) @binding(8) var<storage, read_write> goal: array<f32>;
// The same buffers as vectors; an entry point uses one kind or the other.
@group(0) @binding(1) var<storage, read_write> p4: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> m4: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> v4: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read> g4: array<vec4<f32>>;
@group(0) @binding(8) var<storage, read_write> goal4: array<vec4<f32>>;

fn is_frozen(replica: u32) -> bool {
  return frozen[u.frozen_offset + replica * u.frozen_stride] != 0u;
}

fn next_first(before: vec4<f32>, gradient: vec4<f32>) -> vec4<f32> {
  return u.beta1 * before + u.rest1 * gradient;
}

fn next_second(before: vec4<f32>, gradient: vec4<f32>) -> vec4<f32> {
  return u.beta2 * before + u.rest2 * (gradient * gradient);
}

fn next_parameters(before: vec4<f32>, first: vec4<f32>, second: vec4<f32>, replica: u32) -> vec4<f32> {
  let at = u.clock_offset + replica * u.clock_stride;
  let rate = rates[u.rates_offset + replica * u.rates_stride];
  return before - rate * (first / clock[at] / (sqrt(second / clock[at + 1u]) + u.epsilon));
}

fn is_due(replica: u32) -> bool {
  return clock[u.clock_offset + replica * u.clock_stride + 2u] > 0.5;
}

fn next_target(before: vec4<f32>, parameters: vec4<f32>, replica: u32) -> vec4<f32> {
  let tau = rates[u.rates_offset + replica * u.rates_stride + 1u];
  return select(parameters, before + tau * (parameters - before), tau < 1.0);
}

// Updates four numbers of a replica and gives the new parameters.
fn update_vector(i: u32, replica: u32) -> vec4<f32> {
  let gradient = g4[(u.g_offset + replica * u.g_stride) / 4u + i];
  let at_p = (u.p_offset + replica * u.p_stride) / 4u + i;
  let at_m = (u.m_offset + replica * u.m_stride) / 4u + i;
  let at_v = (u.v_offset + replica * u.v_stride) / 4u + i;
  let first = next_first(m4[at_m], gradient);
  let second = next_second(v4[at_v], gradient);
  let parameters = next_parameters(p4[at_p], first, second, replica);
  m4[at_m] = first;
  v4[at_v] = second;
  p4[at_p] = parameters;
  return parameters;
}

fn update_number(i: u32, replica: u32) -> f32 {
  let gradient = vec4<f32>(g[u.g_offset + replica * u.g_stride + i]);
  let at_p = u.p_offset + replica * u.p_stride + i;
  let at_m = u.m_offset + replica * u.m_stride + i;
  let at_v = u.v_offset + replica * u.v_stride + i;
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
    let at = (u.target_offset + group.y * u.target_stride) / 4u + i;
    goal4[at] = next_target(goal4[at], parameters, group.y);
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
    let at = u.target_offset + group.y * u.target_stride + i;
    goal[at] = next_target(vec4<f32>(goal[at]), parameters, group.y).x;
  }
}
