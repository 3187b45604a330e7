// The counter of updates, and what ADAM and the target derive from it: t + 1, and 1 - β₁ᵗ⁺¹, 1 - β₂ᵗ⁺¹, and 1 if t + 1
// is a multiple of the interval, else 0.
//
// grid       one invocation per replica in workgroups of 64

struct Clock {
  replicas: u32,
  logBeta1: f32,
  logBeta2: f32,
  updates: vec2<u32>,
  clock: vec2<u32>,
  interval: vec2<u32>,
}

@group(0) @binding(0) var<uniform> u: Clock;
@group(0) @binding(1) var<storage, read_write> updates: array<u32>; // the counter [R], incremented in place
@group(0) @binding(2) var<storage, read_write> clock: array<f32>; // the clock [R, 3]
@group(0) @binding(3) var<storage, read> interval: array<u32>; // the interval [R]

// 1 - e^x for x ≤ 0: a difference with 1 would lose three digits in the first updates.
fn one_minus_exponential(x: f32) -> f32 {
  let series = -x * (1.0 + x / 2.0 * (1.0 + x / 3.0 * (1.0 + x / 4.0 * (1.0 + x / 5.0 * (1.0 + x / 6.0)))));
  return select(1.0 - exp(x), series, x > -0.25);
}

@compute @workgroup_size(64)
fn tick(@builtin(global_invocation_id) id: vec3<u32>) {
  let r = id.x;
  if (r >= u.replicas) {
    return;
  }
  let t = updates[u.updates.x + r * u.updates.y] + 1u;
  let every = interval[u.interval.x + r * u.interval.y];
  let at = u.clock.x + r * u.clock.y;
  updates[u.updates.x + r * u.updates.y] = t;
  clock[at] = one_minus_exponential(f32(t) * u.logBeta1);
  clock[at + 1u] = one_minus_exponential(f32(t) * u.logBeta2);
  clock[at + 2u] = select(0.0, 1.0, every == 0u || t % max(every, 1u) == 0u);
}
