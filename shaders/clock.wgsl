// The counter of updates, and what of it ADAM and the target need: t + 1, and 1 - β₁ᵗ⁺¹, 1 - β₂ᵗ⁺¹, 1 where t + 1 is a
// multiple of the interval and 0 elsewhere.
//
// binding 0  uniform     Clock; the logarithms of β₁ and β₂
// binding 1  read_write  u32[]  the counter [R], counted up in place
// binding 2  read_write  f32[]  the clock [R, 3]
// binding 3  read        u32[]  the interval [R]
// grid       one invocation a replica in workgroups of 64

struct Clock {
  replicas: u32,
  log_beta1: f32,
  log_beta2: f32,
  counter_offset: u32,
  counter_stride: u32,
  clock_offset: u32,
  clock_stride: u32,
  interval_offset: u32,
  interval_stride: u32,
}

@group(0) @binding(0) var<uniform> u: Clock;
@group(0) @binding(1) var<storage, read_write> counter: array<u32>;
@group(0) @binding(2) var<storage, read_write> clock: array<f32>;
@group(0) @binding(3) var<storage, read> interval: array<u32>;

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
  let t = counter[u.counter_offset + r * u.counter_stride] + 1u;
  let every = interval[u.interval_offset + r * u.interval_stride];
  let at = u.clock_offset + r * u.clock_stride;
  counter[u.counter_offset + r * u.counter_stride] = t;
  clock[at] = one_minus_exponential(f32(t) * u.log_beta1);
  clock[at + 1u] = one_minus_exponential(f32(t) * u.log_beta2);
  clock[at + 2u] = select(0.0, 1.0, every == 0u || t % max(every, 1u) == 0u);
}
