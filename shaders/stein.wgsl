// The Stein direction of K moved particles y_j from M fixed particles x_i with scores s_i, for each state:
//
// Δ_j = 1/M Σ_i κ_ij (s_i - 2α (x_i - y_j) / h),  κ_ij = exp(-‖x_i - y_j‖² / h),
// h = max(the squared distance of rank `rank` among all M K / divisor, floor).
//
// Two launches: the first writes a state's squared distances to scratch memory and selects h among them by their bits,
// four at a time from the top (distances are not negative, so their bits have their order); `directions` sums, and
// multiplies by `scale`. The number of a workgroup's invocations changes no bit.
//
// grid       replicas in y; in x a workgroup of `lanes` per state, and one invocation per element of Δ in workgroups
//            of 64

struct Stein {
  states: u32,
  fixedCount: u32,
  movedCount: u32,
  size: u32,
  padded: u32,
  rank: u32,
  divisor: f32,
  floor: f32,
  scale: f32,
  moved: vec2<u32>,
  fixed: vec2<u32>,
  bandwidth: vec2<u32>,
  direction: vec2<u32>,
  score: vec2<u32>,
  temperature: vec2<u32>,
}

// Invocations of a workgroup of `bandwidths`, at least 16.
override lanes: u32 = 64u;

@group(0) @binding(0) var<uniform> u: Stein;
// Distances [states, M, K] (bits of f32), replica after replica:
@group(0) @binding(1) var<storage, read_write> squared: array<u32>;
@group(0) @binding(2) var<storage, read> moved: array<f32>; // y [states, K, A] per replica
@group(0) @binding(3) var<storage, read> fixed: array<f32>; // x [states, M, A] per replica
@group(0) @binding(4) var<storage, read_write> bandwidth: array<f32>; // h [states] per replica
@group(0) @binding(5) var<storage, read_write> direction: array<f32>; // Δ [states, K, A] per replica, of `directions`
@group(0) @binding(6) var<storage, read> score: array<f32>; // the scores [states, M, A] per replica, of `directions`
@group(0) @binding(7) var<storage, read> temperature: array<f32>; // α, one per replica, of `directions`

// The bits of the squared distance of a pair of particles.
fn distance_bits(replica: u32, state: u32, pair: u32) -> u32 {
  let i = state * u.fixedCount + pair / u.movedCount;
  let j = state * u.movedCount + pair % u.movedCount;
  let at_fixed = u.fixed.x + replica * u.fixed.y + i * u.size;
  let at_moved = u.moved.x + replica * u.moved.y + j * u.size;
  var sum = 0.0;
  for (var k = 0u; k < u.size; k++) {
    let difference = fixed[at_fixed + k] - moved[at_moved + k];
    sum += difference * difference;
  }
  return bitcast<u32>(sum);
}

// How many distances that agree in the bits found so far have each value of the next four.
var<workgroup> bins: array<atomic<u32>, 16>;

@compute @workgroup_size(lanes)
fn bandwidths(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let start = (group.y * u.states + group.x) * u.padded;
  let pairs = u.fixedCount * u.movedCount;
  for (var pair = lane; pair < pairs; pair += lanes) {
    squared[start + pair] = distance_bits(group.y, group.x, pair);
  }
  var found = 0u;
  var rank = u.rank;
  for (var digit = 0u; digit < 8u; digit++) {
    let shift = 28u - 4u * digit;
    if (lane < 16u) {
      atomicStore(&bins[lane], 0u);
    }
    workgroupBarrier();
    // An invocation reads what it has written itself.
    for (var pair = lane; pair < pairs; pair += lanes) {
      let each = squared[start + pair];
      if ((each ^ found) >> shift < 16u) {
        atomicAdd(&bins[(each >> shift) & 15u], 1u);
      }
    }
    workgroupBarrier();
    // The wanted distance lies in the first bin that makes the count exceed its rank.
    var below = 0u;
    var passed = 0u;
    var skipped = 0u;
    for (var bin = 0u; bin < 15u; bin++) {
      below += atomicLoad(&bins[bin]);
      let is_past = below <= rank;
      passed += select(0u, 1u, is_past);
      skipped = select(skipped, below, is_past);
    }
    rank -= skipped;
    found |= passed << shift;
    workgroupBarrier();
  }
  if (lane == 0u) {
    bandwidth[u.bandwidth.x + group.y * u.bandwidth.y + group.x] = max(bitcast<f32>(found) / u.divisor, u.floor);
  }
}

@compute @workgroup_size(64)
fn directions(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let element = 64u * group.x + lane;
  if (element >= u.states * u.movedCount * u.size) {
    return;
  }
  let k = element % u.size;
  let j = element / u.size % u.movedCount;
  let state = element / u.size / u.movedCount;
  let alpha = temperature[u.temperature.x + group.y * u.temperature.y];
  let h = bandwidth[u.bandwidth.x + group.y * u.bandwidth.y + state];
  let y = moved[u.moved.x + group.y * u.moved.y + element];
  let at_squared = (group.y * u.states + state) * u.padded + j;
  let at_fixed = u.fixed.x + group.y * u.fixed.y + state * u.fixedCount * u.size + k;
  let at_score = u.score.x + group.y * u.score.y + state * u.fixedCount * u.size + k;
  let repulsion = -2.0 * alpha / h;
  var sum = 0.0;
  for (var i = 0u; i < u.fixedCount; i++) {
    let distance = bitcast<f32>(squared[at_squared + i * u.movedCount]);
    let kernel = exp(-distance / h);
    sum += kernel * (score[at_score + i * u.size] + repulsion * (fixed[at_fixed + i * u.size] - y));
  }
  direction[u.direction.x + group.y * u.direction.y + element] = sum / f32(u.fixedCount) * u.scale;
}
